"""Proofs of distillation."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def probabilities(row, t):
    e = [math.exp(v / t) for v in row]
    return [v / sum(e) for v in e]


def kl(teacher_rows, student_rows, t):
    """The mean over the rows of sum p (log p - log q), in plain Python."""
    total = 0.0
    for a, b in zip(teacher_rows, student_rows, strict=True):
        p, q = probabilities(a, t), probabilities(b, t)
        total += sum(u * (math.log(u) - math.log(v)) for u, v in zip(p, q, strict=True))
    return total / len(teacher_rows)


def ce(rows, labels):
    return -sum(math.log(probabilities(r, 1)[k]) for r, k in zip(rows, labels, strict=True)) / len(rows)


def given():
    torch.manual_seed(0)
    teacher, student = nn.Sequential(nn.Linear(5, 9), nn.Linear(9, 3)), nn.Linear(5, 3)
    x, y = torch.randn(4, 5), torch.tensor([2, 0, 1, 0])
    return {"torch": torch, "F": F, "teacher": teacher, "student": student, "x": x, "y": y}


def test_answer(answer):
    """The loss is alpha T² KL(teacher || student) at temperature T plus (1 - alpha) times the cross-entropy."""
    use = given()
    t, s = use["teacher"](use["x"]).tolist(), use["student"](use["x"]).tolist()
    torch.testing.assert_close(answer.soft.item(), kl(t, s, 4) * 16, rtol=1e-4, atol=1e-5)
    expected = 0.7 * kl(t, s, 4) * 16 + 0.3 * ce(s, [2, 0, 1, 0])
    torch.testing.assert_close(answer.loss.item(), expected, rtol=1e-4, atol=1e-5)
    assert answer.loss.requires_grad and not answer.target.requires_grad


def test_default(default):
    """The student comes close to the teacher, and the teacher gets no gradient."""
    teacher_logits = default.teacher(default.x)
    with torch.no_grad():
        logits = default.logits
        t, s = teacher_logits.tolist(), logits.tolist()
    expected = 0.9 * kl(t, s, 4) * 16 + 0.1 * ce(s, default.y.tolist())
    torch.testing.assert_close(default.loss.item(), expected, rtol=1e-3, atol=1e-4)
    assert all(p.grad is None for p in default.teacher.parameters())
    assert not default.teacher.training


def test_features(features):
    """MSE compares features of the teacher with projected features of the student, of another width."""
    assert features.student_body.out_features != features.teacher_body.out_features
    assert features.loss < 0.05 and features.teacher_body.weight.grad is None
    assert features.project.weight.grad.abs().sum() > 0


def test_tokens(tokens):
    """The mean over the real tokens leaves padding out."""
    rows = [(n, i) for n, length in enumerate([5, 2, 4]) for i in range(length)]
    t, s = ([v[n, i].tolist() for n, i in rows] for v in (tokens.teacher, tokens.student))
    torch.testing.assert_close(tokens.kd.item(), kl(t, s, 2), rtol=1e-4, atol=1e-5)


def test_right(right):
    """For a perfect student the KL divergence is 0."""
    assert F.kl_div(right.q, right.target, reduction="batchmean").abs() < 1e-6


def test_kl_div_checks_nothing():
    """kl_div takes probabilities, or the two arguments swapped, without an error, and returns wrong numbers."""
    s, t = torch.tensor([[[2.0, 0.0, 0.5]], [[0.0, 3.0, 1.0]]])
    q, p = s.softmax(dim=1), t.softmax(dim=1)
    right = F.kl_div(q.log(), p, reduction="batchmean")
    torch.testing.assert_close(right.item(), kl(t.tolist(), s.tolist(), 1), rtol=1e-4, atol=1e-5)
    for wrong in (F.kl_div(q, p, reduction="batchmean"), F.kl_div(p.log(), q, reduction="batchmean")):
        assert abs(wrong - right) > 0.01


def test_a_teacher_in_train_mode():
    """In train mode Dropout changes the targets from call to call, and BatchNorm statistics move under no_grad."""
    torch.manual_seed(0)
    teacher, x = nn.Sequential(nn.BatchNorm1d(5), nn.Dropout(0.5)), torch.randn(8, 5) + 3
    before = teacher[0].running_mean.clone()
    with torch.no_grad():
        assert not torch.equal(teacher(x), teacher(x))
    assert not torch.equal(before, teacher[0].running_mean)
    teacher.eval()
    before = teacher[0].running_mean.clone()
    assert torch.equal(teacher(x), teacher(x)) and torch.equal(before, teacher[0].running_mean)


def test_batchmean_divides_by_the_first():
    """On (N, L, V), batchmean divides by N alone, so the loss is L times that of (N * L, V)."""
    torch.manual_seed(0)
    q, p = torch.randn(2, 3, 5, 7).softmax(dim=-1)
    whole = F.kl_div(q.log(), p, reduction="batchmean")
    flat = F.kl_div(q.log().flatten(0, 1), p.flatten(0, 1), reduction="batchmean")
    torch.testing.assert_close(whole, flat * 5)


def test_stored_logits_do_not_fit():
    """The teacher says something else about a flipped input than about the stored one."""
    torch.manual_seed(0)
    teacher, x = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), torch.randn(2, 3, 4)
    assert not torch.allclose(teacher(x), teacher(x.flip(-1)), atol=1e-2)


def soft_gradient(s, t, temperature):
    s = s.clone().requires_grad_()
    target = (t / temperature).softmax(dim=1)
    F.kl_div((s / temperature).log_softmax(dim=1), target, reduction="batchmean").backward()
    return s.grad


def test_gradients_shrink_with_the_square():
    """For large T the gradient of the soft loss shrinks as 1 / T²; multiplied by T² it stays the same."""
    torch.manual_seed(0)
    s, t = torch.randn(2, 3, 4, dtype=torch.float64)
    a, b = soft_gradient(s, t, 50.0), soft_gradient(s, t, 100.0)
    torch.testing.assert_close(a * 50**2, b * 100**2, rtol=0.1, atol=1e-3)
    d = (s - t) / (3 * 4)
    torch.testing.assert_close(b * 100**2, d - d.mean(dim=1, keepdim=True), rtol=0.1, atol=2e-3)


def test_temperature_flattens():
    """The higher the temperature, the larger the share of the small probabilities."""
    tails = [1 - max(probabilities([4.0, 1.0, 0.0], t)) for t in (1, 2, 4, 10)]
    assert tails == sorted(tails) and tails[0] < 0.07 and tails[-1] > 0.5


def test_cross_entropy_has_the_same_gradient():
    """Cross-entropy with the teacher's probabilities is the KL plus their entropy, and has the same gradient."""
    torch.manual_seed(0)
    s, t = torch.randn(2, 3, 4)
    p, s = (t / 4).softmax(dim=1), s.requires_grad_()
    a, b = F.cross_entropy(s / 4, p), F.kl_div((s / 4).log_softmax(dim=1), p, reduction="batchmean")
    torch.testing.assert_close(a - b, -(p * p.log()).sum(dim=1).mean())
    torch.testing.assert_close(*(torch.autograd.grad(v, s)[0] for v in (a, b)))


def test_train_reaches_the_teacher():
    """train() of a module that holds both puts the teacher into train mode again."""
    both = nn.ModuleDict({"teacher": nn.Linear(2, 2), "student": nn.Linear(2, 2)})
    both["teacher"].eval()
    both.train()
    assert both["teacher"].training
