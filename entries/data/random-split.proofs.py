"""Proofs of random-split."""

from torch.utils.data import Subset


def test_default(default):
    """The same split each time."""
    assert sorted(default.train + default.val) == list(range(11)) and (
        len(default.train),
        len(default.val),
    ) == (9, 2)
    assert default.split(0.8, 0.2) == [default.train, default.val] == default.split(9, 2)


def test_groups(groups):
    """Split by group: no video in both parts."""
    train = Subset(groups.frames, (~groups.held_out).nonzero().flatten().tolist())
    assert not set(groups.video[groups.val.indices].tolist()) & set(
        groups.video[train.indices].tolist()
    )
    assert len(train) + len(groups.val) == len(groups.frames)


def test_right(right):
    """The rest is the rest."""
    assert sorted(i for part in right.parts for i in part) == list(right.data)
