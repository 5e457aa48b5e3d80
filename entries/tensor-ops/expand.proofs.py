"""Proofs of expand."""

import numpy as np
import torch


def given():
    return {"row": torch.tensor([[1, 2, 3]]), "x": torch.tensor([[1, 2], [3, 4]]), "B": 4}


def test_answer(answer):
    """expand makes a (1, D) view of size (B, D); repeat gives rows a b a b, repeat_interleave a a b b."""
    a, b = [1, 2], [3, 4]
    assert answer.wide.tolist() == [[1, 2, 3]] * 4
    assert answer.wide.data_ptr() == answer.row.data_ptr()
    assert answer.tiled.tolist() == [a, b, a, b]
    assert answer.doubled.tolist() == [a, a, b, b]


def test_default(default):
    """The stride of a stretched dim is 0, so all its positions are the same element; repeat copies."""
    assert default.wide.stride() == (0, 1) and default.wide.data_ptr() == default.row.data_ptr()
    default.row[0, 1] = 7
    assert default.wide.tolist() == [[1, 7, 3]] * 4
    assert default.x.repeat(1, 1).data_ptr() != default.x.data_ptr()
    assert default.x.repeat(2, 3).tolist() == [[1, 2] * 3, [3, 4] * 3] * 2


def test_expand_as():
    """expand may add dims on the left, -1 keeps a size, and expand_as and broadcast_to do the same."""
    scale, image = torch.arange(3.0).view(1, 3, 1, 1), torch.ones(2, 3, 4, 5)
    wide = scale.expand(2, -1, 4, 5)
    assert torch.equal(wide, scale.expand_as(image))
    assert torch.equal(wide, torch.broadcast_to(scale, image.shape))
    assert torch.broadcast_to(scale, image.shape).stride() == wide.stride()
    assert torch.equal(wide * image, scale * image)  # operators broadcast by themselves
    assert torch.tensor([[1], [2]]).expand(3, 2, 2).tolist() == [[[1, 1], [2, 2]]] * 3


def test_cat_does_not_broadcast(raises):
    """torch.cat does not broadcast dims of size 1."""
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 1"):
        torch.cat([torch.zeros(1, 1, 3), torch.zeros(2, 4, 3)], dim=1)


def test_class_token(class_token):
    """The gradient of an expanded tensor is summed over the stretched dims."""
    assert class_token.x.tolist() == [[[1.0] * 3] + [[0.0] * 3] * 4] * 2
    w = torch.tensor([[1.0], [2.0]], requires_grad=True)
    factor = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (w.expand(2, 3) * factor).sum().backward()
    assert w.grad.tolist() == [[1 + 2 + 3], [4 + 5 + 6]]


def test_counts(counts):
    """repeat_interleave takes one count per row, and flattens the tensor without dim."""
    assert counts.x.repeat_interleave(torch.tensor([3, 1]), dim=0).tolist() == [[1, 2]] * 3 + [[3, 4]]
    assert counts.x.repeat_interleave(2).tolist() == [v for v in (1, 2, 3, 4) for _ in range(2)]


def test_numpy_names():
    """repeat orders as NumPy's tile, repeat_interleave as NumPy's repeat; both have the same shape."""
    x = torch.tensor([[1, 2], [3, 4]])
    assert x.repeat(2, 3).tolist() == np.tile(x.numpy(), (2, 3)).tolist()
    assert x.repeat_interleave(2, dim=0).tolist() == np.repeat(x.numpy(), 2, axis=0).tolist()
    assert x.repeat(2, 1).shape == x.repeat_interleave(2, dim=0).shape
    assert not torch.equal(x.repeat(2, 1), x.repeat_interleave(2, dim=0))


def test_x_keeps_its_shape():
    """expand and repeat leave x as it was."""
    x = torch.zeros(1, 3)
    x.expand(4, 3)
    x.repeat(2, 2)
    assert x.shape == (1, 3)


def test_some_writes_change_rows(raises):
    """On an expanded tensor, += raises, but writing one element or one column, and zero_(), change whole rows."""
    x = torch.ones(3, 1).expand(3, 4)
    for write in (lambda: x.add_(1), lambda: x.mul_(2), lambda: x.clamp_(0), lambda: x.copy_(torch.zeros(3, 4))):
        with raises(RuntimeError, "more than one element of the written-to tensor refers to a single memory location"):
            write()
    x[0, 0] = 5
    assert x.tolist() == [[5] * 4, [1] * 4, [1] * 4]
    x[:, 0] = torch.tensor([7.0, 8.0, 9.0])
    assert x.tolist() == [[7] * 4, [8] * 4, [9] * 4]
    x.zero_()
    assert x.tolist() == [[0] * 4] * 3


def test_right(right):
    """After clone(), each position has an element of its own."""
    assert right.x.tolist() == [[0, 1, 2, 3]] * 3
    assert right.x.is_contiguous()


def test_right_size(right_size):
    """A dim of size 2 becomes 4 by repeat."""
    assert right_size.x.repeat(2, 1).tolist() == [[1, 2, 3], [4, 5, 6]] * 2


def test_sizes_that_do_not_fit(raises):
    """An assignment to a slice of another size and a too long text for a position table raise the message of expand."""
    y = torch.zeros(4, 3)
    with raises(RuntimeError, "The expanded size of the tensor (3) must match the existing size (2)"):
        y[:] = torch.ones(4, 2)
    positions = torch.arange(512).expand(1, -1)  # a table of 512 positions, as in BERT
    with raises(RuntimeError, "The expanded size of the tensor (600) must match the existing size (512)"):
        positions.expand(2, 600)


def test_number_of_sizes(raises):
    """expand needs a size, and repeat a number, for each dim; a value with more dims than the place raises the same."""
    x = torch.ones(2, 3)
    with raises(RuntimeError, "the number of sizes provided (1) must be greater or equal"):
        x.expand(3)
    with raises(RuntimeError, "size=[3]): the number of sizes provided (1) must be greater or equal to the number"):
        torch.zeros(4, 3)[0] = x
    assert x.expand(-1, 3).shape == (2, 3)
    with raises(RuntimeError, "Number of dimensions of repeat dims can not be smaller"):
        x.repeat(2)
    assert x.repeat(2, 1).shape == (4, 3)
