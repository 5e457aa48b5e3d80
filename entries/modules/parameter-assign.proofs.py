"""Proofs of parameter-assign."""

import warnings

import torch
from torch import nn
from torch.nn.utils import parametrize, prune


def given():
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    w = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
    return {"torch": torch, "nn": nn, "layer": layer, "w": w, "old": layer.weight}


def test_answer(answer):
    """copy_ writes the values into the old parameter; nn.Parameter puts a new one in its place."""
    assert answer.old.tolist() == answer.w.tolist()
    assert answer.layer.weight.tolist() == answer.w.tolist()
    assert isinstance(answer.layer.weight, nn.Parameter) and answer.layer.weight is not answer.old
    assert answer.layer.weight.requires_grad and answer.old.requires_grad


def test_copy_converts_the_dtype(answer):
    """copy_ converts float64 values to the dtype of the parameter."""
    assert answer.w.dtype == torch.float64
    assert answer.old.dtype == answer.layer.weight.dtype == torch.float32


def test_default(default):
    """A parameter that was written under no_grad still gets its gradient, and the optimizer steps it."""
    x, weight = default.x[0, 0], torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    for channel, kernel in enumerate([weight, weight.T]):
        grad = torch.stack([x[i : i + 3, j : j + 3] for i in range(3) for j in range(3)]).sum(0) / 18
        torch.testing.assert_close(default.layer.weight[channel, 0].detach(), kernel - 0.5 * grad)


def test_right(right):
    """nn.Parameter(w) can be assigned to a registered parameter and requires gradients."""
    assert right.layer.weight.requires_grad
    assert [name for name, _ in right.layer.named_parameters()] == ["weight"]


def test_results_are_plain_tensors(raises):
    """layer.weight * 2, to(torch.float64), detach(), and a NumPy array cannot be assigned."""
    layer = nn.Linear(3, 2)
    for value in layer.weight * 2, layer.weight.to(torch.float64), layer.weight.detach(), torch.ones(2, 3).numpy():
        with raises(TypeError, "as parameter 'weight' (torch.nn.Parameter or None expected)"):
            layer.weight = value
    layer.bias = None
    assert torch.equal(layer(torch.ones(1, 3)), torch.ones(1, 3) @ layer.weight.T)


def test_in_place_under_no_grad(raises):
    """mul_ on a parameter works under no_grad and raises outside of it."""
    layer = nn.Linear(3, 2)
    before = layer.weight.clone()
    with torch.no_grad():
        layer.weight.mul_(0.5)
    assert torch.equal(layer.weight, before / 2)
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation"):
        layer.weight.mul_(0.5)


def test_sharing_a_parameter():
    """decoder.weight = encoder.weight makes both modules use one parameter."""
    encoder, decoder = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
    decoder.weight = encoder.weight
    assert len(list(nn.ModuleList([encoder, decoder]).parameters())) == 1


def test_a_buffer_is_not_trained():
    """A tensor given to register_buffer is in the state_dict and not in parameters()."""
    module = nn.Module()
    module.register_buffer("scale", torch.ones(3))
    assert list(module.state_dict()) == ["scale"] and list(module.parameters()) == []


def test_parametrize():
    """register_parametrization computes the weight anew from the original in each forward pass."""

    class Double(nn.Module):
        def forward(self, w):
            return 2 * w

    layer = nn.Linear(3, 2, bias=False)
    parametrize.register_parametrization(layer, "weight", Double())
    original = layer.parametrizations.weight.original
    for value in 3.0, 5.0:
        with torch.no_grad():
            original.fill_(value)
        assert layer(torch.ones(1, 3)).tolist() == [[6 * value] * 2]
    layer(torch.ones(1, 3)).sum().backward()
    assert original.grad.tolist() == [[2.0] * 3] * 2


def test_optimizer_holds_the_old_parameter():
    """An optimizer that was built before the assignment steps the old parameter; copy_ keeps the one it holds."""
    for by_copy in (True, False):
        layer = nn.Linear(3, 1, bias=False)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
        if by_copy:
            with torch.no_grad():
                layer.weight.copy_(torch.ones(1, 3))
        else:
            layer.weight = nn.Parameter(torch.ones(1, 3))
        layer(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        assert layer.weight.tolist() == [[0.5 if by_copy else 1.0] * 3]


def test_shapes(raises):
    """copy_ broadcasts and raises for a shape that does not fit; an assigned parameter raises in forward, or
    without a bias gives as many outputs as it has rows."""
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0]))
        assert layer.weight.tolist() == [[1, 2, 3], [1, 2, 3]]
        with raises(RuntimeError, "must match the size of tensor b (4)"):
            layer.weight.copy_(torch.ones(4, 3))
    layer.weight = nn.Parameter(torch.ones(4, 5))
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        layer(torch.ones(1, 3))
    for rows in 4, 1:
        layer.weight = nn.Parameter(torch.ones(rows, 3))
        if rows > 1:  # a bias of 2 elements fits neither 4 outputs nor 5 samples of them
            with raises(RuntimeError, "must match the existing size (2)"):
                layer(torch.ones(5, 3))
        for module, x in (nn.Linear(3, 2, bias=False), torch.ones(5, 3)), (nn.Conv1d(3, 2, 1, bias=False), torch.ones(5, 3, 7)):
            module.weight = nn.Parameter(torch.ones(rows, *module.weight.shape[1:]))
            assert module(x).shape[:2] == (5, rows)


def test_data_hides_the_change(raises):
    """After a forward pass, .data.copy_ gives the input a wrong gradient; copy_ under no_grad makes backward() raise."""
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    layer = nn.Linear(2, 1, bias=False)
    before = layer.weight.detach().clone()
    loss = layer(x).sum()
    layer.weight.data.copy_(torch.tensor([[30.0, 40.0]]))
    loss.backward()
    assert x.grad.tolist() == [[30, 40]] != before.tolist()  # of the loss as it was, it is `before`
    loss = layer(x).sum()
    with torch.no_grad():
        layer.weight.copy_(before)
    with raises(RuntimeError, "modified by an inplace operation"):
        loss.backward()


def test_data_in_the_first_layer():
    """Where no input needs a gradient, .data.copy_ after the forward pass leaves the gradient of the weight right."""
    x, layer = torch.tensor([[1.0, 2.0]]), nn.Linear(2, 1, bias=False)
    loss = layer(x).sum()
    layer.weight.data.copy_(torch.tensor([[30.0, 40.0]]))
    loss.backward()
    assert layer.weight.grad.tolist() == x.tolist()


def test_copy_into_a_parametrized_weight():
    """copy_ into the weight of a layer with weight_norm is lost; assigning it sets it."""
    layer, w = torch.nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)), torch.arange(1.0, 7.0).view(2, 3)
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.copy_(w)
    assert torch.equal(layer.weight, before)
    layer.weight = w
    torch.testing.assert_close(layer.weight.detach(), w)


def test_parameter_shares_memory():
    """nn.Parameter(w) shares memory with w, so a step of the optimizer changes w; nn.Parameter(w.clone()) does not."""
    for w, shares in (torch.ones(2), True), (torch.ones(2), False):
        p = nn.Parameter(w if shares else w.clone())
        p.sum().backward()
        torch.optim.SGD([p], lr=0.5).step()
        assert w.tolist() == ([0.5, 0.5] if shares else [1, 1])


def test_names_that_are_taken(raises):
    """register_parameter raises KeyError for the name of an attribute or a method, register_buffer for a parameter's;
    del frees the name of an attribute, not that of a method."""
    module = nn.Module()
    module.scale = torch.ones(3)
    with raises(AttributeError, "object has no attribute 'train'"):
        del module.train
    for name in "scale", "forward", "train":
        with raises(KeyError, f"attribute '{name}' already exists"):
            module.register_parameter(name, nn.Parameter(torch.ones(3)))
    del module.scale
    module.register_parameter("scale", nn.Parameter(torch.ones(3)))
    with raises(KeyError, "attribute 'scale' already exists"):
        module.register_buffer("scale", torch.ones(3))
    del module.scale
    module.register_buffer("scale", torch.ones(3))


def test_register_parameter_takes_parameters(raises):
    """register_parameter raises for a plain tensor."""
    with raises(TypeError, "object to parameter 'scale' (torch.nn.Parameter or None required)"):
        nn.Module().register_parameter("scale", torch.ones(3))


def test_another_name_in_forward(raises):
    """In forward, self.weight = self.weight * s raises, a new nn.Parameter gets no gradient to the old one, and a local
    name does."""

    class Scaled(nn.Linear):
        def forward(self, x, how):
            if how == "assign":
                self.weight = self.weight * 2
            elif how == "wrap":
                self.weight = nn.Parameter(self.weight * 2)
            w = self.weight * 2 if how == "local" else self.weight
            return nn.functional.linear(x, w)

    x = torch.ones(1, 3)
    with raises(TypeError, "cannot assign 'torch.FloatTensor' as parameter 'weight'"):
        Scaled(3, 2, bias=False)(x, "assign")
    for how in "wrap", "local":
        layer = Scaled(3, 2, bias=False)
        old = layer.weight
        layer(x, how).sum().backward()
        assert (old.grad is not None) == (how == "local")


def test_the_older_weight_norm_and_pruning():
    """Under the older weight_norm and under pruning, the next call overwrites both ways, unless they are removed first."""
    x, w = torch.ones(1, 3), torch.full((2, 3), 5.0)
    for wrap, unwrap in (
        (torch.nn.utils.weight_norm, torch.nn.utils.remove_weight_norm),
        (lambda layer: prune.l1_unstructured(layer, "weight", amount=2), lambda layer: prune.remove(layer, "weight")),
    ):
        for way in "assign", "copy_", "remove":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # the older weight_norm is deprecated
                layer = wrap(nn.Linear(3, 2, bias=False))
            before = layer(x)
            if way == "remove":
                unwrap(layer)
            with torch.no_grad():
                if way == "assign":
                    layer.weight = w
                else:
                    layer.weight.copy_(w)
            assert torch.equal(layer(x), x @ w.T if way == "remove" else before)
