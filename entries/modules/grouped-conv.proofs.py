"""Proofs of grouped-conv."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "C": 12, "x": torch.randn(2, 12, 5, 7)}


def test_answer(answer):
    """The kernels of a grouped convolution have the shape (out_channels, in_channels / groups, k, k)."""
    assert answer.conv.weight.shape == (128, 3, 3, 3)
    assert answer.depthwise.weight.shape == (12, 1, 3, 3)
    assert answer.depthwise(answer.x).shape == (2, 12, 5, 7)
    expected = answer.conv(answer.x).view(2, 4, 32, 5, 7).transpose(1, 2).reshape(2, 128, 5, 7)
    assert torch.equal(answer.y, expected)


def test_default(default):
    """Two groups give what two convolutions of half the channels give, concatenated."""
    torch.testing.assert_close(default.conv(default.x), default.halves)
    assert default.conv.bias is None


def test_reach(reach):
    """Without a shuffle, an output depends on the inputs of its group alone."""
    table = reach.conv(reach.x).view(4, 6)
    assert torch.equal(table, torch.block_diag(torch.ones(2, 3), torch.ones(2, 3)))
    assert torch.equal(nn.ChannelShuffle(2)(reach.conv(reach.x)).view(4, 6), table[:, [0, 3, 1, 4, 2, 5]])


def test_per_sample(per_sample):
    """With the batch moved into the groups, each sample is convolved with its own kernel."""
    x, kernels = per_sample.x, per_sample.kernels
    alone = torch.cat([F.conv2d(x[i : i + 1], kernels[i], padding=1) for i in range(5)])
    torch.testing.assert_close(per_sample.y, alone, rtol=1e-4, atol=1e-4)
    assert per_sample.kernels.shape == (5, 4, 3, 3, 3) and per_sample.x.shape == (5, 3, 8, 9)


def test_a_fraction_of_the_weights():
    """With g groups, a convolution has 1/g of the kernel weights."""
    full = nn.Conv2d(12, 24, 3).weight.numel()
    for g in 1, 2, 3, 4, 6, 12:
        assert nn.Conv2d(12, 24, 3, groups=g).weight.numel() * g == full


def test_a_fraction_of_the_multiplications():
    """With g groups, a convolution needs 1/g of the multiplications."""
    from torch.utils.flop_counter import FlopCounterMode

    flops = []
    for g in 1, 3:
        with FlopCounterMode(display=False) as counter:
            nn.Conv2d(6, 9, 3, groups=g)(torch.ones(1, 6, 8, 7))
        flops.append(counter.get_total_flops())
    assert flops[0] == 3 * flops[1]


def test_both_numbers_must_be_divisible(raises):
    """A grouped convolution raises if groups does not divide in_channels or out_channels."""
    with raises(ValueError, "in_channels must be divisible by groups"):
        nn.Conv2d(8, 6, 3, groups=3)
    with raises(ValueError, "out_channels must be divisible by groups"):
        nn.Conv2d(6, 8, 3, groups=3)
    with raises(ValueError, "out_channels must be divisible by groups"):
        nn.Conv2d(6, 9, 3, groups=6)


def test_groups_stay_separate():
    """Grouped layers with the same g keep the groups separate; a shuffle or a 1 × 1 convolution mixes them."""
    torch.manual_seed(0)

    def grouped():
        return nn.Conv2d(8, 8, 3, padding=1, groups=2)

    def reached(*layers):
        x = torch.randn(1, 8, 5, 6, requires_grad=True)
        nn.Sequential(*layers)(x)[:, :4].sum().backward()  # the first half of the outputs
        return (x.grad[0].flatten(1) != 0).any(dim=1).tolist()

    assert reached(grouped(), nn.ReLU(), grouped(), grouped()) == [True] * 4 + [False] * 4
    assert reached(grouped(), nn.ChannelShuffle(2), grouped()) == [True] * 8
    assert reached(grouped(), nn.Conv2d(8, 8, 1), grouped()) == [True] * 8


def test_shuffling_single_channels():
    """With one channel per group, ChannelShuffle returns its input, and a 1 × 1 convolution mixes the channels."""
    torch.manual_seed(0)
    depthwise = [nn.Conv2d(6, 6, 3, padding=1, groups=6) for _ in range(2)]
    for mix, reached in ((nn.ChannelShuffle(6), 1), (nn.Conv2d(6, 6, 1), 6)):
        x = torch.randn(1, 6, 5, 4, requires_grad=True)
        nn.Sequential(depthwise[0], mix, depthwise[1])(x)[:, 2].sum().backward()
        assert (x.grad[0].flatten(1) != 0).any(dim=1).sum() == reached
    x = torch.randn(1, 6, 5, 4)
    assert torch.equal(nn.ChannelShuffle(6)(x), x)


def test_the_checkpoint_does_not_fit(raises):
    """The state_dict of a convolution without groups does not load into one with groups."""
    with raises(RuntimeError, "size mismatch for weight"):
        nn.Conv2d(4, 6, 3, groups=2).load_state_dict(nn.Conv2d(4, 6, 3).state_dict())
