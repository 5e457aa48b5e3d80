"""Proofs of result-type-cast."""

import math

import torch
import torch.nn.functional as F
from torch import nn

MESSAGE = "result type Float can't be cast to the desired output type Long"


def given():
    return {
        "torch": torch,
        "F": F,
        "x": torch.tensor([3, -7, 8]),
        "scores": torch.tensor([0.5, 0.25]),
        "logits": torch.tensor([2.0, -1.0]),
        "target": torch.tensor([1, 0]),
    }


def test_answer(answer):
    """x / 2 is a new float tensor, //= stays an integer, and zeros_like(scores) takes float scores."""
    assert answer.half.tolist() == [1.5, -3.5, 4] and answer.half.dtype == torch.float32
    assert answer.x.tolist() == [3 // 2, -7 // 2, 8 // 2] and answer.x.dtype == torch.int64
    assert answer.total.tolist() == [0.5, 0.25]
    by_hand = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 2
    assert math.isclose(answer.loss, by_hand, rel_tol=1e-5)


def test_default(default):
    """A new tensor and a float tensor divided in place give the same shares."""
    torch.testing.assert_close(default.shares, torch.tensor([3 / 12, 4 / 12, 5 / 12]))
    assert torch.equal(default.x, default.shares) and default.counts.tolist() == [1, 2, 2]


def test_right(right):
    """counts / sum is float."""
    torch.testing.assert_close(right.counts, torch.tensor([0.25, 1 / 3, 5 / 12]))


def test_right_bce(right_bce):
    """With a float target, the loss is the mean of -log p at 1 and -log(1 - p) at 0."""
    p = [1 / (1 + math.exp(-z)) for z in (2, -1, 0.5)]
    assert math.isclose(right_bce.loss, -(math.log(p[0]) + math.log(1 - p[1]) + math.log(1 - p[2])) / 3, rel_tol=1e-5)


def test_in_place_and_out(raises):
    """+=, -=, *=, /=, add_, div_, and out= raise for a float result in an integer tensor."""
    x, out = torch.tensor([3, 4]), torch.zeros(2, dtype=torch.int64)
    for call in (
        lambda: x.__iadd__(0.5),
        lambda: x.__isub__(torch.ones(2)),
        lambda: x.__imul__(0.5),
        lambda: x.__itruediv__(2),
        lambda: x.add_(0.5),
        lambda: x.div_(2),
        lambda: torch.mul(torch.ones(2), 2, out=out),
    ):
        with raises(RuntimeError, MESSAGE):
            call()
    assert x.tolist() == [3, 4] and (x / 2).dtype == torch.float32


def test_what_can_be_cast(raises):
    """float64 may be written to float16; float to integer, integer to bool, and complex to float raise."""
    assert torch.can_cast(torch.float64, torch.float16)
    x = torch.ones(2, dtype=torch.float16)
    x += torch.ones(2, dtype=torch.float64)
    assert x.tolist() == [2, 2] and x.dtype == torch.float16
    for source, value, target in (
        (torch.float32, 0.5, torch.int64),
        (torch.int64, 1, torch.bool),
        (torch.complex64, 1j, torch.float32),
    ):
        assert not torch.can_cast(source, target)
        with raises(RuntimeError, "can't be cast to the desired output type"):
            torch.ones(2, dtype=target).add_(value)


def test_result_type():
    """result_type is the dtype of the sum of its arguments."""
    for a, b in (torch.tensor([1]), 0.5), (torch.tensor([1]), 2), (torch.tensor([1.0]), torch.tensor([2], dtype=torch.float64)):
        assert torch.result_type(a, b) == (a + b).dtype


def test_bce_loss(raises):
    """BCEWithLogitsLoss and its function raise the message for an integer target."""
    for loss in nn.BCEWithLogitsLoss(), F.binary_cross_entropy_with_logits:
        with raises(RuntimeError, MESSAGE):
            loss(torch.zeros(2), torch.tensor([1, 0]))


def test_assignment_truncates():
    """An assignment, fill_, masked_fill_, and copy_ write 0.7 to an integer tensor as 0 without an error."""
    x, y, z = torch.tensor([3, 4]), torch.tensor([3, 4]), torch.tensor([3, 4])
    x[0] = 0.7
    y.fill_(0.7)
    z.copy_(torch.tensor([0.7, 1.7]))
    assert (x.tolist(), y.tolist(), z.tolist()) == ([0, 4], [0, 0], [0, 1])
    assert torch.tensor([3, 4]).masked_fill_(torch.tensor([True, False]), 0.7).tolist() == [0, 4]


def test_integers_by_accident():
    """full with 0, arange(3), and tensor([1, 2]) are int64; with 0.0 or dtype=, they are float."""
    for x in torch.full((3,), 0), torch.arange(3), torch.tensor([1, 2]):
        assert x.dtype == torch.int64
    for x in torch.full((3,), 0.0), torch.arange(3, dtype=torch.float32), torch.tensor([1.0, 2]):
        assert x.dtype == torch.float32


def test_floor_division():
    """//= rounds down like Python, and rounding_mode='trunc' rounds toward zero."""
    x, y = torch.tensor([7, -7]), torch.tensor([7, -7])
    x //= 2
    y.div_(2, rounding_mode="trunc")
    assert x.tolist() == [7 // 2, -7 // 2] == [3, -4] and y.tolist() == [3, -3]


def test_an_average_over_the_state_dict(raises):
    """An EMA over state_dict() raises at num_batches_tracked of BatchNorm, and works for the floating-point entries."""
    model, ema = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2).state_dict()
    model(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        for name, v in model.state_dict().items():
            ema[name].mul_(0.9).add_(v, alpha=0.1)
    ema = torch.nn.BatchNorm1d(2).state_dict()
    for name, v in model.state_dict().items():
        if v.is_floating_point():
            ema[name].mul_(0.9).add_(v, alpha=0.1)
        else:
            ema[name].copy_(v)
    torch.testing.assert_close(ema["running_mean"], 0.1 * model.running_mean)
    assert ema["num_batches_tracked"] == 1


def test_dropout_of_integers(raises):
    """dropout of an integer tensor raises the message, too, and takes a float one."""
    with raises(RuntimeError, MESSAGE):
        F.dropout(torch.tensor([1, 2]))
    assert F.dropout(torch.tensor([1, 2]).float(), p=0.0).tolist() == [1, 2]
