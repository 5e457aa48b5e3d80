"""Proofs of cuda-not-available."""

import os
import shutil
import torch


def test_default(default):
    """Ask before you use a device."""
    assert default.x.is_cpu != (torch.accelerator.device_count() > 0)
    assert default.x.device.type == default.device.type  # a device, never None


def test_diagnose(diagnose):
    """Which of the four is it?."""
    here = diagnose.reason(
        torch.version.cuda,
        shutil.which("nvidia-smi"),
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        torch.cuda.is_available(),
    )
    assert (here == "CUDA works") == (torch.cuda.device_count() > 0)
