"""Proofs of logsumexp."""

import math
from fractions import Fraction

import torch
import torch.nn.functional as F

TINY = 1e-10


def reference(row):
    """log(sum(exp(row))) in Python floats, around the largest."""
    top = max(row)
    return top + math.log(sum(math.exp(v - top) for v in row))


def given():
    x = torch.tensor([[1000.0, 998.0, 3.0], [-500.0, -501.0, -500.5]])
    z = torch.tensor([-150.0, 2.0, 150.0])
    return {
        "torch": torch, "F": F, "x": x, "logits": x, "z": z,
        "t": torch.tensor([TINY]), "a": torch.tensor([1000.0, -1.0]), "b": torch.tensor([999.0, 2.0]),
    }  # fmt: skip


def test_answer(answer):
    """logsumexp, log_softmax, logsigmoid, softplus, log1p, expm1 and logaddexp are right where the naive formulas are not."""
    rows = answer.x.tolist()
    torch.testing.assert_close(torch.logsumexp(answer.x, dim=1), torch.tensor([reference(r) for r in rows]))
    expected = torch.tensor([[v - reference(r) for v in r] for r in rows])
    torch.testing.assert_close(F.log_softmax(answer.logits, dim=1), expected)
    for v, below, above, plus in zip(
        answer.z.tolist(), F.logsigmoid(answer.z).tolist(), F.logsigmoid(-answer.z).tolist(), F.softplus(answer.z).tolist(), strict=True
    ):
        assert math.isclose(below, -math.log1p(math.exp(-v)), rel_tol=1e-5, abs_tol=1e-30)
        assert math.isclose(above, -math.log1p(math.exp(v)), rel_tol=1e-5, abs_tol=1e-30)
        assert math.isclose(plus, math.log1p(math.exp(v)), rel_tol=1e-5, abs_tol=1e-30)
    both = [reference(pair) for pair in zip(answer.a.tolist(), answer.b.tolist(), strict=True)]
    torch.testing.assert_close(torch.logaddexp(answer.a, answer.b), torch.tensor(both))


def test_default(default):
    """The naive formulas give inf, -inf or 0 where the functions give the number."""
    assert default.x.exp().sum(dim=1).log().tolist() == [math.inf, -math.inf]
    torch.testing.assert_close(default.x.logsumexp(dim=1), torch.tensor([reference(r) for r in default.x.tolist()]))
    assert (1 + default.t).log()[0] == 0
    torch.testing.assert_close(default.t.log1p(), torch.tensor([math.log1p(v) for v in (1e-10, 1e-3)]))


def test_sequence(sequence):
    """The product of 200 probabilities underflows to 0, its logarithm does not; the mean in log space subtracts log n."""
    assert sequence.total.exp().tolist() == [0, 0, 0]
    products = []
    for row, tokens in zip(sequence.logits.double(), sequence.tokens, strict=True):
        product = Fraction(1)
        for logits, token in zip(row, tokens.tolist(), strict=True):
            product *= Fraction((logits.exp() / logits.exp().sum())[token].item())
        products.append(product)
    mean = sum(products) / 3
    exact = math.log(mean.numerator) - math.log(mean.denominator)
    assert math.isclose(sequence.mean.item(), exact, rel_tol=1e-5)


def test_entropy(entropy):
    """p * log(p) is NaN at p = 0, while entr(p) and p * log_softmax are 0 there."""
    torch.testing.assert_close(torch.special.entr(entropy.p).sum(dim=1), -(entropy.p * entropy.log_p).sum(dim=1))
    assert (entropy.p[1] * entropy.p[1].log()).isnan().any()
    assert torch.special.entr(torch.tensor(0.0)) == 0
    thirds = torch.full((3,), 1 / 3)
    assert math.isclose(torch.special.entr(thirds).sum().item(), math.log(3), rel_tol=1e-6)


def test_right(wrong, right):
    """The gradient of logsumexp is the softmax; that of log(sum(exp)) is NaN once exp overflows."""
    assert wrong.x.grad.isnan().all() and wrong.total == math.inf
    e = math.exp(-1)
    torch.testing.assert_close(right.x.grad, torch.tensor([1 / (1 + e), e / (1 + e)]))
    x = torch.randn(4, 5, requires_grad=True)
    x.logsumexp(dim=1).sum().backward()
    torch.testing.assert_close(x.grad, x.detach().softmax(dim=1))


def test_limits_of_exp():
    """In float32, exp overflows above 88.7 and is 0 below -104; in float16 it overflows between 11 and 11.2."""
    e = torch.tensor([88.7, 88.8, -103.0, -104.0]).exp()
    assert e[0].isfinite() and e[1] == math.inf and e[2] > 0 and e[3] == 0
    half = torch.tensor([11.0, 11.2], dtype=torch.float16).exp()
    assert half[0].isfinite() and half[1] == math.inf
    assert torch.tensor([12.0, 11.0], dtype=torch.float16).logsumexp(0).isfinite()


def test_log_softmax_is_a_difference():
    """log_softmax is x minus logsumexp with keepdim, also in float64 and on other dimensions."""
    for dtype in (torch.float32, torch.float64):
        x = torch.randn(3, 4, 5, dtype=dtype) * 100
        for dim in (0, 1, -1):
            torch.testing.assert_close(x.log_softmax(dim), x - x.logsumexp(dim, keepdim=True), atol=1e-4, rtol=1e-5)


def test_running_sums():
    """logcumsumexp gives the logsumexp of each prefix."""
    x = torch.tensor([5.0, 1000.0, 999.0, -3.0])
    expected = torch.tensor([reference(x[: i + 1].tolist()) for i in range(4)])
    torch.testing.assert_close(x.logcumsumexp(dim=0), expected)


def test_an_epsilon_caps_the_loss():
    """With log(p + 1e-8) no loss exceeds 18.4, and the gradient of a confident mistake is about 0, not 1; in float16 it is -inf."""
    losses, grads = [], []
    for loss in (lambda v: -(v.softmax(0)[1] + 1e-8).log(), lambda v: -v.log_softmax(0)[1]):
        logits = torch.tensor([0.0, -60.0], requires_grad=True)
        value = loss(logits)
        value.backward()
        losses.append(value.item())
        grads.append(logits.grad[0].item())
    assert math.isclose(losses[0], -math.log(1e-8), rel_tol=1e-3) and losses[0] < 18.43
    assert losses[1] == 60
    assert abs(grads[0]) < 1e-10 and grads[1] == 1
    assert (torch.zeros((), dtype=torch.float16) + 1e-8).log() == -math.inf


def test_dim_is_needed(raises):
    """logsumexp without dim raises a TypeError; a tuple reduces several dimensions."""
    x = torch.arange(6.0).reshape(2, 3)
    old = torch.__version__ < (2, 13)
    with raises(TypeError, "logsumexp() …" if old else "missing 1 required positional arguments: \"dim\""):
        torch.logsumexp(x)
    assert math.isclose(torch.logsumexp(x, dim=(0, 1)).item(), reference([0, 1, 2, 3, 4, 5]), rel_tol=1e-6)


def test_a_row_of_minus_infinity():
    """Of -inf alone, logsumexp is -inf, log_softmax NaN, and both gradients are NaN; with the smallest finite number they are not."""
    for f, value in ((lambda v: v.logsumexp(0), "-inf"), (lambda v: v.log_softmax(0).sum(), "nan")):
        x = torch.full((3,), -math.inf, requires_grad=True)
        out = f(x)
        out.backward()
        assert str(out.item()) == value and x.grad.isnan().all()
        for row in ([torch.finfo(torch.float32).min] * 3, [-math.inf, 0.5, -math.inf]):
            y = torch.tensor(row, requires_grad=True)
            y.logsumexp(0).backward()
            assert y.grad.isfinite().all() and not y.detach().log_softmax(0).isnan().any()


def test_digits_that_are_gone():
    """log1p(p - 1) of a float32 p = 1 + 1e-10 is 0."""
    p = 1 + torch.tensor(TINY)
    assert torch.log1p(p - 1) == 0
    assert math.isclose(torch.log1p(torch.tensor(TINY)).item(), TINY, rel_tol=1e-6)


def test_empty():
    """logsumexp of nothing is -inf, and integers give float32."""
    assert torch.logsumexp(torch.empty(0), dim=0) == -math.inf
    out = torch.logsumexp(torch.tensor([1, 2]), dim=0)
    assert out.dtype == torch.float32 and math.isclose(out.item(), reference([1, 2]), rel_tol=1e-6)


def test_gradients_of_the_entropy():
    """At a probability of 0, entr has an infinite gradient, and NaN through softmax; at a logit of -inf, only Categorical
    has a finite one."""
    p = torch.tensor([0.0, 0.5], requires_grad=True)
    torch.special.entr(p).sum().backward()
    assert p.grad[0] == math.inf and p.grad[1].isfinite()

    def of_entr(x):
        return torch.special.entr(x.softmax(dim=0)).sum()

    def of_logs(x):
        return -(x.softmax(dim=0) * x.log_softmax(dim=0)).sum()

    def of_class(x):
        return torch.distributions.Categorical(logits=x).entropy()

    for last, finite in (-200.0, [False, True, True]), (-math.inf, [False, False, True]):
        for entropy, is_finite in zip((of_entr, of_logs, of_class), finite, strict=True):
            x = torch.tensor([0.0, 1.0, last], requires_grad=True)
            value = entropy(x)
            value.backward()
            assert x.grad.isfinite().all() == is_finite
            if is_finite:
                p = 1 / (1 + math.e)
                expected = -(p * math.log(p) + (1 - p) * math.log(1 - p))
                assert math.isclose(value.item(), expected, rel_tol=1e-5)
                assert math.isclose(x.grad[0].item(), -p * (math.log(p) + expected), rel_tol=1e-4)
