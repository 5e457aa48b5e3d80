"""Proofs of default-dtype."""

import warnings
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def given():
    return {"torch": torch, "model": nn.Linear(3, 2)}


def test_answer(answer):
    """set_default_dtype makes a new layer float64; dtype= and double() give float64 whatever the default is."""
    made = nn.Linear(3, 2).weight.dtype
    torch.set_default_dtype(torch.float32)
    assert made == torch.float64
    assert answer.x.dtype == answer.model.weight.dtype == torch.float64 and answer.x.tolist() == [0, 0, 0]


def test_default(default):
    """Float tensors, layers, and quotients of integers follow the default; integers, NumPy, and float() do not."""
    kinds = [x.dtype for x in default.made.values()]
    assert kinds == [torch.float64] * 4 + [torch.int64, torch.float32, torch.float32]
    assert default.made["torch.arange(4) / 2"].tolist() == [0, 0.5, 1, 1.5]
    assert default.made["from_numpy"].tolist() == [1.5, 2.5] and default.made["torch.arange(4)"].tolist() == [0, 1, 2, 3]
    assert default.made["torch.tensor([0.5])"].tolist() == [0.5] and default.made["nn.Linear(3, 2)"].shape == (2, 3)
    assert default.made["torch.ones(2)"].tolist() == default.made["torch.ones(2).float()"].tolist() == [1, 1]


def test_what_follows():
    """zeros, rand, tensor([1.0]), and the parameters of new layers follow; complex numbers become complex128."""
    with default_dtype(torch.float64):
        made = [torch.zeros(2), torch.rand(2), torch.tensor([1.0]), nn.LayerNorm(4).weight, nn.LSTM(2, 3).weight_hh_l0]
        assert [x.dtype for x in made] == [torch.float64] * 5
        assert torch.tensor(1 + 2j).dtype == torch.complex128


def test_the_first_default():
    """At the start, the default is float32, and get_default_dtype shows the current one."""
    assert torch.get_default_dtype() == torch.float32 == torch.zeros(1).dtype
    with default_dtype(torch.float64):
        assert torch.get_default_dtype() == torch.float64


def test_for_a_while(for_a_while):
    """finfo of float64 has eps 2**-52, and after putting the default back, new tensors are float32."""
    assert for_a_while.eps == 2.0**-52 and for_a_while.x.tolist() == [0.1]
    assert for_a_while.previous == torch.float32


def test_right(right):
    """A model created after the call has float64 parameters."""
    assert right.model.weight.dtype == torch.float64 == right.y.dtype and right.y.shape == (1, 2)


def test_twice_the_memory():
    """float64 takes twice the memory of float32."""
    assert torch.zeros(5, dtype=torch.float64).nbytes == 2 * torch.zeros(5).nbytes


def test_gradcheck_wants_double():
    """gradcheck passes with float64 input, and warns about float32 input."""

    def square(x):
        return x * x

    assert torch.autograd.gradcheck(square, torch.tensor([0.3, 1.7], dtype=torch.float64, requires_grad=True))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.autograd.gradcheck(square, torch.tensor([0.5, 2.0], requires_grad=True), raise_exception=False)
    assert any("not a double precision floating point" in str(w.message) for w in seen)


def test_the_default_device():
    """set_default_device creates new tensors and layers on a device; from_numpy and generators stay on the CPU, and the dtype as it is."""
    torch.set_default_device("meta")
    try:
        assert torch.ones(2).device.type == nn.Linear(3, 2).weight.device.type == "meta"
        assert torch.from_numpy(np.ones(2)).device.type == "cpu" and torch.ones(2).dtype == torch.float32
        # which is why a shuffling DataLoader raises: its generator is on the CPU, its order is drawn on the device
        assert torch.Generator().device.type == "cpu" and torch.randperm(3).device.type == "meta"
    finally:
        torch.set_default_device(None)
    assert torch.ones(2).device.type == "cpu"


def test_a_function_that_sets_it_changes_its_caller():
    """A function that sets the default changes the dtype of tensors that its caller creates later; dtype= does not."""

    def careless():
        torch.set_default_dtype(torch.float64)

    with default_dtype(torch.float32):
        torch.zeros(2, dtype=torch.float64)
        assert torch.ones(1).dtype == torch.float32
        careless()
        assert torch.ones(1).dtype == torch.float64


def test_float_is_float32(raises):
    """With a default of float64, float() gives float32, and a new layer rejects it."""
    with default_dtype(torch.float64):
        x = torch.ones(1, 3).float()
        assert x.dtype == torch.float32
        with raises(RuntimeError, "mat1 and mat2 must have the same dtype, but got Float and Double"):
            nn.Linear(3, 2)(x)


def test_half_precision_as_the_default():
    """With float16 or bfloat16 as the default, the weights of new layers are half precision; under autocast they stay float32."""
    for dtype in torch.float16, torch.bfloat16:
        with default_dtype(dtype):
            assert nn.Linear(3, 2).weight.dtype == dtype
    with torch.autocast("cpu", dtype=torch.bfloat16):
        layer = nn.Linear(3, 2)
        assert layer.weight.dtype == torch.float32 and layer(torch.ones(1, 3)).dtype == torch.bfloat16


def test_refused(raises):
    """Integer, bool, and complex dtypes and names are refused."""
    for dtype in torch.int64, torch.bool, torch.complex64, "float64":
        with raises(TypeError, "only floating-point types are supported as the default type"):
            torch.set_default_dtype(dtype)
