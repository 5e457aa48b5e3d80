"""Proofs of multi-node."""


def test_wrong(wrong):
    """LOCAL_RANK shards the data (two nodes, two processes each)."""
    assert wrong.seen == {0: 2, 1: 2, 4: 2, 5: 2}  # half of the data twice, half never


def test_right(right):
    """RANK shards the data."""
    assert right.seen == dict.fromkeys(right.data, 1)  # each sample once
