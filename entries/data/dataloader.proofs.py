"""Proofs of dataloader."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Samples(Dataset):
    def __init__(self, *samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def given():
    torch.manual_seed(0)
    return {
        "TensorDataset": TensorDataset,
        "DataLoader": DataLoader,
        "inputs": torch.arange(300.0).view(150, 2),
        "labels": torch.arange(150) * 2,
        "device": "cpu",
    }


def test_answer(answer):
    """Each batch pairs rows of the inputs with their labels, and an epoch holds each sample once."""
    assert [len(x) for x, y in answer.loader] == [64, 64, 22]
    for x, y in answer.loader:
        assert torch.equal(x[:, 0], y.float())  # row i of the inputs begins with 2 i, and so does label i
    seen = torch.cat([y for x, y in answer.loader])
    assert seen.tolist() != answer.labels.tolist()
    assert sorted(seen.tolist()) == answer.labels.tolist()


def test_default(default):
    """A shuffling loader draws a new order in each epoch; the last batch holds what is left over."""
    torch.manual_seed(0)
    epochs = [[y.tolist() for x, y in default.loader] for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert [len(batch) for batch in epochs[0]] == [4, 4, 2]
    assert torch.equal(default.inputs[:, 0], 2.0 * default.labels)


def test_own(own):
    """Tensors are stacked and numbers become tensors; a generator with the same seed gives the same order."""
    assert torch.equal(own.x[:, 0] ** 2, own.y.float()) and torch.equal(own.x[:, 1], 10 * own.x[:, 0])
    assert (own.x.dtype, own.y.dtype) == (torch.float32, torch.int64)
    assert len(own.loader) == 3
    first = []
    for _ in range(2):
        order = torch.Generator().manual_seed(0)
        first.append(next(iter(DataLoader(own.loader.dataset, batch_size=4, shuffle=True, generator=order)))[1])
    assert torch.equal(first[0], first[1]) and torch.equal(first[0], own.y)
    epochs = [[y.tolist() for x, y in own.loader] for _ in range(2)]
    assert epochs[0] != epochs[1]  # the same in every run, but not in every epoch


def test_numpy(numpy):
    """NumPy arrays and numbers that a dataset returns become tensors in the batch."""
    assert numpy.inputs.dtype == torch.float32
    (rows, numbers) = next(iter(DataLoader(Samples((numpy.features[1], 4), (numpy.features[0], 7)), batch_size=2)))
    assert rows.dtype == torch.float64
    assert rows.tolist() == [numpy.features[1].tolist(), numpy.features[0].tolist()]
    assert numbers.tolist() == [4, 7]


def test_gpu(gpu):
    """drop_last=True drops an incomplete last batch, and keeps a full one."""
    assert [len(x) for (x,) in DataLoader(TensorDataset(torch.arange(6)), batch_size=3, drop_last=True)] == [3, 3]
    assert [len(x) for (x,) in DataLoader(TensorDataset(torch.arange(7)), batch_size=3)] == [3, 3, 1]
    assert len(gpu.loader) == 2
    assert [y.tolist() for x, y in gpu.loader] == [[0, 1, 2], [3, 4, 5]]
    assert gpu.x.tolist() == [[6, 7], [8, 9], [10, 11]]


def test_workers(workers):
    """With num_workers=2, two other processes load in turn, and the batches come in order."""
    assert len(workers.processes) == 2 and os.getpid() not in workers.processes
    assert (workers.i.tolist(), workers.worker.tolist()) == ([4, 5], [0, 0])


def test_no_shuffle_by_default():
    """Without shuffle=True, each epoch sees the samples in the order of the dataset."""
    loader = DataLoader(TensorDataset(torch.arange(7)), batch_size=3)
    for _ in range(2):
        assert [x.tolist() for (x,) in loader] == [[0, 1, 2], [3, 4, 5], [6]]


def test_sizes_must_be_equal(raises):
    """Samples of different shapes raise, unless a collate_fn pads them."""
    dataset = Samples(torch.ones(2), torch.ones(3))
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        next(iter(DataLoader(dataset, batch_size=2)))

    def pad(samples):
        return nn.utils.rnn.pad_sequence(samples, batch_first=True)

    batch = next(iter(DataLoader(dataset, batch_size=2, collate_fn=pad)))
    assert batch.tolist() == [[1, 1, 0], [1, 1, 1]]


def test_float64_stays_float64(raises):
    """NumPy's float64 and Python floats give float64 batches, which a float32 layer rejects until float()."""
    assert next(iter(DataLoader(Samples(0.5, 1.5), batch_size=2))).dtype == torch.float64
    (x,) = next(iter(DataLoader(Samples(*[(np.ones(2),)] * 4), batch_size=4)))
    assert x.dtype == torch.float64
    layer = nn.Linear(2, 3)
    with raises(RuntimeError, "must have the same dtype"):
        layer(x)
    assert layer(x.float()).shape == (4, 3)


def test_iter_starts_over():
    """next(iter(loader)) gives the first batch of a new epoch every time."""
    loader = DataLoader(TensorDataset(torch.arange(6)), batch_size=2)
    assert [next(iter(loader))[0].tolist() for _ in range(3)] == [[0, 1]] * 3


def test_an_open_file_cannot_be_pickled(raises):
    """A dataset can be pickled, until it holds an open file."""
    dataset = TensorDataset(torch.ones(2))
    assert pickle.loads(pickle.dumps(dataset))[1][0] == 1
    with open(os.devnull) as dataset.file, raises(TypeError, "cannot pickle"):
        pickle.dumps(dataset)


def test_processes_share_the_position_of_an_open_file():
    """A process that inherits an open file moves its position for the others too."""
    if os.name != "posix":
        return
    with open("letters.txt", "w") as file:
        file.write("abcdefgh")
    file = os.open("letters.txt", os.O_RDONLY)
    code = f"import os; os.read({file}, 3)"
    subprocess.run([sys.executable, "-c", code], pass_fds=[file], check=True)
    assert os.read(file, 3) == b"def"
    os.close(file)


class Broken(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise KeyError(f"no label for {index}")


def divide(worker_id):
    return 1 / worker_id


def test_workers_pass_on_their_traceback(raises):
    """An error in a worker is raised in the main process with the worker's own traceback; without workers it is raised
    as it is."""
    with raises(KeyError, "Caught KeyError in DataLoader worker process 0.…Original Traceback…in __getitem__"):
        next(iter(DataLoader(Broken(), num_workers=1)))
    with raises(KeyError, "no label for 0"):
        next(iter(DataLoader(Broken())))


def test_batches_have_as_many_parts_as_samples(raises):
    """A batch has as many parts as a sample; one tensor is taken apart along dim 0."""
    x, y = torch.ones(6, 2), torch.zeros(6)
    with raises(ValueError, "not enough values to unpack (expected 3, got 2)"):
        _a, _b, _c = next(iter(DataLoader(TensorDataset(x, y), batch_size=3)))
    with raises(ValueError, "too many values to unpack (expected 2)"):
        _a, _b = next(iter(DataLoader(x, batch_size=3)))


def test_enumerate_needs_parentheses(raises):
    """Under enumerate(loader), the parts of a batch must stand in parentheses: i, (x, y)."""
    loader = DataLoader(TensorDataset(torch.ones(6, 2), torch.zeros(6)), batch_size=3)
    with raises(ValueError, "not enough values to unpack (expected 3, got 2)"):
        for _i, _x, _y in enumerate(loader):
            pass
    assert [(i, len(x), len(y)) for i, (x, y) in enumerate(loader)] == [(0, 3, 3), (1, 3, 3)]


def test_move_the_tensors_of_a_dict(raises):
    """A dict has no .to(); of a batch with text in it, only the tensors can be moved, and unpacking it gives its keys."""
    torch.save({"model": nn.Linear(2, 2).state_dict(), "epoch": 3}, "checkpoint.pt")
    with raises(AttributeError, "'dict' object has no attribute 'to'"):
        torch.load("checkpoint.pt").to("cpu")
    batch = next(iter(DataLoader([{"x": torch.ones(3), "name": "a"}, {"x": torch.zeros(3), "name": "b"}], batch_size=2)))
    moved = {k: v.to("meta") if torch.is_tensor(v) else v for k, v in batch.items()}
    assert moved["x"].is_meta and moved["name"] == ["a", "b"]
    x, name = batch
    assert (x, name) == ("x", "name")
    with raises(AttributeError, "'str' object has no attribute 'to'"):
        x.to("cpu")


def test_worker_init_fn_is_reported_too(raises):
    """An error in worker_init_fn is reported as one of the worker, too; without workers, that function is not called."""
    with raises(ZeroDivisionError, "Caught ZeroDivisionError in DataLoader worker process 0."):
        next(iter(DataLoader(Samples(1, 2), num_workers=1, worker_init_fn=divide)))
    assert next(iter(DataLoader(Samples(1, 2), worker_init_fn=divide))).tolist() == [1]


class Letters(Dataset):
    """Opens its file in the first __getitem__."""

    file = None

    def __len__(self):
        return 4

    def __getitem__(self, i):
        self.file = self.file or open("letters.bin", "rb", buffering=0)
        self.file.seek(i)
        return self.file.read(1)[0]


def test_a_sample_read_before_opens_the_file_too_early():
    """If the main process reads a sample first, forked workers share its open file; if not, each opens its own."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    with open("letters.bin", "wb") as file:
        file.write(b"abcd")
    for before in False, True:
        dataset = Letters()
        if before:
            assert dataset[0] == ord("a") and dataset.file.tell() == 1
        loader = DataLoader(dataset, num_workers=1, multiprocessing_context="fork")
        assert torch.cat(list(loader)).tolist() == list(b"abcd")
        if before:
            assert dataset.file.tell() == 4  # a worker moved it
            dataset.file.close()
        else:
            assert dataset.file is None
