"""Proofs of torchscript."""

import sys
import warnings
from unittest import mock

import torch
from torch import nn

warnings.simplefilter("ignore")  # torch.jit is deprecated


def given():
    warnings.filterwarnings("ignore", "`torch.jit")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.9), nn.Linear(4, 2))
    return {"torch": torch, "model": model, "x": torch.ones(1, 3), "device": torch.device("cpu")}


def by_hand(model, x):
    first, last = model[0], model[2]
    return (x @ first.weight.T + first.bias) @ last.weight.T + last.bias


def test_answer(answer):
    """The loaded trace computes what the model computes in eval mode, for another batch size too."""
    assert type(answer.model).__name__ == "RecursiveScriptModule" and not answer.y.requires_grad
    model = given()["model"]
    torch.testing.assert_close(answer.y, by_hand(model, torch.ones(1, 3)))
    x = torch.arange(15.0).reshape(5, 3)
    torch.testing.assert_close(answer.model(x), by_hand(model, x))


def test_default(default):
    """Both files run without the class and give what the model gives in eval mode."""
    for path in "traced.pt", "scripted.pt":
        run, x = torch.jit.load(path), torch.arange(12.0).reshape(4, 3)
        torch.testing.assert_close(run(x), by_hand(default.model, x))
    assert (default.x.shape, default.batch.shape, default.path) == ((5, 3), (2, 3), "scripted.pt")


def test_the_class_is_not_needed():
    """Both kinds of files run after the class of the model is gone."""

    class Triple(nn.Module):
        def forward(self, x):
            return 3 * x

    torch.jit.trace(Triple(), torch.ones(2)).save("traced.pt")
    torch.jit.script(Triple()).save("scripted.pt")
    del Triple
    for path in "traced.pt", "scripted.pt":
        assert torch.jit.load(path)(torch.tensor([1.0, -2.0, 5.0])).tolist() == [3, -6, 15]


def test_wrong(wrong):
    """A trace keeps the branch of its example, for a negative sum too."""
    assert wrong.run(torch.tensor([-3.0, 1.0])).tolist() == [-6, 2] and wrong.Flip()(torch.tensor([-3.0, 1.0])).tolist() == [3, -1]


def test_right(right):
    """A scripted forward keeps both branches and its argument with a default."""
    for x, scale in ([5.0, 1.0], 2.0), ([-3.0, 1.0], 2.0), ([5.0, 1.0], 4.0), ([0.0, 0.0], 4.0):
        expected = [scale * v for v in x] if sum(x) > 0 else [-v for v in x]
        assert right.run(torch.tensor(x), scale).tolist() == expected
    assert right.run(torch.ones(1)).tolist() == [2]


def test_an_argument_without_annotation_is_a_tensor(raises):
    """For torch.jit.script, an argument without an annotation counts as a Tensor: a number raises."""

    class Scale(nn.Module):
        def forward(self, x, scale):
            return scale * x

    run = torch.jit.script(Scale())
    assert run(torch.ones(2), torch.tensor(3.0)).tolist() == [3, 3]
    with raises(RuntimeError, "Expected a value of type 'Tensor…' for argument 'scale' but instead found type 'float'"):
        run(torch.ones(2), 3.0)


def test_only_a_part_of_python(raises):
    """torch.jit.script refuses *args, which trace takes."""

    class Total(nn.Module):
        def forward(self, *parts):
            return sum(parts)

    with raises(torch.jit.frontend.NotSupportedError, "Compiled functions can't take variable number of arguments"):
        torch.jit.script(Total())
    run = torch.jit.trace(Total(), (torch.ones(2), torch.ones(2)))
    assert run(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])).tolist() == [4, 7]


def test_mix(mix):
    """A scripted function called in a trace keeps its loop, for another length than that of the example."""
    for length in 1, 2, 5:
        x = torch.arange(3.0 * length).reshape(length, 3) - 4
        rows = x.clamp(min=0).tolist()
        y = rows[0]
        for row in rows[1:]:
            y = [0.5 * a + 0.5 * b for a, b in zip(y, row, strict=True)]
        assert mix.run(x).tolist() == y
    assert mix.smooth(torch.tensor([[0.0], [1.0]]), 0.25).item() == 0.75
    assert mix.x.shape == (4, 2) and mix.x[0, 1] == 1


def test_export(export):
    """The program of torch.export, saved and loaded, takes another batch size and gives what the model gives."""
    x = torch.arange(12.0).reshape(4, 3)
    torch.testing.assert_close(export.run(x), by_hand(export.model, x))
    assert (export.x.shape, export.batch.shape) == ((5, 3), (2, 3))


def test_the_mode():
    """A traced Dropout keeps the mode of the trace, after train() and eval() too; a scripted one follows them."""
    x, drop = torch.ones(500), nn.Dropout(0.5)
    for mode in True, False:
        torch.jit.trace(drop.train(mode), x, check_trace=False).save("traced.pt")
        traced = torch.jit.load("traced.pt")
        for run in traced.train(), traced.eval():
            assert (run(x) == 0).any() == mode
        torch.jit.script(drop).save("scripted.pt")
        scripted = torch.jit.load("scripted.pt")
        assert (scripted(x) == 0).any() == mode
        assert (scripted.train()(x) == 0).any() and (scripted.eval()(x) == 1).all()


def test_other_methods(raises):
    """A file holds forward and what it calls; other methods only if marked with @torch.jit.export and scripted."""

    class Net(nn.Module):
        def forward(self, x):
            return self.double(x)

        def double(self, x):
            return 2 * x

        def worst(self, x):
            return self.forward(x).argmin(1)

    class Marked(Net):
        @torch.jit.export
        def best(self, x):
            return self.forward(x).argmax(1)

    x = torch.tensor([[1.0, 5.0, 2.0]])
    torch.jit.trace(Net(), x).save("traced.pt")
    torch.jit.script(Marked()).save("scripted.pt")
    traced, scripted = torch.jit.load("traced.pt"), torch.jit.load("scripted.pt")
    for run in traced, scripted:
        assert run(x).tolist() == [[2, 10, 4]] and not hasattr(run, "worst")
    assert scripted.best(x).item() == 1
    with raises(RuntimeError, "already defined"):
        torch.jit.trace(Marked(), x)


def test_devices_of_a_trace(raises):
    """map_location moves weights, but not the device of torch.zeros(n, device=x.device) in a trace; scripted, it follows x."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x):
            return self.layer(x), torch.zeros(2, device=x.device), x.new_zeros(2)

    x = torch.ones(4, 3)
    torch.jit.trace(Net(), x).save("traced.pt")
    torch.jit.script(Net()).save("scripted.pt")
    for path, fixed in ("traced.pt", "cpu"), ("scripted.pt", "meta"):
        run = torch.jit.load(path, map_location="meta")
        assert {p.device.type for p in run.parameters()} == {"meta"}
        assert [t.device.type for t in run(x.to("meta"))] == ["meta", fixed, "meta"]


def test_two_kinds_of_files(raises):
    """torch.jit.load refuses a state_dict, and torch.load refuses a TorchScript file by default."""
    model = nn.Linear(3, 2)
    torch.save(model.state_dict(), "weights.pt")
    torch.jit.script(model).save("scripted.pt")
    with raises(RuntimeError, "PytorchStreamReader failed locating file constants.pkl"):
        torch.jit.load("weights.pt")
    with raises(RuntimeError, "Cannot use ``weights_only=True`` with TorchScript archives"):
        torch.load("scripted.pt")


def test_deprecated():
    """trace, script, save, and load warn since 2.10: a DeprecationWarning, in 2.14 a FutureWarning."""
    model = nn.Linear(3, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        traced = torch.jit.trace(model, torch.ones(1, 3))
        torch.jit.script(model)
        torch.jit.save(traced, "model.pt")
        torch.jit.load("model.pt")
    if torch.__version__ < (2, 10):
        assert not caught
        return
    said = [str(w.message) for w in caught]
    for name in "trace", "script", "save", "load":
        assert any(f"`torch.jit.{name}` is" in line and "torch.export" in line for line in said)
    assert {w.category for w in caught} == {FutureWarning if torch.__version__ >= (2, 14) else DeprecationWarning}


def test_hidden_by_default():
    """Python's default filters hide the warning of torch.jit.script, and show it from 2.14 on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        torch.jit.script(nn.Linear(3, 2))
    assert bool(caught) == (torch.__version__ >= (2, 14))


def test_python_3_14(raises):
    """On Python 3.14, the warning of torch.jit.load says that it may break."""
    if torch.__version__ < (2, 10):
        return
    with mock.patch.object(sys, "version_info", (3, 14)), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with raises(ValueError, "does not exist"):
            torch.jit.load("nowhere.pt")
    assert "`torch.jit.load` is not supported in Python 3.14+ and may break" in str(caught[0].message)
