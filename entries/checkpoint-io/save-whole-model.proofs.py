"""Proofs of save-whole-model."""

import sys
import types
from pathlib import Path

import torch
from torch import nn
from torch.serialization import get_unsafe_globals_in_checkpoint


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU())


def given():
    return {"torch": torch, "model": net(), "device": torch.device("meta")}


def test_answer(answer, raises):
    """torch.load returns the whole model, on the device that map_location names; the default refuses it."""
    assert str(answer.model) == str(net())
    assert [p.device.type for p in answer.model.parameters()] == ["meta", "meta"]
    with raises(Exception, "Weights only load failed"):
        torch.load("model.pt", weights_only=True)
    again = torch.load("model.pt", weights_only=False)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), net().parameters(), strict=True))


def test_default(default):
    """The loaded model holds the same weights."""
    for a, b in zip(default.again.parameters(), default.model.parameters(), strict=True):
        assert torch.equal(a, b) and a is not b


def test_the_mode_is_kept(default):
    """The loaded model is in train or eval mode as it was when it was saved."""
    for mode in True, False:
        torch.save(default.model.train(mode), "mode.pt")
        assert torch.load("mode.pt", weights_only=False).training == mode


def test_state_dict(state_dict):
    """A state_dict loads with the default, into a model that you built."""
    for a, b in zip(state_dict.again.parameters(), state_dict.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [tuple(p.shape) for p in state_dict.again.parameters()] == [(4, 3), (4,), (2, 4), (2,)]


def test_edited_class(edited_class):
    """The loaded model has the saved attributes and the class of today."""
    assert edited_class.again.factor.item() == 3 and edited_class.again(2).item() == 3 * 2 + 100


def test_right(right, raises):
    """safe_globals lets torch.load read the classes and functions in its list."""
    torch.testing.assert_close(right.again.state_dict(), right.model.state_dict())
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    torch.save(layer, "layer.pt")
    assert "torch.nn.functional.relu" in get_unsafe_globals_in_checkpoint("layer.pt")
    classes = [type(module) for module in layer.modules()]
    with raises(Exception, "Weights only load failed"), torch.serialization.safe_globals(classes):
        torch.load("layer.pt")
    with torch.serialization.safe_globals([*classes, nn.functional.relu]):
        torch.testing.assert_close(torch.load("layer.pt").state_dict(), layer.state_dict())


def test_safe_globals_is_a_block(right, raises):
    """safe_globals holds inside its block, add_safe_globals from then on."""
    with raises(Exception, "Weights only load failed"):
        torch.load("model.pt")
    torch.serialization.add_safe_globals([nn.Sequential, nn.Linear, nn.ReLU])
    try:
        assert str(torch.load("model.pt")) == str(right.model)
        assert str(torch.load("model.pt")) == str(right.model)
    finally:
        torch.serialization.clear_safe_globals()


class Evil:
    """Unpickling it creates a folder."""

    def __reduce__(self):
        return Path.mkdir, (Path("created"),)


def test_loading_can_run_code(raises):
    """weights_only=False runs code of the file; the default and the list of classes do not."""
    torch.save({"weights": Evil()}, "evil.pt")
    with raises(Exception, "Weights only load failed"):
        torch.load("evil.pt")
    assert get_unsafe_globals_in_checkpoint("evil.pt")
    assert not Path("created").exists()
    torch.load("evil.pt", weights_only=False)
    assert Path("created").exists()


def test_the_message_suggests_it_first(raises):
    """The first option in the message is weights_only=False."""
    torch.save(net(), "model.pt")
    with raises(Exception, "(1)…`weights_only` set to `False` will likely succeed…(2)"):
        torch.load("model.pt")


def test_wrappers_are_saved():
    """Saving a DataParallel or compiled model saves the wrapper; .module and ._orig_mod are the model inside."""
    model = net()
    torch.save(nn.DataParallel(model), "wrapped.pt")
    assert "torch.nn.parallel.data_parallel.DataParallel" in get_unsafe_globals_in_checkpoint("wrapped.pt")
    assert nn.DataParallel(model).module is model
    compiled = torch.compile(model, backend="eager")
    torch.save(compiled, "compiled.pt")
    assert "torch._dynamo.eval_frame.OptimizedModule" in get_unsafe_globals_in_checkpoint("compiled.pt")
    assert compiled._orig_mod is model


def test_classes_of_main(raises):
    """A class of the script is saved under __main__, and cannot be loaded where __main__ lacks a Net; one of a module can."""
    main, nets = sys.modules["__main__"], types.ModuleType("nets")
    for module in main, nets:
        module.Net = type("Net", (nn.Module,), {"__module__": module.__name__})
    sys.modules["nets"] = nets
    torch.save(main.Net(), "main.pt")
    torch.save(nets.Net(), "nets.pt")
    assert get_unsafe_globals_in_checkpoint("main.pt") == ["__main__.Net"]
    assert get_unsafe_globals_in_checkpoint("nets.pt") == ["nets.Net"]
    del main.Net  # as in another script
    with raises(AttributeError, "Can't get attribute 'Net' on <module '__main__'"):
        torch.load("main.pt", weights_only=False)
    assert isinstance(torch.load("nets.pt", weights_only=False), nets.Net)
    main.Net = nets.Net  # from nets import Net
    assert isinstance(torch.load("main.pt", weights_only=False), nets.Net)
    del main.Net
    del sys.modules["nets"]


def test_list_classes(list_classes):
    """The list names the classes in the file, those of the layers included."""
    assert set(list_classes.names) == {f"{c.__module__}.{c.__name__}" for c in (nn.ReLU, nn.Sequential, nn.Linear)}
    assert torch.load("model.pt", weights_only=False)[0].weight.shape == (4, 3)
