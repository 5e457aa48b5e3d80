"""Proofs of dtype-cast."""

import math

import torch
from torch import nn


def given():
    x = torch.tensor([1, 0, 3], dtype=torch.int32)
    return {
        "torch": torch,
        "x": x,
        "y": torch.tensor([1.7, -2.9]),
        "mask": torch.tensor([2.0, 0.0, -1.0]),
        "weight": torch.zeros(2, dtype=torch.float64),
        "device": "cpu",
    }


def test_answer(answer):
    """float() gives float32, long() drops the fraction, bool() is True except for 0, to() takes a device and a dtype."""
    assert answer.x.dtype == torch.float32 and answer.x.tolist() == [1, 0, 3]
    assert answer.y.dtype == torch.int64 and answer.y.tolist() == [1, -2]
    assert answer.mask.dtype == torch.bool and answer.mask.tolist() == [True, False, True]


def test_short_forms():
    """float, double, half, bfloat16, long, int, and bool give these dtypes."""
    x = torch.ones(2, dtype=torch.int16)
    made = [x.float(), x.double(), x.half(), x.bfloat16(), x.long(), x.int(), x.bool()]
    assert [t.dtype for t in made] == [
        torch.float32,
        torch.float64,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.bool,
    ]


def test_default(default):
    """A cast to an integer drops the fraction; round() first gives the nearest integer, a half the even one."""
    values = default.x.tolist()
    assert default.x.dtype == torch.float32
    assert default.casts["long"].tolist() == [math.trunc(v) for v in values] == [-1, 0, 2, 254]
    assert default.casts["round"].tolist() == [round(v) for v in values] == [-2, 0, 2, 255]
    assert default.casts["bool"].tolist() == [v != 0 for v in values]


def test_significant_bits():
    """float16 has 11 significant bits, bfloat16 has 8, float32 has 24."""
    for dtype, bits in (torch.float16, 11), (torch.bfloat16, 8), (torch.float32, 24):
        fits, too_long = 2**bits - 1, 2**bits + 1
        assert int(torch.tensor(float(fits), dtype=torch.float64).to(dtype).item()) == fits
        assert int(torch.tensor(float(too_long), dtype=torch.float64).to(dtype).item()) != too_long


def test_to_returns_x_itself():
    """to returns x itself if dtype and device already fit, otherwise a new tensor."""
    x = torch.ones(3)
    assert x.to(torch.float32) is x and x.float() is x and x.to("cpu", torch.float32) is x
    assert x.double() is not x and x.dtype == torch.float32
    assert x.to(torch.float32, copy=True) is not x


def test_gradients():
    """Gradients flow through a cast between floating-point types; a cast to an integer or bool type cuts the graph."""
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    (x.double() * torch.tensor([3.0, 4.0], dtype=torch.float64)).sum().backward()
    assert x.grad.tolist() == [3, 4] and x.grad.dtype == torch.float32
    assert x.half().requires_grad and x.bfloat16().requires_grad
    assert not x.long().requires_grad and not x.bool().requires_grad


def test_range_and_wrapping():
    """float16 ends at 65504 and 70000 becomes inf; 200 + 100 in uint8 is 44; bfloat16 keeps the range of float32."""
    x = torch.tensor([65504.0, 70000.0])
    assert x.half().tolist() == [65504, math.inf] and torch.finfo(torch.float16).max == 65504
    assert x.bfloat16().isfinite().all()
    u8 = torch.tensor([200], dtype=torch.uint8)
    assert (u8 + 100).tolist() == (u8 + torch.tensor([100], dtype=torch.uint8)).tolist() == [44]


def test_what_operations_demand(raises):
    """A linear layer is float32 by default and rejects float64; cross_entropy rejects float labels; tensors lack astype."""
    layer = nn.Linear(3, 2)
    assert layer.weight.dtype == torch.float32
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype"):
        layer(torch.ones(1, 3, dtype=torch.float64))
    new = torch.__version__ >= (2, 12)
    with raises(RuntimeError, "expected target dtype to be Long or Byte" if new else "expected scalar type Long but found Float"):
        nn.functional.cross_entropy(torch.ones(2, 3), torch.tensor([0.0, 1.0]))
    with raises(AttributeError, "'Tensor' object has no attribute 'astype'"):
        torch.ones(2).astype("float32")


def test_like_another(like_another):
    """to(tensor) takes dtype and device of that tensor; double() converts the parameters of a module in place."""
    assert like_another.model.weight.dtype == torch.float64
    moved = torch.ones(2, dtype=torch.int64).to(torch.ones(1, dtype=torch.float16, device="meta"))
    assert moved.dtype == torch.float16 and moved.device.type == "meta"
    assert like_another.x.dtype == torch.int64 and like_another.x.tolist() == [[1, 2, 4]]


def test_wrong(wrong):
    """x.float() on a line of its own has no effect."""
    assert wrong.x.dtype == torch.int64 and wrong.x.tolist() == [1, 2, 4]


def test_right(right):
    """x = x.float() makes x a float32 tensor with the same values."""
    assert right.x.dtype == torch.float32 and right.x.tolist() == [1, 2, 4]


def test_modules_are_converted_in_place():
    """model.half() converts the parameters of the model in place, while x.half() leaves x alone."""
    x = torch.ones(2)
    assert x.half().dtype == torch.float16 and x.dtype == torch.float32
    model = nn.Linear(3, 2)
    weight = model.weight
    model.half()
    assert model.weight is weight and weight.dtype == torch.float16


def test_wrong_wrap(wrong_wrap):
    """uint8 arithmetic is modulo 256."""
    assert wrong_wrap.contrast.tolist() == [(v * 2 - 60) % 256 for v in [10, 100, 200]]


def test_right_wrap(right_wrap):
    """In float, the values leave the range of uint8, and clamp brings them back."""
    assert right_wrap.contrast.tolist() == [min(max(v * 2 - 60, 0), 255) for v in [10, 100, 200]]
    assert right_wrap.contrast.dtype == torch.uint8


def test_float32_ends_at_two_to_the_24():
    """float32 holds the integers up to 2**24 exactly, and 2**24 + 1 is the first that it does not."""
    near = torch.arange(2**24 - 1000, 2**24 + 1)
    assert torch.equal(near.float().long(), near)
    assert torch.tensor([2**24 + 1]).float().long().tolist() == [2**24]


def test_a_name_is_not_a_dtype(raises):
    """x.to with the name of a dtype raises, because a string is taken for a device; Python's float gives float64."""
    for name in "float32", "torch.float32", "int64", "bfloat16":
        with raises(RuntimeError, f"Invalid device string: '{name}'"):
            torch.ones(2).to(name)
    assert torch.ones(2).to(float).dtype == torch.float64


def test_modules_stay_floating_point(raises):
    """Module.to raises for an integer dtype; casting complex to real keeps the real part."""
    with raises(TypeError, "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64"):
        nn.Linear(2, 3).to(torch.int64)
    z = torch.tensor([3.0 + 4.0j])
    assert z.real.tolist() == [3] and z.abs().tolist() == [5]


def test_clamp_keeps_nan():
    """clamp keeps NaN; nan_to_num and clamp bring NaN, inf, and large values into the range of uint8, and in float64 into that of int32."""
    x = torch.tensor([math.nan, math.inf, -5.0, 300.0])
    assert x.clamp(0, 255).isnan().tolist() == [True, False, False, False]
    assert x.nan_to_num().clamp(0, 255).to(torch.uint8).tolist() == [0, 255, 0, 255]
    limits = torch.iinfo(torch.int32)
    assert x.nan_to_num().clamp(limits.min, limits.max).max() == 2**31  # float32 cannot hold 2**31 - 1
    assert x.double().nan_to_num().clamp(limits.min, limits.max).int().tolist() == [0, limits.max, -5, 300]
