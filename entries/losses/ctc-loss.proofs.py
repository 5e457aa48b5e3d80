"""Proofs of ctc-loss."""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import nn


def collapse(path, blank=0):
    """Merge repeats, then drop blanks."""
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def by_paths(log_probs, target, blank=0):
    """Minus the log of the summed probability of all paths that spell the target; log_probs is (T, C)."""
    rows = log_probs.tolist()
    total = 0.0
    for path in itertools.product(range(len(rows[0])), repeat=len(rows)):
        if collapse(path, blank) == target:
            total += math.exp(sum(row[symbol] for row, symbol in zip(rows, path, strict=True)))
    return -math.log(total) if total else math.inf


def batch():
    torch.manual_seed(0)
    return torch.randn(6, 2, 4).log_softmax(2), torch.tensor([[1, 2, 2], [3, 1, 0]])


def given():
    torch.manual_seed(0)
    return {
        "nn": nn,
        "model": nn.Linear(5, 4),
        "x": torch.randn(2, 6, 5),
        "y": torch.tensor([[1, 2, 2], [3, 1, 0]]),
        "input_lengths": torch.tensor([6, 5]),
        "target_lengths": torch.tensor([3, 2]),
    }


def test_answer(answer):
    """The loss is minus the log-probability of all alignments, each divided by its target length, averaged."""
    rows = answer.model(answer.x).log_softmax(2)
    first, second = by_paths(rows[0], [1, 2, 2]), by_paths(rows[1, :5], [3, 1])
    torch.testing.assert_close(answer.loss.item(), (first / 3 + second / 2) / 2, rtol=1e-4, atol=0)
    tight = answer.criterion(answer.log_probs[:3], answer.y, torch.tensor([3, 3]), torch.tensor([3, 3]))
    assert tight.isfinite()
    other = answer.criterion(answer.log_probs, answer.y.roll(1, 0), answer.input_lengths, torch.tensor([2, 3]))
    torch.testing.assert_close(other.item(), (by_paths(rows[0], [3, 1]) / 2 + by_paths(rows[1, :5], [1, 2, 2]) / 3) / 2, rtol=1e-4, atol=0)


def test_default(default):
    """Training lowers the loss."""
    fresh = F.ctc_loss(torch.zeros(12, 2, 4).log_softmax(2), default.y, default.input_lengths, default.target_lengths)
    assert default.loss < fresh / 2
    assert default.log_probs.shape == (12, 2, 4) and default.model.out_features == 4
    assert default.criterion.blank == 0 and default.criterion.zero_infinity


def test_reductions():
    """reduction="none" gives each loss undivided, "sum" their sum."""
    log_probs, y = batch()
    each = F.ctc_loss(log_probs, y, [6, 5], [3, 2], reduction="none")
    expected = [by_paths(log_probs[:, 0], [1, 2, 2]), by_paths(log_probs[:5, 1], [3, 1])]
    torch.testing.assert_close(each, torch.tensor(expected), rtol=1e-4, atol=0)
    torch.testing.assert_close(F.ctc_loss(log_probs, y, [6, 5], [3, 2], reduction="sum"), each.sum())


def test_flat_targets():
    """All targets in one 1-D tensor give the same loss, and what pads (N, S) does not matter."""
    log_probs, y = batch()
    loss = F.ctc_loss(log_probs, y, [6, 5], [3, 2])
    torch.testing.assert_close(F.ctc_loss(log_probs, torch.tensor([1, 2, 2, 3, 1]), [6, 5], [3, 2]), loss)
    for pad in 0, 2, -1, 99:
        y[1, 2] = pad
        torch.testing.assert_close(F.ctc_loss(log_probs, y, [6, 5], [3, 2]), loss)


def test_steps_beyond():
    """Steps beyond the input length have no influence and no gradient."""
    log_probs, y = batch()
    logits = log_probs.clone().requires_grad_()
    loss = F.ctc_loss(logits.log_softmax(2), y, [6, 5], [3, 2])
    loss.backward()
    assert logits.grad[5, 1].tolist() == [0] * 4 and logits.grad[4, 1].abs().min() > 0
    log_probs[5, 1] = torch.tensor([9.0, 0, 0, 0]).log_softmax(0)
    torch.testing.assert_close(F.ctc_loss(log_probs, y, [6, 5], [3, 2]), loss.detach())


def test_decode(decode):
    """Repeats are merged before the blanks are dropped, so a blank between two equal symbols keeps both."""
    by_hand = [collapse(path[:n]) for path, n in zip(decode.best.tolist(), (8, 6), strict=True)]
    assert by_hand == [[3, 1, 1], [2, 3, 3]]
    path = decode.best[0]
    assert torch.unique_consecutive(path[path != 0]).tolist() == [3, 1]
    assert decode.symbols[decode.symbols != 0].tolist() == by_hand[1]


def test_wrong(wrong):
    """One target that does not fit makes the loss of the batch inf, and its own gradient NaN."""
    assert by_paths(torch.zeros(3, 4).log_softmax(1), [1, 2, 2]) == math.inf
    assert wrong.loss.item() == math.inf and wrong.logits.grad[:, 0].isnan().all()


def test_nan_weights():
    """Weights that the samples share then have a NaN gradient as well."""
    model = nn.Linear(2, 4)
    F.ctc_loss(model(torch.ones(3, 2, 2)).log_softmax(2), torch.tensor([[1, 2, 2], [1, 2, 3]]), [3, 3], [3, 3]).backward()
    assert model.weight.grad.isnan().all()


def test_right(right):
    """zero_infinity=True sets an infinite loss and its gradient to 0, and leaves finite losses as they are."""
    torch.testing.assert_close(right.loss.item(), (0 + 3 * math.log(4) / 3) / 2, rtol=1e-5, atol=0)
    assert right.logits.grad[:, 0].abs().max() == 0 < right.logits.grad[:, 1].abs().max()
    log_probs, y = batch()
    a, b = (F.ctc_loss(log_probs, y, [6, 5], [3, 2], zero_infinity=z) for z in (True, False))
    assert a == b
    assert F.ctc_loss(log_probs[:2], y, [2, 2], [3, 3], zero_infinity=True) == 0  # nothing fits


def test_steps_needed():
    """A target needs as many steps as symbols, and one more for each pair of equal neighbors."""
    for target in [1, 2, 3], [1, 2, 2], [2, 2, 2], [1, 2, 1]:
        needed = len(target) + sum(a == b for a, b in itertools.pairwise(target))
        for steps in range(2, 7):
            loss = F.ctc_loss(torch.zeros(steps, 1, 4).log_softmax(2), torch.tensor([target]), [steps], [3])
            assert loss.isfinite().item() is (steps >= needed)


def test_raw_logits():
    """Raw logits raise nothing, and the loss can be negative."""
    torch.manual_seed(0)
    logits, y = torch.randn(6, 2, 4), torch.tensor([[1, 2, 2], [3, 1, 0]])
    assert F.ctc_loss(logits, y, [6, 5], [3, 2]) < 0 < F.ctc_loss(logits.log_softmax(2), y, [6, 5], [3, 2])


def test_time_comes_first(raises):
    """(N, T, C) raises if N and T differ; if they are equal, it gives another loss silently."""
    log_probs, y = batch()
    with raises(RuntimeError, "input_lengths must be of size batch_size"):
        F.ctc_loss(log_probs.transpose(0, 1), y, torch.tensor([6, 5]), torch.tensor([3, 2]))
    square = torch.randn(4, 4, 5).log_softmax(2)
    y = torch.tensor([[1, 2], [3, 1], [4, 4], [2, 1]])
    right, swapped = (F.ctc_loss(p, y, [4] * 4, [2] * 4) for p in (square, square.transpose(0, 1)))
    assert abs(right - swapped) > 1e-3


def test_blank_in_the_target():
    """A target that contains the blank, or a class that is not below C, gets a finite loss, though no path spells it."""
    log_probs, _ = batch()
    assert by_paths(log_probs[:, 0], [1, 0, 2]) == math.inf
    assert F.ctc_loss(log_probs[:, :1], torch.tensor([[1, 0, 2]]), [6], [3]).isfinite()
    C = log_probs.size(2)
    F.ctc_loss(log_probs[:, :1], torch.tensor([[1, C, 2]]), [6], [3])  # reads beyond the row


def test_another_blank():
    """blank= makes another class the blank."""
    log_probs, _ = batch()
    loss = F.ctc_loss(log_probs[:, :1], torch.tensor([[0, 2]]), [6], [2], blank=3, reduction="none")
    torch.testing.assert_close(loss.item(), by_paths(log_probs[:, 0], [0, 2], blank=3), rtol=1e-4, atol=0)


def test_float_only(raises):
    """On a CPU, ctc_loss takes float32 and float64; float16 and bfloat16 raise."""
    log_probs, y = batch()
    for dtype, name in (torch.float16, "Half"), (torch.bfloat16, "BFloat16"):
        with raises(RuntimeError, f"\"ctc_loss_cpu\" not implemented for '{name}'"):
            F.ctc_loss(log_probs.to(dtype), y, [6, 5], [3, 2])
    assert F.ctc_loss(log_probs.double(), y, [6, 5], [3, 2]).isfinite()
