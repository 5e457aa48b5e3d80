"""Proofs of train-vs-eval."""

import torch


def test_default(default):
    """What changes, and what does not."""
    torch.testing.assert_close(default.trained.mean(dim=0), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(default.norm.running_mean, 0.9 * 0 + 0.1 * default.x.mean(dim=0))
    steady = default.norm(default.x)
    assert torch.equal(
        default.norm(default.x[:1]), steady[:1]
    )  # one sample alone: the same answer
    by_hand = (default.x - default.norm.running_mean) / (
        default.norm.running_var + default.norm.eps
    ).sqrt()
    torch.testing.assert_close(steady, by_hand)
    assert default.norm.training is False and steady.requires_grad  # gradients all the same


def test_validate(validate):
    """A validation pass that leaves no trace."""
    assert validate.first == validate.again and validate.model.training
    assert all(
        torch.equal(validate.state[name], t) for name, t in validate.model.state_dict().items()
    )


def test_eval_learns(eval_learns):
    """eval() does not stop learning."""
    assert abs(eval_learns.model.bias.item() - eval_learns.before + 0.5 * 4) < 1e-6
