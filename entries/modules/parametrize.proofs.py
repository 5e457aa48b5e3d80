"""Proofs of parametrize."""

import copy
import io

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm


class Symmetric(nn.Module):
    """The upper triangle, mirrored."""

    def forward(self, free):
        return free.triu() + free.triu(1).T


def given():
    torch.manual_seed(0)
    layer = nn.Linear(4, 3)
    layer.weight.data *= 10
    return {"nn": nn, "F": F, "layer": layer, "other": nn.Linear(4, 3)}


def test_answer(answer):
    """spectral_norm divides by the largest singular value; a module of your own maps the free parameter to the weight."""
    free = answer.layer.parametrizations.weight.original
    torch.testing.assert_close(answer.layer.weight, free / torch.linalg.svdvals(free)[0], rtol=0.02, atol=0.02)
    free = answer.other.parametrizations.weight.original
    torch.testing.assert_close(answer.other.weight, (1 + free.exp()).log())
    assert free.min() < 0 < answer.other.weight.min()


def test_default(default):
    """spectral_norm makes the largest singular value about 1."""
    free = default.layer.parametrizations.weight.original
    assert torch.linalg.svdvals(free)[0] > 3
    assert abs(torch.linalg.svdvals(default.layer.weight)[0] - 1) < 0.02


def test_weight_norm():
    """weight_norm keeps the weight and splits each row into its length and its direction."""
    torch.manual_seed(0)
    layer = nn.Linear(4, 3)
    before = layer.weight.detach().clone()
    weight_norm(layer)
    torch.testing.assert_close(layer.weight.detach(), before)
    length, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
    torch.testing.assert_close(length[:, 0], before.square().sum(1).sqrt())
    with torch.no_grad():
        direction *= 7
    torch.testing.assert_close(layer.weight.detach(), before)
    with torch.no_grad():
        length *= 2
    torch.testing.assert_close(layer.weight.detach(), 2 * before)


def test_spectral_norm_modes():
    """In training mode each access changes the estimate of the singular value; in eval mode the weight stays."""
    torch.manual_seed(0)
    layer = spectral_norm(nn.Linear(50, 50), n_power_iterations=1)
    with torch.no_grad():
        layer.parametrizations.weight.original.copy_(torch.randn(50, 50))
    assert not torch.equal(layer.weight, layer.weight)
    layer.eval()
    assert torch.equal(layer.weight, layer.weight)


def test_orthogonal():
    """orthogonal keeps the rows orthonormal, or the columns if there are fewer, after a step of the optimizer too."""
    torch.manual_seed(0)
    for sizes in (4, 3), (3, 4):
        layer = orthogonal(nn.Linear(*sizes))
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
        layer(torch.randn(5, sizes[0])).square().sum().backward()
        before = layer.weight.detach().clone()
        optimizer.step()
        w = layer.weight.detach()
        assert not torch.allclose(w, before)
        torch.testing.assert_close(w @ w.T if sizes == (4, 3) else w.T @ w, torch.eye(3), atol=1e-5, rtol=0)


def test_orthogonal_kernels():
    """orthogonal of a Conv2d makes each kernel an orthogonal matrix, and not the rows of the flattened weight."""
    torch.manual_seed(0)
    w = orthogonal(nn.Conv2d(3, 8, 5)).weight.detach()
    torch.testing.assert_close(w @ w.mT, torch.eye(5).expand(8, 3, 5, 5), atol=1e-5, rtol=0)
    rows = w.flatten(1)
    assert not torch.allclose(rows @ rows.T, torch.eye(8), atol=0.1)


def test_assigned_and_constrained():
    """After an assignment, spectral_norm still gives norm 1, and orthogonal still gives orthonormal rows, but not
    after one of ones, whose rank is 1."""
    torch.manual_seed(0)
    w = 5 * torch.randn(3, 4)
    layer = spectral_norm(nn.Linear(4, 3), n_power_iterations=50)
    layer.weight = w
    torch.testing.assert_close(layer.weight.detach(), w / torch.linalg.svdvals(w)[0], atol=0.01, rtol=0.01)
    layer = orthogonal(nn.Linear(4, 3))
    layer.weight = w
    torch.testing.assert_close(layer.weight.detach() @ layer.weight.detach().T, torch.eye(3), atol=1e-5, rtol=0)
    layer.weight = torch.ones(3, 4)
    assert (layer.weight @ layer.weight.T - torch.eye(3)).abs().max() > 0.5


def test_cached_is_stale():
    """Within parametrize.cached(), a step does not show in the weight."""
    layer = weight_norm(nn.Linear(3, 2))
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    with parametrize.cached():
        before = layer.weight.detach().clone()
        layer(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        assert torch.equal(layer.weight, before)
    assert not torch.allclose(layer.weight, before)


def test_own(own):
    """right_inverse keeps the weight at registration; after a step of SGD the weight follows the free parameter."""
    start = torch.tensor([[1.0, 2.0], [0.5, 3.0]])
    free = (start.exp() - 1).log()
    free = free - torch.tensor([[4.0, -1.0]]) * torch.sigmoid(free)
    torch.testing.assert_close(own.layer.weight.detach(), (1 + free.exp()).log())
    own.layer.weight = start
    torch.testing.assert_close(own.layer.weight.detach(), start)


def test_right_inverse_of_negative(own):
    """The inverse of softplus gives NaN for a negative weight, such as the default of Linear holds."""
    layer = nn.Linear(4, 3)
    parametrize.register_parametrization(layer, "weight", own.Positive())
    assert layer.weight.isnan().any()


def test_masked(masked):
    """Masked entries are zero after a step of AdamW, and get no gradient."""
    assert torch.equal(masked.layer.weight == 0, masked.mask == 0)
    assert torch.equal(masked.layer.parametrizations.weight.original.grad == 0, masked.mask == 0)
    torch.manual_seed(0)
    start = nn.Linear(3, 2).weight.detach()
    kept = masked.mask == 1
    moved = (masked.layer.weight.detach() - start)[kept].abs()
    torch.testing.assert_close(moved, torch.full((4,), 0.1), atol=1e-3, rtol=0)


def test_wrong(wrong, right):
    """nn.init on the computed weight changes nothing; assignment sets it."""
    torch.manual_seed(0)
    torch.testing.assert_close(wrong.layer.weight.detach(), nn.Linear(3, 2).weight.detach())
    torch.testing.assert_close(right.layer.weight.detach(), torch.ones(2, 3))
    assert right.layer.in_features == 3 and right.layer.bias.shape == (2,)


def test_in_place_is_lost():
    """copy_ and fill_ on the weight change nothing."""
    layer = weight_norm(nn.Linear(3, 2))
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.fill_(5)
        layer.weight.copy_(torch.ones(2, 3))
    torch.testing.assert_close(layer.weight.detach(), before)


def test_remove():
    """remove_parametrizations leaves a plain parameter with the current value."""
    layer = nn.Linear(3, 3)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    value = layer.weight.detach().clone()
    assert parametrize.is_parametrized(layer, "weight") and not parametrize.is_parametrized(layer, "bias")
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer.weight) is nn.Parameter and torch.equal(layer.weight, value)
    assert torch.equal(value, value.T) and not parametrize.is_parametrized(layer)


def test_optimizer_before():
    """An optimizer built before weight_norm leaves the weight where it is; one built after it moves the weight."""
    for late in (False, True):
        layer = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
        weight_norm(layer)
        if late:
            optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
        before = layer.weight.detach().clone()
        layer(torch.rand(4, 3)).sum().backward()
        optimizer.step()
        assert torch.equal(layer.weight, before) is not late


def test_save_the_state_dict(raises):
    """torch.save of the layer raises; its state_dict can be saved, and deepcopy works."""
    layer = weight_norm(nn.Linear(3, 2))
    with raises(RuntimeError, "Serialization of parametrized modules is only supported through state_dict()"):
        torch.save(layer, io.BytesIO())
    torch.save(layer.state_dict(), io.BytesIO())
    assert torch.equal(copy.deepcopy(layer).weight, layer.weight)


def test_other_keys(raises):
    """A plain state_dict does not load into a parametrized layer; loaded before, it is kept."""
    plain = nn.Linear(3, 2)
    with raises(RuntimeError, 'Missing key(s) in state_dict: "parametrizations.weight.original0"'):
        weight_norm(nn.Linear(3, 2)).load_state_dict(plain.state_dict())
    layer = nn.Linear(3, 2)
    layer.load_state_dict(plain.state_dict())
    torch.testing.assert_close(weight_norm(layer).weight, plain.weight)


def test_cached():
    """The weight is computed at each access; within parametrize.cached() only once."""
    calls = []

    class Count(nn.Module):
        def forward(self, free):
            calls.append(1)
            return free

    layer = nn.Linear(3, 2)
    parametrize.register_parametrization(layer, "weight", Count())
    calls.clear()
    layer(torch.ones(1, 3)), layer(torch.ones(1, 3))
    assert len(calls) == 2
    calls.clear()
    with parametrize.cached():
        layer(torch.ones(1, 3)), layer(torch.ones(1, 3))
    assert len(calls) == 1


def test_right_inverse(raises):
    """Without right_inverse, assignment raises."""
    layer = nn.Linear(3, 3)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    with raises(RuntimeError, "parametrization Symmetric does not implement right_inverse"):
        layer.weight = torch.eye(3)
