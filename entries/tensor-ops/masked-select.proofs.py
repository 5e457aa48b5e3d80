"""Proofs of masked-select."""

import math

import torch

BOXES = [[0, 0, 4, 4], [1, 1, 3, 5], [2, 0, 6, 2]]


def given():
    return {
        "x": torch.tensor([[0.75, -1.0, 0.5], [0.25, 2.0, -3.0]]),
        "mask": torch.tensor([[True, False, False], [False, False, True]]),
        "boxes": torch.tensor(BOXES),
        "scores": torch.tensor([0.75, 0.5, 0.625]),
    }


def test_answer(answer):
    """x[mask] keeps elements or rows, masked_fill fills where the mask is True, x[x < 0] = 0 writes in place."""
    assert answer.kept.tolist() == [0.75, 2.0]
    assert answer.boxes.tolist() == [BOXES[0], BOXES[2]]
    assert answer.x.tolist() == [[0, 0, 0.5], [0.25, 2, 0]]


def test_default(default):
    """A mask over dim 0 selects whole rows; a mask of the full shape gives a 1-D result; masked_fill keeps the shape."""
    assert default.boxes.tolist() == BOXES
    assert default.boxes[default.keep].tolist() == [BOXES[0], BOXES[2]]
    mask = default.boxes > 3
    assert default.boxes[mask].tolist() == [v for row in BOXES for v in row if v > 3]
    assert torch.equal(torch.masked_select(default.boxes, mask), default.boxes[mask])
    assert default.scores.masked_fill(~default.keep, 0.0).tolist() == [0.75, 0, 0.5]
    assert torch.where(default.keep, default.scores, -default.scores).tolist() == [0.75, -0.25, 0.5]


def test_in_place(in_place):
    """x[mask] = value and x[mask] *= value change the selected elements of x."""
    rows = [[0 if v < 0 else v / 2 if v > 5 else v for v in row] for row in [[-1, 2], [8, -4]]]
    assert in_place.x.nan_to_num(nan=2.0).tolist() == rows and in_place.x.isnan().tolist() == [[False, True], [False] * 2]


def test_conditions_need_parentheses(raises):
    """& binds more tightly than a comparison, so without parentheses float conditions raise."""
    x = torch.tensor([1.0, 2.0, 4.0])
    assert x[(x > 1) & (x < 3)].tolist() == [2] and x[(x < 2) | ~(x < 3)].tolist() == [1, 4]
    with raises(RuntimeError, "not implemented for 'Float'"):
        x[x > 1 & x < 3]


def test_values_for_the_selected_places(raises):
    """x[mask] = values needs one value per place; masked_scatter may be given more."""
    x, mask = torch.zeros(2, 2), torch.tensor([[True, False], [True, True]])
    x[mask] = torch.tensor([5.0, 6.0, 7.0])
    assert x.tolist() == [[5, 0], [6, 7]]
    for count in (2, 4):
        with raises(RuntimeError, "shape mismatch: value tensor of shape"):
            x[mask] = torch.arange(float(count))
    assert torch.zeros(2, 2).masked_scatter(mask, torch.arange(1.0, 9.0)).tolist() == [[1, 0], [2, 3]]


def test_what_masked_scatter_rejects(raises):
    """masked_scatter needs as many values as places, of the dtype of x."""
    x, mask = torch.zeros(2, 2), torch.tensor([[True, False], [True, True]])
    with raises(RuntimeError, "Number of elements of source < number of ones in mask"):
        x.masked_scatter(mask, torch.ones(2))
    source = torch.tensor([1.0, 2.0, 3.0], dtype=torch.bfloat16)
    with raises(RuntimeError, "masked_scatter: expected self and source to have same dtypes"):
        x.masked_scatter(mask, source)
    assert x.masked_scatter(mask, source.to(x.dtype)).tolist() == [[1, 0], [2, 3]]


def test_softmax(softmax):
    """Positions filled with -inf get probability 0, and the others share 1; a masked mean leaves them out."""
    p = softmax.scores.masked_fill(~softmax.valid, -torch.inf).softmax(dim=1)
    first = [math.exp(1), math.exp(2)]
    torch.testing.assert_close(p[0], torch.tensor([first[0] / sum(first), first[1] / sum(first), 0]))
    torch.testing.assert_close(p[1], softmax.scores[1].softmax(dim=0))
    torch.testing.assert_close(softmax.mean, torch.tensor([(1 + 2) / 2, (4 + 0 + 1) / 3]))
    assert softmax.scores[0][softmax.valid[0]].mean() == 1.5


def test_wrong(wrong):
    """An int64 mask of 0 and 1 is an index and picks rows 0 and 1."""
    assert wrong.mask.dtype == torch.int64
    assert wrong.x[wrong.mask].tolist() == [[10, 20, 30][i] for i in (1, 0, 1)]


def test_right(right):
    """A bool mask keeps the elements where it is True."""
    assert right.x[right.mask].tolist() == [10, 30]


def test_selection_is_a_copy():
    """x[mask] is a copy: writing to it does not change x, but x[mask] *= 2 does."""
    x = torch.tensor([1.0, 2.0, 3.0])
    mask = x > 1
    x[mask][0] = 5
    x[mask].mul_(2)
    assert x.tolist() == [1, 2, 3]
    x[mask] *= 2
    assert x.tolist() == [1, 4, 6]


def test_nan_times_zero():
    """nan * 0 and inf * 0 are NaN, so multiplying by a mask does not remove them; masked_fill and where do."""
    x, mask = torch.tensor([math.nan, math.inf, 2.0]), torch.tensor([False, False, True])
    assert (x * mask).isnan().tolist() == [True, True, False]
    assert x.masked_fill(~mask, 0).tolist() == torch.where(mask, x, 0).tolist() == [0, 0, 2]


def test_the_gradient_may_still_be_nan():
    """Filling after sqrt of 0 gives the value 0 and the gradient NaN; filling before gives the gradient 0."""
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    y = x.sqrt().masked_fill(x <= 0, 0)
    assert y.tolist() == [0, 2]
    y.sum().backward()
    assert x.grad.isnan().tolist() == [True, False]
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    x.masked_fill(x <= 0, 1).sqrt().masked_fill(x <= 0, 0).sum().backward()
    assert x.grad.tolist() == [0, 0.25]


def test_half_overflows(raises):
    """masked_fill with -1e9 raises on float16, whose largest value is 65504; -inf and finfo.min fit, and only -inf makes a whole row NaN."""
    x, mask = torch.ones(2, dtype=torch.half), torch.tensor([True, False])
    assert torch.finfo(torch.half).max == 65504
    with raises(RuntimeError, "without overflow"):
        x.masked_fill(mask, -1e9)
    assert x.masked_fill(mask, -torch.inf).tolist() == [-math.inf, 1]
    assert x.masked_fill(mask, torch.finfo(x.dtype).min).tolist() == [-65504, 1]
    every = torch.tensor([True, True])
    assert x.masked_fill(every, -torch.inf).softmax(dim=0).isnan().all()
    assert x.masked_fill(every, torch.finfo(x.dtype).min).softmax(dim=0).tolist() == [0.5, 0.5]


def test_masks_are_bool(raises):
    """masked_fill and masked_select reject an int64 mask; masked_fill takes one number, where a tensor."""
    x, mask = torch.tensor([1.0, 2.0]), torch.tensor([0, 1])
    with raises(RuntimeError, "masked_fill_ only supports boolean masks, but got mask with dtype long int"):
        x.masked_fill(mask, 0)
    with raises(RuntimeError, "masked_select: expected BoolTensor for mask"):
        torch.masked_select(x, mask)
    assert x.masked_fill(mask.bool(), 0).tolist() == x.masked_fill(mask != 0, 0).tolist() == [1, 0]
    assert torch.masked_select(x, mask.bool()).tolist() == [2]
    with raises(RuntimeError, "masked_fill_ only supports a 0-dimensional value tensor"):
        x.masked_fill(mask.bool(), torch.tensor([8.0, 9.0]))
    assert torch.where(mask.bool(), torch.tensor([8.0, 9.0]), x).tolist() == [1, 9]
