"""Proofs of random-split."""

import warnings

import torch
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split


def given():
    dataset = TensorDataset(torch.arange(500))
    return {"torch": torch, "random_split": random_split, "DataLoader": DataLoader, "dataset": dataset}


def test_answer(answer):
    """random_split gives disjoint parts of 80 and 20 percent, or of 80, 10, and 10, that together hold every sample."""
    train, val = (list(part.indices) for part in (answer.train_set, answer.val_set))
    assert (len(train), len(val)) == (400, 100) and sorted(train + val) == list(range(500))
    assert isinstance(answer.val_set, Subset)
    again = random_split(answer.dataset, [0.8, 0.2], torch.Generator().manual_seed(0))
    assert [list(part.indices) for part in again] == [train, val]
    three = [list(part.indices) for part in random_split(answer.dataset, [0.8, 0.1, 0.1])]
    assert [len(part) for part in three] == [400, 50, 50] and sorted(sum(three, [])) == list(range(500))
    assert [i for (x,) in answer.val_loader for i in x.tolist()] == val
    first = next(iter(answer.train_loader))[0].tolist()
    assert len(first) == 64 and set(first) < set(train) and first != train[:64]


def test_default(default):
    """8.8 and 2.2 samples are rounded down, and the one that is left goes to the first part."""
    assert sorted([*default.train_set.indices, *default.val_set.indices]) == list(range(11))


def test_three_parts(three_parts):
    """The parts hold every sample once; what rounding leaves goes to the first parts, one each."""
    assert sorted(i for part in three_parts.parts for i in part) == list(range(103))
    for n, fractions, lengths in (
        (11, [0.5, 0.25, 0.25], [6, 3, 2]),  # 5.5, 2.75, 2.75: two are left over
        (7, [0.4, 0.3, 0.3], [3, 2, 2]),  # 2.8, 2.1, 2.1: one is left over
    ):
        assert [len(part) for part in random_split(range(n), fractions)] == lengths


def test_two_transforms(two_transforms):
    """Two datasets that differ in the transform can be divided by the same indices."""
    train, val = two_transforms.train_set, two_transforms.val_set
    assert sorted(train.indices + val.indices) == [0, 1, 2, 3, 4]
    assert [row.tolist() for row in train] == [[2 * i + 1, 2 * i] for i in train.indices]
    assert [row.tolist() for row in val] == [[2 * i, 2 * i + 1] for i in val.indices]


def test_groups(groups):
    """Indices chosen by group put each video into one part only."""
    train, val = groups.train_set.indices, groups.val_set.indices
    assert not {groups.video[i].item() for i in train} & {groups.video[i].item() for i in val}
    assert sorted(train + val) == list(range(len(groups.video)))


def test_groups_can_be_torn_apart():
    """random_split may put frames of one video into both parts."""
    video = [0, 0, 0, 1, 1, 1]
    train, val = random_split(range(6), [4, 2], torch.Generator().manual_seed(0))
    assert {video[i] for i in train} & {video[i] for i in val}


def test_right(right):
    """Counts may be given instead of fractions."""
    assert sorted([*right.train_set, *right.val_set]) == list(range(11))


def test_the_generator_fixes_the_split():
    """Without a generator the split depends on the random numbers drawn before; with one it does not."""
    kinds = {"with": [], "without": []}
    for draws in (0, 1):
        for kind, seen in kinds.items():
            torch.manual_seed(0)
            torch.rand(draws)
            generator = torch.Generator().manual_seed(5) if kind == "with" else torch.default_generator
            seen.append(list(random_split(range(20), [15, 5], generator)[0]))
    assert kinds["with"][0] == kinds["with"][1] and kinds["without"][0] != kinds["without"][1]
    torch.manual_seed(0)
    assert list(random_split(range(20), [15, 5])[0]) == kinds["without"][0]


def test_a_longer_dataset_is_split_anew():
    """With the same seed, a dataset with one sample more is split quite differently."""
    seeds = [torch.Generator().manual_seed(0) for _ in range(2)]
    few, more = (set(random_split(range(n), [n - 20, 20], g)[1]) for n, g in zip([100, 101], seeds, strict=True))
    assert len(few & more) < 10


def test_parts_share_the_dataset():
    """The parts share the dataset, so a transform set through one of them acts on the other too."""

    class Rows(TensorDataset):
        transform = staticmethod(lambda x: x)

        def __getitem__(self, i):
            return self.transform(self.tensors[0][i])

    train, val = random_split(Rows(torch.arange(5)), [3, 2])
    assert train.dataset is val.dataset
    val.dataset.transform = lambda x: x + 100
    assert all(x >= 100 for x in train)


def test_fractions_are_floats(raises):
    """[0.4, 0.2, 0.3, 0.1] sums to more than 1 and raises; [0.71, 0.29] of 100 gives 72 and 28."""
    assert sum([0.4, 0.2, 0.3, 0.1]) > 1
    with raises(ValueError, "Sum of input lengths does not equal the length of the input dataset!"):
        random_split(range(10), [0.4, 0.2, 0.3, 0.1])
    assert [len(part) for part in random_split(range(100), [0.71, 0.29])] == [72, 28]
    assert [len(part) for part in random_split(range(100), [71, 29])] == [71, 29]


def test_labels_are_ignored():
    """A part may hold no sample of a rare class."""
    labels = [0] * 95 + [1] * 5
    seen = [set(random_split(labels, [90, 10], torch.Generator().manual_seed(seed))[1]) for seed in range(20)]
    assert {0} in seen and {0, 1} in seen


def test_fractions_that_do_not_sum_to_one(raises):
    """Fractions that sum to less or to more than 1 raise with the message about the sum."""
    for fractions in [0.7, 0.2], [0.5, 0.6]:
        with raises(ValueError, "Sum of input lengths does not equal the length of the input dataset!"):
            random_split(range(10), fractions)


def test_a_part_can_be_empty():
    """[0.9, 0.1] of 3 samples gives 3 and 0, with a warning."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert [len(part) for part in random_split(range(3), [0.9, 0.1])] == [3, 0]
    assert "Length of split at index 1 is 0" in str(seen[0].message)
