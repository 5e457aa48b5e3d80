"""Proofs of conv-transpose2d."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "C": 3, "C_out": 5, "x": torch.randn(2, 3, 6, 7)}


def test_answer(answer):
    """Kernel 4, stride 2, and padding 1 double the height and width."""
    assert answer.y.shape == (2, 5, 12, 14)


def test_default(default):
    """Kernel 2 with stride 2 doubles the size as well, and so does kernel 3 with padding 1 and output_padding 1."""
    assert default.up.output_padding == (1, 1) and default.up.stride == (2, 2)


def test_each_pixel_adds_its_kernel():
    """Each input pixel adds its value times the kernel to the output, at steps of stride."""
    x, w = torch.randn(1, 2, 3, 4), torch.randn(2, 5, 4, 4)
    by_hand = torch.zeros(1, 5, 8, 10)
    for i in range(3):
        for j in range(4):
            for c in range(2):
                by_hand[0, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += x[0, c, i, j] * w[c]
    torch.testing.assert_close(F.conv_transpose2d(x, w, stride=2), by_hand)


def test_gradient_of_a_convolution():
    """A transposed convolution is the gradient of the convolution with respect to its input, not its inverse."""
    x, w = torch.randn(1, 3, 8, 10, requires_grad=True), torch.randn(4, 3, 4, 4)
    y = F.conv2d(x, w, stride=2, padding=1)
    grad = torch.randn_like(y)
    (dx,) = torch.autograd.grad(y, x, grad)
    torch.testing.assert_close(F.conv_transpose2d(grad, w, stride=2, padding=1), dx, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(F.conv_transpose2d(y, w, stride=2, padding=1), x, atol=0.1)


def test_size():
    """The height is (H - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1."""
    for k, s, p, o, d in (4, 2, 1, 0, 1), (3, 2, 1, 1, 1), (5, 3, 2, 2, 1), (3, 1, 0, 1, 2), (2, 4, 0, 3, 3):
        y = nn.ConvTranspose2d(2, 3, k, s, p, o, dilation=d)(torch.ones(1, 2, 6, 9))
        for got, size in zip(y.shape[2:], (6, 9), strict=True):
            assert got == (size - 1) * s - 2 * p + d * (k - 1) + o + 1


def test_output_size(output_size):
    """A convolution with stride 2 maps two sizes to one; output_size= selects the one to restore."""
    assert output_size.back.shape == output_size.x.shape == (1, 3, 6, 8)
    with_option = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)
    assert with_option(output_size.small).shape == (1, 3, 6, 8)


def test_pixel_shuffle(pixel_shuffle):
    """PixelShuffle(2) arranges 4 channels as 2 x 2 pixels."""
    x = torch.randn(1, 20, 3, 4)
    y = pixel_shuffle.up[1](x)
    for c, i, j in (0, 0, 0), (2, 0, 1), (4, 1, 0):
        assert torch.equal(y[0, c, i::2, j::2], x[0, 4 * c + 2 * i + j])


def test_overlap(wrong, right):
    """Kernel 3 with stride 2 adds once and twice in turn; kernel 4 with stride 2 adds twice except at the border."""
    assert wrong.x.sum() == 5
    counts = F.conv_transpose2d(right.x, right.kernel, stride=(1, 2)).flatten().tolist()
    assert counts[2:-2] == [2.0] * 8
    counts = F.conv_transpose2d(wrong.x, wrong.kernel, stride=(1, 2)).flatten().tolist()
    assert counts[1:-1] == [1.0, 2.0] * 4 + [1.0]


def test_padding_removes_output():
    """padding=1 removes one pixel from each side of the output."""
    x, w = torch.randn(1, 2, 3, 4), torch.randn(2, 5, 4, 4)
    full = F.conv_transpose2d(x, w, stride=2)
    torch.testing.assert_close(F.conv_transpose2d(x, w, stride=2, padding=1), full[..., 1:-1, 1:-1])


def test_output_padding(raises):
    """output_padding must be smaller than stride or dilation, and extends the bottom and right only."""
    x, w = torch.randn(1, 2, 3, 4), torch.randn(2, 5, 3, 3)
    plain = F.conv_transpose2d(x, w, stride=2)
    more = F.conv_transpose2d(x, w, stride=2, output_padding=1)
    assert more.shape == (1, 5, plain.shape[2] + 1, plain.shape[3] + 1)
    torch.testing.assert_close(more[..., :-1, :-1], plain)
    with raises(RuntimeError, "output padding must be smaller than either stride or dilation"):
        F.conv_transpose2d(x, w, stride=2, output_padding=2)
    assert F.conv_transpose2d(x, w, stride=2, output_padding=2, dilation=3).shape[0] == 1


def test_weight_shape():
    """The weight is (in, out / groups, k, k); that of Conv2d is (out, in / groups, k, k)."""
    assert nn.ConvTranspose2d(4, 6, 3, groups=2).weight.shape == (4, 3, 3, 3)
    assert nn.Conv2d(4, 6, 3, groups=2).weight.shape == (6, 2, 3, 3)


def test_flat_areas():
    """Random weights of kernel 4 or of PixelShuffle turn a flat area into a pattern, interpolate and a convolution do not."""
    torch.manual_seed(0)
    flat = torch.ones(1, 1, 6, 6)
    for upsample, even in (
        (nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1), False),
        (nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.PixelShuffle(2)), False),
        (nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3, padding=1)), True),
    ):
        y = upsample(flat)[0, 0]
        assert y.shape == (12, 12)
        inner = y[3:9, 3:9]
        torch.testing.assert_close(inner[2:, 2:], inner[:-2, :-2])  # repeats every 2 pixels
        assert (inner.std() < 1e-6) == even
