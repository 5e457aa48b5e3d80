"""Proofs of model-graph."""

import inspect
import re
from types import SimpleNamespace

import torch
from torch import nn


def given():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    exported = []

    def export(*args, **options):  # what export writes is proved in onnx-export
        inspect.signature(torch.onnx.export).bind(*args, **options)
        exported.append(args)

    fake = SimpleNamespace(fx=torch.fx, onnx=SimpleNamespace(export=export))
    printed = []
    names = {"torch": fake, "model": model, "x": torch.ones(5, 3), "print": printed.append}
    return {**names, "printed": printed, "exported": exported}


def test_answer(answer):
    """symbolic_trace lists the layers in order without data, and export takes a model in eval mode and a tuple."""
    (graph,) = answer.printed
    layers = [node.target for node in graph.nodes if node.op == "call_module"]
    assert layers == [name for name, _ in answer.model.named_children()]
    ((model, args, name),) = answer.exported
    assert not model.training and args[0] is answer.x and name.endswith(".onnx")


def test_default(default):
    """Each parameter that the loss reaches ends the graph in an AccumulateGrad node."""
    found, todo = set(), [default.loss.grad_fn]
    while todo:
        node = todo.pop()
        assert isinstance(node, torch.autograd.graph.Node)
        if node.name() == "torch::autograd::AccumulateGrad":
            found.add(default.names[node.variable])
        todo += [before for before, _ in node.next_functions if before is not None]
    assert default.loss.grad_fn._saved_self_sym_sizes == (5, 2)
    assert found == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_dot(dot):
    """A parameter that is used twice has two edges and one node."""
    label = dict(re.findall(r'"(\d+)" \[label="(.*?)"\]', dot.text))
    edges = [(label[a], label[b]) for a, b in re.findall(r'"(\d+)" -> "(\d+)"', dot.text)]
    assert len(label) == 6 and sorted(edges) == [
        ("MmBackward0", "SumBackward0"),
        ("SumBackward0", "MulBackward0"),
        ("SumBackward0", "MulBackward0"),
        ("TBackward0", "MmBackward0"),
        ("weight", "SumBackward0"),
        ("weight", "TBackward0"),
    ]
    assert open("graph.dot").read() == dot.text and dot.text.startswith("digraph {")
    assert dot.model.weight.shape == (2, 3)
    torch.testing.assert_close(dot.loss, 5 * dot.model.weight.sum().square())
    x = torch.ones(2, requires_grad=True)
    assert '"input"' in dot.dot(x.sum(), {})


def test_right(right):
    """torch.where computes what the if computed."""
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-3.0, 1.0]), torch.tensor([0.25, 0.5])):
        assert torch.equal(right.Net()(x), x if x.sum() > 0 else -x)


def test_missing_parameters():
    """A parameter that the loss does not reach keeps grad None."""
    used, unused = nn.Linear(3, 2), nn.Linear(3, 2)
    used(torch.ones(4, 3)).sum().backward()
    assert used.weight.grad is not None and unused.weight.grad is None


def test_without_a_graph():
    """grad_fn is None under no_grad and after detach(); after backward() the nodes are still there."""
    model = nn.Linear(3, 2)
    with torch.no_grad():
        assert model(torch.ones(4, 3)).grad_fn is None
    loss = model(torch.ones(4, 3)).sum()
    assert loss.detach().grad_fn is None
    loss.backward()
    assert loss.grad_fn.next_functions[0][0].name() == "AddmmBackward0"


class OnTheShape(nn.Module):
    def forward(self, x):
        return x * 2 if x.shape[0] > 1 else -x


def test_shapes(raises):
    """symbolic_trace raises for an if on the shape; torch.export follows the branch that the example takes."""
    with raises(torch.fx.proxy.TraceError, "cannot be used as inputs to control flow"):
        torch.fx.symbolic_trace(OnTheShape())
    program = torch.export.export(OnTheShape(), (torch.ones(3),))
    assert program.module()(torch.tensor([1.0, -2.0, 5.0])).tolist() == [2, -4, 10]


class Repeat(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        if self.kind == "len":
            return x * len(x)
        for _ in x if self.kind == "rows" else range(x.shape[0]):
            x = x + 1
        return x


def test_loops(raises):
    """symbolic_trace raises for a loop over the input, for range of its shape, and for its len; torch.export takes all."""
    for kind, error, text in (
        ("rows", torch.fx.proxy.TraceError, "Proxy object cannot be iterated"),
        ("range", TypeError, "'Proxy' object cannot be interpreted as an integer"),
        ("len", RuntimeError, "'len' is not supported in symbolic tracing"),
    ):
        with raises(error, text):
            torch.fx.symbolic_trace(Repeat(kind))
        x = torch.tensor([1.0, -2.0, 5.0])
        program = torch.export.export(Repeat(kind), (torch.ones(3),))
        assert torch.equal(program.module()(x), Repeat(kind)(x))


class Choice(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        if self.kind == "assert":
            assert x.shape[0] == 2
        if self.kind == "and":
            return x.sum() > 0 and x.sum() < 1
        if self.kind == "not":
            return not x.dim()
        if self.kind == "cond":
            return torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))
        return x


def test_what_fx_does_not_trace(raises):
    """symbolic_trace raises for assert, and, not, and torch.cond on the input; torch.export takes torch.cond."""
    for kind in "assert", "and", "not":
        with raises(torch.fx.proxy.TraceError, "cannot be used as inputs to control flow"):
            torch.fx.symbolic_trace(Choice(kind))
    with raises(RuntimeError, "Expected pred to be bool or tensor"):
        torch.fx.symbolic_trace(Choice("cond"))
    run = torch.export.export(Choice("cond"), (torch.ones(2),)).module()
    assert run(torch.ones(2)).tolist() == [2, 2] and run(-torch.ones(2)).tolist() == [-2, -2]


WRAPPED = """
import torch

torch.fx.wrap("len")


class Mean(torch.nn.Module):
    def forward(self, x):
        return x / len(x)


class Loop(torch.nn.Module):
    def forward(self, x):
        for i in range(len(x)):
            x = x + i
        return x
"""


class Mean(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        return x / (len(x) if self.kind == "len" else x.shape[0])


def test_len(raises):
    """symbolic_trace takes x / x.shape[0], and x / len(x) after torch.fx.wrap("len"), but range(len(x)) not even then."""
    x = torch.tensor([4.0, 8.0])
    with raises(RuntimeError, "'len' is not supported in symbolic tracing"):
        torch.fx.symbolic_trace(Mean("len"))
    assert torch.fx.symbolic_trace(Mean("shape"))(x).tolist() == [2, 4]
    names = {"__name__": "wrapped"}
    exec(WRAPPED, names)
    assert torch.fx.symbolic_trace(names["Mean"]())(x).tolist() == [2, 4]
    with raises(TypeError, "'Proxy' object cannot be interpreted as an integer"):
        torch.fx.symbolic_trace(names["Loop"]())
