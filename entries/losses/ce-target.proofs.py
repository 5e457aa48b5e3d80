"""Proofs of ce-target."""

import torch
import torch.nn.functional as F


def given():
    torch.manual_seed(0)
    return {"F": F, "logits": torch.randn(4, 3), "y": torch.tensor([[2.0], [0.0], [1.0], [2.0]])}


def negative_log_likelihood(logits, labels):
    """The mean over rows (N, C) of -log of the share that exp() of the label's logit has, by hand."""
    share = [row.exp()[label] / row.exp().sum() for row, label in zip(logits, labels, strict=True)]
    return -torch.stack(share).log().mean()


def test_answer(answer):
    """Labels (N, 1) of floats work after squeeze(1) and long(), and labels (N,) are left as they are."""
    assert answer.y.shape == (4,)
    torch.testing.assert_close(answer.loss, negative_log_likelihood(answer.logits, [2, 0, 1, 2]))


def test_default(default):
    """A column of floats, (N, 1), becomes int64 labels of shape (N,)."""
    assert default.y.dtype == torch.int64 and default.y.shape == (30,)
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.table.tolist()]
    assert default.loss < 0.5


def test_pairs(right, right_column, right_one_hot):
    """long(), squeeze(1), and argmax(1) all give the loss of the labels 0 and 2."""
    expected = negative_log_likelihood(right.logits, [0, 2])
    for snippet in right, right_column, right_one_hot:
        torch.testing.assert_close(snippet.loss, expected)


def test_right_sequence(right_sequence):
    """transpose(1, 2) gives the mean over all time steps of all samples."""
    logits, y = right_sequence.logits, right_sequence.y
    rows, labels = logits.reshape(-1, 3), y.reshape(-1).tolist()
    assert logits.shape == (2, 4, 3)
    torch.testing.assert_close(right_sequence.loss, negative_log_likelihood(rows, labels))


def test_right_mask(right_mask):
    """A mask (N, H, W) gives the mean over all pixels."""
    logits, y = right_mask.logits, right_mask.y
    assert logits.shape == (1, 3, 2, 4)
    rows = torch.stack([logits[0, :, i, j] for i in range(2) for j in range(4)])
    torch.testing.assert_close(right_mask.loss, negative_log_likelihood(rows, y.flatten().tolist()))


def test_messages(raises):
    """The message depends on the type and shape: integers, bools, one-hot labels, and one output."""
    logits, y = torch.randn(4, 3), torch.tensor([2, 0, 1, 2])
    said = "expected target dtype to be Long or Byte, but got" if torch.__version__ >= (2, 12) else "expected scalar type Long but found"
    for dtype, name in ((torch.float32, "Float"), (torch.int32, "Int"), (torch.bool, "Bool")):
        with raises(RuntimeError, f"{said} {name}"):
            F.cross_entropy(logits, y.to(dtype))
    for target in (y.unsqueeze(1), y.unsqueeze(1).float(), F.one_hot(y, 5), F.one_hot(y, 5).float()):
        with raises(RuntimeError, "0D or 1D target tensor expected"):
            F.cross_entropy(logits, target)
    for output, target in ((logits, F.one_hot(y, 3)), (logits[:, 0], y), (logits[:, :1], y.unsqueeze(1))):
        with raises(RuntimeError, "Expected floating point type for target with class probabilities, got Long"):
            F.cross_entropy(output, target)


def test_probabilities():
    """Float targets with the shape of the logits are probabilities: one-hot ones give the loss of the indices."""
    logits, y = torch.randn(4, 3), torch.tensor([2, 0, 1, 2])
    torch.testing.assert_close(F.cross_entropy(logits, F.one_hot(y, 3).float()), F.cross_entropy(logits, y))


def test_float_labels_are_probabilities():
    """Float labels with the shape of the logits raise nothing; with (N, 1) for both, the loss is always 0."""
    logits, y = torch.randn(4), torch.tensor([1.0, 0.0, 3.0, 2.0])
    torch.testing.assert_close(F.cross_entropy(logits, y), -(y * (logits.exp() / logits.exp().sum()).log()).sum())
    for _ in range(3):
        assert F.cross_entropy(torch.randn(4, 1), torch.randn(4, 1)) == 0


def test_time_steps_for_classes():
    """Logits (N, T, C) with T equal to C raise nothing, and the loss is another one."""
    torch.manual_seed(0)
    logits, y = torch.randn(2, 3, 3), torch.tensor([[0, 2, 1], [2, 2, 0]])
    assert abs(F.cross_entropy(logits, y) - F.cross_entropy(logits.transpose(1, 2), y)) > 0.01


def test_bare_squeeze(raises):
    """Labels (1, 1) of a batch with one sample keep the batch with squeeze(1); squeeze() raises."""
    logits, y = torch.randn(1, 3), torch.tensor([[2]])
    assert F.cross_entropy(logits, y.squeeze(1)) > 0
    with raises(ValueError, "Expected input batch_size (1) to match target batch_size (0)"):
        F.cross_entropy(logits, y.squeeze())


def test_uint8_masks(raises):
    """A uint8 mask (N, H, W) raises, uint8 labels (N,) do not."""
    logits, mask = torch.randn(2, 3, 5, 4), torch.ones(2, 5, 4, dtype=torch.uint8)
    with raises(RuntimeError, "expected scalar type Long but found Byte"):
        F.cross_entropy(logits, mask)
    assert F.cross_entropy(logits, mask.long()) > 0
    assert F.cross_entropy(torch.randn(2, 3), torch.tensor([1, 2], dtype=torch.uint8)) > 0


def test_several_labels():
    """With two labels in a row, cross-entropy has a minimum above 0, and binary cross-entropy reaches 0."""
    target = torch.tensor([[1.0, 1.0, 0.0]])
    sure = torch.tensor([[50.0, 50.0, -50.0]])
    assert F.cross_entropy(sure, target) > 1.3  # 2 * log(2)
    assert F.binary_cross_entropy_with_logits(sure, target) < 1e-6


def test_other_causes(raises):
    """A mask for logits (N, C), a label (N,) for logits (N, C, H, W), and one label per sequence raise the same messages."""
    label = torch.tensor([0, 2])
    with raises(RuntimeError, "0D or 1D target tensor expected"):
        F.cross_entropy(torch.randn(2, 3), torch.zeros(2, 5, 4, dtype=torch.int64))
    with raises(RuntimeError, "only batches of spatial targets supported"):
        F.cross_entropy(torch.randn(2, 3, 5, 4), label)
    logits = torch.randn(2, 4, 3)  # (N, T, C)
    with raises(RuntimeError, "Expected target size [2, 3], got [2]"):
        F.cross_entropy(logits, label)
    with raises(RuntimeError, "Expected target size [2, 4], got [2]"):
        F.cross_entropy(logits.transpose(1, 2), label)
    assert F.cross_entropy(logits[:, -1], label).isfinite()
    with raises(RuntimeError, "Expected target size [2, 4], got [2, 5]"):
        F.cross_entropy(logits.transpose(1, 2), torch.zeros(2, 5, dtype=torch.int64))


def test_logits_smaller_than_the_mask(raises):
    """Logits of another height and width than the mask raise, and interpolate gives them the size of the mask."""
    logits, y = torch.randn(2, 3, 4, 5), torch.ones(2, 8, 10, dtype=torch.int64)
    with raises(RuntimeError, "size mismatch (got input: [2, 3, 4, 5] , target: [2, 8, 10]"):
        F.cross_entropy(logits, y)
    assert F.cross_entropy(F.interpolate(logits, size=y.shape[-2:]), y).isfinite()


def test_logits_without_a_batch(raises):
    """Logits (C,) are one sample, and several labels raise; of (N, 1), squeeze() makes such logits."""
    y, new = torch.tensor([0, 1, 2, 1]), torch.__version__ >= (2, 13)
    for logits in torch.zeros(3), torch.zeros(5, 1).squeeze():
        with raises((ValueError, RuntimeError), "For 1D input, 1D target" if new else "size mismatch (got input: …target: [4])"):
            F.cross_entropy(logits, y)
    assert F.cross_entropy(torch.zeros(3), torch.tensor(2)) > 1
