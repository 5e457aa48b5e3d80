"""Proofs of item."""


def test_default(default):
    """Numbers and lists."""
    assert default.loss.item() == (1**2 + 2**2 + 3**2 + 4**2) / 4
    assert default.loss.requires_grad and default.w.tolist() == [
        [1, -2, 3, -4]
    ]  # no detach() needed


def test_right(right):
    """Right: reduce, index, or tolist."""
    assert right.losses.mean().item() == (0.5 + 2) / 2


def test_running_sum(running_sum):
    """A running sum with and without a graph."""
    assert running_sum.total == running_sum.quick == 9 + 4 + 1 + 0
    assert (
        running_sum.kept == running_sum.total
        and running_sum.kept.requires_grad
        and not running_sum.quick.requires_grad
    )
