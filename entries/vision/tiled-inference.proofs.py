"""Proofs of tiled-inference."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "x": torch.rand(1, 3, 20, 27),
        "model": nn.Conv2d(3, 4, 1).requires_grad_(False),
        "K": 4,
        "H": 20,
        "W": 27,
        "T": 8,
        "S": 5,
        "device": "cpu",
    }


def starts(size, tile, stride):
    """Where tiles begin, so that they cover everything and the last one ends at the edge."""
    places, at = [], 0
    while at + tile < size:
        places.append(at)
        at += stride
    return [*places, size - tile]


def covered(height, width, tile, stride):
    """How many tiles hold each pixel, counted pixel by pixel."""
    rows, cols = starts(height, tile, stride), starts(width, tile, stride)
    return [
        [sum(t <= i < t + tile for t in rows) * sum(s <= j < s + tile for s in cols) for j in range(width)]
        for i in range(height)
    ]


def tiled(model, x, T, S):
    """The average over tiles."""
    H, W = x.shape[-2:]
    total, hits = None, torch.zeros(1, 1, H, W)
    for top in starts(H, T, S):
        for left in starts(W, T, S):
            at = (..., slice(top, top + T), slice(left, left + T))
            out = model(x[at])
            total = torch.zeros(1, out.shape[1], H, W) if total is None else total
            total[at] += out
            hits[at] += 1
    return total / hits


def test_answer(answer):
    """The loop covers every pixel, and gives a model that looks at single pixels the output of the whole image."""
    assert answer.hits[0, 0].tolist() == covered(20, 27, 8, 5)
    torch.testing.assert_close(answer.out, answer.model(answer.x))


def test_default(default):
    """Only pixels near the border of a tile differ from the output of the whole image."""
    assert default.hits[0, 0].tolist() == covered(50, 71, 32, 24)
    near = torch.zeros(50, 71, dtype=torch.bool)
    for size, dim in (50, 0), (71, 1):
        for start in starts(size, 32, 24):
            for edge in (start, start + 1, start + 30, start + 31):
                near.select(dim, edge).fill_(True)
    torch.testing.assert_close(default.out[..., ~near], default.whole[..., ~near])
    assert (default.out - default.whole)[..., near].abs().max() > 0.05
    assert default.x.shape == (1, 3, 50, 71)


def test_edges():
    """A tile as large as the image is the whole image; sizes that the stride does not divide are covered too."""
    model = nn.Conv2d(3, 2, 3, padding=1).requires_grad_(False)
    for size in (8, 8), (8, 9), (13, 8), (14, 17):
        x = torch.rand(1, 3, *size)
        out = tiled(model, x, 8, 6)
        assert not out.isnan().any()
        if size == (8, 8):
            torch.testing.assert_close(out, model(x))


def test_margin(margin):
    """Tiles with a margin of the receptive field's radius give exactly the output of the whole image."""
    torch.testing.assert_close(margin.out, margin.model(margin.big).detach())
    assert torch.equal(margin.big[..., 3:-3, 3:-3], margin.x) and torch.equal(margin.big[..., 0, :], margin.big[..., 6, :])
    assert margin.out.shape == (1, 2, 40, 52)
    changed = margin.big.clone()
    changed[..., 20, 30] += 1
    moved = (margin.model(changed) != margin.model(margin.big)).any(1)[0].nonzero()
    assert moved.min(0).values.tolist() == [20 - 2 * margin.r, 30 - 2 * margin.r]
    assert moved.max(0).values.tolist() == [20, 30]


def test_a_model_that_pads_itself():
    """In a model that pads its input, tiles whose margin ends at the edge of the image give the output of the whole
    image; a margin of reflected pixels beyond the edge does not."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 5, padding=2))
    x, r, T = torch.rand(1, 3, 32, 48), 3, 16
    big = F.pad(x, (r, r, r, r), mode="reflect")
    with torch.no_grad():
        whole = model(x)
        for top in range(0, 32, T):
            for left in range(0, 48, T):
                up, back = max(0, top - r), max(0, left - r)
                tile = model(x[..., up : top + T + r, back : left + T + r])
                tile = tile[..., top - up : top - up + T, left - back : left - back + T]
                torch.testing.assert_close(tile, whole[..., top : top + T, left : left + T])
        beyond = model(big[..., : T + 2 * r, : T + 2 * r])[..., r:-r, r:-r]
        assert (beyond - whole[..., :T, :T]).abs().max() > 0.01


def test_unfold_fold(unfold_fold):
    """unfold, the model in batches, and fold divided by the fold of ones give the output of the whole image."""
    with torch.no_grad():
        torch.testing.assert_close(unfold_fold.out, unfold_fold.model(unfold_fold.x))
    assert unfold_fold.big.shape == (1, 3, 26, 38)
    rows, cols = range(0, 26 - 8 + 1, 6), range(0, 38 - 8 + 1, 6)
    by_hand = [unfold_fold.big[0, :, i : i + 8, j : j + 8] for i in rows for j in cols]
    assert torch.equal(unfold_fold.tiles, torch.stack(by_hand))


def test_unfold_holds_all_tiles():
    """unfold returns a copy in which a pixel stands as often as tiles cover it."""
    x = torch.rand(1, 3, 26, 38)
    cols = F.unfold(x, 8, stride=6)
    assert cols.numel() == 3 * 8 * 8 * 4 * 6
    assert cols.data_ptr() != x.data_ptr()


def test_wrong(wrong, right):
    """unfold drops the columns that fill no tile; fold leaves zeros there, and 0 / 0 is NaN."""
    lost = (35 - 8) % 6
    assert wrong.hits[0, 0, 0].tolist()[-lost:] == [0] * lost == [0, 0, 0]
    assert wrong.hits[0, 0, 0, -lost - 1] == 1
    torch.testing.assert_close(right.total / right.hits, right.x)
    assert right.x.shape == (1, 3, 26, 35 + 6 - lost) and wrong.x.shape == (1, 3, 26, 35)


def test_seams():
    """Without overlap, the largest and the mean square error at the tile borders are larger than with overlap."""
    torch.manual_seed(0)
    model = nn.Conv2d(3, 2, 5, padding=2).requires_grad_(False)
    x = torch.rand(1, 3, 64, 64)
    error = {S: (tiled(model, x, 16, S) - model(x)).abs() for S in (16, 8)}
    assert 0 < error[8].max() < 0.8 * error[16].max()
    assert error[8].square().mean() < 0.8 * error[16].square().mean()


def test_fold_adds_up():
    """fold adds the values of overlapping tiles up."""
    ones = torch.ones(1, 4, 9)
    assert F.fold(ones, (4, 4), 2)[0, 0].tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]


def test_batch_norm():
    """In training mode, batch norm normalizes each tile by itself; in eval mode, tiles give the output of the whole image."""
    model, x = nn.BatchNorm2d(1), torch.linspace(0, 1, 256).reshape(1, 1, 16, 16)
    with torch.no_grad():
        assert (tiled(model, x, 8, 8) - model(x)).abs().max() > 1
        model.eval()
        torch.testing.assert_close(tiled(model, x, 8, 8), model(x))


def test_no_radius():
    """With group norm, an output pixel depends on every input pixel, so that no margin is enough."""
    model, x = nn.GroupNorm(1, 1), torch.rand(1, 1, 32, 32)
    changed = x.clone()
    changed[0, 0, 0, 0] += 5
    assert (model(changed) != model(x)).all()


def test_average_logits():
    """The average of class indices 0 and 2 is 1, though no model predicted class 1."""
    logits = torch.tensor([[3.0, 0.0, 1.0], [0.0, 0.0, 4.0]])
    assert logits.argmax(1).tolist() == [0, 2] and logits.argmax(1).float().mean() == 1
    assert logits.mean(0).argmax() == 2


def test_tiles_start_at_multiples_of_the_stride():
    """With pooling, a tile with a margin gives the output of the whole image only at a multiple of the stride."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(3, 2, 1), nn.Upsample(scale_factor=2)).requires_grad_(False)
    x = torch.rand(1, 3, 32, 32)
    whole = model(x)
    for start, same in (4, True), (5, False):
        tile = x[..., start - 2 : start + 10, start - 2 : start + 10]
        out = model(tile)[..., 2:-2, 2:-2]
        assert torch.allclose(out, whole[..., start : start + 8, start : start + 8]) == same
