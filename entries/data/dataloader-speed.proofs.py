"""Proofs of dataloader-speed."""

import os
import time
import warnings

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Workers(Dataset):
    """Every sample tells in which process it was read, with how many threads, and the value of an attribute."""

    value = 5

    def __len__(self):
        return 12

    def __getitem__(self, i):
        return os.getpid(), torch.get_num_threads(), self.value


class Asked(list):
    """A batch sampler that remembers which batches were asked for."""

    def __iter__(self):
        for i in range(12):
            self.append(i)
            yield [i]


def forked(dataset, **options):
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    warnings.filterwarnings("ignore", "This DataLoader will create")  # on a machine with one core
    return DataLoader(dataset, multiprocessing_context="fork", **options)


def given():
    x, y = torch.arange(260.0).view(130, 2), torch.arange(130)
    return {"torch": torch, "DataLoader": DataLoader, "dataset": TensorDataset(x, y), "device": "cpu"}


def test_answer(answer):
    """The loader shuffles into batches of 64, in two workers that stay alive, and pins memory if there is CUDA."""
    loader = answer.loader
    assert (loader.batch_size, loader.num_workers, loader.persistent_workers) == (64, 2, True)
    assert loader.pin_memory == torch.cuda.is_available()
    assert isinstance(loader.sampler, torch.utils.data.RandomSampler)
    assert answer.x.shape == (2, 2) and answer.y.shape == (2,)  # the rest of 130
    assert answer.x[:, 0].tolist() == [2 * y for y in answer.y.tolist()]


def test_default(default):
    """The loop waits once per batch; without workers, the samples of the batch are read while it waits."""
    assert default.x.tolist() == [16, 17, 18, 19]
    assert default.num_workers == 2 and len(default.waits) == 5
    read = []

    class Watched(default.Images):
        def __getitem__(self, i):
            read.append(i)
            return super().__getitem__(i)

    batches = iter(DataLoader(Watched(), batch_size=4))
    for _ in range(2):
        done = len(read)
        assert next(batches).tolist() == read[done:] == [done, done + 1, done + 2, done + 3]


def test_whole_batch(whole_batch):
    """A dataset with __getitems__ is called once per batch, with the list of indices."""
    parts = list(whole_batch.loader)
    assert [len(b) for _, b in parts] == [3, 3, 1]
    assert torch.equal(torch.cat([a for a, _ in parts]), whole_batch.x)
    assert torch.equal(torch.cat([b for _, b in parts]), whole_batch.y)


def test_getitems_needs_its_own_collate():
    """After __getitems__ has returned a batch (x, y), the default collate_fn stacks x on y without an error."""

    class Whole(Dataset):
        def __len__(self):
            return 2

        def __getitems__(self, indices):
            return torch.tensor(indices), torch.tensor(indices) * 10

    (mixed,) = DataLoader(Whole(), batch_size=2)
    assert mixed.tolist() == [[0, 1], [0, 10]]
    ((x, y),) = DataLoader(Whole(), batch_size=2, collate_fn=lambda batch: batch)
    assert x.tolist() == [0, 1] and y.tolist() == [0, 10]


def test_workers_run_ahead():
    """Each worker prepares prefetch_factor batches ahead, 2 by default, before the first batch is asked for."""
    for options, ahead in ({}, 2), ({"prefetch_factor": 4}, 4):
        asked = Asked()
        batches = iter(forked(Workers(), batch_sampler=asked, num_workers=2, **options))
        assert asked == list(range(2 * ahead))
        assert next(batches)[0].item() != os.getpid()


def test_no_workers_by_default():
    """With num_workers=0, the default, the process that loops loads the samples."""
    loader = DataLoader(Workers())
    assert loader.num_workers == 0
    assert {batch[0].item() for batch in loader} == {os.getpid()}


def test_persistent_workers_keep_their_dataset():
    """By default every epoch has new workers, with today's dataset; persistent ones stay and do not see a new attribute."""
    for persistent, seen in (False, {7}), (True, {5}):
        data = Workers()
        loader = forked(data, num_workers=1, batch_size=4, persistent_workers=persistent)
        first = list(loader)
        data.value = 7
        second = list(loader)
        assert {v for _, _, values in first for v in values.tolist()} == {5}
        assert {v for _, _, values in second for v in values.tolist()} == seen
        assert (first[0][0][0] == second[0][0][0]) == persistent  # the process


def test_one_thread_in_a_worker():
    """torch.get_num_threads() is 1 inside a worker."""
    assert {batch[1].item() for batch in forked(Workers(), num_workers=1)} == {1}


def test_pin_memory_without_a_gpu():
    """Without an accelerator, pin_memory=True pins nothing, and warns since torch 2.7."""
    if torch.accelerator.is_available():
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (batch,) = DataLoader(torch.zeros(2, 3), batch_size=2, pin_memory=True)
    if torch.__version__ >= (2, 7):
        assert "no accelerator is found" in str(caught[0].message)
    assert not batch.is_pinned()


def test_too_many_workers():
    """More workers than the CPU cores that this process may use make the DataLoader warn; as many do not."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for extra in 0, 1:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            DataLoader(Workers(), num_workers=cores + extra)
        assert [f"will create {cores + extra} worker processes" in str(w.message) for w in caught] == [True] * extra


def test_options_of_workers(raises):
    """prefetch_factor and persistent_workers=True raise while num_workers is 0, and are accepted with 1."""
    for options in {"prefetch_factor": 2}, {"persistent_workers": True}:
        with raises(ValueError, "num_workers > 0"):
            DataLoader(Workers(), num_workers=0, **options)
        DataLoader(Workers(), num_workers=1, **options)
