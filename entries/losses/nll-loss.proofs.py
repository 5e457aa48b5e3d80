"""Proofs of nll-loss."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    logits = torch.randn(4, 3)
    return {"F": F, "logits": logits, "y": torch.tensor([2, 0, 1, 1]), "p": torch.rand(4, 3).softmax(dim=1)}


def softmax(row):
    total = sum(map(math.exp, row))
    return [math.exp(v) / total for v in row]


def kl(p, q):
    pairs = zip(p.flatten().tolist(), q.flatten().tolist(), strict=True)
    return sum(a * math.log(a / b) for a, b in pairs) / len(p)


def test_answer(answer):
    """nll_loss of log_softmax is cross-entropy, and kl_div with batchmean is KL(p || q) averaged over N."""
    q = [softmax(row) for row in answer.logits.tolist()]
    by_hand = -sum(math.log(row[c]) for row, c in zip(q, answer.y.tolist(), strict=True)) / 4
    assert math.isclose(answer.loss.item(), by_hand, rel_tol=1e-5)
    torch.testing.assert_close(F.cross_entropy(answer.logits, answer.y), answer.loss)
    assert math.isclose(answer.kl.item(), kl(answer.p, torch.tensor(q)), rel_tol=1e-4)


def test_modules():
    """nn.NLLLoss and nn.KLDivLoss compute the same as the functions, and nn.LogSoftmax returns log-probabilities."""
    logits, y, p = torch.tensor([[2.0, 0.5], [0.0, 3.0]]), torch.tensor([1, 0]), torch.tensor([[0.7, 0.3], [0.1, 0.9]])
    log_q = nn.LogSoftmax(dim=1)(logits)
    torch.testing.assert_close(log_q.exp(), torch.tensor([softmax(row) for row in logits.tolist()]))
    assert nn.NLLLoss()(log_q, y) == F.nll_loss(log_q, y)
    assert nn.KLDivLoss(reduction="batchmean")(log_q, p) == F.kl_div(log_q, p, reduction="batchmean")


def test_default(default):
    """nll_loss negates the log-probability of the right class and averages."""
    a, b = (softmax(row) for row in default.logits.tolist())
    by_hand = -(math.log(a[0]) + math.log(b[1])) / 2
    assert math.isclose(F.nll_loss(default.log_q, default.y).item(), by_hand, rel_tol=1e-5)


def test_kl_div(kl_div):
    """kl_div takes log q, then p; with log_target=True it takes log p."""
    q = torch.tensor([softmax(row) for row in kl_div.logits.tolist()])
    by_hand = kl(kl_div.p, q)
    for target, log_target in ((kl_div.p, False), (kl_div.log_p, True)):
        value = F.kl_div(kl_div.log_q, target, reduction="batchmean", log_target=log_target)
        assert math.isclose(value.item(), by_hand, rel_tol=1e-4)


def test_the_default_divides_by_all_elements():
    """Without reduction="batchmean", kl_div divides by N * C and warns."""
    p, q = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]]), torch.tensor([[0.4, 0.4, 0.2], [0.1, 0.6, 0.3]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert math.isclose(F.kl_div(q.log(), p).item(), kl(p, q) / 3, rel_tol=1e-5)
    assert "batchmean" in str(caught[0].message)


def test_probabilities_make_it_negative(wrong):
    """With probabilities, nll_loss is minus their mean and kl_div is negative; the true values are not."""
    a, b = (softmax(row) for row in wrong.logits.tolist())
    assert math.isclose(F.nll_loss(wrong.q, wrong.y).item(), -(a[0] + b[1]) / 2, rel_tol=1e-5)
    torch.manual_seed(0)
    for _ in range(50):
        p, q = (3 * torch.randn(2, 4, 5)).softmax(dim=2)
        assert F.kl_div(q, p, reduction="batchmean") < 0 <= F.kl_div(q.log(), p, reduction="batchmean")
        assert F.nll_loss(q.log(), torch.tensor([0, 1, 2, 4])) > 0


def test_right(right):
    """log_softmax before nll_loss gives cross-entropy."""
    torch.testing.assert_close(F.nll_loss(right.q, right.y), F.cross_entropy(right.logits, right.y))


def test_swapped_arguments():
    """kl_div(log p, q) is KL(q || p), which differs from KL(p || q)."""
    p, q = torch.tensor([[0.9, 0.09, 0.01]]), torch.tensor([[0.3, 0.3, 0.4]])
    assert math.isclose(F.kl_div(p.log(), q, reduction="batchmean").item(), kl(q, p), rel_tol=1e-5)
    assert abs(kl(q, p) - kl(p, q)) > 0.05


def test_temperature_shrinks_the_gradient():
    """Dividing both logits by T makes the gradient about T ** 2 times smaller once T is large."""
    teacher, sizes = torch.tensor([[2.0, 0.0, -1.0]]), {}
    for T in 10, 30:
        student = torch.tensor([[0.0, 1.0, 0.5]], requires_grad=True)
        F.kl_div((student / T).log_softmax(1), (teacher / T).softmax(1), reduction="batchmean").backward()
        sizes[T] = student.grad.norm().item() * T**2
    assert math.isclose(sizes[10], sizes[30], rel_tol=0.1)


def test_classes_are_dimension_one():
    """nll_loss takes the class from dimension 1 of (N, C, H, W), so log_softmax belongs to dim=1."""
    torch.manual_seed(0)
    logits, y = torch.randn(2, 3, 4, 5), torch.randint(3, (2, 4, 5))
    torch.testing.assert_close(F.nll_loss(F.log_softmax(logits, dim=1), y), F.cross_entropy(logits, y))
    assert (F.nll_loss(F.log_softmax(logits, dim=-1), y) - F.cross_entropy(logits, y)).abs() > 0.1


def test_log_softmax_does_not_underflow():
    """softmax(x).log() is -inf where the probability underflows; log_softmax is exact there."""
    x = torch.tensor([[200.0, 0.0]])
    assert x.softmax(dim=1).log().tolist() == [[0, -math.inf]]
    assert F.log_softmax(x, dim=1).tolist() == [[0, -200]]


def test_logits_can_be_negative_too():
    """nll_loss of logits is minus their mean, of either sign."""
    logits = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, 3.0]])
    assert F.nll_loss(logits, torch.tensor([0, 2])) == -2.5
    assert F.nll_loss(logits, torch.tensor([2, 0])) == 0.5


def test_batchmean_divides_by_dimension_0():
    """batchmean divides by the size of dimension 0; flattened to (N * T, C), it is the mean over the tokens."""
    torch.manual_seed(0)
    log_q, p = torch.randn(2, 7, 5).log_softmax(dim=2), torch.randn(2, 7, 5).softmax(dim=2)
    each = (p * (p.log() - log_q)).sum(dim=2)  # (N, T)
    torch.testing.assert_close(F.kl_div(log_q, p, reduction="batchmean"), each.sum() / 2)
    flat = F.kl_div(log_q.flatten(0, 1), p.flatten(0, 1), reduction="batchmean")
    torch.testing.assert_close(flat, each.mean())


def test_log_target_of_minus_inf():
    """A p of 0 contributes 0, but its log, -inf, gives NaN with log_target=True."""
    p = torch.tensor([[0.75, 0.25, 0.0]])
    log_q = torch.tensor([[1.0, 0.0, -1.0]]).log_softmax(dim=1)
    assert F.kl_div(log_q, p, reduction="batchmean").isfinite()
    assert F.kl_div(log_q, p.log(), reduction="batchmean", log_target=True).isnan()
