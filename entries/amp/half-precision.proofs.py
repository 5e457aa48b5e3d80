"""Proofs of half-precision."""

import math

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "model": nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)),
        "x": torch.randn(5, 3),
    }


def test_answer(answer):
    """A model converted with half() takes float16 inputs and agrees with float32 to about three digits."""
    model = answer.model
    assert {p.dtype for p in model.parameters()} == {torch.float16}
    assert answer.out.dtype == torch.float32 and not answer.out.requires_grad
    linear = model[0].float()
    expected = (answer.x @ linear.weight.T + linear.bias) / math.sqrt(1 + 1e-5)  # a fresh BatchNorm in eval()
    torch.testing.assert_close(answer.out, expected.detach(), rtol=2e-3, atol=2e-3)
    assert not torch.equal(answer.out, expected)


def test_default(default):
    """half() halves the bytes of the parameters, and the output keeps about three digits."""
    assert default.nbytes(default.model) == 2 * (6 * 50 + 50 + 50 * 3 + 3)
    exact = default.model.float()(default.x)
    torch.testing.assert_close(default.out, exact.detach(), rtol=2e-3, atol=2e-3)
    assert default.out.shape == (4, 3)


def test_autocast(autocast):
    """Under autocast a float32 layer takes a float32 input and computes in bfloat16."""
    exact = autocast.x @ autocast.model.weight.T + autocast.model.bias
    torch.testing.assert_close(autocast.out.float(), exact.detach(), rtol=2e-2, atol=2e-2)
    assert autocast.model.weight.dtype == torch.float32 and autocast.out.shape == (4, 3)


def test_right(right):
    """Three channels of 1 times 0.5, plus the bias, are exact in float16."""
    y = right.model(right.x)
    assert y.dtype == torch.float16 and y.eq(3 * 0.5 + 0.25).all() and y.shape == (1, 2, 1, 2)


def test_adam_in_float16(training):
    """In its first step, the default Adam makes float16 weights NaN where the gradient is 0, and -inf where it is small."""
    assert training.w.dtype == torch.float32  # the last of the two
    torch.testing.assert_close(training.w.detach(), torch.tensor([1.0, 1 - 0.25]), rtol=0, atol=1e-4)
    assert torch.tensor(1e-8).half() == 0
    for adam in torch.optim.Adam, torch.optim.AdamW:
        w = nn.Parameter(torch.ones(4, dtype=torch.float16))
        optimizer = adam([w], lr=0.25)
        w.grad = torch.tensor([0.0, 1e-4, 1e-3, 1.0], dtype=torch.float16)
        optimizer.step()
        assert w[0].isnan() and w[1] == w[2] == -math.inf and 0 < w[3] < 1


def test_small_updates_are_lost():
    """A float16 weight of 1 does not move by steps of 1e-4, and a float32 weight does."""
    moved = {}
    for dtype in torch.float16, torch.bfloat16, torch.float32:
        w = nn.Parameter(torch.ones(1, dtype=dtype))
        optimizer = torch.optim.SGD([w], lr=1e-4)
        for _ in range(100):
            w.grad = torch.ones(1, dtype=dtype)
            optimizer.step()
        moved[dtype] = round(1 - w.item(), 4)
    assert moved == {torch.float16: 0, torch.bfloat16: 0, torch.float32: 0.01}


def test_gradscaler_raises(raises):
    """GradScaler.step raises for the gradients of float16 weights, unless the optimizer is fused; unscale_ raises anyway."""
    w = nn.Parameter(torch.ones(2, dtype=torch.float16))
    for make in torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW:
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        w.grad = None
        scaler.scale(2 * w.sum()).backward()
        with raises(ValueError, "Attempting to unscale FP16 gradients."):
            scaler.step(make([w], lr=0.1))
        before = w.tolist()
        with raises(ValueError, "Attempting to unscale FP16 gradients."):
            scaler.unscale_(make([w], lr=0.25, fused=True))
        scaler.step(make([w], lr=0.25, fused=True))
        assert w[0] == w[1] < before[0]


def test_large_values_become_inf():
    """A running_var of 70000 becomes inf in float16, so that BatchNorm returns its bias; bfloat16 keeps it."""
    assert torch.finfo(torch.float16).max == 65504

    def norm():
        layer = nn.BatchNorm1d(1).eval()
        layer.running_var.fill_(70000.0)
        nn.init.constant_(layer.bias, 0.5)
        return layer

    x = torch.tensor([[300.0]])
    exact = norm()(x).item()
    assert abs(exact - (300 / math.sqrt(70000) + 0.5)) < 1e-4
    assert norm().half()(x.half()).item() == 0.5
    assert norm().half().running_var.isinf()
    assert abs(norm().bfloat16()(x.bfloat16()).item() - exact) < 0.02


def test_the_model_itself_changes():
    """model.half() returns the changed model, x.half() a new tensor, and float() does not restore the digits."""
    model, x = nn.Linear(2, 1), torch.tensor([0.1, math.pi])
    assert model.half() is model and model.weight.dtype == torch.float16
    assert x.half() is not x and x.dtype == torch.float32
    assert not torch.equal(x.half().float(), x)


def test_to_moves_and_converts():
    """to(device, dtype=torch.float16) gives the weights that half() gives, on the device."""
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    b.load_state_dict(a.state_dict())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert torch.equal(a.half().to(device).weight, b.to(device, dtype=torch.float16).weight)
    assert b.weight.device.type == device


def test_what_half_converts(raises):
    """half() converts floating-point parameters and buffers, and leaves integers alone."""
    model = nn.Sequential(nn.Embedding(5, 3), nn.BatchNorm1d(3)).half()
    dtypes = {name: t.dtype for name, t in model.state_dict().items()}
    assert dtypes.pop("1.num_batches_tracked") == torch.int64
    assert len(dtypes) == 5 and set(dtypes.values()) == {torch.float16}
    assert model[0](torch.tensor([4, 1])).dtype == torch.float16  # ids stay int64
    with raises(RuntimeError, "Expected tensor for argument #1 'indices' to have one of the following scalar types"):
        model[0](torch.tensor([4, 1]).half())


def test_digits():
    """float16 has 11 significant bits, about three digits, and bfloat16 8, about two, with the range of float32."""
    torch.manual_seed(0)
    x = torch.rand(10000) * 100 + 1
    for dtype, bits in (torch.float16, 11), (torch.bfloat16, 8):
        error = ((x.to(dtype).float() - x) / x).abs().max().item()
        assert 0.9 * 2**-bits < error <= 2**-bits
        assert torch.finfo(dtype).bits == 16
    assert torch.finfo(torch.bfloat16).max > 3e38 and torch.finfo(torch.float32).max < 3.5e38


def test_convert_to_the_weights(raises):
    """A batched product of float32 and float16 raises, and works once the input has the dtype of the weights."""
    for weights, x in (torch.float16, torch.float32), (torch.float32, torch.float16):
        w, v = torch.full((1, 2, 3), 0.5, dtype=weights), torch.ones(1, 4, 2, dtype=x)
        with raises(RuntimeError, "expected scalar type"):
            torch.bmm(v, w)
        assert torch.bmm(v.to(weights), w).tolist() == [[[1.0] * 3] * 4]


def test_numbers_that_do_not_fit(raises):
    """masked_fill of float16 refuses -1e9, and takes -inf and the smallest number of the dtype."""
    scores, hidden = torch.zeros(2, dtype=torch.float16), torch.tensor([True, False])
    with raises(RuntimeError, "::Half without overflow"):
        scores.masked_fill(hidden, -1e9)
    for fill in float("-inf"), torch.finfo(scores.dtype).min:
        assert scores.masked_fill(hidden, fill).softmax(0).tolist() == [0, 1]
    assert torch.finfo(torch.float16).max == 65504
    image = torch.zeros(2, dtype=torch.uint8)
    with raises(RuntimeError, "uint8_t without overflow"):
        image.fill_(300)
    assert image.long().fill_(300).tolist() == [300, 300]


def test_integer_tensors_take_no_nan(raises):
    """An integer tensor refuses NaN, inf, complex numbers, and those beyond its range; float(), -100, nan_to_num, and long()
    help. A float tensor refuses a complex number as well."""
    nan, inf = float("nan"), float("inf")
    for dtype, name in (torch.int64, "int64_t"), (torch.int32, "int"), (torch.int16, "int16_t"):
        x = torch.zeros(2, dtype=dtype)
        for value in nan, inf, -inf, 1e20, 1j:
            with raises(RuntimeError, f"value cannot be converted to type {name} without overflow"):
                x[0] = value
    assert x.float().fill_(inf).tolist() == [inf, inf] and x.fill_(-100).tolist() == [-100, -100]
    for dtype, name in (torch.float32, "float"), (torch.float16, "…Half"):  # at::Half in 2.6
        with raises(RuntimeError, f"value cannot be converted to type {name} without overflow"):
            x.to(dtype).fill_(1j)
    assert x.to(torch.complex64).fill_(1j).tolist() == [1j, 1j]
    with raises(RuntimeError, "value cannot be converted to type int64 without overflow"):
        torch.tensor([2, nan], dtype=torch.long)
    assert torch.tensor([2, nan]).nan_to_num(-100).long().tolist() == [2, -100]
    with raises(RuntimeError, "int16_t without overflow"):
        x.fill_(40000)
    pixels = torch.zeros(2, dtype=torch.uint8)
    for value in nan, inf, 300:
        with raises(RuntimeError, "uint8_t without overflow"):
            pixels.fill_(value)
    assert pixels.float().fill_(inf).tolist() == [inf, inf] and pixels.long().fill_(300).tolist() == [300, 300]
    assert x.long().fill_(40000).tolist() == [40000, 40000]
