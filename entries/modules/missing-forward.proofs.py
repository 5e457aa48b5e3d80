"""Proofs of missing-forward."""

import torch
from torch import nn


def given():
    return {"nn": nn}


def test_answer(answer):
    """A forward method that loops over a ModuleList applies its layers in order."""
    net, x = answer.Net(), torch.tensor([[1.0, -2.0, 4.0]])
    assert net.layers[0].weight.shape == (4, 3)
    torch.testing.assert_close(net(x), (x @ net.layers[0].weight.T + net.layers[0].bias).clamp(min=0))


def test_default(default):
    """Calling a module runs its forward."""
    net, x = default.net, torch.tensor([[1.0, -2.0, 4.0]])
    torch.testing.assert_close(net(x), (x @ net.layers[0].weight.T + net.layers[0].bias).clamp(min=0))
    assert torch.equal(net(x), net.forward(x))


def test_switch_off(switch_off):
    """nn.Identity() returns its input unchanged."""
    x = torch.randn(2, 3)
    assert nn.Identity()(x) is x
    assert isinstance(switch_off.model[0], nn.Flatten)


def test_right_list(right_list):
    """Looping over a ModuleList gives what nn.Sequential gives."""
    torch.testing.assert_close(right_list.x, nn.Sequential(*right_list.layers)(torch.ones(1, 2)))


def test_raises_at_the_first_call(raises):
    """A class with a misspelled forward, or with one at the left margin, can be created; its first call raises."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def foward(self, x):
            return self.fc(x)

    net = Net().to("cpu")
    assert len(list(net.parameters())) == 2
    with raises(NotImplementedError, 'Module [Net] is missing the required "forward" function'):
        net(torch.ones(1, 3))

    class Margin(nn.Module):
        pass

    def forward(self, x):  # not indented into the class
        return x

    assert forward(None, 3) == 3
    with raises(NotImplementedError, 'Module [Margin] is missing the required "forward" function'):
        Margin()(torch.ones(1, 3))
    assert Net.forward is nn.Module.forward and Net.forward.__name__ == "_forward_unimplemented"


def test_bare_module(raises):
    """nn.Module() and nn.ModuleDict have no forward."""
    with raises(NotImplementedError, 'Module [Module] is missing the required "forward" function'):
        nn.Module()(torch.ones(1))
    with raises(NotImplementedError, 'Module [ModuleDict] is missing the required "forward" function'):
        nn.ModuleDict({"fc": nn.Linear(1, 1)})(torch.ones(1))


def test_keyword_arguments(raises):
    """Called with keyword arguments, a class without forward raises TypeError instead."""

    class Net(nn.Module):
        pass

    with raises(TypeError, "_forward_unimplemented() got an unexpected keyword argument 'x'"):
        Net()(x=torch.ones(1))


def test_super_forward(raises):
    """super().forward(x) in a direct subclass of nn.Module raises the same error, with the name of the subclass."""

    class Net(nn.Module):
        def forward(self, x):
            return super().forward(x)

    with raises(NotImplementedError, 'Module [Net] is missing the required "forward" function'):
        Net()(torch.ones(1))


def test_a_module_dict_yields_keys():
    """A loop over a ModuleDict yields its keys; layers["fc"] is the layer."""
    layers = nn.ModuleDict({"fc": nn.Linear(2, 3), "act": nn.ReLU()})
    assert list(layers) == ["fc", "act"] and layers["fc"](torch.ones(1, 2)).shape == (1, 3)
