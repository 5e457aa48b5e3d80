"""Proofs of triplet-loss."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    values = {"torch": torch, "F": F, "model": nn.Linear(3, 4)}
    values |= {name: torch.randn(5, 3) for name in ("anchor", "positive", "negative")}
    return values | {"better": torch.tensor([2.0, 0.0, 1.0]), "worse": torch.tensor([1.0, 1.0, 0.9])}


def triplets(a, p, n, margin):
    """The loss of each triplet, in Python floats."""
    rows = zip(a.tolist(), p.tolist(), n.tolist(), strict=True)
    return [max(0.0, math.dist(x, y) - math.dist(x, z) + margin) for x, y, z in rows]


def test_answer(answer):
    """The triplet loss is the mean of max(0, d(a, p) - d(a, n) + margin), the ranking loss that of max(0, worse - better + margin)."""
    a, p, n = (F.normalize(answer.model(x), dim=1) for x in (answer.anchor, answer.positive, answer.negative))
    assert torch.equal(answer.a, a) and torch.allclose(a.norm(dim=1), torch.ones(5))
    assert math.isclose(answer.loss.item(), sum(triplets(a, p, n, 0.2)) / 5, rel_tol=1e-4)
    ranking = [max(0.0, w - b + 0.5) for b, w in zip([2, 0, 1], [1, 1, 0.9], strict=True)]
    assert math.isclose(answer.rank_loss.item(), sum(ranking) / 3, rel_tol=1e-5)


def test_default(default):
    """Batch hard takes the farthest sample of the same class and the nearest of another one for each anchor."""
    torch.manual_seed(0)
    z, labels = torch.randn(7, 3), torch.tensor([0, 1, 0, 2, 1, 0, 2])
    points, classes = z.tolist(), labels.tolist()
    losses = []
    for x, own in zip(points, classes, strict=True):
        far = max(math.dist(x, y) for y, c in zip(points, classes, strict=True) if c == own)
        near = min(math.dist(x, y) for y, c in zip(points, classes, strict=True) if c != own)
        losses.append(max(0.0, far - near + 0.3))
    assert math.isclose(default.batch_hard(z, labels, 0.3).item(), sum(losses) / 7, rel_tol=1e-4)
    assert default.loss < 0.1


def test_formula(formula):
    """triplet_margin_loss is the formula with the Euclidean distance; the distance may be replaced."""
    expected = triplets(formula.a, formula.p, formula.n, 2)
    out = F.triplet_margin_loss(formula.a, formula.p, formula.n, margin=2, reduction="none")
    torch.testing.assert_close(out, torch.tensor(expected), atol=1e-4, rtol=1e-4)
    assert expected[1] == 0 and expected[0] > 1

    def cosine(x, y):
        return 1 - sum(u * v for u, v in zip(x, y, strict=True)) / (math.hypot(*x) * math.hypot(*y))

    rows = zip((formula.a + 1).tolist(), formula.p.tolist(), formula.n.tolist(), strict=True)
    by_hand = [max(0.0, cosine(x, y) - cosine(x, z) + 0.2) for x, y, z in rows]
    out = F.triplet_margin_with_distance_loss(
        formula.a + 1, formula.p, formula.n, distance_function=formula.cosine, margin=0.2, reduction="none"
    )
    torch.testing.assert_close(out, torch.tensor(by_hand))


def test_ranking(ranking):
    """margin_ranking_loss is the mean of max(0, -y (s1 - s2) + margin)."""
    rows = zip(ranking.s[ranking.i].tolist(), ranking.s[ranking.j].tolist(), ranking.y.tolist(), strict=True)
    by_hand = [max(0.0, -y * (s1 - s2) + 0.5) for s1, s2, y in rows]
    assert math.isclose(ranking.loss.item(), sum(by_hand) / 200, rel_tol=1e-4)
    assert ranking.right.float().mean() > 0.9
    assert ranking.y.abs().min() == 1


def test_collapse():
    """If all embeddings are equal, the loss is margin, up to 1e-5; with cdist, the gradient is 0 too."""
    for margin in (0.2, 1.0):
        z = torch.full((4, 3), 0.5, requires_grad=True)
        loss = F.triplet_margin_loss(z, z.roll(1, 0), z.roll(2, 0), margin=margin)
        assert math.isclose(loss.item(), margin, abs_tol=1e-5)
        d = torch.cdist(z, z)
        (d.amax(1) - d.amin(1) + margin).clamp(min=0).mean().backward()
        assert z.grad.abs().max() < 1e-6


def test_satisfied_triplets():
    """A triplet whose negative is farther by more than margin has loss 0 and gradient 0; others have a gradient."""
    a = torch.zeros(2, 2, requires_grad=True)
    p = torch.tensor([[0.1, 0.0], [1.0, 0.0]])
    n = torch.tensor([[0.0, 5.0], [0.0, 1.1]])
    loss = F.triplet_margin_loss(a, p, n, margin=0.2, reduction="none")
    loss.sum().backward()
    assert loss[0] == 0 and loss[1] > 0
    assert a.grad[0].abs().max() == 0 and a.grad[1].abs().max() > 0.5


def test_zero_as_label():
    """With y = 0, margin_ranking_loss is margin and has no gradient."""
    s1, s2 = torch.tensor([2.0, -3.0], requires_grad=True), torch.tensor([1.0, 1.0])
    loss = F.margin_ranking_loss(s1, s2, torch.zeros(2), margin=0.5, reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [0.5, 0.5] and s1.grad.tolist() == [0, 0]


def test_one_sample_per_class(default):
    """With one sample per class, the farthest positive is the anchor itself, at distance 0."""
    z = torch.tensor([[0.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    loss = default.batch_hard(z, torch.arange(3), margin=2.5)
    assert math.isclose(loss.item(), (0.5 + 0.5 + 0) / 3, rel_tol=1e-5)


def test_distances_of_unit_vectors():
    """Between vectors of norm 1, the distance is at most 2, and its square is 2 - 2 cos; the default margin is 1."""
    a, b = F.normalize(torch.randn(2, 100, 3), dim=2)
    d = (a - b).norm(dim=1)
    torch.testing.assert_close(d.square(), 2 - 2 * (a * b).sum(1), atol=1e-5, rtol=1e-4)
    assert d.max() <= 2 + 1e-6 and torch.dist(a[0], -a[0]) > 1.999
    assert nn.TripletMarginLoss().margin == 1


def test_messages(raises):
    """Another number of dimensions raises in both losses."""
    with raises(RuntimeError, "anchor 2D, positive 2D, and negative 1D inputs"):
        F.triplet_margin_loss(torch.ones(4, 3), torch.ones(4, 3), torch.ones(3))
    with raises(RuntimeError, "margin_ranking_loss : All input tensors should have same dimension"):
        F.margin_ranking_loss(torch.ones(4), torch.ones(4, 1), torch.ones(4))
    loss = F.triplet_margin_loss(torch.ones(4, 3), torch.ones(4, 3), torch.ones(3)[None])
    assert math.isclose(loss.item(), 1, abs_tol=1e-5)
