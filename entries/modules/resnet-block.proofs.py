"""Proofs of resnet-block."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"torch": torch, "nn": nn}


def test_answer(answer):
    """The block returns relu(body(x) + shortcut(x)), and without a shortcut relu(body(x) + x)."""
    torch.manual_seed(0)
    body, x = nn.Conv2d(3, 3, 3, padding=1), torch.randn(2, 3, 5, 7)
    torch.testing.assert_close(answer.Residual(body)(x), (body(x) + x).clamp(min=0))
    narrow, shortcut = nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Conv2d(3, 4, 1, 2)
    expected = (narrow(x) + shortcut(x)).clamp(min=0)
    torch.testing.assert_close(answer.Residual(narrow, shortcut)(x), expected)


def by_hand(block, x, conv_count):
    """Convolutions and batch norms of the block in eval mode, from its weights."""
    convs = [m for m in block.body.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in block.body.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(convs) == len(norms) == conv_count

    def layer(v, conv, norm):
        v = F.conv2d(v, conv.weight, None, conv.stride, conv.weight.shape[-1] // 2)
        mean, var = (s[:, None, None] for s in (norm.running_mean, norm.running_var))
        return (v - mean) / (var + 1e-5).sqrt() * norm.weight[:, None, None] + norm.bias[:, None, None]

    y = x
    for i, (conv, norm) in enumerate(zip(convs, norms, strict=True)):
        y = layer(y, conv, norm)
        y = y.clamp(min=0) if i < conv_count - 1 else y
    side = x if isinstance(block.shortcut, nn.Identity) else layer(x, *block.shortcut)
    return (y + side).clamp(min=0)


def test_default(default):
    """The basic block has two 3 x 3 convolutions with BatchNorm, and ReLU after the first and after the sum."""
    torch.manual_seed(0)
    for args, stride in (((3, 4), 1), ((4, 4), 2), ((4, 4), 1)):
        block = default.Block(*args, stride=stride)
        x = torch.randn(2, args[0], 6, 8)
        block(x)  # moves the running statistics
        block.eval()
        torch.testing.assert_close(block(x), by_hand(block, x, 2))
        assert block(x).shape == (2, 4, 6 // stride, 8 // stride)
        assert isinstance(block.shortcut, nn.Identity) == (args == (4, 4) and stride == 1)
        assert [c.kernel_size for c in block.body.modules() if isinstance(c, nn.Conv2d)] == [(3, 3), (3, 3)]
        assert [c.stride[0] for c in block.body.modules() if isinstance(c, nn.Conv2d)] == [stride, 1]
        assert all(c.bias is None for c in block.modules() if isinstance(c, nn.Conv2d))
    assert default.blocks(torch.zeros(2, 3, 12, 18)).shape == (2, 32, 6, 9)
    assert default.Block(3, 3).body[0][0].stride == (1, 1)


def test_bottleneck(bottleneck):
    """The bottleneck narrows with 1 x 1, convolves with 3 x 3, and widens by four with 1 x 1."""
    torch.manual_seed(0)
    for c_in, stride in ((6, 1), (8, 2), (8, 1)):
        block, x = bottleneck.Bottleneck(c_in, 2, stride), torch.randn(2, c_in, 6, 8)
        block(x)
        block.eval()
        torch.testing.assert_close(block(x), by_hand(block, x, 3))
        convs = [c for c in block.body if isinstance(c, nn.Conv2d)]
        assert [c.weight.shape[:1] + c.kernel_size[:1] for c in convs] == [(2, 1), (2, 3), (8, 1)]
        assert [c.stride[0] for c in convs] == [1, stride, 1]
        assert isinstance(block.shortcut, nn.Identity) == (c_in == 8 and stride == 1)
        assert all(c.bias is None for c in block.modules() if isinstance(c, nn.Conv2d))
    assert bottleneck.Bottleneck(8, 2).body[3].stride == (1, 1)


def test_right(right):
    """A 1 x 1 convolution with the stride of the body gives the input the shape of the output."""
    assert right.shortcut.weight.shape == (32, 16, 1, 1)
    assert right.shortcut(right.x).shape == right.body(right.x).shape == (2, 32, 6, 9)
    torch.testing.assert_close(right.y, right.body(right.x) + right.shortcut(right.x))


def test_the_gradient_passes_the_sum():
    """The gradient of x + body(x) contains the incoming gradient unchanged, so it arrives even if body has none."""
    x = torch.randn(3, 4, requires_grad=True)
    body = nn.Linear(4, 4)
    nn.init.zeros_(body.weight)
    (x + body(x)).sum().backward()
    assert torch.equal(x.grad, torch.ones(3, 4))
    deep, plain = x.detach().clone().requires_grad_(), x.detach().clone().requires_grad_()
    torch.manual_seed(0)
    layers = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(50)]
    a, b = deep, plain
    for layer in layers:
        a, b = a + layer(a), layer(b)
    a.sum().backward()
    b.sum().backward()
    assert plain.grad.norm() < 1e-3 < deep.grad.norm()


def test_a_bias_before_batchnorm_is_lost():
    """In train mode, BatchNorm subtracts a constant that the convolution adds."""
    torch.manual_seed(0)
    norm, x = nn.BatchNorm2d(3), torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(norm(x), norm(x + torch.tensor([1.0, -2.0, 3.0])[:, None, None]), rtol=1e-4, atol=1e-5)


def test_zero_weight_is_the_identity(default):
    """With the weight of the last BatchNorm at 0, the block starts as relu(shortcut(x))."""
    torch.manual_seed(0)
    block, x = default.Block(4, 4), torch.randn(2, 4, 5, 6)
    nn.init.zeros_(block.body[2][1].weight)
    torch.testing.assert_close(block(x), x.clamp(min=0))
    block = default.Block(4, 6, stride=2)
    nn.init.zeros_(block.body[2][1].weight)
    torch.testing.assert_close(block(x), block.shortcut(x).clamp(min=0))


def test_sequential_does_not_branch():
    """nn.Sequential passes each output on to the next module and keeps no other."""
    torch.manual_seed(0)
    a, b, x = nn.Linear(3, 3), nn.Linear(3, 3), torch.randn(2, 3)
    assert torch.equal(nn.Sequential(a, b)(x), b(a(x)))


def test_in_place_addition(raises):
    """x += body(x) on a tensor that backward() needs raises; x = x + body(x) does not."""
    first, body = nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 4), nn.Sigmoid())
    data = torch.ones(2, 3)
    x = first(data).sigmoid()
    x += body(x)
    with raises(RuntimeError, "modified by an inplace operation"):
        x.sum().backward()
    x = first(data).sigmoid()
    x = x + body(x)
    x.sum().backward()
    assert first.weight.grad is not None


def test_one_batchnorm_for_two():
    """One BatchNorm behind two layers keeps the running mean of both together, which fits neither."""
    norm = nn.BatchNorm1d(1, momentum=0.5)
    for _ in range(20):
        norm(torch.tensor([[9.0], [11.0]]))
        norm(torch.tensor([[-11.0], [-9.0]]))
    assert abs(norm.running_mean.item()) < 5


def test_relu_before_the_sum():
    """With ReLU at the end of body, x + body(x) is at least x everywhere."""
    torch.manual_seed(0)
    body, x = nn.Sequential(nn.Linear(5, 5), nn.ReLU()), torch.randn(7, 5)
    assert (x + body(x) >= x).all()
    assert not (x + body[0](x) >= x).all()


def test_a_single_channel_is_broadcast():
    """An input of one channel is added to every output channel without an error; one of two channels raises."""
    body, x = nn.Conv2d(1, 16, 3, padding=1), torch.randn(2, 1, 5, 6)
    y = body(x)
    torch.testing.assert_close(y + x, y + x.expand(2, 16, 5, 6))
    try:
        y + torch.randn(2, 2, 5, 6)
    except RuntimeError:
        return
    raise AssertionError("two channels were added to 16")
