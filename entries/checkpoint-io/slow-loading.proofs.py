"""Proofs of slow-loading."""

import os
import warnings
from pathlib import Path

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)

    def forward(self, x):
        return self.norm(self.fc(x))


def mapped(path):
    """Whether a file is mapped into this process, where the system tells."""
    return not os.path.exists("/proc/self/maps") or path in Path("/proc/self/maps").read_text()


def given():
    torch.manual_seed(0)
    trained = Model()
    torch.save(trained.state_dict(), "model.pt")
    return {"torch": torch, "Model": Model, "device": "cpu", "trained": trained}


def on_meta(make):
    with torch.device("meta"):
        return make()


def test_answer(answer):
    """The loaded model holds all parameters and buffers of the file, which are those of the trained model."""
    assert not any(t.is_meta for t in [*answer.model.parameters(), *answer.model.buffers()])
    for key, value in answer.trained.state_dict().items():
        assert torch.equal(answer.model.state_dict()[key], value)
    assert answer.model.fc.weight.data_ptr() == answer.state["fc.weight"].data_ptr()
    assert answer.model.fc.weight.requires_grad and mapped("model.pt")


def test_default(default):
    """A model on meta holds no data; with assign=True it shares the memory of the mapped file."""
    assert default.model[0].weight.data_ptr() == default.state["0.weight"].data_ptr()
    first, last = default.trained[0], default.trained[2]
    hidden = (default.x @ first.weight.T + first.bias).clamp(min=0)
    torch.testing.assert_close(default.model(default.x), hidden @ last.weight.T + last.bias)
    assert on_meta(default.build)[0].weight.shape == (400, 300)
    assert default.x.shape == (5, 300) and mapped("model.pt")


def test_no_random_numbers():
    """Building on meta draws no random numbers from the CPU's generator, and building on the CPU does."""
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    on_meta(Model)
    assert torch.equal(torch.rand(1), expected)
    torch.manual_seed(0)
    Model()
    assert not torch.equal(torch.rand(1), expected)


def test_dtype(dtype):
    """With assign=True the model takes the dtype of the file, without it the file is cast to that of the model."""
    assert dtype.model.weight.dtype == torch.float16
    model = nn.Linear(3, 2)
    model.load_state_dict(torch.load("half.pt"))
    assert model.weight.dtype == torch.float32


def test_half_size():
    """A float16 file of large tensors is half as large as a float32 one."""
    state = nn.Linear(300, 400).state_dict()
    torch.save(state, "full.pt")
    torch.save({k: v.half() for k, v in state.items()}, "half.pt")
    assert abs(os.path.getsize("half.pt") / os.path.getsize("full.pt") - 0.5) < 0.01


def test_skip(skip):
    """to_empty() gives a model of meta real memory, which load_state_dict fills."""
    assert skip.model(torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [[6.5, 5.5]]
    assert skip.model.weight.device.type == "cpu"


def test_copying_into_meta_does_nothing(wrong):
    """Without assign=True, loading into a meta model warns that the copy is a no-op and leaves it on meta."""
    assert wrong.model.weight.is_meta and wrong.model.bias.is_meta
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        on_meta(lambda: nn.Linear(3, 2)).load_state_dict(wrong.state)
    assert any("which is a no-op" in str(w.message) for w in told)


def test_right(right):
    """With assign=True, the parameters are the tensors of the state_dict."""
    assert torch.equal(right.model.weight, right.state["weight"])
    assert right.model.weight.data_ptr() == right.state["weight"].data_ptr()


def test_what_the_state_dict_lacks_stays_on_meta(raises):
    """Non-persistent buffers and plain tensors of __init__ stay on meta after loading; only the buffers are listed. item() raises."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.register_buffer("position", torch.arange(3), persistent=False)
            self.scale = torch.ones(1)

    state, model = Net().state_dict(), on_meta(Net)
    model.load_state_dict(state, assign=True)
    assert model.position.is_meta and model.scale.is_meta and not model.fc.weight.is_meta
    assert [n for n, b in model.named_buffers() if b.is_meta] == ["position"]
    with raises(RuntimeError, "cannot be called on meta tensors"):
        on_meta(lambda: torch.linspace(0, 1, 3)[0].item())


def test_tied_weights_come_apart():
    """After loading with assign=True, tied weights are two parameters."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(4, 3), nn.Linear(3, 4, bias=False)
            self.head.weight = self.embed.weight

    state, model = Net().state_dict(), Net()
    model.load_state_dict(state)
    assert len(list(model.parameters())) == 1
    model.load_state_dict(state, assign=True)
    assert len(list(model.parameters())) == 2
    model.head.weight = model.embed.weight
    assert len(list(model.parameters())) == 1


def test_optimizers_hold_the_old_parameters():
    """An optimizer built before assign=True does not move the new parameters."""
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True)
    before = model.weight.clone()
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert torch.equal(model.weight, before)


def test_renaming_is_safe():
    """A mapped checkpoint keeps its old contents when another file is renamed to its name."""
    torch.save({"w": torch.ones(100_000)}, "m.pt")
    state = torch.load("m.pt", mmap=True)
    torch.save({"w": torch.full((100_000,), 2.0)}, "new.pt")
    os.replace("new.pt", "m.pt")
    assert state["w"].sum() == 100_000
    assert torch.load("m.pt")["w"].sum() == 200_000


def test_mmap():
    """mmap=True maps the file into the process; without it, torch.load copies the file."""
    torch.save({"w": torch.ones(1000)}, "copied.pt")
    torch.save({"w": torch.ones(1000)}, "mapped.pt")
    copied, kept = torch.load("copied.pt"), torch.load("mapped.pt", mmap=True)
    assert mapped("mapped.pt") and torch.equal(copied["w"], kept["w"])
    assert not os.path.exists("/proc/self/maps") or not mapped("copied.pt")


def test_changes_stay_private():
    """Training a model on a mapped file does not change the file."""
    torch.save({"w": torch.ones(1000)}, "m.pt")
    torch.load("m.pt", mmap=True)["w"].zero_()
    assert torch.load("m.pt")["w"].sum() == 1000


def test_frozen_stays_frozen():
    """assign=True keeps requires_grad of the parameters that it replaces."""
    model = nn.Linear(2, 2).requires_grad_(False)
    model.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True)
    assert not model.weight.requires_grad


def test_other_files_do_not_load_without_mmap_either(raises):
    """An old file of torch.save loads without mmap; a file that torch.save did not write loads in neither way."""
    torch.save({"w": torch.ones(2)}, "old.pt", _use_new_zipfile_serialization=False)
    assert torch.load("old.pt")["w"].tolist() == [1, 1]
    Path("pointer.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n")
    with raises(RuntimeError, "mmap can only be used with files saved with"):
        torch.load("pointer.pt", mmap=True)
    with raises(Exception, "Weights only load failed"):
        torch.load("pointer.pt")


def test_the_place_from_which_it_was_saved(raises):
    """mmap=True alone sends weights to the device from which they were saved; map_location="cpu" keeps them mapped."""
    torch.serialization.register_package(5, lambda storage: "cuda:7", lambda storage, location: None)
    try:
        torch.save({"w": torch.arange(3.0)}, "gpu.pt")
    finally:
        torch.serialization._package_registry.pop(0)
    with raises(RuntimeError, "Attempting to deserialize object on"):
        torch.load("gpu.pt", mmap=True)
    state = torch.load("gpu.pt", mmap=True, map_location="cpu")
    assert state["w"].tolist() == [0, 1, 2] and mapped("gpu.pt")
