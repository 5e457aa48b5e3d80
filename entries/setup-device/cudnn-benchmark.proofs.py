"""Proofs of cudnn-benchmark."""

import torch
from torch.utils.data import DataLoader


def given():
    return {"torch": torch, "DataLoader": DataLoader, "dataset": list(range(150))}


def test_answer(answer):
    """The switch is on, and every batch has the same size."""
    assert torch.backends.cudnn.benchmark is True
    assert [len(batch) for batch in answer.loader] == [64, 64]
    torch.backends.cudnn.benchmark = False


def test_default(default):
    """Padded to multiples of 8, six lengths become two shapes."""
    assert {tuple(shape) for shape in default.shapes} == {(4, 3, -(-n // 8) * 8) for n in (5, 9, 6, 12, 7, 16)}


def test_right():
    """flags() restores what was set before, and with enabled=True keeps cuDNN on."""
    cudnn = torch.backends.cudnn
    before = cudnn.enabled, cudnn.benchmark
    with cudnn.flags(enabled=True, benchmark=True):
        assert (cudnn.enabled, cudnn.benchmark) == (True, True)
    assert (cudnn.enabled, cudnn.benchmark) == before


def test_flags_switch_cudnn_off():
    """enabled of flags() defaults to False, so flags(benchmark=True) switches cuDNN off."""
    cudnn = torch.backends.cudnn
    assert cudnn.enabled
    with cudnn.flags(benchmark=True):
        assert (cudnn.enabled, cudnn.benchmark) == (False, True)
    assert cudnn.enabled


def test_the_last_batch():
    """Without drop_last the last batch is smaller."""
    assert [len(batch) for batch in DataLoader(list(range(150)), batch_size=64)] == [64, 64, 22]


def test_defaults_and_cpu():
    """Both switches are off by default, and on a CPU they can be set without an effect on the result."""
    torch.manual_seed(0)
    conv, x = torch.nn.Conv1d(3, 2, 5), torch.randn(4, 3, 9)
    cudnn = torch.backends.cudnn
    assert (cudnn.benchmark, cudnn.deterministic) == (False, False)
    before = conv(x)
    try:
        cudnn.benchmark = cudnn.deterministic = True
        assert torch.equal(conv(x), before)
    finally:
        cudnn.benchmark = cudnn.deterministic = False


def test_is_available_is_about_the_build():
    """cudnn.is_available() tells whether the build contains cuDNN; nobody asks for a GPU."""
    cudnn = torch.backends.cudnn
    assert cudnn.is_available() is torch._C._has_cudnn
    assert cudnn.is_available() or not torch.version.cuda
