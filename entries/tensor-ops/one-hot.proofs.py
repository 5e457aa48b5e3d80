"""Proofs of one-hot."""

import torch
import torch.nn.functional as F


def given():
    return {"F": F, "labels": torch.tensor([0, 2, 1, 2]), "C": 4}


def test_answer(answer):
    """F.one_hot turns int64 labels of shape (N,) into int64 vectors of shape (N, C)."""
    assert answer.dense.tolist() == [[int(c == y) for c in range(4)] for y in [0, 2, 1, 2]]
    assert answer.dense.dtype == torch.int64


def test_default(default):
    """argmax over the classes gives the labels back."""
    assert default.dense.tolist() == [[int(c == y) for c in range(5)] for y in [0, 2, 1, 3]]
    assert torch.equal(default.dense.argmax(dim=1), default.labels)


def test_mask(mask):
    """The new dimension comes last, and permute(0, 3, 1, 2) moves it to the channels."""
    assert F.one_hot(mask.mask, num_classes=5).shape == (1, 2, 3, 5)
    assert mask.planes.shape == (1, 4, 2, 3)
    for c in range(4):
        assert mask.planes[0, c].tolist() == [[float(y == c) for y in row] for row in mask.mask[0].tolist()]


def test_soft_targets(soft_targets):
    """scatter_ writes 0.9 at the label of each row, and 0.1 shared by the other four makes the row sum to 1."""
    for row, label in zip(soft_targets.soft.tolist(), [0, 2, 1], strict=True):
        assert [round(v, 4) for v in row] == [0.9 if c == label else 0.025 for c in range(5)]
    torch.testing.assert_close(soft_targets.soft.sum(dim=1), torch.ones(3))


def test_right(right):
    """Labels that count from 1 are right after subtracting 1."""
    assert right.dense.argmax(dim=1).tolist() == [0, 1, 2]


def test_width_follows_the_batch():
    """Without num_classes, the width is the largest label of the batch plus one."""
    assert F.one_hot(torch.tensor([0, 1, 3])).shape == (3, 4)
    assert F.one_hot(torch.tensor([0, 1, 1])).shape == (3, 2)


def test_bce_needs_float(raises):
    """binary_cross_entropy_with_logits rejects the int64 result and takes it as float."""
    dense = F.one_hot(torch.tensor([0, 1]), num_classes=2)
    with raises(RuntimeError, "result type Float can't be cast to"):
        F.binary_cross_entropy_with_logits(torch.zeros(2, 2), dense)
    assert F.binary_cross_entropy_with_logits(torch.zeros(2, 2), dense.float()) > 0
    with raises(RuntimeError, "Found dtype Long but expected Float"):
        F.binary_cross_entropy(torch.full((2, 2), 0.5), dense)


def test_products(raises):
    """int64 vectors can be multiplied by floats; a matrix product needs them as float."""
    dense, p = F.one_hot(torch.tensor([2, 0]), num_classes=3), torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    assert (dense * p).sum(dim=1).tolist() == [p[0, 2], p[1, 0]]
    table = torch.arange(12.0).reshape(3, 4)
    with raises(RuntimeError, "same dtype"):
        dense @ table
    assert (dense.float() @ table).tolist() == table[[2, 0]].tolist()


def test_cross_entropy_takes_indices():
    """F.cross_entropy gives the same loss for class indices as for their one-hot vectors."""
    torch.manual_seed(0)
    logits, labels = torch.randn(3, 4), torch.tensor([3, 0, 2])
    dense = F.one_hot(labels, num_classes=4).float()
    torch.testing.assert_close(F.cross_entropy(logits, labels), F.cross_entropy(logits, dense))


def test_ignored_labels():
    """clamp(min=0) and a product with (y >= 0)[..., None] turn ignored labels into rows of zeros."""
    for y in torch.tensor([1, -100, 0]), torch.tensor([[2, -1], [-100, 1]]):
        dense = F.one_hot(y.clamp(min=0), 3) * (y >= 0)[..., None]
        assert dense.flatten(0, -2).tolist() == [[int(c == v) for c in range(3)] for v in y.flatten().tolist()]


def test_labels_are_int64(raises):
    """Labels of another type raise, and so do a negative label and the 255 of ignored pixels."""
    for dtype in torch.int32, torch.int16, torch.uint8, torch.bool, torch.float32:
        with raises(RuntimeError, "one_hot is only applicable to index tensor of type LongTensor"):
            F.one_hot(torch.tensor([0, 1], dtype=dtype), num_classes=2)
    with raises(RuntimeError, "Class values must be smaller than num_classes"):
        F.one_hot(torch.tensor([0, 255, 1]), num_classes=2)
    with raises(RuntimeError, "Class values must be non-negative"):
        F.one_hot(torch.tensor([-1, 1]), num_classes=2)
