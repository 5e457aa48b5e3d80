"""Proofs of jit-unused."""

import contextlib
import io
import warnings

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor, Shard


def script(thing):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit")
        return torch.jit.script(thing)


def given():
    return {"torch": torch}


def test_answer(answer):
    """Code under is_exporting() runs in eager mode and is left out of the exported program."""
    logged = []

    class Net(nn.Module):
        forward = answer.forward

        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def log(self, x):
            logged.append(x.mean().item())

    if torch.__version__ < (2, 7):
        return
    model, x = Net(), torch.tensor([[1.0, 2.0, 6.0]])
    model(x)
    assert logged == [3.0]
    program = torch.export.export(model, (x,))
    torch.testing.assert_close(program.module()(x), x @ model.fc.weight.T + model.fc.bias)
    assert logged == [3.0]
    targets = [str(n.target) for n in program.graph.nodes if n.op == "call_function"]
    assert targets == ["aten.linear.default"]


def test_default(default):
    """The exported program computes the same and holds nothing of the log."""
    x = torch.tensor([4.0, 0.5])
    assert default.program.module()(x).tolist() == [13.0, 2.5] == [3 * v + 1 for v in (4.0, 0.5)]


def test_both(both):
    """Nested, is_scripting() and is_exporting() keep the log out of a scripted and of an exported model."""
    for run in script(both.model), torch.export.export(both.model, (both.x,)).module():
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            assert run(torch.ones(2) * 4).tolist() == [12, 12]
        assert printed.getvalue() == ""


class Joined(nn.Module):
    def forward(self, x):
        if not torch.jit.is_scripting() and not torch.compiler.is_exporting():
            print(x)
        return x


def test_joined_by_and(raises):
    """torch.jit.script cannot compile is_exporting(), not even after "not is_scripting() and"."""
    with raises(RuntimeError, "python value of type 'bool' cannot be used as a value" if torch.__version__ >= (2, 7) else "has no attribute"):
        script(Joined())


def test_right(right):
    """A NumPy call under is_exporting() does not disturb the export."""
    assert right.program.module()(torch.tensor([2.0, -1.0])).tolist() == [6, -3]


def test_numpy_of_a_dtensor(raises):
    """numpy() of a DTensor raises the same, and after full_tensor() it works."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    sharded = DTensor.from_local(torch.ones(4, 2), dist.init_device_mesh("cpu", (1,)), [Shard(0)])
    with raises(RuntimeError, ".numpy() is not supported for tensor subclasses"):
        sharded.numpy()
    assert sharded.full_tensor().numpy().sum() == 8
    dist.destroy_process_group()


def test_flags():
    """is_exporting() is true under torch.export, is_compiling() also under torch.compile, is_scripting() in neither; up to
    2.10, is_exporting() is true under torch.compile too."""
    if torch.__version__ < (2, 7):
        return
    exporting, compiling = torch.compiler.is_exporting, torch.compiler.is_compiling
    scripting, x = torch.jit.is_scripting, torch.zeros(1)

    class Flags(nn.Module):
        def forward(self, x):
            return x + 1 * exporting() + 10 * compiling() + 100 * scripting()

    assert Flags()(x).item() == 0
    for strict in False, True:
        assert torch.export.export(Flags(), (x,), strict=strict).module()(x).item() == 11
    compiled = torch.compile(Flags(), backend="eager", fullgraph=True)(x).item()
    assert compiled in ([10] if torch.__version__ >= (2, 13) else [10, 11])


def test_onnx():
    """is_exporting() is true inside torch.onnx.export with dynamo=True."""
    import onnx  # noqa: F401
    import onnxscript  # noqa: F401

    if torch.__version__ < (2, 7):
        return

    class Net(nn.Module):
        def forward(self, x):
            seen.append(torch.compiler.is_exporting())
            return x + 1

    seen = []
    torch.onnx.export(Net().eval(), (torch.ones(2),), "net.onnx", dynamo=True, verbose=False)
    assert seen and all(seen)


class Clamped(nn.Module):
    @torch.jit.unused
    def check(self, x):
        return x.clamp(min=-1)

    def forward(self, x):
        if not torch.jit.is_scripting():
            x = self.check(x)
        return 3 * x


def test_is_scripting_does_not_guard_an_export():
    """is_scripting() and @torch.jit.unused leave the guarded branch in the graph of torch.export."""
    x = torch.tensor([-5.0, 2.0])
    program = torch.export.export(Clamped(), (x,))
    targets = [str(n.target) for n in program.graph.nodes if n.op == "call_function"]
    assert targets == ["aten.clamp.default", "aten.mul.Tensor"]
    assert Clamped()(x).tolist() == program.module()(x).tolist() == [-3, 6]
    assert script(Clamped())(x).tolist() == [-15, 6]


def test_a_skipped_branch_changes_the_result():
    """A branch that is_exporting() skips, and that changes x, makes the exported program compute something else."""
    if torch.__version__ < (2, 7):
        return

    class Net(Clamped):
        def forward(self, x):
            if not torch.compiler.is_exporting():
                x = self.check(x)
            return 3 * x

    x = torch.tensor([-5.0, 2.0])
    assert Net()(x).tolist() == [-3, 6]
    assert torch.export.export(Net(), (x,)).module()(x).tolist() == [-15, 6]


class Unused(nn.Module):
    @torch.jit.unused
    def double(self, x):
        return 2 * x

    def forward(self, x):
        return self.double(x)


class Ignored(nn.Module):
    @torch.jit.ignore
    def double(self, x):
        return 2 * x

    def forward(self, x):
        return self.double(x)


def test_unused_and_ignore(raises):
    """A scripted call of an unused method raises and can be saved; one of an ignored method runs and cannot be saved."""
    unused, ignored, x = script(Unused()), script(Ignored()), torch.ones(1)
    unused.save("unused.pt")
    with raises(torch.jit.Error, "annotated to be ignored and cannot be run"):
        unused(x)
    assert ignored(x).item() == 2
    with raises(RuntimeError, "Could not export Python function call 'double'"):
        ignored.save("ignored.pt")


def test_side_effects():
    """A print runs while torch.export runs the model, not when the exported program runs."""

    class Net(nn.Module):
        def forward(self, x):
            print("here")
            return x + 1

    with contextlib.redirect_stdout(io.StringIO()) as exporting:
        program = torch.export.export(Net(), (torch.ones(2),), strict=False).module()  # the default since 2.8
    with contextlib.redirect_stdout(io.StringIO()) as running:
        program(torch.ones(2))
    assert "here" in exporting.getvalue() and running.getvalue() == ""


def test_densenet():
    """The DenseNet of torchvision uses torch.jit.is_scripting and torch.jit.unused."""
    import inspect

    from torchvision.models import densenet

    source = inspect.getsource(densenet)
    assert "torch.jit.is_scripting()" in source and "@torch.jit.unused" in source
