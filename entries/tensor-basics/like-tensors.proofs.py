"""Proofs of like-tensors."""

import numpy as np
import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "x": torch.full((4000, 3), 2.0, dtype=torch.float64),
        "scores": torch.zeros(4, 1),
        "labels": torch.zeros(4000, dtype=torch.int64),
        "N": 4,
    }


def test_answer(answer):
    """randn_like draws noise, ones_like and full_like constants, rand_like takes a dtype, new_zeros another shape."""
    noise = (answer.noisy - answer.x) / 0.1
    assert noise.dtype == torch.float64 and abs(noise.mean()) < 0.05 and abs(noise.std() - 1) < 0.05
    assert answer.target.tolist() == [[1]] * 4 and torch.equal(answer.hidden, answer.x / 4)
    assert answer.u.shape == (4000,) and answer.u.dtype == torch.float32
    assert answer.u.min() >= 0 and answer.u.max() < 1 and abs(answer.u.mean() - 0.5) < 0.03
    assert answer.wider.tolist() == [[0] * 5] * 4 and answer.wider.dtype == torch.float64


def test_default(default):
    """The values, shape, and dtype are as asked for, and p itself is untouched."""
    made = default.made
    assert made["zeros_like(p)"].tolist() == [[0] * 3] * 2 and made["full_like(p, 0.5)"].tolist() == [[0.5] * 3] * 2
    assert made["ones_like, bool"].all() and made["p.new_zeros(4)"].tolist() == [0] * 4
    assert default.p.requires_grad and not default.p.any()


def test_memory_format_and_device():
    """zeros_like keeps channels_last, strides, and the device; dtype= and device= override."""
    image = torch.zeros(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    assert torch.zeros_like(image).is_contiguous(memory_format=torch.channels_last)
    assert torch.zeros_like(torch.zeros(2, 3).t()).stride() == (1, 3)
    there = torch.empty(2, 3, dtype=torch.float16, device="meta")
    like = torch.zeros_like(there)
    assert (like.shape, like.dtype, like.device.type) == ((2, 3), torch.float16, "meta")
    other = torch.zeros_like(there, dtype=torch.int64, device="cpu")
    assert (other.dtype, other.device.type) == (torch.int64, "cpu")


def test_the_family():
    """randint_like exists; eye_like and arange_like do not."""
    torch.manual_seed(0)
    assert torch.randint_like(torch.zeros(500), 3).unique().tolist() == [0, 1, 2]
    assert not hasattr(torch, "eye_like") and not hasattr(torch, "arange_like")


def test_requires_grad_is_not_copied():
    """For a parameter, the result is a plain tensor that does not require grad unless you ask for it."""
    p = nn.Parameter(torch.ones(2))
    for made in torch.zeros_like(p), torch.randn_like(p), torch.empty_like(p), torch.full_like(p, 2):
        assert type(made) is torch.Tensor and not made.requires_grad
    assert torch.zeros_like(p, requires_grad=True).requires_grad


def test_noise(noise):
    """mean + std * randn_like(mean) has the given mean and std in each column, and the columns are independent."""
    assert noise.z.shape == (20_000, 3)
    torch.testing.assert_close(noise.z.mean(dim=0), torch.tensor([-1.0, 2.0, 5.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(noise.z.std(dim=0), torch.tensor([0.5, 1.0, 2.0]), atol=0.05, rtol=0)
    assert abs(torch.corrcoef(noise.z.T)[0, 1]) < 0.03


def test_right(right):
    """With a float dtype, rand_like is uniform on [0, 1)."""
    assert right.chance.dtype == torch.float32 and abs((right.chance < 0.25).float().mean() - 0.25) < 0.03


def test_random_floats_need_a_float_dtype(raises):
    """rand_like and randn_like raise for integer and bool tensors."""
    for dtype in torch.int64, torch.int32, torch.uint8, torch.bool:
        for draw in torch.rand_like, torch.randn_like:
            with raises(RuntimeError, "not implemented for"):
                draw(torch.ones(2, dtype=dtype))
            assert draw(torch.ones(2, dtype=dtype), dtype=torch.float32).shape == (2,)


def test_full_like_truncates():
    """full_like(labels, 2.7) stores 2 in an int64 tensor, and 2.7 with dtype=torch.float32."""
    labels = torch.tensor([7, 8])
    assert torch.full_like(labels, 2.7).tolist() == [2, 2]
    torch.testing.assert_close(torch.full_like(labels, 2.7, dtype=torch.float32), torch.tensor([2.7, 2.7]))


def test_arguments_must_be_tensors(raises):
    """zeros_like and ones_like raise for a list and for an array; zeros(np.shape(a)) takes both."""
    for a in [[1, 2, 3], [4, 5, 6]], np.ones((2, 3)):
        for make in torch.zeros_like, torch.ones_like:
            with raises(TypeError, f"{make.__name__}(): argument 'input' (position 1) must be Tensor"):
                make(a)
        assert torch.zeros(np.shape(a)).shape == (2, 3)
