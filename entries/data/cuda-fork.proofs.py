"""Proofs of cuda-fork."""

import multiprocessing

import torch
from torch.utils.data import DataLoader, TensorDataset


def given():
    class Loader(DataLoader):  # the same without workers, which the tests of an answer do not start
        def __init__(self, dataset, num_workers, pin_memory, **options):
            super().__init__(dataset, **options)
            self.asked = num_workers, pin_memory

    dataset = TensorDataset(torch.arange(70.0), torch.arange(70) % 3)
    return {"DataLoader": Loader, "dataset": dataset, "device": torch.device("cpu")}


def test_answer(answer):
    """The Dataset returns CPU tensors, and the loop moves each batch."""
    assert answer.loader.batch_size == 64 and answer.loader.asked == (4, True)
    assert answer.x.tolist() == [64, 65, 66, 67, 68, 69] and answer.y.tolist() == [1, 2, 0, 1, 2, 0]


def test_default(default):
    """Batches that a worker made on the CPU are added up on the device."""
    assert default.total.tolist() == [0 + 1 + 2 + 3 + 4 + 5, 10 * 15]
    assert default.Rows()[3].device.type == "cpu"


def test_only_cpu_tensors_can_be_pinned(raises):
    """A tensor that is not on the CPU cannot be pinned."""
    with raises(RuntimeError, "only dense CPU tensors can be pinned"):
        torch.ones(2, device="meta").pin_memory()


def test_a_forked_process_inherits_the_default_device():
    """After torch.set_default_device, a forked process creates plain tensors on that device."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    torch.set_default_device("meta")  # a device that every build of PyTorch has
    try:
        process = context.Process(target=lambda: queue.put(torch.tensor([1.0]).device.type))
        process.start()
        assert queue.get() == "meta"
        process.join()
    finally:
        torch.set_default_device(None)


def test_spawn_context():
    """torch.multiprocessing.get_context("spawn") starts processes with spawn."""
    assert torch.multiprocessing.get_context("spawn").get_start_method() == "spawn"
