"""Proofs of tuple-output."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


def given():
    torch.manual_seed(0)
    return {
        "lstm": nn.LSTM(6, 4, batch_first=True),
        "gru": nn.GRU(6, 4, batch_first=True),
        "attention": nn.MultiheadAttention(6, num_heads=2, batch_first=True),
        "fc": nn.Linear(4, 3),
        "x": torch.randn(5, 7, 6),
    }


def test_answer(answer):
    """LSTM returns (output, (h, c)), GRU returns (output, h), and MultiheadAttention returns (output, weights)."""
    assert (answer.output.shape, answer.h.shape, answer.c.shape) == ((5, 7, 4), (1, 5, 4), (1, 5, 4))
    torch.testing.assert_close(answer.h, answer.gru(answer.x)[1])
    assert (answer.y.shape, answer.weights.shape) == ((5, 7, 6), (5, 7, 7))
    torch.testing.assert_close(answer.logits, answer.fc(answer.gru(answer.x)[1][0]))
    output, h = nn.RNN(6, 4, batch_first=True)(answer.x)
    torch.testing.assert_close(output[:, -1], h[0])


def test_default(default):
    """For a one-directional LSTM output[:, -1] equals h[-1]."""
    h = default.model.lstm(default.x)[1][0]
    torch.testing.assert_close(default.model(default.x), default.model.fc(h[-1]))
    assert default.x.shape == (5, 7, 3) and h.shape == (1, 5, 4)


def test_output_is_the_top_layer():
    """output holds the top layer at every time step."""
    lstm, x = nn.LSTM(3, 4, num_layers=2, batch_first=True), torch.randn(5, 7, 3)
    output, (h, _) = lstm(x)
    torch.testing.assert_close(output[:, -1], h[1])
    for t in range(7):
        torch.testing.assert_close(output[:, t], lstm(x[:, : t + 1])[1][0][1])


def test_padded(padded):
    """Indexing at lengths - 1 takes the last real step of each sequence."""
    got = padded.output[torch.arange(2), padded.lengths - 1]
    assert torch.equal(got, torch.stack([padded.output[0, 1], padded.output[1, 3]]))


def test_both_have_read_the_padding():
    """In a padded batch output[:, -1] and h[-1] have read the padding; packing or lengths - 1 gives the real last step."""
    lstm, x, lengths = nn.LSTM(3, 4, batch_first=True), torch.randn(2, 5, 3), torch.tensor([2, 5])
    x[0, 2:] = 0
    alone = lstm(x[:1, :2])[0][0, -1]
    output, (h, _) = lstm(x)
    assert not torch.allclose(output[0, -1], alone) and not torch.allclose(h[-1, 0], alone)
    torch.testing.assert_close(output[torch.arange(2), lengths - 1][0], alone)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    torch.testing.assert_close(lstm(packed)[1][0][-1, 0], alone)


def test_bidirectional():
    """The backward half of output[:, -1] is the state after its first step, the last one of the input; h[-1] comes after
    all."""
    lstm, x = nn.LSTM(3, 4, batch_first=True, bidirectional=True), torch.randn(2, 5, 3)
    output, (h, _) = lstm(x)
    torch.testing.assert_close(output[:, -1, 4:], lstm(x[:, -1:])[0][:, 0, 4:])
    both = torch.cat([h[-2], h[-1]], dim=1)
    torch.testing.assert_close(both, torch.cat([output[:, -1, :4], output[:, 0, 4:]], dim=1))
    assert not torch.allclose(both, output[:, -1])
    lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
    output, (h, _) = lstm(x)
    assert torch.equal(h[-1], output[:, 0, 4:]) and not torch.allclose(h[-1], output[:, -1, 4:])


def test_sequential_passes_the_tuple_on():
    """nn.Sequential passes the tuple on as it is."""
    assert type(nn.Sequential(nn.GRU(3, 4), nn.Identity())(torch.ones(5, 3))) is tuple


def test_right(right):
    """A module that returns the last step can stand before a Linear."""
    h = nn.LSTM.forward(right.net[0], right.x)[1][0]
    torch.testing.assert_close(right.net(right.x), right.net[1](h[0]))


def test_right_attribute(right_attribute):
    """The attention weights sum to 1 over the positions that are read."""
    torch.testing.assert_close(right_attribute.weights.sum(-1), torch.ones(5, 7))
    assert right_attribute.attention.num_heads == 2


def test_trailing_comma():
    """A comma at the end of a line makes a tuple."""
    x = nn.Linear(3, 2)(torch.ones(1, 3)),  # fmt: skip
    assert type(x) is tuple and x[0].shape == (1, 2)


def test_other_tuples(raises):
    """A comma at the end of a line and a whole sample of a data set give the message, too; x alone is a tensor."""
    fc = nn.Linear(3, 2)
    dataset = torch.utils.data.TensorDataset(torch.ones(4, 3), torch.zeros(4))
    for x in (torch.ones(1, 3),), dataset[0]:
        with raises(TypeError, "linear(): argument 'input' (position 1) must be Tensor, not tuple"):
            fc(x)
    x, _ = dataset[0]
    assert fc(x).shape == (2,)
    for layer in nn.BatchNorm1d(3), nn.LSTM(3, 2):
        with raises(AttributeError, "'tuple' object has no attribute 'dim'"):
            layer((torch.ones(1, 3),))


def test_a_hook_gets_a_tuple(raises):
    """A forward hook gets the inputs of its module as a tuple, and inputs[0] is the tensor."""
    seen, x = [], torch.ones(1, 3)
    layer = nn.Linear(3, 2)
    layer.register_forward_hook(lambda module, inputs, output: seen.append(inputs))
    layer(x)
    assert seen[0][0] is x
    with raises(AttributeError, "'tuple' object has no attribute 'shape'"):
        seen[0].shape  # noqa: B018
    with raises(TypeError, "linear(): argument 'input' (position 1) must be Tensor, not tuple"):
        nn.Linear(3, 2)(seen[0])
    with raises(TypeError, "argument 'input' (position 1) must be Tensor, not tuple"):
        torch.relu(x.unbind())


def test_a_gru_takes_one_state(raises):
    """nn.GRU, nn.RNN, and their cells raise for a tuple (h, c) as the state, and take h alone."""
    x, h = torch.ones(5, 2, 3), torch.zeros(1, 2, 4)
    for layer, cell in (nn.GRU(3, 4), nn.GRUCell(3, 4)), (nn.RNN(3, 4), nn.RNNCell(3, 4)):
        for module, value, state in (layer, x, h), (cell, x[0], h[0]):
            with raises(AttributeError, "'tuple' object has no attribute 'dim'"):
                module(value, (state, state))
            module(value, state)
