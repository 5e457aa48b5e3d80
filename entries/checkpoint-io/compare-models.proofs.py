"""Proofs of compare-models."""

import contextlib
import copy
import io

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    return {"torch": torch, "model": model, "a": model, "b": copy.deepcopy(model), "x": torch.randn(5, 3)}


def test_answer(answer, raises):
    """Clones show what changed, and assert_close compares two state dicts and two outputs."""
    assert answer.changed == [] and list(answer.before) == list(answer.after)
    assert not answer.a.training and not answer.b.training
    with torch.no_grad():
        answer.model[0].weight[1, 2] += 2.0**-20
        answer.model[1].running_mean[3] += 1
    changed = [k for k in answer.before if not torch.equal(answer.before[k], answer.after[k])]
    assert changed == ["0.weight", "1.running_mean"]
    with raises(AssertionError, "The failure occurred for item ['0.weight']"):
        torch.testing.assert_close(answer.a.state_dict(), answer.b.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(answer.a[0].state_dict(), answer.b[0].state_dict())  # within the tolerance
    with raises(AssertionError, "not close"):
        torch.testing.assert_close(answer.a(answer.x), answer.b(answer.x))


def said(function, *models):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        function(*models)
    return printed.getvalue().splitlines()


def test_default(default):
    """A comparison by name finds the names, shapes, and values that differ, and nothing in a copy."""
    assert said(default.differences, default.model, copy.deepcopy(default.model)) == []
    a, b = nn.Linear(1, 3), nn.Linear(1, 3, bias=False)
    with torch.no_grad():
        a.weight.copy_(torch.tensor([[1.0], [2.0], [3.0]]))
        b.weight.copy_(torch.tensor([[1.5], [0.0], [4.0]]))
    expected = ["bias is in one model only", "weight differs by up to 2.000"]
    assert said(default.differences, a, b) == expected == said(default.differences, b, a)
    assert default.model[0].weight.shape == (4, 3)
    changed = default.other[0].weight - default.model[0].weight
    assert {(tuple(i.tolist()), round(changed[tuple(i)].item(), 5)) for i in changed.nonzero()} == {
        ((2, 1), -0.25),
        ((3, 0), 0.125),
    }


def test_first_layer(first_layer):
    """Forward hooks see the output of each layer, and in eval mode copies agree in all of them."""
    model, other, x = first_layer.model, first_layer.other, first_layer.x
    a, b = first_layer.outputs(model.eval(), x), first_layer.outputs(model.eval(), x)
    assert list(a) == ["0", "1", "2", ""] and all(torch.equal(a[k], b[k]) for k in a)
    torch.testing.assert_close(a["0"], x @ model[0].weight.T + model[0].bias)
    assert a[""].shape == (4, 2) and x.shape == (4, 3) and not other.training
    assert not any(layer._forward_hooks for layer in model.modules())
    assert a["0"].shape == (4, 5) and not a["2"].requires_grad


def test_right(right):
    """The copy keeps the weights from before the step, which SGD moves by lr times the gradient."""
    for name, p in right.model.named_parameters():
        torch.testing.assert_close(p.detach(), right.before[name] - 0.25 * p.grad)
    assert right.model.weight.grad.tolist() == [[4.0] * 3] * 2


def test_state_dict_shares_memory(wrong):
    """The tensors of state_dict() share memory with the parameters and buffers of the model."""
    assert wrong.model.weight.grad.tolist() == [[4.0] * 3] * 2 and wrong.optimizer.param_groups[0]["lr"] == 0.25
    assert torch.equal(wrong.before["weight"], wrong.model.weight)
    model = nn.BatchNorm1d(3)
    state = model.state_dict()
    with torch.no_grad():
        model.weight.fill_(7)
        model.running_mean.fill_(8)
    assert state["weight"].tolist() == [7] * 3 and state["running_mean"].tolist() == [8] * 3


def test_train_mode_changes_the_model():
    """In train mode, Dropout gives another output in each call and BatchNorm moves its statistics, also under no_grad."""
    x, dropout, norm = torch.ones(1000), nn.Dropout(0.5), nn.BatchNorm1d(3)
    assert not torch.equal(dropout(x), dropout(x))
    with torch.no_grad():
        norm(torch.ones(4, 3))
    assert norm.running_mean.tolist() == torch.full((3,), 0.1).tolist()
    norm.eval()(torch.ones(4, 3))
    assert norm.running_mean.tolist() == torch.full((3,), 0.1).tolist()
    assert torch.equal(dropout.eval()(x), x)


def test_sums_do_not_tell():
    """A transposed or shuffled tensor has the same sum and mean up to rounding, and torch.equal tells them apart."""
    w = torch.arange(9.0).view(3, 3)
    assert w.sum() == w.T.sum() and w.mean() == w.T.mean() and not torch.equal(w, w.T)
    w = torch.linspace(0.0, 1.0, 1001)
    shuffled = w[torch.randperm(1001)]
    torch.testing.assert_close(shuffled.sum(), w.sum())
    assert not torch.equal(shuffled, w)


def test_buffers_are_not_parameters():
    """parameters() leaves out the running statistics, which change the output in eval mode; state_dict() leaves out
    buffers with persistent=False."""
    a = nn.BatchNorm1d(3).eval()
    b = copy.deepcopy(a)
    b.running_mean += 1
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a(torch.ones(2, 3)), b(torch.ones(2, 3)))
    assert "running_mean" in a.state_dict()
    a.register_buffer("mask", torch.ones(3), persistent=False)
    assert "mask" in dict(a.named_buffers()) and "mask" not in a.state_dict()


def test_equality_of_modules():
    """a == b on two modules asks whether they are the same object."""
    a = nn.Linear(2, 3)
    assert a == a and a != copy.deepcopy(a)


def test_check_device(raises):
    """assert_close raises for tensors on two devices, unless check_device=False."""
    cpu, meta = torch.ones(2), torch.ones(2, device="meta")
    with raises(AssertionError, "The values for attribute 'device' do not match"):
        torch.testing.assert_close(cpu, meta)
    with raises(AssertionError, "The values for attribute 'shape' do not match"):
        torch.testing.assert_close(cpu, torch.ones(3, device="meta"), check_device=False)


def test_keys_and_shapes(raises):
    """assert_close on two state dicts raises for other names, shapes, and dtypes."""
    state = nn.Linear(2, 3).state_dict()
    with raises(AssertionError, "The keys of the mappings do not match"):
        torch.testing.assert_close(state, {f"module.{k}": v for k, v in state.items()})
    with raises(AssertionError, "The values for attribute 'shape' do not match"):
        torch.testing.assert_close(state, nn.Linear(2, 4).state_dict())
    with raises(AssertionError, "The values for attribute 'dtype' do not match"):
        torch.testing.assert_close(state, nn.Linear(2, 3).double().state_dict())


def test_equal_ignores_the_dtype():
    """torch.equal is True for equal values of two dtypes, and False for a tensor with NaN and its copy."""
    x = torch.tensor([0.5, 2.0])
    assert torch.equal(x, x.double()) and torch.equal(x, x.half()) and not torch.equal(x, x + 2.0**-20)
    assert not torch.equal(torch.tensor(torch.nan), torch.tensor(torch.nan))


def test_nan_differs(raises):
    """assert_close raises for a state dict with NaN and its copy, unless equal_nan=True."""
    state = nn.Linear(2, 3).state_dict()
    state["bias"][1] = torch.nan
    with raises(AssertionError, "not equal"):
        torch.testing.assert_close(state, copy.deepcopy(state), rtol=0, atol=0)
    torch.testing.assert_close(state, copy.deepcopy(state), rtol=0, atol=0, equal_nan=True)


def test_assert_close_goes_by_the_alphabet(raises):
    """Of two items that differ, assert_close names the alphabetically first, 10.weight and not 2.weight."""
    a = nn.Sequential(*[nn.Linear(2, 2) for _ in range(11)])
    b = copy.deepcopy(a)
    with torch.no_grad():
        b[2].weight += 1
        b[10].weight += 1
    with raises(AssertionError, "The failure occurred for item ['10.weight']"):
        torch.testing.assert_close(a.state_dict(), b.state_dict())


def test_settings_are_not_in_the_state():
    """Two layers with the same state dict and another eps give different outputs."""
    a, b, x = nn.LayerNorm(3), nn.LayerNorm(3, eps=0.1), torch.tensor([[1.0, 2.0, 4.0]])
    torch.testing.assert_close(a.state_dict(), b.state_dict(), rtol=0, atol=0)
    assert (a(x) - b(x)).abs().max() > 0.01
