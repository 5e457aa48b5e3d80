"""Proofs of label-smoothing."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn}


def smoothed(logits, y, eps):
    """The loss by the formula: the right class has 1 - eps + eps / C, each other one eps / C."""
    C = logits.shape[1]
    total = 0.0
    for row, label in zip(logits.tolist(), y.tolist(), strict=True):
        log_sum = math.log(sum(math.exp(z) for z in row))
        for c, z in enumerate(row):
            total += ((1 - eps) * (c == label) + eps / C) * (log_sum - z)
    return total / len(y)


def data():
    torch.manual_seed(0)
    return torch.randn(4, 5), torch.tensor([0, 3, 4, 1])


def test_answer(answer):
    """label_smoothing=eps gives the right class 1 - eps + eps / C and each other class eps / C."""
    logits, y = data()
    torch.testing.assert_close(answer.criterion(logits, y).item(), smoothed(logits, y, 0.1))
    torch.testing.assert_close(answer.val_criterion(logits, y).item(), smoothed(logits, y, 0))
    assert [round(v, 2) for v in (1 - 0.1 + 0.1 / 5, 0.1 / 5)] == [0.92, 0.02]


def test_default(default):
    """On the same logits, the loss without smoothing is another number, here a lower one."""
    assert default.plain < default.loss
    torch.testing.assert_close(default.loss.item(), smoothed(default.logits.detach(), default.y, 0.1))
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.x.tolist()]


def test_by_hand(by_hand):
    """cross_entropy takes probabilities as targets, and those of the formula give the same loss."""
    expected = smoothed(by_hand.logits, by_hand.y, 0.1)
    torch.testing.assert_close(F.cross_entropy(by_hand.logits, by_hand.soft).item(), expected)


def test_other_convention(other_convention):
    """0.9 and 0.1 / (C - 1) is the same as label_smoothing=0.1 * C / (C - 1)."""
    torch.testing.assert_close(F.cross_entropy(other_convention.logits, other_convention.soft), other_convention.same)
    torch.testing.assert_close(other_convention.same.item(), smoothed(other_convention.logits, other_convention.y, 0.125))


def test_binary(binary):
    """y * (1 - eps) + eps / 2 makes 0.05 and 0.95 of zeros and ones."""
    torch.testing.assert_close(binary.soft, torch.tensor([[0.95, 0.05, 0.95], [0.05, 0.05, 0.95]]))
    total = 0.0
    for z, y in zip(binary.logits.flatten().tolist(), binary.y.flatten().tolist(), strict=True):
        t = 0.95 if y else 0.05
        total += t * math.log1p(math.exp(-z)) + (1 - t) * math.log1p(math.exp(z))
    torch.testing.assert_close(binary.loss.item(), total / 6)


def test_floor():
    """The lowest smoothed loss is the entropy of the smoothed target, 0.39 for eps = 0.1 and 5 classes."""
    target = [1 - 0.1 + 0.1 / 5] + [0.1 / 5] * 4
    entropy = -sum(t * math.log(t) for t in target)
    assert round(entropy, 2) == 0.39
    logits, y = torch.zeros(1, 5, requires_grad=True), torch.tensor([0])
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        loss = F.cross_entropy(logits, y, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
    torch.testing.assert_close(loss.item(), entropy, rtol=1e-3, atol=0)


def test_the_gap_is_finite():
    """The best gap between the right logit and the others is log((1 - eps + eps / C) / (eps / C)), 3.83 here."""
    gap = math.log((1 - 0.1 + 0.1 / 5) / (0.1 / 5))
    assert round(gap, 2) == 3.83
    y = torch.tensor([0])
    losses = {
        d: F.cross_entropy(torch.tensor([[gap + d, 0.0, 0.0, 0.0, 0.0]]), y, label_smoothing=0.1).item()
        for d in (-0.5, 0.0, 0.5)
    }
    assert min(losses, key=losses.get) == 0.0


def test_twice():
    """Targets that are soft already are smoothed once more by the argument."""
    logits, y = data()
    soft = F.one_hot(y, 5) * 0.7 + 0.3 / 5
    again = soft * 0.9 + 0.1 / 5
    torch.testing.assert_close(F.cross_entropy(logits, soft, label_smoothing=0.1), F.cross_entropy(logits, again))
    assert F.cross_entropy(logits, again) != F.cross_entropy(logits, soft)


def test_not_a_probability():
    """exp(-loss) is the probability of the right class without smoothing, and not with it."""
    logits, y = torch.tensor([[3.0, 0.0, 1.0]]), torch.tensor([0])
    p = logits.softmax(dim=1)[0, 0]
    torch.testing.assert_close(torch.exp(-F.cross_entropy(logits, y)), p)
    assert abs(torch.exp(-F.cross_entropy(logits, y, label_smoothing=0.1)) - p) > 0.05


def test_ignored_positions():
    """Positions with ignore_index are left out of the smoothing as well."""
    logits, y = data()
    part = F.cross_entropy(logits[:3], y[:3], label_smoothing=0.1)
    y[3] = -100
    torch.testing.assert_close(F.cross_entropy(logits, y, label_smoothing=0.1), part)


def test_bce_has_no_such_argument(raises):
    """BCEWithLogitsLoss has no argument label_smoothing."""
    with raises(TypeError, "label_smoothing"):
        nn.BCEWithLogitsLoss(label_smoothing=0.1)
