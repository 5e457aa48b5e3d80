"""Proofs of pretrained-local."""

import hashlib
import tarfile
from pathlib import Path

import torch
from torch import nn

published = nn.Linear(3, 2)


def wrapped():
    return {f"module.{k}": v for k, v in published.state_dict().items()}


def given():
    torch.save({"epoch": 90, "state_dict": wrapped()}, "net.pth")
    return {"torch": torch, "model": nn.Linear(3, 2)}


def same(a, b):
    return torch.equal(a.weight, b.weight) and torch.equal(a.bias, b.bias)


def test_answer(answer):
    """The same lines load a checkpoint and a plain state_dict, with and without the prefix "module."."""
    assert same(answer.model, published)
    for contents in wrapped(), published.state_dict(), {"state_dict": published.state_dict()}:
        model = nn.Linear(3, 2)
        state = contents.get("state_dict", contents)
        model.load_state_dict({k.removeprefix("module."): v for k, v in state.items()})
        assert same(model, published)


def test_default(default):
    """A state_dict from DataParallel has the prefix "module.", and without it the names match."""
    assert same(default.model, default.published) and default.ckpt["epoch"] == 90
    assert list(nn.DataParallel(nn.Linear(3, 2)).state_dict()) == ["module.weight", "module.bias"]
    assert default.model.weight.shape == (2, 3)


def test_check_hash(check_hash):
    """The name holds the first digits of the SHA-256 of the file, so another content is noticed."""
    digest = hashlib.sha256(b"other").hexdigest()
    for name, complete in (f"a-b-{digest[:8]}.pth", True), (f"a-{digest[:12]}.pth", True), (f"a-{digest[1:9]}.pth", False):
        Path(name).write_bytes(b"other")
        assert check_hash.is_complete(Path(name)) == complete


def test_cache(cache):
    """load_state_dict_from_url reads a file of the same name in get_dir()/checkpoints instead of downloading it."""
    assert {k: tuple(v.shape) for k, v in cache.state.items()} == {"weight": (2, 3), "bias": (2,)}
    assert [path.name for path in Path("hub/checkpoints").iterdir()] == ["net-0a1b2c3d.pth"]


def test_right(right):
    """The weights under "state_dict" load, and the rest of the checkpoint stays available."""
    assert right.ckpt["epoch"] == 90 and same(right.model, right.published)
    assert right.published.weight.shape == (2, 3)


def test_strict_false_hides_a_wrong_file():
    """With strict=False, names that do not fit load nothing, and the result lists all names as missing."""
    model = nn.Linear(3, 2)
    before = model.weight.detach().clone()
    result = model.load_state_dict(wrapped(), strict=False)
    assert result.missing_keys == ["weight", "bias"] and torch.equal(model.weight, before)


def test_another_number_of_classes(raises):
    """A last layer of another size raises, also with strict=False; loaded first and replaced afterwards it does not."""
    state = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 9)).state_dict()
    for strict in True, False:
        with raises(RuntimeError, "size mismatch for 1.weight"):
            nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5)).load_state_dict(state, strict=strict)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 9))
    model.load_state_dict(state)
    model[1] = nn.Linear(4, 5)
    assert torch.equal(model[0].weight, state["0.weight"]) and model(torch.ones(1, 3)).shape == (1, 5)


def test_whole_models_are_refused(raises):
    """torch.load refuses a file of a whole model by default and names its class."""
    torch.save(published, "model.pth")
    with raises(Exception, "Unsupported global: GLOBAL torch.nn.modules.linear.Linear"):
        torch.load("model.pth")


def test_tar_files_are_refused(raises):
    """torch.load refuses a file in the tar format by default, also one that somebody packed around weights."""
    tarfile.open("old.pth", "w").close()
    with raises(RuntimeError, "legacy .tar format"):
        torch.load("old.pth")
    torch.save({"w": torch.ones(2)}, "net.pth")
    with tarfile.open("packed.tar", "w") as archive:
        archive.add("net.pth")
    with raises(RuntimeError, "legacy .tar format"):
        torch.load("packed.tar")


def test_torchvision_builds_without_weights():
    """torchvision's resnet18(weights=None) builds the model without a download."""
    from torchvision.models import resnet18

    torch.hub.set_dir("nothing")
    assert resnet18(weights=None).fc.out_features == 1000
    assert not Path("nothing").exists()
