"""Proofs of custom-loss."""

import torch


def test_default(default):
    """Charbonnier loss, checked."""
    torch.testing.assert_close(default.loss.item(), sum(default.root) / 3)
    torch.testing.assert_close(
        default.pred.grad, torch.tensor(default.d) / torch.tensor(default.root) / 3
    )
    double = default.pred.detach().double().requires_grad_()
    assert torch.autograd.gradcheck(default.charbonnier, (double, default.target.double()))


def test_module(module):
    """A loss with a learnable parameter."""
    torch.testing.assert_close(module.loss.detach(), module.nll)
    best = torch.tensor((1.0 + 0.0 + 9.0) / 3)  # the mean square
    torch.testing.assert_close(module.criterion.log_var.detach().exp(), best)
