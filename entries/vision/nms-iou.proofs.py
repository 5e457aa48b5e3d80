"""Proofs of nms-iou."""

import math

import torch


def cells(box):
    x1, y1, x2, y2 = map(int, box)
    return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}


def overlap(a, b):
    """IoU of boxes with whole corners, by counting cells."""
    a, b = cells(a), cells(b)
    return len(a & b) / len(a | b)


def greedy(boxes, scores, threshold):
    """NMS in plain Python: strike out what overlaps the best box that is left, again and again."""
    left, keep = sorted(range(len(scores)), key=lambda i: -scores[i]), []
    while left:
        best, *left = left
        keep.append(best)
        left = [i for i in left if overlap(boxes[best], boxes[i]) <= threshold]
    return keep


def make(count, seed):
    g = torch.Generator().manual_seed(seed)
    corner = torch.randint(0, 12, (count, 2), generator=g)
    size = torch.randint(2, 9, (count, 2), generator=g)
    return torch.cat([corner, corner + size], dim=1).float(), torch.rand(count, generator=g)


def given():
    boxes, scores = make(30, 1)
    return {"torch": torch, "boxes": boxes, "scores": scores}


def test_answer(answer):
    """NMS keeps a box if its IoU with every better box that was kept is at most the threshold."""
    boxes, scores = make(30, 1)
    assert answer.keep == greedy(boxes.tolist(), scores.tolist(), 0.5)
    assert 5 < len(answer.keep) < 30
    expected = [[overlap(a, b) for b in boxes.tolist()] for a in boxes.tolist()]
    torch.testing.assert_close(answer.iou, torch.tensor(expected))


def test_default(default):
    """Both ways of writing it, with a loop over the rest or over a table, keep the same boxes, best score first."""
    for seed in range(3):
        boxes, scores = make(25, seed)
        for threshold in (0.2, 0.5, 0.8):
            keep = default.nms(boxes, scores, threshold)
            assert keep.tolist() == greedy(boxes.tolist(), scores.tolist(), threshold)
            assert scores[keep].tolist() == sorted(scores[keep].tolist(), reverse=True)
        assert torch.equal(default.nms(boxes, scores), default.nms(boxes, scores, 0.5))
    ious = default.box_iou(default.boxes[:1], default.boxes)[0]
    torch.testing.assert_close(ious, torch.tensor([1, 42 / 48, 0, 30 / 48]))
    a, b = make(3, 5)[0], make(4, 6)[0]
    expected = [[overlap(p, q) for q in b.tolist()] for p in a.tolist()]
    torch.testing.assert_close(default.box_iou(a, b), torch.tensor(expected))


def test_per_class(per_class):
    """Shifting the boxes of each class by more than the extent of all boxes is the same as NMS class by class."""
    for seed in range(3):
        boxes, scores = make(25, seed)
        boxes = boxes - 7
        labels = torch.arange(25) % 3
        expected = []
        for k in range(3):
            rows = (labels == k).nonzero()[:, 0].tolist()
            kept = greedy(boxes[rows].tolist(), scores[rows].tolist(), 0.5)
            expected += [rows[i] for i in kept]
        size = boxes.max() - boxes.min() + 1
        assert per_class.nms(boxes + labels[:, None] * size, scores) == sorted(expected, key=lambda i: -scores[i])
    assert per_class.nms(per_class.boxes, per_class.scores) == [1]
    assert [overlap(per_class.boxes[1], b) for b in per_class.boxes.tolist()] == [42 / 48, 1, 35 / 42]


def test_soft(soft):
    """Soft-NMS multiplies the score of each remaining box by exp(-IoU² / sigma)."""
    expected = [0.9, 0.3 * math.exp(-(0.2**2) / 0.5), 0.6 * math.exp(-(0.875**2) / 0.5)]
    assert soft.keep == [1, 2, 0]
    torch.testing.assert_close(soft.scores, torch.tensor(expected))
    keep, scores = soft.soft_nms(soft.iou, torch.tensor([0.6, 0.9, 0.3]), sigma=0.1, lowest=0.01)
    assert keep == [1, 2] and abs(scores[1] - 0.3 * math.exp(-0.4)) < 1e-6
    assert soft.soft_nms(soft.iou, torch.tensor([0.6, 0.9, 0.0005]))[0] == [1, 0]
    assert soft.soft_nms(soft.iou, torch.tensor([0.6, 0.9, 0.0014]))[0] == [1, 0, 2]
    assert torch.equal(soft.iou, soft.iou.T)


def test_right(right):
    """Boxes as center and size have to be turned into corners; nothing raises if they are not."""
    assert right.boxes.tolist() == [[0, -10, 20, 50], [0, -10, 40, 50]]
    assert right.pair_iou(*right.boxes).item() == overlap([0, -10, 20, 50], [0, -10, 40, 50]) == 0.5


def test_other_classes_suppress(per_class):
    """Boxes of two classes at nearly the same place: NMS over all classes keeps one, per class it keeps both."""
    boxes, scores = torch.tensor([[0.0, 0, 8, 6], [0, 0, 8, 7]]), torch.tensor([0.9, 0.8])
    assert per_class.nms(boxes, scores) == [0]
    assert per_class.nms(boxes + torch.tensor([[0.0], [9.0]]), scores) == [0, 1]


def test_the_table_is_quadratic():
    """The table of all pairs of 10,000 boxes in float32 takes 400 MB."""
    assert torch.empty(10_000, 10_000, device="meta").nbytes == 400_000_000


def test_empty(default, per_class):
    """No boxes give no boxes."""
    boxes, scores = torch.zeros(0, 4), torch.zeros(0)
    assert default.nms(boxes, scores).shape == (0,) and per_class.nms(boxes, scores) == []
    assert boxes[[]].shape == (0, 4)


def test_boxes_without_area(default, per_class):
    """Two boxes without area have an IoU of 0 / 0, which is not above the threshold, so both stay."""
    boxes = torch.tensor([[0.0, 0, 4, 4], [9, 9, 9, 9], [20, 3, 20, 8]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert default.box_iou(boxes[1:2], boxes[2:]).isnan().all()
    assert default.nms(boxes, scores).tolist() == per_class.nms(boxes, scores) == [0, 1, 2]


def test_ties_keep_their_order(default, per_class):
    """Boxes with equal scores keep their order."""
    x = torch.arange(100.0)[:, None] * 3
    boxes = torch.cat([x, x, x + 2, x + 2], dim=1)
    for nms in (default.nms, per_class.nms):
        assert torch.as_tensor(nms(boxes, torch.ones(100))).tolist() == list(range(100))


def test_half_overflows(per_class):
    """In float16 a box of 300 x 300 has an area of inf and an IoU of NaN, so a duplicate stays; float() drops it."""
    boxes, scores = torch.tensor([[0.0, 0, 300, 300], [0, 0, 300, 290]]).half(), torch.tensor([0.9, 0.8])
    assert torch.finfo(torch.float16).max == 65504
    assert (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).isinf().all()
    assert per_class.nms(boxes, scores) == [0, 1] and per_class.nms(boxes.float(), scores) == [0]


def test_computing_the_table_takes_more():
    """The corners of all pairs and their difference are (N, N, 2), each of them twice the table."""
    boxes = torch.empty(10, 4)
    pairs = torch.maximum(boxes[:, None, :2], boxes[:, :2])
    extent = torch.minimum(boxes[:, None, 2:], boxes[:, 2:]) - pairs
    assert pairs.shape == extent.shape == (10, 10, 2)
    assert pairs.nbytes == extent.nbytes == 2 * torch.empty(10, 10).nbytes


def test_lower_threshold_drops_more(default):
    """At a lower threshold the best box drops more of the others, but more boxes may stay, because one that drops others is gone."""
    boxes, scores = make(30, 1)
    ious = default.box_iou(boxes[scores.argmax()][None], boxes)[0]
    dropped = [int((ious > t).sum()) for t in (0.1, 0.3, 0.5, 0.7)]
    assert dropped == sorted(dropped, reverse=True) and dropped[0] > dropped[-1]
    a, b, c, d = [0, 5, 10, 15], [0, 0, 10, 10], [0, 0, 6, 10], [4, 0, 10, 10]
    boxes, scores = torch.tensor([a, b, c, d]), torch.tensor([0.9, 0.8, 0.7, 0.6])
    assert default.nms(boxes, scores, 0.5).tolist() == [0, 1]
    assert default.nms(boxes, scores, 0.3).tolist() == [0, 2, 3]


def test_no_gradient(default):
    """The result consists of row numbers, which carry no gradient to the coordinates."""
    boxes, scores = make(5, 1)
    keep = default.nms(boxes.requires_grad_(), scores)
    assert keep.dtype == torch.int64 and not keep.requires_grad
