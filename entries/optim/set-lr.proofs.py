"""Proofs of set-lr."""


def test_default(default):
    """Set the rate of every group."""
    assert default.a.tolist() == [3 - 0.125 * 4] and default.b.tolist() == [
        5 - 0.125 * 8,
        7 - 0.125 * 8,
    ]


def test_wrong(wrong):
    """Wrong: nothing reads optimizer.lr."""
    assert wrong.w.item() == 5 - 0.5 * 4  # still the old rate


def test_right(right):
    """Right: write into param_groups."""
    assert right.w.item() == 5 - 0.125 * 4


def test_wrong_scheduler(wrong_scheduler):
    """Wrong: LambdaLR overwrites the new rate."""
    assert wrong_scheduler.used == [1.0, 0.5, 0.1, 0.125]  # up again


def test_right_scheduler(right_scheduler):
    """Right: change the base that LambdaLR multiplies."""
    assert right_scheduler.used == [1.0, 0.5, 0.1, 0.05]
