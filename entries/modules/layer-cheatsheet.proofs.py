"""Proofs of layer-cheatsheet."""

import inspect

import torch
from torch import nn


def given():
    return {"nn": nn}


def test_answer(answer):
    """Each of the eight layers gives the shape in its comment, for any batch size and for odd H and W."""
    for n in 2, 5:
        maps = answer.norm(answer.conv(torch.randn(n, 3, 7, 9)))
        assert maps.shape == (n, 16, 7, 9)
        assert answer.pool(maps).shape == (n, 16, 3, 4)  # 7 // 2 and 9 // 2
        assert answer.flat(maps).shape == (n, 16 * 7 * 9)
        assert answer.fc(torch.ones(n, 3, 64)).shape == (n, 3, 10)
        tokens = answer.emb(torch.tensor([[0, 999, 3]]).repeat(n, 1))
        assert tokens.shape == (n, 3, 64)
        output, (h_n, c_n) = answer.lstm(tokens)
        assert output.shape == (n, 3, 32)
        assert h_n.shape == c_n.shape == (1, n, 32)
    assert answer.fc(torch.ones(64)).shape == (10,)


def test_answer_embedding_has_1000_ids(answer, raises):
    """nn.Embedding(1000, E) knows the ids 0 to 999."""
    with raises(IndexError, "index out of range"):
        answer.emb(torch.tensor([1000]))
    with raises(RuntimeError, "to have one of the following scalar types: Long, Int"):
        answer.emb(torch.tensor([1.0]))


def test_dropout(answer):
    """nn.Dropout(0.5) zeros about half of the values and doubles the others in train(), and does nothing in eval()."""
    torch.manual_seed(0)
    ones = torch.ones(10000)
    assert set(answer.drop(ones).tolist()) == {0.0, 2.0}
    assert abs((answer.drop(ones) == 0).float().mean() - 0.5) < 0.03
    assert torch.equal(answer.drop.eval()(ones), ones)


def test_default(default):
    """The parameters of a layer follow from its sizes: a convolution has out × in × k × k weights and out biases."""
    counts = {type(layer).__name__: sum(p.numel() for p in layer.parameters()) for layer, _ in default.layers}
    assert counts["Conv2d"] == 4 * 3 * 3 * 3 + 4
    assert counts["ConvTranspose2d"] == 3 * 4 * 2 * 2 + 4
    assert counts["BatchNorm2d"] == 3 + 3
    assert counts["Linear"] == 7 * 6 + 7
    assert counts["Embedding"] == 9 * 6
    assert counts["LSTM"] == 4 * 4 * ((6 + 4 + 2) + (4 + 4 + 2))  # four gates, two layers
    assert counts["MaxPool2d"] == counts["AdaptiveAvgPool2d"] == counts["Flatten"] == counts["Dropout"] == 0
    assert default.layers[7][0].p == 0.5


def test_linear_works_on_the_last_dim(default):
    """nn.Linear computes x @ weight.T + bias over the last dimension, whatever stands before it."""
    fc = next(layer for layer, _ in default.layers if isinstance(layer, nn.Linear))
    x = torch.randn(2, 4, 3, 6)
    torch.testing.assert_close(fc(x)[1, 2, 0], fc.weight @ x[1, 2, 0] + fc.bias)


def test_keras(keras):
    """LazyLinear takes its input size from the first batch; AdaptiveAvgPool2d(1) is the mean over H and W."""
    layers = keras.layers
    assert layers["LazyLinear"].weight.shape == (7, 10)
    pooled = layers["GlobalAveragePooling2D()"](keras.image)
    torch.testing.assert_close(pooled.flatten(1), keras.image.mean(dim=(2, 3)))  # (N, C), as Keras gives
    big = layers["UpSampling2D(2)"](keras.image)
    assert torch.equal(big[:, :, ::2, 1::2], keras.image)
    padded = layers["ZeroPadding2D(1)"](keras.image)
    assert torch.equal(padded[:, :, 1:-1, 1:-1], keras.image)
    torch.testing.assert_close(padded.sum(), keras.image.sum())


def test_layers_made_in_forward():
    """A layer made in forward has other weights in each call and is not among the parameters of the model."""

    class Net(nn.Module):
        def forward(self, x):
            return nn.Linear(3, 2)(x)

    torch.manual_seed(0)
    net = Net()
    assert not torch.equal(net(torch.ones(1, 3)), net(torch.ones(1, 3)))
    assert list(net.parameters()) == []


def test_batch_first(raises):
    """Without batch_first=True, LSTM and attention take (T, N, E): of (N, T, E) they mix the samples, or a mask raises."""

    def mixes(layer):
        x = torch.randn(4, 5, 6, requires_grad=True)  # (N, T, E)
        out = layer(x)
        (out[0] if isinstance(out, tuple) else out)[3].square().sum().backward()
        return bool(x.grad[0].abs().sum() > 0)  # does sample 3 depend on sample 0?

    torch.manual_seed(0)
    for batch_first, mixed in (False, True), (True, False):
        attention = nn.MultiheadAttention(6, 2, batch_first=batch_first)
        assert mixes(nn.LSTM(6, 3, batch_first=batch_first)) is mixed
        assert mixes(lambda x, a=attention: a(x, x, x)) is mixed
        assert mixes(nn.TransformerEncoderLayer(6, 2, 8, batch_first=batch_first)) is mixed
    for layer in nn.MultiheadAttention, nn.Transformer, nn.TransformerEncoderLayer:
        assert inspect.signature(layer).parameters["batch_first"].default is False
    assert nn.LSTM(6, 3).batch_first is False
    x = torch.randn(4, 5, 6)
    with raises(AssertionError, "Expected key_padded_mask.shape[0] to be 5, but got 4"):
        nn.MultiheadAttention(6, 2)(x, x, x, key_padding_mask=torch.zeros(4, 5, dtype=torch.bool))
    with raises(RuntimeError, "Expected hidden[0] size (1, 5, 3), got [1, 4, 3]"):
        nn.LSTM(6, 3)(x, (torch.zeros(1, 4, 3), torch.zeros(1, 4, 3)))


def test_channels_come_first(raises):
    """For an image (N, H, W, 3), Conv2d(3, …) raises, and MaxPool2d pools W and the channels."""
    x = torch.randn(2, 8, 10, 3)
    with raises(RuntimeError, "to have 3 channels, but got 8 channels instead"):
        nn.Conv2d(3, 4, 3)(x)
    assert nn.MaxPool2d(2)(x).shape == (2, 8, 5, 1)
