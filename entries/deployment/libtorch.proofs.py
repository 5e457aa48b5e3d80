"""Proofs of libtorch."""

import warnings
from pathlib import Path

import torch
from torch import nn

warnings.simplefilter("ignore")  # torch.jit is deprecated


def given():
    warnings.filterwarnings("ignore", "`torch.jit")
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.9)), "x": torch.ones(2, 3)}


def test_answer(answer):
    """The saved trace computes what the model computes in eval mode, for another batch size too."""
    run = torch.jit.load("model.pt")
    x = torch.arange(15.0).reshape(5, 3)
    expected = x @ answer.model[0].weight.T + answer.model[0].bias
    torch.testing.assert_close(run(x), expected)


def test_default(default):
    """A trace of a model in eval mode runs without its class and without Dropout."""
    first, last = default.model[0], default.model[2]
    hidden = default.batch @ first.weight.T + first.bias
    torch.testing.assert_close(default.run(default.batch), hidden @ last.weight.T + last.bias)
    assert type(default.run).__name__ == "RecursiveScriptModule"
    assert (default.x.shape, default.batch.shape) == ((1, 3), (4, 3))


def test_build():
    """The pip wheel holds the headers of libtorch and the files by which CMake finds it."""
    root = Path(torch.__file__).parent
    assert (root / "include/torch/script.h").is_file()
    loader = root / "include/torch/csrc/inductor/aoti_package/model_package_loader.h"
    assert "class TORCH_API AOTIModelPackageLoader" in loader.read_text()
    assert (Path(torch.utils.cmake_prefix_path) / "Torch/TorchConfig.cmake").is_file()


def test_right(right):
    """torch.jit.load reads a trace, and the batch size of the example does not bind it."""
    x = torch.arange(12.0).reshape(4, 3)
    torch.testing.assert_close(torch.jit.load("model.pt")(x), right.model(x))


def test_only_torchscript_is_read(raises):
    """torch.jit.load reads neither a pickled model, nor a state_dict, nor a program of torch.export.save."""
    model = nn.Linear(3, 2).eval()
    torch.save(model, "pickled.pt")
    torch.save(model.state_dict(), "weights.pt")
    torch.export.save(torch.export.export(model, (torch.ones(2, 3),)), "program.pt2")
    for path in "pickled.pt", "weights.pt", "program.pt2":
        zipped = path == "program.pt2" and torch.__version__ < (2, 8)
        with raises(RuntimeError, "file in archive is not in a subdirectory" if zipped else "PytorchStreamReader failed locating file constants.pkl"):
            torch.jit.load(path)


def test_a_dict_of_tensors_is_read(raises):
    """The reader of torch::jit::pickle_load takes a plain dict of tensors from torch.save, but not a state_dict or a model."""
    model = nn.Linear(3, 2)
    read = getattr(torch._C, "_pickle_load_obj", None)
    if read is None:
        return
    torch.save(dict(model.state_dict()), "plain.pt")
    weights = read(Path("plain.pt").read_bytes())
    assert weights.keys() == model.state_dict().keys() and torch.equal(weights["weight"], model.weight)
    for name, value in ("state.pt", model.state_dict()), ("whole.pt", model):
        torch.save(value, name)
        with raises(RuntimeError, "…"):
            read(Path(name).read_bytes())


def test_the_mode_is_fixed():
    """A trace made in training mode draws Dropout masks even after eval()."""
    torch.manual_seed(0)
    traced = torch.jit.trace(nn.Dropout(0.5).train(), torch.ones(50), check_trace=False)
    assert (traced.eval()(torch.ones(50)) == 0).any()
    traced = torch.jit.trace(nn.Dropout(0.5).eval(), torch.ones(50))
    assert (traced.train()(torch.ones(50)) == 1).all()


def test_devices_are_recorded():
    """The graph of a trace holds the device of torch.zeros(..., device=x.device), and x.new_zeros follows the input."""
    fixed = torch.jit.trace(lambda x: torch.zeros(2, device=x.device), torch.ones(2))
    loose = torch.jit.trace(lambda x: x.new_zeros(2), torch.ones(2))
    x = torch.ones(2, device="meta")
    assert (fixed(x).device.type, loose(x).device.type) == ("cpu", "meta")


def test_the_class_is_not_needed():
    """A trace runs after the class of the model is gone."""

    class Triple(nn.Module):
        def forward(self, x):
            return 3 * x

    torch.jit.trace(Triple(), torch.ones(2)).save("triple.pt")
    del Triple
    assert torch.jit.load("triple.pt")(torch.tensor([1.0, -2.0, 5.0])).tolist() == [3, -6, 15]
