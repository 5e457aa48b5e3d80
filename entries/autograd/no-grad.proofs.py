"""Proofs of no-grad."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Dropout(0.5))
    loader = [(torch.randn(4, 3), torch.zeros(4)), (torch.randn(2, 3), torch.zeros(2))]
    return {"torch": torch, "model": model, "loader": loader, "device": "cpu", "mean": torch.zeros(5)}


def test_answer(answer):
    """In eval mode under no_grad, a model leaves its running statistics alone and returns tensors without a graph."""
    assert answer.logits.shape == (2, 5)
    assert answer.logits.grad_fn is None and not answer.logits.requires_grad
    assert torch.equal(answer.model[1].running_mean, answer.mean)
    linear = answer.model[0]
    torch.testing.assert_close(answer.logits, linear(answer.x).detach() / (1 + 1e-5) ** 0.5)
    assert answer.model.training and torch.is_grad_enabled()


def saved(model, x):
    """How many tensors a forward pass saves for backward()."""
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda box: box):
        model(x)
    return len(kept)


def test_activations_are_not_kept():
    """A forward pass saves tensors for backward(), and under no_grad or inference_mode none."""
    model, x = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), torch.ones(1, 3)
    assert saved(model, x) >= 3
    with torch.no_grad():
        assert saved(model, x) == 0
    with torch.inference_mode():
        assert saved(model, x) == 0


def test_default(default):
    """Validation in eval mode under no_grad counts the same predictions that a recorded pass makes."""
    x, y = default.data.tensors
    rows = default.model.eval()(x).tolist()
    assert default.right == sum(row.index(max(row)) == y for row, y in zip(rows, y.tolist(), strict=True))
    assert len(default.data) == 10 and default.logits.shape == (4, 4)


def test_decorator(decorator):
    """A decorated function runs in inference mode each time it is called."""
    assert not torch.is_inference_mode_enabled()
    p = decorator.predict(torch.full((5, 3), 2.0))
    assert p.is_inference() and p.shape == (5, 2)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(5))
    assert not decorator.model.training


def test_switches(switches):
    """no_grad, inference_mode, and set_grad_enabled(False) do not record, and enable_grad records within no_grad."""
    recorded = [name for name, result in switches.results.items() if result.requires_grad]
    assert recorded == ["recorded", "enable_grad"]
    assert [name for name, result in switches.results.items() if result.is_inference()] == ["inference"]
    assert all(result.tolist() == [4.0, 9.0] for result in switches.results.values())


def test_enable_grad_within_inference_mode():
    """Within inference_mode, enable_grad does not record."""
    w = torch.ones(2, requires_grad=True)
    with torch.inference_mode(), torch.enable_grad():
        assert not (w * w).requires_grad


def test_no_grad_results_train(switches):
    """A result of no_grad may be saved for backward later."""
    scale = torch.ones(2, requires_grad=True)
    (switches.results["no_grad"] * scale).sum().backward()
    assert scale.grad.tolist() == [4.0, 9.0] and switches.w.grad is None


def test_version_counters(raises):
    """Tensors of inference_mode have no version counter; those of no_grad have one."""
    with torch.no_grad():
        assert torch.ones(2).add_(1)._version == 1
    with torch.inference_mode():
        x = torch.ones(2).add_(1)
    with raises(RuntimeError, "Inference tensors do not track version counter"):
        x._version  # noqa: B018


def test_view_tracking():
    """A slice made under no_grad knows its base; one made in inference_mode does not."""
    with torch.no_grad():
        x = torch.ones(3)
        assert x[1:]._base is x
    with torch.inference_mode():
        assert torch.ones(3)[1:]._base is None


def test_freeze(freeze):
    """A frozen layer gets no gradient and passes the gradient on to the layers before it."""
    assert not freeze.frozen.weight.requires_grad
    assert freeze.frozen.weight.grad is None and freeze.frozen.bias.grad is None
    torch.testing.assert_close(freeze.first.weight.grad, freeze.frozen.weight.T @ freeze.x)


def test_an_old_gradient_still_moves_frozen_weights():
    """A parameter frozen with a .grad is still moved by optimizer.step(); after zero_grad() it stays."""
    layer = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    before = layer.bias.item()
    layer(torch.ones(1, 2)).sum().backward()
    layer.requires_grad_(False)
    optimizer.step()
    assert abs(layer.bias.item() - (before - 0.5)) < 1e-6
    optimizer.zero_grad()
    moved = layer.bias.item()
    optimizer.step()
    assert layer.bias.item() == moved


def test_freezing_leaves_batch_norm_alone():
    """A frozen BatchNorm still updates its running mean in training mode."""
    norm = nn.BatchNorm1d(1).requires_grad_(False)
    norm(torch.tensor([[1.0], [5.0]]))
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.3]))


def test_update(update, raises):
    """Changing a leaf that requires grad in place raises while autograd records, and works under no_grad."""
    assert update.w.tolist() == [2.0 - 0.25 * 4, 3.0 - 0.25 * 6] and update.w.requires_grad
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation"):
        update.w -= 0.25


def test_right(right):
    """A loss that was recorded gives gradients."""
    assert right.w.grad.tolist() == [2 * 2.0, 2 * 3.0]


def test_right_inference(right_inference):
    """A head can be trained on features made under no_grad, and the backbone gets no gradient."""
    assert not right_inference.features.requires_grad
    torch.testing.assert_close(right_inference.head.weight.grad, right_inference.features.sum(dim=0, keepdim=True))
    assert right_inference.backbone.weight.grad is None


def test_layers_stay_in_train_mode():
    """Under no_grad and inference_mode, Dropout drops and BatchNorm updates its running mean until eval()."""
    torch.manual_seed(0)
    x = torch.tensor([[1.0], [5.0]])
    for switch in torch.no_grad, torch.inference_mode:
        norm, drop = nn.BatchNorm1d(1), nn.Dropout(0.5)
        with switch():
            norm(x)
            assert (drop(torch.ones(1000)) == 0).sum() > 300
        torch.testing.assert_close(norm.running_mean, torch.tensor([0.3]))  # a tenth of the mean
        norm.eval(), drop.eval()
        norm(x)
        torch.testing.assert_close(norm.running_mean, torch.tensor([0.3]))
        assert (drop(torch.ones(1000)) == 1).all()


def test_inference_tensors(raises):
    """A tensor of inference_mode raises when it is saved for backward or changed in place outside; a clone made outside does not."""
    with torch.inference_mode():
        x = torch.tensor([2.0, 5.0])
    w = torch.ones(2, requires_grad=True)
    with raises(RuntimeError, "Inference tensors cannot be saved for backward"):
        (x * w).sum()
    with raises(RuntimeError, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed"):
        x.requires_grad_()
    assert x.clone().requires_grad_().requires_grad
    with torch.inference_mode():
        inside = x.clone()
    assert inside.is_inference() and not x.clone().is_inference()  # clone outside
    copy = x.clone()
    copy += 1
    with raises(RuntimeError, "Inplace update to inference tensor outside InferenceMode is not allowed"):
        x += 1
    (copy * w).sum().backward()
    assert w.grad.tolist() == [3.0, 6.0]


def test_a_model_made_in_inference_mode(raises):
    """SGD cannot update a model created in inference_mode; a model created under no_grad, it can."""
    with torch.inference_mode():
        model = nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    with raises(RuntimeError, "Inplace update to inference tensor outside InferenceMode is not allowed"):
        torch.optim.SGD(model.parameters(), lr=0.5).step()
    with torch.no_grad():
        model = nn.Linear(2, 1)
    before = model.bias.item()
    model(torch.ones(1, 2)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    assert abs(model.bias.item() - (before - 0.5)) < 1e-6


def test_a_model_moved_in_inference_mode():
    """A model that changes dtype or device in inference_mode has inference tensors as parameters."""
    model = nn.Linear(2, 1)
    with torch.inference_mode():
        model.to(torch.float64)
    assert model.weight.is_inference()


def test_train_switches_every_layer():
    """model.train() after the evaluation also switches a layer that was kept in eval mode."""
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    model[1].eval()
    model.eval()
    model.train()
    assert model[1].training


def test_only_leaves_can_be_switched(raises):
    """requires_grad_(False) raises on a tensor with a graph, requires_grad_(True) does not; detach() has no graph."""
    assert (torch.ones(2, requires_grad=True) * 2).requires_grad_(True).requires_grad
    w = torch.ones(2, requires_grad=True)
    with raises(RuntimeError, "you can only change requires_grad flags of leaf variables"):
        (w * 2).requires_grad_(False)
    assert not (w * 2).detach().requires_grad
    assert not w.requires_grad_(False).requires_grad


def test_parentheses(raises):
    """with torch.no_grad: raises TypeError; as a decorator, no_grad works with parentheses and without."""
    with raises(TypeError, "does not support the context manager protocol"):
        with torch.no_grad:
            pass
    w = torch.ones(2, requires_grad=True)
    for decorate in torch.no_grad, torch.no_grad(), torch.inference_mode, torch.inference_mode():
        assert not decorate(lambda: w * 2)().requires_grad


def test_a_running_total_of_inference_mode(raises):
    """Outside, total /= n raises for a total of inference_mode, and total / n works."""
    with torch.inference_mode():
        total = torch.tensor(6.0) + 3
    assert (total / 3).item() == 3
    with raises(RuntimeError, "Inplace update to inference tensor outside InferenceMode is not allowed"):
        total /= 3


def test_flags_of_results(raises):
    """requires_grad = True raises for a result; detach().requires_grad_() gives a new leaf, and retain_grad() its gradient."""
    x = torch.tensor([2.0], requires_grad=True)
    y = 3 * x
    with raises(RuntimeError, "you can only change requires_grad flags of leaf variables"):
        y.requires_grad = True
    assert y.detach().requires_grad_().is_leaf
    y.retain_grad()
    y.square().sum().backward()
    assert y.grad.item() == 12


def test_a_parametrized_weight(raises):
    """The weight of a layer with weight_norm is a result and cannot be switched off; requires_grad_ of the layer freezes it."""
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    with raises(RuntimeError, "you can only change requires_grad flags of leaf variables"):
        layer.weight.requires_grad_(False)
    layer.requires_grad_(False)
    assert not layer(torch.ones(1, 2)).requires_grad


def test_views_of_inference_mode(raises):
    """A view taken in inference_mode of a tensor with a graph cannot be changed outside; its clone() can, and so can a view
    that is taken outside, also after a change of its base."""

    def both():
        h = torch.ones(3, requires_grad=True) * 2
        with torch.inference_mode():
            return h, h[:2]

    h, part = both()
    with raises(RuntimeError, "A view was created in inference mode and is being modified inplace"):
        part.mul_(3)
    h, part = both()
    assert part.clone().mul_(3).tolist() == h[:2].mul_(3).tolist() == [6, 6]
    with torch.inference_mode():
        assert both()[1].mul_(3).tolist() == [6, 6]
    h, part = both()
    h.mul_(3)
    with raises(RuntimeError, "A view was created in inference mode and its base or another view of its base has been"):
        part + 1
    assert (h[:2] + 1).tolist() == [7, 7]


def test_no_version_in_inference_mode(raises):
    """A tensor made in inference_mode has no _version; its clone() outside and one made under no_grad have."""
    with torch.inference_mode():
        x = torch.ones(2)
    with raises(RuntimeError, "Inference tensors do not track version counter"):
        x._version
    with torch.no_grad():
        y = torch.ones(2)
    for tensor in x.clone(), y:
        before = tensor._version
        tensor.add_(1)
        assert tensor._version == before + 1
