"""Proofs of checkpoint-densenet."""

import types
import warnings

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

GROWTH, WIDE, BLOCKS = 32, 4 * 32, (6, 12, 24, 16)
"""Of DenseNet-121."""


def layers():
    """Channels of the input and size of the maps of every layer of DenseNet-121 on a 224 x 224 image."""
    channels, size = 64, 56
    for number in BLOCKS:
        for _ in range(number):
            yield channels, size
            channels += GROWTH
        channels, size = channels // 2, size // 2


def multiply_adds():
    """Of the 1x1 convolutions, of the 3x3 convolutions, and of the rest of DenseNet-121, per image."""
    squeeze = sum(channels * WIDE * size**2 for channels, size in layers())
    conv = sum(9 * WIDE * GROWTH * size**2 for _, size in layers())
    first = 3 * 64 * 49 * 112**2
    transitions = 256 * 128 * 56**2 + 512 * 256 * 28**2 + 1024 * 512 * 14**2
    return squeeze, conv, first + transitions + 1024 * 1000


def dense_layer(channels, growth=2):
    layer = nn.Module()
    layer.squeeze = nn.Sequential(nn.ReLU(), nn.Conv2d(channels, 4 * growth, 1))
    layer.conv = nn.Conv2d(4 * growth, growth, 3, padding=1)
    layer.bottleneck = lambda *features: layer.squeeze(torch.cat(features, dim=1))
    return layer


def given():
    return {"checkpoint": checkpoint}


def test_answer(answer):
    """Checkpointing the bottleneck keeps outputs and gradients, and saves the feature maps once each."""
    torch.manual_seed(0)
    model = [dense_layer(3 + 2 * i) for i in range(6)]
    parameters = [p for layer in model for p in layer.parameters()]
    found = []
    for efficient in (False, True):
        saved, features = {}, [torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(1))]

        def keep(t, saved=saved):
            if not isinstance(t, nn.Parameter):
                saved[t.data_ptr()] = t
            return t

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
            for layer in model:
                layer.forward = types.MethodType(answer.forward, layer)
                features.append(
                    layer(*features) if efficient else layer.conv(layer.bottleneck(*features))
                )
        grads = torch.autograd.grad(features[-1].square().sum(), parameters)
        found.append((features, grads, sum(t.numel() for t in saved.values()) // (2 * 5 * 4)))
    (plain, plain_grads, before), (efficient, grads, after) = found
    torch.testing.assert_close(efficient, plain)
    torch.testing.assert_close(grads, plain_grads)
    narrow, concatenations, maps = 6 * 8, 3 + 5 + 7 + 9 + 11 + 13, 3 + 5 * 2
    assert before == narrow + concatenations
    assert after == narrow + maps


def test_copies_grow_with_the_square():
    """The concatenations of n layers hold n * c + growth * n * (n - 1) / 2 channels."""
    for n in (4, 8, 16):
        features, copies = [torch.ones(1, 3, 1, 1)], 0
        for _ in range(n):
            copies += torch.cat(features, dim=1).shape[1]
            features.append(torch.ones(1, 2, 1, 1))
        assert copies == n * 3 + 2 * n * (n - 1) // 2


def test_default(default):
    """Each layer adds growth channels, and every weight gets a gradient."""
    assert default.out.shape == (2, 6 + 3 * 2, 5, 4)
    assert [f.shape[1] for f in default.features] == [6, 2, 2, 2]
    layer = default.DenseLayer(7, growth=3)
    assert layer.squeeze.out_channels == 4 * 3
    x, y = torch.randn(2, 4, 5, 6), torch.randn(2, 3, 5, 6)
    plain = layer.conv(layer.bottleneck(x, y))
    torch.testing.assert_close(layer(x, y), plain)
    layer(x, y).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in (layer.squeeze.weight, layer.conv.weight))


def test_share_of_the_bottlenecks():
    """In DenseNet-121 the 1x1 convolutions take 41 % of the multiply-adds of a forward pass, 85 % with the 3x3."""
    squeeze, conv, rest = multiply_adds()
    total = squeeze + conv + rest
    assert (round(squeeze / total, 2), round((squeeze + conv) / total, 2)) == (0.41, 0.85)


def test_weights_and_concatenations():
    """DenseNet-121 has 32 MB of weights in float32, and its concatenations take 36 MB per 224 x 224 image."""
    norms = 64 + sum(channels + WIDE for channels, _ in layers()) + 256 + 512 + 1024 + 1024
    convolutions = sum(channels * WIDE + 9 * WIDE * GROWTH for channels, _ in layers())
    convolutions += 3 * 64 * 49 + 256 * 128 + 512 * 256 + 1024 * 512
    weights = convolutions + 2 * norms + 1024 * 1000 + 1000
    assert weights == 7_978_856  # as in the paper and in torchvision
    assert round(4 * weights / 1e6) == 32
    assert round(4 * sum(channels * size**2 for channels, size in layers()) / 1e6) == 36


def test_torchvision():
    """torchvision's memory_efficient=True gives the same gradients, and the first norm of each layer updates twice."""
    from torchvision.models import DenseNet

    torch.manual_seed(0)
    sizes = {"growth_rate": 4, "block_config": (2, 3), "num_init_features": 8, "num_classes": 5}
    plain, efficient = DenseNet(**sizes), DenseNet(**sizes, memory_efficient=True)
    efficient.load_state_dict(plain.state_dict())
    for model in (plain, efficient):
        model(torch.linspace(-1, 1, 2 * 3 * 32 * 32).view(2, 3, 32, 32)).sum().backward()
    for p, q in zip(plain.parameters(), efficient.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad)
    layer = efficient.features.denseblock1.denselayer1
    assert (layer.norm1.num_batches_tracked, layer.norm2.num_batches_tracked) == (2, 1)


def test_batchnorm(batchnorm):
    """A checkpointed BatchNorm updates twice; with momentum 1 - (1 - m) ** 0.5 the two make one step of m."""
    assert batchnorm.same.num_batches_tracked == batchnorm.adapted.num_batches_tracked == 2
    torch.testing.assert_close(batchnorm.adapted.running_mean, batchnorm.usual.running_mean)
    torch.testing.assert_close(batchnorm.adapted.running_var, batchnorm.usual.running_var)
    once = batchnorm.x.detach().mean(dim=(0, 2, 3)) * 0.2
    torch.testing.assert_close(batchnorm.same.running_mean, once + (1 - 0.2) * once)


def test_reentrant_ignores_lists():
    """Given a list, the reentrant checkpoint warns and the bottleneck gets no gradient; the rest of the model gets one."""
    layer, a = dense_layer(5), torch.ones(1, 2, 3, 3, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mid = checkpoint(lambda features: layer.bottleneck(*features), [a, torch.ones(1, 3, 3, 3)], use_reentrant=True)
    assert "None of the inputs have requires_grad=True" in str(caught[0].message)
    layer.conv(mid).sum().backward()
    assert a.grad is None and layer.squeeze[1].weight.grad is None
    assert layer.conv.weight.grad.abs().sum() > 0


def test_data_and_evaluation_warn_too():
    """The reentrant checkpoint also warns for an input that is data, and under no_grad; use_reentrant=False does not."""
    layer, x = nn.Linear(3, 3), torch.ones(4, 3)
    for reentrant, count in ((True, 2), (False, 0)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            y = checkpoint(layer, x, use_reentrant=reentrant)
            with torch.no_grad():
                checkpoint(layer, layer(x), use_reentrant=reentrant)
        assert len([w for w in caught if "None of the inputs have requires_grad" in str(w.message)]) == count
        assert y.requires_grad is not reentrant


def test_right(right):
    """Passed one by one, features and bottleneck get the gradients of a run without checkpoint."""
    a = right.a.detach().clone().requires_grad_()
    out = right.conv(right.squeeze(torch.cat([a, right.b], dim=1))).sum()
    (expected,) = torch.autograd.grad(out, right.squeeze.weight, retain_graph=True)
    torch.testing.assert_close(right.squeeze.weight.grad, expected)
    out.backward()
    torch.testing.assert_close(right.a.grad, a.grad)


def test_not_reentrant_takes_lists():
    """With use_reentrant=False a list works too, and no input has to require a gradient."""
    layer = dense_layer(5)
    x = [torch.ones(1, 2, 3, 3), torch.ones(1, 3, 3, 3)]
    checkpoint(lambda features: layer.bottleneck(*features), x, use_reentrant=False).sum().backward()
    assert layer.squeeze[1].weight.grad.abs().sum() > 0


def test_reentrant_is_the_default():
    """Without use_reentrant, checkpoint warns and takes the reentrant variant."""
    x = torch.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = checkpoint(torch.exp, x)
    assert "the use_reentrant parameter should be passed explicitly" in str(caught[0].message)
    assert "CheckpointFunction" in type(y.grad_fn).__name__
