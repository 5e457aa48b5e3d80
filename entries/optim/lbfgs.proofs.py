"""Proofs of lbfgs."""

import torch
import torch.nn.functional as F
from torch import nn

WOLFE = {"line_search_fn": "strong_wolfe"}


def minimize(function, start, steps=1, clear=True, **options):
    """The losses that step() returned, how often the closure ran in each step, and where it ended."""
    w = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], **options)
    counts = []

    def closure():
        counts[-1] += 1
        if clear:
            optimizer.zero_grad()
        loss = function(w)
        loss.backward()
        return loss

    losses = []
    for _ in range(steps):
        counts.append(0)
        losses.append(optimizer.step(closure).item())
    return losses, counts, w.detach()


def given():
    torch.manual_seed(0)
    x = torch.randn(30, 3)
    return {
        "torch": torch,
        "model": nn.Linear(3, 1),
        "criterion": nn.MSELoss(),
        "x": x,
        "y": x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 3,
    }


def test_answer(answer):
    """One step on linear regression finds the solution of least squares."""
    solution = torch.linalg.lstsq(torch.cat([answer.x, torch.ones(30, 1)], 1), answer.y).solution
    torch.testing.assert_close(answer.model.weight.detach(), solution[:3].T, atol=1e-3, rtol=0)
    torch.testing.assert_close(answer.model.bias.detach(), solution[3], atol=1e-3, rtol=0)
    assert answer.loss > 1
    assert answer.optimizer.defaults["line_search_fn"] == "strong_wolfe"


def test_default(default):
    """Three steps fit a cubic with a mean square error below 0.01."""
    assert F.mse_loss(default.model(default.x), default.y) < 0.01
    assert default.x.shape == (40, 1) and default.model[0].out_features == 16


def test_minimize(minimize):
    """It finds the minimum of the Rosenbrock function at (1, 1), in fewer calls than gradient descent needs steps."""
    torch.testing.assert_close(minimize.w.detach(), torch.ones(2), atol=1e-3, rtol=0)
    w = torch.tensor([-1.5, 2.0], requires_grad=True)
    for _ in range(len(minimize.calls) * 10):
        (g,) = torch.autograd.grad((1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2, w)
        w = (w - 1e-3 * g).detach().requires_grad_()
    assert (w - 1).abs().max() > 0.1


def test_logistic(logistic):
    """At the result, the gradient of the penalized loss is almost zero, by the formula."""
    weight, bias = logistic.model.weight[0].detach(), logistic.model.bias.detach()
    error = torch.sigmoid(logistic.x @ weight + bias) - logistic.y
    gradient = logistic.x.T @ error / 200 + 2e-3 * weight
    assert gradient.abs().max() < 1e-3 and error.mean().abs() < 1e-3
    assert logistic.x.shape == (200, 3)
    assert logistic.optimizer.defaults["line_search_fn"] == "strong_wolfe"


def test_right(right):
    """It finds the minimum of a parabola in one step."""
    torch.testing.assert_close(right.w.item(), 1.0, atol=1e-3, rtol=0)


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def test_calls_per_step():
    """A step makes up to 20 iterations and up to 25 calls of the closure, with a line search a few more here."""
    defaults = torch.optim.LBFGS([torch.ones(1, requires_grad=True)]).defaults
    assert defaults["max_iter"] == 20 and defaults["max_eval"] == 25 and defaults["history_size"] == 100
    _, plain, _ = minimize(rosenbrock, [-1.5, 2.0])
    _, wolfe, _ = minimize(rosenbrock, [-1.5, 2.0], **WOLFE)
    assert 1 < plain[0] <= 25 and 20 <= wolfe[0] <= 25 + 5


def test_returns_the_first_loss():
    """step() returns the loss of the first call, before the parameters move."""
    losses, _, w = minimize(rosenbrock, [-1.5, 2.0], steps=3, **WOLFE)
    assert losses[0] == rosenbrock(torch.tensor([-1.5, 2.0])).item() == 12.5
    assert losses[0] > losses[1] > losses[2] >= rosenbrock(w).item()


def test_uphill():
    """Without a line search, a step can raise the loss tenfold; with strong_wolfe it falls."""
    function = lambda w: w.cosh().log().sum()  # noqa: E731
    plain, _, _ = minimize(function, [3.0], steps=2)
    wolfe, _, _ = minimize(function, [3.0], steps=2, **WOLFE)
    assert plain[1] > 10 * plain[0]
    assert wolfe[1] < 1e-3 * wolfe[0]


def test_closure_without_zero_grad():
    """Without zero_grad() in the closure, the result is far from the minimum, and nothing raises."""
    bowl = lambda w: (w[0] ** 2 + 50 * w[1] ** 2) / 2  # noqa: E731
    for function, start, options in ((bowl, [3.0, 2.0], {}), (rosenbrock, [-1.5, 2.0], WOLFE)):
        _, _, good = minimize(function, start, steps=3, **options)
        _, _, bad = minimize(function, start, steps=3, clear=False, **options)
        assert function(good) < 1e-6 and not function(bad) < 1e-2


def test_noise():
    """With another batch in each call of the closure, the result is far worse than with one batch for all calls."""
    torch.manual_seed(0)
    x = torch.randn(256, 4)
    y = (x @ torch.tensor([1.0, -2.0, 0.5, 3.0])).tanh()
    loss = lambda w, rows: F.mse_loss((x[rows] @ w).tanh(), y[rows])  # noqa: E731
    every = torch.arange(256)
    _, _, fixed = minimize(lambda w: loss(w, every), [0.0] * 4, steps=5, **WOLFE)
    _, _, noisy = minimize(lambda w: loss(w, torch.randint(256, (8,))), [0.0] * 4, steps=5, **WOLFE)
    assert loss(fixed, every) < 1e-6 and not loss(noisy, every) < 100 * loss(fixed, every)


def test_no_groups(raises):
    """Parameter groups raise a ValueError, and weight_decay is not an argument."""
    one, two = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    with raises(ValueError, "LBFGS doesn't support per-parameter options (parameter groups)"):
        torch.optim.LBFGS([{"params": [one]}, {"params": [two]}])
    with raises(TypeError, "weight_decay"):
        torch.optim.LBFGS([one], weight_decay=0.1)


def test_memory():
    """The state holds two vectors of all parameters for each step of the history."""
    w, goal = torch.zeros(1000, requires_grad=True), torch.linspace(-2, 2, 1000)
    optimizer = torch.optim.LBFGS([w], history_size=10)

    def closure():
        optimizer.zero_grad()
        loss = (w - goal).pow(4).sum()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    state = optimizer.state[w]
    assert sum(v.numel() for key in ("old_dirs", "old_stps") for v in state[key]) == 2 * 10 * 1000


def test_the_line_search_makes_steps_longer_too():
    """With a tiny lr, strong_wolfe lengthens the steps and finds the minimum; without it, the weights are still far away."""
    bowl = lambda w: w.square().sum()  # noqa: E731
    _, _, plain = minimize(bowl, [3.0, 2.0], steps=3, lr=1e-3)
    _, _, wolfe = minimize(bowl, [3.0, 2.0], steps=3, lr=1e-3, **WOLFE)
    assert bowl(plain) > 10 and bowl(wolfe) < 1e-4
