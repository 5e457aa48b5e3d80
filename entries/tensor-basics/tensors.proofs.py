"""Proofs of tensors."""

import numpy as np
import torch
from torch import nn


def given():
    return {"torch": torch, "B": 2, "D": 3, "device": "cpu", "array": np.array([5.0, 6.0])}


def test_answer(answer):
    """Floats give float32, full takes the dtype of its value, and as_tensor shares the memory of the array."""
    assert answer.x.dtype == torch.float32 and answer.x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert answer.z.tolist() == [[0.0] * 3] * 2 and answer.c.tolist() == [[7.0] * 3] * 2
    assert torch.full((2, 3), 7).dtype == torch.int64 and answer.c.dtype == torch.float32
    assert answer.r.tolist() == [0, 2, 4, 6, 8] and answer.value == 2.0
    assert answer.same.shape == (2, 2) and answer.h.dtype == torch.float16
    answer.array[0] = 9
    assert answer.a.tolist() == [9.0, 6.0]


def test_default(default):
    """torch.tensor copies the array, and as_tensor shares its memory."""
    made = default.made
    assert made["tensor"].flatten().tolist() == list(range(6))
    assert made["as_tensor"].flatten().tolist() == [100.0, *range(1, 6)]
    assert made["full"].flatten().tolist() == [7] * 6
    assert made["arange"].flatten().tolist() == [i / 2 for i in range(6)]
    assert made["zeros_like"].flatten().tolist() == [False] * 6


def test_wrong(wrong):
    """torch.Tensor(3) has three elements, which are not initialized."""
    assert wrong.x.numel() == 3
    torch.use_deterministic_algorithms(True)  # fills uninitialized memory with NaN
    assert torch.Tensor(3).isnan().all()
    torch.use_deterministic_algorithms(False)


def test_right(right):
    """torch.tensor(3) is the integer 3; torch.Tensor([3]) makes a float of it."""
    assert right.x.item() == 3 and right.x.dtype == torch.int64
    assert torch.Tensor([3]).dtype == torch.float32


def test_created_on_the_cpu():
    """Constructors use the CPU unless device= or the default device says otherwise; to() copies to another device."""
    for make in torch.zeros, torch.ones, torch.rand, torch.randn, torch.empty:
        assert make(2).device.type == "cpu" and make(2, device="meta").device.type == "meta"
        with torch.device("meta"):
            assert make(2).device.type == "meta"
    x = torch.tensor([1.0])
    assert x.device.type == "cpu" and x.to("cpu") is x and x.to("meta") is not x


def test_numpy_floats_are_float64(raises):
    """A float64 array gives a float64 tensor, which a layer in float32 rejects."""
    array = np.array([[0.5, 1.5]])
    assert torch.as_tensor(array.astype(np.float32)).dtype == torch.float32
    assert torch.tensor(array).dtype == torch.as_tensor(array).dtype == torch.float64
    with raises(RuntimeError, "must have the same dtype"):
        nn.Linear(2, 3)(torch.tensor(array))
    assert nn.Linear(2, 3)(torch.tensor(array, dtype=torch.float32)).shape == (1, 3)
