"""Proofs of no-grad-fn."""


def test_default(default):
    """Every step stays in the graph."""
    assert default.net.weight.grad.tolist() == [[2 * (4 - 2.5) * 1, 2 * (4 - 2.5) * 3]]


def test_wrong_cure(wrong_cure):
    """requires_grad_() on the loss cures nothing."""
    assert wrong_cure.net.weight.grad is None and wrong_cure.net.weight.shape == (1, 2)
