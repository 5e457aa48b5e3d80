"""Proofs of lstm-hidden."""

import warnings

import torch
from torch import nn


def given():
    return {"torch": torch, "nn": nn, "x": torch.randn(5, 7, 3), "input_size": 3, "hidden_size": 4, "num_layers": 2}


def test_answer(answer):
    """Without a state, the LSTM starts from zeros of shape (num_layers, N, hidden_size)."""
    assert answer.h0.shape == answer.c0.shape == (2, 5, 4)
    assert answer.h0.count_nonzero() == answer.c0.count_nonzero() == 0
    torch.testing.assert_close(answer.output, answer.lstm(answer.x)[0])


def test_default(default):
    """The state of the last batch has its own N."""
    assert default.h0.shape == (2, 5, 4)
    torch.testing.assert_close(default.output, default.lstm(default.x)[0])
    torch.testing.assert_close(default.output[:, -1], default.h[-1])


def test_right(right):
    """A state of zeros gives what no state gives."""
    torch.testing.assert_close(right.output, right.lstm(right.x)[0])


def test_right_features(right_features):
    """With the features last, each sample is computed by itself."""
    lstm, x = right_features.lstm, right_features.x
    torch.testing.assert_close(lstm(x)[0][0], lstm(x[0])[0])
    assert x.shape == (5, 7, 3)


def test_bidirectional(raises):
    """A bidirectional layer needs 2 * num_layers states."""
    lstm, x = nn.LSTM(3, 4, num_layers=3, bidirectional=True), torch.ones(7, 5, 3)
    state = torch.zeros(6, 5, 4)
    assert lstm(x, (state, state))[1][0].shape == (6, 5, 4)
    with raises(RuntimeError, "Expected hidden[0] size (6, 5, 4), got [3, 5, 4]"):
        lstm(x, (state[:3], state[:3]))


def test_gru(raises):
    """A GRU says Expected hidden size, and takes a single state of the same shape."""
    gru, x = nn.GRU(3, 4, num_layers=2), torch.ones(7, 5, 3)
    assert gru(x, torch.zeros(2, 5, 4))[1].shape == (2, 5, 4)
    with raises(RuntimeError, "Expected hidden size (2, 5, 4), got [2, 8, 4]"):
        gru(x, torch.zeros(2, 8, 4))


def test_forgotten_batch_first(raises):
    """Without a state, a forgotten batch_first=True raises nothing and runs along the samples; T is taken for N."""
    lstm, x = nn.LSTM(3, 4), torch.randn(5, 7, 3)  # (N, T, input_size)
    torch.testing.assert_close(lstm(x)[0][:, 2], lstm(x[:, 2])[0])  # five samples of step 2, as if they were time
    with raises(RuntimeError, "Expected hidden[0] size (1, 7, 4), got [1, 5, 4]"):
        lstm(x, (torch.zeros(1, 5, 4), torch.zeros(1, 5, 4)))


def test_states_ignore_batch_first(raises):
    """With batch_first=True the states stay (num_layers, N, hidden_size)."""
    lstm, x = nn.LSTM(3, 4, num_layers=2, batch_first=True), torch.ones(5, 7, 3)
    with raises(RuntimeError, "Expected hidden[0] size (2, 5, 4), got [5, 2, 4]"):
        lstm(x, (torch.zeros(5, 2, 4), torch.zeros(5, 2, 4)))


def test_one_tensor_is_unpacked(raises):
    """A single tensor as the state of an LSTM is unpacked along dim 0, so h_0 and c_0 lose a dimension; with one layer,
    that raises IndexError."""
    lstm, x, state = nn.LSTM(3, 4, num_layers=2), torch.ones(7, 5, 3), torch.zeros(2, 5, 4)
    with raises(RuntimeError, "hx and cx should also be 3-D but got (2-D, 2-D) tensors"):
        lstm(x, state)
    with raises(RuntimeError, "hx and cx should also be 3-D but got (3-D, 2-D) tensors"):
        lstm(x, (state, state[0]))
    with raises(IndexError, "index 1 is out of bounds for dimension 0 with size 1"):
        nn.LSTM(3, 4)(x, state[:1])


def test_missing_dimensions(raises):
    """One dimension is too few and four are too many; unsqueeze and flatten mend them."""
    lstm = nn.LSTM(3, 4)
    for x, mended in (
        (torch.ones(3), torch.ones(3).unsqueeze(0)),
        (torch.ones(7, 5, 1, 3), torch.ones(7, 5, 1, 3).flatten(2)),
    ):
        with raises(ValueError, "Expected input to be 2D or 3D, got …D instead"):
            lstm(x)
        assert lstm(mended)[0].shape[-1] == 4


def test_two_dimensions_with_a_batched_state(raises):
    """(T, F) becomes a batch of one by unsqueeze(0) with batch_first=True; (N, F) becomes one step by unsqueeze(1)."""
    x = torch.randn(5, 3)
    for batch_first, batch, step in ((True, 0, 1), (False, 1, 0)):
        lstm = nn.LSTM(3, 4, batch_first=batch_first)
        for n, dim in ((1, batch), (5, step)):
            state = torch.zeros(1, n, 4), torch.zeros(1, n, 4)
            with raises(RuntimeError, "hx and cx should also be 2-D but got (3-D, 3-D) tensors"):
                lstm(x, state)
            output = lstm(x.unsqueeze(dim), state)[0].squeeze(dim)
            alone = [lstm(x)[0]] if n == 1 else [lstm(row[None])[0] for row in x]
            torch.testing.assert_close(output, torch.cat(alone))


def test_projection(raises):
    """With proj_size, h_0 ends in proj_size and c_0 in hidden_size."""
    lstm, x = nn.LSTM(3, 4, proj_size=2), torch.ones(7, 5, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that oneDNN does not do this
        with raises(RuntimeError, "Expected hidden[0] size (1, 5, 2), got [1, 5, 4]"):
            lstm(x, (torch.zeros(1, 5, 4), torch.zeros(1, 5, 4)))
        assert lstm(x, (torch.zeros(1, 5, 2), torch.zeros(1, 5, 4)))[0].shape == (7, 5, 2)


def test_one_number_per_step(raises):
    """(N, T) with one number per step raises; unsqueeze(-1) mends it, and input_size=T makes the samples steps of one sequence."""
    x = torch.randn(5, 7)
    for kind in nn.LSTM, nn.GRU:
        layer = kind(1, 4, batch_first=True)
        with raises(RuntimeError, "input.size(-1) must be equal to input_size. Expected 1, got 7"):
            layer(x)
        output = layer(x.unsqueeze(-1))[0]
        assert output.shape == (5, 7, 4)
        torch.testing.assert_close(output[2], layer(x[2].unsqueeze(-1))[0])
        wide = kind(7, 4, batch_first=True)
        assert not torch.allclose(wide(x)[0][1], wide(x[1:])[0][0])
