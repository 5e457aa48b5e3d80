"""Proofs of functional-call."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, stack_module_state, vmap


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    grads = {name: torch.randn_like(p) for name, p in model.named_parameters()}
    return {
        "model": model,
        "lr": 0.5,
        "grads": grads,
        "x": torch.randn(4, 3),
        "models": [nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval() for _ in range(5)],
    }


def test_answer(answer):
    """functional_call computes with the given tensors; stacked parameters run all models on the same input."""
    weight = answer.model.weight - 0.5 * answer.grads["weight"]
    bias = answer.model.bias - 0.5 * answer.grads["bias"]
    torch.testing.assert_close(answer.out, answer.x @ weight.T + bias)
    (grad,) = torch.autograd.grad(answer.out.sum(), answer.model.weight)
    torch.testing.assert_close(grad, answer.x.sum(0).expand(2, 3))
    assert answer.outs.shape == (5, 4, 2)
    for out, model in zip(answer.outs, answer.models, strict=True):
        torch.testing.assert_close(out, model(answer.x))


def test_default(default):
    """The model keeps its weights, and gradients reach them through the new ones."""
    torch.manual_seed(0)
    assert torch.equal(default.model.weight, nn.Linear(3, 1).weight)
    assert torch.equal(default.model.weight.grad, default.x)
    difference = (default.noisy["weight"] - default.model.weight).detach()
    assert 0 < difference.abs().max() < 0.5


def test_maml(maml):
    """The outer steps are those of gradient descent on the loss after the inner step, by the formula."""
    x, xt = maml.x[:, 0], maml.xt[:, 0]
    torch.manual_seed(0)
    fresh = nn.Linear(1, 1)
    w, b = (p.detach().flatten().requires_grad_() for p in fresh.parameters())
    for _ in range(31):
        total = 0
        for slope in 1.0, 3.0:
            error = w * x + b - slope * x
            new_w, new_b = w - 0.2 * 2 * (error * x).mean(), b - 0.2 * 2 * error.mean()
            total += (new_w * xt + new_b - slope * xt).square().mean()
        dw, db = torch.autograd.grad(total, (w, b))
        w, b = ((v - 0.1 * d).detach().requires_grad_() for v, d in ((w, dw), (b, db)))
    torch.testing.assert_close(maml.total, total)
    torch.testing.assert_close(maml.model.weight[0], w)


def test_train_many(train_many):
    """Each of the stacked models takes its own steps of SGD; the result is the weights of the data."""
    goal = torch.tensor([[1.0, 2.0, -1.0]])
    torch.testing.assert_close(train_many.params["weight"].detach(), goal.expand(4, 1, 3), atol=1e-3, rtol=0)
    assert train_many.out.shape == (4, 30, 1)
    torch.manual_seed(0)
    starts = [nn.Linear(3, 1) for _ in range(4)]
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(starts, train_many.models, strict=True))


def test_same_as_alone():
    """One step of SGD on stacked models is one step of each model alone."""
    torch.manual_seed(0)
    models, x = [nn.Linear(3, 2) for _ in range(3)], torch.randn(7, 3)
    params, buffers = stack_module_state(models)
    call = lambda p, b, x: functional_call(models[0], (p, b), (x,))  # noqa: E731
    vmap(call, (0, 0, None))(params, buffers, x).square().mean(dim=(1, 2)).sum().backward()
    for i, model in enumerate(models):
        model(x).square().mean().backward()
        torch.testing.assert_close(params["weight"].grad[i], model.weight.grad)


def test_layers_under_vmap(raises):
    """Under vmap, dropout raises without randomness="different", and LSTM, GRU, and RNN raise in 2.13; a convolution runs."""
    x = torch.randn(4, 1, 3)

    def run(make, x, **options):
        models = [make() for _ in range(3)]
        call = lambda p, b: functional_call(models[0], (p, b), (x,))  # noqa: E731
        return vmap(call, **options)(*stack_module_state(models))

    dropout = lambda: nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))  # noqa: E731
    with raises(RuntimeError, "called random operation while in randomness error mode"):
        run(dropout, x)
    assert run(dropout, x, randomness="different").shape == (3, 4, 1, 2)
    assert run(lambda: nn.Conv1d(1, 2, 2), x).shape == (3, 4, 2, 2)
    if torch.__version__.startswith("2.13."):
        for kind in nn.LSTM, nn.GRU, nn.RNN:
            with raises(RuntimeError, "Batching rule not implemented for aten::"):
                run(lambda kind=kind: kind(3, 2), x)


def test_wrong(wrong, right):
    """The tensors of state_dict() are detached; those of named_parameters() have a gradient."""
    assert not any(p.requires_grad for p in wrong.params.values())
    right.out.sum().backward()
    assert right.model.weight.grad.tolist() == [[2, 2, 2]]


def test_names_are_not_checked(raises):
    """An unknown name is ignored, a missing one keeps the model's tensor, strict=True raises for both; an unknown submodule raises."""
    model, x = nn.Linear(3, 1), torch.ones(2, 3)
    assert torch.equal(functional_call(model, {"wieght": torch.zeros(1, 3)}, (x,)), model(x))
    out = functional_call(model, {"weight": torch.zeros(1, 3)}, (x,))
    assert torch.equal(out, model.bias.expand(2, 1))
    for names in ["wieght"], ["weight"], ["weight", "bias", "more"]:
        with raises(RuntimeError, "Error(s) in reparametrizing for Linear"):
            functional_call(model, {name: torch.zeros(1, 3) for name in names}, (x,), strict=True)
    with raises(AttributeError, "has no attribute `module`"):
        functional_call(model, {"module.weight": torch.zeros(1, 3)}, (x,))
    whole = {"weight": torch.zeros(1, 3), "bias": torch.ones(1)}
    assert functional_call(model, whole, (x,), strict=True).tolist() == [[1], [1]]


def test_strict_wants_buffers(raises):
    """strict=True wants the buffers as well."""
    model, x = nn.BatchNorm1d(3), torch.randn(4, 3)
    params, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    with raises(RuntimeError, "Missing key(s): 'num_batches_tracked', 'running_mean', 'running_var'"):
        functional_call(model, params, (x,), strict=True)
    assert functional_call(model, (params, buffers), (x,), strict=True).shape == (4, 3)


def test_batch_norm():
    """In training mode, the running statistics of the model change, or those of the buffers that were passed."""
    model, x = nn.BatchNorm1d(3), torch.randn(4, 3) + 5
    params = dict(model.named_parameters())
    functional_call(model, params, (x,))
    assert model.num_batches_tracked == 1 and model.running_mean.min() > 0
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    functional_call(model, (params, buffers), (x,))
    assert model.num_batches_tracked == 1 and buffers["num_batches_tracked"] == 2


def test_stacked_are_copies():
    """Stacked parameters are leaves of their own; a model gets its row with load_state_dict."""
    models = [nn.Linear(3, 2) for _ in range(4)]
    before = copy.deepcopy(models[1].weight)
    params, _ = stack_module_state(models)
    assert params["weight"].is_leaf and params["weight"].requires_grad and params["weight"].shape == (4, 2, 3)
    with torch.no_grad():
        params["weight"] += 1
    assert torch.equal(models[1].weight, before)
    models[1].load_state_dict({name: p[1] for name, p in params.items()})
    assert torch.equal(models[1].weight, before + 1)


def test_arguments():
    """One tensor may stand without a tuple; keyword arguments come in a dict after the tuple."""
    class Scale(nn.Linear):
        def forward(self, x, by=1.0):
            return super().forward(x) * by

    model, x = Scale(3, 2), torch.randn(4, 3)
    params = dict(model.named_parameters())
    expected = F.linear(x, model.weight, model.bias)
    assert torch.equal(functional_call(model, params, x), expected)
    for args in ((x, 2.0), None), ((x,), {"by": 2.0}), ((), {"x": x, "by": 2.0}):
        assert torch.equal(functional_call(model, params, *args), 2 * expected)


def test_weights_come_back(raises):
    """After an error, the model has its own weights again."""
    model = nn.Linear(3, 1)
    before = model.weight
    with raises(RuntimeError):
        functional_call(model, {"weight": torch.zeros(1, 7)}, (torch.ones(2, 3),))
    assert model.weight is before


def test_one_class(raises):
    """Models of other classes or modes cannot be stacked."""
    with raises(RuntimeError, "Expected all models to be of the same class"):
        stack_module_state([nn.Linear(3, 2), nn.Conv2d(1, 1, 1)])
    with raises(RuntimeError, "Expected all models to have the same training/eval mode"):
        stack_module_state([nn.Linear(3, 2), nn.Linear(3, 2).eval()])
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        stack_module_state([nn.Linear(3, 2), nn.Linear(3, 4)])
