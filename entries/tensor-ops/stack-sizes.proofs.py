"""Proofs of stack-sizes."""

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def given():
    dataset = [(torch.tensor([7] * n), n % 2) for n in (3, 1, 2)]
    return {"torch": torch, "pad_sequence": pad_sequence, "DataLoader": DataLoader, "dataset": dataset}


def test_answer(answer):
    """A collate_fn with pad_sequence gives a padded batch (N, T), the lengths (N,), and the labels (N,)."""
    (batch, lengths, labels), *more = answer.loader
    assert labels.tolist() == [1, 1, 0] and labels.dtype == torch.int64
    assert batch.tolist() == [[7, 7, 7], [7, 0, 0], [7, 7, 0]] and lengths.tolist() == [3, 1, 2]
    assert not more


def test_default(default):
    """pad_sequence fills the shorter sequences up to the longest; the lengths tell how much is real."""
    assert default.batch.tolist() == [[1, 2, 3], [4, 5, 0]]
    assert [row[:n] for row, n in zip(default.batch.tolist(), default.lengths.tolist(), strict=True)] == [
        s.tolist() for s in default.dataset
    ]


def test_stack_needs_equal_shapes(raises):
    """stack adds a dim and needs equal shapes; cat needs equal sizes except in the joined dim."""
    a, b = torch.zeros(2, 3), torch.zeros(4, 3)
    assert torch.stack([a, a, a]).shape == (3, 2, 3) and torch.cat([a, b]).shape == (6, 3)
    with raises(RuntimeError, "stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [4, 3] at entry 1"):
        torch.stack([a, b])
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 1"):
        torch.cat([a, b], dim=1)
    token, x = torch.ones(1, 1, 3), torch.zeros(4, 5, 3)  # (1, 1, D), (N, T, D)
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 1. Expected size 1 but got size 4"):
        torch.cat([token, x], dim=1)
    assert torch.cat([token.expand(4, -1, -1), x], dim=1).shape == (4, 6, 3)


def test_channels_differ(raises):
    """A gray image among color images raises as well."""
    with raises(RuntimeError, "stack expects each tensor to be equal size, but got [3, 8, 8] at entry 0 and [1, 8, 8]"):
        next(iter(DataLoader([torch.zeros(3, 8, 8), torch.zeros(1, 8, 8)], batch_size=2)))


def test_lists(lists):
    """A collate_fn may stack the images and return tensors of different sizes as a list."""
    assert lists.images.shape == (2, 3, 8, 8) and [len(b) for b in lists.boxes] == [2, 5]


def test_right(right):
    """pad_sequence gives (N, T) with batch_first=True and (T, N) without."""
    assert pad_sequence(right.dataset).shape == (3, 2)
    assert [batch.tolist() for batch in right.loader] == [[[1, 2, 3], [4, 5, 0]]]


def test_right_cat(right_cat):
    """cat with dim=1 adds up the channels once H and W are equal."""
    assert F.interpolate(torch.ones(1, 3, 4, 4), size=(5, 5)).shape == right_cat.up.shape
    joined = torch.cat([right_cat.skip, right_cat.up], dim=1)
    assert joined.shape == (1, 2 + 3, 5, 5) and joined.sum() == 5 * 25


def test_odd_sizes_come_back_smaller():
    """Pooling by 2 and upsampling by 2 turns 5 into 2 into 4; a multiple of 2 to the power of the poolings comes back."""

    def there_and_back(size, poolings):
        x = torch.zeros(1, 1, size, size)
        for _ in range(poolings):
            x = F.max_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2**poolings).size(-1)

    assert F.max_pool2d(torch.zeros(1, 1, 5, 5), 2).size(-1) == 2
    assert there_and_back(5, 1) == 4
    for poolings in (1, 2, 3):
        assert there_and_back(3 * 2**poolings, poolings) == 3 * 2**poolings


def test_batch_size_one_hides_it(raises):
    """Samples of different sizes pass with batch_size=1, because nothing is stacked with another sample."""
    dataset = [torch.zeros(3), torch.zeros(2)]
    assert [tuple(batch.shape) for batch in DataLoader(dataset, batch_size=1)] == [(1, 3), (1, 2)]
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        list(DataLoader(dataset, batch_size=2))


def test_padding_value():
    """pad_sequence fills up with 0, or with padding_value."""
    sequences = [torch.tensor([5, 0]), torch.tensor([6])]
    assert pad_sequence(sequences, batch_first=True).tolist() == [[5, 0], [6, 0]]
    assert pad_sequence(sequences, batch_first=True, padding_value=-1).tolist() == [[5, 0], [6, -1]]


def test_resize_sets_the_shorter_side():
    """v2.Resize(224) sets the shorter side only; Resize((224, 224)), or Resize(256) and CenterCrop(224), set both."""
    from torchvision.transforms import v2

    wide, tall = torch.zeros(3, 300, 600), torch.zeros(3, 500, 400)
    assert [v2.Resize(224)(image).shape for image in (wide, tall)] == [(3, 224, 448), (3, 280, 224)]
    for resize in (v2.Resize((224, 224)), v2.Compose([v2.Resize(256), v2.CenterCrop(224)])):
        assert resize(wide).shape == resize(tall).shape == (3, 224, 224)


def test_the_first_sample_of_a_worker(raises):
    """In a worker, a first sample larger than the average gives the message about storage, a smaller one that of stack."""
    for sizes, message in (
        ((4, 5, 1), "Trying to resize storage that is not resizable"),
        ((2, 3), "stack expects each tensor to be equal size"),
    ):
        with raises(RuntimeError, message):
            next(iter(DataLoader([torch.zeros(n) for n in sizes], batch_size=len(sizes), num_workers=1)))
    views = list(torch.zeros(2, 9)[:, 2:6])  # views of a larger tensor are fine
    assert next(iter(DataLoader(views, batch_size=2, num_workers=1))).shape == (2, 4)


def test_resize_storage(raises):
    """A tensor that shares its memory with NumPy cannot be resized; its clone can."""
    shared = torch.from_numpy(torch.zeros(2).numpy())
    with raises(RuntimeError, "Trying to resize storage that is not resizable"):
        shared.resize_(5)
    assert shared.clone().resize_(5).shape == (5,)
