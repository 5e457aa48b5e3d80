"""Proofs of containers."""

import warnings

import torch
from torch import nn


def given():
    return {"torch": torch, "nn": nn, "self": nn.Module(), "D": 7}


def test_answer(answer):
    """All four containers register what is in them, and the keys of the state_dict follow the nesting."""
    module = answer.self
    shapes = {name: tuple(p.shape) for name, p in module.named_parameters()}
    expected = {"stem.0.weight": (64, 7), "stem.0.bias": (64,)}
    for i in range(3):
        expected |= {f"blocks.{i}.weight": (64, 64), f"blocks.{i}.bias": (64,), f"gains.{i}": (64,)}
    for name, k in (("kind", 9), ("age", 1)):
        expected |= {f"heads.{name}.weight": (k, 64), f"heads.{name}.bias": (k,)}
    assert shapes == expected and sorted(module.state_dict()) == sorted(expected)


def test_default(default):
    """forward loops over a ModuleList and a ParameterList and picks a head from a ModuleDict."""
    model, x = default.model, torch.arange(6.0).view(2, 3)
    h = torch.tanh(x @ model.stem[0].weight.T + model.stem[0].bias)
    h = h + model.blocks[0](h)
    h = h + 0.5 * model.blocks[1](h)
    for task in ("cat", "dog"):
        torch.testing.assert_close(model(x, task), model.heads[task](h))
    assert len(list(model.parameters())) == 2 + 2 * 2 + 2 + 2 * 2


def test_ensemble(ensemble):
    """Models in a ModuleList are parts of the model that holds them."""
    model, x = ensemble.model, torch.arange(6.0).view(2, 3)
    torch.testing.assert_close(model(x), (model.models[0](x).softmax(1) + model.models[1](x).softmax(1)) / 2)
    assert len(list(model.parameters())) == 4


def test_by_name(by_name):
    """A ModuleDict takes further modules by assignment and returns them by key."""
    assert list(by_name.activations) == ["relu", "tanh", "leaky"]
    torch.testing.assert_close(by_name.activations["tanh"](by_name.x), torch.tanh(by_name.x))


def test_wrong(wrong):
    """A plain dict of layers works, but state_dict() lists only the layer beside it."""
    net = wrong.Net()
    assert [tuple(layer.weight.shape) for layer in net.heads.values()] == [(5, 4), (2, 4)]
    assert {name: tuple(t.shape) for name, t in net.state_dict().items()} == {"stem.weight": (4, 3), "stem.bias": (4,)}


def test_right(right):
    """The layers of a ModuleDict are in the state_dict by their keys."""
    shapes = [tuple(t.shape) for t in right.Net().state_dict().values()]
    assert shapes == [(5, 4), (5,), (2, 4), (2,), (4, 3), (4,)]


def test_plain_containers_hide_layers(wrong, right, raises):
    """Layers in a plain dict or list are not in parameters() and state_dict(); to() leaves them behind, which then raises."""
    for net, seen in ((wrong.Net(), False), (right.Net(), True)):
        weight = net.heads["dog"].weight
        assert any(p is weight for p in net.parameters()) == seen
        assert ("heads.dog.weight" in net.state_dict()) == seen
        assert net.to("meta").heads["dog"].weight.is_meta == seen
        assert net.heads["cat"].weight.shape == (5, 4) and net.heads["dog"].weight.shape == (2, 4)
        assert net.stem.weight.shape == (4, 3)
    module = nn.Module()
    module.layers = [nn.Linear(2, 3)]
    assert list(module.parameters()) == []
    with raises(ValueError, "optimizer got an empty parameter list"):
        torch.optim.SGD(module.parameters(), lr=0.1)
    module.act = nn.ReLU()
    with raises(ValueError, "optimizer got an empty parameter list"):
        torch.optim.SGD(module.parameters(), lr=0.1)
    module.last = nn.Linear(3, 1)
    module.last(module.act(module.layers[0](torch.ones(4, 2)))).sum().backward()
    torch.optim.SGD(module.parameters(), lr=0.1).step()
    with raises(RuntimeError, "same dtype"):
        module.double().layers[0](torch.ones(4, 2).double())
    net = wrong.Net().to("meta")
    with raises(RuntimeError, "is not on the expected device meta"):
        net.heads["dog"](net.stem(torch.ones(2, 3, device="meta")))


def test_only_sequential_runs(raises):
    """ModuleList and ModuleDict raise when called; Sequential runs its modules in order."""
    a, b, x = nn.Linear(3, 4), nn.Linear(4, 2), torch.ones(5, 3)
    for holder, name in ((nn.ModuleList([a, b]), "ModuleList"), (nn.ModuleDict({"a": a}), "ModuleDict")):
        with raises(NotImplementedError, f'Module [{name}] is missing the required "forward" function'):
            holder(x)
    torch.testing.assert_close(nn.Sequential(a, b)(x), b(a(x)))


def test_keys_of_a_module_dict(raises):
    """A ModuleDict refuses keys that are no strings, hold a dot, or name one of its attributes."""
    for key in ("keys", "type", "train", "items"):
        with raises(KeyError, f"attribute '{key}' already exists"):
            nn.ModuleDict({key: nn.ReLU()})
    with raises(KeyError, "attribute 'keys' already exists"):
        nn.ParameterDict({"keys": torch.ones(1)})
    with raises(KeyError, "module name can"):
        nn.ModuleDict({"a.b": nn.ReLU()})
    with raises(TypeError, "module name should be a string"):
        nn.ModuleDict({1: nn.ReLU()})


def test_a_buffer_after_an_assignment(raises):
    """register_buffer raises for a name that was assigned before or is a method's; under another name it does not."""

    class Cache(nn.Module):
        def __init__(self, assign):
            super().__init__()
            if assign:
                self.keys = None
            self.register_buffer("keys", torch.ones(2))

    with raises(KeyError, "attribute 'keys' already exists"):
        Cache(True)
    assert Cache(False).keys.tolist() == [1, 1]

    class Dictionary(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.register_buffer(name, torch.ones(2))

        def keys(self):
            return ["a"]

    with raises(KeyError, "attribute 'keys' already exists"):
        Dictionary("keys")
    assert Dictionary("key_table").keys() == ["a"]


def test_sequential_passes_one_value(raises):
    """The layer behind an LSTM in a Sequential receives its tuple and raises."""
    with raises(TypeError, "must be Tensor, not tuple"):
        nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 2))(torch.ones(5, 2, 3))


def test_tensors_become_parameters():
    """ParameterList and ParameterDict turn float tensors into parameters."""
    for holder in (nn.ParameterList([torch.ones(2)]), nn.ParameterDict({"a": torch.ones(2)})):
        (p,) = holder.parameters()
        assert isinstance(p, nn.Parameter) and p.requires_grad


def test_container_is_deprecated(raises):
    """nn.Container warns that it is deprecated; unlike nn.Module, it takes layers by keyword, which self.name = layer replaces."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.Container()
        net = nn.Container(conv=nn.Linear(2, 3))
    assert caught[0].category is FutureWarning and "`nn.Container` is deprecated" in str(caught[0].message)
    with raises(TypeError, "unexpected keyword argument 'conv'"):
        nn.Module(conv=nn.Linear(2, 3))
    other = nn.Module()
    other.conv = nn.Linear(2, 3)
    assert list(net.state_dict()) == list(other.state_dict()) == ["conv.weight", "conv.bias"]
