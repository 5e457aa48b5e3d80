"""Proofs of module-list."""

import torch
from torch import nn


def given():
    return {"nn": nn, "self": nn.Module(), "x": torch.arange(8.0).view(2, 4), "dim": 4, "depth": 3}


def residual(layers, x):
    for layer in layers:
        x = x + (x @ layer.weight.T + layer.bias).clamp(min=0)
    return x


def test_answer(answer):
    """A loop over a ModuleList runs its layers in order, and each has weights of its own."""
    layers = answer.self.layers
    assert len(layers) == 3 and sum(p.numel() for p in answer.self.parameters()) == 3 * (4 * 4 + 4)
    torch.testing.assert_close(answer.x, residual(layers, torch.arange(8.0).view(2, 4)))


def test_default(default):
    """forward may add skip connections, and the keys of the state_dict are layers.0.weight and so on."""
    x = torch.arange(8.0).view(2, 4)
    torch.testing.assert_close(default.model(x), residual(default.model.layers, x))
    names = [f"layers.{i}.{kind}" for i in range(3) for kind in ("weight", "bias")]
    assert list(default.model.state_dict()) == names


def test_intermediate(intermediate):
    """forward may return what each layer gives."""
    torch.manual_seed(0)
    x = torch.randn(1, 3, 40, 24)
    maps = intermediate.model(x)
    assert [tuple(m.shape) for m in maps] == [(1, 8, 20, 12), (1, 16, 10, 6), (1, 32, 5, 3)]
    for stage, m in zip(intermediate.model.stages, maps, strict=True):
        x = stage(x).clamp(min=0)
        torch.testing.assert_close(m, x)


def test_wrong(wrong):
    """The layers of a plain list are not among the parameters, and nothing raises."""
    assert [tuple(p.shape) for p in wrong.Net().parameters()] == [(5, 4), (5,)]


def test_right(right):
    """The layers of a ModuleList are."""
    assert [tuple(p.shape) for p in right.Net().parameters()] == [(4, 3), (4,)] * 2 + [(5, 4), (5,)]


def test_plain_list(wrong, right, raises):
    """Layers in a plain list are not in parameters() and state_dict(); to() leaves them behind, and forward then raises."""
    for module, seen in ((wrong.Net(), False), (right.Net(), True)):
        weight = module.layers[0].weight
        assert any(p is weight for p in module.parameters()) == seen
        assert ("layers.0.weight" in module.state_dict()) == seen
        module.to(torch.float64)
        assert (module.layers[0].weight.dtype == torch.float64) == seen
        assert module.out.weight.dtype == torch.float64
    with raises(RuntimeError, "same dtype"):
        wrong.Net().double().layers[0](torch.ones(2, 3).double())
    lonely = nn.Module()
    lonely.layers, lonely.act = [nn.Linear(3, 3)], nn.ReLU()
    with raises(ValueError, "optimizer got an empty parameter list"):
        torch.optim.SGD(lonely.parameters(), lr=0.1)
    moved = wrong.Net().to("meta")
    assert moved.layers[0](torch.ones(2, 3)).device.type == "cpu"
    with raises(RuntimeError, "is not on the expected device meta"):
        moved.layers[0](torch.ones(2, 3, device="meta"))


def test_one_layer_three_times():
    """[layer] * 3 in a ModuleList has the parameters of one layer."""
    layers = nn.ModuleList([nn.Linear(3, 4)] * 3)
    assert sum(p.numel() for p in layers.parameters()) == 3 * 4 + 4
    assert layers[0] is layers[2] and len(layers) == 3


def test_cannot_be_called(raises):
    """Calling a ModuleList raises NotImplementedError; the same layers in a Sequential run."""
    layers = nn.ModuleList([nn.Linear(3, 4), nn.Linear(4, 2)])
    x = torch.arange(6.0).view(2, 3)
    with raises(NotImplementedError, 'Module [ModuleList] is missing the required "forward" function'):
        layers(x)
    torch.testing.assert_close(nn.Sequential(*layers)(x), layers[1](layers[0](x)))


def test_list_methods():
    """A ModuleList can be indexed, sliced, and changed as a list."""
    layers = nn.ModuleList([nn.ReLU()])
    layers.append(nn.Tanh())
    layers.extend([nn.GELU(), nn.SiLU()])
    layers.insert(1, nn.ELU())
    assert [type(m).__name__ for m in layers] == ["ReLU", "ELU", "Tanh", "GELU", "SiLU"]
    assert len(layers) == 5 and layers[-1] is layers[4] and list(layers[:2]) == [layers[0], layers[1]]


def test_eval_does_not_reach_a_plain_list():
    """model.eval() leaves a Dropout in a plain list in training mode, and reaches one in a ModuleList."""
    for container, training in (list, True), (nn.ModuleList, False):
        model = nn.Module()
        model.layers = container([nn.Dropout()])
        model.eval()
        assert model.layers[0].training == training
