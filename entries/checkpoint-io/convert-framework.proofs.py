"""Proofs of convert-framework; those that compare with Keras itself are skipped where it is missing."""

import os

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(1)
IMAGE = rng.normal(size=(2, 7, 8, 4)).astype("float32")  # (N, H, W, C)


def given():
    arrays = dict(zip(["gamma", "beta", "moving_mean", "moving_variance"], rng.uniform(0.5, 2, (4, 5)), strict=True))
    return {
        "torch": torch, "linear": nn.Linear(3, 2), "conv": nn.Conv2d(4, 5, (3, 2)), "bn": nn.BatchNorm2d(5, eps=1e-3),
        "kernel": rng.normal(size=(3, 2)), "bias": rng.normal(size=2), "filters": rng.normal(size=(3, 2, 4, 5)),
        **arrays,
    }  # fmt: skip


def test_answer(answer):
    """Each array arrives in PyTorch's layout: (out, in) and (out, in, H, W)."""
    for i in range(3):
        for o in range(2):
            assert abs(answer.linear.weight[o, i].item() - answer.kernel[i, o]) < 1e-6
    assert abs(answer.conv.weight[4, 1, 2, 0].item() - answer.filters[2, 0, 1, 4]) < 1e-6
    for ours, theirs in (
        (answer.linear.bias, answer.bias), (answer.bn.weight, answer.gamma), (answer.bn.bias, answer.beta),
        (answer.bn.running_mean, answer.moving_mean), (answer.bn.running_var, answer.moving_variance),
    ):  # fmt: skip
        np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=1e-6)


def test_default(default):
    """The converted model computes what the formulas of the layers give in NumPy."""
    windows = np.lib.stride_tricks.sliding_window_view(default.image, (3, 2), axis=(1, 2))
    theirs = np.einsum("nyxihw,hwio->nyxo", windows, default.filters)
    theirs = (theirs - default.mean) / np.sqrt(default.var + 1e-3) * default.gamma + default.beta
    theirs = theirs.mean(axis=(1, 2)) @ default.kernel + default.bias
    np.testing.assert_allclose(default.model(default.x).detach().numpy(), theirs, rtol=1e-4, atol=1e-5)
    assert default.image.shape == (2, 7, 8, 4)
    assert 0.5 < default.var.min() and default.var.max() < 2


def test_to_keras(to_keras):
    """The inverse of permute(3, 2, 0, 1) is transpose(2, 3, 1, 0)."""
    back = torch.from_numpy(to_keras.filters.copy()).permute(3, 2, 0, 1)
    assert torch.equal(back, to_keras.conv.weight)
    assert torch.equal(torch.from_numpy(to_keras.kernel).T, to_keras.linear.weight)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def test_gru(gru):
    """With r and z swapped, nn.GRU computes Keras's formula with reset_after=True."""
    x, h, (b, c) = rng.normal(size=(6, 4)), np.zeros(5), gru.bias
    expected = []
    for row in x:
        (xz, xr, xh), (hz, hr, hh) = np.split(row @ gru.kernel + b, 3), np.split(h @ gru.recurrent + c, 3)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = z * h + (1 - z) * np.tanh(xh + r * hh)
        expected.append(h)
    np.testing.assert_allclose(gru.gru(torch.tensor(x)[None])[0][0].detach().numpy(), expected)


def test_flatten_orders(wrong, right):
    """Reordering the input of the Dense layer from H, W, C to C, H, W gives Keras's result; a transpose alone does not."""
    theirs = right.feature.reshape(1, 12) @ right.kernel
    assert torch.equal(right.x.flatten(1) @ right.weight.T, theirs)
    assert not torch.equal(wrong.x.flatten(1) @ wrong.weight.T, theirs) and wrong.weight.shape == right.weight.shape


def test_same_padding(same_padding, raises):
    """With a kernel of 3 and stride 2, TensorFlow pads an even size at the end alone and an odd one on both sides;
    nn.Conv2d does not know padding="same" there."""
    padded = same_padding.same_pad(same_padding.x, kernel=3, stride=2)
    assert padded.shape == (1, 1, 3, 5)  # one row and one column, at the end
    assert padded[0, 0, :2, :4].tolist() == same_padding.x[0, 0].tolist() and padded.sum() == same_padding.x.sum()
    odd = same_padding.same_pad(torch.ones(1, 1, 7, 7), kernel=3, stride=2)
    assert odd.shape == (1, 1, 9, 9) and odd[0, 0, 1:-1, 1:-1].eq(1).all()
    assert same_padding.same_pad(torch.ones(1, 1, 7, 7), kernel=3, stride=1).shape == (1, 1, 9, 9)
    assert same_padding.same_pad(torch.ones(1, 1, 7, 8), kernel=1, stride=2).shape == (1, 1, 7, 8)
    with raises(ValueError, "padding='same' is not supported for strided convolutions"):
        nn.Conv2d(4, 5, 3, stride=2, padding="same")


def test_square_kernels_load():
    """A square kernel loads without the transpose and gives other outputs."""
    kernel, x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 10.0]])
    linear = nn.Linear(2, 2, bias=False)
    linear.load_state_dict({"weight": kernel})
    assert linear(x).tolist() != (x @ kernel).tolist()
    linear.load_state_dict({"weight": kernel.T})
    assert linear(x).tolist() == (x @ kernel).tolist()


def test_eps_of_batchnorm():
    """The default eps of nn.BatchNorm2d and nn.LayerNorm is 1e-5, and another eps gives another output."""
    assert nn.BatchNorm2d(3).eps == nn.LayerNorm(3).eps == 1e-5
    x = torch.ones(1, 3, 2, 2)
    ours, theirs = (nn.BatchNorm2d(3, eps=eps).eval()(x) for eps in (1e-5, 1e-3))
    assert not torch.allclose(ours, theirs, atol=1e-4)


def keras_layers():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    return keras.layers


def run(layer, x):
    """The output of a Keras layer with random weights, and these weights as tensors."""
    layer(x)
    layer.set_weights([rng.uniform(0.2, 1, w.shape) for w in layer.get_weights()])
    y = torch.as_tensor(np.asarray(layer(x).detach().cpu()))
    return y, [torch.tensor(w) for w in layer.get_weights()]


def test_keras_defaults():
    """In Keras the eps of BatchNormalization and LayerNormalization is 1e-3, the slope of LeakyReLU 0.3; here 0.01."""
    assert nn.LeakyReLU().negative_slope == 0.01
    layers = keras_layers()
    assert layers.BatchNormalization().epsilon == layers.LayerNormalization().epsilon == 1e-3
    assert layers.LeakyReLU().negative_slope == 0.3 and layers.GRU(2).reset_after


def test_keras_layers():
    """Dense, Conv2D, Conv2DTranspose, DepthwiseConv2D, and BatchNormalization give the same outputs as in Keras."""
    layers, x = keras_layers(), torch.tensor(IMAGE).permute(0, 3, 1, 2)
    y, (k, b) = run(layers.Dense(6), IMAGE[:, 0, 0])
    torch.testing.assert_close(torch.tensor(IMAGE[:, 0, 0]) @ k + b, y)
    cases = [
        (layers.Conv2D(5, (3, 2)), nn.Conv2d(4, 5, (3, 2)), lambda k: k.permute(3, 2, 0, 1)),
        (layers.Conv2DTranspose(5, (3, 2)), nn.ConvTranspose2d(4, 5, (3, 2)), lambda k: k.permute(3, 2, 0, 1)),
        (layers.DepthwiseConv2D((3, 2), depth_multiplier=3), nn.Conv2d(4, 12, (3, 2), groups=4),
         lambda k: k.permute(2, 3, 0, 1).reshape(4 * 3, 1, 3, 2)),
    ]  # fmt: skip
    for theirs, ours, convert in cases:
        y, (k, b) = run(theirs, IMAGE)
        ours.load_state_dict({"weight": convert(k), "bias": b})
        torch.testing.assert_close(ours(x), y.permute(0, 3, 1, 2), atol=1e-5, rtol=1e-5)
    y, (gamma, beta, mean, var) = run(layers.BatchNormalization(), IMAGE)
    bn = nn.BatchNorm2d(4, eps=1e-3).eval()
    bn.load_state_dict({"weight": gamma, "bias": beta, "running_mean": mean, "running_var": var})
    torch.testing.assert_close(bn(x), y.permute(0, 3, 1, 2))


def test_keras_lstm():
    """A Keras LSTM gives the same outputs with transposed kernels, its bias in bias_ih, and zeros in bias_hh."""
    y, (k, r, b) = run(keras_layers().LSTM(5, return_sequences=True), IMAGE[:, :, 0])
    lstm = nn.LSTM(4, 5, batch_first=True)
    lstm.load_state_dict(
        {"weight_ih_l0": k.T, "weight_hh_l0": r.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros(4 * 5)}
    )
    torch.testing.assert_close(lstm(torch.tensor(IMAGE[:, :, 0]))[0], y)


def test_keras_same_padding(same_padding):
    """With stride 2 and padding="same", Keras gives what the uneven padding gives."""
    y, (k, b) = run(keras_layers().Conv2D(5, 3, strides=2, padding="same"), IMAGE)
    x = same_padding.same_pad(torch.tensor(IMAGE).permute(0, 3, 1, 2), kernel=3, stride=2)
    ours = torch.nn.functional.conv2d(x, k.permute(3, 2, 0, 1), b, stride=2)
    torch.testing.assert_close(ours, y.permute(0, 3, 1, 2), atol=1e-5, rtol=1e-5)
