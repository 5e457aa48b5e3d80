"""Proofs of wrapped-dataloader."""

from multiprocessing import get_all_start_methods

import torch
from torch.utils.data import DataLoader, get_worker_info


def test_answer(answer):
    """__iter__ applies the function to each batch, anew in each epoch, whatever the batch is."""
    rows = [{"x": 1}, {"x": 2}, {"x": 3}]
    loader = answer.WrappedLoader(DataLoader(rows, batch_size=2), lambda batch: batch["x"] * 10)
    assert len(loader) == 2
    for _ in range(2):
        assert [x.tolist() for x in loader] == [[10, 20], [30]]


def test_default(default):
    """The batches arrive reshaped, scaled, and on the device."""
    batches = list(default.loader)
    x = torch.cat([x for x, _ in batches])
    assert x.device.type == torch.device(default.device).type and x.shape == (4, 1, 2, 3)
    torch.testing.assert_close(x.cpu().flatten(), torch.arange(0, 240, 10) / 255)
    assert [y.tolist() for _, y in batches] == [[3, 1, 4], [1]] and len(default.loader) == 2


def test_stored_iterator(wrong, right):
    """A stored iterator is exhausted after the first epoch."""
    assert list(wrong.loader) == [] and len(list(right.loader)) == 3


def test_no_attributes(answer, raises):
    """The wrapper has no dataset and no sampler; loader.loader has them."""
    inner = DataLoader([1, 2])
    loader = answer.WrappedLoader(inner, lambda batch: batch)
    for name in "dataset", "sampler":
        with raises(AttributeError, name):
            getattr(loader, name)
        assert hasattr(loader.loader, name)


class Where:
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return int(get_worker_info() is not None)


def collate(items):
    return [*items, get_worker_info() is not None]


def test_where_it_runs(answer):
    """With workers, __getitem__ and collate_fn run in them; the wrapper runs in the main process."""
    here = answer.WrappedLoader(DataLoader(Where(), 2), lambda b: (b.tolist(), get_worker_info()))
    assert list(here) == [([0, 0], None)]
    if "fork" in get_all_start_methods():
        seen = DataLoader(Where(), 2, collate_fn=collate, num_workers=1, multiprocessing_context="fork")
        there = answer.WrappedLoader(seen, lambda b: (b, get_worker_info()))
        assert list(there) == [([1, 1, True], None)]
