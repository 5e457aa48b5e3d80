"""Proofs of amd-gpu."""

import importlib.util
import os
import sys
from pathlib import Path

import torch
from torch import nn


def given():
    def as_in_a_cuda_build_without_a_gpu(check_available=False):
        return None if check_available else torch.device("cuda")

    torch.accelerator.current_accelerator = as_in_a_cuda_build_without_a_gpu
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Linear(3, 2), "x": torch.randn(5, 3)}


def test_answer(answer):
    """current_accelerator() or the CPU is the device of the model, and device.type is the name for autocast."""
    assert answer.device.type == "cpu"  # although the build, as given() pretends, is for CUDA
    assert answer.out.dtype == torch.bfloat16 and answer.out.device.type == answer.device.type
    expected = (answer.x.to(answer.device) @ answer.model.weight.T + answer.model.bias).float()
    torch.testing.assert_close(answer.out.float(), expected, atol=0.05, rtol=0.02)


def test_default(default):
    """torch.version has cuda, hip, and xpu, of which at most one is set."""
    assert list(default.built) == ["NVIDIA", "AMD", "Intel", "Apple", "Ascend"]
    assert sum(v is not None for v in (torch.version.cuda, torch.version.hip, torch.version.xpu)) <= 1
    assert default.built["AMD"] == torch.version.hip and default.built["Intel"] == torch.version.xpu
    assert default.built["NVIDIA"] == torch.version.cuda
    assert default.built["Apple"] in (True, None)
    assert default.built["Ascend"] == ("torch_npu" if importlib.util.find_spec("torch_npu") else None)
    assert default.names == ({k: v for k, v in default.built.items() if v is not None} or "CPU only")
    assert (default.device is None) is (default.names == "CPU only")


def test_train(train):
    """One step with device.type in autocast: loss and weights are those of the formula."""
    assert train.loss.item() == 9
    assert train.model.weight.tolist() == [[1 - 0.25 * 6, 1, 1 - 0.25 * 12]]


def test_rocm_and_hip_are_no_devices(raises):
    """torch.device("rocm") raises, and a tensor on "hip" cannot be made."""
    with raises(RuntimeError, "device type at start of device string: rocm"):
        torch.device("rocm")
    with raises(NotImplementedError, "with arguments from the 'HIP' backend"):
        torch.ones(2, device="hip")


def test_cuda_is_false_in_other_builds():
    """In a build that is neither for CUDA nor for ROCm, torch.cuda.is_available() is False and raises nothing."""
    assert torch.version.cuda or torch.version.hip or torch.cuda.is_available() is False


def test_right(right):
    """Without torch_npu the tensor is on the CPU."""
    assert right.device.type == ("npu" if right.found else "cpu")


def test_the_names_are_there_in_each_build():
    """torch.xpu and torch.cuda exist in each build and are asked with is_available(); torch.xpu lacks some functions."""
    assert isinstance(torch.xpu.is_available(), bool) and isinstance(torch.cuda.is_available(), bool)
    assert isinstance(torch.xpu.device_count(), int)
    for name in ("synchronize", "empty_cache", "memory_allocated", "manual_seed", "get_device_name", "set_device"):
        assert hasattr(torch.xpu, name) and hasattr(torch.cuda, name)
    if torch.__version__ < (2, 14):
        assert hasattr(torch.cuda, "memory_summary") and not hasattr(torch.xpu, "memory_summary")


def test_installed_plugins_are_imported():
    """What import torch does at its end: it loads the installed plugins, unless TORCH_DEVICE_BACKEND_AUTOLOAD is 0."""
    Path("torch_fake.py").write_text("loaded = []\n\ndef load():\n    loaded.append(1)\n")
    Path("torch_fake-1.0.dist-info").mkdir()
    Path("torch_fake-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: torch-fake\nVersion: 1.0\n")
    Path("torch_fake-1.0.dist-info/entry_points.txt").write_text("[torch.backends]\nfake = torch_fake:load\n")
    sys.path.insert(0, str(Path.cwd()))
    torch._import_device_backends()
    assert sys.modules["torch_fake"].loaded == [1]
    os.environ["TORCH_DEVICE_BACKEND_AUTOLOAD"] = "0"
    assert not torch._is_device_backend_autoload_enabled()
    del os.environ["TORCH_DEVICE_BACKEND_AUTOLOAD"]
    assert torch._is_device_backend_autoload_enabled()
