"""Proofs of shared-memory. They count the open files of this process, on Linux."""

import os

import numpy as np
import torch
import torch.multiprocessing as mp
from torch.utils.data import DataLoader, TensorDataset


def given():
    dataset = TensorDataset(torch.arange(300.0).view(150, 2), torch.arange(150))
    return {"DataLoader": DataLoader, "dataset": dataset, "kept": []}


def open_files():
    return sum("torch" in os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if real(fd))


def real(fd):
    return os.path.islink(f"/proc/self/fd/{fd}")


def batches(data, workers=1):
    return DataLoader(data, batch_size=4, num_workers=workers, multiprocessing_context="fork" if workers else None)


def test_answer(answer):
    """Copies of the batches are not in shared memory, and hold what the data set holds."""
    assert [len(x) for x in answer.kept] == [64, 64, 22] and not any(x.is_shared() for x in answer.kept)
    assert torch.equal(torch.cat(answer.kept), answer.dataset.tensors[0])
    assert answer.loader.num_workers == 2 and open_files() <= 2  # those of the last x and y


def test_default(default):
    """With copies, 120 batches pass a limit of 100 open files."""
    assert torch.cat(default.kept).tolist() == list(range(360))
    assert default.resource.getrlimit(default.resource.RLIMIT_NOFILE) == (100, 100)


def test_shm_size(shm_size):
    """Each worker prefetches two batches by default; 64 float32 images of 3 × 224 × 224 take 36.75 MiB."""
    assert shm_size.batch * 2**20 == 64 * 3 * 224 * 224 * 4 == 36.75 * 2**20 and shm_size.waiting == 2 * 4 + 2
    assert len(shm_size.data) == 99 and DataLoader(range(4), num_workers=1).prefetch_factor == 2


def test_each_tensor_keeps_a_file_open():
    """Each tensor that came from a worker keeps a file open for as long as it lives; a copy keeps none."""
    pairs = TensorDataset(torch.arange(40), torch.arange(40))
    before = open_files()
    kept = list(batches(pairs))
    assert len(kept) == 10 and open_files() - before == 2 * 10
    del kept
    assert open_files() == before
    kept = [[t.clone() for t in batch] for batch in batches(pairs)]
    assert len(kept) == 10 and open_files() == before


def test_a_view_keeps_it_open():
    """A view of a batch keeps the file of the batch open, and so do .cpu() and .numpy(); .double() and clone() do not."""
    for keep, held in (
        (lambda x: x[0], 10), (lambda x: x.cpu(), 10), (lambda x: x.numpy(), 10),
        (lambda x: x[0].clone(), 0), (lambda x: x.double(), 0),
    ):  # fmt: skip
        before = open_files()
        kept = [keep(batch) for batch in batches(torch.arange(40))]
        assert len(kept) == 10 and open_files() - before == held
        del kept


def test_file_system():
    """With the strategy file_system, tensors that are kept hold no file open; Linux starts with file_descriptor."""
    assert mp.get_sharing_strategy() == "file_descriptor"
    mp.set_sharing_strategy("file_system")
    try:
        before = open_files()
        kept = list(batches(torch.arange(40)))
        assert len(kept) == 10 and kept[0].is_shared() and open_files() == before
    finally:
        mp.set_sharing_strategy("file_descriptor")


def test_file_system_is_not_inherited():
    """A worker that is not forked starts with file_descriptor, whatever its parent has set; a forked one inherits it."""
    mp.set_sharing_strategy("file_system")
    try:
        for method, strategy in ("spawn", "file_descriptor"), ("fork", "file_system"):
            with mp.get_context(method).Pool(1) as pool:
                assert pool.apply(mp.get_sharing_strategy) == strategy
    finally:
        mp.set_sharing_strategy("file_descriptor")


def test_how_many_batches_are_shared():
    """While the loop uses a batch, num_workers * prefetch_factor others are on their way."""
    loader = DataLoader(torch.arange(40), num_workers=2, prefetch_factor=3, multiprocessing_context="fork")
    batches = iter(loader)
    for _ in range(5):
        next(batches)
        assert len(batches._task_info) == 2 * 3


def test_without_workers():
    """With num_workers=0, batches are not in shared memory; with workers they are."""
    assert [b.is_shared() for b in batches(torch.arange(8), workers=0)] == [False, False]
    assert [b.is_shared() for b in batches(torch.arange(8))] == [True, True]


class Mapped:
    """A data set over a memory-mapped file that has become shorter since."""

    def __init__(self):
        np.zeros(2**20, np.uint8).tofile("mapped.bin")
        self.data = np.memmap("mapped.bin", dtype=np.uint8, mode="r")
        os.truncate("mapped.bin", 16)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return int(self.data[900_000 + i])


def test_a_shorter_file_is_a_bus_error(raises):
    """A worker that reads a memory-mapped file that has become shorter reports the same bus error."""
    saved, log = os.dup(2), os.open("stderr.txt", os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 2)
    try:
        with raises(RuntimeError, "DataLoader worker"):
            list(batches(Mapped()))
    finally:
        os.dup2(saved, 2)
    with open("stderr.txt") as lines:
        assert "Unexpected bus error encountered in worker" in lines.read()


def test_memory_is_freed():
    """The shared memory of a batch is mapped while the batch lives, and not afterwards."""

    def mapped():
        with open("/proc/self/maps") as lines:
            spans = [line.split()[0].split("-") for line in lines if "/torch_" in line]
        return sum(int(end, 16) - int(start, 16) for start, end in spans)

    start = mapped()
    kept = list(batches(torch.zeros(4, 2**20, dtype=torch.uint8)))
    held = mapped()
    del kept
    assert held - start >= 4 * 2**20 and mapped() == start
