"""Proofs of gaussian-blur."""

import math

import torch
import torch.nn.functional as F


def bell(sigma, r):
    """A normalized Gaussian, in plain Python."""
    values = [math.exp(-i * i / (2 * sigma**2)) for i in range(-r, r + 1)]
    return [v / sum(values) for v in values]


def by_hand(x, sigma, row, column):
    """The blurred value of a pixel of (H, W), with the image mirrored at its border."""
    r, (h, w) = math.ceil(3 * sigma), x.shape

    def mirror(i, n):
        i = abs(i)
        return i if i < n else 2 * (n - 1) - i

    g = bell(sigma, r)
    return sum(
        g[i + r] * g[j + r] * x[mirror(row + i, h), mirror(column + j, w)].item()
        for i in range(-r, r + 1)
        for j in range(-r, r + 1)
    )


def given():
    torch.manual_seed(0)
    return {"torch": torch, "F": F, "x": torch.rand(2, 3, 9, 8), "sigma": 0.8}


def test_answer(answer):
    """Two one-dimensional passes give the two-dimensional weighted mean, in the middle and at the border."""
    assert answer.y.shape == answer.x.shape
    assert len(answer.g) == 2 * 3 + 1  # 3 * 0.8, rounded up
    for n, c, row, column in (1, 2, 4, 3), (0, 1, 0, 7), (1, 0, 8, 1):
        expected = by_hand(answer.x[n, c], 0.8, row, column)
        assert abs(answer.y[n, c, row, column].item() - expected) < 1e-5


def test_default(default):
    """A bright pixel becomes the product of two normalized Gaussians, whose sum is 1; an even image stays as it is."""
    g = bell(0.6, 2)
    expected = torch.tensor([[a * b for b in g] for a in g])
    torch.testing.assert_close(default.y[1, 2, 1:6, 2:7], expected)
    torch.testing.assert_close(default.y.sum(dim=(2, 3)), torch.ones(2, 3))
    even = torch.full((1, 3, 7, 9), 0.3)
    torch.testing.assert_close(default.gaussian_blur(even, 0.6), even)
    assert default.gaussian_blur(even, 0.0).isnan().all()  # why the answer says sigma > 0


def test_channels_do_not_mix(default):
    """Each channel is blurred alone."""
    torch.manual_seed(0)
    x = torch.rand(1, 3, 9, 8)
    torch.testing.assert_close(default.gaussian_blur(x, 1.0)[:, 1:2], default.gaussian_blur(x[:, 1:2], 1.0))


def test_dtypes_and_gradients(default):
    """The kernel follows the dtype of the image, and the gradient reaches the image."""
    for dtype in torch.bfloat16, torch.float64:
        assert default.gaussian_blur(torch.rand(1, 1, 9, 8, dtype=dtype), 1.0).dtype == dtype
    x = torch.rand(1, 1, 9, 8, requires_grad=True)
    default.gaussian_blur(x, 1.0).sum().backward()
    assert x.grad.min() > 0


def test_module(module):
    """A kernel in register_buffer is in the state_dict and not in parameters()."""
    assert list(module.blur.state_dict()) == ["kernel"] and list(module.blur.parameters()) == []
    g = bell(1.5, 5)
    expected = torch.tensor([[a * b for b in g] for a in g])
    torch.testing.assert_close(module.blur.kernel[2, 0], expected)
    x = torch.rand(1, 3, 12, 13)
    assert abs(module.blur(x)[0, 1, 3, 0].item() - by_hand(x[0, 1], 1.5, 3, 0)) < 1e-5


def test_three_sigma():
    """The integral of a Gaussian from -3σ to 3σ is 0.997, and for σ = 1.5 a radius of 3σ gives 11 values."""
    assert round(math.erf(3 / math.sqrt(2)), 3) == 0.997
    assert 2 * math.ceil(3 * 1.5) + 1 == 11


def test_zero_padding(wrong):
    """With zero padding, a white image is gray at the border and white in the middle."""
    torch.testing.assert_close(wrong.y[0, 0, 2, 2:4], torch.ones(2))
    g = bell(1, 2)
    torch.testing.assert_close(wrong.y[0, 0, 0, 2].item(), sum(g[2:]))
    assert wrong.y[0, 0, 0].max() < 0.75


def test_right(right):
    """With reflection, a white image stays white."""
    torch.testing.assert_close(right.y, torch.ones(1, 1, 5, 6))
    g = torch.tensor(bell(1, 2))
    torch.testing.assert_close(right.kernel[0, 0], torch.outer(g, g))


def test_integer_images(default):
    """Converted to uint8, the weights of the kernel are 0, and so is the blurred image."""
    x = torch.full((1, 1, 9, 8), 200, dtype=torch.uint8)
    assert default.gaussian_blur(x, 1.0).unique().tolist() == [0]
    blurred = default.gaussian_blur(x.float() / 255, 1.0)
    torch.testing.assert_close(blurred, torch.full_like(blurred, 200 / 255))


def test_small_images(raises):
    """Reflection raises for a radius of the size of the image; replication takes it."""
    x = torch.rand(1, 1, 3, 5)
    with raises(RuntimeError, "Padding size should be less than the corresponding input dimension"):
        F.pad(x, (3, 3, 3, 3), mode="reflect")
    assert F.pad(x, (2, 2, 2, 2), mode="reflect").shape == (1, 1, 7, 9)
    assert F.pad(x, (3, 3, 3, 3), mode="replicate").shape == (1, 1, 9, 11)


def test_opencv(opencv):
    """cv2.GaussianBlur with a given sigma mirrors the border as mode="reflect" does and gives the same numbers."""
    torch.testing.assert_close(opencv.y, torch.from_numpy(opencv.theirs).permute(2, 0, 1), rtol=1e-5, atol=1e-5)


def test_opencv_with_sigma_0():
    """cv2.getGaussianKernel with sigma 0 takes sigma 2 for a kernel of 11, and a fixed kernel for one of 5."""
    import cv2

    assert cv2.getGaussianKernel(5, 0).ravel().tolist() == [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]

    theirs = cv2.getGaussianKernel(11, 0).ravel().tolist()
    assert all(abs(a - b) < 1e-6 for a, b in zip(theirs, bell(2, 5), strict=True))
