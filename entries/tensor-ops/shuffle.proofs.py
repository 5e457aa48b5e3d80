"""Proofs of shuffle."""

import random
from collections import Counter

import torch
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(1)
    x = torch.arange(40).view(20, 2)
    return {
        "torch": torch,
        "DataLoader": DataLoader,
        "x": x,
        "y": torch.arange(20),
        "k": 3,
        "dataset": TensorDataset(torch.arange(70)),
    }


def test_answer(answer):
    """One permutation keeps pairs together, [:k] gives k different rows, argsort undoes it, shuffle=True shuffles."""
    assert torch.equal(answer.x[:, 0], 2 * answer.y) and answer.y.tolist() != sorted(answer.y.tolist())
    assert sorted(answer.y.tolist()) == list(range(20))
    assert len(answer.few) == 3 == len(answer.few[:, 0].unique())
    assert answer.x_back.tolist() == [[2 * i, 2 * i + 1] for i in range(20)]
    batches = [batch.tolist() for (batch,) in answer.loader]
    assert [len(batch) for batch in batches] == [32, 32, 6]
    assert sorted(sum(batches, [])) == list(range(70)) != sum(batches, [])


def test_default(default):
    """Indexing with randperm moves whole rows, each once."""
    assert default.mixed.tolist() == [[2 * i, 2 * i + 1] for i in default.labels.tolist()]
    assert sorted(default.labels.tolist()) == list(range(5)) and default.perm.tolist() == default.labels.tolist()
    assert default.x.tolist() == [[2 * i, 2 * i + 1] for i in range(5)] and default.y.tolist() == list(range(5))


def test_a_generator_of_its_own():
    """With a fresh generator, the order is the same whatever other code draws; drawn from it again, it is another."""
    orders = []
    for noise in 1, 7:
        torch.rand(noise)
        orders.append(torch.randperm(20, generator=torch.Generator().manual_seed(0)).tolist())
    assert orders[0] == orders[1]
    generator = torch.Generator().manual_seed(0)
    assert [torch.randperm(20, generator=generator).tolist() == orders[0] for _ in range(2)] == [True, False]


def test_split(split):
    """The two parts of a permutation share no index and hold all of them."""
    assert len(split.train) == 8 and sorted(split.train.tolist() + split.val.tolist()) == list(range(10))
    again = torch.randperm(10, generator=torch.Generator().manual_seed(0)).tolist()
    assert split.train.tolist() == again[:8]


def test_each_row(each_row):
    """Sorting random keys shuffles each row, and all orders of three are about equally frequent."""
    mixed = each_row.x.gather(1, each_row.order).tolist()
    assert [sorted(row) for row in mixed] == [[3 * i + 1, 3 * i + 2, 3 * i + 3] for i in range(4)]
    torch.manual_seed(0)
    orders = Counter(map(tuple, torch.rand(6000, 3).argsort(dim=1).tolist()))
    assert len(orders) == 6 and all(abs(n - 1000) < 120 for n in orders.values())


def test_wrong(wrong):
    """Two permutations part labels from their rows."""
    assert (wrong.x[:, 0] == 2 * wrong.y).sum() < 5
    assert sorted(wrong.y.tolist()) == list(range(5)) and sorted(wrong.x[:, 1].tolist()) == [1, 3, 5, 7, 9]


def test_right(right):
    """One permutation keeps each label with its row."""
    assert right.x.tolist() == [[2 * i, 2 * i + 1] for i in right.y.tolist()]
    assert sorted(right.y.tolist()) == list(range(5))


def test_every_epoch():
    """shuffle=True draws another order in each epoch."""
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.arange(50)), batch_size=50, shuffle=True)
    first, second = ([batch.tolist() for (batch,) in loader] for _ in range(2))
    assert first != second and sorted(first[0]) == sorted(second[0]) == list(range(50))


def test_columns():
    """x[:, randperm(C)] moves whole columns."""
    x = torch.arange(12).view(3, 4)
    mixed = x[:, torch.randperm(4)]
    assert sorted(map(tuple, mixed.T.tolist())) == sorted(map(tuple, x.T.tolist()))


def test_random_shuffle_loses_rows():
    """random.shuffle on a tensor leaves some rows twice and others not at all."""
    random.seed(0)
    x = torch.arange(10).view(5, 2)
    random.shuffle(x)
    rows = [tuple(row) for row in x.tolist()]
    assert len(set(rows)) < 5


def test_indexing_copies():
    """x[perm] is a copy of the same size."""
    x = torch.zeros(5, 2)
    y = x[torch.randperm(5)]
    y += 1
    assert not x.any() and y.nbytes == x.nbytes
