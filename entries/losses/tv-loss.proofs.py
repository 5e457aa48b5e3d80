"""Proofs of tv-loss."""

import math

import torch
from torch import nn


def by_loops(x):
    """The same by loops over one (H, W) image after another."""
    h, w = len(x[0][0]), len(x[0][0][0])
    planes = [plane for image in x for plane in image]
    down = [abs(p[i + 1][j] - p[i][j]) for p in planes for i in range(h - 1) for j in range(w)]
    across = [abs(p[i][j + 1] - p[i][j]) for p in planes for i in range(h) for j in range(w - 1)]
    return sum(down) / len(down) + sum(across) / len(across)


def given():
    torch.manual_seed(0)
    return {"output": torch.randn(2, 3, 4, 5), "target": torch.randn(2, 3, 4, 5), "criterion": nn.MSELoss()}


def test_answer(answer):
    """The TV loss is the mean absolute difference of vertical neighbors plus that of horizontal ones."""
    x = answer.output
    assert math.isclose(answer.tv_loss(x).item(), by_loops(x.tolist()), rel_tol=1e-5)
    mse = ((x - answer.target) ** 2).mean().item()
    assert math.isclose(answer.loss.item(), mse + 0.1 * by_loops(x.tolist()), rel_tol=1e-5)
    assert answer.tv_loss(torch.full((2, 3, 4, 5), 7.0)) == 0


def test_default(default):
    """On a noisy image with flat areas, the TV loss lowers both the variation and the error."""
    assert default.tv_loss(default.x) < 0.3 * default.tv_loss(default.noisy)
    error, before = [((image - default.clean) ** 2).mean() for image in (default.x, default.noisy)]
    assert error < 0.3 * before
    x = torch.rand(2, 3, 6, 7)
    assert math.isclose(default.tv_loss(x).item(), by_loops(x.tolist()), rel_tol=1e-5)


def test_edges(edges):
    """Every monotone way from 0 to 1 has a total variation of 1; squared differences are smallest for the ramp."""
    for x in (edges.sharp, edges.ramp, torch.tensor([0, 0.1, 0.5, 0.5, 0.9, 1])):
        assert math.isclose(x.diff().abs().sum().item(), 1, rel_tol=1e-6)
    assert edges.noise.diff().abs().sum() > 2
    assert edges.ramp.diff().square().sum() < 0.3 * edges.sharp.diff().square().sum()


def test_edge_aware(edge_aware):
    """A jump of depth at an edge of the image is cheaper, by exp of minus the image's difference."""
    at_edge = edge_aware.smoothness(edge_aware.depth, edge_aware.image).item()
    plain = edge_aware.smoothness(edge_aware.depth, torch.zeros(2, 3, 5, 8)).item()
    assert math.isclose(plain, 3 / 7, rel_tol=1e-6)
    assert math.isclose(at_edge, 3 / 7 * math.exp(-2), rel_tol=1e-6)
    depth, image = edge_aware.depth.clone(), edge_aware.image.clone()
    depth[1], image[1] = 1, 0
    assert math.isclose(edge_aware.smoothness(depth, image).item(), at_edge / 2, rel_tol=1e-6)
    flipped = edge_aware.smoothness(edge_aware.depth.transpose(2, 3), edge_aware.image.transpose(2, 3)).item()
    assert math.isclose(flipped, at_edge, rel_tol=1e-6)


def test_right(wrong, right):
    """The root without epsilon has NaN gradients in the flat parts, the root with it has none, at about the same loss."""
    x = wrong.x.detach()[0, 0]
    pairs = [(x[i + 1, j] - x[i, j], x[i, j + 1] - x[i, j]) for i in range(3) for j in range(4)]
    expected = sum(math.hypot(*pair) for pair in pairs) / 12
    assert math.isclose(wrong.loss.item(), expected, rel_tol=1e-5) and wrong.x.grad.isnan().any()
    assert abs(right.loss.item() - expected) < 2e-3 and right.x.grad.isfinite().all()
    flat = torch.zeros(1, 1, 4, 5, requires_grad=True)
    (flat.diff(dim=-2)[..., :, :-1] ** 2 + flat.diff(dim=-1)[..., :-1, :] ** 2).sqrt().mean().backward()
    assert flat.grad.isnan().any()


def test_the_epsilon_goes_inside():
    """sqrt(d² + 1e-6) has a finite gradient at 0; sqrt(d²) + 1e-6 has NaN there, as has a clamp after the root."""
    for f, good in (
        (lambda d: (d**2 + 1e-6).sqrt(), True),
        (lambda d: (d**2).sqrt() + 1e-6, False),
        (lambda d: (d**2).sqrt().clamp(min=1e-6), False),
    ):
        d = torch.zeros(3, requires_grad=True)
        f(d).sum().backward()
        assert d.grad.isfinite().all().item() is good
    for eps, good in ((1e-6, True), (1e-8, False)):  # 1e-8 is 0 in float16
        d = torch.zeros(3, dtype=torch.float16, requires_grad=True)
        (d**2 + eps).sqrt().sum().backward()
        assert d.grad.isfinite().all().item() is good


def test_abs_has_gradient_zero():
    """The gradient of abs at 0 is 0, so the version with abs needs no epsilon."""
    x = torch.zeros(1, 1, 4, 5, requires_grad=True)
    (x.diff(dim=-1).abs().mean() + x.diff(dim=-2).abs().mean()).backward()
    assert x.grad.abs().max() == 0


def test_diff_is_the_same():
    """torch.diff along a dim is the slice from 1 minus the slice up to the last."""
    x = torch.randn(2, 3, 4, 5)
    assert torch.equal(x.diff(dim=-2), x[..., 1:, :] - x[..., :-1, :])
    assert torch.equal(x.diff(dim=-1), x[..., :, 1:] - x[..., :, :-1])


def test_the_sum_grows_with_the_image():
    """For noise, the sum at twice the height and width is about 4 times as large; the mean hardly changes."""
    torch.manual_seed(0)
    small, large = (torch.rand(1, 1, n, n).diff(dim=-1).abs() for n in (64, 128))
    assert 3.8 < large.sum() / small.sum() < 4.3
    assert 0.95 < large.mean() / small.mean() < 1.05
    assert math.isclose(torch.cat([small, small]).sum().item(), 2 * small.sum().item(), rel_tol=1e-5)


def test_uint8_wraps_around():
    """The difference of uint8 pixels 5 and 3 is 254; as floats it is -2."""
    x = torch.tensor([5, 3], dtype=torch.uint8)
    assert (x[1:] - x[:-1]).item() == 254
    assert x.float().diff().item() == -2


def test_one_row(answer):
    """For an image of one row, the mean of the vertical differences is NaN."""
    assert answer.tv_loss(torch.rand(1, 1, 1, 5)).isnan()
    assert answer.tv_loss(torch.rand(1, 1, 5, 1)).isnan()
    assert answer.tv_loss(torch.rand(1, 1, 2, 2)).isfinite()
