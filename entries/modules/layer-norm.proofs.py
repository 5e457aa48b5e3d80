"""Proofs of layer-norm."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "x": 3 + 2 * torch.randn(2, 7, 5), "E": 5, "C": 16}


def by_hand(values, eps=1e-5):
    """A plain list, normalized with the biased variance."""
    mean = sum(values) / len(values)
    var = sum((v - mean) ** 2 for v in values) / len(values)
    return torch.tensor([(v - mean) / (var + eps) ** 0.5 for v in values])


def test_answer(answer):
    """LayerNorm(E) gives each token mean 0 and variance 1 over its E values; GroupNorm does so for each group."""
    for n in range(2):
        for t in range(7):
            torch.testing.assert_close(answer.y[n, t], by_hand(answer.x[n, t].tolist()), atol=1e-5, rtol=1e-4)
    torch.manual_seed(0)
    images = torch.randn(2, 16, 3, 4)
    out = answer.group_norm(images)
    for n in range(2):
        for first in range(0, 16, 2):
            group = slice(first, first + 2)
            expected = by_hand(images[n, group].flatten().tolist()).view(2, 3, 4)
            torch.testing.assert_close(out[n, group], expected, atol=1e-5, rtol=1e-4)


def test_default(default):
    """BatchNorm normalizes over N, H, W, InstanceNorm over H, W, and LayerNorm over its last axes."""
    x = default.x
    norms = {
        nn.BatchNorm2d(6): (x.transpose(0, 1).flatten(1), lambda y: y.transpose(0, 1).flatten(1)),
        nn.InstanceNorm2d(6): (x.flatten(2).flatten(0, 1), lambda y: y.flatten(2).flatten(0, 1)),
        nn.LayerNorm([6, 4, 5]): (x.flatten(1), lambda y: y.flatten(1)),
        nn.LayerNorm(5): (x.flatten(0, 2), lambda y: y.flatten(0, 2)),
    }
    for norm, (rows, flat) in norms.items():
        expected = torch.stack([by_hand(row) for row in rows.tolist()])
        torch.testing.assert_close(flat(norm(x)), expected, atol=1e-4, rtol=1e-4)
    assert abs(x.mean() - 3) < 0.5 and abs(x.std() - 2) < 0.3
    torch.testing.assert_close(default.normalize(x, (3,)), nn.LayerNorm(5)(x))
    tiny = 0.001 * x
    torch.testing.assert_close(default.normalize(tiny, (3,)), nn.LayerNorm(5)(tiny))


def test_other_samples():
    """In training, only BatchNorm gives a sample another output when the other samples change."""
    torch.manual_seed(0)
    x = torch.randn(2, 6, 4, 5)
    other = x.clone()
    other[1] = torch.randn(6, 4, 5)
    layers = nn.BatchNorm2d(6), nn.GroupNorm(3, 6), nn.InstanceNorm2d(6), nn.LayerNorm(5), nn.RMSNorm(5)
    assert [torch.allclose(norm(x)[0], norm(other)[0]) for norm in layers] == [False, True, True, True, True]


def test_train_and_eval():
    """BatchNorm differs between train() and eval(), the others do not, unless InstanceNorm tracks statistics."""
    torch.manual_seed(0)
    x = 3 + 2 * torch.randn(2, 6, 4, 5)
    layers = [nn.BatchNorm2d(6), nn.InstanceNorm2d(6, track_running_stats=True)]
    layers += [nn.InstanceNorm2d(6), nn.GroupNorm(3, 6), nn.LayerNorm(5), nn.RMSNorm(5)]
    same = [torch.allclose(norm.train()(x), norm.eval()(x), atol=1e-5) for norm in layers]
    assert same == [False, False, True, True, True, True]


def test_eval_uses_running_averages():
    """In eval() BatchNorm uses its running mean and variance, and the latter follows the unbiased variance."""
    norm, x = nn.BatchNorm2d(2), torch.arange(12.0).view(1, 2, 2, 3)
    norm.running_mean[:] = torch.tensor([1.0, 2.0])
    norm.running_var[:] = torch.tensor([4.0, 9.0])
    expected = torch.stack([(x[:, 0] - 1) / (4 + 1e-5) ** 0.5, (x[:, 1] - 2) / (9 + 1e-5) ** 0.5], dim=1)
    torch.testing.assert_close(norm.eval()(x), expected)
    norm = nn.BatchNorm2d(2, momentum=1.0)
    norm(x)
    torch.testing.assert_close(norm.running_var, x.var(dim=(0, 2, 3), correction=1))


def test_rms(rms):
    """RMSNorm is x / sqrt(mean(x^2) + eps) * weight, without a bias."""
    row = rms.x[1, 2].tolist()
    scale = (sum(v * v for v in row) / 7 + 1e-5) ** 0.5
    torch.testing.assert_close(rms.norm(rms.x)[1, 2], torch.tensor([v / scale for v in row]))
    torch.testing.assert_close(rms.y, rms.norm(rms.x))
    assert [name for name, _ in rms.norm.named_parameters()] == ["weight"]
    assert rms.x.std() < 0.02


def test_swap(swap):
    """set_submodule replaces each BatchNorm2d by a GroupNorm of as many channels, also one that has two names."""
    kinds = [type(m).__name__ for m in swap.model.modules()]
    assert kinds == ["Sequential", "GroupNorm", "Sequential", "Conv2d", "GroupNorm", "ReLU"]
    assert swap.model(torch.ones(1, 8, 6, 5)).shape == (1, 16, 4, 3)
    assert [m.num_groups for m in swap.model.modules() if isinstance(m, nn.GroupNorm)] == [4, 4]
    shared = nn.BatchNorm2d(8)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    swap.to_group_norm(model, 2)
    assert [type(m) for m in model] == [nn.GroupNorm, nn.ReLU, nn.GroupNorm]


def test_wrong(wrong):
    """LayerNorm(3) on (N, C, H, 3) normalizes the rows, not the channels."""
    torch.testing.assert_close(wrong.y[1, 2, 0], by_hand(wrong.x[1, 2, 0].tolist()), atol=1e-5, rtol=1e-4)
    assert wrong.mean.abs().max() > 0.5


def test_right(right):
    """With the channels moved to the end and back, each pixel is normalized over its channels."""
    torch.testing.assert_close(right.y[1, :, 2, 0], by_hand(right.x[1, :, 2, 0].tolist()), atol=1e-5, rtol=1e-4)
    assert right.mean.abs().max() < 1e-5 and right.x.shape == right.y.shape == (2, 3, 4, 3)


def test_layer_norm_takes_the_last_axis(raises):
    """LayerNorm(C) on (N, C, H, W) raises unless W equals C."""
    with raises(RuntimeError, "Given normalized_shape=[6], expected input with shape [*, 6]"):
        nn.LayerNorm(6)(torch.ones(2, 6, 4, 5))
    assert nn.LayerNorm(6)(torch.ones(2, 6, 4, 6)).shape == (2, 6, 4, 6)


def test_group_norm_with_one_group(raises):
    """GroupNorm(1, C) and LayerNorm([C, H, W]) give the same at first; the latter fits one image size."""
    torch.manual_seed(0)
    x = torch.randn(2, 6, 4, 5)
    group, layer = nn.GroupNorm(1, 6), nn.LayerNorm([6, 4, 5])
    torch.testing.assert_close(group(x), layer(x))
    assert group.weight.numel() == 6 and layer.weight.numel() == 6 * 4 * 5
    assert group(torch.randn(2, 6, 8, 5)).shape == (2, 6, 8, 5)
    with raises(RuntimeError, "Given normalized_shape=[6, 4, 5]"):
        layer(torch.randn(2, 6, 8, 5))


def test_eps_of_rms_norm():
    """Without eps, RMSNorm adds the machine epsilon of float32, 1.2e-7, to the mean square."""
    x = torch.tensor([1e-4, 2e-4, 3e-4, 5e-4])
    assert nn.RMSNorm(4).eps is None
    expected = x / (x.square().mean() + 1.1920929e-07).sqrt()
    torch.testing.assert_close(nn.RMSNorm(4)(x), expected)
    assert nn.RMSNorm(4)(x).square().mean() < 0.6  # 1 without an eps


def test_axis_of_length_one():
    """LayerNorm(1) returns its bias for ordinary float32 numbers."""
    norm = nn.LayerNorm(1)
    nn.init.constant_(norm.bias, 0.25)
    assert (norm(torch.arange(-3.0, 4.0).view(7, 1)) == 0.25).all()
    assert (norm(torch.tensor([[1e-3], [3.3], [6e4]])) == 0.25).all()


def test_eps_of_rms_norm_in_bfloat16():
    """Without eps, RMSNorm of bfloat16 adds 0.0078 in torch 2.6, and less than 1e-6 in torch 2.13."""
    x = torch.full((1, 4), 0.001, dtype=torch.bfloat16)
    eps = (x / nn.RMSNorm(4, dtype=torch.bfloat16)(x)).float().square().mean().item() - 1e-6
    if torch.__version__ < (2, 7):
        assert abs(eps - 0.0078) < 3e-4
    if torch.__version__ >= (2, 13):
        assert abs(eps) < 1e-6
