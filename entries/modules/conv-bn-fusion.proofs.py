"""Proofs of conv-bn-fusion."""

import copy
from collections import OrderedDict

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval


def moved(bn):
    """A normalization whose parameters and statistics are not those of the start."""
    for t in (bn.weight, bn.running_var):
        nn.init.uniform_(t, 0.5, 2.0)
    for t in (bn.bias, bn.running_mean):
        nn.init.normal_(t)
    return bn.eval()


def given():
    torch.manual_seed(0)
    layers = OrderedDict(conv1=nn.Conv2d(3, 4, 3, bias=False), bn1=moved(nn.BatchNorm2d(4)), relu=nn.ReLU())
    model = nn.Sequential(layers)
    return {"nn": nn, "C": 3, "model": model, "old": copy.deepcopy(model).eval()}


def test_answer(answer):
    """A model whose first two layers are fused gives the same output in eval mode."""
    x = torch.randn(2, 3, 6, 5)
    torch.testing.assert_close(answer.model(x), answer.old(x), rtol=1e-4, atol=1e-5)
    assert [type(m) for m in answer.model] == [nn.Conv2d, nn.Identity, nn.ReLU]
    assert (answer.conv.weight.shape, answer.conv.bias) == ((64, 3, 3, 3), None)


def test_default(default):
    """The fused kernel is W * s, and the bias (0 - running_mean) * s + bias, with s = weight / sqrt(running_var + eps)."""
    conv, bn = default.model
    s = bn.weight / (bn.running_var + bn.eps).sqrt()
    torch.testing.assert_close(default.fused.weight, conv.weight * s.view(4, 1, 1, 1))
    torch.testing.assert_close(default.fused.bias, -bn.running_mean * s + bn.bias)
    torch.testing.assert_close(default.fused(default.x), default.model(default.x), rtol=1e-4, atol=1e-5)
    assert not torch.equal(bn.running_mean, torch.zeros(4)) and bn.num_batches_tracked == 10
    assert default.x.shape == (2, 3, 9, 7)


def test_bias_of_the_convolution():
    """A bias b of the convolution enters the fused bias as (b - running_mean) * s + bias."""
    torch.manual_seed(0)
    conv, bn = nn.Conv2d(3, 4, 3).eval(), moved(nn.BatchNorm2d(4))
    s = bn.weight / (bn.running_var + bn.eps).sqrt()
    torch.testing.assert_close(fuse_conv_bn_eval(conv, bn).bias, (conv.bias - bn.running_mean) * s + bn.bias)


def test_the_old_layers_stay():
    """fuse_conv_bn_eval leaves the two layers that it was given as they were."""
    torch.manual_seed(0)
    conv, bn = nn.Conv2d(3, 4, 3).eval(), moved(nn.BatchNorm2d(4))
    before = [t.clone() for m in (conv, bn) for t in m.state_dict().values()]
    fused = fuse_conv_bn_eval(conv, bn)
    assert fused is not conv and fused.weight.data_ptr() != conv.weight.data_ptr()
    assert all(torch.equal(a, b) for a, b in zip(before, [*conv.state_dict().values(), *bn.state_dict().values()], strict=True))


def test_whole_model(whole_model):
    """Fusing every pair also works for a residual block, whose layers forward runs in the order of definition."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(4, 4, 3, padding=1, bias=False), moved(nn.BatchNorm2d(4))
            self.relu = nn.ReLU()
            self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), moved(nn.BatchNorm2d(4))

        def forward(self, x):
            return self.relu(x + self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))

    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Conv2d(3, 4, 1), moved(nn.BatchNorm2d(4)), Block(), Block()).eval(), torch.randn(2, 3, 6, 5)
    before = model(x)
    whole_model.fuse(model)
    torch.testing.assert_close(model(x), before, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert whole_model.before.shape == (2, 4, 3, 3)


def test_bias(bias):
    """In training, a bias before BatchNorm changes nothing, and its gradient is 0 up to rounding."""
    torch.testing.assert_close(bias.after, bias.before)
    assert bias.conv.bias.grad.abs().max() < 1e-9
    assert 99 < bias.conv.bias.min() and bias.conv.bias.max() < 100.5


def test_one_parameter_per_channel():
    """bias=False saves one parameter per output channel."""
    with_bias, without = (sum(p.numel() for p in nn.Conv2d(3, 7, 3, bias=b).parameters()) for b in (True, False))
    assert with_bias - without == 7


def test_linear():
    """fuse_linear_bn_eval merges nn.Linear and nn.BatchNorm1d into one nn.Linear."""
    torch.manual_seed(0)
    linear, bn, x = nn.Linear(3, 4).eval(), moved(nn.BatchNorm1d(4)), torch.randn(5, 3)
    fused = fuse_linear_bn_eval(linear, bn)
    assert type(fused) is nn.Linear
    torch.testing.assert_close(fused(x), bn(linear(x)), rtol=1e-4, atol=1e-5)


def test_a_relu_in_between():
    """Fusing a pair with a ReLU in between changes the output."""
    torch.manual_seed(0)
    conv, bn, x = nn.Conv2d(3, 4, 3).eval(), moved(nn.BatchNorm2d(4)), torch.randn(2, 3, 6, 5)
    assert (fuse_conv_bn_eval(conv, bn)(x).relu() - bn(conv(x).relu())).abs().max() > 0.1


def test_the_old_checkpoint_no_longer_fits(raises):
    """Loading the old state_dict into the fused model raises."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)).eval()
    old = model.state_dict()
    model[0], model[1] = fuse_conv_bn_eval(model[0], model[1]), nn.Identity()
    with raises(RuntimeError, 'Missing key(s) in state_dict: "0.bias"'):
        model.load_state_dict(old)


def test_transposed():
    """A transposed convolution with as many input as output channels is fused correctly with transpose=True alone."""
    torch.manual_seed(0)
    conv, bn, x = nn.ConvTranspose2d(4, 4, 3).eval(), moved(nn.BatchNorm2d(4)), torch.randn(2, 4, 6, 5)
    expected = bn(conv(x))
    torch.testing.assert_close(fuse_conv_bn_eval(conv, bn, transpose=True)(x), expected, rtol=1e-4, atol=1e-5)
    assert (fuse_conv_bn_eval(conv, bn)(x) - expected).abs().max() > 0.1


def test_transposed_with_groups(raises):
    """With groups, transpose=True raises, at the latest when the fused layer is called; without it, values are wrong."""
    torch.manual_seed(0)
    bn, x = moved(nn.BatchNorm2d(4)), torch.randn(2, 4, 6, 5)
    for groups in 2, 4:
        conv = nn.ConvTranspose2d(4, 4, 3, groups=groups).eval()
        with raises(RuntimeError, ""):
            fuse_conv_bn_eval(conv, bn, transpose=True)(x)
    conv = nn.ConvTranspose2d(4, 4, 3, groups=2).eval()
    assert (fuse_conv_bn_eval(conv, bn)(x) - bn(conv(x))).abs().max() > 0.1


def test_a_trained_bias():
    """Without its bias, a convolution gives the same output after subtracting the bias from running_mean."""
    torch.manual_seed(0)
    conv, bn, x = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), torch.randn(8, 3, 6, 5)
    nn.init.constant_(conv.bias, 7.0)
    for _ in range(100):
        bn(conv(x))
    bn.eval()
    expected = bn(conv(x))
    bare = nn.Conv2d(3, 4, 3, bias=False)
    bare.weight = conv.weight
    assert (bn(bare(x)) - expected).abs().min() > 1
    bn.running_mean -= conv.bias.detach()
    torch.testing.assert_close(bn(bare(x)), expected, rtol=1e-4, atol=1e-4)


def test_without_running_statistics():
    """With track_running_stats=False, BatchNorm uses the statistics of the batch in eval mode too."""
    bn, x = nn.BatchNorm2d(3, track_running_stats=False), torch.randn(4, 3, 5, 5)
    assert torch.equal(bn.eval()(x), bn.train()(x))
