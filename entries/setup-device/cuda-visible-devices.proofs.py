"""Proofs of cuda-visible-devices."""

import os

import torch


def visible(value, name="CUDA_VISIBLE_DEVICES"):
    """The GPU behind each cuda:i, as PyTorch reads the variable."""
    before = dict(os.environ)
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    os.environ[name] = value
    try:
        return torch.cuda._parse_visible_devices()
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_answer(answer):
    """The variable counts from 0, so "1" is the second GPU, and "cuda:0" names the first that is visible."""
    assert answer.os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert visible("1") == [1]
    assert (answer.device.type, answer.device.index) == ("cuda", 0)


def test_default(default):
    """With CUDA_VISIBLE_DEVICES=-1, is_available() is False and device_count() is 0."""
    assert default.os.environ["CUDA_VISIBLE_DEVICES"] == "-1"
    assert default.device == torch.device("cpu")


def test_list(list):
    """The visible GPUs are cuda:0 to cuda:(device_count() - 1)."""
    assert list.count == torch.cuda.device_count()


def test_numbers():
    """PyTorch numbers the visible GPUs in the order of the list; an empty value and -1 hide all of them."""
    assert visible("2,5") == [2, 5] and visible("5,2") == [5, 2]
    assert visible("") == visible("-1") == []


def test_a_misspelled_name_is_ignored():
    """With CUDA_VISIBLE_DEVICE instead of CUDA_VISIBLE_DEVICES, PyTorch sees all GPUs."""
    assert visible("3") == [3]
    everything = visible("3", name="CUDA_VISIBLE_DEVICE")
    assert len(everything) > 8 and everything == [*range(len(everything))]
