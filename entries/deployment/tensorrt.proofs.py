"""Proofs of tensorrt."""

import logging
import os

import onnx
import onnxruntime
import onnxscript  # noqa: F401
import torch
from torch import nn
from torch.export import Dim, export

logging.disable(logging.WARNING)  # of the export


def given():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    return {"torch": torch, "model": nn.Sequential(*layers), "x": torch.randn(2, 3, 8, 6)}


def test_answer(answer):
    """The ONNX file takes an input x with batches of other sizes and computes what the model computes in eval mode."""
    session = onnxruntime.InferenceSession("model.onnx")
    assert [i.name for i in session.get_inputs()] == ["x"]
    assert [isinstance(size, str) for size in session.get_inputs()[0].shape] == [True, False, False, False]
    assert not any(node.op_type == "Dropout" for node in onnx.load("model.onnx").graph.node)
    for n in 1, 5, 32:
        x = torch.randn(n, 3, 8, 6)
        (result,) = session.run(None, {"x": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(result), answer.model.eval()(x), rtol=1e-4, atol=1e-5)
    (allowed,) = answer.program.range_constraints.values()
    assert allowed.upper == 32
    assert os.listdir() == ["model.onnx"]


def test_default(default, raises):
    """The loaded program computes what the model computes for batches up to the max of its Dim, and refuses larger ones."""
    x = torch.randn(16, 3, 5, 7)
    torch.testing.assert_close(default.run(x), default.model(x))
    assert default.x.shape == (2, 3, 5, 7)
    said = "Guard failed: input.size()[0] <= 16" if torch.__version__ >= (2, 9) else "Expected input at *args[0].shape[0] to be <= 16, but got 17"
    with raises((AssertionError, RuntimeError), said):
        default.run(torch.randn(17, 3, 5, 7))


def test_right(right):
    """A Dim with a larger max allows larger batches."""
    (allowed,) = right.program.range_constraints.values()
    assert allowed.upper == 64
    assert torch.equal(right.program.module()(torch.ones(64, 3)), right.model(torch.ones(64, 3)))
    assert (right.x.shape, right.model.weight.shape) == ((2, 3), (2, 3))


def test_the_size_of_the_example(raises):
    """Without dynamic_shapes, the program refuses a batch of another size."""
    run = export(nn.Linear(3, 2), (torch.ones(4, 3),)).module()
    said = "Guard failed: input.size()[0] == 4" if torch.__version__ >= (2, 9) else "Expected input at *args[0].shape[0] to be equal to 4, but got 5"
    with raises((AssertionError, RuntimeError), said):
        run(torch.ones(5, 3))


def test_what_is_guarded(raises):
    """A program refuses sizes that do not agree and other plain values, but takes another dtype."""

    class Add(nn.Module):
        def forward(self, a, b, k):
            return a + k * b

    sizes = {0: Dim("batch")}
    run = export(Add(), (torch.ones(4, 3), torch.ones(4, 3), 2), dynamic_shapes=(sizes, sizes, None)).module()
    assert run(torch.ones(5, 3).double(), torch.ones(5, 3).double(), 2).dtype == torch.float64
    if torch.__version__ >= (2, 9):
        with raises(AssertionError, "Guard failed: …size()[0]…size()[0]"):
            run(torch.ones(5, 3), torch.ones(6, 3), 2)
        with raises(AssertionError, "Guard failed: k == 2"):
            run(torch.ones(5, 3), torch.ones(5, 3), 3)


def test_an_example_of_one(raises):
    """With an example of size 1 along a named Dim, the export raises "Constraints violated"."""
    with raises(Exception, "Constraints violated (batch)"):
        export(nn.Linear(3, 2), (torch.ones(1, 3),), dynamic_shapes=({0: Dim("batch")},))


def test_half():
    """A model exported with half() is a graph of float16, close to the model within 1e-2."""
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 5)).eval(), torch.randn(3, 64)
    expected = model(x)
    run = export(model.half(), (x.half(),)).module()
    assert run(x.half()).dtype == torch.float16
    torch.testing.assert_close(run(x.half()).float(), expected, rtol=0, atol=1e-2)


def test_what_fixes_a_size(raises):
    """A loop over the rows, a number in view, and since 2.13 at the latest len(x), fix a named Dim, and the export raises;
    x.shape[0] does not."""

    class Call(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def forward(self, x):
            return self.function(x)

    x, shapes = torch.ones(4, 3), ({0: torch.export.Dim("batch")},)
    fixing = [lambda x: sum(x[i] for i in range(x.shape[0])), lambda x: x.view(4, -1)]
    if torch.__version__ >= (2, 13):
        fixing.append(lambda x: x * len(x))
    for function in fixing:
        with raises(Exception, "Constraints violated (batch)"):
            torch.export.export(Call(function), (x,), dynamic_shapes=shapes)
    free = torch.export.export(Call(lambda x: x.view(x.shape[0], -1) * x.shape[0]), (x,), dynamic_shapes=shapes)
    assert free.module()(torch.ones(6, 3)).eq(6).all()
