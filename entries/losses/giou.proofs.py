"""Proofs of giou."""

import math

import torch


def given():
    return {
        "torch": torch,
        "pred_boxes": torch.tensor([[0.0, 0.0, 2.0, 2.0], [3.0, 1.0, 7.0, 2.0]]),
        "true_boxes": torch.tensor([[1.0, 1.0, 3.0, 4.0], [0.0, 3.0, 2.0, 8.0]]),
    }


def cells(box):
    x1, y1, x2, y2 = map(int, box)
    return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}


def by_counting(p, q):
    """GIoU of two boxes with whole coordinates: count the cells that they cover."""
    one, two = cells(p), cells(q)
    hull = len(cells([*map(min, p[:2], q[:2]), *map(max, p[2:], q[2:])]))
    union = len(one | two)
    return len(one & two) / union - (hull - union) / hull


def test_answer(answer):
    """GIoU is the IoU minus the share of the enclosing box that neither box covers; it broadcasts to all pairs."""
    pred, true = answer.pred_boxes, answer.true_boxes
    table = [[by_counting(p, q) for q in true.tolist()] for p in pred.tolist()]
    torch.testing.assert_close(answer.giou(pred[:, None], true[None]), torch.tensor(table))
    assert math.isclose(answer.loss.item(), 1 - (table[0][0] + table[1][1]) / 2, rel_tol=1e-5)


def test_torchvision(answer):
    """torchvision.ops.generalized_box_iou_loss is the loss, and generalized_box_iou gives all pairs."""
    from torchvision import ops

    pred, true = answer.pred_boxes, answer.true_boxes
    torch.testing.assert_close(ops.generalized_box_iou_loss(pred, true, reduction="mean"), answer.loss)
    torch.testing.assert_close(ops.generalized_box_iou(pred, true), answer.giou(pred[:, None], true[None]))


def test_range(answer):
    """GIoU is 1 for equal boxes, IoU for a box inside another, and approaches -1 for boxes far apart."""
    box, inner = torch.tensor([0.0, 0.0, 4.0, 5.0]), torch.tensor([1.0, 1.0, 3.0, 2.0])
    assert math.isclose(answer.giou(box, box).item(), 1, rel_tol=1e-6)
    assert math.isclose(answer.giou(box, inner).item(), 2 / 20, rel_tol=1e-5)
    assert -1 < answer.giou(box, box + 1000) < -0.999


def test_a_constant_for_empty_boxes(answer):
    """With 1e-9 in both denominators, an empty box against itself is 0 rather than NaN."""
    assert answer.giou(torch.ones(4), torch.ones(4)) == 0
    tiny = torch.tensor([0.0, 0.0, 1e-4, 2e-4])  # an area of 2e-8
    assert math.isclose(answer.giou(tiny, tiny).item(), 2e-8 / 2.1e-8, rel_tol=1e-4)
    other = torch.tensor([2e-4, 0.0, 3e-4, 2e-4])  # the enclosing box is 6e-8
    assert math.isclose(answer.giou(tiny, other).item(), -2e-8 / 6.1e-8, rel_tol=1e-4)


def test_default(default):
    """The values agree with counting the cells that the boxes cover."""
    pairs = zip(default.pred.tolist(), default.true.tolist(), strict=True)
    torch.testing.assert_close(default.values, torch.tensor([by_counting(p, q) for p, q in pairs]))
    assert default.giou(torch.ones(4), torch.ones(4)) == 0


def test_all_pairs(all_pairs):
    """Broadcasting gives the IoU of all pairs, (N, M)."""
    torch.testing.assert_close(all_pairs.table, torch.tensor([[1, 4 / 12, 0], [2 / 16, 2 / 16, 8 / 10]]))


def test_wrong(wrong):
    """The IoU of boxes that do not overlap is 0, and so is its gradient."""
    assert wrong.value == 0 and wrong.a.grad.tolist() == [0] * 4
    assert (wrong.union, wrong.hull) == (9, 18)


def test_right(right):
    """The gradient of 1 - GIoU is negative at the right edge, so a step moves it toward the other box."""
    assert math.isclose(right.value.item(), -(18 - 9) / 18)
    torch.testing.assert_close(right.a.grad[2], torch.tensor(-1 / 6))
    assert right.union == 9


def test_other_formats_are_silent(answer):
    """The same two boxes as x, y, w, h give another value, and nothing raises."""
    corners = torch.tensor([[2.0, 3.0, 6.0, 5.0], [4.0, 4.0, 8.0, 7.0]])
    sizes = torch.cat([corners[:, :2], corners[:, 2:] - corners[:, :2]], dim=1)
    assert abs(answer.giou(*sizes) - answer.giou(*corners)) > 0.1


def test_swapped_corners(answer):
    """If x2 < x1, the area is negative, and GIoU can leave its range of -1 to 1."""
    box, swapped = torch.tensor([0.0, 0.0, 2.0, 3.0]), torch.tensor([4.0, 0.0, 1.0, 3.0])
    assert (swapped[2:] - swapped[:2]).prod() == -9
    assert not -1 <= answer.giou(box, swapped) <= 1


def test_float16_overflows():
    """The area of 256 * 256 overflows to inf in float16; 255 * 256 does not."""
    assert torch.tensor([256.0, 256.0], dtype=torch.float16).prod() == math.inf
    assert torch.tensor([255.0, 256.0], dtype=torch.float16).prod() == 255 * 256


def test_no_boxes(answer):
    """Without boxes the mean is NaN, and so is a total that contains it; sum() / max(len(pred_boxes), 1) is 0. Both have gradients of 0."""
    layer = torch.nn.Linear(3, 4)
    pred = layer(torch.zeros(0, 3))
    value = 1 - answer.giou(pred, torch.zeros(0, 4))
    assert value.mean().isnan() and (value.mean() + 1.0).isnan()
    value.mean().backward(retain_graph=True)
    assert layer.weight.grad.abs().sum() == 0
    loss = value.sum() / max(len(pred), 1)
    loss.backward()
    assert loss == 0 and layer.weight.grad.abs().sum() == 0


def test_small_normalized_boxes(answer):
    """Equal boxes of 1/1000 of the width and height have a GIoU of 0.999."""
    box = torch.tensor([0.2, 0.3, 0.201, 0.301], dtype=torch.float64)
    assert 0.998 < answer.giou(box, box) <= 1


def test_boxes_without_area_in_float16(answer):
    """Two equal boxes without area give 0 in float32 and bfloat16, and NaN in float16, also with coordinates up to 1."""
    for box in [3.0, 4.0, 3.0, 4.0], [0.5, 0.25, 0.5, 0.75]:
        for dtype, broken in (torch.float32, False), (torch.bfloat16, False), (torch.float16, True):
            boxes = torch.tensor([box], dtype=dtype)
            assert answer.giou(boxes, boxes).isnan().item() is broken
