"""Proofs of lstm."""

import copy
import warnings

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def given():
    torch.manual_seed(0)
    return {"nn": nn, "x": torch.randn(5, 7, 3), "E": 3, "H": 4}


def by_hand(lstm, x, layer=0, reverse=""):
    """(N, T, H): the outputs of one layer and direction, from the formula of an LSTM."""
    w, u, b, c = (getattr(lstm, f"{n}_l{layer}{reverse}") for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h, state, outputs = x.new_zeros(len(x), lstm.hidden_size), 0, []
    for x_t in x.flip(1).unbind(1) if reverse else x.unbind(1):
        i, f, g, o = (x_t @ w.T + b + h @ u.T + c).chunk(4, dim=1)
        state = f.sigmoid() * state + i.sigmoid() * g.tanh()
        h = o.sigmoid() * state.tanh()
        outputs.append(h)
    return torch.stack(outputs[::-1] if reverse else outputs, dim=1)


def test_answer(answer):
    """output is the top layer at every step, and h_n[-1] is its last step."""
    top = by_hand(answer.lstm, by_hand(answer.lstm, answer.x), 1)
    torch.testing.assert_close(answer.output, top)
    torch.testing.assert_close(answer.last, top[:, -1])
    assert answer.h_n.shape == answer.c_n.shape == (2, 5, 4)


def test_default(default):
    """h_n holds the last step of every layer."""
    first = by_hand(default.lstm, default.x)
    torch.testing.assert_close(default.h_n[0], first[:, -1])
    torch.testing.assert_close(default.h_n[1], by_hand(default.lstm, first, 1)[:, -1])
    zeros = torch.zeros(2, 5, 4)
    torch.testing.assert_close(default.lstm(default.x, (zeros, zeros))[0], default.output)


def test_classify(classify):
    """A linear layer on h_n[-1] gives one row of logits for each sequence."""
    model, ids = classify.model, classify.ids
    assert model.embedding.weight.shape == (100, 16) and model.lstm.weight_hh_l0.shape == (4 * 32, 32)
    last = by_hand(model.lstm, model.embedding.weight[ids])[:, -1]
    torch.testing.assert_close(model(ids), last @ model.fc.weight.T + model.fc.bias)
    assert model(ids).shape == (2, 3)


def test_bidirectional(bidirectional):
    """The backward direction ends at step 0, so the backward half of output[:, -1] has read one step only."""
    lstm, x, last = bidirectional.lstm, bidirectional.x, bidirectional.last
    torch.testing.assert_close(last[:, :4], by_hand(lstm, x)[:, -1])
    torch.testing.assert_close(last[:, 4:], by_hand(lstm, x, reverse="_reverse")[:, 0])
    one_step = by_hand(lstm, x[:, -1:], reverse="_reverse")[:, 0]
    torch.testing.assert_close(bidirectional.output[:, -1, 4:], one_step)
    assert not torch.allclose(one_step, last[:, 4:])


def test_stacked_directions_start_at_the_end():
    """In every layer the backward direction starts at the last step, but above the first layer that step knows the whole
    input."""
    torch.manual_seed(0)
    for layers in (1, 2):
        lstm = nn.LSTM(3, 4, layers, batch_first=True, bidirectional=True)
        x = torch.randn(2, 5, 3, requires_grad=True)
        output, (h_n, _) = lstm(x)
        assert torch.equal(h_n[-1], output[:, 0, 4:]) and torch.equal(h_n[-2], output[:, -1, :4])
        output[:, -1, 4:].sum().backward()
        assert (x.grad != 0).any(dim=2).all(dim=0).tolist() == [layers == 2] * 4 + [True]


def test_packed(packed):
    """With pack_padded_sequence, h_n of a short sequence is what it is without the padding."""
    torch.testing.assert_close(packed.h_n[0, :1], by_hand(packed.lstm, packed.x[:1, :2])[:, -1])
    torch.testing.assert_close(packed.h_n[0, 1:], packed.h_padded[0, 1:])
    assert not torch.allclose(packed.h_n[0, 0], packed.h_padded[0, 0], atol=0.1)


def test_carry(carry):
    """A state that is detached carries over, so that two chunks give the output of the whole sequence."""
    assert not any(s.requires_grad for s in carry.state)
    assert (carry.t, carry.y.shape) == (250, (1, 50, 1)) and torch.equal(carry.y[:, :-1], carry.x[:, 1:])
    assert carry.loss < 0.4
    x = carry.series[:, :30]
    first, state = carry.lstm(x[:, :20])
    second, _ = carry.lstm(x[:, 20:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), by_hand(carry.lstm, x))


def test_without_batch_first():
    """Without batch_first, the output of one sample depends on the samples before it."""
    torch.manual_seed(0)
    lstm, x = nn.LSTM(3, 4), torch.randn(5, 7, 3)  # (N, T, E)
    other = x.clone()
    other[0] += 1
    assert not torch.allclose(lstm(x)[0][1], lstm(other)[0][1])
    first = nn.LSTM(3, 4, batch_first=True)
    assert torch.equal(first(x)[0][1], first(other)[0][1])


def test_h_n_is_not_batch_first():
    """batch_first leaves the shape of h_n and c_n alone: h_n[:, -1] is the last sample."""
    lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True)
    x = torch.randn(5, 7, 3)
    _, (h_n, c_n) = lstm(x)
    assert h_n.shape == c_n.shape == (2, 5, 4)
    torch.testing.assert_close(h_n[:, -1], lstm(x[-1])[1][0])


def test_state_must_be_detached(raises):
    """The second backward() raises if the state still belongs to the graph of the first batch."""
    lstm, x = nn.LSTM(3, 4), torch.randn(7, 5, 3)
    output, state = lstm(x)
    output.sum().backward()
    with raises(RuntimeError, "Trying to backward through the graph a second time"):
        lstm(x, state)[0].sum().backward()
    lstm(x, tuple(s.detach() for s in state))[0].sum().backward()


def test_dropout_between_layers(raises):
    """dropout= acts on the output of every layer but the last, and with one layer it warns and does nothing."""
    torch.manual_seed(0)
    x = torch.randn(7, 5, 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one = nn.LSTM(3, 4, dropout=0.9)
    assert "num_layers greater than 1" in str(caught[0].message)
    assert torch.equal(one(x)[0], one(x)[0])
    two = nn.LSTM(3, 4, num_layers=2, dropout=0.9)
    assert not torch.equal(two(x)[0], two(x)[0])
    assert (two(x)[0] != 0).all()  # nothing of the last layer is dropped


def test_shapes():
    """The layout is (T, N, E) by default, one sequence (T, E) gives (T, H), and D is 2 when bidirectional."""
    output, (h_n, c_n) = nn.LSTM(3, 4, num_layers=2, bidirectional=True)(torch.ones(7, 5, 3))
    assert (output.shape, h_n.shape, c_n.shape) == ((7, 5, 2 * 4), (2 * 2, 5, 4), (2 * 2, 5, 4))
    for first in (False, True):
        output, (h_n, c_n) = nn.LSTM(3, 4, batch_first=first)(torch.ones(7, 3))
        assert (output.shape, h_n.shape, c_n.shape) == ((7, 4), (1, 4), (1, 4))


def test_projections():
    """With proj_size=P, output and h_n end in P and c_n in H."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that oneDNN does not do this
        output, (h_n, c_n) = nn.LSTM(3, 4, proj_size=2)(torch.ones(7, 5, 3))
    assert (output.shape, h_n.shape, c_n.shape) == ((7, 5, 2), (1, 5, 2), (1, 5, 4))


def test_gru():
    """A GRU returns output and h_n, without c_n."""
    output, h_n = nn.GRU(3, 4, num_layers=2)(torch.ones(7, 5, 3))
    assert (output.shape, h_n.shape) == ((7, 5, 4), (2, 5, 4))


def test_padding_is_read():
    """In one layer, without packing, the padding changes h_n and the backward half of output, but not the forward half."""
    torch.manual_seed(0)
    lstm, x = nn.LSTM(3, 4, batch_first=True), torch.randn(1, 2, 3)
    padded = torch.cat([x, torch.zeros(1, 3, 3)], dim=1)
    output, (h_n, _) = lstm(padded)
    alone = lstm(x)[1][0]
    assert not torch.allclose(h_n, alone) and not torch.allclose(output[:, -1], alone[0])
    packed = pack_padded_sequence(padded, torch.tensor([2]), batch_first=True)
    torch.testing.assert_close(lstm(packed)[1][0], alone)
    torch.testing.assert_close(output[:, :2], lstm(x)[0])
    torch.testing.assert_close(pad_packed_sequence(lstm(packed)[0], batch_first=True)[0], lstm(x)[0])
    both = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    short, long = both(x)[0], both(padded)[0][:, :2]
    torch.testing.assert_close(short[..., :4], long[..., :4])
    assert not torch.allclose(short[..., 4:], long[..., 4:])
    torch.testing.assert_close(pad_packed_sequence(both(packed)[0], batch_first=True)[0], short)


def test_dropout_of_zero():
    """Setting lstm.dropout to 0 turns dropout off in training mode; an LSTM has no p."""
    torch.manual_seed(0)
    lstm, x = nn.LSTM(3, 4, num_layers=2, dropout=0.9), torch.randn(7, 5, 3)
    assert not hasattr(lstm, "p") and not torch.equal(lstm(x)[0], lstm(x)[0])
    lstm.dropout = 0
    assert lstm.training and torch.equal(lstm(x)[0], lstm(x)[0])


def test_deepcopy_splits_the_weights():
    """deepcopy gives each weight of an LSTM memory of its own."""
    lstm = copy.deepcopy(nn.LSTM(3, 4))
    assert len({p.untyped_storage().data_ptr() for p in lstm.parameters()}) == 4


def test_stacked_directions_read_the_padding():
    """With two bidirectional layers, the forward half of output reads the padding too, unless the batch is packed."""
    torch.manual_seed(0)
    both, x = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True), torch.randn(1, 2, 3)
    padded = torch.cat([x, torch.zeros(1, 3, 3)], dim=1)
    short = both(x)[0]
    assert not torch.allclose(both(padded)[0][:, :2, :4], short[..., :4])
    packed = pack_padded_sequence(padded, torch.tensor([2]), batch_first=True)
    torch.testing.assert_close(pad_packed_sequence(both(packed)[0], batch_first=True)[0], short)
