"""Proofs of map-location."""

import pickle
import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    saved = nn.Linear(3, 2)
    torch.save(saved.state_dict(), "weights.pt")
    return {"torch": torch, "saved": saved, "model": nn.Linear(3, 2), "device": "cpu"}


def save_as_if_on(location, value, path):
    """Save with the tag of a device that need not be here."""
    torch.serialization.register_package(0, lambda storage: location, lambda storage, location: None)
    try:
        torch.save(value, path)
    finally:
        torch.serialization._package_registry.pop(0)


def test_answer(answer):
    """map_location="cpu" reads the weights onto the CPU, and load_state_dict copies them into the model."""
    assert torch.equal(answer.model.weight, answer.saved.weight)
    assert {t.device.type for t in answer.state.values()} == {"cpu"}
    save_as_if_on("cuda:99", answer.saved.state_dict(), "gpu.pt")
    state = torch.load("gpu.pt", map_location="cpu")
    assert {t.device.type for t in state.values()} == {"cpu"}
    assert torch.equal(state["weight"], answer.saved.weight)


def test_default(default):
    """The weights in the file are on the CPU, the model is on the device."""
    assert torch.equal(default.model.weight.cpu(), default.state["weight"])
    assert default.model.weight.shape == (2, 3)


def test_which_device(which_device):
    """A function as map_location is called for each storage with the location in the file."""
    save_as_if_on("cuda:7", torch.tensor([1.0, 2.0]), "gpu.pt")
    seen = []
    x = torch.load("gpu.pt", map_location=lambda storage, location: seen.append(location) or storage)
    assert seen == ["cuda:7"] and x.device.type == "cpu" and x.tolist() == [1, 2]
    assert which_device.state["w"].shape == (2, 3) and which_device.state["b"].shape == (2,)


def test_back_to_its_device(raises):
    """Without map_location, torch.load puts a tensor back on its device and raises if that is not here."""
    save_as_if_on("cuda:99", torch.ones(2), "gpu.pt")
    with raises(RuntimeError, "Attempting to deserialize object on …CUDA device"):
        torch.load("gpu.pt")


def test_all_to_one_device():
    """map_location=device puts every tensor on that device."""
    save_as_if_on("cuda:99", [torch.ones(2), torch.ones(3)], "gpu.pt")
    for device in ("cpu", torch.device("cpu")):
        assert [t.device.type for t in torch.load("gpu.pt", map_location=device)] == ["cpu", "cpu"]
    assert [t.device.type for t in torch.load("gpu.pt", map_location="meta")] == ["meta", "meta"]


def test_keys_of_a_dict_are_exact(raises):
    """A dict needs the exact names in the file; a tensor that it does not name goes back to its device."""
    save_as_if_on("cuda:99", torch.ones(2), "gpu.pt")
    assert torch.load("gpu.pt", map_location={"cuda:99": "cpu"}).device.type == "cpu"
    for near in ("cuda", "cuda:0", "CUDA:99"):
        with raises(RuntimeError, "Attempting to deserialize object on …CUDA device"):
            torch.load("gpu.pt", map_location={near: "cpu"})


def test_the_model_stays():
    """The model stays on its device, wherever map_location puts the tensors of the file."""
    torch.save(nn.Linear(3, 2).state_dict(), "w.pt")
    model = nn.Linear(3, 2, device="meta")  # a device that every build of PyTorch has
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.load_state_dict(torch.load("w.pt", map_location="cpu"))
    assert model.weight.is_meta


def test_own_tensors():
    """A tensor saved after .cpu() is tagged as on the CPU, so it loads without map_location."""
    seen = []
    torch.save(torch.ones(2, 3).cpu(), "x.pt")
    torch.load("x.pt", map_location=lambda storage, location: seen.append(location))
    assert seen == ["cpu"] and torch.load("x.pt").shape == (2, 3)


def test_pickle_has_no_map_location(raises):
    """pickle.load puts a tensor back on its device as well, and takes no map_location."""
    torch.serialization.register_package(0, lambda storage: "cuda:99", lambda storage, location: None)
    try:
        data = pickle.dumps(torch.ones(2))
    finally:
        torch.serialization._package_registry.pop(0)
    with raises(RuntimeError, "Attempting to deserialize object on …CUDA device"):
        pickle.loads(data)
    with raises(TypeError, "map_location"):
        pickle.loads(data, map_location="cpu")
    assert pickle.loads(pickle.dumps(torch.ones(2).cpu())).device.type == "cpu"
