"""Proofs of multi-input."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def given():
    return {"torch": torch, "nn": nn}


def test_answer(answer):
    """Each input goes through its own network, and the head takes the concatenated features."""
    torch.manual_seed(0)
    a, b = nn.Linear(3, 4), nn.Linear(5, 6)
    model = answer.Net(a, b, 10, 2)
    x, y = torch.randn(7, 3), torch.randn(7, 5)
    w, bias = model.head.weight, model.head.bias
    torch.testing.assert_close(model(x, y), a(x) @ w[:, :4].T + b(y) @ w[:, 4:].T + bias, rtol=1e-4, atol=1e-5)
    model(x, y).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_default(default):
    """An image and a row of a table go into one model, and both change the output."""
    torch.manual_seed(0)
    image, table = torch.randn(4, 3, 10, 12), torch.randn(4, 5)
    out = default.model(image, table)
    assert not torch.equal(out, default.model(image + 1, table))
    assert not torch.equal(out, default.model(image, table + 1))
    features = default.model.image_net[0](image).relu().mean(dim=(2, 3))
    expected = default.model.head(torch.cat([features, default.model.table_net(table)], dim=1))
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-5)


def test_loader(loader):
    """The default collate turns dicts of samples into a dict of batches."""
    inputs, y = next(iter(DataLoader(loader.Pairs(), batch_size=4)))
    assert inputs["image"].shape == (4, 3, 10, 12) and inputs["table"][:, 0].tolist() == [0, 1, 2, 3]
    assert y.tolist() == [0, 1, 0, 1] and loader.y.tolist() == [0, 1]


def test_optional(optional):
    """An argument with the default None may be left out, and a learned vector takes its place."""
    torch.manual_seed(0)
    model, a = optional.model, torch.randn(6, 3)
    w = model.head.weight
    expected = model.a(a).relu() @ w[:, :4].T + model.head.bias
    torch.testing.assert_close(model(a), expected, rtol=1e-4, atol=1e-5)
    model(a).sum().backward()
    assert model.no_b.grad is not None and model.b.weight.grad is None


def test_right(right):
    """A class passes both inputs on."""
    torch.manual_seed(0)
    a, b = torch.randn(6, 3), torch.randn(6, 5)
    by_hand = torch.einsum("ni,kij,nj->nk", a, right.model.mix.weight, b) + right.model.mix.bias
    torch.testing.assert_close(right.model(a, b), by_hand.clamp(min=0), rtol=1e-4, atol=1e-5)


def test_swapped_inputs_do_not_raise(answer):
    """Two inputs of equal shape can be swapped without an error, and the output is another one."""
    torch.manual_seed(0)
    model = answer.Net(nn.Linear(3, 4), nn.Linear(3, 4), 8, 2)
    x, y = torch.randn(2, 5, 3)
    assert not torch.allclose(model(x, y), model(y, x), atol=1e-2)


def test_large_features_dominate():
    """Features 100 times as large make up nearly all of the output; after LayerNorm both are of the same size."""
    torch.manual_seed(0)
    a, b, head = torch.randn(50, 8), 100 * torch.randn(50, 8), torch.randn(2, 8)
    assert (a @ head[0]).std() < 0.05 * (b @ head[1]).std()
    norm = nn.LayerNorm(8)
    torch.testing.assert_close(norm(a).std(), norm(b).std(), rtol=0.01, atol=0.01)


def test_a_dict_has_no_to(raises):
    """A dict has no .to(); its values have."""
    batch = {"a": torch.ones(2)}
    with raises(AttributeError, "'dict' object has no attribute 'to'"):
        batch.to("cpu")
    assert {k: v.to("cpu") for k, v in batch.items()}["a"].device.type == "cpu"


def test_tuples_are_collated():
    """A dataset that returns several tensors gives a batch of each."""
    loader = DataLoader(TensorDataset(torch.zeros(6, 3), torch.zeros(6, 5), torch.arange(6)), batch_size=4)
    assert [tuple(v.shape) for v in next(iter(loader))] == [(4, 3), (4, 5), (4,)]


def test_a_shared_network_adds_gradients():
    """A module that is called twice gets the sum of both gradients."""
    torch.manual_seed(0)
    net, a, b = nn.Linear(3, 1, bias=False), torch.randn(4, 3), torch.randn(4, 3)
    (net(a) + net(b)).sum().backward()
    torch.testing.assert_close(net.weight.grad[0], a.sum(dim=0) + b.sum(dim=0))


def test_keyword_arguments(right):
    """model(a, b) and model(b=b, a=a) call the same forward."""
    a, b = torch.ones(2, 3), torch.ones(2, 5)
    assert torch.equal(right.model(a, b), right.model(b=b, a=a))


def test_export(right):
    """torch.export.export takes the example inputs as a tuple, one element per argument."""
    a, b = torch.ones(2, 3), torch.ones(2, 5)
    program = torch.export.export(right.model, (a, b))
    torch.testing.assert_close(program.module()(a, 2 * b), right.model(a, 2 * b))


def test_the_call_must_fit_forward(raises):
    """A layer takes as many values as its forward has parameters; a tuple needs a star, a dict two, and no label in it."""
    pair = torch.ones(1, 2), torch.ones(1, 3)
    net = nn.Bilinear(2, 3, 4)
    with raises(TypeError, "forward() missing 1 required positional argument: 'input2'"):
        net(pair)
    assert net(*pair).shape == (1, 4)
    label = torch.tensor([1])
    with raises(TypeError, "forward() takes 3 positional arguments but 4 were given"):
        net(*pair, label)
    inputs = {"input1": pair[0], "input2": pair[1]}
    assert torch.equal(net(**inputs), net(*pair))
    with raises(TypeError, "forward() got an unexpected keyword argument 'label'"):
        net(**inputs, label=label)


def test_sequential_passes_one_value(raises):
    """nn.Sequential hands what one layer returns to the next as one value, even if it is a tuple."""
    with raises(TypeError, "forward() missing 1 required positional argument: 'input2'"):
        nn.Sequential(nn.Identity(), nn.Bilinear(2, 3, 4))((torch.ones(1, 2), torch.ones(1, 3)))


def test_forward_without_the_input_or_without_self(raises):
    """A forward(self) without a parameter for the input, and a forward(x) without self, raise the same message."""

    class NoInput(nn.Module):
        def forward(self):
            return 1

    class NoSelf(nn.Module):
        def forward(x):
            return x

    class Right(nn.Module):
        def forward(self, x):
            return x

    for kind in NoInput, NoSelf:
        with raises(TypeError, "forward() takes 1 positional argument but 2 were given"):
            kind()(torch.ones(2))
    assert Right()(torch.ones(2)).tolist() == [1, 1]
