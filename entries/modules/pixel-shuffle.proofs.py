"""Proofs of pixel-shuffle."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def given():
    return {"nn": nn, "C": 5, "C_out": 2, "r": 3}


def by_hand(x, r):
    """out[n, c, h * r + i, w * r + j] = x[n, c * r * r + i * r + j, h, w], number by number."""
    N, channels, H, W = x.shape
    C = channels // (r * r)
    out = torch.empty(N, C, H * r, W * r, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for row in range(H * r):
                for col in range(W * r):
                    source = c * r * r + (row % r) * r + col % r
                    out[n, c, row, col] = x[n, source, row // r, col // r]
    return out


def test_answer(answer):
    """A convolution and PixelShuffle(r) enlarge both sides by r, as do Upsample and a convolution."""
    for up in answer.up, answer.even:
        assert up(torch.rand(2, 5, 4, 7)).shape == (2, 2, 12, 21)
    assert answer.up[0].weight.shape == (2 * 3 * 3, 5, 3, 3)
    assert answer.even[1].weight.shape == (2, 5, 3, 3)


def test_default(default):
    """PixelShuffle takes channel c * r * r + i * r + j for row i and column j of each block."""
    assert torch.equal(default.y, by_hand(default.x, 2))
    assert default.y[0, 0].tolist() == [[1, 10, 2, 20], [100, 1000, 200, 2000]]
    assert torch.equal(default.back, default.x)


def test_formula():
    """This holds for other r, for several channels, and for an image without a batch dimension."""
    x = torch.rand(2, 3 * 9, 2, 5)
    assert torch.equal(F.pixel_shuffle(x, 3), by_hand(x, 3))
    assert torch.equal(F.pixel_shuffle(x[0], 3), by_hand(x, 3)[0])
    assert torch.equal(F.pixel_unshuffle(by_hand(x, 3), 3), x)
    assert list(nn.PixelShuffle(3).parameters()) == []


def test_choices(choices):
    """On a plain area, Upsample with a convolution stays plain; PixelShuffle and ConvTranspose2d start uneven."""
    uneven = {}
    for name, layers in choices.ways.items():
        y = nn.Sequential(*layers)(choices.x)
        assert y.shape == (1, 1, 16, 16)
        uneven[name] = y[0, 0, 4:-4, 4:-4].std().item()
    assert uneven["upsample"] < 1e-5 and uneven["shuffle"] > 0.1 and uneven["transposed"] > 0.1
    assert sum(p.numel() for p in choices.ways["shuffle"][0].parameters()) == 4 * (16 * 9 + 1)
    assert choices.inside.shape == (1, 1, 8, 8)


def test_same_multiplications():
    """Both ways cost the same multiplications; PixelShuffle has r * r times the weights."""
    x, counts, weights = torch.rand(1, 6, 5, 7), [], []
    for layers in (
        [nn.Conv2d(6, 4 * 9, 3, padding=1), nn.PixelShuffle(3)],
        [nn.Upsample(scale_factor=3), nn.Conv2d(6, 4, 3, padding=1)],
    ):
        model = nn.Sequential(*layers)
        with FlopCounterMode(display=False) as counter:
            assert model(x).shape == (1, 4, 15, 21)
        counts.append(counter.get_total_flops())
        weights.append(sum(p.numel() for p in model.parameters()))
    assert counts[0] == counts[1] > 0
    assert weights[0] == 9 * weights[1]


def test_icnr(icnr):
    """With equal kernels in a block, the output is the small map with each pixel repeated."""
    small = F.conv2d(torch.rand(1, 16, 4, 5), icnr.conv.weight, icnr.conv.bias, padding=1)
    y = F.pixel_shuffle(small, 2)
    assert torch.equal(y, F.interpolate(small[:, ::4], scale_factor=2))
    assert icnr.conv.weight[::4].unique(dim=0).shape[0] == 3
    assert icnr.y.shape == (1, 3, 8, 10)
    torch.manual_seed(0)
    assert torch.equal(nn.Conv2d(16, 12, 3, padding=1).weight[::4], icnr.conv.weight[::4])


def test_default_has_a_checkerboard():
    """With default weights, pixels of a block differ by a fixed pattern even on a constant image."""
    torch.manual_seed(0)
    y = F.pixel_shuffle(nn.Conv2d(16, 4, 3)(torch.ones(1, 16, 7, 7)), 2)[0, 0]
    block = y[:2, :2]
    torch.testing.assert_close(y, block.repeat(5, 5))
    assert block.std() > 0.1


def test_other_order():
    """depth_to_space, with the output channel innermost, gives another image unless there is one channel."""
    x, r, C = torch.rand(1, 12, 2, 3), 2, 3
    tensorflow = x.view(1, r, r, C, 2, 3).permute(0, 3, 4, 1, 5, 2).reshape(1, C, 4, 6)
    assert not torch.equal(F.pixel_shuffle(x, r), tensorflow)
    order = [(i * r + j) * C + c for c in range(C) for i in range(r) for j in range(r)]
    assert torch.equal(F.pixel_shuffle(x[:, order], r), tensorflow)


def test_unshuffle_needs_multiples(raises):
    """PixelUnshuffle raises unless r divides height and width; padded and cut, the image comes back."""
    x = torch.rand(1, 2, 5, 7)
    with raises(RuntimeError, "pixel_unshuffle expects height to be divisible by downscale_factor"):
        F.pixel_unshuffle(x, 2)
    small = F.pixel_unshuffle(F.pad(x, (0, 1, 0, 1)), 2)
    assert torch.equal(F.pixel_shuffle(small, 2)[..., :5, :7], x)


def test_right(right):
    """Twelve channels become three with r = 2."""
    assert right.up(torch.rand(2, 16, 3, 3)).shape == (2, 3, 6, 6)
    assert right.up[0].out_channels == 12


def test_upsample_on_a_slope():
    """On a slope, the steps of Upsample with nearest and a convolution alternate; on a plain area there are none."""
    conv = nn.Conv1d(1, 1, 3, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[1.0, 5.0, 1.0]]]))
    for x, steps in ((torch.arange(8.0), [5, 2] * 6 + [5]), (torch.ones(8), [0] * 13)):
        y = conv(F.interpolate(x.view(1, 1, 8), scale_factor=2))[0, 0]
        assert y.diff().tolist() == steps


def test_channels_in_the_last_dimension(raises):
    """PixelShuffle takes the height of (N, H, W, C) for the channels; permute(0, 3, 1, 2) mends it."""
    x = torch.ones(2, 6, 5, 8)  # (N, H, W, C)
    with raises(RuntimeError, "input.size(-3)=6 is not divisible by 4"):
        nn.PixelShuffle(2)(x)
    assert nn.PixelShuffle(2)(x.permute(0, 3, 1, 2)).shape == (2, 2, 12, 10)
