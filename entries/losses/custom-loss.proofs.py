"""Proofs of custom-loss."""

import math
import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model, x = nn.Linear(3, 2), torch.randn(5, 3)
    errors = torch.linspace(-0.002, 0.003, 10).reshape(5, 2)  # as small as the constant under the root
    return {"model": model, "x": x, "y": model(x).detach() - errors}


def test_answer(answer):
    """A function of tensors is a loss: autograd fills the gradients of the model."""
    diffs = (answer.model(answer.x) - answer.y).flatten().tolist()
    assert math.isclose(answer.loss.item(), sum(math.sqrt(d * d + 1e-6) for d in diffs) / 10, rel_tol=1e-3)
    slopes = torch.tensor([d / math.sqrt(d * d + 1e-6) / 10 for d in diffs]).reshape(5, 2)
    torch.testing.assert_close(answer.model.weight.grad, slopes.T @ answer.x, rtol=1e-2, atol=1e-4)


def test_default(default):
    """Training with the Charbonnier loss finds the weights that made the data."""
    torch.testing.assert_close(default.model.weight.detach(), torch.tensor([[2.0, -1.0, 0.5]]), atol=0.05, rtol=0)
    near = default.charbonnier(torch.tensor([0.0, 3.0]), torch.tensor([0.0, 7.0]))
    assert math.isclose(near.item(), (0.001 + math.sqrt(16 + 1e-6)) / 2, rel_tol=1e-6)


def test_soft_iou(soft_iou):
    """Soft IoU divides the sum of p * t by the sum of p + t - p * t, and every pixel gets a gradient."""
    p = [1 / (1 + math.exp(-v)) for v in soft_iou.logits.flatten().tolist()]
    t = soft_iou.mask.flatten().tolist()
    both = sum(a * b for a, b in zip(p, t, strict=True))
    either = sum(a + b - a * b for a, b in zip(p, t, strict=True))
    assert math.isclose(soft_iou.loss.item(), 1 - (both + 1) / (either + 1), rel_tol=1e-5)
    assert ((soft_iou.logits.grad < 0) == soft_iou.mask.bool()).all()
    two = torch.cat([soft_iou.logits.detach(), 9 * soft_iou.mask - 4.5])
    one = [soft_iou.soft_iou_loss(z[None], soft_iou.mask).item() for z in two]
    assert math.isclose(soft_iou.soft_iou_loss(two, soft_iou.mask.repeat(2, 1, 1)).item(), sum(one) / 2, rel_tol=1e-5)


def test_module(module):
    """The learned variance of a Gaussian loss becomes the mean squared error."""
    best = (1.0 + 0.0 + 9.0) / 3
    assert math.isclose(module.criterion.log_var.exp().item(), best, rel_tol=1e-4)
    nll = nn.functional.gaussian_nll_loss(module.pred, module.target, torch.full((3,), best))
    torch.testing.assert_close(module.loss.detach(), nll)
    assert module.optimizer.param_groups[0]["lr"] == 0.5
    fresh = module.GaussianLoss()
    assert fresh.log_var.item() == 0.5


def test_gradcheck(gradcheck, raises):
    """gradcheck returns True for a right gradient and raises for a cut graph."""
    assert gradcheck.pred.grad is None and gradcheck.pred.dtype == gradcheck.target.dtype == torch.float64
    assert gradcheck.pred.shape == gradcheck.target.shape == (4, 3)
    near = gradcheck.charbonnier(torch.tensor([0.0, 3.0]), torch.tensor([0.0, 7.0]))
    assert math.isclose(near.item(), (0.001 + math.sqrt(16 + 1e-6)) / 2, rel_tol=1e-6)
    with raises(RuntimeError, "Jacobian mismatch"):
        torch.autograd.gradcheck(lambda p: (p * p.detach()).sum(), (gradcheck.pred,))


def test_right(right):
    """The gradient of the mean absolute error is the sign divided by the count."""
    torch.testing.assert_close(right.pred.grad, torch.tensor([1.0, -1.0, -1.0]) / 3)
    torch.testing.assert_close(right.loss.detach(), torch.tensor((1 + 1 + 2) / 3))


def test_what_cuts_the_graph(raises):
    """item(), float(), and math.sqrt() return numbers, detach() and torch.tensor() tensors without a graph, and numpy() raises."""
    loss = torch.tensor([1.0, 2.0], requires_grad=True).sum()
    assert isinstance(loss.item(), float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copies = [loss.detach(), torch.tensor(loss)]
        assert isinstance(float(loss), float) and isinstance(math.sqrt(loss), float)
    for copy in copies:
        with raises(RuntimeError, "element 0 of tensors does not require grad"):
            copy.backward()
    with raises(RuntimeError, "Can't call numpy() on Tensor that requires grad"):
        loss.numpy()


def test_argmax_and_comparisons_have_no_gradient():
    """The results of argmax and of comparisons do not require a gradient."""
    x = torch.tensor([0.3, 0.7], requires_grad=True)
    assert not x.argmax().requires_grad and not (x > 0.5).float().mean().requires_grad


def test_parameters_of_the_loss_need_the_optimizer():
    """A parameter of the loss stays put unless the optimizer holds it."""
    scale, model = nn.Parameter(torch.tensor(2.0)), nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    (scale * model(torch.ones(2, 3))).sum().backward()
    optimizer.step()
    assert scale.item() == 2 and scale.grad is not None


def test_root_at_zero():
    """The gradient of the root of a sum of squares is NaN at 0, but finite with a constant or with vector_norm."""
    for length, expected in (
        (lambda d: d.square().sum().sqrt(), math.nan),
        (lambda d: (d.square().sum() + 1e-6).sqrt(), 0.0),
        (torch.linalg.vector_norm, 0.0),
    ):
        d = torch.zeros(3, requires_grad=True)
        length(d).backward()
        torch.testing.assert_close(d.grad, torch.full((3,), expected), equal_nan=True)


def test_where_with_an_infinite_slope():
    """where passes NaN from a branch it did not take, unless the input of that branch was made safe first."""
    for root, expected in (
        (lambda x: torch.where(x > 0, x.sqrt(), 0.0), math.nan),
        (lambda x: torch.where(x > 0, torch.where(x > 0, x, 1.0).sqrt(), 0.0), 0.0),
    ):
        x = torch.tensor([0.0, 4.0], requires_grad=True)
        y = root(x)
        assert y.tolist() == [0, 2]
        y.sum().backward()
        torch.testing.assert_close(x.grad, torch.tensor([expected, 0.25]), equal_nan=True)


def test_round_has_a_zero_gradient():
    """The gradient of round is 0 everywhere, and nothing raises."""
    x = torch.tensor([0.2, 0.5, 1.7, -3.0], requires_grad=True)
    x.round().sum().backward()
    assert x.grad.tolist() == [0] * 4


def test_sums_grow_with_the_batch():
    """Repeating the batch doubles the gradient of a sum and leaves that of a mean alone."""
    grads = {}
    for name in "sum", "mean":
        for times in 1, 2:
            w = torch.tensor([1.0, -2.0], requires_grad=True)
            x = torch.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, 4.0]]).repeat(times, 1)
            getattr((x @ w).square(), name)().backward()
            grads[name, times] = w.grad
    torch.testing.assert_close(grads["sum", 2], 2 * grads["sum", 1])
    torch.testing.assert_close(grads["mean", 2], grads["mean", 1])


def test_a_count_has_no_gradient(raises):
    """The number of wrong predictions is an int after item(), and has no graph before."""
    logits = torch.tensor([[0.2, 1.0], [3.0, 0.5]], requires_grad=True)
    wrong = (logits.argmax(1) != torch.tensor([1, 1])).sum()
    with raises(AttributeError, "'int' object has no attribute 'backward'"):
        wrong.item().backward()
    assert not wrong.requires_grad
