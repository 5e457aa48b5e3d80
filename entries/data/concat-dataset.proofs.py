"""Proofs of concat-dataset."""

import warnings

import torch
from torch.utils.data import ChainDataset, ConcatDataset, DataLoader, IterableDataset, RandomSampler, StackDataset
from torch.utils.data import TensorDataset


class Stream(IterableDataset):
    def __init__(self, numbers):
        self.numbers = numbers

    def __iter__(self):
        return iter(self.numbers)


def given():
    return {
        "ConcatDataset": ConcatDataset, "ChainDataset": ChainDataset, "DataLoader": DataLoader,
        "dataset_a": TensorDataset(torch.arange(70)), "dataset_b": TensorDataset(torch.arange(100, 120)),
        "stream_a": Stream([3, 1]), "stream_b": Stream([2]),
    }  # fmt: skip


def test_answer(answer):
    """ConcatDataset has the samples of the first dataset, then those of the second; ChainDataset chains the streams."""
    assert [x.item() for (x,) in answer.dataset] == [*range(70), *range(100, 120)]
    assert list(answer.stream) == [3, 1, 2]
    assert answer.loader.batch_size == 64 and isinstance(answer.loader.sampler, RandomSampler)
    assert [x.item() for (x,) in answer.dataset_a + answer.dataset_b] == [x.item() for (x,) in answer.dataset]


def test_default(default):
    """The index goes on from one dataset to the next."""
    assert [x.item() for x, _ in default.dataset] == [1, 2, 3, 10, 20]
    assert [y.item() for _, y in default.dataset] == [0, 1, 0, 1, 1]


def test_relabel(relabel):
    """A dataset that wraps another can change its labels."""
    assert [x.item() for x, _ in relabel.dataset] == [1, 2, 3, 10, 20]


def test_labels_are_not_mapped():
    """Joined as they are, labels of the same number become one class."""
    cats, planes = [("cat", 0)], [("airplane", 0)]
    assert [y for _, y in ConcatDataset([cats, planes])] == [0, 0]


def test_balance(balance):
    """With weights 1 / len of its dataset, each sample's dataset is drawn equally often."""
    assert torch.allclose(balance.weights[:900].sum(), torch.tensor(1.0))
    assert torch.allclose(balance.weights[900:].sum(), torch.tensor(1.0))
    assert 0.45 < (balance.seen >= 900).float().mean() < 0.55
    assert len(balance.dataset) == 1000 and len(balance.loader) == 20
    assert [balance.dataset[i] for i in (0, 899, 900, 999)] == [0, 899, 900, 999]


def test_pairs(pairs, raises):
    """StackDataset gives sample i of every dataset; datasets of different lengths raise."""
    assert [tuple(pair.values()) for pair in pairs.pairs] == [(1, 10), (2, 20), (3, 30)]
    assert StackDataset([1, 2], [3, 4])[1] == (2, 4)
    with raises(ValueError, "Size mismatch between datasets"):
        StackDataset([1, 2], [3])


def test_streams(streams, raises):
    """ChainDataset takes streams only, ConcatDataset none."""
    assert list(streams.stream) == [0, 1, 2, 10, 11]
    with raises(AssertionError, "ConcatDataset does not support IterableDataset"):
        ConcatDataset([Stream([1])])
    with raises(AssertionError, "ChainDataset only supports IterableDataset"):
        list(ChainDataset([TensorDataset(torch.arange(2))]))
    with raises(AssertionError, "datasets should not be an empty iterable"):
        ConcatDataset([])


def first_batch(*samples):
    return next(iter(DataLoader(ConcatDataset([[s] for s in samples]), batch_size=len(samples))))


def test_structure(raises):
    """Different shapes raise; different dtypes are promoted; for dicts the keys of the first sample count."""
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        first_batch(torch.ones(2), torch.ones(3))
    assert first_batch(torch.ones(2), torch.ones(2).double()).dtype == torch.float64
    assert first_batch(torch.ones(2).long(), torch.ones(2).int()).dtype == torch.int64
    assert first_batch(torch.ones(2).long(), torch.ones(2)).dtype == torch.float32
    assert list(first_batch({"a": 1}, {"a": 2, "b": 3})) == ["a"]
    with raises(KeyError, "b"):
        first_batch({"a": 2, "b": 3}, {"a": 1})


def test_dtypes_in_a_worker(raises):
    """In a worker, a batch has the dtype of its first sample: a float after an integer raises, 300 after a uint8 is 44."""

    def in_worker(*samples):
        warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
        return next(iter(DataLoader(list(samples), batch_size=2, num_workers=1)))

    with raises((TypeError, RuntimeError), "can't be cast to the desired output type Long"):
        in_worker(torch.tensor(1), torch.tensor(2.5))
    assert in_worker(torch.tensor(2.5), torch.tensor(1)).tolist() == [2.5, 1]
    small = torch.tensor(1, dtype=torch.uint8)
    assert in_worker(small, torch.tensor(300)).tolist() == [1, 44]
    assert first_batch(small, torch.tensor(300)).tolist() == [1, 300]


def test_mixed_types_fail_at_random(raises):
    """A batch that begins with a tensor label raises at an int; one that begins with the int does not."""
    with raises(TypeError, "expected Tensor as element 1 in argument 0, but got int"):
        first_batch(torch.tensor(1), 2)
    assert first_batch(1, torch.tensor(2)).tolist() == [1, 2]


def test_streams_are_repeated_by_each_worker():
    """With two workers, a joined stream that is not split among them yields every sample twice."""
    if "fork" in torch.multiprocessing.get_all_start_methods():
        stream = ChainDataset([Stream([3, 1]), Stream([2])])
        loader = DataLoader(stream, batch_size=None, num_workers=2, multiprocessing_context="fork")
        assert sorted(loader) == [1, 1, 2, 2, 3, 3]


def test_right(right):
    """Labels of one type make a batch."""
    assert [x for x, _ in right.dataset] == [1, 2, 3]


def test_no_attributes_and_slices(raises):
    """A ConcatDataset has no targets or classes of its parts, and cannot be sliced."""
    part = TensorDataset(torch.arange(3))
    part.targets, part.classes = [0, 1, 0], ["cat", "dog"]
    both = ConcatDataset([part, part])
    for name in "targets", "classes":
        with raises(AttributeError, f"has no attribute '{name}'"):
            getattr(both, name)
    with raises(TypeError):
        both[1:3]
    assert both.datasets[0].targets == [0, 1, 0]
