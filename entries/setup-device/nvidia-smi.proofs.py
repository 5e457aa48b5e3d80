"""Proofs of nvidia-smi."""

import torch


def given():
    return {"torch": torch}


def test_answer(answer):
    """On a machine with a GPU, mem_get_info() returns the free and the total bytes of the current GPU."""
    if torch.cuda.is_available():
        assert 0 <= answer.free < answer.total
    else:
        assert answer.torch.cuda.device_count() == 0


def test_default(default):
    """nvidia-smi prints one line per GPU: its index, the memory used, and the memory in total."""
    if default.shutil.which("nvidia-smi"):
        status, text = default.subprocess.getstatusoutput(default.command)
        for line in text.splitlines() if status == 0 else []:
            index, used, total = (int(part) for part in line.split(", "))
            assert index >= 0 and used <= total


def test_memory_allocated_counts_live_tensors():
    """memory_allocated() is at most memory_reserved(), which adds the cache."""
    assert torch.cuda.memory_allocated() <= torch.cuda.memory_reserved()
