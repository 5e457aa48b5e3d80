"""Proofs of batchnorm."""

import torch
from torch import nn


def given():
    return {"nn": nn}


def test_answer(answer):
    """nn.BatchNorm2d takes the number of channels, and BatchNorm1d the features of a linear layer."""
    torch.manual_seed(0)
    block, x = answer.block, torch.randn(5, 3, 6, 7)
    assert block(x).shape == (5, 16, 6, 7)
    z = block[0](x)
    by_hand = (z - z.mean((0, 2, 3), keepdim=True)) / z.std((0, 2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(block(x), by_hand.clamp(min=0), atol=1e-3, rtol=1e-3)
    assert nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))(torch.randn(2, 3)).shape == (2, 4)


def test_default(default):
    """The running mean moves a tenth of the way to the batch mean at each step, and eval() normalizes by it."""
    norm, x = default.norm, default.x
    torch.testing.assert_close(norm.running_mean, x.mean((0, 2, 3)) * (1 - 0.9**51))
    torch.testing.assert_close(norm.running_var, x.var((0, 2, 3)) * (1 - 0.9**51) + 0.9**51)
    mean, var = norm.running_mean.view(3, 1, 1), norm.running_var.view(3, 1, 1)
    torch.testing.assert_close(default.z, (x[:1] - mean) / (var + 1e-5).sqrt())
    assert norm.num_batches_tracked == 51


def test_gamma_and_beta():
    """weight starts at 1 and bias at 0; the output is normalized, multiplied by weight, and bias is added."""
    torch.manual_seed(0)
    norm, x = nn.BatchNorm1d(3), torch.randn(6, 3)
    assert norm.weight.tolist() == [1, 1, 1] and norm.bias.tolist() == [0, 0, 0]
    plain = norm(x)
    norm.load_state_dict(norm.state_dict() | {"weight": torch.tensor([2.0, 3, 4]), "bias": torch.tensor([5.0, 6, 7])})
    torch.testing.assert_close(norm(x), plain * torch.tensor([2.0, 3, 4]) + torch.tensor([5.0, 6, 7]))


def test_bias_of_the_convolution_is_removed():
    """Subtracting the batch mean removes the bias of the convolution before it."""
    torch.manual_seed(0)
    conv, norm, x = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), torch.randn(5, 3, 6, 7)
    with_bias = norm(conv(x))
    conv.bias = None
    torch.testing.assert_close(norm(conv(x)), with_bias, atol=1e-5, rtol=1e-5)


def test_by_hand(by_hand):
    """Normalizing uses the biased variance and eps, and the running variance is the unbiased one."""
    x = by_hand.x
    for c in range(3):
        values = x[:, c].flatten().double()
        mean = values.sum() / 120
        spread = (values - mean).square().sum()
        expected = (x[:, c].double() - mean) / (spread / 120 + 0.001).sqrt()
        torch.testing.assert_close(by_hand.y[:, c].double(), expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(by_hand.norm.running_var[c].double(), 0.8 + 0.2 * spread / 119)
    torch.testing.assert_close(by_hand.by_hand, by_hand.y, atol=1e-5, rtol=1e-5)
    assert by_hand.norm.momentum == 0.2


def test_track_running_stats_false():
    """With track_running_stats=False there are no running values, and eval() uses those of the batch."""
    torch.manual_seed(0)
    norm, x = nn.BatchNorm2d(3, track_running_stats=False).eval(), 5 + torch.randn(4, 3, 5, 6)
    assert list(norm.state_dict()) == ["weight", "bias"]
    torch.testing.assert_close(norm(x), nn.BatchNorm2d(3)(x))


def test_two_samples():
    """Of (2, C), an output of BatchNorm1d is about +1 or -1, unless two values are nearly equal; of (2, C, L) it is not."""
    torch.manual_seed(0)
    y = nn.BatchNorm1d(50)(torch.randn(2, 50))
    torch.testing.assert_close(y.abs(), torch.ones(2, 50), atol=0.05, rtol=0)
    x = torch.randn(2, 1000)
    far = (x[0] - x[1]).abs() > 0.02
    y = nn.BatchNorm1d(1000)(x).abs().detach()
    assert y[:, far].min() > 0.95 and far.float().mean() > 0.98
    assert nn.BatchNorm1d(1)(torch.tensor([[3.0], [3.001]])).abs().max() < 0.2
    assert (nn.BatchNorm1d(200)(torch.randn(2, 200, 8)).abs() > 0.95).float().mean() < 0.5


def test_channels_second(raises):
    """BatchNorm1d normalizes the second dimension of (N, C) and (N, C, L); (N, L, C) raises or normalizes by L."""
    torch.manual_seed(0)
    x = torch.randn(5, 3, 4)
    y = nn.BatchNorm1d(3)(x)
    torch.testing.assert_close(y.mean(dim=(0, 2)), torch.zeros(3), atol=1e-6, rtol=0)
    with raises(RuntimeError, "running_mean should contain 3 elements not 4"):
        nn.BatchNorm1d(4)(x)


def test_noise_of_small_batches():
    """The mean of a batch is the noisier the fewer samples it has: by a factor of 4 for 16 times fewer."""
    torch.manual_seed(0)
    few, many = torch.randn(4000, 2).mean(1).std(), torch.randn(4000, 32).mean(1).std()
    assert 3.6 < few / many < 4.4


def test_group_norm(group_norm):
    """GroupNorm normalizes each sample alone, over groups of channels, and has no running values."""
    groups = group_norm.x.view(4, 2, 3 * 5 * 5)
    by_hand = (groups - groups.mean(2, keepdim=True)) / (groups.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(group_norm.norm(group_norm.x), by_hand.view(4, 6, 5, 5))
    assert group_norm.together.shape == (1, 6, 5, 5)


def test_layer_norm_for_vectors():
    """LayerNorm gives a vector the same result alone as in a batch; GroupNorm with one channel per group gives only its bias."""
    torch.manual_seed(0)
    x, norm = torch.randn(2, 6), nn.LayerNorm(6)
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))
    assert norm(x).std() > 0.9 and nn.GroupNorm(6, 6)(x).abs().max() < 1e-3


def test_wrong(wrong):
    """In train() mode a sample's output depends on its neighbors."""
    assert (wrong.first_of_five - wrong.first_of_two).abs().max() > 0.1
    assert wrong.x.shape == (5, 3) and wrong.first_of_two.shape == (2,)


def test_right(right):
    """In eval() mode a sample's output does not depend on its neighbors, and the statistics stay as they are."""
    linear, norm, last = right.model
    expected = last(linear(right.x[0]) / (1 + norm.eps) ** 0.5)  # running mean 0 and variance 1
    torch.testing.assert_close(right.first_of_five, expected.detach())
    assert norm.running_mean.tolist() == [0, 0, 0, 0] and norm.running_var.tolist() == [1, 1, 1, 1]


def test_statistics_move_under_no_grad():
    """In train() mode a forward pass moves the running statistics, under no_grad() too; in eval() it does not."""
    norm, x = nn.BatchNorm1d(2), torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    with torch.no_grad():
        norm(x)
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.2, 0.4]))
    norm.eval()(x)
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.2, 0.4]))


def test_freezing_needs_eval():
    """requires_grad_(False) leaves the statistics moving; eval() stops them until train() is called again."""
    model, x = nn.Sequential(nn.BatchNorm1d(2)), torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    norm = model[0].requires_grad_(False)
    for expected in (0.2, 0.2, 0.38):
        if expected == 0.38:
            model.train()
        norm(x)
        norm.eval()
        assert round(norm.running_mean[0].item(), 4) == expected


def test_momentum_is_the_weight_of_the_new_value():
    """With momentum=0.01 the new value has the weight 0.01 and the old one 0.99."""
    norm = nn.BatchNorm1d(1, momentum=0.01)
    norm.running_mean.fill_(10)
    norm(torch.tensor([[1.0], [3.0]]))
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.99 * 10 + 0.01 * 2]))


def test_channels_are_dim_1(raises):
    """Dim 1 counts as channels, so an input (N, L, C) needs transpose(1, 2), and (N, H, W, C) permute(0, 3, 1, 2)."""
    layer, x = nn.BatchNorm1d(4), torch.randn(2, 5, 4)
    with raises(RuntimeError, "running_mean should contain 5 elements not 4"):
        layer(x)
    out = layer(x.transpose(1, 2))
    assert torch.allclose(out.mean(dim=(0, 2)), torch.zeros(4), atol=1e-5)
    images = torch.randn(2, 5, 6, 4)  # (N, H, W, C)
    with raises(RuntimeError, "running_mean should contain 5 elements not 4"):
        nn.BatchNorm2d(4)(images)
    out = nn.BatchNorm2d(4)(images.permute(0, 3, 1, 2))
    assert torch.allclose(out.mean(dim=(0, 2, 3)), torch.zeros(4), atol=1e-5)
    nn.BatchNorm1d(num_features=5)(x)  # if the 5 are the channels


def test_instance_norm_counts_the_batch(raises):
    """For an InstanceNorm, the numbers of the message are num_features and the channels times the batch size."""
    with raises(RuntimeError, "running_mean should contain 8 elements not 6"):
        nn.functional.instance_norm(torch.ones(2, 4, 5, 5), torch.zeros(3), torch.ones(3))
    with raises(RuntimeError, "weight should contain 8 elements not 6"):
        nn.functional.instance_norm(torch.ones(2, 4, 5, 5), weight=torch.ones(3))
