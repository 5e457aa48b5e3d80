"""Proofs of bce-with-logits."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "model": nn.Linear(4, 3), "x": torch.randn(5, 4), "y": torch.randn(5, 3) > 0}


def bce(logits, targets):
    """By hand: a one costs log(1 + e^-z), a zero log(1 + e^z), and between them it is a mixture."""
    costs = [
        y * math.log1p(math.exp(-z)) + (1 - y) * math.log1p(math.exp(z))
        for z, y in zip(logits.flatten().tolist(), targets.flatten().tolist(), strict=True)
    ]
    return sum(costs) / len(costs)


def test_answer(answer):
    """BCEWithLogitsLoss is the mean over all elements, and logits > 0 means a probability above 0.5."""
    assert math.isclose(answer.loss.item(), bce(answer.logits, answer.y.float()), rel_tol=1e-5)
    assert torch.equal(answer.predicted, answer.probability > 0.5)
    expected = [[1 / (1 + math.exp(-z)) for z in row] for row in answer.logits.tolist()]
    torch.testing.assert_close(answer.probability, torch.tensor(expected))


def test_default(default):
    """One logit per label, (N, C), answers C yes/no questions at once."""
    assert math.isclose(default.loss.item(), bce(default.logits, default.y.float()), rel_tol=1e-5)
    assert default.loss < 0.15
    for row, labels in zip(default.x.tolist(), default.y.tolist(), strict=True):
        assert labels == [row[c] > row[c + 1] for c in range(3)]


def test_one_output(one_output):
    """squeeze(1) gives the logits of one output the shape (N,) of the labels."""
    assert one_output.logits.shape == one_output.y.shape == (5,)
    assert math.isclose(one_output.loss.item(), bce(one_output.logits, one_output.y.float()), rel_tol=1e-5)


def test_soft_targets():
    """Targets between 0 and 1 are allowed."""
    logits, target = torch.tensor([0.5, -2.0, 3.0]), torch.tensor([0.1, 0.5, 0.9])
    assert math.isclose(F.binary_cross_entropy_with_logits(logits, target).item(), bce(logits, target), rel_tol=1e-5)


def test_same_as_bce_loss():
    """For moderate logits, BCELoss after a sigmoid gives the same number."""
    logits, target = torch.linspace(-9, 9, 19), torch.arange(19) % 2 * 1.0
    torch.testing.assert_close(
        nn.BCELoss()(logits.sigmoid(), target), nn.BCEWithLogitsLoss()(logits, target), rtol=1e-4, atol=1e-5
    )


def test_wrong(wrong):
    """If the target is 0 and the sigmoid is exactly 1, BCELoss returns 100 with a gradient of 0."""
    assert wrong.loss[0] == 100 and wrong.logits.grad[0] == 0
    assert math.isclose(wrong.loss[1].item(), math.log1p(math.exp(-2)), rel_tol=1e-5)


def test_right(right):
    """The gradient of the logits version is the probability minus the target, for large logits as well."""
    assert right.loss[0] == 20
    torch.testing.assert_close(right.logits.grad, torch.tensor([1.0, 1 / (1 + math.exp(2))]))


def test_sigmoid_of_17():
    """The sigmoid is exactly 1 from a logit of 17 on in float32, and from 6.25 on in bfloat16."""
    assert torch.tensor([17.0, 18.0, 50.0]).sigmoid().tolist() == [1, 1, 1]
    assert torch.tensor(16.0).sigmoid() < 1
    low = torch.tensor([6.0, 6.25, 7.0], dtype=torch.bfloat16)
    assert (low.sigmoid() == 1).tolist() == [False, True, True]


def test_cpu_autocast():
    """In CPU autocast, BCELoss runs on a bfloat16 sigmoid, where it can lose the gradient; the logits version keeps it."""
    x, layer, target = torch.tensor([[10.0]]), nn.Linear(1, 1), torch.zeros(1, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)  # so the logit is 10, and badly wrong
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(x)
        assert logits.dtype == logits.sigmoid().dtype == torch.bfloat16
        bad, good = nn.BCELoss()(logits.sigmoid(), target), nn.BCEWithLogitsLoss()(logits, target)
    assert bad.item() == 100 and torch.autograd.grad(bad, layer.weight, retain_graph=True)[0].item() == 0
    assert good.dtype == torch.float32 and abs(torch.autograd.grad(good, layer.weight)[0].item() - 10) < 0.1


def test_positive_logit_is_a_probability_above_a_half():
    """logits > 0 means a probability above 0.5, also where the sigmoid rounds to 0.5."""
    tiny = torch.tensor(1e-9)
    assert tiny > 0 and tiny.sigmoid() == 0.5 and tiny.double().sigmoid() > 0.5


def test_sigmoid_twice(wrong_twice):
    """With a second sigmoid, a positive costs at least log(1 + 1/e) = 0.313, a negative at least log(2) = 0.693."""
    surest = wrong_twice.criterion(torch.tensor([1e4, -1e4]).sigmoid(), wrong_twice.target)
    torch.testing.assert_close(surest, torch.tensor([math.log1p(1 / math.e), math.log(2)]))
    assert bool((wrong_twice.loss > surest).all())
    assert [round(v, 3) for v in surest.tolist()] == [0.313, 0.693]


def test_right_twice(right_twice):
    """Without it, a sure and right output costs almost nothing."""
    torch.testing.assert_close(right_twice.loss, torch.full((2,), math.log1p(math.exp(-9))))
    assert right_twice.output.tolist() == [9, -9]


def test_shape_and_dtype(raises):
    """Logits (N, 1) against targets (N,) raise, and so do integer and bool targets."""
    with raises(ValueError, "Target size (torch.Size([3])) must be the same as input size (torch.Size([3, 1]))"):
        F.binary_cross_entropy_with_logits(torch.zeros(3, 1), torch.zeros(3))
    for dtype in (torch.int64, torch.int32, torch.uint8, torch.bool):
        with raises(RuntimeError):
            F.binary_cross_entropy_with_logits(torch.zeros(3), torch.zeros(3, dtype=dtype))


def test_targets_are_not_checked(raises):
    """A target of 2 can make the loss negative; BCELoss raises instead."""
    loss = F.binary_cross_entropy_with_logits(torch.tensor([9.0]), torch.tensor([2.0]))
    assert math.isclose(loss.item(), math.log1p(math.exp(9)) - 2 * 9, rel_tol=1e-5) and loss < 0
    with raises(RuntimeError, "all elements of target should be between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([0.9]), torch.tensor([2.0]))


def test_found_dtype(raises):
    """BCELoss raises at once for a target of another type, huber_loss in backward(); target.to(pred.dtype) mends both."""
    for dtype, name in ((torch.int64, "Long"), (torch.float64, "Double"), (torch.bool, "Bool")):
        with raises(RuntimeError, f"Found dtype {name} but expected Float"):
            F.binary_cross_entropy(torch.tensor([0.9]), torch.ones(1, dtype=dtype))
        mended = F.binary_cross_entropy(torch.tensor([0.9]), torch.ones(1, dtype=dtype).to(torch.float32))
        assert math.isclose(mended.item(), -math.log(0.9), rel_tol=1e-5)
    pred = torch.tensor([0.5], requires_grad=True)
    loss = F.huber_loss(pred, torch.ones(1).double())
    with raises(RuntimeError, "Found dtype Double but expected Float"):
        loss.backward()
    target = torch.ones(1).double()
    F.huber_loss(pred, target.to(pred.dtype)).backward()
    assert pred.grad.item() == -0.5
