"""Proofs of mps."""

import numpy as np
import torch
from torch import nn


def given():
    x = torch.from_numpy(np.arange(6.0).reshape(2, 3))
    return {"torch": torch, "model": nn.Linear(3, 2).double(), "x": x}


def test_answer(answer):
    """float() and to(device) leave model and data in float32 on the chosen device."""
    assert answer.device == ("mps" if torch.backends.mps.is_available() else "cpu")
    assert {p.dtype for p in answer.model.parameters()} == {answer.x.dtype} == {torch.float32}
    y = answer.model(answer.x)
    assert y.device.type == answer.x.device.type == answer.device
    assert answer.x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_default(default):
    """An array of NumPy becomes a float64 tensor, and float() makes it float32."""
    assert torch.from_numpy(np.array([1.5])).dtype == torch.float64
    assert default.x.dtype == torch.float32 and default.x.tolist() == default.array.tolist()
    assert default.y.device.type == default.device


def test_float64(float64):
    """float32 cannot hold 2**24 + 1; float64 on the CPU can."""
    assert float64.x.sum().item() == 2**24
    assert float64.x.cpu().double().sum().item() == 2**24 + 1


def test_built_and_available():
    """MPS is available only where it is built, and on a machine without MPS torch.mps.device_count() is 0."""
    built, available = torch.backends.mps.is_built(), torch.backends.mps.is_available()
    assert built or not available
    assert torch.mps.device_count() == int(available)
    assert not (available and torch.cuda.is_available())


def test_autocast():
    """torch.autocast knows the device type mps."""
    assert torch.amp.is_autocast_available("mps")
    assert torch.autocast("mps", dtype=torch.float16).fast_dtype == torch.float16


def test_the_fraction_is_a_float(raises):
    """set_per_process_memory_fraction accepts a float between 0 and 2."""
    with raises(TypeError, "must be `float`"):
        torch.mps.set_per_process_memory_fraction(1)
    with raises(ValueError, "Allowed range: 0~2"):
        torch.mps.set_per_process_memory_fraction(2.5)


def test_calls_without_mps(raises):
    """Without MPS, torch.mps.synchronize() and empty_cache() raise."""
    if torch.backends.mps.is_available():
        return
    for call in (torch.mps.synchronize, torch.mps.empty_cache):
        with raises(RuntimeError, "Cannot execute …() without MPS backend"):
            call()
