"""Proofs of super-init."""

from dataclasses import InitVar, dataclass

import torch
from torch import nn


def given():
    return {"nn": nn}


def test_answer(answer):
    """After super().__init__(), an assigned layer is registered with its parameters."""
    net = answer.Net()
    assert [(name, tuple(p.shape)) for name, p in net.named_parameters()] == [("fc.weight", (2, 3)), ("fc.bias", (2,))]
    x = torch.tensor([[1.0, 2.0, 4.0]])
    torch.testing.assert_close(net(x), x @ net.fc.weight.T + net.fc.bias)


def test_default(default):
    """A module that calls super().__init__() first runs and lists its layers."""
    assert list(default.net._modules) == ["fc"]
    x = torch.ones(4, 3)
    torch.testing.assert_close(default.net(x), x @ default.net.fc.weight.T + default.net.fc.bias)


def test_tables(raises):
    """nn.Module.__init__ creates the tables of layers, parameters, buffers, and hooks; without it, they are missing."""

    class Net(nn.Module):
        def __init__(self):
            self.size = 3

    for table in "_modules", "_parameters", "_buffers", "_backward_hooks":
        assert hasattr(nn.Module(), table)
        with raises(AttributeError, f"'Net' object has no attribute '{table}'"):
            getattr(Net(), table)
    for call, missing in (
        (lambda net: net.eval(), "_modules"),
        (lambda net: list(net.parameters()), "_parameters"),
        (lambda net: net(1), "_backward_hooks"),
        (lambda net: net.state_dict(), "_state_dict_pre_hooks"),
        (lambda net: net.register_forward_hook(print), "_forward_hooks"),
    ):
        with raises(AttributeError, f"'Net' object has no attribute '{missing}'"):
            call(Net())


def test_dataclass(dataclass):
    """A dataclass is a module if it is made with eq=False and calls super().__init__() in __post_init__."""
    assert [tuple(p.shape) for p in dataclass.net.parameters()] == [(2, 3), (2,)]
    assert len({dataclass.Net(3, 2), dataclass.Net(3, 2)}) == 2


def test_right(right):
    """Assigning a layer after super().__init__() works."""
    assert list(right.net.children()) == [right.net.fc]


def test_right_parameter(right_parameter):
    """Assigning a parameter after super().__init__() registers it."""
    assert [name for name, _ in right_parameter.Scale().named_parameters()] == ["scale"]


def test_unbound_super(raises):
    """super(Net).__init__() and super().__init__ without () run and initialize nothing; super(Net, self).__init__() does."""

    class Bare(nn.Module):
        def __init__(self):
            super().__init__  # noqa: B018
            self.size = 3

    with raises(AttributeError, "_modules"):
        Bare().eval()

    class Net(nn.Module):
        def __init__(self):
            super(Net).__init__()
            self.size = 3

    with raises(AttributeError, "_modules"):
        Net().eval()

    class Other(nn.Module):
        def __init__(self):
            super(Other, self).__init__()
            self.fc = nn.Linear(3, 2)

    assert len(list(Other().parameters())) == 2


def test_base_class(raises):
    """A base class that forgets super().__init__() raises for a subclass that calls it."""

    class Base(nn.Module):
        def __init__(self):
            self.size = 3

    class Net(Base):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(self.size, 2)

    with raises(AttributeError, "cannot assign module before Module.__init__() call"):
        Net()


def test_multiple_inheritance(raises):
    """A first base without super().__init__() keeps nn.Module.__init__ from running; one with it does not."""

    class Silent:
        def __init__(self):
            self.size = 3

    class Polite:
        def __init__(self):
            super().__init__()
            self.size = 3

    def build(base):
        class Net(base, nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(3, 2)

        return Net()

    with raises(AttributeError, "cannot assign module before Module.__init__() call"):
        build(Silent)
    assert len(list(build(Polite).parameters())) == 2


def test_dataclass_never_calls_it(raises):
    """The generated __init__ of a dataclass does not call nn.Module's, so assigning a layer raises."""

    @dataclass(eq=False)
    class Net(nn.Module):
        fc: nn.Module

    with raises(AttributeError, "cannot assign module before Module.__init__() call"):
        Net(nn.Linear(3, 2))


def test_dataclass_with_a_layer_as_a_field():
    """A layer that is passed to a dataclass is registered if its field is an InitVar and __post_init__ assigns it."""

    @dataclass(eq=False)
    class Net(nn.Module):
        size: int
        body: InitVar[nn.Module]

        def __post_init__(self, body):
            super().__init__()
            self.body = body

    net = Net(3, nn.Linear(3, 2))
    assert [name for name, _ in net.named_parameters()] == ["body.weight", "body.bias"] and net.size == 3


def test_used_before_the_call(raises):
    """A call such as add_module before super().__init__() raises that the tables are missing, though the call follows."""

    class Net(nn.Module):
        def __init__(self):
            self.add_module("fc", nn.Linear(3, 2))
            super().__init__()

    with raises(AttributeError, "'Net' object has no attribute '_modules'"):
        Net()


def test_dataclass_without_eq_false(raises):
    """A plain @dataclass module cannot be hashed, and parameters() raises."""

    @dataclass
    class Net(nn.Module):
        size: int

        def __post_init__(self):
            super().__init__()
            self.fc = nn.Linear(self.size, 2)

    with raises(TypeError, "unhashable type"):
        list(Net(3).parameters())


class Bare(nn.Linear):
    def __setstate__(self, state):
        self.__dict__.update(state)


class Full(nn.Linear):
    def __setstate__(self, state):
        super().__setstate__(state)


def test_pickles_of_older_versions(raises):
    """nn.Module.__setstate__ adds the tables that an older pickle lacks; a __setstate__ of one's own that does not call it leaves them out."""
    for missing, use in (
        ("_state_dict_pre_hooks", lambda net: net.state_dict()),
        ("_load_state_dict_pre_hooks", lambda net: net.load_state_dict(nn.Linear(2, 3).state_dict())),
        ("_forward_pre_hooks", lambda net: net(torch.ones(1, 2))),
        ("_non_persistent_buffers_set", lambda net: net.register_buffer("mean", torch.zeros(3))),
    ):
        for kind in Bare, Full:
            old = kind(2, 3)
            del old.__dict__[missing]
            net = kind.__new__(kind)  # as pickle does
            net.__setstate__(old.__dict__)
            if kind is Full:
                use(net)
            else:
                with raises(AttributeError, f"'Bare' object has no attribute '{missing}'"):
                    use(net)
                anew = Full(2, 3)
                anew.load_state_dict({name: p.data for name, p in net._parameters.items()})
                use(anew)


def test_not_a_module_at_all(raises):
    """A state_dict, a list, or a function in the place of a module raises such a message in prune; the module does not."""
    from torch.nn.utils import prune

    layer = nn.Linear(2, 3)
    for what, name in (layer.state_dict(), "collections.OrderedDict"), ([layer], "list"), (nn.functional.relu, "function"):
        with raises(AttributeError, f"'{name}' object has no attribute '_forward_pre_hooks'"):
            prune.l1_unstructured(what, "weight", 0.5)
    prune.l1_unstructured(layer, "weight", 0.5)
