"""Proofs of next-batch."""

import warnings
from itertools import cycle, islice

import torch
from torch.utils.data import DataLoader, TensorDataset


def given():
    data = TensorDataset(torch.arange(10.0).view(5, 2), torch.arange(5))
    return {"loader": DataLoader(data, batch_size=2)}


def test_answer(answer):
    """next(iter(loader)) gives one batch, and next on a kept iterator goes on."""
    assert (answer.x.tolist(), answer.y.tolist()) == ([[0, 1], [2, 3]], [0, 1])
    x, y = next(answer.iterator)
    assert (x.tolist(), y.tolist()) == ([[4, 5], [6, 7]], [2, 3])


def test_default(default, raises):
    """At the end, next raises StopIteration or returns its second argument."""
    assert next(default.iterator, None) is None
    assert [batch.tolist() for batch in default.loader] == [[0, 10], [20, 30], [40]]
    with raises(StopIteration, ""):
        next(default.iterator)


def test_endless(endless):
    """A generator over a shuffling loader sees all samples in each pass, each time in another order."""
    first, second = sum(endless.steps[:3], []), sum(endless.steps[3:6], [])
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4, 5]
    assert first != second and len(endless.steps) == 7


def test_right(right):
    """The built-in next() takes the first batch."""
    assert torch.equal(right.images, right.x[:2]) and torch.equal(right.labels, right.y[:2])


def test_each_iter_starts_over():
    """Each iter(loader) gives the same first batch without shuffling, and another random one with it."""
    plain = DataLoader(range(100), batch_size=7)
    assert all(next(iter(plain)).tolist() == list(range(7)) for _ in range(3))
    shuffled = DataLoader(range(100), 7, shuffle=True, generator=torch.Generator().manual_seed(0))
    assert next(iter(shuffled)).tolist() != next(iter(shuffled)).tolist()


def test_cycle_repeats():
    """itertools.cycle hands out the very same stored batches, in the order of the first pass."""
    loader = DataLoader(range(6), 2, shuffle=True, generator=torch.Generator().manual_seed(0))
    batches = list(islice(cycle(loader), 9))
    assert all(batches[i] is batches[i + 3] is batches[(i + 6) % 9] for i in range(3))


def test_peeking_draws():
    """iter(loader) draws from the global random generator, with and without shuffling; with generator= it draws from that
    one instead."""
    for shuffle in False, True:
        torch.manual_seed(3)
        untouched = torch.rand(1)
        torch.manual_seed(3)
        next(iter(DataLoader(range(4), shuffle=shuffle)))
        assert torch.rand(1) != untouched
        torch.manual_seed(3)
        own = torch.Generator().manual_seed(5)
        next(iter(DataLoader(range(4), shuffle=shuffle, generator=own)))
        assert torch.rand(1) == untouched
        assert not torch.equal(own.get_state(), torch.Generator().manual_seed(5).get_state())


def test_an_empty_loader_yields_nothing():
    """An empty loader has length 0 and yields nothing."""
    loader = DataLoader([], batch_size=2)
    assert len(loader) == 0 and list(loader) == []


def test_a_loader_is_no_iterator(raises):
    """next(loader) without iter is a TypeError."""
    with raises(TypeError, "'DataLoader' object is not an iterator"):
        next(DataLoader([1, 2]))


def test_workers_start_again():
    """With workers, iter(loader) starts new processes, unless persistent_workers=True."""
    for persistent in False, True:
        loader = DataLoader(range(4), num_workers=1, persistent_workers=persistent)
        pids = []
        for _ in range(2):
            iterator = iter(loader)
            pids.append(iterator._workers[0].pid)
            assert len(list(iterator)) == 4
        assert (pids[0] == pids[1]) == persistent


def test_persistent_workers_share_one_iterator():
    """With persistent_workers=True, iter(loader) resets the one iterator, so a loop that calls it never ends."""
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    for persistent in False, True:
        loader = DataLoader(range(6), 2, num_workers=1, persistent_workers=persistent)
        assert (iter(loader) is iter(loader)) is persistent
        seen = []
        for batch in islice(loader, 9):
            seen.append(batch.tolist())
            next(iter(loader))
        assert seen == ([[0, 1]] + [[2, 3]] * 8 if persistent else [[0, 1], [2, 3], [4, 5]])
