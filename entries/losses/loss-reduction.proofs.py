"""Proofs of loss-reduction."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "F": F, "model": nn.Linear(4, 3), "x": torch.randn(5, 4), "y": torch.tensor([2, 0, 1, 1, 0]),
        "pred": torch.randn(2, 3), "target": torch.randn(2, 3),
    }  # fmt: skip


def nll(logits, y):
    return [math.log(sum(map(math.exp, row))) - row[c] for row, c in zip(logits.tolist(), y.tolist(), strict=True)]


def test_answer(answer):
    """reduction="none" returns one loss per sample, and their mean is what the default returns."""
    by_hand = nll(answer.model(answer.x), answer.y)
    torch.testing.assert_close(answer.losses.detach(), torch.tensor(by_hand))
    torch.testing.assert_close(answer.loss, F.cross_entropy(answer.model(answer.x), answer.y))
    assert answer.model.weight.grad is not None
    rows = zip(answer.pred.tolist(), answer.target.tolist(), strict=True)
    torch.testing.assert_close(
        answer.errors, torch.tensor([sum((p - t) ** 2 for p, t in zip(a, b, strict=True)) / 3 for a, b in rows])
    )
    images = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert images.flatten(1).mean(dim=1).tolist() == [sum(range(12)) / 12, sum(range(12, 24)) / 12]


def test_default(default):
    """mse_loss with "mean" divides the sum by the number of elements, N * C."""
    assert default.losses.tolist() == [[0, 4, 9], [16, 0, 25]]
    assert F.mse_loss(default.pred, default.target).item() == 54 / 6


def test_weighted_samples(weighted_samples):
    """A weighted mean divides the weighted sum by the sum of the weights."""
    a, b = nll(weighted_samples.logits, weighted_samples.y)
    assert math.isclose(weighted_samples.loss.item(), (0.5 * a + 3 * b) / 3.5, rel_tol=1e-5)


def test_hardest(hardest):
    """topk of the unreduced losses finds the samples with the largest loss."""
    by_hand = nll(hardest.logits, hardest.y)
    assert hardest.index.tolist() == sorted(range(4), key=lambda i: -by_hand[i])[:2]


def test_smaller_last_batch(epoch_mean):
    """Batch means weighted by their length give the epoch mean; their plain mean does not if a batch is smaller."""
    assert math.isclose(epoch_mean.total / 5, (1 + 4 + 9 + 16 + 81) / 5)
    assert math.isclose(sum([2.5, 12.5, 81]) / 3, 32.0)
    plain = torch.stack([F.mse_loss(p, torch.zeros_like(p)) for p in epoch_mean.pred.split(2)]).mean()
    assert plain.item() == 32.0 != epoch_mean.total / 5


def test_right(right):
    """The mean of the losses can be differentiated: its gradient is 2 w / N."""
    assert right.losses.tolist() == [1, 4, 16]
    torch.testing.assert_close(right.w.grad, torch.tensor([2.0, 4.0, 8.0]) / 3)


def test_class_weights_divide():
    """cross_entropy divides by the weights of the targets that are not ignored; losses.mean() counts a 0 for these."""
    logits = torch.tensor([[1.0, 2.0, 3.0], [4.0, 0.0, 6.0], [0.5, 1.0, 0.0], [9.0, 0.0, 1.0]])
    y, weight = torch.tensor([2, 0, 1, -100]), torch.tensor([1.0, 2.0, 4.0])
    a, b, c = nll(logits[:3], y[:3])
    losses = F.cross_entropy(logits, y, weight=weight, reduction="none")
    torch.testing.assert_close(losses, torch.tensor([4 * a, 1 * b, 2 * c, 0]))
    torch.testing.assert_close(F.cross_entropy(logits, y, weight=weight), losses.sum() / (4 + 1 + 2))
    assert losses.mean() != F.cross_entropy(logits, y, weight=weight)
    torch.testing.assert_close(F.cross_entropy(logits, y), torch.tensor((a + b + c) / 3))
    plain = F.cross_entropy(logits, y, reduction="none")
    torch.testing.assert_close(plain.mean(), torch.tensor((a + b + c) / 4))


def test_weight_of_a_binary_loss(raises):
    """A binary loss broadcasts weight to (N, C) and divides by N * C all the same."""
    z = torch.tensor([[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]])
    t = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    each = (1 + (z * (1 - 2 * t)).exp()).log()  # -log sigmoid(z) for a one, -log sigmoid(-z) for a zero
    torch.testing.assert_close(F.binary_cross_entropy_with_logits(z, t), each.sum() / 6)
    weighted = F.binary_cross_entropy_with_logits(z, t, weight=torch.tensor([[0.5], [3.0]]))
    torch.testing.assert_close(weighted, (0.5 * each[0].sum() + 3 * each[1].sum()) / 6)
    with raises(RuntimeError, "must match the size"):
        F.binary_cross_entropy_with_logits(z, t, weight=torch.tensor([0.5, 3.0]))
    square = F.binary_cross_entropy_with_logits(z[:, :2], t[:, :2], weight=torch.tensor([0.5, 3.0]))
    torch.testing.assert_close(square, (0.5 * each[:, 0].sum() + 3 * each[:, 1].sum()) / 4)


def test_kl_div_batchmean():
    """kl_div divides by N with "batchmean" and by N * C with "mean"."""
    p, q = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.25, 0.25]]), torch.tensor([[0.4, 0.4, 0.2], [0.1, 0.6, 0.3]])
    total = sum(a * math.log(a / b) for a, b in zip(p.flatten().tolist(), q.flatten().tolist(), strict=True))
    assert math.isclose(F.kl_div(q.log(), p, reduction="batchmean").item(), total / 2, rel_tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert math.isclose(F.kl_div(q.log(), p).item(), total / 6, rel_tol=1e-5)


def test_sum_grows_with_the_batch():
    """Repeating the batch doubles the gradient of a sum and leaves that of a mean alone."""
    grads = {}
    for reduction in "sum", "mean":
        for times in 1, 2:
            w = torch.tensor([1.0, -2.0], requires_grad=True)
            x = torch.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, 4.0]]).repeat(times, 1)
            F.mse_loss(x @ w, torch.ones(3 * times), reduction=reduction).backward()
            grads[reduction, times] = w.grad
    torch.testing.assert_close(grads["sum", 2], 2 * grads["sum", 1])
    torch.testing.assert_close(grads["mean", 2], grads["mean", 1])


def test_old_arguments():
    """reduce=False means "none", size_average=False means "sum", and True means "mean"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert nn.MSELoss(reduce=False).reduction == "none"
        assert nn.MSELoss(size_average=False).reduction == "sum"
        assert nn.MSELoss(size_average=True, reduce=True).reduction == "mean"


def test_arguments_in_their_place():
    """One prediction given to the constructor of a loss, or a weight without its name, warns about size_average."""
    one, weight = torch.ones(1), torch.ones(1)
    for call in lambda: nn.MSELoss(one, one), lambda: F.mse_loss(one, one, weight):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            call()
        assert any("size_average and reduce args will be deprecated" in str(w.message) for w in seen)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nn.MSELoss()(one, one) == 0


def test_epoch_mean_with_weights():
    """With class weight and ignore_index, batch means times their divisors add up to the mean over the epoch."""
    torch.manual_seed(0)
    logits, y, weight = torch.randn(7, 3), torch.tensor([0, 2, -100, 1, 1, -100, 2]), torch.tensor([1.0, 3.0, 0.5])
    total = count = by_length = 0.0
    for z, t in zip(logits.split(3), y.split(3), strict=True):
        loss = F.cross_entropy(z, t, weight=weight).item()
        divisor = weight[t[t != -100]].sum().item()
        total, count, by_length = total + loss * divisor, count + divisor, by_length + loss * len(t)
    whole = F.cross_entropy(logits, y, weight=weight).item()
    assert math.isclose(total / count, whole, rel_tol=1e-5)
    assert abs(by_length / 7 - whole) > 0.01


def test_weight_of_mse_loss():
    """mse_loss divides by the number of elements, and with weight by the sum of the weights."""
    pred, weight = torch.tensor([[1.0, 2.0], [4.0, 0.0]]), torch.tensor([[1.0, 3.0], [0.5, 2.0]])
    assert F.mse_loss(pred, torch.zeros(2, 2)).item() == (1 + 4 + 16) / 4
    weighted = F.mse_loss(pred, torch.zeros(2, 2), weight=weight).item()
    assert math.isclose(weighted, (1 * 1 + 3 * 4 + 0.5 * 16) / (1 + 3 + 0.5 + 2), rel_tol=1e-6)
