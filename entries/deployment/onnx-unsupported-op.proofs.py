"""Proofs of onnx-unsupported-op."""

import warnings

import onnx
import onnxruntime
import torch
from onnxscript import opset18 as op
from torch import nn


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def cubed(x: torch.Tensor) -> torch.Tensor:
    return x**3


def run(path, x):
    session = onnxruntime.InferenceSession(path)
    return torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0])


def given():
    cube = torch.library.custom_op("mylib::cube", cubed, mutates_args=())
    cube.register_fake(torch.empty_like)
    torch.manual_seed(0)
    return {
        "torch": torch,
        "a": torch.randn(2, 4, 3),
        "b": torch.randn(2, 5, 3),
        "model": Call(lambda x: cube(x) - x).eval(),
        "x": torch.tensor([[2.0, -3.0]]),
    }


def test_answer(answer):
    """The norm of the differences computes what torch.cdist does, and a translated operator runs in onnxruntime."""
    torch.testing.assert_close(answer.distance, torch.cdist(answer.a, answer.b))
    assert answer.distance.shape == (2, 4, 5)
    assert run("model.onnx", answer.x).tolist() == [[8 - 2, -27 + 3]] == answer.model(answer.x).tolist()


def test_the_gradient_at_distance_0():
    """Like torch.cdist, vector_norm has the gradient 0 at distance 0, where a hand-written root has NaN."""
    x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    diff = x[:, None] - x.detach()
    for distance in (torch.cdist(x, x.detach()), torch.linalg.vector_norm(diff, dim=-1)):
        assert torch.autograd.grad(distance.sum(), x, retain_graph=True)[0].tolist() == [[0, 0]]
    assert torch.autograd.grad(diff.square().sum(-1).sqrt().sum(), x)[0].isnan().all()


def test_default(default):
    """The rewritten model gives in onnxruntime the distances that torch.cdist computes."""
    assert default.x.shape == (2, 3) and default.model.centers.shape == (4, 3)
    x = torch.randn(2, 3)
    expected = [[(p - c).pow(2).sum().sqrt().item() for c in default.model.centers] for p in x]
    torch.testing.assert_close(run("model.onnx", x), torch.tensor(expected))
    torch.testing.assert_close(default.model(x), torch.cdist(x, default.model.centers))


def test_right(right):
    """onnxruntime computes the operator from the ONNX operators of the translation."""
    assert run("cube.onnx", torch.tensor([[4.0, -1.0, 0.5]])).tolist() == [[68, -2, 0.625]]
    assert [node.op_type for node in onnx.load("cube.onnx").graph.node] == ["Mul", "Mul", "Add"]


def test_cdist_cannot_be_translated(raises):
    """torch.onnx.export has no ONNX form for torch.cdist."""
    model = Call(lambda x: torch.cdist(x, x + 1)).eval()
    with raises(Exception, "No ONNX function found for"):
        torch.onnx.export(model, (torch.ones(2, 3),), "a.onnx", dynamo=True, verbose=False)


def test_without_register_fake(raises):
    """Without register_fake, the export of a custom operator fails in step 1 of 3."""
    cube = torch.library.custom_op("proofs::no_fake", cubed, mutates_args=())
    with raises(Exception, "no fake impl registered"):
        try:
            torch.onnx.export(Call(cube).eval(), (torch.ones(2),), "a.onnx", dynamo=True, verbose=False)
        except Exception as error:
            assert "step 1/3" in str(error)
            raise


def test_a_wrong_translation():
    """An operator of PyTorch can be a key of the table too, and a wrong translation, such as Cos for erfinv, raises nothing."""
    table = {torch.ops.aten.erfinv.default: lambda x: op.Cos(x)}
    x, model = torch.tensor([0.25, -0.5]), Call(torch.erfinv).eval()
    torch.onnx.export(model, (x,), "a.onnx", dynamo=True, verbose=False, custom_translation_table=table)
    torch.testing.assert_close(run("a.onnx", x), x.cos())


def test_complex_numbers(raises):
    """In 2.13, a product of complex numbers lacks an ONNX form though the product of real ones has one."""
    if torch.__version__ < (2, 13):
        return

    def turned(x):
        return torch.view_as_real(1j * x)

    with raises(Exception, "Failed to convert the exported program to an ONNX model"):
        torch.onnx.export(Call(turned).eval(), (torch.ones(2),), "a.onnx", dynamo=True, verbose=False)
    x = torch.tensor([0.25, -0.5])
    parts = Call(lambda x: torch.stack([0 * x, x], dim=-1)).eval()
    torch.onnx.export(parts, (x,), "a.onnx", dynamo=True, verbose=False)
    torch.testing.assert_close(run("a.onnx", x), turned(x))


def test_the_old_exporter():
    """dynamo=False gives a DeprecationWarning since 2.8, and uses what register_custom_op_symbolic registered."""
    torch.onnx.register_custom_op_symbolic("aten::erfinv", lambda g, x: g.op("Cos", x), 18)
    x = torch.tensor([0.25, -0.5])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.onnx.export(Call(torch.erfinv).eval(), (x,), "a.onnx", dynamo=False, opset_version=18)
    if torch.__version__ >= (2, 8):
        assert any(w.category is DeprecationWarning and "legacy" in str(w.message) for w in caught)
    torch.testing.assert_close(run("a.onnx", x), x.cos())


def test_symbolic():
    """Since 2.8, torch.onnx.ops.symbolic writes a node of a domain of your own into the file."""
    if torch.__version__ < (2, 8):
        return

    def forward(x):
        y = torch.onnx.ops.symbolic("my.runtime::Cube", (x,), dtype=x.dtype, shape=x.shape, version=1)
        return y + x

    torch.onnx.export(Call(forward).eval(), (torch.ones(2),), "a.onnx", dynamo=True, verbose=False)
    nodes = [(node.domain, node.op_type) for node in onnx.load("a.onnx").graph.node]
    assert nodes == [("my.runtime", "Cube"), ("", "Add")]


def test_functions_need_no_translation():
    """An autograd Function is exported as the operations of its forward."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * x * x

    x = torch.tensor([2.0, -3.0])
    torch.onnx.export(Call(Cube.apply).eval(), (x,), "a.onnx", dynamo=True, verbose=False)
    assert run("a.onnx", x).tolist() == [8, -27]
