"""Proofs of model-code-needed."""

import pickle
import sys
import types

import torch
from torch import nn


def module(name):
    """A module that holds Net, as if it were defined there."""
    made = types.ModuleType(name)
    made.Net = type("Net", (nn.Linear,), {"__module__": name})
    sys.modules[name] = made
    return made


def given():
    torch.manual_seed(0)
    torch.save(module("nets").Net(3, 2), "model.pt")
    module("models").Net = sys.modules.pop("nets").Net  # the module was renamed
    return {"torch": torch}


def test_answer(answer):
    """With the class under the old name, the file loads, and its state_dict needs no class."""
    again = nn.Linear(3, 2)
    again.load_state_dict(torch.load("weights.pt"))
    assert torch.equal(again.weight, answer.model.weight) and torch.equal(again.bias, answer.model.bias)
    assert type(answer.model) is answer.models.Net is sys.modules["nets"].Net
    assert torch.serialization.get_unsafe_globals_in_checkpoint("model.pt") == ["nets.Net"]
    assert torch.serialization.get_unsafe_globals_in_checkpoint("weights.pt") == []


def test_default(default, raises):
    """Without the entry in sys.modules, torch.load raises ModuleNotFoundError."""
    state = torch.load("weights.pt")
    assert [tuple(t.shape) for t in state.values()] == [(2, 3), (2,)]
    assert type(default.model).__module__ == "models"
    known = sys.modules.pop("nets")
    try:
        with raises(ModuleNotFoundError, "No module named 'nets'"):
            torch.load("model.pt", weights_only=False)
    finally:
        sys.modules["nets"] = known


def test_each_lost_class_is_needed(raises):
    """An empty nn.Module class is needed under the name of each class that is lost, not only of the model's."""
    there = sys.modules["lost"] = types.ModuleType("lost")
    names = "Whole", "Block", "Config"
    for name, base in zip(names, (nn.Module, nn.Linear, object), strict=True):
        setattr(there, name, type(name, (base,), {"__module__": "lost"}))
    model = there.Whole()
    model.block, model.config = there.Block(3, 2), there.Config()
    model.config.width = 7
    torch.save(model, "whole.pt")
    for name in names:
        delattr(there, name)
    for name in names:
        with raises(AttributeError, "Can't get attribute"):
            torch.load("whole.pt", weights_only=False)
        setattr(there, name, type(name, (nn.Module,), {}))
    loaded = torch.load("whole.pt", weights_only=False)
    assert torch.equal(loaded.state_dict()["block.weight"], model.block.weight) and loaded.config.width == 7
    del sys.modules["lost"]


def test_lost_code(lost_code, raises):
    """An empty nn.Module class under the old name is enough to read the weights, but not to run the model."""
    state = lost_code.model.state_dict()
    assert {k: tuple(t.shape) for k, t in state.items()} == {
        "body.weight": (4, 3),
        "body.bias": (4,),
        "fc.weight": (2, 4),
        "fc.bias": (2,),
    }
    with raises(NotImplementedError, 'missing the required "forward" function'):
        lost_code.model(torch.ones(1, 3))


def test_no_class(no_class, raises):
    """torch.export.load needs no class, and the program takes the input shapes of the export."""
    state = torch.export.load("model.pt2").state_dict
    expected = (no_class.x @ state["fc.weight"].T + state["fc.bias"]).clamp(min=0)
    torch.testing.assert_close(no_class.run(no_class.x), expected)
    assert no_class.x.shape == (4, 3) and (expected == 0).any() and (expected > 0).any()
    with raises((AssertionError, RuntimeError), "Guard failed" if torch.__version__ >= (2, 9) else "Expected input at"):
        no_class.run(torch.ones(5, 3))


def test_right(right):
    """A state_dict loads into any model that has the same parameter names and shapes."""
    saved = torch.load("model.pt")
    assert torch.equal(right.model.weight, saved["weight"]) and torch.equal(right.model.bias, saved["bias"])
    assert saved["weight"].shape == (2, 3)


def test_classes_of_a_script(wrong):
    """A class that is defined in the script is stored as __main__.Net."""
    assert torch.serialization.get_unsafe_globals_in_checkpoint("model.pt") == ["__main__.Net"]


def test_set_it_in_main(raises):
    """Assigned to the module that the file names, the class is found."""
    made = module("script")
    torch.save(made.Net(3, 2), "script.pt")
    kept = made.Net
    del made.Net
    with raises(AttributeError, "Can't get attribute 'Net' on <module 'script'>"):
        torch.load("script.pt", weights_only=False)
    sys.modules["script"].Net = kept
    assert type(torch.load("script.pt", weights_only=False)) is kept


def test_unsupported_global(raises):
    """With weights_only=True, torch.load reports "Unsupported global" for a class that exists and for one that does not."""
    made = module("gone")
    torch.save(made.Net(3, 2), "gone.pt")
    with raises(Exception, "Unsupported global: GLOBAL gone.Net"):
        torch.load("gone.pt")
    del sys.modules["gone"]
    with raises(Exception, "Unsupported global: GLOBAL gone.Net"):
        torch.load("gone.pt")


def test_loading_runs_code():
    """torch.load with weights_only=False calls the functions that the file names."""

    class Opens:
        def __reduce__(self):
            return (open, ("made-by-loading", "w"))

    torch.save(Opens(), "code.pt")
    torch.load("code.pt", weights_only=False).close()
    with open("made-by-loading") as file:
        assert file.read() == ""


def test_old_files_are_not_listed(raises):
    """get_unsafe_globals_in_checkpoint refuses a file in the format before 1.6; the error of torch.load names the class."""
    torch.save(torch.nn.Linear(3, 2), "old.pt", _use_new_zipfile_serialization=False)
    with raises(ValueError, "Expected input to be a checkpoint returned by torch.save"):
        torch.serialization.get_unsafe_globals_in_checkpoint("old.pt")
    with raises(pickle.UnpicklingError, "torch.nn.modules.linear.Linear"):
        torch.load("old.pt")


def test_a_module_in_a_package():
    """For old.nets, both sys.modules["old"] and sys.modules["old.nets"] are needed."""
    package, module = types.ModuleType("old"), types.ModuleType("old.nets")
    module.Net = type("Net", (torch.nn.Linear,), {"__module__": "old.nets"})
    sys.modules.update({"old": package, "old.nets": module})
    torch.save(module.Net(3, 2), "model.pt")
    del sys.modules["old"]
    try:
        torch.load("model.pt", weights_only=False)
    except ModuleNotFoundError as error:
        assert str(error) == "No module named 'old'"
    else:
        raise AssertionError("the package was not needed")
    sys.modules["old"] = package
    assert torch.load("model.pt", weights_only=False).in_features == 3
    del sys.modules["old"], sys.modules["old.nets"]
