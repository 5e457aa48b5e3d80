"""Proofs of jit-annotate."""

import sys
import warnings
from typing import Dict, Final, List, Optional  # noqa: UP035

import torch
from torch import Tensor, nn


def script(thing):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(thing)


def given():
    return {"Optional": Optional, "Tensor": Tensor}


def plain(x, factor: int):
    counts: dict[str, int] = {}
    sizes: list[int] = []
    last: Optional[Tensor] = None
    for i in range(factor):
        counts["rows"] = x.shape[0] + i
        sizes.append(i * i)
        if last is None:
            last = x
        else:
            last = last + x
    return counts, sizes, last


def annotated(x, factor: int):
    counts = torch.jit.annotate(Dict[str, int], {})  # noqa: UP006
    sizes = torch.jit.annotate(List[int], [])  # noqa: UP006
    last = torch.jit.annotate(Optional[Tensor], None)
    for i in range(factor):
        counts["rows"] = x.shape[0] + i
        sizes.append(i * i)
        if last is None:
            last = x
        else:
            last = last + x
    return counts, sizes, last


def test_answer(answer):
    """A variable annotation tells torch.jit.script the same types as torch.jit.annotate."""
    assert (answer.counts, answer.sizes, answer.last) == ({}, [], None)
    x = torch.ones(5)
    for function in plain, annotated, script(plain), script(annotated):
        counts, sizes, last = function(x, 3)
        assert (counts, sizes, last.tolist()) == ({"rows": 7}, [0, 1, 4], [3.0] * 5)


def test_default(default):
    """Scripted, both functions return what they return in Python."""
    assert default.old(default.x, 3) == default.new(default.x, 3) == {"rows": 15}
    assert script(default.old)(default.x, 3) == script(default.new)(default.x, 3) == {"rows": 15}
    assert default.x.shape == (5, 3)


def test_export(export):
    """torch.export takes a dict without types and makes its values constants of the graph."""
    torch.testing.assert_close(export.program.module()(export.x + 1), export.x * 20 + 23)


def test_right(right):
    """An annotated empty list takes ints in TorchScript."""
    assert right.rows(torch.zeros(7)) == [7]
    assert right.rows(torch.zeros(5, 3)) == [5]


def test_empty_containers_hold_tensors(raises):
    """TorchScript takes an empty list and an empty dict to hold tensors, and refuses an int in them."""

    def tensors(x):
        a = []
        b = {}
        a.append(x)
        b["x"] = x
        return a, b

    def ints(x):
        b = {}
        b["rows"] = x.shape[0]
        return b

    assert script(tensors)(torch.ones(1))[0][0].item() == 1
    with raises(RuntimeError, "Could not match type int to t in argument 'v'"):
        script(ints)


def test_none_needs_a_type(raises):
    """A loop or a branch cannot change the type of a variable, such as None to a tensor; outside of both, an assignment
    can."""

    def last(x):
        y = None
        for _ in range(2):
            if y is None:
                y = x
        return y

    def halve(x, n: int):
        n = n / 2
        return x * n

    with raises(RuntimeError, "Variable 'y' previously had type NoneType but is now being assigned"):
        script(last)
    assert script(halve)(torch.ones(1), 3).item() == 1.5


FACTOR = 2


def test_globals_are_not_read(raises):
    """TorchScript does not read a variable from outside of the function, whatever its type; an attribute it does."""

    def double(x):
        return FACTOR * x

    class Double(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = FACTOR

        def forward(self, x):
            return self.factor * x

    with raises(RuntimeError, "python value of type 'int' cannot be used as a value"):
        script(double)
    assert script(Double())(torch.ones(1)).item() == 2


def test_syntax_that_is_not_compiled(raises):
    """TorchScript refuses try blocks and lambdas."""

    def tried(x):
        try:
            return x
        except ValueError:
            return -x

    def inner(x):
        negative = lambda y: -y  # noqa: E731
        return negative(x)

    for function, what in (tried, "try blocks"), (inner, "Lambda"):
        with raises(torch.jit.frontend.UnsupportedNodeError, f"{what} aren't supported"):
            script(function)


def test_arguments_are_tensors(raises):
    """In TorchScript, an argument without an annotation is a Tensor."""

    def scale(x, n):
        return x * n

    scripted = script(scale)
    assert scripted(torch.ones(2), torch.tensor(3)).tolist() == [3, 3]
    with raises(RuntimeError, "Inferred 'n' to be of type 'Tensor' because it was not annotated"):
        scripted(torch.ones(2), 3)


class InInit(nn.Module):
    def __init__(self):
        super().__init__()
        self.counts = torch.jit.annotate(Dict[str, int], {})  # noqa: UP006

    def forward(self, x):
        return x + len(self.counts)


class InTheClass(nn.Module):
    counts: dict[str, int]

    def __init__(self):
        super().__init__()
        self.counts = {}

    def forward(self, x):
        return x + len(self.counts)


def test_not_in_init(raises):
    """annotate in __init__ does not give an attribute a type; an annotation in the body of the class does."""
    with raises(RuntimeError, "try adding a type annotation for the attribute"):
        script(InInit())
    assert script(InTheClass())(torch.ones(1)).item() == 1


class InTheBody(nn.Module):
    scale: float = 2.0

    def forward(self, x):
        return self.scale * x


class AsFinal(nn.Module):
    scale: Final[float] = 2.0

    def forward(self, x):
        return self.scale * x


class OnTheObject(InTheBody):
    def __init__(self):
        super().__init__()
        self.scale = 2.0


class Layers(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.layers = kind([nn.Identity()])

    def forward(self, x):
        return self.layers[0](x)


def test_attributes_of_the_class(raises):
    """TorchScript does not see an attribute of the class, annotated or not, unless it is Final; it sees one set in __init__."""
    with raises(RuntimeError, "Module 'InTheBody' has no attribute 'scale'"):
        script(InTheBody())
    for module in AsFinal(), OnTheObject():
        assert script(module)(torch.ones(1)).item() == 2


class SetsLast(nn.Module):
    def __init__(self, prepared):
        super().__init__()
        if prepared:
            self.last = torch.zeros(0)

    def forward(self, x):
        self.last = 2 * x
        return x


def test_assigned_attributes(raises):
    """A scripted assignment to an attribute needs one of the same type that __init__ has set."""
    with raises(RuntimeError, "Tried to set nonexistent attribute: last. Did you forget to initialize it in __init__()?"):
        script(SetsLast(False))
    scripted = script(SetsLast(True))
    scripted(torch.ones(3))
    assert scripted.last.tolist() == [2, 2, 2]


def test_layers_in_a_list(raises):
    """TorchScript finds no type for a Python list of layers; an nn.ModuleList compiles."""
    with raises(RuntimeError, "Module 'Layers' has no attribute 'layers' (This attribute exists on the Python module"):
        script(Layers(list))
    assert script(Layers(nn.ModuleList))(torch.ones(1)).item() == 1


def test_it_checks_nothing():
    """In Python, torch.jit.annotate returns the same object, whatever the type says."""
    empty = {}
    assert torch.jit.annotate(dict, empty) is empty
    assert torch.jit.annotate(int, "a") == "a"


def test_deprecated():
    """Since torch 2.10, torch.jit.script gives a DeprecationWarning (a FutureWarning since 2.14) that points to
    torch.compile and torch.export."""

    def double(x):
        return 2 * x

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scripted = torch.jit.script(double)
    if torch.__version__ < (2, 10):
        return
    assert caught[0].category is (FutureWarning if torch.__version__ >= (2, 14) else DeprecationWarning)
    assert "Please switch to `torch.compile` or `torch.export`" in str(caught[0].message)
    if sys.version_info >= (3, 14):
        assert "is not supported in Python 3.14+ and may break" in str(caught[0].message)
    assert scripted(torch.ones(2)).tolist() == [2, 2]
