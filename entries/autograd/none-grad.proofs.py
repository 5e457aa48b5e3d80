"""Proofs of none-grad."""


def test_default(default):
    """The layer that was not called has none."""
    assert default.used.weight.grad.tolist() == [[3.0, 5.0]] and default.unused.weight.grad is None


def test_non_leaf(non_leaf):
    """A moved tensor is no leaf: retain_grad()."""
    assert non_leaf.w.grad.tolist() == non_leaf.moved.grad.tolist() == [2.0, 6.0]
