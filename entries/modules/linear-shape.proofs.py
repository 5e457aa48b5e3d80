"""Proofs of linear-shape."""

import torch
from torch import nn


class Net(nn.Module):
    pass


def given():
    torch.manual_seed(0)
    x = torch.randn(5, 2, 3, 4)  # (N, C, H, W)
    return {"torch": torch, "nn": nn, "self": Net(), "x": x, "C": 2, "H": 3, "W": 4, "num_classes": 6}


def test_answer(answer):
    """After flatten(x, 1), a Linear with C * H * W inputs is applied to each sample."""
    fc, x = answer.self.fc, given()["x"]
    assert (fc.in_features, fc.out_features) == (24, 6)
    assert "fc" in dict(answer.self.named_modules())
    for sample, row in zip(x, answer.x, strict=True):
        torch.testing.assert_close(row, fc.weight @ sample.reshape(24) + fc.bias)


def test_default(default):
    """in_features is the number of values that one sample has in front of the layer."""
    assert default.net[0].weight.shape == (12, 3, 3, 3)
    assert default.net[2].in_features == default.net[0](default.images)[0].numel() == 192
    assert default.net[0](default.images).shape == (8, 12, 4, 4)


def test_measure(measure):
    """A dummy batch of one image measures in_features."""
    assert measure.features[0].weight.shape == (12, 3, 3, 3)
    height, width = (18 - 3) // 4 + 1, (22 - 3) // 4 + 1
    assert measure.in_features == 12 * height * width
    assert measure.net[1].in_features == measure.in_features


def test_lazy(lazy):
    """nn.LazyLinear becomes a Linear whose in_features came from the first batch; later batches must fit."""
    assert type(lazy.net[2]) is nn.Linear
    assert lazy.net[0].weight.shape == (12, 3, 3, 3)
    assert lazy.net[2].weight.shape == (10, 12 * 4 * 4)
    assert lazy.net(torch.zeros(7, 3, 18, 18)).shape == (7, 10)


def test_any_size(any_size):
    """After AdaptiveAvgPool2d(1), the input of the linear layer is the mean of each channel, whatever the size."""
    net = any_size.net
    assert net[0].weight.shape == (12, 3, 3, 3)
    for size in (11, 18, 40):
        images = torch.linspace(-1, 1, 2 * 3 * size * size).view(2, 3, size, size)
        means = net[0](images).mean(dim=(2, 3))  # (N, 12)
        torch.testing.assert_close(net[:3](images), means)
        assert net(images).shape == (2, 10)


def test_rows_are_the_other_dimensions(raises):
    """For an input of more than two dimensions, the first number is the product of all but the last."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (384x4 and 192x10)"):
        nn.Linear(192, 10)(torch.ones(8, 12, 4, 4))
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (6x7 and 5x10)"):
        nn.Linear(5, 10)(torch.ones(2, 3, 7))
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (24x7 and 5x10)"):
        nn.Linear(5, 10, bias=False)(torch.ones(2, 4, 3, 7).transpose(1, 2))


def test_a_matrix_product_gives_the_same_message(raises):
    """x @ w raises the same message as a linear layer when w has two dimensions."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (8x192 and 128x10)"):
        torch.ones(8, 192) @ torch.ones(128, 10)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (6x7 and 5x10)"):
        torch.ones(2, 3, 7) @ torch.ones(5, 10)


def test_view_cuts_samples_apart():
    """view(-1, 128) turns 8 samples of 192 values into 12 rows, the second of which mixes two samples."""
    x = torch.arange(8.0).repeat_interleave(192).view(8, 192)  # each sample holds its number
    rows = x.view(-1, 128)
    assert rows.shape == (12, 128)
    assert rows[1].unique().tolist() == [0, 1]
    assert nn.Linear(128, 10)(rows).shape == (12, 10)


def test_flatten_without_a_start(raises):
    """torch.flatten(x) flattens the batch too; torch.flatten(x, 1) and nn.Flatten() keep it."""
    x = torch.ones(8, 12, 4, 4)
    assert torch.flatten(x).shape == (8 * 192,)
    assert torch.flatten(x, 1).shape == nn.Flatten()(x).shape == (8, 192)
    with raises(RuntimeError, "(1x1536 and 192x10)"):
        nn.Linear(192, 10)(torch.flatten(x))


def test_another_image_size(default, raises):
    """The same network raises for images of another size."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (8x300 and 192x10)"):
        default.net(torch.ones(8, 3, 22, 22))  # 12 * 5 * 5 = 300


def test_lazy_has_no_shape(raises):
    """Before the first batch, counting or initializing the parameters of nn.LazyLinear raises."""
    layer = nn.LazyLinear(10)
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        sum(p.numel() for p in layer.parameters())
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        nn.init.xavier_uniform_(layer.weight)
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        nn.init.zeros_(layer.bias)
    layer(torch.ones(2, 7))
    assert sum(p.numel() for p in layer.parameters()) == 7 * 10 + 10


def test_one_image_without_a_batch(raises):
    """flatten(x, 1) of one image (C, H, W) leaves (C, H * W), which the layer refuses; unsqueeze(0) mends it."""
    net = nn.Sequential(nn.Conv2d(3, 12, 3, stride=4), nn.Flatten(), nn.Linear(12 * 4 * 4, 10))
    image = torch.ones(3, 18, 18)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (12x16 and 192x10)"):
        net(image)
    assert net(image.unsqueeze(0)).shape == (1, 10)


def test_a_dummy_batch_in_training_mode():
    """A dummy batch in training mode changes the statistics of BatchNorm, under no_grad as well; in eval mode it does not."""
    features = nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))
    with torch.no_grad():
        features.eval()(torch.zeros(1, 3, 8, 8))
        assert features[1].num_batches_tracked == 0
        features.train()(torch.zeros(1, 3, 8, 8))
    assert features[1].num_batches_tracked == 1
