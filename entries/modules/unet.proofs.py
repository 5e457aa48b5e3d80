"""Proofs of unet."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"torch": torch, "nn": nn}


def test_answer(answer):
    """The convolution of the decoder takes the upsampled channels first and then those of the skip connection."""
    torch.manual_seed(0)
    level = answer.Up(6, 3, 4)
    x, skip = torch.randn(2, 6, 5, 7), torch.randn(2, 3, 10, 14)
    big = torch.zeros(2, 4, 10, 14)
    for i in range(2):
        for j in range(2):
            weight = level.up.weight[:, :, i, j]  # (in, out)
            big[:, :, i::2, j::2] = torch.einsum("nchw,cd->ndhw", x, weight) + level.up.bias[:, None, None]
    both = torch.cat([big, skip], dim=1)
    expected = F.conv2d(both, level.conv.weight, level.conv.bias, padding=1).clamp(min=0)
    torch.testing.assert_close(level(x, skip), expected)
    assert level(x, skip).shape == (2, 4, 10, 14)


def test_default(default):
    """The U-Net returns logits of the size of the input, and every level takes part."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 12, 16)
    model = default.model.eval()
    outer, inner = model[0], model[0].inner[1]
    a = outer.left(x)
    b = inner.left(F.max_pool2d(a, 2))
    bottom = inner.inner[1](F.max_pool2d(b, 2))
    y = inner.right(torch.cat([b, inner.inner[2](bottom)], dim=1))
    y = outer.right(torch.cat([a, outer.inner[2](y)], dim=1))
    torch.testing.assert_close(model(x), model[1](y))
    assert bottom.shape == (2, 64, 3, 4) and model(x).shape == (2, 5, 12, 16)
    assert [(c.in_channels, c.out_channels) for c in outer.left[::2]] == [(3, 16), (16, 16)]
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_train(train):
    """cross_entropy takes logits (N, C, H, W) and masks (N, H, W), and the model learns the mask."""
    logits = train.model(train.x)
    assert logits.shape == (4, 3, 12, 16) and train.mask.shape == (4, 12, 16)
    assert (logits.argmax(dim=1) == train.mask).float().mean() > 0.8
    assert train.right == (train.logits.argmax(dim=1) == train.mask).sum() / (4 * 12 * 16)
    flat = logits.permute(0, 2, 3, 1).reshape(-1, 3).log_softmax(dim=1)
    by_hand = -flat[range(len(flat)), train.mask.flatten()].mean()
    torch.testing.assert_close(F.cross_entropy(logits, train.mask), by_hand)
    assert set(train.mask.unique().tolist()) == {0, 1, 2}


def test_right(right):
    """Padding to an even size makes both sides match; cropping restores the size."""
    assert right.x.shape == (1, 4, 14, 16) and right.merged.shape == (1, 8, 14, 16)
    assert [-n % 2 for n in (13, 16)] == [1, 0]


def test_a_hundred_is_not_divisible():
    """Four poolings take 100 to 6, and four doublings give 96; 112 is the next multiple of 16."""
    x = torch.zeros(1, 1, 100, 100)
    for _ in range(4):
        x = F.max_pool2d(x, 2)
    assert x.shape[-1] == 6 and 6 * 2**4 == 96
    assert 100 + -100 % 16 == 112


def test_no_softmax_at_the_end():
    """With probabilities instead of logits, cross-entropy of a perfect answer stays far from 0."""
    perfect = torch.tensor([[100.0, 0.0, 0.0]])
    target = torch.tensor([0])
    assert F.cross_entropy(perfect, target) < 1e-6
    assert F.cross_entropy(perfect.softmax(dim=1), target) > 0.5


def test_masks_are_indices(raises):
    """cross_entropy takes masks (N, H, W) in int64, and rejects them in uint8, in float, or with a channel dimension."""
    logits = torch.zeros(2, 3, 4, 5)
    mask = torch.zeros(2, 4, 5, dtype=torch.long)
    assert F.cross_entropy(logits, mask) > 0
    with raises(RuntimeError, "only batches of spatial targets supported"):
        F.cross_entropy(logits, mask[:, None])
    with raises(RuntimeError, "Byte"):
        F.cross_entropy(logits, mask.byte())
    with raises(RuntimeError, "Float"):
        F.cross_entropy(logits, mask.float())


def test_groupnorm_ignores_the_batch():
    """GroupNorm gives a sample the same output alone and in a batch; BatchNorm in train mode does not."""
    torch.manual_seed(0)
    x = torch.randn(3, 4, 5, 6)
    group, batch = nn.GroupNorm(2, 4), nn.BatchNorm2d(4)
    torch.testing.assert_close(group(x)[:1], group(x[:1]))
    assert not torch.allclose(batch(x)[:1], batch(x[:1]), atol=1e-2)


def test_binary():
    """With one output channel, binary_cross_entropy_with_logits takes float masks of shape (N, 1, H, W)."""
    torch.manual_seed(0)
    logits, mask = torch.randn(2, 1, 4, 5), torch.randint(0, 2, (2, 1, 4, 5)).float()
    p = logits.sigmoid()
    by_hand = -torch.where(mask == 1, p, 1 - p).log().mean()
    torch.testing.assert_close(F.binary_cross_entropy_with_logits(logits, mask), by_hand)


def test_both_double():
    """ConvTranspose2d with kernel 2 and stride 2, and interpolate with scale_factor=2, double height and width."""
    x = torch.zeros(1, 3, 5, 7)
    assert nn.ConvTranspose2d(3, 4, kernel_size=2, stride=2)(x).shape == (1, 4, 10, 14)
    assert F.interpolate(x, scale_factor=2, mode="bilinear").shape == (1, 3, 10, 14)


def test_without_padding():
    """A 3 x 3 convolution without padding takes 2 from the height and the width; with padding=1 they stay."""
    x = torch.zeros(1, 3, 10, 12)
    assert nn.Conv2d(3, 4, 3)(x).shape == (1, 4, 8, 10)
    assert nn.Conv2d(3, 4, 3, padding=1)(x).shape == (1, 4, 10, 12)


def test_masks_of_255(raises):
    """On a mask value of 255, cross_entropy raises, and binary_cross_entropy_with_logits gives a negative loss."""
    mask = torch.tensor([[[0, 255, 255], [0, 0, 255]]])  # (N, H, W)
    with raises(IndexError, "Target 255 is out of bounds"):
        F.cross_entropy(torch.zeros(1, 2, 2, 3), mask)
    logits, target = torch.ones(1, 1, 2, 3), mask[:, None].float()
    assert F.binary_cross_entropy_with_logits(logits, target) < -100
    assert F.binary_cross_entropy_with_logits(logits, target / 255) > 0


def test_resize_to_the_skip():
    """With interpolate to the size of the skip connection, odd sizes fit."""
    x, skip = torch.zeros(1, 8, 6, 8), torch.zeros(1, 4, 13, 17)
    up = nn.ConvTranspose2d(8, 4, kernel_size=2, stride=2)(x)
    assert up.shape == (1, 4, 12, 16)
    assert torch.cat([F.interpolate(up, size=skip.shape[-2:]), skip], dim=1).shape == (1, 8, 13, 17)
