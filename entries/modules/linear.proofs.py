"""Proofs of linear."""

import torch
import torch.nn.functional as F
from torch import nn


def by_hand(layer, rows):
    w, b = layer.weight.tolist(), layer.bias.tolist()
    return [[sum(u * v for u, v in zip(r, row, strict=True)) + c for row, c in zip(w, b, strict=True)] for r in rows]


def given():
    torch.manual_seed(0)
    return {"nn": nn, "in_features": 3, "out_features": 2, "x": torch.randn(4, 3)}


def test_answer(answer):
    """Output i is the sum of weight[i, j] * x[j] plus bias[i]; the weight has shape (out, in)."""
    expected = torch.tensor(by_hand(answer.layer, answer.x.tolist()))
    torch.testing.assert_close(answer.y, expected)
    torch.testing.assert_close(answer.layer(answer.x), expected)
    torch.testing.assert_close(F.linear(answer.x, answer.layer.weight, answer.layer.bias), expected)
    assert answer.layer.weight.shape == (2, 3) and answer.layer.bias.shape == (2,)


def test_default(default):
    """The last dimension changes from in to out, all others stay."""
    assert default.layer(default.x).tolist() == by_hand(default.layer, default.x.tolist()) == [[17, 25], [26, 31]]
    x = torch.randn(4, 7, 3)
    torch.testing.assert_close(default.layer(x)[2], default.layer(x[2]))


def test_own(own):
    """Weight and bias of nn.Linear start uniformly between -1 / sqrt(in) and 1 / sqrt(in)."""
    torch.manual_seed(0)
    for layer in (nn.Linear(100, 2000), own.Linear(100, 2000)):
        for p in (layer.weight, layer.bias):
            assert 0.0995 < p.max() <= 0.1 and -0.1 <= p.min() < -0.0995
            assert abs(p.mean()) < 0.005 and abs(p.std() - 0.1 / 3**0.5) < 0.002
    torch.testing.assert_close(layer(own.x), F.linear(own.x, layer.weight, layer.bias))
    assert own.mine.shape == own.torchs.shape == (500, 40)


def test_from_keras(from_keras):
    """A Keras kernel of shape (in, out) fits after a transposition: the layer gives x @ kernel + bias."""
    expected = torch.eye(3).double().numpy() @ from_keras.kernel + from_keras.bias
    assert from_keras.layer(torch.eye(3)).tolist() == expected.tolist()


def test_wrong(wrong, right):
    """Weights from randn multiply the standard deviation by sqrt(in) per layer; divided by it they keep it."""
    assert abs(wrong.x.std() / 20**3 - 1) < 0.15
    assert abs(right.x.std() - 1) < 0.15


def test_images_are_flattened():
    """On (N, C, H, W) the layer mixes the W values of each row; flatten(1) gives it all values of an image."""
    x = torch.zeros(2, 3, 4, 5)
    assert nn.Linear(5, 7)(x).shape == (2, 3, 4, 7)
    assert nn.Linear(3 * 4 * 5, 7)(x.flatten(1)).shape == (2, 7)


def test_without_the_transpose(raises):
    """x @ weight raises if in and out differ, and computes something else if they are equal."""
    torch.manual_seed(0)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        torch.randn(4, 3) @ nn.Linear(3, 2).weight
    square, x = nn.Linear(3, 3, bias=False), torch.randn(4, 3)
    assert not torch.allclose(x @ square.weight, square(x), atol=1e-2)


def test_two_collapse_into_one():
    """Two linear layers are one with weight B A and bias B a + b."""
    torch.manual_seed(0)
    first, second, x = nn.Linear(3, 5), nn.Linear(5, 2), torch.randn(4, 3)
    one = nn.Linear(3, 2)
    with torch.no_grad():
        one.weight.copy_(second.weight @ first.weight)
        one.bias.copy_(second.weight @ first.bias + second.bias)
    torch.testing.assert_close(one(x), second(first(x)), rtol=1e-4, atol=1e-5)


def test_lazy_parameters():
    """LazyLinear has uninitialized parameters until the first input, which sets in_features."""
    layer = nn.LazyLinear(2)
    assert isinstance(layer.weight, nn.UninitializedParameter)
    layer(torch.zeros(4, 6))
    assert layer.weight.shape == (2, 6) and layer.in_features == 6


def test_parameters_and_bias():
    """The layer has out * in + out parameters, and with bias=False no bias."""
    assert sum(p.numel() for p in nn.Linear(7, 5).parameters()) == 5 * 7 + 5
    assert nn.Linear(7, 5, bias=False).bias is None


def test_one_by_one_convolution():
    """A 1 x 1 convolution applies the same linear layer to each pixel."""
    torch.manual_seed(0)
    conv, x = nn.Conv2d(3, 2, 1), torch.randn(4, 3, 5, 6)
    pixels = F.linear(x.permute(0, 2, 3, 1), conv.weight[:, :, 0, 0], conv.bias)
    torch.testing.assert_close(conv(x), pixels.permute(0, 3, 1, 2))


def test_an_optimizer_may_be_built_before():
    """An optimizer that is built before the first input of a LazyLinear trains its parameters all the same."""
    layer = nn.LazyLinear(2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    layer(torch.ones(4, 6)).sum().backward()
    before = layer.weight.detach().clone()
    optimizer.step()
    assert not torch.equal(layer.weight, before)
