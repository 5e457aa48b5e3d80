"""Proofs of conv-net."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "num_classes": 6}


def test_answer(answer):
    """Two poolings by 2 take 28 x 28 to 7 x 7, and the linear layer returns one logit per class."""
    x = torch.randn(3, 1, 28, 28)
    first, second, last = answer.model[0], answer.model[3], answer.model[7]
    half = F.max_pool2d(F.conv2d(x, first.weight, first.bias, padding=1).relu(), 2)
    assert half.shape == (3, 16, 14, 14)
    quarter = F.max_pool2d(F.conv2d(half, second.weight, second.bias, padding=1).relu(), 2)
    assert quarter.shape == (3, 32, 7, 7)
    torch.testing.assert_close(answer.model(x), quarter.reshape(3, 1568) @ last.weight.T + last.bias)
    assert answer.model(x).shape == (3, 6)


def test_default(default):
    """With groups=1, a convolution of k x k has k * k * C_in * C_out weights; every parameter gets a gradient."""
    conv = 3 * 3 * 1 * 16 + 3 * 3 * 16 * 32
    norm = 2 * 16 + 2 * 32
    linear = 32 * 7 * 7 * 10 + 10
    assert sum(p.numel() for p in default.model.parameters()) == conv + norm + linear
    assert all(p.grad.abs().max() > 0 for p in default.model.parameters())
    assert default.model.features(default.x).shape == (4, 32, 7, 7)


def test_call_runs_hooks(default):
    """model(x) runs forward and the hooks of the model; model.forward(x) runs no hook of the model."""
    ran = []
    handle = default.model.register_forward_hook(lambda *rest: ran.append(1))
    default.model.forward(default.x)
    assert ran == []
    default.model(default.x)
    assert ran == [1]
    handle.remove()


def test_batch_norm_removes_the_bias():
    """BatchNorm in training mode gives the same result whatever the bias of the convolution before it."""
    torch.manual_seed(0)
    conv, norm, x = nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), torch.randn(4, 2, 6, 5)
    before = norm(conv(x))
    with torch.no_grad():
        conv.bias += torch.tensor([1.0, -2.0, 3.0])
    torch.testing.assert_close(norm(conv(x)), before)


def test_in_features(in_features):
    """A dummy batch, LazyLinear, and the formula find the same in_features."""
    height, width = ((32 - 5) // 2 + 1) // 2, ((40 - 5) // 2 + 1) // 2
    assert in_features.size == in_features.model[-1].in_features == 16 * height * width
    assert in_features.model(torch.ones(2, 3, 32, 40)).shape == (2, 10)


def test_a_dummy_batch_moves_batchnorm():
    """A dummy batch moves the running statistics of BatchNorm in train(), under no_grad too, and not in eval()."""
    features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    for mode, counted in (False, 0), (True, 1):
        with torch.no_grad():
            features.train(mode)(torch.zeros(1, 3, 8, 8))
        assert features[1].num_batches_tracked == counted
        assert bool((features[1].running_mean != 0).any()) == mode


def test_lazy_parameters_have_no_shape(raises):
    """Before the first batch, the parameters of LazyLinear cannot be counted."""
    layer = nn.LazyLinear(4)
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        sum(p.numel() for p in layer.parameters())
    layer(torch.zeros(2, 3))
    assert sum(p.numel() for p in layer.parameters()) == 3 * 4 + 4


def test_any_size(any_size):
    """AdaptiveAvgPool2d(1) averages each channel, so images of different sizes fit one linear layer."""
    torch.manual_seed(0)
    for shape in (2, 3, 9, 12), (5, 3, 20, 31):
        x = torch.randn(shape)
        conv, last = any_size.model[0], any_size.model[5]
        maps = F.max_pool2d(F.conv2d(x, conv.weight, conv.bias, padding=1).relu(), 2)
        torch.testing.assert_close(any_size.model(x), maps.mean(dim=(2, 3)) @ last.weight.T + last.bias)


def test_output_size(output_size):
    """A convolution and a pooling map a length L to floor((L + 2p - d(k - 1) - 1) / s) + 1."""
    for length in range(9, 15):
        for k, s, p, d in (3, 1, 1, 1), (3, 2, 1, 1), (2, 3, 0, 2), (4, 2, 2, 1), (3, 2, 0, 3):
            x = torch.zeros(1, 1, length)
            expected = output_size.out_length(length, k, s, p, d)
            assert F.conv1d(x, torch.zeros(1, 1, k), stride=s, padding=p, dilation=d).shape[-1] == expected
            if p <= k // 2:
                assert F.max_pool1d(x, k, s, p, d).shape[-1] == expected
    assert output_size.out_length(10, 3) == 8


def test_lists_hide_layers():
    """Layers in a plain list are missing from parameters(), and those in a ModuleList are there."""

    class Net(nn.Module):
        def __init__(self, container):
            super().__init__()
            self.layers = container([nn.Linear(2, 3), nn.Linear(3, 4)])

    assert len(list(Net(list).parameters())) == 0
    assert len(list(Net(nn.ModuleList).parameters())) == 4


def test_flatten_keeps_the_batch(raises):
    """flatten(1) and nn.Flatten() keep dimension 0; flatten() makes one vector, which a linear layer rejects."""
    x = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert torch.equal(x.flatten(1), nn.Flatten()(x)) and x.flatten(1).shape == (2, 12)
    assert x.flatten().shape == (24,)
    with raises(RuntimeError, "shapes cannot be multiplied"):
        nn.Linear(12, 5)(x.flatten())


def test_one_image_size(answer, raises):
    """A linear layer that fits the features of 28 x 28 images raises for 32 x 32 images."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x2048 and 1568x6)"):
        answer.model(torch.zeros(2, 1, 32, 32))


def test_no_softmax_at_the_end():
    """With a softmax at the end, a perfect prediction of 10 classes still costs 1.46 instead of 0."""
    logits = torch.full((1, 10), -50.0)
    logits[0, 4] = 50
    target = torch.tensor([4])
    assert F.cross_entropy(logits, target) < 1e-6
    assert round(F.cross_entropy(logits.softmax(dim=1), target).item(), 2) == 1.46
