"""Proofs of control-flow."""

import torch
from torch import nn


def given():
    return {"torch": torch}


def test_answer(answer):
    """The number of steps may change from call to call, and self.training chooses by a plain if."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.block = nn.Linear(3, 4), nn.Linear(4, 4)

        forward = answer.forward

    torch.manual_seed(0)
    model, x = Net().eval(), torch.randn(50, 3)
    h = model.first(x)
    for steps in range(4):
        torch.testing.assert_close(model(x, steps), torch.nn.functional.leaky_relu(h, 0.1))
        h = h + model.block(h).clamp(min=0)
    expected = model.eval()(x, 2)
    assert torch.equal(model(x, 2), expected)
    assert 0.01 < (model.train()(x, 2) - expected).abs().mean() < 0.2


def test_default(default):
    """A layer in a loop of three steps is applied three times, and a skipped layer has no gradient."""
    torch.manual_seed(1)
    model, x = default.Net(), torch.randn(5, 3)
    first, block, last = model.first, model.block, model.last
    h = x @ first.weight.T + first.bias
    for _ in range(3):
        h = h @ block.weight.T + block.bias
    torch.testing.assert_close(model(x, 3, last=False), h)
    torch.testing.assert_close(model(x, 3), h @ last.weight.T + last.bias)


def test_route(route):
    """Rows chosen by a mask go through their own layer; a layer without rows gets a gradient of zeros."""
    expected = torch.stack([route.experts[k](row) for k, row in zip(route.choice.tolist(), route.x, strict=True)])
    torch.testing.assert_close(route.out, expected)
    route.out.sum().backward()
    assert [bool(e.weight.grad.abs().sum() > 0) for e in route.experts] == [True, False, True, True]


def test_the_side_not_taken():
    """The side that torch.where does not take can make the gradient NaN."""
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    torch.where(x > 1, x.sqrt(), x).sum().backward()
    assert x.grad.isnan().tolist() == [True, False] and x.grad[1] == 0.25


def test_compiled(compiled):
    """torch.compile unrolls a Python loop and compiles again for another number of steps."""
    assert compiled.sizes == [2, 5]
    x = torch.tensor([0.5, -1.0])
    torch.testing.assert_close(compiled.forward(x, 2), x.sin().sin())
    config = torch._dynamo.config
    assert getattr(config, "recompile_limit", config.cache_size_limit) == 8


def test_right(right):
    """torch.where gives a sample the same result alone and in a batch."""
    x = torch.tensor([-3.0, 0.5, 0.0])
    assert right.scale(x).tolist() == [-3, 5, 0]


def test_one_if_for_the_batch(wrong):
    """With an if on the mean, the result of a sample depends on the rest of its batch."""
    assert wrong.scale(torch.tensor([-2.0, 1.0])).tolist() == [-2, 1]
    assert wrong.scale(torch.tensor([-2.0, 9.0])).tolist() == [-20, 90]


def test_the_sum_over_the_uses():
    """A layer used three times gets the sum of the gradients of its three uses."""
    w = torch.tensor(2.0, requires_grad=True)
    h = torch.tensor(5.0)
    for _ in range(3):
        h = h * w
    h.backward()
    assert w.grad.item() == 3 * 2.0**2 * 5


def test_while_and_recursion():
    """A while loop on values and recursion are differentiated along the path that ran."""
    x = torch.tensor([8.0, 4.0], requires_grad=True)
    y = x
    while y.norm() > 1:
        y = y / 2
    y.sum().backward()
    assert x.grad.tolist() == [1 / 16, 1 / 16]

    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    x = torch.tensor(3.0, requires_grad=True)
    power(x, 4).backward()
    assert x.grad.item() == 4 * 27


def test_conditions_have_no_gradient():
    """A parameter that only stands in a condition gets no gradient, and a weight of sigmoid gives it one."""
    gate, x = torch.tensor(0.3, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    (3 * x if gate > 0 else x).backward()
    assert gate.grad is None
    torch.where(gate > 0, 3 * x, x).backward()
    assert gate.grad is None
    g = gate.sigmoid()
    (g * 3 * x + (1 - g) * x).backward()
    torch.testing.assert_close(gate.grad, (g * (1 - g) * 2 * x).detach())


def test_autocast_changes_the_dtype(raises):
    """Under autocast, writing the result of a layer into rows of a float32 tensor raises until it is cast."""
    x, out, rows, expert = torch.ones(3, 3), torch.zeros(3, 2), torch.tensor([True, False, True]), nn.Linear(3, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with raises(RuntimeError, "Index put requires the source and destination dtypes match"):
            out[rows] = expert(x[rows])
        out[rows] = expert(x[rows]).to(out.dtype)
    torch.testing.assert_close(out[rows], expert(x[rows]), atol=0.02, rtol=0.02)


def test_export_keeps_the_number_of_steps(raises):
    """torch.export unrolls the loop for the example's number of steps and refuses another number."""

    class Net(nn.Module):
        def forward(self, x, steps):
            for _ in range(steps):
                x = 2 * x
            return x

    run = torch.export.export(Net(), (torch.ones(3), 3)).module()
    assert run(torch.ones(3), 3).tolist() == [8, 8, 8]
    with raises((AssertionError, RuntimeError), "Guard failed" if torch.__version__ >= (2, 9) else "Expected input at"):
        run(torch.ones(3), 4)


def test_optimizers_skip_none():
    """step() leaves a parameter alone whose layer was skipped, even with weight decay."""
    used, skipped = nn.Linear(2, 2), nn.Linear(2, 2)
    before = skipped.weight.clone()
    optimizer = torch.optim.AdamW([*used.parameters(), *skipped.parameters()], lr=0.1, weight_decay=0.5)
    used(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(skipped.weight, before)
