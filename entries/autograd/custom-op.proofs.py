"""Proofs of custom-op."""

import numpy as np
import torch
from torch.library import custom_op, opcheck


def _keep(ctx, inputs, output):
    ctx.k = inputs[1]


def given():
    return {
        "torch": torch,
        "my_kernel": lambda x, k: torch.from_numpy(x.numpy(force=True) * np.float32(k)),
        "setup_context": _keep,
        "backward": lambda ctx, grad: (grad * ctx.k, None),
    }


def test_answer(answer):
    """An operator with a fake version and a backward passes opcheck, and its fake version runs on meta tensors."""
    x = torch.tensor([[1.0, -2.0, 3.0]], requires_grad=True)
    y = answer.scale(x, 2.5)
    y.backward(torch.tensor([[1.0, 2.0, 4.0]]))
    assert y.tolist() == [[2.5, -5, 7.5]] and x.grad.tolist() == [[2.5, 5, 10]]
    assert answer.scale(torch.empty(5, 7, device="meta"), 2.0).shape == (5, 7)
    for test in "test_schema", "test_faketensor", "test_autograd_registration":
        assert opcheck(answer.scale, (x, 2.5), test_utils=test) == {test: "SUCCESS"}


def test_default(default):
    """An operator made of NumPy code has the gradient that its backward computes, and gradcheck confirms it."""
    assert default.x.grad.tolist() == [3 * v**2 for v in (1, -2, 3)]
    assert default.power(torch.empty(5, 7, device="meta", dtype=torch.half), 3).dtype == torch.half
    x = torch.tensor([1.5, -2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(default.power, (x, 4))
    assert default.power(torch.tensor(2.0), 3) == torch.tensor(8.0)  # NumPy makes a scalar of 0 dims


def test_in_place(in_place):
    """An operator that only writes to the argument named in mutates_args returns None."""
    assert in_place.exp_into(in_place.x, in_place.out) is None
    torch.testing.assert_close(in_place.out, in_place.x.exp())


def test_check(check, raises):
    """opcheck does not notice a wrong gradient; gradcheck does."""
    assert check.triple(check.x).tolist() == [v * 3 for v in check.x.tolist()]
    check.triple.register_autograd(lambda ctx, grad: grad * 77)
    assert opcheck(check.triple, (check.x,), test_utils="test_autograd_registration")
    with raises(RuntimeError, "Jacobian mismatch"):
        torch.autograd.gradcheck(check.triple, (check.x,))


def test_right(right):
    """register_autograd takes a backward that gets ctx and the gradient of the result."""
    assert right.x.grad.tolist() == [2, 2, 2]


def test_compile_needs_register_fake(raises):
    """Without register_fake an operator that returns a tensor fails in torch.compile; one that returns None does not."""

    @custom_op("proof::nofake", mutates_args=())
    def nofake(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    x = torch.tensor([1.0, 2.0])
    assert nofake(x).tolist() == [2, 4]
    compiled = torch.compile(lambda x: nofake(x) + 1, backend="eager", fullgraph=True)
    with raises(RuntimeError, "no fake impl registered"):
        compiled(x)
    with raises(Exception, "test_faketensor failed with There was no fake impl"):
        opcheck(nofake, (x,), test_utils="test_faketensor")
    nofake.register_fake(torch.empty_like)
    torch._dynamo.reset()
    assert compiled(x).tolist() == [3, 5]

    @custom_op("proof::nothing", mutates_args={"x"})
    def nothing(x: torch.Tensor) -> None:
        x += 1

    torch._dynamo.reset()
    torch.compile(nothing, backend="eager", fullgraph=True)(x)
    assert x.tolist() == [2, 3]
    with raises(RuntimeError, "Cannot register autograd formula for non-functional operator"):
        nothing.register_autograd(lambda ctx: None)


def test_the_graph_holds_one_node():
    """torch.export keeps a custom operator as one node of the graph."""

    @custom_op("proof::opaque", mutates_args=())
    def opaque(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.sort(x.numpy()))

    opaque.register_fake(torch.empty_like)

    class Model(torch.nn.Module):
        def forward(self, x):
            return opaque(x)

    program = torch.export.export(Model(), (torch.tensor([3.0, 1.0]),))
    calls = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert calls == ["proof.opaque.default"]
    assert program.module()(torch.tensor([2.0, 1.0])).tolist() == [1, 2]


def test_a_second_operator_replaces_the_first():
    """A second operator of the same name replaces the first without a warning, also behind the first's function."""

    @custom_op("proof::twice", mutates_args=())
    def first(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    assert first(torch.ones(1)).item() == 2

    @custom_op("proof::twice", mutates_args=())
    def second(x: torch.Tensor) -> torch.Tensor:
        return x * 3

    assert (first(torch.ones(1)).item(), second(torch.ones(1)).item()) == (3, 3)


def test_numpy_in_backward_fails_under_compile(raises):
    """A backward that uses NumPy runs in eager mode and fails under torch.compile; as a custom operator it works."""

    @custom_op("proof::double", mutates_args=())
    def double(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(x.numpy(force=True) * 2)

    double.register_fake(torch.empty_like)
    x = torch.ones(3, requires_grad=True)

    def gradient(function):
        torch._dynamo.reset()
        x.grad = None
        function(x).sum().backward()
        return x.grad.tolist()

    compiled = torch.compile(double, backend="aot_eager", fullgraph=True)
    double.register_autograd(lambda ctx, grad: torch.from_numpy(grad.numpy(force=True) * 2))
    assert gradient(double) == [2, 2, 2]
    with raises(RuntimeError, "numpy"):
        gradient(compiled)
    double.register_autograd(lambda ctx, grad: double(grad))
    assert gradient(compiled) == [2, 2, 2]


def test_an_undeclared_write_is_lost(raises):
    """An in-place write that mutates_args does not name works in eager mode and is lost when compiled."""

    @custom_op("proof::bump", mutates_args=())
    def bump(x: torch.Tensor) -> torch.Tensor:
        x += 1
        return x.clone()

    @custom_op("proof::bump_declared", mutates_args={"x"})
    def declared(x: torch.Tensor) -> None:
        x += 1

    bump.register_fake(torch.empty_like)

    def results(op):
        def work(x):
            y = x * 1
            op(y)
            return y

        torch._dynamo.reset()
        compiled = torch.compile(work, backend="aot_eager", fullgraph=True)
        return work(torch.ones(1)).item(), compiled(torch.ones(1)).item()

    assert results(bump) == (2, 1)
    assert results(declared) == (2, 2)
    with raises(Exception, "Argument x is not defined as mutable but was mutated"):
        opcheck(bump, (torch.ones(1),), test_utils="test_schema")


def test_results_must_be_new(raises):
    """An operator that returns its input or a view of it raises; a clone is fine."""
    for name, work in {"same": lambda x: x, "view": lambda x: x[1:], "clone": lambda x: x.clone()}.items():

        def body(x: torch.Tensor, work=work) -> torch.Tensor:
            return work(x)

        op = custom_op(f"proof::{name}", body, mutates_args=(), schema="(Tensor x) -> Tensor")
        if name == "clone":
            assert op(torch.ones(3)).tolist() == [1, 1, 1]
            continue
        with raises(RuntimeError, "may not alias any inputs"):
            op(torch.ones(3))


def test_annotations_are_needed(raises):
    """custom_op raises for a parameter and for a result without a type annotation, unless schema= is given."""

    def no_parameter(x) -> torch.Tensor:
        return x.clone()

    def no_result(x: torch.Tensor):
        return x.clone()

    with raises(ValueError, "Parameter x must have a type annotation"):
        custom_op("proof::no_parameter", no_parameter, mutates_args=())
    with raises(ValueError, "No return type annotation was provided"):
        custom_op("proof::no_result", no_result, mutates_args=())
    op = custom_op("proof::schema", lambda x: x * 2, mutates_args=(), schema="(Tensor x) -> Tensor")
    assert op(torch.ones(1)).item() == 2


def test_writes_are_not_in_the_gradient():
    """The gradient passes an operator that writes to its argument as if it had not written."""

    @custom_op("proof::times5", mutates_args={"x"})
    def times5(x: torch.Tensor) -> None:
        x *= 5

    w = torch.ones(2, requires_grad=True)
    y = 2 * w
    times5(y)
    y.sum().backward()
    assert y.tolist() == [10, 10] and w.grad.tolist() == [2, 2]  # not 10
