"""Proofs of setup."""

import importlib.util
import os
from unittest.mock import patch

import torch


def given():
    return {"torch": torch}


def test_answer(answer):
    """torch.accelerator.device_count() is 0 exactly if torch.accelerator.is_available() is False."""
    assert (torch.accelerator.device_count() > 0) == torch.accelerator.is_available()
    assert answer.y.tolist() == [0, 2, 4]
    assert answer.y.device.type == torch.device(answer.device).type


def test_default(default):
    """A CPU build, a hidden GPU, a missing driver, and a working GPU can be told apart from within PyTorch."""

    def diagnose(backend, count=0, **environment):
        kept = {k: v for k, v in os.environ.items() if "VISIBLE" not in k}
        with (
            patch("torch.accelerator.current_accelerator", lambda: backend and torch.device(backend)),
            patch("torch.accelerator.is_available", lambda: count > 0),
            patch("torch.accelerator.device_count", lambda: count),
            patch.dict(os.environ, kept | environment, clear=True),
        ):
            return default.diagnose()

    assert diagnose(None) == diagnose(None, CUDA_VISIBLE_DEVICES="0") == "CPU build: nothing but the CPU"
    assert diagnose("mps", 1) == "1 x mps"
    assert diagnose("cuda", 2, CUDA_VISIBLE_DEVICES="0,1") == "2 x cuda"
    assert diagnose("cuda", CUDA_VISIBLE_DEVICES="") == "no GPU visible; CUDA_VISIBLE_DEVICES is ''"
    assert diagnose("cuda", HIP_VISIBLE_DEVICES="7") == "no GPU visible; HIP_VISIBLE_DEVICES is '7'"
    assert diagnose("cuda").startswith("built for cuda, but no driver")
    assert diagnose("xpu").startswith("built for xpu")


def test_is_available_of_a_cpu_build():
    """Without CUDA in the build, torch.cuda.is_available() is False, whatever the machine has."""
    with patch("torch.cuda._is_compiled", lambda: False):
        assert torch.cuda.is_available() is False
    with (
        patch("torch.cuda._is_compiled", lambda: True),
        patch("torch._C._cuda_getDeviceCount", lambda: 2, create=True),
        patch.dict(os.environ),
    ):
        os.environ.pop("PYTORCH_NVML_BASED_CUDA_CHECK", None)
        assert torch.cuda.is_available() is True


def test_the_backend_is_known_without_a_device():
    """current_accelerator() without arguments does not ask whether a device is there, except in torch 2.6."""
    if torch.__version__ < (2, 7):
        return
    with (
        patch("torch._C._accelerator_getAccelerator", lambda: torch.device("cuda")),
        patch("torch.accelerator.is_available", lambda: False),
    ):
        assert torch.accelerator.current_accelerator() == torch.device("cuda")
        assert torch.accelerator.current_accelerator(check_available=True) is None


def test_collect_env_is_a_program():
    """PyTorch brings the program that python -m torch.utils.collect_env runs."""
    spec = importlib.util.find_spec("torch.utils.collect_env")
    assert spec.origin.endswith("collect_env.py")
    with open(spec.origin, encoding="utf-8") as file:
        assert '__name__ == "__main__"' in file.read().replace("'", '"')
