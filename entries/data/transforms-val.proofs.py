"""Proofs of transforms-val."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def given():
    import torchvision  # noqa: F401 - the answer needs it
    from PIL import Image

    gradient = torch.arange(240, dtype=torch.uint8).expand(180, 240).contiguous()  # brighter to the right
    Image.fromarray(gradient.numpy()).save("gray.png")
    return {"torch": torch, "Image": Image, "path": "gray.png"}


def test_answer(answer):
    """A gray file gives (1, 3, 224, 224), the same each time, with the center of the image in the center."""
    assert answer.x.shape == (1, 3, 224, 224) and answer.x.dtype == torch.float32
    again = answer.val_transform(answer.Image.open(answer.path).convert("RGB"))
    assert torch.equal(answer.x[0], again)
    gray = again * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1) + torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    center = 255 * gray[:, 0, 111:113].mean(dim=1)
    torch.testing.assert_close(center, torch.full((3,), 239 / 2), atol=1, rtol=0)
    assert (255 * gray[0, 0, [0, 223]] - torch.tensor([41.0, 198.0])).abs().max() < 2


def test_default(default):
    """The shorter side becomes 256, the ratio is kept, the center is cropped, and each channel is normalized."""
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    assert default.x.shape == (3, 224, 224)
    # 256 rows of 384 columns; the crop begins at column 80 of 384
    for column in (0, 112, 223):
        source = (column + 80 + 0.5) * 300 / 384 - 0.5
        for channel in range(3):
            expected = (source / 2 / 255 - mean[channel]) / std[channel]
            assert abs(default.x[channel, 7, column] - expected) < 0.02
    rows = torch.arange(300).div(2).to(torch.uint8).view(1, 300, 1).expand(3, 300, 200)
    torch.testing.assert_close(default.val_transform(rows), default.x.transpose(1, 2))
    small = default.val_transform(rows, side=20, crop=8)
    assert small.shape == (3, 8, 8) and torch.equal(small, default.val_transform(rows, 20, 8))


def test_the_center_of_an_odd_difference(default):
    """Of 343 columns, the crop of 224 begins at column 60, as round(119 / 2) and CenterCrop of torchvision do."""
    image = (torch.arange(343) // 2).to(torch.uint8).expand(3, 256, 343)
    x = default.val_transform(image)[0, 0] * 0.229 + 0.485
    assert (x[:4] * 255).round().tolist() == [30, 30, 31, 31]


def test_wrong(wrong):
    """Without antialiasing, stripes of one pixel turn into others when the image shrinks to a third."""
    assert wrong.small.shape == (1, 1, 2, 6) and wrong.stripes.shape == (1, 1, 6, 18)
    assert wrong.small[0, 0, 1].tolist() == wrong.stripes[0, 0, 0, 1::3].tolist() == [1, 0, 1, 0, 1, 0]


def test_right(right):
    """With antialiasing, each pixel is a mean over several, so the stripes become gray."""
    assert right.small.shape == (1, 1, 2, 6) and right.stripes.shape == (1, 1, 6, 18)
    assert (right.small - 0.5).abs().max() < 0.15


def photo():
    torch.manual_seed(0)
    return (torch.rand(40, 60, 3) * 255).to(torch.uint8)


def test_pil_antialiases():
    """PIL's bilinear resize equals F.interpolate with antialias=True up to rounding, and not without it."""
    from PIL import Image

    image = photo()
    by_pil = torch.from_numpy(np.array(Image.fromarray(image.numpy()).resize((15, 10), Image.Resampling.BILINEAR)))
    x = image.permute(2, 0, 1)[None].float()
    smooth, sharp = (F.interpolate(x, (10, 15), mode="bilinear", antialias=flag)[0] for flag in (True, False))
    difference = by_pil.permute(2, 0, 1).float()
    assert (smooth - difference).abs().max() < 1 and (sharp - difference).abs().max() > 50


def test_opencv_does_not():
    """cv2.resize with INTER_LINEAR equals F.interpolate without antialias; INTER_AREA averages each block."""
    import cv2

    image = photo()
    linear = torch.from_numpy(cv2.resize(image.numpy(), (15, 10), interpolation=cv2.INTER_LINEAR)).float()
    x = image.permute(2, 0, 1)[None].float()
    sharp = F.interpolate(x, (10, 15), mode="bilinear")[0].permute(1, 2, 0)
    assert (linear - sharp).abs().max() <= 1
    area = torch.from_numpy(cv2.resize(image.numpy(), (15, 10), interpolation=cv2.INTER_AREA)).float()
    blocks = image.float().view(10, 4, 15, 4, 3).mean(dim=(1, 3))
    assert (area - blocks).abs().max() <= 1


def test_what_the_crop_cuts_off(default):
    """The crop of 224 from 256 leaves out 6 % at both ends of the shorter side, and more of the longer one."""
    image = torch.zeros(3, 256, 512, dtype=torch.uint8)
    image[0] = torch.arange(256).view(256, 1)
    image[1] = torch.arange(512).view(1, 512) // 2
    x = default.val_transform(image) * default.STD + default.MEAN
    first, last = (255 * x[0, [0, -1], 0]).round().tolist()
    assert (first, last) == (16, 255 - 16) and 0.06 < 16 / 256 < 0.065
    assert (255 * x[1, 0, 0] / 256).item() > 0.25


def test_random_transforms_change_the_score():
    """A model gives different scores for an image and its mirror image, and the same for the same image."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2)).eval()
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(model(x), model(x)) and not torch.allclose(model(x), model(x.flip(-1)))


def test_its_own_mean_hides_brightness():
    """Normalized with its own mean and std, a dark image looks like a bright one; with fixed values it does not."""
    torch.manual_seed(0)
    dark = 0.1 + 0.1 * torch.rand(3, 8, 8)
    bright = dark + 0.6

    def own(image):
        return (image - image.mean(dim=(1, 2), keepdim=True)) / image.std(dim=(1, 2), keepdim=True)

    torch.testing.assert_close(own(dark), own(bright), rtol=1e-4, atol=1e-4)
    assert ((bright - 0.45) / 0.22 - (dark - 0.45) / 0.22).min() > 2
