"""Proofs of dataset-mean-std."""

import math

import torch
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(0)
    images = torch.rand(11, 4, 13, 17) * torch.tensor([1.0, 0.5, 0.2, 0.0]).view(4, 1, 1)
    images[:, 3] = 123 / 255  # by rounding, its variance comes out below 0
    return {"loader": DataLoader(TensorDataset(images, torch.arange(11)), batch_size=4)}


def by_hand(images):
    """Mean and std of each channel, in plain Python."""
    means, stds = [], []
    for channel in images.double().transpose(0, 1).flatten(1).tolist():
        mean = math.fsum(channel) / len(channel)
        means.append(mean)
        stds.append(math.sqrt(math.fsum((v - mean) ** 2 for v in channel) / len(channel)))
    return torch.tensor(means).double(), torch.tensor(stds).double()


def test_answer(answer):
    """The sums over batches of unequal size give the mean and std over all pixels, and 0 for a constant channel."""
    mean, std = by_hand(answer.loader.dataset.tensors[0])
    torch.testing.assert_close(answer.mean, mean)
    torch.testing.assert_close(answer.std, std)


def test_default(default):
    """The normalized images have mean 0 and std 1 in every channel; with float64 numbers they would be float64."""
    mean, std = by_hand(default.images)
    torch.testing.assert_close(default.mean, mean.float())
    torch.testing.assert_close(default.std, std.float())
    assert default.x.dtype == torch.float32
    assert ((default.images - mean.view(3, 1, 1)) / std.view(3, 1, 1)).dtype == torch.float64
    normalized = by_hand(default.x)
    torch.testing.assert_close(normalized[0], torch.zeros(3).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(normalized[1], torch.ones(3).double())
    assert default.images.shape == (10, 3, 4, 6) and len(default.loader) == 3
    torch.testing.assert_close(mean, torch.tensor([0.5, 0.25, 0.1]).double(), atol=0.04, rtol=0)


def test_in_memory(in_memory):
    """mean and std over dims (0, 2, 3) give one number per channel."""
    assert in_memory.images.shape == (10, 3, 4, 6)
    mean, std = by_hand(in_memory.images)
    torch.testing.assert_close(in_memory.mean.double() * 255, mean)
    torch.testing.assert_close(in_memory.std.double() * 255, std * math.sqrt(240 / 239))


def test_columns(columns):
    """Test data are normalized with the numbers of the training set; a constant column is only shifted."""
    torch.testing.assert_close(columns.mean, torch.tensor([2.0, 400.0, 7.0]))
    torch.testing.assert_close(columns.std, torch.tensor([1.0, math.sqrt((200**2 + 100**2 + 300**2) / 2), 1]))
    expected = torch.tensor([[0, 100 / columns.std[1], 1]])
    torch.testing.assert_close((columns.test - columns.mean) / columns.std, expected)
    assert ((columns.train - columns.mean) / columns.std)[:, 2].tolist() == [0, 0, 0]


def test_constant_columns(columns):
    """A constant column has std 0 and gives nan, or almost 0 by rounding; clamp(min=1e-8) turns a test value off by 1 into 1e8."""
    column = columns.train[:, 2]
    assert column.std() == 0 and ((column - column.mean()) / column.std()).isnan().all()
    assert math.isclose((columns.test[0, 2] - column.mean()) / column.std().clamp(min=1e-8), 1e8, rel_tol=1e-6)
    rounded = torch.full((7,), 123.4)
    assert (rounded - rounded.mean()).abs().max() < 1e-4  # divided by 1, it stays near 0
    assert rounded.amin() == rounded.amax()


def test_constant_channels(answer):
    """By rounding, the variance of a constant channel can come out negative; clamp(min=0) keeps its root from being nan."""
    variance = answer.squares / answer.n - answer.mean**2
    assert variance[3] < 0 and variance.sqrt().isnan().tolist() == [False, False, False, True]
    assert variance.sqrt().clamp(min=1e-8)[3].isnan() and answer.std[3] == 0


def test_images_of_unequal_size():
    """The sums work for images of unequal size as well."""
    torch.manual_seed(0)
    images = [torch.rand(1, 3, 4, 5), torch.rand(1, 3, 7, 2) + 1]
    n = sum(x.numel() // x.shape[1] for x in images)
    total = sum(x.double().sum(dim=(0, 2, 3)) for x in images)
    squares = sum(x.double().square().sum(dim=(0, 2, 3)) for x in images)
    mean, std = by_hand(torch.cat([x.flatten(2) for x in images], dim=2))
    torch.testing.assert_close(total / n, mean)
    torch.testing.assert_close((squares / n - (total / n) ** 2).sqrt(), std)


def test_averaged_std_is_too_small(wrong, right):
    """The average of the std of equal images is at most the std over all pixels; for single pixels it is 0."""
    assert wrong.std == (1 + 2) / 2
    mean = (0 + 2 + 10 + 14) / 4
    torch.testing.assert_close(right.std, torch.tensor(sum((v - mean) ** 2 for v in (0, 2, 10, 14)) / 4).sqrt())
    torch.manual_seed(0)
    for _ in range(50):
        images = torch.randn(6, 20) * torch.rand(6, 1) + torch.randn(6, 1)
        assert images.std(dim=1, correction=0).mean() < images.std(correction=0)
    assert torch.tensor([[3.0], [5.0]]).std(dim=1, correction=0).mean() == 0
    alike = torch.tensor([[0.0, 2.0], [0.0, 2.0]])  # of few pixels: without correction=0, it can also be too large
    assert alike.std(dim=1).mean() > alike.std()


def test_averaged_means():
    """The average of the means is the mean over all pixels if all images have the same size, and not otherwise."""
    x = torch.tensor([0.0, 2.0, 10.0, 14.0, 4.0, 6.0])
    assert torch.stack([part.mean() for part in x.split(2)]).mean() == x.mean()
    assert torch.stack([part.mean() for part in x.split(4)]).mean() != x.mean()


def test_imagenet_ranges():
    """With the ImageNet numbers 0..1 becomes -2.1 to 2.6, and 0..255 becomes -2 to 1136."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    low, high, raw = (-mean / std).min(), ((1 - mean) / std).max(), ((255 - mean) / std).max()
    assert (round(low.item(), 1), round(high.item(), 1), int(raw)) == (-2.1, 2.6, 1136)


def test_imagenet_numbers():
    """The ImageNet weights of torchvision normalize with these numbers, and Normalize takes tensors as well."""
    from torchvision.models import ResNet50_Weights
    from torchvision.transforms import v2

    preset = ResNet50_Weights.DEFAULT.transforms()
    assert (preset.mean, preset.std) == ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    mean, std = torch.tensor(preset.mean).double(), torch.tensor(preset.std).double()
    x = v2.Normalize(mean, std)(torch.ones(3, 2, 4))
    torch.testing.assert_close(x[:, 1, 3], ((1 - mean) / std).float())


def test_float64():
    """In float32 the difference of two large sums can lose all digits; in float64 it keeps them."""
    x = torch.tensor([[10000.0, 10001.0]] * 5000)  # std 0.5
    for dtype, right in (torch.float64, True), (torch.float32, False):
        v = x.to(dtype)
        variance = v.square().sum() / v.numel() - (v.sum() / v.numel()) ** 2
        assert (abs(variance - 0.25) < 1e-6) == right
