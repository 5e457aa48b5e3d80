"""Proofs of accelerator."""

from types import SimpleNamespace
from unittest import mock

import torch
from torch import nn


def given():
    found = torch.accelerator.is_available()
    model = nn.Linear(3, 2)
    return {"torch": torch if found else build_for_cuda(), "model": model, "x": torch.ones(4, 3), "y": torch.ones(4)}


def build_for_cuda():
    """As PyTorch for CUDA behaves on a machine without a GPU."""
    device = torch.device
    build = SimpleNamespace(
        current_accelerator=lambda check_available=False: None if check_available else device("cuda"),
        is_available=lambda: False,
        synchronize=torch.accelerator.synchronize,
    )
    return SimpleNamespace(accelerator=build, device=device)


def test_answer(answer):
    """current_accelerator(check_available=True) finds the accelerator, and is None where there is only the CPU."""
    assert isinstance(answer.device, torch.device) and answer.device.index is None
    assert (answer.device.type == "cpu") == (torch.accelerator.device_count() == 0)
    assert {answer.x.device.type, answer.y.device.type} == {answer.device.type}
    assert answer.model(answer.x).device.type == answer.device.type


def test_default(default):
    """A matrix product under autocast with device.type has the dtype of autocast."""
    assert default.y.tolist() == [[2 * (1 + 3 + 4) + 0.5] * 2]
    assert default.y.dtype == torch.float16 and default.layer.weight.dtype == torch.float32
    assert default.y.device.type == default.device.type


def test_names_the_build():
    """Without check_available, current_accelerator() names what PyTorch was built for, with or without a device."""
    with mock.patch("torch._C._accelerator_getAccelerator", lambda: torch.device("cuda")):
        if torch.__version__ < (2, 7):  # asks for a device first, and raises
            return
        assert torch.accelerator.current_accelerator() == torch.device("cuda")
        checked = torch.accelerator.current_accelerator(check_available=True)
        assert (checked is None) == (not torch.cuda.is_available())


def test_cuda_is_not_cuda_0():
    """A device without an index is not equal to the same device with one."""
    assert torch.device("cuda") != torch.device("cuda:0")
    assert torch.device("cuda").type == torch.device("cuda:0").type == "cuda"


def test_names():
    """Most functions keep their name of torch.cuda, two get another one, and get_device_name has no counterpart."""
    same = ["is_available", "device_count", "synchronize"]
    if torch.__version__ >= (2, 9):
        same += ["empty_cache", "memory_allocated"]
    for name in same:
        assert callable(getattr(torch.cuda, name)) and callable(getattr(torch.accelerator, name))
    for name in ("set_device", "current_device"):
        assert callable(getattr(torch.cuda, name)) and not hasattr(torch.accelerator, name)
        assert callable(getattr(torch.accelerator, f"{name}_index"))
    assert not hasattr(torch.accelerator, "get_device_name")


def test_without_an_accelerator(raises):
    """Without an accelerator, device_count() is 0, and functions that need a device raise; the memory functions raise in
    a CPU build, and do nothing in a CUDA build."""
    if torch.accelerator.is_available():
        return
    assert torch.accelerator.device_count() == 0
    if torch.__version__ >= (2, 7):
        assert torch.accelerator.current_accelerator(check_available=True) is None
    cuda = torch.version.cuda is not None
    # a CUDA build names the driver, or says that it found no GPU
    said = "" if cuda else "Cannot access accelerator device when none is available"
    for call in (
        torch.accelerator.synchronize,
        torch.accelerator.current_device_index,
        lambda: torch.accelerator.set_device_index(0),
    ):
        with raises(RuntimeError, said):
            call()
    for name, nothing in ("empty_cache", None), ("memory_allocated", 0):
        if torch.__version__ >= (2, 9):
            if cuda:
                assert getattr(torch.accelerator, name)() == nothing
            else:
                with raises(RuntimeError, said):
                    getattr(torch.accelerator, name)()


def test_the_module_of_the_cpu():
    """get_device_module(device).synchronize() works on the CPU as well, and so does GradScaler(device.type)."""
    assert torch.get_device_module(torch.device("cpu")).synchronize() is None
    assert torch.get_device_module("cuda") is torch.cuda
    assert torch.get_device_module("mps") is torch.mps and torch.get_device_module("xpu") is torch.xpu
    assert torch.amp.GradScaler("cpu").is_enabled()


def test_process(process):
    """set_device_index chooses the accelerator that current_accelerator() means from then on."""
    assert process.x.shape == (2, 3) and process.x.device.type == process.device.type
    if process.device.type != "cpu":
        assert torch.accelerator.current_device_index() == process.rank
