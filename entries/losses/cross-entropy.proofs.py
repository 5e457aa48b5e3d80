"""Proofs of cross-entropy."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def by_formula(rows, targets):
    """The mean of log(sum(exp(row))) - row[target], in plain Python."""
    losses = [math.log(sum(math.exp(v) for v in row)) - row[t] for row, t in zip(rows, targets, strict=True)]
    return sum(losses) / len(losses)


def given():
    torch.manual_seed(1)
    return {"nn": nn, "model": nn.Linear(5, 3), "x": torch.randn(4, 5), "y": torch.tensor([2, 0, 1, 0])}


def test_answer(answer):
    """CrossEntropyLoss returns the mean over the batch of minus the log-probability of the right class."""
    expected = by_formula(answer.logits.tolist(), [2, 0, 1, 0])
    torch.testing.assert_close(answer.loss.item(), expected, rtol=1e-5, atol=0)
    right = answer.probs[torch.arange(4), answer.y]
    torch.testing.assert_close(answer.loss, -right.log().mean())
    torch.testing.assert_close(answer.probs.sum(dim=1), torch.ones(4))


def test_default(default):
    """The gradient of the loss with respect to the logits is (softmax - one-hot) / N."""
    expected = by_formula(default.logits.tolist(), [2, 0, 1, 2])
    torch.testing.assert_close(default.loss.item(), expected, rtol=1e-5, atol=0)
    assert torch.equal(default.logits.argmax(dim=1), default.probs.argmax(dim=1))
    step = (default.probs - F.one_hot(default.y, 3)) / 4
    torch.testing.assert_close(default.model.bias.grad, step.sum(dim=0))
    logits = default.logits.detach().requires_grad_()
    F.cross_entropy(logits, default.y).backward()
    torch.testing.assert_close(logits.grad, step)


def test_by_hand(by_hand):
    """cross_entropy of class indices is log_softmax followed by nll_loss, unless it smooths the labels."""
    expected = by_formula([[2.0, 0.5, -1.0], [0.0, 3.0, 0.5]], [0, 2])
    for loss in by_hand.by_hand, by_hand.two_steps, by_hand.loss:
        torch.testing.assert_close(loss.item(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(by_hand.log_p, by_hand.logits.log_softmax(dim=1))
    smooth = F.cross_entropy(by_hand.logits, by_hand.target, label_smoothing=0.1)
    assert abs(smooth - by_hand.two_steps) > 0.01


def test_underflow(by_hand):
    """log(softmax(x)) is -inf where the probability underflows to 0; log_softmax stays finite."""
    assert by_hand.huge.softmax(dim=1)[0, 1] == 0
    assert by_hand.huge.softmax(dim=1).log()[0, 1] == -math.inf
    assert by_hand.huge.log_softmax(dim=1).tolist() == [[0.0, -1000.0]]


def test_segmentation(segmentation):
    """With class indices, weight and ignore_index, the mean divides by the summed weights of the targets."""
    total = norm = 0.0
    for n, h, w in [(n, h, w) for n in range(2) for h in range(4) for w in range(5)]:
        label = segmentation.target[n, h, w].item()
        if label == 255:
            continue
        weight = [1.0, 2.0, 0.5][label]
        total += weight * by_formula([segmentation.logits[n, :, h, w].tolist()], [label])
        norm += weight
    torch.testing.assert_close(segmentation.loss.item(), total / norm, rtol=1e-5, atol=0)
    assert (segmentation.target == 255).sum() == 5


def test_ignored_pixels_get_no_gradient():
    """A position whose target equals ignore_index contributes nothing to the gradient."""
    logits = torch.tensor([[1.0, 2.0], [3.0, -1.0]], requires_grad=True)
    F.cross_entropy(logits, torch.tensor([1, -100])).backward()
    assert logits.grad[1].tolist() == [0.0, 0.0]
    assert logits.grad[0].abs().min() > 0.1


def test_probabilities(probabilities):
    """A float target of the shape of the logits is taken as probabilities."""
    log_p = probabilities.logits.log_softmax(dim=1)
    expected = -(0.7 * log_p[0, 0] + 0.2 * log_p[0, 1] + 0.1 * log_p[0, 2]) / 2
    expected -= (0.4 * log_p[1, 1] + 0.6 * log_p[1, 2]) / 2
    torch.testing.assert_close(F.cross_entropy(probabilities.logits, probabilities.soft), expected)


def test_probabilities_divide_by_n(raises):
    """With probabilities as target, weight leaves the divisor N; ignore_index raises from 0 on and does nothing below."""
    logits, target = torch.tensor([[2.0, 0.5, -1.0], [0.0, 3.0, 0.5]]), torch.tensor([0, 2])
    weight = torch.tensor([1.0, 3.0, 0.25])
    first, second = by_formula([[2.0, 0.5, -1.0]], [0]), by_formula([[0.0, 3.0, 0.5]], [2])
    dense = F.one_hot(target, 3).float()
    soft = F.cross_entropy(logits, dense, weight=weight).item()
    hard = F.cross_entropy(logits, target, weight=weight).item()
    assert abs(soft - (1.0 * first + 0.25 * second) / 2) < 1e-5
    assert abs(hard - (1.0 * first + 0.25 * second) / (1.0 + 0.25)) < 1e-5
    with raises(RuntimeError, "ignore_index is not supported for floating point target"):
        F.cross_entropy(logits, dense, ignore_index=1)
    with raises(RuntimeError, "ignore_index is not supported for floating point target"):
        F.cross_entropy(logits, dense, ignore_index=0)
    assert F.cross_entropy(logits, dense, ignore_index=-1) == F.cross_entropy(logits, dense)


def test_softmax_twice_has_a_floor():
    """With a softmax before it, the loss cannot fall below log(1 + (C - 1) / e), 1.46 for 10 classes."""
    floor = math.log(1 + 9 / math.e)
    assert round(floor, 2) == 1.46
    perfect = torch.zeros(1, 10)
    perfect[0, 3] = 1  # softmax cannot do better than this
    torch.testing.assert_close(F.cross_entropy(perfect, torch.tensor([3])).item(), floor, rtol=1e-6, atol=0)
    torch.manual_seed(0)
    for scale in 1, 10, 100:
        p = (torch.randn(1000, 10) * scale).softmax(dim=1)
        losses = F.cross_entropy(p, p.argmax(dim=1), reduction="none")
        assert losses.min() >= floor - 1e-6


def test_softmax_twice_gives_no_gradient():
    """With a softmax before the loss, a confident wrong prediction gets almost no gradient."""
    sizes = []
    for twice in True, False:
        logits = torch.tensor([[12.0, 0.0, 0.0]], requires_grad=True)
        F.cross_entropy(logits.softmax(dim=1) if twice else logits, torch.tensor([1])).backward()
        sizes.append(logits.grad.abs().max().item())
    assert sizes[0] < 1e-4 and sizes[1] > 0.99


def test_wrong(wrong, right):
    """A softmax before the loss makes a confident, right prediction cost 0.57 instead of 0.02."""
    floor = math.log(1 + 2 / math.e)
    assert floor < wrong.loss < floor + 0.02
    torch.testing.assert_close(right.loss.item(), math.log(1 + math.e**-5 + math.e**-4), rtol=1e-5, atol=0)


def test_classes_are_dimension_1(raises):
    """Logits (N, T, C) raise unless T equals C, and then time steps are taken for classes."""
    target = torch.tensor([[0, 2, 1], [1, 1, 2]])  # (N, T)
    torch.manual_seed(0)
    with raises(RuntimeError, "Expected target size [2, 4], got [2, 3]"):
        F.cross_entropy(torch.randn(2, 3, 4), target)
    logits = torch.randn(2, 3, 3)
    right = F.cross_entropy(logits.transpose(1, 2), target)
    flat = by_formula(logits.reshape(6, 3).tolist(), target.reshape(6).tolist())
    torch.testing.assert_close(right.item(), flat, rtol=1e-5, atol=0)
    assert abs(F.cross_entropy(logits, target) - right) > 0.01


def test_nll_loss_of_probabilities():
    """nll_loss on probabilities returns minus the mean of those of the right classes, a negative number."""
    p = torch.tensor([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]])
    torch.testing.assert_close(F.nll_loss(p, torch.tensor([0, 2])), torch.tensor(-(0.7 + 0.1) / 2))


def test_all_ignored():
    """If every target equals ignore_index, the mean is NaN and its gradient 0; the sum over a count of at least 1 is 0."""
    assert F.cross_entropy(torch.ones(2, 3), torch.tensor([-100, -100])).isnan()
    assert F.cross_entropy(torch.ones(2, 3), torch.tensor([7, 7]), ignore_index=7).isnan()
    one = F.cross_entropy(torch.ones(2, 3), torch.tensor([-100, 2]))
    assert abs(one - math.log(3)) < 1e-6
    logits, y = torch.ones(2, 3, requires_grad=True), torch.tensor([-100, -100])
    F.cross_entropy(logits, y).backward()
    assert not logits.grad.any()
    assert F.cross_entropy(logits, y, reduction="sum") / (y != -100).sum().clamp(min=1) == 0


def test_one_hot_is_not_needed(raises):
    """Without weight, indices and a float one-hot target give the same loss; an integer one-hot target raises."""
    torch.manual_seed(0)
    logits, target = torch.randn(4, 3), torch.tensor([2, 0, 1, 2])
    dense = F.one_hot(target, 3)
    torch.testing.assert_close(F.cross_entropy(logits, target), F.cross_entropy(logits, dense.float()))
    weight = torch.tensor([1.0, 2.0, 3.0])
    gap = F.cross_entropy(logits, target, weight=weight) - F.cross_entropy(logits, dense.float(), weight=weight)
    assert gap.abs() > 0.1
    with raises(RuntimeError, "Expected floating point type for target with class probabilities, got Long"):
        F.cross_entropy(logits, dense)
