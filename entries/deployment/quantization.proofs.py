"""Proofs of quantization."""

import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "F": nn.functional, "linear": nn.Linear(64, 10), "x": torch.randn(8, 64)}


def test_answer(answer):
    """Scaled by its largest weight, each row takes the range from -127 to 127; the output is off by about a percent."""
    rows = [[round(v / (max(map(abs, row)) / 127)) for v in row] for row in answer.linear.weight.tolist()]
    assert answer.q.tolist() == rows and answer.q.dtype == torch.int8
    exact = answer.linear(answer.x)
    assert 0 < (answer.out - exact).norm() / exact.norm() < 0.02


def test_default(default):
    """No weight is off by more than half a scale, the largest of a row is exact, and int8 takes a quarter."""
    weight, small = default.layer.weight.detach(), default.small
    assert ((small.q * small.scale - weight).abs() <= 0.5001 * small.scale).all()
    assert small.q.abs().amax(dim=1).tolist() == [127] * 10 and small.q.dtype == torch.int8
    assert small.q.nbytes * 4 == weight.nbytes
    row, by_hand = weight[3].tolist(), max(abs(v) for v in weight[3].tolist()) / 127
    assert small.q[3].tolist() == [round(v / by_hand) for v in row]
    torch.testing.assert_close(small(default.x), default.x @ (small.q * small.scale).T + default.layer.bias)


def test_without_a_bias(default):
    """A Linear layer without a bias is quantized in the same way."""
    layer = nn.Linear(64, 10, bias=False)
    small, x = default.Int8Linear(layer), torch.ones(2, 64)
    assert small.bias is None
    torch.testing.assert_close(small(x), layer(x), atol=0.1, rtol=0)


def test_per_channel(per_channel):
    """With one scale a small channel is lost; with a scale of its own it is kept within half a step."""
    weight, one, each = per_channel.weight, per_channel.one, per_channel.each
    assert not per_channel.round_trip(weight, one)[0].any()
    for scale in one, each:
        assert ((per_channel.round_trip(weight, scale) - weight).abs() <= 0.5001 * scale).all()
    assert per_channel.round_trip(weight, each).abs().max() == 100


def test_dynamic(dynamic):
    """Sums in int32 times both scales are the product of the dequantized matrices."""
    exact = (dynamic.qx.double() * dynamic.sx.double()) @ (dynamic.qw.double() * dynamic.sw.double()).T
    torch.testing.assert_close(dynamic.y.double(), exact, rtol=1e-5, atol=1e-5)
    assert dynamic.sums.dtype == torch.int32 and dynamic.sums.abs().max() > 127


def test_qat(qat):
    """fake_quantize rounds the weights in the forward pass and passes the gradient on unchanged."""
    w = torch.tensor([[0.3, -1.0, 0.017]], requires_grad=True)
    scale = torch.tensor([1 / 127])
    zero = torch.zeros(1, dtype=torch.int32)
    rounded = torch.fake_quantize_per_channel_affine(w, scale, zero, axis=0, quant_min=-127, quant_max=127)
    torch.testing.assert_close(rounded, torch.tensor([[38 / 127, -1.0, 2 / 127]]))
    rounded.backward(torch.tensor([[2.0, 3.0, 5.0]]))
    assert w.grad.tolist() == [[2.0, 3.0, 5.0]]
    assert qat.loss < 1.2 and qat.rounded.shape == (3, 6)


def test_int8_overflows():
    """int8 products and sums wrap around without an error; after int() they are right."""
    a = torch.full((200,), 100, dtype=torch.int8)
    assert (a @ a).item() == (100 * 100 * 200 + 128) % 256 - 128  # wrapped into [-128, 127]
    assert (a.int() @ a.int()).item() == 100 * 100 * 200


def test_bfloat16_rounds_up_to_128(default):
    """With bfloat16 weights w / scale can round up to 128, which int8 turns into -128; clamped to 127 it cannot."""
    torch.manual_seed(0)
    weight = torch.randn(640, 256).bfloat16()
    scale = weight.abs().amax(dim=1, keepdim=True) / 127
    wrapped = (weight / scale).round().to(torch.int8) == -128
    assert (weight[wrapped] > 0).any()
    layer = nn.Linear(256, 640)
    layer.weight.data.copy_(weight)
    small = default.Int8Linear(layer.bfloat16())
    assert (small.q * small.scale - weight).abs().float().div(scale.float()).max() < 1.5
    assert (small.q.sign() * weight.sign() >= 0).all()


def test_modules_take_no_int8(raises):
    """A module cannot be moved to int8, and bfloat16 halves its memory."""
    layer = nn.Linear(64, 10)
    with raises(TypeError, "only accepts floating point or complex dtypes"):
        layer.to(torch.int8)
    before = layer.weight.nbytes
    assert layer.bfloat16().weight.nbytes * 2 == before


def test_the_old_module_is_deprecated():
    """quantize_dynamic of torch.ao.quantization works, and warns since 2.8 that it is deprecated."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        small = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(64, 10)), {nn.Linear})
    assert "Dynamic" in repr(small[0])
    if torch.__version__ >= (2, 8):
        assert any("torch.ao.quantization is deprecated" in str(w.message) for w in caught)
