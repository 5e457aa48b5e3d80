"""Proofs of sigmoid."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"torch": torch, "F": F, "logits": torch.tensor([-3.0, -0.1, 0.2, 2.0, 40.0])}


def by_hand(x):
    return 1 / (1 + math.exp(-x))


def test_answer(answer):
    """sigmoid is 1 / (1 + e^-x), logsigmoid its logarithm, and logit its inverse."""
    values = answer.logits.tolist()
    torch.testing.assert_close(answer.p, torch.tensor([by_hand(v) for v in values]))
    assert answer.positive.tolist() == [False, False, True, True, True]
    torch.testing.assert_close(answer.log_p, torch.tensor([-math.log1p(math.exp(-v)) for v in values]))
    torch.testing.assert_close(answer.log_not_p, torch.tensor([-math.log1p(math.exp(v)) for v in values]))
    torch.testing.assert_close(answer.back[:4], answer.logits[:4])
    assert math.isclose(answer.back[4].item(), math.log((1 - 1e-6) / 1e-6), rel_tol=0.01)


def test_default(default):
    """The slope of sigmoid is p * (1 - p)."""
    p = [by_hand(v) for v in default.logits.tolist()]
    torch.testing.assert_close(default.p.detach(), torch.tensor(p))
    torch.testing.assert_close(default.logits.grad, torch.tensor([v * (1 - v) for v in p]))
    assert torch.equal(nn.Sigmoid()(default.logits), default.logits.sigmoid())


def test_two_classes():
    """softmax([0, x])[1] is sigmoid(x)."""
    for x in (-3.0, 0.5, 2.0):
        assert math.isclose(torch.tensor([0.0, x]).softmax(dim=0)[1].item(), torch.tensor(x).sigmoid().item(), rel_tol=1e-5)


def test_threshold(threshold):
    """A probability above t is a logit above log(t / (1 - t))."""
    assert [by_hand(v) > 0.7 for v in threshold.logits.tolist()] == [False, False, True, True]


def test_bias(bias):
    """logit(p) as the bias of a layer with zero weights makes it predict p; it is log(p / (1 - p))."""
    assert math.isclose(bias.head.bias.item(), math.log(0.02 / 0.98), rel_tol=1e-5)


def test_wrong(wrong):
    """The float32 sigmoid of 20 is exactly 1, so log(1 - p) is -inf."""
    assert wrong.x.sigmoid()[0] == 1 and wrong.log_not_p[0] == -math.inf


def test_right(right):
    """logsigmoid(-x) is log(1 - p) also where p is rounded to 1."""
    torch.testing.assert_close(right.log_not_p, torch.tensor([-math.log1p(math.exp(v)) for v in (20, 2)]))


def test_where_it_is_exactly_one():
    """sigmoid is exactly 1 from about 17 in float32, 8.3 in float16, and 6.3 in bfloat16, and not yet half below."""
    for dtype, x in ((torch.float32, 17), (torch.float16, 8.35), (torch.bfloat16, 6.3)):
        assert torch.sigmoid(torch.tensor(float(x), dtype=dtype)) == 1
        assert torch.sigmoid(torch.tensor(x - 0.5, dtype=dtype)) < 1


def test_slope_is_at_most_a_quarter():
    """The slope of sigmoid is at most 0.25, so the gradient through ten of them shrinks by at least 0.25 ** 10."""
    x = torch.linspace(-8, 8, 161, requires_grad=True)
    x.sigmoid().sum().backward()
    assert x.grad.max() == 0.25 == x.grad[80]
    start = torch.tensor(0.3, requires_grad=True)
    y = start
    for _ in range(10):
        y = y.sigmoid()
    y.backward()
    assert 0 < start.grad <= 0.25**10


def test_sigmoid_twice():
    """After a sigmoid, binary_cross_entropy_with_logits cannot fall below log(1 + 1 / e) = 0.313."""
    perfect = torch.tensor([50.0])
    twice = F.binary_cross_entropy_with_logits(perfect.sigmoid(), torch.ones(1))
    assert math.isclose(twice.item(), math.log(1 + math.exp(-1)), rel_tol=1e-5) and twice > 0.31
    assert F.binary_cross_entropy_with_logits(-perfect.sigmoid(), torch.zeros(1)) > 0.31
    assert F.binary_cross_entropy_with_logits(perfect.neg().sigmoid(), torch.zeros(1)) > 0.31
    assert F.binary_cross_entropy_with_logits(perfect, torch.ones(1)) < 1e-6


def test_large_logits_tie():
    """Logits of 20 and 30 both become exactly 1, and argmax of the probabilities takes the first."""
    logits = torch.tensor([20.0, 30.0])
    assert logits.sigmoid().tolist() == [1, 1]
    assert (logits.argmax(), logits.sigmoid().argmax()) == (1, 0)


def test_outputs_do_not_add_up():
    """The sigmoids of several logits do not add up to 1; their softmax does."""
    logits = torch.tensor([[2.0, 1.0, 0.5]])
    assert logits.sigmoid().sum() > 2
    torch.testing.assert_close(logits.softmax(dim=1).sum(), torch.tensor(1.0))


def test_logit_at_the_edges():
    """logit is inf at 1, -inf at 0, NaN outside; eps clamps to [eps, 1 - eps], which includes 1 in 16 bits for 1e-6."""
    assert torch.logit(torch.tensor([1.0, 0.0])).tolist() == [math.inf, -math.inf]
    assert torch.logit(torch.tensor([-0.1, 1.2])).isnan().all()
    limit = math.log(0.999 / 0.001)
    clamped = torch.logit(torch.tensor([-0.1, 0.0, 1.0, 1.2]), eps=1e-3)
    torch.testing.assert_close(clamped, torch.tensor([-limit, -limit, limit, limit]), rtol=1e-4, atol=0)
    for dtype in torch.float16, torch.bfloat16:
        assert torch.logit(torch.tensor(1.0, dtype=dtype), eps=1e-6) == math.inf


def test_positive_without_rounding():
    """logits > 0 means p > 0.5, also where a 16-bit p rounds to 0.5."""
    x = torch.tensor([0.001, 0.5, -0.001], dtype=torch.bfloat16)
    assert (x > 0).tolist() == (x.double().sigmoid() > 0.5).tolist() == [True, True, False]
    assert (x.sigmoid() > 0.5).tolist() == [False, True, False]
