"""Proofs of zero-grad."""

import weakref

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    return {
        "model": model,
        "start": model.weight.detach().clone(),
        "loader": [(torch.randn(4, 3), torch.randn(4, 1)), (torch.randn(5, 3), torch.randn(5, 1))],
        "criterion": nn.MSELoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
    }


def descend(weight, bias, batches, lr):
    """Gradient descent on the mean squared error, by the formula."""
    for x, y in batches:
        error = x @ weight.T + bias - y
        weight = weight - lr * 2 * (error * x).mean(dim=0, keepdim=True)
        bias = bias - lr * 2 * error.mean(dim=0)
    return weight


def test_answer(answer):
    """Each step of the loop moves the weights by the gradient of its own batch alone."""
    torch.manual_seed(0)
    fresh = nn.Linear(3, 1)
    expected = descend(fresh.weight.detach(), fresh.bias.detach(), answer.loader, 0.1)
    torch.testing.assert_close(answer.model.weight.detach(), expected)


def test_default(default):
    """Five steps on the same data are five steps of gradient descent."""
    torch.manual_seed(0)
    torch.randn(20, 3)
    fresh = nn.Linear(3, 1)
    batches = [(default.x, default.y)] * 5
    expected = descend(fresh.weight.detach(), fresh.bias.detach(), batches, 0.1)
    torch.testing.assert_close(default.model.weight.detach(), expected)


def test_wrong(wrong):
    """backward() adds the new gradient to .grad: after three times 3 it holds 9."""
    assert wrong.w.grad.item() == 9
    torch.testing.assert_close(wrong.w.item(), 1 - 0.1 * (3 + 6 + 9))


def test_right(right):
    """After zero_grad(), .grad holds the gradient of this step alone."""
    assert right.w.grad.item() == 3
    torch.testing.assert_close(right.w.item(), 1 - 0.1 * (3 + 3 + 3))


def test_whose(whose):
    """optimizer.zero_grad() clears only the parameters that it holds, model.zero_grad() those of the whole model."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model[1].parameters(), lr=0.1)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.zero_grad()
    assert [p.grad is None for p in model.parameters()] == [False, False, True, True]
    model.zero_grad()
    assert [p.grad is None for p in model.parameters()] == [True] * 4
    assert [p.grad is None for p in whose.model.parameters()] == [True] * 4


def test_any_place_before_backward():
    """zero_grad() works after step(), before the forward pass, and between the forward pass and backward() alike."""
    paths = []
    for place in ("after step", "before forward", "before backward"):
        w = nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
        for _ in range(4):
            if place == "before forward":
                optimizer.zero_grad()
            loss = (w**3).sum()
            if place == "before backward":
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if place == "after step":
                optimizer.zero_grad()
        paths.append(w.tolist())
    assert paths[0] == paths[1] == paths[2]


def test_zero_grad_before_step():
    """With zero_grad() between backward() and step(), no parameter moves, with momentum and weight decay as well."""
    for make in (
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.1),
    ):
        w = nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = make([w])
        for _ in range(3):
            (w * w).sum().backward()
            optimizer.zero_grad()
            optimizer.step()
        assert w.tolist() == [1.0, -2.0]


def test_grad_scaler_notices(raises):
    """With zero_grad() between backward() and GradScaler.step(), the latter raises."""
    w = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer, scaler = torch.optim.SGD([w], lr=0.1), torch.amp.GradScaler("cpu")
    scaler.scale((w * w).sum()).backward()
    optimizer.zero_grad()
    with raises(AssertionError, "No inf checks were recorded"):
        scaler.step(optimizer)


def test_grad_is_none(raises):
    """After zero_grad(), p.grad is None and has no norm()."""
    w = nn.Parameter(torch.ones(2))
    w.sum().backward()
    torch.optim.SGD([w], lr=0.1).zero_grad()
    with raises(AttributeError, "'NoneType' object has no attribute 'norm'"):
        w.grad.norm()


def test_none_or_zeros():
    """zero_grad() sets .grad to None and frees it; zero_grad(set_to_none=False) fills it with zeros."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0, 0]
    grad = weakref.ref(w.grad)
    optimizer.zero_grad()
    assert w.grad is None and grad() is None


def test_step_skips_none():
    """step() skips a parameter whose .grad is None, and applies weight decay and momentum where it is zeros."""
    for options in ({"momentum": 0.9}, {"weight_decay": 0.5}):
        for to_none in (True, False):
            w = nn.Parameter(torch.ones(2))
            optimizer = torch.optim.SGD([w], lr=0.1, **options)
            w.sum().backward()
            optimizer.step()
            before = w.tolist()
            optimizer.zero_grad(set_to_none=to_none)
            optimizer.step()
            assert (w.tolist() == before) is to_none


def test_who_skips_none():
    """step() leaves a parameter alone whose .grad is None, in every optimizer here but LBFGS, which moves it."""
    names = ["SGD", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "LBFGS"]
    for name in names:
        w, v = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
        optimizer = getattr(torch.optim, name)([w, v])

        def closure(use_w):
            optimizer.zero_grad()  # noqa: B023
            loss = ((w * w).sum() + 3 * (v * v).sum()) if use_w else (2 * (v * v).sum() + v.sum())  # noqa: B023
            loss.backward()
            return loss

        for use_w in True, True, False:
            before = w.tolist()
            optimizer.step(lambda use_w=use_w: closure(use_w))
        assert w.grad is None and v.grad is not None
        assert (w.tolist() != before) is (name == "LBFGS"), name


def test_accumulation():
    """Gradients of equal small batches, each loss divided by their number, add up to that of the large batch."""
    torch.manual_seed(0)
    model, x, y = nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8, 1)
    (whole,) = torch.autograd.grad(nn.functional.mse_loss(model(x), y), [model.weight])
    for small_x, small_y in zip(x.split(2), y.split(2), strict=True):
        (nn.functional.mse_loss(model(small_x), small_y) / 4).backward()
    torch.testing.assert_close(model.weight.grad, whole)
