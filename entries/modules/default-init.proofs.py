"""Proofs of default-init."""

import contextlib
import io
import math

import torch
import torch.nn.functional as F
from torch import nn


def fills(p, bound):
    """Whether all values lie within ±bound and fill it, with the standard deviation of a uniform draw."""
    within = p.abs().max() <= bound + 1e-6 and p.max() > 0.9 * bound and p.min() < -0.9 * bound
    return bool(within and abs(p.std() * math.sqrt(3) / bound - 1) < 0.12)


def given():
    torch.manual_seed(0)
    layer = nn.Linear(50, 300)
    nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    return {"nn": nn, "layer": layer, "model": nn.Sequential(nn.Linear(3, 1), nn.BatchNorm1d(1))}


def test_answer(answer):
    """The default of nn.Linear is uniform within ±1 / sqrt(in_features), for the bias as well."""
    assert abs(answer.bound - 1 / math.sqrt(50)) < 1e-12
    for p in answer.layer.parameters():
        assert fills(p, 1 / math.sqrt(50))
    for p in nn.Linear(50, 300).parameters():
        assert fills(p, 1 / math.sqrt(50))


def test_default(default):
    """fan_in of a convolution is in_channels / groups times the size of the kernel."""
    for (layer, fan_in), expected in zip(default.layers.values(), (100, 288, 72, 576), strict=True):
        assert fan_in == expected
        assert fills(layer.weight, 1 / math.sqrt(fan_in))
        assert layer.bias.abs().max() <= 1 / math.sqrt(fan_in)
    assert default.layers["Conv2d, 4 groups"][0].groups == 4


def test_kaiming_with_sqrt_5():
    """kaiming_uniform_ with a=sqrt(5) draws the very numbers of nn.Linear."""
    torch.manual_seed(0)
    layer = nn.Linear(5, 3)
    torch.manual_seed(0)
    weight = nn.init.kaiming_uniform_(torch.empty(3, 5), a=math.sqrt(5))
    bias = torch.empty(3).uniform_(-1 / math.sqrt(5), 1 / math.sqrt(5))
    assert torch.equal(layer.weight, weight) and torch.equal(layer.bias, bias)


def test_other_convolutions():
    """Conv1d and Conv3d follow the same rule."""
    assert fills(nn.Conv1d(32, 64, 5).weight, 1 / math.sqrt(32 * 5))
    assert fills(nn.Conv3d(8, 16, 3).weight, 1 / math.sqrt(8 * 27))


def test_lazy_layers():
    """A lazy layer draws its weight at the first call, from the default of Linear."""
    torch.manual_seed(0)
    layer = nn.LazyLinear(300)
    assert isinstance(layer.weight, nn.UninitializedParameter)
    layer(torch.ones(2, 50))
    assert fills(layer.weight, 1 / math.sqrt(50))


def test_recurrent():
    """LSTM, GRU, and RNN draw weights and biases uniformly within ±1 / sqrt(hidden_size)."""
    torch.manual_seed(0)
    for kind in nn.LSTM, nn.GRU, nn.RNN:
        for p in kind(30, 100).parameters():
            assert fills(p, 0.1)


def test_embedding():
    """Embedding and EmbeddingBag draw from N(0, 1); the row of padding_idx is zero."""
    torch.manual_seed(0)
    for kind in nn.Embedding, nn.EmbeddingBag:
        weight = kind(1000, 50, padding_idx=3).weight
        assert weight[3].abs().sum() == 0
        rest = torch.cat([weight[:3], weight[4:]])
        assert abs(rest.mean()) < 0.02 and abs(rest.std() - 1) < 0.02 and rest.abs().max() > 3
        assert abs((rest.abs() < 1).float().mean() - 0.683) < 0.01


def test_norms():
    """Normalization layers start with weight 1 and bias 0, PReLU with 0.25."""
    for layer in nn.BatchNorm2d(3), nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.RMSNorm(3):
        assert layer.weight.tolist() == [1, 1, 1]
        assert getattr(layer, "bias", None) is None or layer.bias.tolist() == [0, 0, 0]
    assert nn.PReLU().weight.tolist() == [0.25]


def test_attention():
    """MultiheadAttention draws its input projection from Xavier uniform, the output like Linear; its biases are 0."""
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(64, 4)
    assert fills(layer.in_proj_weight, math.sqrt(6 / (64 + 3 * 64)))
    assert fills(layer.out_proj.weight, 1 / math.sqrt(64))
    assert layer.in_proj_bias.abs().sum() == 0 == layer.out_proj.bias.abs().sum()


def test_shrinks(shrinks):
    """One default layer turns a variance of 1 into about 1/3; ten with ReLU leave almost nothing, Kaiming keeps it."""
    with torch.no_grad():
        one = nn.Linear(256, 256)(shrinks.x)
        assert abs(one.var() - 1 / 3) < 0.03
        spreads = []
        for better in False, True:
            h = shrinks.x
            for _ in range(10):
                layer = nn.Linear(256, 256)
                if better:
                    layer.weight.copy_(torch.randn(256, 256) * math.sqrt(2 / 256))
                h = F.relu(layer(h))
            spreads.append(h.std(dim=0).mean())
    assert spreads[0] < 0.01 < 0.2 < spreads[1]
    assert abs(shrinks.spread / spreads[1] - 1) < 0.5


def test_keras(keras):
    """Xavier uniform draws within ±sqrt(6 / (fan_in + fan_out))."""
    assert fills(keras.model[0].weight, math.sqrt(6 / (100 + 200)))
    assert fills(keras.model[2].weight, math.sqrt(6 / (200 + 10)))
    assert keras.model[0].bias.abs().sum() == 0


def test_wrong(wrong, right):
    """Weights in 0..1 make the outputs as large as sqrt(fan_in / 3); within ±1 / sqrt(fan_in) they stay below 1."""
    assert abs(wrong.y.std() - math.sqrt(100 / 3)) < 0.5
    assert abs(right.y.std() - math.sqrt(1 / 3)) < 0.05
    assert wrong.weight.min() >= 0 > right.weight.min()


def test_transposed_uses_the_output():
    """The bound of ConvTranspose2d is 1 / sqrt(out_channels / groups * kernel)."""
    torch.manual_seed(0)
    for groups in 1, 2:
        layer = nn.ConvTranspose2d(32, 64, 3, groups=groups)
        assert layer.weight.shape == (32, 64 // groups, 3, 3)
        assert fills(layer.weight, 1 / math.sqrt(64 // groups * 9))


def test_encoder_layers_are_equal():
    """The layers of TransformerEncoder start with equal weights, those of nn.Transformer do not."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    first, second = encoder.layers
    assert torch.equal(first.linear1.weight, second.linear1.weight)
    first, second = nn.Transformer(8, 2, 2, 2, 16, batch_first=True).encoder.layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)
    assert torch.equal(first.linear1.bias, second.linear1.bias)
    bound = math.sqrt(6 / (8 + 16))  # Xavier uniform
    assert 0.9 * bound < first.linear1.weight.abs().max() <= bound


def test_order_matters():
    """A Linear built before others changes the weights that they draw from the same seed; a BatchNorm does not."""
    torch.manual_seed(0)
    alone = nn.Linear(3, 2)
    torch.manual_seed(0)
    nn.Linear(3, 2)
    later = nn.Linear(3, 2)
    torch.manual_seed(0)
    nn.BatchNorm1d(3)
    assert torch.equal(nn.Linear(3, 2).weight, alone.weight) and not torch.equal(alone.weight, later.weight)


def test_look(answer):
    """With correction=0, the standard deviation of a parameter with one value is 0, not NaN."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for name, p in answer.model.named_parameters():
            print(f"{name:24} std {p.std(correction=0):.4f} max {p.abs().max():.4f}")
    assert len(out.getvalue().splitlines()) == 4 and "nan" not in out.getvalue()
