"""Proofs of grad-clip."""

import math
import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    return {
        "nn": nn,
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "loss": 100 * model(torch.arange(12.0).view(4, 3)).square().mean(),
    }


def total(parameters):
    return math.sqrt(sum(g * g for p in parameters for g in p.grad.flatten().tolist()))


def leaves(*gradients):
    parameters = []
    for values in gradients:
        p = nn.Parameter(torch.zeros(len(values)))
        p.grad = torch.tensor(values)
        parameters.append(p)
    return parameters


def test_answer(answer):
    """clip_grad_norm_ returns the norm before clipping and leaves gradients of total norm max_norm."""
    assert answer.norm > 100
    assert abs(total(answer.model.parameters()) - 1) < 1e-4


def test_default(default):
    """SGD's step after clipping has the length of the learning rate times max_norm."""
    torch.manual_seed(0)
    start = nn.Linear(3, 2)
    x, y = 100 * torch.randn(8, 3), torch.randn(8, 2)
    residual = 2 * (start(x) - y).detach() / 16  # the gradient of the mean of squares, by hand
    by_hand = torch.cat([(residual.T @ x).flatten(), residual.sum(dim=0)])
    after = torch.cat([p.grad.flatten() for p in default.model.parameters()])
    torch.testing.assert_close(after, 2 * by_hand / by_hand.norm())
    moved = torch.cat([(a - b).flatten() for a, b in zip(default.model.parameters(), start.parameters(), strict=True)])
    torch.testing.assert_close(moved, -0.1 * after, atol=1e-6, rtol=1e-4)


def test_one_factor_for_all():
    """Above max_norm, every gradient is multiplied by max_norm / norm; below it, none changes."""
    parameters = leaves([3.0, 0.0], [0.0, -4.0, 12.0])  # norm 13
    norm = nn.utils.clip_grad_norm_(parameters, max_norm=6.5)
    assert norm == 13
    torch.testing.assert_close(parameters[0].grad, torch.tensor([1.5, 0.0]))
    torch.testing.assert_close(parameters[1].grad, torch.tensor([0.0, -2.0, 6.0]))
    parameters = leaves([3.0, 0.0], [0.0, -4.0, 12.0])
    nn.utils.clip_grad_norm_(parameters, max_norm=14.0)
    assert [p.grad.tolist() for p in parameters] == [[3, 0], [0, -4, 12]]


def test_get_total_norm_only_measures():
    """get_total_norm returns the norm of a list of tensors and leaves them as they are."""
    grads = [torch.tensor([3.0]), torch.tensor([0.0, -4.0, 12.0])]
    assert nn.utils.get_total_norm(grads) == 13
    assert [g.tolist() for g in grads] == [[3], [0, -4, 12]]


def test_adam_cancels_a_factor():
    """Ten times smaller gradients make SGD's steps ten times smaller and leave Adam's the same."""

    def path(kind, factor):
        w = nn.Parameter(torch.ones(3))
        optimizer = kind([w], lr=0.01)
        for step in range(1, 6):
            w.grad = factor * torch.tensor([1.0, -2.0, 3.0]) * step
            optimizer.step()
        return (w - 1).detach()

    torch.testing.assert_close(path(torch.optim.SGD, 0.1), 0.1 * path(torch.optim.SGD, 1.0))
    torch.testing.assert_close(path(torch.optim.Adam, 0.1), path(torch.optim.Adam, 1.0))


def test_by_value(by_value):
    """clip_grad_value_ clamps each element to [-clip_value, clip_value], which changes the direction."""
    torch.testing.assert_close(by_value.w.grad, torch.tensor([0.3, -0.5, 0.5]))
    dot = 0.3 * 0.3 + 0.5 * 4 + 0.5 * 40
    lengths = math.sqrt(0.3**2 + 4**2 + 40**2) * math.sqrt(0.3**2 + 2 * 0.5**2)
    assert abs(by_value.cosine.item() - dot / lengths) < 1e-5


def test_amp(amp):
    """After unscale_ the norm is that of the gradients themselves."""
    by_hand = math.sqrt(2 * (3 * 0.75**2 + 0.5**2))  # d(mean)/dw = 1.5 / 2, d(mean)/dbias = 1 / 2
    assert abs(amp.norm.item() - by_hand) < 0.005
    assert abs(total(amp.model.parameters()) - 1) < 1e-3


def test_without_unscale_little_is_left():
    """GradScaler starts at 65536; clipping scaled gradients leaves max_norm / 65536 after unscaling."""
    w = nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([w], lr=1.0)
    scaler = torch.amp.GradScaler("cpu")
    assert scaler.get_scale() == 65536
    scaler.scale((w * torch.tensor([3.0, 4.0])).sum()).backward()
    nn.utils.clip_grad_norm_([w], max_norm=1.0)
    scaler.step(optimizer)
    assert abs(w.detach().norm().item() * 65536 - 1) < 1e-3


def test_adam_hides_a_missing_unscale():
    """Without unscale_, a step of SGD is 65536 times smaller, and one of Adam hardly changes for few parameters; for a
    million of them the gradients come near its eps, and the step shrinks to less than two thirds."""
    for kind, factor in (torch.optim.SGD, 65536), (torch.optim.Adam, 1):
        steps = []
        for unscale in True, False:
            w = nn.Parameter(torch.zeros(2))
            optimizer, scaler = kind([w], lr=0.1), torch.amp.GradScaler("cpu")
            scaler.scale((w * torch.tensor([3.0, 4.0])).sum()).backward()
            if unscale:
                scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_([w], max_norm=1.0)
            scaler.step(optimizer)
            steps.append(w.detach().norm())
        torch.testing.assert_close(steps[0], steps[1] * factor, rtol=0.01, atol=0)
    w = nn.Parameter(torch.zeros(1_000_000))
    w.grad = torch.full_like(w, 1e-3 / 65536)  # what clipping to a norm of 1 leaves, unscaled
    torch.optim.Adam([w], lr=0.1).step()
    assert 0.055 < w.abs().max() < 0.066

def test_clipping_elsewhere_does_nothing():
    """Clipping between zero_grad() and backward(), or after step(), leaves the step as it would be without clipping."""

    def step(before=False, after=False):
        w = nn.Parameter(torch.zeros(2))
        optimizer = torch.optim.SGD([w], lr=1.0)
        if before:
            assert nn.utils.clip_grad_norm_([w], max_norm=1.0) == 0
        (w * torch.tensor([3.0, 4.0])).sum().backward()
        optimizer.step()
        if after:
            nn.utils.clip_grad_norm_([w], max_norm=1.0)
        return w.tolist()

    assert step() == step(before=True) == step(after=True) == [-3, -4]


def test_finite_gradients_may_overflow(raises):
    """The norm of finite float16 gradients can overflow to Inf; clipping then sets them to 0, or raises on demand."""
    (p,) = leaves([3000.0] * 1000)
    p.data, p.grad = p.data.half(), p.grad.half()
    with raises(RuntimeError, "is non-finite, so it cannot be clipped"):
        nn.utils.clip_grad_norm_([p], max_norm=1.0, error_if_nonfinite=True)
    assert p.grad.isfinite().all()
    assert nn.utils.clip_grad_norm_([p], max_norm=1.0) == math.inf
    assert not p.grad.any()


def test_nan_and_inf_spread():
    """One NaN turns all gradients into NaN; one Inf becomes NaN and turns the others into 0."""
    (p, q) = leaves([math.nan, 2.0], [3.0])
    nn.utils.clip_grad_norm_([p, q], max_norm=1.0)
    assert p.grad.isnan().all() and q.grad.isnan().all()
    (p, q) = leaves([math.inf, 2.0], [3.0])
    nn.utils.clip_grad_norm_([p, q], max_norm=1.0)
    assert p.grad[0].isnan() and p.grad[1] == 0 and q.grad == 0


def test_error_if_nonfinite(raises):
    """error_if_nonfinite=True raises for NaN and Inf; GradScaler skips such a step by itself."""
    for bad in math.nan, math.inf:
        with raises(RuntimeError, "The total norm of order 2.0 for gradients from `parameters` is non-finite"):
            nn.utils.clip_grad_norm_(leaves([bad, 1.0]), max_norm=1.0, error_if_nonfinite=True)
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=1.0)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale((w * torch.tensor([math.inf, 1.0])).sum()).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_([w], max_norm=1.0)
    scaler.step(optimizer)
    assert w.tolist() == [1, 1]


def test_a_used_up_generator_clips_nothing():
    """A generator that the optimizer has used up clips nothing, and PyTorch warns since 2.8; parameters() called again clips.
    A generator that selects nothing does the same."""
    model = nn.Linear(3, 2)
    parameters = model.parameters()
    torch.optim.SGD(parameters, lr=0.1)
    (100 * model(torch.ones(4, 3))).sum().backward()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert nn.utils.clip_grad_norm_(parameters, max_norm=1.0) == 0
    if torch.__version__ >= (2, 8):
        assert "empty generator" in str(caught[0].message)
    assert total(model.parameters()) > 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        none = (p for p in model.parameters() if not p.requires_grad)
        assert nn.utils.clip_grad_norm_(none, max_norm=1.0) == 0
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    assert abs(total(model.parameters()) - 1) < 1e-4
