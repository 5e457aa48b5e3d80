"""Proofs of lstm-cell."""

import torch


def test_default(default):
    """The loop over LSTMCell is nn.LSTM."""
    torch.testing.assert_close(torch.stack(default.steps, dim=1), default.output)  # (N, T, H)
    torch.testing.assert_close((default.h_n[0], default.c_n[0]), (default.h, default.c))


def test_gru(gru):
    """GRU by hand, and what nn.GRU returns."""
    torch.testing.assert_close(gru.h, gru.h_n[0])
    torch.testing.assert_close(gru.h, gru.output[:, -1])


def test_right(right):
    """Right: pass (h, c) to the next step."""
    assert right.reach == [0, 1, 2, 3, 4], "the last step alone decides"
