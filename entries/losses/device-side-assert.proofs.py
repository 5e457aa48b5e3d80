"""Proofs of device-side-assert."""

import torch
import torch.nn.functional as F


def given():
    return {"y": torch.tensor([0, 3, 2, -1, 255, 1, 3]), "C": 3}


def negative_log_likelihood(rows, labels):
    """The mean of -log of the share that exp() of the label's logit has, by hand."""
    share = [row.exp()[label] / row.exp().sum() for row, label in zip(rows, labels, strict=True)]
    return -torch.stack(share).log().mean()


def test_answer(answer):
    """The labels below 0 and from C on are those that are out of range, each listed once."""
    assert answer.bad.tolist() == sorted({v for v in [0, 3, 2, -1, 255, 1, 3] if v not in range(3)})


def test_default(default):
    """Labels 1..C are right after subtracting 1; those equal to ignore_index do not count in the mean."""
    assert default.y.tolist() == [0, 2, 1, 0, 255]
    assert default.C == 3
    torch.testing.assert_close(default.loss, negative_log_likelihood(default.logits[:4], [0, 2, 1, 0]))


def test_right(right):
    """y - 1 turns the labels 1..C into 0..C-1."""
    torch.testing.assert_close(right.loss, negative_log_likelihood(right.logits, [0, 2, 1, 0]))


def test_right_ignore(right_ignore):
    """ignore_index=255 leaves these pixels out of the mean."""
    rows = torch.stack([right_ignore.logits[0, :, i, j] for i, j in ((0, 0), (0, 1), (1, 1))])
    torch.testing.assert_close(right_ignore.loss, negative_log_likelihood(rows, [1, 0, 2]))
    assert right_ignore.logits.shape == (1, 3, 2, 2)


def test_an_extra_output():
    """With C + 1 outputs and labels 1..C, the gradient pushes output 0 down for every sample."""
    torch.manual_seed(0)
    logits = torch.randn(6, 4, requires_grad=True)
    F.cross_entropy(logits, torch.tensor([1, 2, 3, 3, 1, 2])).backward()
    assert bool((logits.grad[:, 0] > 0).all())


def test_minus_100():
    """Labels of -100 raise nothing and do not count in the mean."""
    torch.manual_seed(0)
    logits = torch.randn(3, 4)
    loss = F.cross_entropy(logits, torch.tensor([2, -100, 1]))
    torch.testing.assert_close(loss, negative_log_likelihood(logits[[0, 2]], [2, 1]))


def test_cpu_names_the_value(raises):
    """On the CPU, the loss names the label; the embedding says only that an index is out of range, also for -1."""
    for label in (3, -1, 255):
        with raises(IndexError, f"Target {label} is out of bounds"):
            F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, label]))
    for ids in ([0, 5], [-1, 0]):
        with raises(IndexError, "index out of range in self"):
            torch.nn.Embedding(5, 2)(torch.tensor(ids))


def test_bce(raises):
    """A NaN or a logit in BCELoss raises on the CPU, and so does a NaN in multinomial."""
    with raises(RuntimeError, "probability tensor contains either `inf`, `nan` or element < 0"):
        torch.multinomial(torch.tensor([0.5, float("nan")]), 1)
    for value in (float("nan"), 1.5):
        with raises(RuntimeError, "all elements of input should be between 0 and 1"):
            F.binary_cross_entropy(torch.tensor([value]), torch.ones(1))


def test_gather_and_indexing(raises):
    """On the CPU, gather raises for -1 and for the size of dim; x[idx] accepts -1."""
    x = torch.tensor([1.0, 2.0, 3.0])
    for index in (-1, 3):
        with raises((RuntimeError, IndexError), "out of bounds"):
            x.gather(0, torch.tensor([index]))
    assert x[torch.tensor([-1])] == 3
    with raises(IndexError, "out of bounds"):
        x[torch.tensor([3])]


def test_labels_from_zero_need_one_more_output():
    """Labels 0..C with C outputs need one more output; y - 1 would turn 0 into -1, which is out of range again."""
    y, C = torch.tensor([0, 3, 2, 1]), 3
    assert y[(y < 0) | (y >= C)].unique().tolist() == [C]
    y1 = y - 1
    assert y1[(y1 < 0) | (y1 >= C)].unique().tolist() == [-1]
    assert F.cross_entropy(torch.zeros(4, C + 1), y).isfinite()
