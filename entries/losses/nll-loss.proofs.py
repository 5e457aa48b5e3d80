"""Proofs of nll-loss."""

import torch
import torch.nn.functional as F


def test_default(default):
    """nll_loss on log_softmax is cross-entropy."""
    torch.testing.assert_close(default.loss, F.cross_entropy(default.logits, default.target))
    e = default.logits.exp()
    by_hand = -(e[0, 0] / e[0].sum()).log() - (e[1, 1] / e[1].sum()).log()
    torch.testing.assert_close(default.loss, by_hand / 2)


def test_wrong(wrong):
    """Probabilities instead of their logarithm."""
    e = wrong.logits.exp()
    minus_mean = -(e[0, 0] / e[0].sum() + e[1, 1] / e[1].sum()) / 2
    torch.testing.assert_close(wrong.loss, minus_mean)  # negative, and no logarithm


def test_kl_div(kl_div):
    """KL divergence, in the right order."""
    exact = torch.distributions.kl_divergence(kl_div.P, kl_div.Q)  # (N,)
    torch.testing.assert_close(kl_div.kl, exact.mean())
    torch.testing.assert_close(kl_div.same, kl_div.kl)
    torch.testing.assert_close(kl_div.soft, kl_div.kl + kl_div.P.entropy().mean())
    torch.testing.assert_close(
        kl_div.swapped, torch.distributions.kl_divergence(kl_div.Q, kl_div.P).mean()
    )
