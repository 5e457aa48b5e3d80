"""Proofs of flops-count."""

import importlib.util

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode, flop_registry


def count(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def given():
    layers = [nn.Linear(300, 200), nn.BatchNorm1d(200), nn.Unflatten(1, (5, 40))]
    layers.append(nn.TransformerEncoderLayer(40, 2, 60, batch_first=True))
    model = nn.Sequential(*layers).requires_grad_(False)  # frozen, so that the fast path would be taken
    return {"torch": torch, "model": model, "x": torch.randn(1, 300)}


def test_answer(answer):
    """A linear layer costs two FLOPs per weight and row, and attention two matrix products, in eval mode on the CPU too."""
    encoder = 5 * (4 * 40 * 40 + 2 * 40 * 60) + 2 * (5 * 5 * 40)
    assert answer.flops == 2 * (300 * 200 + encoder)
    assert answer.model[1].num_batches_tracked == 0
    assert not torch.backends.mha.get_fastpath_enabled()


def test_default(default):
    """A convolution costs two FLOPs per weight of its kernels and output position; the backward pass costs twice that."""
    conv, linear = 2 * (6 * 7) * (8 * 3 * 5 * 5), 2 * (8 * 6 * 7) * 10
    assert count(lambda: default.model(default.x)) == conv + linear
    assert default.counter.get_total_flops() == conv + 2 * linear
    x = default.x.clone().requires_grad_()
    assert count(lambda: default.model(x).sum().backward()) == 3 * (conv + linear)


def test_meta(meta):
    """On the meta device, a model is counted without data."""
    assert meta.counter.get_total_flops() == 2 * (8192 * 50_000 + 50_000 * 70)
    assert meta.model[0].weight.is_meta


def test_own_formula(own_formula):
    """register_flop_formula adds a formula for an operator."""
    assert own_formula.counter.get_total_flops() == 2 * 30 * 40


def test_without_a_formula():
    """Normalization, activations, softmax, a matrix times a vector, and a float32 nn.LSTM on the CPU count as 0."""
    x = torch.randn(4, 3)
    lstm = nn.LSTM(3, 5, batch_first=True)
    for work in (
        lambda: nn.BatchNorm1d(3)(x),
        lambda: nn.LayerNorm(3)(x),
        lambda: x.relu(),
        lambda: F.gelu(x),
        lambda: x.softmax(dim=1),
        lambda: lstm(x.unsqueeze(0)),
    ):
        assert count(work) == 0
    assert count(lambda: nn.LSTM(3, 5, dtype=torch.float64)(x.double())) > 0  # why it says usually
    flop_registry.pop(torch.ops.aten.mv, None)  # another proof may have added it
    assert count(lambda: x @ torch.randn(3)) == 0


def test_bias_is_free():
    """The bias of a linear layer and of a convolution counts as 0."""
    x, image = torch.randn(4, 3), torch.randn(2, 3, 5, 7)
    for bias in True, False:
        assert count(lambda: nn.Linear(3, 6, bias=bias)(x)) == 2 * 4 * 3 * 6
        assert count(lambda: nn.Conv2d(3, 6, 3, bias=bias)(image)) == 2 * 2 * (3 * 5) * (6 * 3 * 3 * 3)


def test_attention(wrong, right):
    """Forced to the math backend, attention costs two matrix products; the fused CPU kernel counts as 0."""
    assert wrong.counter.get_total_flops() == 0
    assert right.counter.get_total_flops() == 2 * (2 * 4 * 10 * 16 * 10)
    assert (wrong.q.shape, right.q.shape) == ((1, 4, 10, 16),) * 2


def test_fused_kernels_count_as_zero():
    """On the CPU, attention and a TransformerEncoderLayer in eval mode, under no_grad or frozen, count as 0; the math kernel
    without the fast path counts both."""
    torch.backends.mha.set_fastpath_enabled(True)
    q = torch.randn(2, 3, 5, 8)
    assert count(lambda: F.scaled_dot_product_attention(q, q, q)) == 0
    layer, x = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), torch.randn(2, 5, 8)
    with torch.no_grad():
        assert count(lambda: layer(x)) == 0
    layer.requires_grad_(False)
    with sdpa_kernel(SDPBackend.MATH):
        assert count(lambda: layer(x)) == 0
    projections, scores, feedforward = 2 * 10 * (4 * 8 * 8), 2 * 2 * 2 * (2 * 5 * 5 * 4), 2 * 10 * (2 * 8 * 16)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), torch.no_grad():
            assert count(lambda: layer(x)) == projections + scores + feedforward
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def test_the_table_needs_tabulate(raises):
    """With display=True, leaving the with block prints a table and raises if tabulate is missing."""
    if importlib.util.find_spec("tabulate"):
        return
    with raises(ModuleNotFoundError, "tabulate"):
        with FlopCounterMode():
            torch.randn(2, 3) @ torch.randn(3, 4)


def test_the_count_grows_with_the_input():
    """Twice the batch or twice the height doubles the count of a convolution."""
    conv = nn.Conv2d(3, 4, 3, padding=1)
    one = count(lambda: conv(torch.randn(1, 3, 6, 7)))
    assert count(lambda: conv(torch.randn(2, 3, 6, 7))) == count(lambda: conv(torch.randn(1, 3, 12, 7))) == 2 * one
