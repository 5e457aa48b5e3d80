"""Proofs of custom-optimizer."""

import copy

import torch
from torch import nn


def given():
    return {"torch": torch}


def test_answer(answer):
    """The optimizer steps like torch.optim.SGD, with a learning rate per group, and skips parameters without a gradient."""
    torch.manual_seed(0)
    a = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Linear(2, 9))
    b = copy.deepcopy(a)
    x = torch.randn(5, 3)
    steps = []
    for model, cls, extra in (a, answer.MySGD, {}), (b, torch.optim.SGD, {"lr": 0.1}):
        optimizer = cls([{"params": model[0].parameters(), "lr": 0.02}, {"params": model[2:].parameters()}], **extra)
        for _ in range(3):
            optimizer.zero_grad()
            model[:3](x).square().sum().backward()  # the last layer gets no gradient
            optimizer.step()
        steps.append(optimizer)
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_default(default):
    """v = beta * v + grad, then w = w - lr * v, is what torch.optim.SGD does with momentum."""
    for beta in 0.9, 0.5:
        w, q, unused = (nn.Parameter(torch.tensor([3.0, -2.0])) for _ in range(3))
        mine = default.Momentum([unused, w], lr=0.05, beta=beta) if beta != 0.9 else default.Momentum([unused, w], lr=0.05)
        reference = torch.optim.SGD([q], lr=0.05, momentum=beta)
        for _ in range(3):
            for p, optimizer in (w, mine), (q, reference):
                optimizer.zero_grad()
                p.square().sum().backward()
                optimizer.step()
        torch.testing.assert_close(w, q)
    assert default.Momentum([nn.Parameter(torch.ones(1))]).defaults["lr"] == 0.1


def test_closure(closure):
    """A closure called under enable_grad computes gradients inside step, which returns its loss."""
    assert closure.w.item() == 3.0 - 0.25 * 2 * 3.0
    w = nn.Parameter(torch.tensor([3.0]))
    optimizer = closure.SGD([w])
    assert optimizer.step() is None and w.item() == 3.0
    assert optimizer.defaults["lr"] == 0.1


def test_right(right):
    """Under no_grad, an in-place update changes the parameter, which stays a leaf that requires a gradient."""
    torch.testing.assert_close(right.w.detach(), torch.tensor([3.0 - 0.1 * 6, -2.0 + 0.1 * 4]))
    assert right.w.is_leaf and right.w.requires_grad


def test_assignment_changes_nothing():
    """p = p - lr * p.grad leaves the parameter of the model as it was."""
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    model(torch.ones(3, 2)).sum().backward()
    with torch.no_grad():
        for p in model.parameters():
            p = p - 0.1 * p.grad
    assert torch.equal(model.weight, before)


def test_scheduler_writes_the_group():
    """A scheduler changes group["lr"] and leaves an attribute of the optimizer alone."""

    class Own(torch.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})
            self.lr = lr

        def step(self):
            pass

    optimizer = Own([nn.Parameter(torch.ones(1))], lr=0.8)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.4 and optimizer.lr == 0.8


def test_state_is_saved(default):
    """state_dict() saves what stands in self.state[p], not other attributes, and load_state_dict() restores it."""
    w = nn.Parameter(torch.tensor([3.0, -2.0]))
    optimizer = default.Momentum([w])
    optimizer.mine = [torch.ones(2)]
    w.sum().backward()
    optimizer.step()
    saved = optimizer.state_dict()
    assert set(saved) == {"state", "param_groups"}
    assert saved["state"][0]["v"].tolist() == [1.0, 1.0]
    other = default.Momentum([w])
    other.load_state_dict(saved)
    assert other.state[w]["v"].tolist() == [1.0, 1.0]


def test_loading_casts_the_state(default):
    """load_state_dict() casts the tensors of the state to the dtype of the parameter, except "step", and no Python number."""
    w = nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    optimizer = default.Momentum([w])
    optimizer.state[w] = {"v": torch.ones(2, dtype=torch.float32), "index": torch.tensor([1, 0])}
    other = default.Momentum([w])
    other.load_state_dict(optimizer.state_dict())
    assert {other.state[w][name].dtype for name in ("v", "index")} == {torch.bfloat16}
    optimizer.state[w]["step"], optimizer.state[w]["n"] = torch.tensor(300), 300
    other.load_state_dict(optimizer.state_dict())
    assert other.state[w]["step"].dtype == torch.int64 and torch.tensor(256, dtype=torch.bfloat16) + 1 == 256
    assert type(other.state[w]["n"]) is int and other.state[w]["n"] == 300


def test_store_a_copy_of_the_gradient():
    """A stored p.grad is the gradient itself and changes when backward() adds to it."""
    w = nn.Parameter(torch.ones(2))
    w.sum().backward()
    stored, kept = w.grad, w.grad.clone()
    w.sum().backward()
    assert stored.tolist() == [2.0, 2.0] and kept.tolist() == [1.0, 1.0]


def test_step_must_be_written(raises):
    """An optimizer without a step of its own raises NotImplementedError in step()."""

    class Own(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

    with raises(NotImplementedError):
        Own([nn.Parameter(torch.ones(1))]).step()


def test_without_super_init(raises):
    """Without super().__init__ there are no param_groups."""

    class Own(torch.optim.Optimizer):
        def __init__(self, params):
            self.params = list(params)

    with raises(AttributeError, "param_groups"):
        Own([nn.Parameter(torch.ones(1))]).param_groups


def test_closure_needs_grad(raises):
    """A closure called under no_grad without enable_grad raises in backward()."""
    w = nn.Parameter(torch.ones(2))
    with torch.no_grad(), raises(RuntimeError, "does not require grad"):
        w.sum().backward()
