"""Proofs of amp-gpu-support."""

import contextlib
from unittest import mock

import torch
from torch import nn


@contextlib.contextmanager
def card(major, minor=0, name="a card"):
    """As if the machine had an NVIDIA card of this compute capability."""
    parts = {
        "is_available": lambda: True,
        "current_device": lambda: 0,
        "get_device_name": lambda: name,
        "get_device_capability": lambda: (major, minor),
        "get_device_properties": lambda device=None: mock.Mock(major=major, minor=minor),
        "_check_bf16_tensor_supported": lambda device: True,
    }
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(torch.version, "hip", None))
        for part, value in parts.items():
            stack.enter_context(mock.patch.object(torch.cuda, part, value))
        yield


class OnTuring:
    """torch on a T4, as far as the answer asks."""

    float16, bfloat16, float32 = torch.float16, torch.bfloat16, torch.float32

    class cuda:
        def is_available():
            return True

        def get_device_capability():
            return 7, 5


def given():
    return {"torch": OnTuring}


def test_answer(answer):
    """On a card of 7.5, which only emulates bfloat16, the answer takes float16."""
    assert answer.cc == (7, 5) and answer.dtype == torch.float16


def test_this_machine():
    """Without emulation, is_bf16_supported() is False where there is no CUDA GPU."""
    if not torch.cuda.is_available() and torch.version.hip is None:
        assert not torch.cuda.is_bf16_supported(including_emulation=False)


def test_default(default):
    """The dtype follows the compute capability: none below 7.0 or for GTX 16, float16 for 7.x, bfloat16 from 8.0."""
    cards = {
        (6, 0, "Tesla P100"): None,
        (6, 1, "NVIDIA GeForce GTX 1080 Ti"): None,
        (7, 0, "Tesla V100"): torch.float16,
        (7, 5, "Tesla T4"): torch.float16,
        (7, 5, "NVIDIA GeForce GTX 1660 SUPER"): None,
        (8, 0, "NVIDIA A100"): torch.bfloat16,
        (8, 9, "NVIDIA GeForce RTX 4090"): torch.bfloat16,
        (12, 0, "NVIDIA GeForce RTX 5090"): torch.bfloat16,
    }
    for (major, minor, name), dtype in cards.items():
        with card(major, minor, name):
            assert default.amp_dtype() == dtype, name
    with mock.patch.object(torch.cuda, "is_available", lambda: False), mock.patch.object(torch.version, "hip", None):
        assert default.amp_dtype() is None


def test_measure(measure):
    """A product of two n x n matrices of ones is n everywhere, and takes 2 * n**3 operations."""
    x = torch.ones(4, 4)
    assert (x @ x).unique().tolist() == [4]
    assert measure.seconds > 0 and measure.x.dtype == torch.bfloat16
    assert measure.x.shape == ((4096, 4096) if torch.cuda.is_available() else (128, 128))


def test_emulation_counts_by_default():
    """Below 8.0, is_bf16_supported() is True where a bfloat16 tensor can be made, False without emulation."""
    for major in (6, 7):
        with card(major):
            assert torch.cuda.is_bf16_supported()
            assert not torch.cuda.is_bf16_supported(including_emulation=False)


def test_bfloat16_and_tf32_from_8():
    """is_bf16_supported(including_emulation=False) and is_tf32_supported() (since torch 2.7) are True from compute
    capability 8.0."""
    for major in (6, 7, 8, 9, 10, 12):
        with card(major):
            assert torch.cuda.is_bf16_supported(including_emulation=False) == (major >= 8)
            if torch.__version__ >= (2, 7):
                assert torch.cuda.is_tf32_supported() == (major >= 8)


def test_high_allows_tf32():
    """set_float32_matmul_precision("high") lets CUDA use TF32 in float32 matrix products."""
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("highest")
        assert not torch.backends.cuda.matmul.allow_tf32
        torch.set_float32_matmul_precision("high")
        assert torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.set_float32_matmul_precision(before)


def test_float16_overflows():
    """The largest float16 is 65504, and a bfloat16 beyond 65520 becomes inf in float16."""
    assert torch.finfo(torch.float16).max == 65504
    x = torch.tensor([65_000.0, 70_000.0], dtype=torch.bfloat16)
    assert x.isfinite().all()
    assert x.half().isfinite().tolist() == [True, False]


def test_activations_take_half():
    """Under autocast the activations saved by linear layers take half the bytes."""

    def saved(enabled):
        torch.manual_seed(0)
        sizes = {}

        def keep(t):
            if not isinstance(t, nn.Parameter):
                sizes[t.data_ptr()] = t.nbytes
            return t

        model = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 16), nn.GELU())
        x = torch.ones(64, 32, dtype=torch.bfloat16 if enabled else torch.float32)
        with (
            torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t),
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled),
        ):
            out = model(x)
        return sum(sizes.values()), out.dtype

    (half, dtype), (whole, _) = saved(True), saved(False)
    weights = (32 * 64 + 64 * 16) * 2  # copies of the weights in bfloat16
    assert dtype == torch.bfloat16 and half - weights <= whole / 2 <= half
