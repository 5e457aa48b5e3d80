"""Proofs of collate-fn."""

import pickle
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Subset, default_collate


def given():
    dataset = [(torch.tensor([4, 5]), 1), None, (torch.tensor([6, 7, 8]), 0)]
    return {"torch": torch, "pad_sequence": pad_sequence, "DataLoader": DataLoader, "dataset": dataset}


def test_answer(answer):
    """collate_fn gets the list of samples, and what it returns is the batch."""
    rows = {0: [6, 7, 8], 1: [4, 5, 0]}
    for x, lengths, y in answer.loader:
        assert x.tolist() == [rows[label] for label in y.tolist()] and sorted(y.tolist()) == [0, 1]
        assert lengths.tolist() == [3 - label for label in y.tolist()]
    assert answer.loader.batch_size == 64
    assert type(answer.loader.sampler).__name__ == "RandomSampler"


def test_default(default):
    """pad_sequence with batch_first=True pads with 0 to the longest of the batch, and lengths tell what is real."""
    x, lengths, y = default.x, default.lengths, default.y
    assert [row[:n].tolist() for row, n in zip(x, lengths)] == [[2, 4, 6, 8], [1, 2]]
    assert x[1, 2:].tolist() == [0, 0] and y.tolist() == [3, 4]


def test_boxes(boxes):
    """A collate_fn may stack the images and return the boxes of each as a list."""
    assert boxes.images[0].max() == 0 and boxes.images[1].min() == 1
    assert [tuple(b.shape) for b in boxes.boxes] == [(2, 4), (1, 4)]


def test_right(right):
    """Samples that are None can be left out before default_collate stacks the rest."""
    assert right.x.tolist() == [[2, 2]] and right.y.tolist() == [20]


def test_right_lengths(right_lengths):
    """Lists of different lengths are stacked after padding."""
    tokens, labels = right_lengths.pad([([1], 7), ([2, 3, 4], 8), ([5, 6], 9)])
    assert tokens.tolist() == [[1, 0, 0], [2, 3, 4], [5, 6, 0]] and labels.tolist() == [7, 8, 9]


def test_what_default_collate_stacks():
    """default_collate stacks tensors, arrays, and numbers, also in tuples, lists, and dicts; strings are collected in a list,
    or in a tuple if they stand in tuples or lists."""
    samples = [
        {"t": torch.tensor([i, i + 1]), "a": np.array([i]), "n": (i, [10 * i]), "s": f"file{i}"} for i in (3, 5)
    ]
    batch = default_collate(samples)
    assert batch["t"].tolist() == [[3, 4], [5, 6]] and batch["a"].tolist() == [[3], [5]]
    assert batch["n"][0].tolist() == [3, 5] and batch["n"][1][0].tolist() == [30, 50]
    assert batch["s"] == ["file3", "file5"]
    assert default_collate([("cat", 0), ("dog", 1)])[0] == ("cat", "dog")
    assert default_collate([["cat", 0], ["dog", 1]])[0] == ("cat", "dog")


def test_what_default_collate_refuses(raises):
    """None, sets, and dataclasses raise a TypeError that names the type."""

    @dataclass
    class Mine:
        x: int = 0

    for value, name in ((None, "NoneType"), ({1, 2}, "set"), (Mine(), "Mine")):
        with raises(TypeError, "batch must contain tensors, numpy arrays, numbers, dicts or lists"):
            default_collate([value, value])
        with raises(TypeError, name):
            default_collate([(1, value), (2, value)])
        with raises(TypeError, name):
            default_collate([{"y": value}])


def test_pil_images_are_refused(raises):
    """A PIL image raises a TypeError; as a tensor it is stacked."""
    from PIL import Image

    image = Image.new("RGB", (4, 2))
    with raises(TypeError, "found <class 'PIL.Image.Image'>"):
        default_collate([image, image])
    assert default_collate([torch.tensor(np.array(image))] * 2).shape == (2, 2, 4, 3)


def test_arrays_of_strings_and_objects(raises):
    """Arrays of strings or objects raise and name their dtype; Python strings do not."""
    with raises(TypeError, "found <U3"):
        default_collate([np.array(["cat"])])
    with raises(TypeError, "found object"):
        default_collate([np.array([None])])
    assert default_collate(["cat", "dog"]) == ["cat", "dog"]


def test_unequal_lists(raises):
    """Lists or tuples of different lengths inside the samples raise, and so do samples that are such tuples themselves."""
    for kind in (list, tuple):
        with raises(RuntimeError, "each element in list of batch should be of equal size"):
            default_collate([(kind([1, 2]), 0), (kind([3]), 1)])
        with raises(RuntimeError, "each element in list of batch should be of equal size"):
            default_collate([kind([1.5, 2]), kind([1.5])])


def test_a_later_none(raises):
    """Where a later sample is None, tuples ask for its len() and tensors name its index."""
    with raises(TypeError, "object of type 'NoneType' has no len()"):
        default_collate([(torch.ones(2), 1), None])
    with raises(TypeError, "expected Tensor as element 2 in argument 0, but got NoneType"):
        default_collate([torch.ones(2), torch.ones(2), None])
    for join in (torch.stack, torch.cat):
        with raises(TypeError, "expected Tensor as element 1 in argument 0, but got NoneType"):
            join([torch.ones(2), None])


def test_floats_become_float64():
    """Python floats are stacked as float64; torch.tensor(value) is float32 and stays so."""
    assert default_collate([0.5, 1.5]).dtype == torch.float64
    assert default_collate([torch.tensor(0.5), torch.tensor(1.5)]).dtype == torch.float32


def test_identity_gives_a_list():
    """With collate_fn=lambda samples: samples the batch is a list, which has no .to()."""
    (batch,) = DataLoader([torch.ones(2), torch.ones(3)], batch_size=2, collate_fn=lambda samples: samples)
    assert isinstance(batch, list) and not hasattr(batch, "to") and len(batch) == 2


def test_lists_are_stacked_by_column():
    """A list of k numbers comes out as k tensors of shape (N,), a tensor or an array of them as one of (N, k)."""
    columns = default_collate([[1, 2, 3], [4, 5, 6]])
    assert [c.tolist() for c in columns] == [[1, 4], [2, 5], [3, 6]]
    for make in (torch.tensor, np.array):
        assert default_collate([make([1, 2, 3]), make([4, 5, 6])]).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_an_empty_batch(raises):
    """default_collate([]) raises IndexError, unpacking zip(*[]) ValueError; a Subset without the bad samples mends it."""
    with raises(IndexError, "list index out of range"):
        default_collate([])
    with raises(ValueError, "not enough values to unpack"):
        xs, ys = zip(*[])
    data = [None, 3, None, 5]
    good = Subset(data, [i for i, sample in enumerate(data) if sample is not None])
    assert [batch.tolist() for batch in DataLoader(good)] == [[3], [5]]


def test_a_lambda_cannot_be_pickled(raises):
    """A lambda cannot be pickled, and what a spawned worker receives is pickled; a function of a module can be."""
    with raises((pickle.PicklingError, AttributeError), "pickle"):
        pickle.dumps(lambda samples: samples)
    assert pickle.loads(pickle.dumps(default_collate)) is default_collate  # a function of a module


def test_a_worker_takes_the_first_dtype(raises):
    """In a worker, a batch gets the dtype of its first sample: a float after an int64 raises; without workers it does not."""
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    mixed = [torch.tensor(1), torch.tensor(2.5)]
    with raises((TypeError, RuntimeError), "torch.cat(): input types can't be cast to the desired output type Long"):
        next(iter(DataLoader(mixed, batch_size=2, num_workers=1)))
    assert next(iter(DataLoader(mixed[::-1], batch_size=2, num_workers=1))).tolist() == [2.5, 1]
    assert next(iter(DataLoader(mixed, batch_size=2))).tolist() == [1, 2.5]
