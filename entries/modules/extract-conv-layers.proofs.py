"""Proofs of extract-conv-layers."""

from collections import OrderedDict

import torch
from torch import nn


def nested():
    block = nn.Sequential(OrderedDict(conv1=nn.Conv2d(4, 8, 3), bn1=nn.BatchNorm2d(8)))
    return nn.Sequential(OrderedDict(conv1=nn.Conv2d(3, 4, 1), layer1=nn.Sequential(block), fc=nn.Linear(8, 2)))


def given():
    return {"nn": nn, "model": nested()}


def test_answer(answer):
    """modules() with isinstance finds the layers of a type at every level, and the names join the levels with dots."""
    model = answer.model
    inner = model.layer1[0].conv1
    assert answer.convs == [model.conv1, inner]
    assert answer.named == {"conv1": model.conv1, "layer1.0.conv1": inner, "fc": model.fc}
    assert answer.layer is inner


def test_default(default):
    """The names of the layers are those of the state_dict without the last part."""
    convs = [n for n, m in default.model.named_modules() if isinstance(m, nn.Conv2d)]
    assert convs == [key.removesuffix(".weight") for key, t in default.model.state_dict().items() if t.dim() == 4]
    assert default.model.get_submodule("2.0") is default.model[2][0]
    assert (default.block[1].num_features, default.model[3].start_dim) == (8, 1)


def test_replace(replace):
    """set_submodule replaces a layer inside a block by its dotted name."""
    types = [type(m) for m in replace.model.modules() if not isinstance(m, nn.Sequential)]
    assert types == [nn.Linear, nn.GELU, nn.Linear, nn.GELU]


def test_the_order_is_that_of_registration(shapes):
    """The layers come in the order of registration, so as a Sequential they can fail to fit together."""
    convs = [m for m in shapes.model.modules() if isinstance(m, nn.Conv2d)]
    assert convs == [shapes.model.last, shapes.model.first]
    assert shapes.y.shape == (1, 2, 5, 3)
    try:
        nn.Sequential(*convs)(torch.ones(1, 3, 9, 7))
    except RuntimeError:
        return
    raise AssertionError("the layers fit together")


def test_skip_connections_are_lost():
    """A Sequential of the layers of a residual block gives another output than the block."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return x + self.conv(x)

    torch.manual_seed(0)
    block, x = Block(), torch.randn(1, 3, 4, 5)
    assert not torch.allclose(nn.Sequential(*block.children())(x), block(x))


def shapes_of(snippet):
    convs = [snippet.model[0], snippet.block[0], snippet.block[2]]
    return [tuple(m.weight.shape) for m in convs]


def test_children_give_the_first_level(wrong):
    """children() gives the modules of the first level only."""
    assert list(wrong.model.children()) == [wrong.model[0], wrong.block]
    assert shapes_of(wrong) == [(4, 3, 5, 5), (8, 4, 3, 3), (8, 8, 1, 1)]


def test_modules_give_all_levels(right):
    """modules() gives the modules of all levels."""
    assert [m for m in right.model.modules() if isinstance(m, nn.Conv2d)] == [right.model[0], right.block[0], right.block[2]]
    assert shapes_of(right) == [(4, 3, 5, 5), (8, 4, 3, 3), (8, 8, 1, 1)]


def test_subclasses():
    """isinstance accepts subclasses; nn.Conv2d does not match nn.Conv1d or nn.ConvTranspose2d."""

    class Scaled(nn.Conv2d):
        pass

    matches = [isinstance(m, nn.Conv2d) for m in (Scaled(1, 1, 1), nn.Conv1d(1, 1, 1), nn.ConvTranspose2d(1, 1, 1))]
    assert matches == [True, False, False]


def test_the_layers_are_not_copies():
    """Changing a layer that was found changes the model."""
    model, x = nn.Sequential(nn.Sequential(nn.Linear(3, 2))), torch.ones(1, 3)
    (layer,) = [m for m in model.modules() if isinstance(m, nn.Linear)]
    nn.init.zeros_(layer.weight)
    assert torch.equal(model(x)[0], layer.bias)


def test_a_module_under_two_names():
    """named_modules lists a module with two names once, under the first name, and twice with remove_duplicate=False; a
    replacement under the first name leaves the second."""
    model = nn.Module()
    model.a = model.b = nn.Linear(3, 2)
    assert [name for name, _ in model.named_modules()] == ["", "a"]
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "a", "b"]
    model.set_submodule("a", nn.ReLU())
    assert isinstance(model.a, nn.ReLU) and isinstance(model.b, nn.Linear)


def test_dotted_names(raises):
    """A name with a dot raises KeyError in add_module and nn.ModuleDict; with an underscore it does not."""
    named = {n: m for n, m in nested().named_modules() if isinstance(m, nn.Conv2d)}
    with raises(KeyError, 'contain ".", got: layer1.0.conv1'):
        nn.ModuleDict(named)
    with raises(KeyError, 'contain ".", got: layer1.0.conv1'):
        nn.Module().add_module("layer1.0.conv1", nn.ReLU())
    assert list(nn.ModuleDict({n.replace(".", "_"): m for n, m in named.items()})) == ["conv1", "layer1_0_conv1"]
