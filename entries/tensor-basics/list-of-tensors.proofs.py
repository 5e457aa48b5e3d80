"""Proofs of list-of-tensors."""

import warnings

import torch
from torch import nn


def given():
    w = torch.tensor(3.0, requires_grad=True)
    return {
        "torch": torch,
        "nn": nn,
        "tensors": [torch.tensor([1, 2]), torch.tensor([3, 4]), torch.tensor([5, 6])],
        "batches": [torch.tensor([[1, 2], [3, 4]]), torch.tensor([[5, 6]])],
        "sequences": [torch.tensor([1, 2, 3]), torch.tensor([4, 5])],
        "losses": [w * 2, w * 5],
        "w": w,
        "classes": ["bird", "cat", "dog"],
        "names": ["dog", "bird"],
    }


def test_answer(answer):
    """stack adds a dim, cat joins along dim 0, pad_sequence fills with 0, and stacked losses keep their graph."""
    assert answer.batch.tolist() == answer.joined.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert answer.padded.tolist() == [[1, 2, 3], [4, 5, 0]]
    answer.loss.backward()
    assert answer.w.grad == (2 + 5) / 2
    assert answer.y.tolist() == [2, 0] and answer.y.dtype == torch.int64


def test_default(default):
    """stack keeps each tensor as a row, pad_sequence fills the short row with padding_value."""
    assert torch.stack(default.rows).tolist() == [row.tolist() for row in default.rows]
    assert default.padded.tolist() == [row + [-1] * (3 - len(row)) for row in default.ragged]


def test_four_become_one():
    """Four tensors of shape (3, 512) stack to (4, 3, 512) and concatenate to (12, 512)."""
    images = [torch.full((3, 512), float(i)) for i in range(4)]
    assert torch.stack(images).shape == (4, 3, 512) and torch.cat(images).shape == (12, 512)
    assert torch.stack(images)[2].unique().tolist() == [2]


def test_collect(collect):
    """cat joins batches of different sizes in order."""
    assert torch.equal(torch.cat(collect.outputs), collect.data * 3)
    assert [len(part) for part in collect.outputs] == [2, 2, 1]


def test_right(right):
    """stack gives one row for each tensor."""
    assert right.batch.tolist() == [[1, 2], [3, 4]]


def test_right_ragged(right_ragged):
    """The short row ends with 0."""
    assert right_ragged.batch.tolist() == [[1, 2, 3], [4, 5, 0]]


def test_right_strings(right_strings):
    """Each name becomes its position among the sorted classes."""
    assert right_strings.classes == ["bird", "cat", "dog"]
    assert [right_strings.classes[i] for i in right_strings.y.tolist()] == ["dog", "cat", "dog", "bird"]


def test_float_says_the_same(raises):
    """float(x) and int(x) of several elements raise the same message."""
    for convert in float, int:
        with raises(ValueError, "only one element tensors can be converted to Python scalars"):
            convert(torch.ones(2))


def test_tensor_of_losses_cuts_the_graph():
    """A list of tensors with one element converts without a graph; stack keeps the gradients."""
    w = torch.tensor(3.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cut = torch.tensor([w * 2, w * 5])
    assert cut.tolist() == [6, 15] and not cut.requires_grad
    assert torch.tensor([torch.ones(1), torch.zeros(1, 1)]).tolist() == [1, 0]
    torch.stack([w * 2, w * 5]).sum().backward()
    assert w.grad == 7


def test_stack_needs_equal_shapes(raises):
    """stack raises for tensors of different shapes; cat takes different sizes along its dim, and raises if another dim differs."""
    rows = [torch.ones(2), torch.ones(3)]
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack(rows)
    assert torch.cat(rows).shape == (5,)
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 0"):
        torch.cat([torch.ones(2, 3), torch.ones(2, 4)])


def test_pad_sequence_puts_the_batch_second(raises):
    """pad_sequence returns (L, N) unless batch_first=True, pads with 0, and takes tensors only, not lists."""
    rows = [torch.tensor([1, 2, 3]), torch.tensor([4, 5])]
    assert nn.utils.rnn.pad_sequence(rows).tolist() == [[1, 4], [2, 5], [3, 0]]
    assert nn.utils.rnn.pad_sequence(rows, batch_first=True).tolist() == [[1, 2, 3], [4, 5, 0]]
    with raises(TypeError, "expected Tensor as element 0 in argument 0, but got list"):
        nn.utils.rnn.pad_sequence([[1, 2, 3], [4, 5]])


def test_digits():
    """float turns strings of digits into numbers that torch.tensor takes."""
    assert torch.tensor([float(s) for s in ["1.5", "2"]]).tolist() == [1.5, 2]


def test_the_message_depends_on_the_dtype(raises):
    """torch.tensor refuses a list of float tensors with one message, and a list of integer tensors with another."""
    with raises(ValueError, "only one element tensors can be converted to Python scalars"):
        torch.tensor([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])])
    with raises(TypeError, "only integer tensors of a single element can be converted to an index"):
        torch.tensor([torch.tensor([1, 2]), torch.tensor([3, 4])])


def test_rows_of_one_depth(raises):
    """A nested list that mixes a list and a number raises, and rows of one depth do not."""
    with raises(TypeError, "not a sequence"):
        torch.tensor([[1, 2], 3])
    assert torch.tensor([[1, 2], [3, 4]]).shape == (2, 2)


def test_a_number_before_a_list(raises):
    """A list that begins with an int and goes on with a list or tuple raises, also when a DataLoader collates it; one depth does not."""
    for rest, kind in ([1], "list"), ((1,), "tuple"):
        for make in torch.tensor, torch.as_tensor, torch.LongTensor, torch.utils.data.default_collate:
            with raises(TypeError, f"'{kind}' object cannot be interpreted as an integer"):
                make([3, rest])
    assert torch.tensor([[3], [1]]).shape == (2, 1)
