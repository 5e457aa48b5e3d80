"""Proofs of view-vs-reshape."""

import itertools

import torch


def given():
    return {"x": torch.arange(120).view(2, 3, 4, 5), "B": 2, "C": 3}


def test_answer(answer):
    """reshape(B, -1) keeps the order of the elements, and permute moves the channels last before a merge."""
    for flat in (answer.flat, answer.shared):
        assert flat.tolist() == [list(range(60)), list(range(60, 120))]
    assert answer.shared.data_ptr() == answer.x.data_ptr()
    pixels = [[60 * b + 20 * c + p for c in range(3)] for b in range(2) for p in range(20)]
    assert answer.pixels.tolist() == pixels


def test_default(default):
    """-1 is computed from the other sizes, and a write to a view changes the original."""
    assert default.flat.shape == (12,)
    assert default.x.flatten().tolist() == [0, 100, *range(2, 12)]


def test_memory(memory):
    """reshape shares memory where it can, and contiguous returns a contiguous tensor itself."""
    assert memory.x.contiguous() is memory.x
    assert memory.turned.contiguous().stride() == (2, 1)
    assert memory.turned.contiguous().tolist() == memory.turned.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert memory.turned.data_ptr() == memory.x.data_ptr()


def test_right(right):
    """contiguous().view(...) gives the same as reshape after a permute."""
    assert right.y[1].tolist() == [12 + 4 * c + i for i in range(4) for c in range(3)]
    assert torch.equal(right.y, right.x.permute(0, 2, 1).contiguous().view(2, 12))


def test_reshape_does_not_swap_axes(axes):
    """permute(2, 0, 1) moves the channels of each pixel, and reshape to the same shape does not."""
    assert axes.swapped.shape == axes.scrambled.shape == (3, 2, 2)
    for h, w in itertools.product(range(2), range(2)):
        assert axes.swapped[:, h, w].tolist() == axes.image[h, w].tolist()
        assert axes.scrambled[:, h, w].tolist() != axes.image[h, w].tolist()


def test_minus_one_can_cut_samples(raises):
    """view(-1, 10) makes 8 rows of a (4, 20) batch; flatten(1) keeps the samples, even if there are none."""
    x = torch.arange(80).view(4, 20)
    assert x.view(-1, 10).tolist() == [list(range(i, i + 10)) for i in range(0, 80, 10)]
    images = torch.arange(120).view(4, 2, 3, 5)
    assert images.flatten(1).tolist() == images.view(images.size(0), -1).tolist()
    assert images.flatten(1).tolist() == [list(range(i, i + 30)) for i in range(0, 120, 30)]
    none = images[:0]
    assert none.flatten(1).shape == (0, 30)
    with raises(RuntimeError, "the unspecified dimension size -1 can be any value"):
        none.view(none.size(0), -1)


def test_writes_reach_the_original_or_not():
    """A write to the result of reshape changes the original if nothing was copied; to a clone, never."""
    x = torch.zeros(2, 3)
    x.reshape(6)[4] = 1
    assert x.tolist() == [[0, 0, 0], [0, 1, 0]]
    x.t().reshape(6)[0] = 7
    assert x.tolist() == [[0, 0, 0], [0, 1, 0]]
    x.reshape(6).clone()[0] = 7
    assert x.tolist() == [[0, 0, 0], [0, 1, 0]]
    x.view(6)[0] = 7
    assert x.tolist() == [[7, 0, 0], [0, 1, 0]]


def test_channels_last_needs_reshape(raises):
    """view(B, -1) of a channels_last tensor raises unless C or H * W is 1; flatten(1) keeps the order."""
    for c, h, w in [(3, 4, 5), (3, 4, 1), (3, 1, 5), (1, 4, 5), (3, 1, 1)]:
        x = torch.arange(2 * c * h * w).view(2, c, h, w)
        last = x.to(memory_format=torch.channels_last)
        assert torch.equal(last.flatten(1), x.view(2, -1))
        assert last.is_contiguous() == (c == 1 or h * w == 1)
        if last.is_contiguous():
            assert torch.equal(last.view(2, -1), x.view(2, -1))
        else:
            with raises(RuntimeError, "view size is not compatible"):
                last.view(2, -1)


def test_order_as_in_numpy():
    """reshape orders the elements as np.reshape does, for contiguous tensors and for transposed ones."""
    import numpy as np

    x = torch.arange(24).view(2, 3, 4)
    for order in itertools.permutations(range(3)):
        by_numpy = np.arange(24).reshape(2, 3, 4).transpose(order).reshape(6, -1)
        assert x.permute(order).reshape(6, -1).tolist() == by_numpy.tolist()


def test_view_shares_or_raises(raises):
    """view gives a tensor in the same memory or raises, and reshape copies exactly where view raises."""
    x = torch.arange(24).view(2, 3, 4)
    copies = 0
    for order in itertools.permutations(range(3)):
        moved = x.permute(order)
        for shape in [(24,), (6, 4), (4, 6), (2, 12), (2, 3, 4), (2, 3, 2, 2)]:
            reshaped = moved.reshape(shape)
            if reshaped.data_ptr() == x.data_ptr():
                assert moved.view(shape).data_ptr() == x.data_ptr()
            else:
                copies += 1
                with raises(RuntimeError, "view size is not compatible"):
                    moved.view(shape)
    assert copies > 10


def test_permute_changes_strides():
    """permute and transpose keep the memory and reorder sizes and strides alike."""
    x = torch.arange(24).view(2, 3, 4)
    assert x.stride() == (12, 4, 1)
    for moved, order in [(x.permute(2, 0, 1), (2, 0, 1)), (x.transpose(0, 1), (1, 0, 2))]:
        assert moved.shape == tuple((2, 3, 4)[d] for d in order)
        assert moved.stride() == tuple((12, 4, 1)[d] for d in order)
        assert moved.data_ptr() == x.data_ptr()


def test_contiguous_view_copies_more():
    """After a permute, contiguous().view(...) copies even for a shape that reshape reaches without a copy."""
    x = torch.arange(24).view(2, 3, 4)
    moved = x.permute(1, 0, 2)
    shared, copied = moved.reshape(3, 2, 2, 2), moved.contiguous().view(3, 2, 2, 2)
    assert torch.equal(shared, copied)
    assert shared.data_ptr() == x.data_ptr() != copied.data_ptr()


def test_contiguous_is_itself_or_a_copy():
    """contiguous returns the tensor itself if it is contiguous, and otherwise a copy in row-major order."""
    x = torch.arange(6).view(2, 3)
    assert x.is_contiguous() and x.contiguous() is x
    turned = x.t()
    copy = turned.contiguous()
    assert not turned.is_contiguous() and copy.data_ptr() != x.data_ptr()
    assert torch.equal(copy, turned) and copy.stride() == (2, 1)
    assert copy.view(-1).tolist() == [0, 3, 1, 4, 2, 5]
