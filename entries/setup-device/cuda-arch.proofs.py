"""Proofs of cuda-arch."""

import re
from unittest.mock import patch

import torch

try:
    from torch.cuda import PYTORCH_RELEASES_CODE_CC, _code_compatible_with_device
except ImportError:  # before torch 2.11
    PYTORCH_RELEASES_CODE_CC = {}


def runs(card, code, cuda="13.0"):
    """Whether code for one compute capability runs on a card of another, in a build for this CUDA."""
    with patch("torch.version.cuda", cuda):
        return _code_compatible_with_device(card, code)


def given():
    return {"torch": torch}


def test_answer(answer):
    """get_arch_list() names what the build has, since torch 2.13 also without a GPU, and is empty in a CPU build."""
    names = answer.torch.cuda.get_arch_list()
    assert all(re.fullmatch(r"(sm|compute|gfx)_?\w+", name) for name in names)
    if torch.__version__ < (2, 13) and not torch.cuda.is_available():
        assert names == []
        return
    assert bool(names) == (torch.version.cuda is not None or torch.version.hip is not None)


def test_default():
    """get_device_capability() gives a major and a minor number for each visible GPU."""
    for i in range(torch.cuda.device_count()):
        major, minor = torch.cuda.get_device_capability(i)
        assert major >= 3 and 0 <= minor <= 9


def test_same_major_number():
    """Code for sm_80 runs on 8.0, 8.6, and 8.9, but not on 7.5 or 9.0; code for sm_86 does not run on 8.0."""
    if not PYTORCH_RELEASES_CODE_CC:
        return
    assert all(runs(card, 80) for card in (80, 86, 89))
    assert not any(runs(card, 80) for card in (75, 90))
    assert not runs(80, 86)


def test_jetson_is_an_exception():
    """Before CUDA 13.2, a card of 8.7 does not run code for sm_80 or sm_86; with it, torch 2.14 says that it does."""
    if not PYTORCH_RELEASES_CODE_CC:
        return
    assert not any(runs(87, code) for code in (80, 86))
    if torch.__version__ >= (2, 14):
        assert all(runs(87, code, cuda="13.2") for code in (80, 86))


def test_what_the_builds_of_2_13_have():
    """On x86, builds for CUDA 13.0 start at 7.5 and include 12.0; the build for 12.6 includes 5.0, 6.0, and 7.0, not 12.0."""
    if not PYTORCH_RELEASES_CODE_CC:
        return
    old, new = PYTORCH_RELEASES_CODE_CC["12.6"]["x86_64"], PYTORCH_RELEASES_CODE_CC["13.0"]["x86_64"]
    assert min(new) == 75 and 120 in new
    assert {50, 60, 70} <= old and 120 not in old
    for card in (60, 61, 70):  # GTX 10, V100
        assert any(runs(card, code) for code in old)
        assert not any(runs(card, code) for code in new)
