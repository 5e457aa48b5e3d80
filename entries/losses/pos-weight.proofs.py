"""Proofs of pos-weight."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    labels = torch.tensor([[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]])
    logits = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
    return {"nn": nn, "device": "cpu", "labels": labels, "logits": logits, "y": labels[:2]}


def weighted_bce(logits, labels, pos_weight):
    """The mean over all elements: a positive costs w * log(1 + e^-z), a negative log(1 + e^z)."""
    total = 0.0
    for row, targets in zip(logits.tolist(), labels.tolist(), strict=True):
        for z, y, w in zip(row, targets, pos_weight, strict=True):
            total += w * math.log1p(math.exp(-z)) if y else math.log1p(math.exp(z))
    return total / logits.numel()


def test_answer(answer):
    """The weight is negatives over positives; a class without positives counts as if it had one."""
    assert answer.pos_weight.tolist() == [4 / 1, 3 / 2, 5 / 1]
    assert torch.equal(answer.criterion.pos_weight, answer.pos_weight)
    torch.testing.assert_close(answer.loss.item(), weighted_bce(answer.logits, answer.y, [4.0, 1.5, 5.0]))
    torch.manual_seed(0)
    logits = torch.randn(5, 3)
    expected = weighted_bce(logits, answer.labels, [4.0, 1.5, 5.0])
    torch.testing.assert_close(answer.criterion(logits, answer.labels.float()).item(), expected)


def test_one_dimension():
    """Labels (N,) give one weight for all."""
    labels = torch.tensor([1, 0, 0, 0])
    positives = labels.sum(dim=0)
    pos_weight = (len(labels) - positives) / positives.clamp(min=1)
    assert pos_weight.item() == 3 and pos_weight.shape == ()
    assert F.binary_cross_entropy_with_logits(torch.zeros(4), labels.float(), pos_weight=pos_weight) > 0


def test_default(default):
    """With few positives, the weighted loss finds more of them."""
    torch.testing.assert_close(default.pos_weight, torch.tensor([(200 - n) / n for n in default.positives.tolist()]))
    plain = nn.Linear(4, 2)
    optimizer = torch.optim.Adam(plain.parameters(), lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(plain(default.x), default.labels.float()).backward()
        optimizer.step()
    found = ((plain(default.x) > 0) & (default.labels == 1)).sum(dim=0)
    assert bool((default.found > found).all())
    for row, noise, label in zip(default.x.tolist(), default.noise.tolist(), default.labels.tolist(), strict=True):
        assert label == [int(row[c] + noise[c] > (2, 1)[c]) for c in range(2)]


def test_three_copies():
    """A weight of 3 gives the same sum as three copies of each positive."""
    torch.manual_seed(0)
    z, y = torch.randn(5), torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0])
    weighted = F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(3.0), reduction="sum")
    rows = [0, 1, 2, 2, 2, 3, 3, 3, 4]
    torch.testing.assert_close(weighted, F.binary_cross_entropy_with_logits(z[rows], y[rows], reduction="sum"))


def test_probabilities(probabilities):
    """Subtracting pos_weight.log() divides the odds by pos_weight."""
    for shifted, restored in zip(probabilities.shifted.tolist(), probabilities.restored.tolist(), strict=True):
        torch.testing.assert_close(restored / (1 - restored), shifted / (1 - shifted) / 3, rtol=1e-4, atol=1e-5)
    assert probabilities.logits.tolist() == torch.tensor([0.0, 1.2, -2.0]).tolist()


def test_the_odds_are_multiplied():
    """Where a quarter is positive, the best logit under pos_weight=2 has odds of 2 * 1/3, and minus log(2) of 1/3."""
    y, weight = torch.tensor([1.0] * 5 + [0.0] * 15), torch.tensor(2.0)
    z = torch.tensor(math.log(2 * 5 / 15), requires_grad=True)
    F.binary_cross_entropy_with_logits(z.expand(20), y, pos_weight=weight).backward()
    assert abs(z.grad.item()) < 1e-6
    torch.testing.assert_close((z - weight.log()).sigmoid().item(), 0.25)


def test_right(right):
    """(C, 1, 1) weights the channels."""
    torch.testing.assert_close(right.loss.item(), (1 + 2 + 6) / 3 * math.log(2))
    assert right.logits.shape == right.y.shape == (2, 3, 4, 5)


def test_right_number(right_number):
    """A tensor without dimensions is one weight for all elements."""
    loss = right_number.criterion(torch.tensor([0.5, 2.0]), torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(loss.item(), weighted_bce(torch.tensor([[0.5, 2.0]]), torch.tensor([[1, 0]]), [3, 3]))


def test_columns_instead_of_classes():
    """On images with W equal to C, (C,) weights the columns, and nothing raises."""
    y = torch.zeros(1, 2, 4, 2)
    y[0, 1] = 1  # all pixels of class 1
    weight = torch.tensor([1.0, 9.0])
    cost = {}
    for name, w in (("columns", weight), ("classes", weight.view(-1, 1, 1))):
        each = F.binary_cross_entropy_with_logits(torch.zeros(1, 2, 4, 2), y, pos_weight=w, reduction="none")
        cost[name] = each[0, 1] / math.log(2)
    torch.testing.assert_close(cost["columns"], torch.tensor([1.0, 9.0]).expand(4, 2))
    torch.testing.assert_close(cost["classes"], torch.full((4, 2), 9.0))


def test_very_rare_class():
    """1 positive in 1000 gives a weight of 999, which clamp(max=20) makes 20."""
    labels = torch.zeros(1000)
    labels[3] = 1
    pos_weight = (len(labels) - labels.sum()) / labels.sum()
    assert pos_weight == 999 and pos_weight.clamp(max=20) == 20


def test_balanced_twice():
    """pos_weight=3 balances 100 positives and 300 negatives; after a sampler made them equal, the best odds are 3."""
    weight = torch.tensor(300 / 100)
    for positives, negatives, odds in ((100, 300, 1), (200, 200, 3)):
        y = torch.tensor([1.0] * positives + [0.0] * negatives)
        z = torch.tensor(math.log(odds), requires_grad=True)  # the best logit for all
        F.binary_cross_entropy_with_logits(z.expand(400), y, pos_weight=weight).backward()
        assert abs(z.grad.item()) < 1e-6


def test_weight_is_something_else():
    """weight= multiplies positives and negatives alike."""
    z, y = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0])
    for options, expected in (({"weight": torch.tensor(3.0)}, [3, 3]), ({"pos_weight": torch.tensor(3.0)}, [3, 1])):
        loss = F.binary_cross_entropy_with_logits(z, y, reduction="none", **options)
        torch.testing.assert_close(loss, torch.tensor(expected) * math.log(2))


def test_the_module_moves_it():
    """BCEWithLogitsLoss holds pos_weight as a buffer, so to() moves and casts it."""
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.ones(3))
    assert criterion.to(torch.float64).pos_weight.dtype == torch.float64


def test_integer_labels_raise(answer, raises):
    """Integer labels raise, so they need float()."""
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        answer.criterion(answer.logits, answer.y)


def test_no_negatives():
    """A class without negatives gets weight 0, and with it no gradient."""
    labels = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
    positives = labels.sum(dim=0)
    pos_weight = (len(labels) - positives) / positives.clamp(min=1)
    assert pos_weight.tolist() == [0, 2]
    logits = torch.zeros(3, 2, requires_grad=True)
    F.binary_cross_entropy_with_logits(logits, labels, pos_weight=pos_weight).backward()
    assert logits.grad[:, 0].tolist() == [0, 0, 0] and logits.grad[:, 1].all()


def test_a_bad_fit_shifts_otherwise():
    """Where a line cannot fit the data, subtracting pos_weight.log() does not give back the unweighted probabilities."""
    x = torch.tensor([-2.0, -1, 0, 1, 2, 3]).repeat(10, 1).flatten()
    y = torch.tensor([0.0, 0, 1, 0, 0, 1]).repeat(10, 1).flatten()
    found = []
    for weight in torch.tensor(1.0), torch.tensor(8.0):
        w = torch.zeros(2, requires_grad=True)
        optimizer = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

        def step(w=w, weight=weight, optimizer=optimizer):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(w[0] + w[1] * x, y, pos_weight=weight)
            loss.backward()
            return loss

        optimizer.step(step)
        found.append((w[0] + w[1] * x - weight.log()).sigmoid().detach())
    assert abs(found[0].mean() - y.mean()) < 1e-3 and (found[0] - found[1]).abs().max() > 0.02
