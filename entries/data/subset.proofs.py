"""Proofs of subset."""

import inspect
import sys

import torch
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset


class Digits(Dataset):
    """Counts the samples that are read."""

    def __init__(self, n):
        self.targets = [i % 10 for i in range(n)]
        self.read = 0

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        self.read += 1
        return i, self.targets[i]


def given():
    return {"Subset": Subset, "DataLoader": DataLoader, "dataset": Digits(1500)}


def test_answer(answer):
    """Subset keeps the samples at the indices; choosing them by targets reads no sample."""
    assert answer.dataset.read == 0
    assert len(answer.small) == 1000 and answer.small[999] == (999, 9)
    assert answer.keep == list(range(3, 1500, 10))
    batches = list(answer.loader)
    assert sorted(torch.cat([i for i, _ in batches]).tolist()) == answer.keep
    assert {y for _, ys in batches for y in ys.tolist()} == {3} and len(batches[0][0]) == 64
    assert batches[0][0].tolist() != answer.keep[:64]
    assert answer.dataset.read == 1 + len(answer.keep)


def test_default(default):
    """Samples come in the order of the indices, with their own labels."""
    assert list(Subset(default.dataset, [4, 0, 4])) == [("emu", 5), ("ant", 3), ("emu", 5)]


def test_k_fold(k_fold):
    """Each sample is held out in one fold and trained on in all others."""
    folds = [fold.tolist() for fold in k_fold.folds]
    assert sorted(i for fold in folds for i in fold) == list(range(8)) and [len(f) for f in folds] == [3, 3, 2]
    assert sorted(k_fold.train_set.indices + k_fold.val_set.indices) == list(range(8))


def test_random_part(random_part):
    """The beginning of a random permutation is a random part without repeats."""
    assert len(set(random_part.part.indices)) == len(random_part.part) == 5
    assert all(0 <= i < 50 for i in random_part.part.indices)


def test_right(right):
    """The labels of a subset are those of the dataset at its indices."""
    assert [y for _, y in (right.part[0], right.part[1])] == [1, 2]


def test_no_copy():
    """A Subset stores the indices, not the data."""
    dataset = TensorDataset(torch.zeros(1000, 1000))
    indices = list(range(900))
    subset = Subset(dataset, indices)
    assert subset.dataset is dataset and subset.indices is indices
    assert subset[5][0].data_ptr() == dataset.tensors[0][5].data_ptr()
    assert sys.getsizeof(indices) < 10_000  # of 4,000,000 bytes of data


def test_transform_is_shared():
    """Changing the dataset's transform through one subset changes it for all subsets."""

    class Rows(Digits):
        transform = staticmethod(lambda i: i)

        def __getitem__(self, i):
            return self.transform(i)

    dataset = Rows(10)
    a, b = Subset(dataset, [2]), Subset(dataset, [3])
    b.dataset.transform = lambda i: -i
    assert (a[0], b[0]) == (-2, -3)


def test_attributes_are_not_passed_on(raises):
    """A Subset does not have the attributes of the dataset."""
    subset = Subset(Digits(10), [1])
    for name in ("targets", "classes", "transform"):
        with raises(AttributeError, f"'Subset' object has no attribute '{name}'"):
            getattr(subset, name)
    assert subset.dataset.targets[1] == 1


def test_names_of_the_labels():
    """MNIST, CIFAR10, and ImageFolder hold their labels in targets, SVHN and STL10 in labels."""
    from torchvision.datasets import CIFAR10, MNIST, STL10, SVHN, ImageFolder

    for dataset in MNIST, CIFAR10, ImageFolder.__base__:
        assert "self.targets" in inspect.getsource(dataset) and "self.labels" not in inspect.getsource(dataset)
    for dataset in SVHN, STL10:
        assert "self.labels" in inspect.getsource(dataset) and "self.targets" not in inspect.getsource(dataset)


def test_sorted_datasets():
    """The first part of a dataset sorted by class holds one class only; a random part holds all."""
    targets = [c for c in range(4) for _ in range(100)]
    assert set(Subset(targets, range(100))) == {0}
    torch.manual_seed(0)
    assert set(Subset(targets, torch.randperm(400)[:100].tolist())) == {0, 1, 2, 3}


def test_nested_indices():
    """In a Subset of a Subset, indices count within the first one."""
    evens = Subset(range(100, 110), [0, 2, 4, 6])
    assert list(Subset(evens, [3, 1])) == [106, 102]


def test_subclasses_override_both(raises):
    """Since 2.11, a subclass that overrides __getitem__ alone raises when created, as __getitems__ bypasses it; both work."""

    class Half(Subset):
        def __getitem__(self, i):
            return self.dataset[self.indices[i]] / 2

    if torch.__version__ >= (2, 11):
        with raises(NotImplementedError, "Half overrides __getitem__ but not __getitems__"):
            Half([10.0, 20.0], [1])
    half = object.__new__(Half)  # as in versions that did not check
    half.dataset, half.indices = [10.0, 20.0], [1]
    assert half[0] == 10 and half.__getitems__([0]) == [20]

    class Both(Half):
        def __getitems__(self, indices):
            return [self[i] for i in indices]

    assert [x.tolist() for x in DataLoader(Both([10.0, 20.0, 30.0], [2, 0]), batch_size=2)] == [[15.0, 5.0]]


def test_labels_stay():
    """Classes that are kept keep their numbers; a dict maps them to 0 and 1."""
    dataset = [("a", 3), ("b", 5), ("c", 7)]
    kept = Subset(dataset, [i for i, (_, y) in enumerate(dataset) if y in (3, 7)])
    assert [y for _, y in kept] == [3, 7] and [{3: 0, 7: 1}[y] for _, y in kept] == [0, 1]


def test_a_mask_is_taken_for_indices():
    """In a list a boolean mask is taken for the indices 0 and 1, in a TensorDataset it adds a dimension, and nothing
    raises; nonzero() turns it into indices."""
    mask = torch.tensor([False, False, True, False, True])
    assert list(Subset([10, 11, 12, 13, 14], mask.tolist())) == [10, 10, 11, 10, 11]
    rows = Subset(TensorDataset(torch.arange(10).view(5, 2)), mask.tolist())
    assert [tuple(row.shape) for (row,) in (rows[0], rows[2])] == [(0, 5, 2), (1, 5, 2)]
    assert list(Subset([10, 11, 12, 13, 14], mask.nonzero().flatten().tolist())) == [12, 14]
