"""Proofs of lstm-cell."""

import torch
from torch import nn

E, H = 3, 4


def given():
    torch.manual_seed(0)
    return {"torch": torch, "nn": nn, "self": nn.Module(), "E": E, "H": H, "x": torch.randn(2, 5, E)}


def one_layer(cell, kind):
    """An nn.LSTM or nn.GRU with the weights of the cell."""
    layer = kind(E, H, batch_first=True)
    layer.load_state_dict({f"{name}_l0": w for name, w in cell.state_dict().items()})
    return layer


def test_answer(answer):
    """The loop over nn.LSTMCell gives the output and the last state of nn.LSTM with the same weights."""
    cell = answer.self.cell
    output, (h_n, c_n) = one_layer(cell, nn.LSTM)(answer.x)
    torch.testing.assert_close(answer.output, output)
    torch.testing.assert_close((answer.h, answer.c), (h_n[0], c_n[0]))


def test_other_dtypes():
    """A loop that starts with x.new_zeros runs in bfloat16, in float64, and under autocast."""
    for dtype in torch.bfloat16, torch.float64:
        x = torch.randn(2, E, dtype=dtype)
        cell, h = nn.LSTMCell(E, H, dtype=dtype), x.new_zeros(2, H)
        assert cell(x, (h, h))[0].dtype == dtype
    with torch.autocast("cpu", torch.bfloat16):
        x = torch.randn(2, E)
        h = c = x.new_zeros(2, H)
        for _ in range(2):
            h, c = nn.LSTMCell(E, H)(x, (h, c))


def test_default(default):
    """weight_ih_l0, bias_ih_l0 … of nn.LSTM are weight_ih, bias_ih … of nn.LSTMCell."""
    assert torch.equal(default.cell.weight_ih, default.lstm.weight_ih_l0)
    assert default.cell.weight_ih.shape == (4 * H, E)
    torch.testing.assert_close(default.output, default.whole)
    torch.testing.assert_close((default.h, default.c), (default.h_n[0], default.c_n[0]))


def test_gru_cell():
    """The loop over nn.GRUCell gives the output of nn.GRU."""
    torch.manual_seed(0)
    cell, x = nn.GRUCell(E, H), torch.randn(2, 5, E)
    h, outputs = torch.zeros(2, H), []
    for x_t in x.unbind(1):
        h = cell(x_t, h)
        outputs.append(h)
    torch.testing.assert_close(torch.stack(outputs, dim=1), one_layer(cell, nn.GRU)(x)[0])


def test_generate(generate):
    """Each token is computed from the one before and from the state."""
    h, previous = torch.zeros(2, 6), torch.zeros(2, dtype=torch.long)
    assert len(generate.tokens) == 4
    assert generate.emb.weight.shape == (7, 5)
    for token in generate.tokens:
        h = generate.cell(generate.emb.weight[previous], h)
        scores = (h @ generate.head.weight.T + generate.head.bias).tolist()
        assert token.tolist() == [row.index(max(row)) for row in scores]
        previous = token


def test_by_hand(by_hand):
    """The blocks of weight_ih of an LSTM are the gates i, f, g, o."""
    torch.testing.assert_close((by_hand.h, by_hand.c), (by_hand.h_next, by_hand.c_next))
    assert by_hand.h.shape == (2, H)


def test_gru(gru):
    """The blocks of weight_ih of a GRU are r, z, n, and r multiplies after the product with the weights."""
    torch.testing.assert_close(gru.cell(gru.x_t, gru.h), gru.h_next)
    assert gru.h_next.shape == (2, H)
    assert gru.cell.weight_ih.shape == (3 * H, E)


def test_the_two_biases_are_added():
    """Moving bias_hh into bias_ih changes nothing in an LSTM; in a GRU it does, because of the n gate."""
    torch.manual_seed(0)
    x = torch.randn(2, E)
    for cell, gates in (nn.LSTMCell(E, H), 4), (nn.GRUCell(E, H), 2), (nn.GRUCell(E, H), 3):
        before = cell(x)
        with torch.no_grad():
            cell.bias_ih[: gates * H] += cell.bias_hh[: gates * H]
            cell.bias_hh[: gates * H] = 0
        after = cell(x)
        if isinstance(cell, nn.LSTMCell):
            torch.testing.assert_close(after, before)
        else:  # r and z; n as well
            assert torch.allclose(after, before) is (gates == 2)


def test_without_a_state(wrong):
    """A cell that gets no state starts from zeros, so h depends on the last step only."""
    assert wrong.reach == [4]
    x = torch.randn(2, E)
    zeros = torch.zeros(2, H)
    cell = nn.LSTMCell(E, H)
    torch.testing.assert_close(cell(x), cell(x, (zeros, zeros)))


def test_right(right):
    """With the state passed on, h depends on all steps."""
    assert right.reach == [0, 1, 2, 3, 4]
    assert right.x.shape == (2, 5, E)


def test_tuple_or_tensor(raises):
    """LSTMCell raises for a tensor as the state, GRUCell for a tuple; RNNCell takes a tensor as well."""
    x, h = torch.randn(2, E), torch.zeros(2, H)
    with raises(TypeError, "must be tuple of Tensors, not Tensor"):
        nn.LSTMCell(E, H)(x, h)
    with raises(AttributeError, "'tuple' object has no attribute 'dim'"):
        nn.GRUCell(E, H)(x, (h, h))
    assert nn.RNNCell(E, H)(x, h).shape == nn.GRUCell(E, H)(x, h).shape == (2, H)


def test_one_step(raises):
    """A cell takes (N, E) or (E,) and raises for (N, T, E); it takes an unbatched (T, E) for a batch of T samples."""
    with raises(ValueError, "LSTMCell: Expected input to be 1D or 2D, got 3D instead"):
        nn.LSTMCell(E, H)(torch.ones(2, 5, E))
    assert nn.LSTMCell(E, H)(torch.ones(E))[0].shape == (H,)
    x, cell = torch.randn(5, E), nn.LSTMCell(E, H)
    torch.testing.assert_close(cell(x)[0][4], cell(x[4])[0])


def test_a_loop_over_the_wrong_dimension(raises):
    """A loop over the samples of (N, T, E) gives T samples of the wrong batch size, and (N, E, T) gives T features."""
    x, cell, h = torch.ones(2, 5, E), nn.LSTMCell(E, H), torch.zeros(2, H)
    for x_t in x:
        with raises(RuntimeError, "Input batch size 5 doesn't match hidden0 batch size 2"):
            cell(x_t, (h, h))
    with raises(RuntimeError, f"input has inconsistent input_size: got 5 expected {E}"):
        cell(x.transpose(1, 2).unbind(1)[0], (h, h))
    assert cell(x.unbind(1)[0], (h, h))[0].shape == (2, H)


def test_the_state_of_a_layer_for_a_cell(raises):
    """A cell raises for the (layers, N, H) state of nn.LSTM or nn.GRU, and takes its last layer."""
    x, x_t = torch.ones(2, 5, E), torch.ones(2, E)
    _, (h_n, c_n) = nn.LSTM(E, H, batch_first=True)(x)
    with raises(ValueError, "LSTMCell: Expected hx[0] to be 1D or 2D, got 3D instead"):
        nn.LSTMCell(E, H)(x_t, (h_n, c_n))
    assert nn.LSTMCell(E, H)(x_t, (h_n[-1], c_n[-1]))[0].shape == (2, H)
    _, h_n = nn.GRU(E, H, batch_first=True)(x)
    with raises(ValueError, "GRUCell: Expected hidden to be 1D or 2D, got 3D instead"):
        nn.GRUCell(E, H)(x_t, h_n)
    assert nn.GRUCell(E, H)(x_t, h_n[-1]).shape == (2, H)


def test_one_step_without_a_batch(raises):
    """One step (E,) takes a state (H,); with (N, H) it raises about the size, and a batch with a state (H,) about the batch."""
    cell, x = nn.GRUCell(E, H), torch.ones(2, E)
    assert cell(x[0], torch.zeros(H)).shape == (H,)
    with raises(RuntimeError, f"hidden0 has inconsistent hidden_size: got 2, expected {H}"):
        cell(x[0], torch.zeros(2, H))
    with raises(RuntimeError, f"Input batch size 2 doesn't match hidden0 batch size {H}"):
        cell(x, torch.zeros(H))
