"""Proofs of deterministic-algorithms."""

import contextlib
import itertools
import multiprocessing
import os
import struct
import warnings

import torch
import torch.nn.functional as F
from torch import nn


@contextlib.contextmanager
def mode(on, **options):
    """The mode within the block; off afterwards."""
    torch.use_deterministic_algorithms(on, **options)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


def given():
    return {"torch": torch}


def test_answer(answer):
    """After the lines of the answer, an operation without a deterministic version raises, and cudnn.benchmark is off."""
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.backends.cudnn.benchmark is False
    torch.use_deterministic_algorithms(False)


def test_default(default):
    """With equal seeds, two trainings end with the same weights, bit by bit; with another seed they do not."""
    assert default.first.numpy().tobytes() == default.second.numpy().tobytes()
    assert default.first.shape == (5 * 8 + 8 + 8 * 3 + 3,)
    assert not torch.equal(default.first, default.other)
    assert torch.get_deterministic_debug_mode() == 2
    torch.use_deterministic_algorithms(False)


def test_list(list):
    """Under warn_only, an operation without a deterministic version warns with its name, and runs."""
    assert len(list.caught) == 1
    assert "max_unpool" in str(list.caught[0].message)
    full = torch.zeros(1, 3, 64).scatter(2, list.where.flatten(2), list.y.flatten(2))
    assert torch.equal(list.x, full.reshape(1, 3, 8, 8))


def test_one_operation(one_operation, raises):
    """get_deterministic_debug_mode() is 0, 1 or 2 (off, warn, error), and set_deterministic_debug_mode restores it."""
    assert one_operation.x.tolist() == [0, 8, 0, 0, 7]
    for before, (on, warn) in enumerate([(False, False), (True, True), (True, False)]):
        torch.use_deterministic_algorithms(on, warn_only=warn)
        assert torch.get_deterministic_debug_mode() == before
        with one_operation.allow_nondeterministic():
            assert torch.get_deterministic_debug_mode() == 0
        assert torch.get_deterministic_debug_mode() == before
    with raises(ValueError), one_operation.allow_nondeterministic():
        raise ValueError
    assert torch.get_deterministic_debug_mode() == 2
    torch.use_deterministic_algorithms(False)


def test_order(order):
    """In float32, the same four numbers have other sums in other orders."""

    def rounded(number):
        return struct.unpack("f", struct.pack("f", number))[0]

    sums = set()
    for permutation in itertools.permutations([1e8, 1.0, -1e8, 3.0]):
        total = 0.0
        for number in permutation:
            total = rounded(total + number)
        sums.add(total)
    assert len(sums) > 2
    assert order.total.item() in sums


def test_right(right):
    """Assignment by index works in deterministic mode and gives what put_ would."""
    torch.use_deterministic_algorithms(False)
    assert torch.equal(right.x, torch.zeros(5).put_(right.i, torch.tensor([7.0, 8.0])))


def test_repeated_index_is_the_last():
    """In deterministic mode, on the CPU, assignment with a repeated index keeps the last value."""
    with mode(True):
        for dtype in (torch.float32, torch.int64):
            x = torch.zeros(3, dtype=dtype)
            x[torch.tensor([1, 1, 1])] = torch.tensor([5, 6, 7], dtype=dtype)
            assert x.tolist() == [0, 7, 0]


def test_it_sets_no_seed():
    """use_deterministic_algorithms leaves the random numbers as they are."""
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    with mode(True):
        assert torch.equal(torch.rand(4), wanted)
        assert not torch.equal(torch.rand(4), wanted)


def test_it_stays_on():
    """The mode holds until it is switched off, and True alone resets warn_only to False."""

    def inner():
        torch.use_deterministic_algorithms(True, warn_only=True)

    inner()
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True)
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(False)
    assert not torch.are_deterministic_algorithms_enabled()


def test_empty_is_filled():
    """In this mode, torch.empty holds NaN, or the largest integer, unless fill_uninitialized_memory is off."""
    with mode(True):
        for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16):
            assert torch.empty(4, 3, dtype=dtype).isnan().all()
        for dtype in (torch.int64, torch.int32, torch.uint8):
            assert (torch.empty(5, dtype=dtype) == torch.iinfo(dtype).max).all()
        assert torch.empty_like(torch.zeros(3)).isnan().all()
        assert torch.zeros(2).new_empty(3).isnan().all()
        assert torch.utils.deterministic.fill_uninitialized_memory is True


def test_the_cudnn_flag_is_not_enough(raises):
    """With cudnn.deterministic alone put_ runs silently; with use_deterministic_algorithms it raises."""
    i, values = torch.tensor([2, 0]), torch.tensor([1.0, 3.0])
    torch.backends.cudnn.deterministic = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.zeros(3).put_(i, values).tolist() == [3, 0, 1]
    torch.backends.cudnn.deterministic = False
    with mode(True):
        assert torch.backends.cudnn.deterministic is False
        with raises(RuntimeError, "put_ does not have a deterministic implementation"):
            torch.zeros(3).put_(i, values)
        with raises(RuntimeError, "max_unpooling2d_forward_out does not have a deterministic implementation"):
            nn.MaxUnpool2d(2)(torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 2, dtype=torch.int64))


def test_accumulate_is_fine():
    """put_ with accumulate=True, index_add, and index assignment work in this mode on the CPU."""
    i, values = torch.tensor([2, 0, 2]), torch.tensor([1.0, 3.0, 5.0])
    with mode(True):
        assert torch.zeros(3).put_(i, values, accumulate=True).tolist() == [3, 0, 6]
        assert torch.zeros(3).index_add(0, i, values).tolist() == [3, 0, 6]


def test_spawned_processes_start_without_it():
    """A spawned process starts without the mode of its parent."""
    torch.use_deterministic_algorithms(True)
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(torch.are_deterministic_algorithms_enabled) is False
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_bilinear_has_a_deterministic_path():
    """In this mode, bilinear interpolate off the CPU is composed of indexing and adding; bicubic keeps its kernel."""
    x = torch.empty(1, 2, 4, 5, device="meta", requires_grad=True)
    kernels = {}
    for on in (False, True):
        torch.use_deterministic_algorithms(on)
        for mode in ("bilinear", "bicubic"):
            kernels[on, mode] = type(F.interpolate(x, scale_factor=2, mode=mode).grad_fn).__name__
    torch.use_deterministic_algorithms(False)
    assert kernels[False, "bilinear"] == "UpsampleBilinear2DBackward0"
    if torch.__version__ >= (2, 9):  # before, on CUDA only, where no CPU can look
        assert kernels[True, "bilinear"] != "UpsampleBilinear2DBackward0"
    assert kernels[False, "bicubic"] == kernels[True, "bicubic"] == "UpsampleBicubic2DBackward0"


def test_pooling_to_one_pixel_is_a_mean():
    """AdaptiveAvgPool2d(1) is a mean with its own backward; only larger outputs use the pooling kernel."""
    x = torch.rand(1, 2, 4, 6, requires_grad=True)
    assert "Mean" in type(nn.AdaptiveAvgPool2d(1)(x).grad_fn).__name__
    assert "AdaptiveAvgPool2D" in type(nn.AdaptiveAvgPool2d(2)(x).grad_fn).__name__


def test_flat_logits_give_the_same_loss():
    """Cross-entropy of logits flattened to (N * H * W, C) is that of (N, C, H, W)."""
    torch.manual_seed(0)
    logits, y = torch.randn(2, 3, 4, 5), torch.randint(3, (2, 4, 5))
    flat = logits.permute(0, 2, 3, 1).flatten(0, 2)
    torch.testing.assert_close(F.cross_entropy(flat, y.flatten()), F.cross_entropy(logits, y))


def test_put_counts_through_all_dimensions():
    """put_ counts through all dimensions, as x.view(-1)[i] = values does; with accumulate=True it does not raise."""
    i, values = torch.tensor([4, 1]), torch.tensor([7.0, 8.0])
    expected = torch.zeros(2, 3).put_(i, values)
    torch.use_deterministic_algorithms(True)
    try:
        x = torch.zeros(2, 3)
        x.view(-1)[i] = values
        assert torch.equal(x, expected)
        assert torch.equal(torch.zeros(2, 3).put_(i, values, accumulate=True), expected)
    finally:
        torch.use_deterministic_algorithms(False)
