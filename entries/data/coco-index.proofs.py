"""Proofs of coco-index."""

import json
from pathlib import Path

import torch

COCO = {
    "images": [{"id": 9}, {"id": 7}, {"id": 12}],
    "categories": [{"id": 18}, {"id": 3}, {"id": 44}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 44, "bbox": [10, 20, 30, 5], "area": 150, "iscrowd": 0},
        {"id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 1, 4, 6], "area": 24, "iscrowd": 0},
        {"id": 3, "image_id": 7, "category_id": 44, "bbox": [60, 50, 8, 9], "area": 72, "iscrowd": 0},
    ],
}


def index(data):
    """What pycocotools makes of the data."""
    from pycocotools.coco import COCO as Index

    made = Index()
    made.dataset = data
    made.createIndex()
    return made


def given():
    Path("instances_train2017.json").write_text(json.dumps(COCO))
    return {"json": json}


def test_answer(answer):
    """The answer finds the annotations of each image, empty ones included, and numbers the sorted ids from 0."""
    found = {image: [a["id"] for a in anns] for image, anns in answer.anns.items()}
    assert found == {9: [2], 7: [1, 3], 12: []}
    assert answer.label == {3: 0, 18: 1, 44: 2}


def test_like_pycocotools(default):
    """imgToAnns and catToImgs of pycocotools hold the same, for the images that have annotations."""
    import pycocotools  # noqa: F401

    made = index(default.coco)
    assert made.imgToAnns == {image: anns for image, anns in default.anns.items() if anns}
    assert {c: set(images) for c, images in made.catToImgs.items()} == {
        c: images for c, images in default.images.items() if images
    }


def test_target(target):
    """x, y, width, height become two corners in float32, crowds are left out, and no boxes give the shape (0, 4)."""
    boxes, labels = target.target(target.anns, {3: 5, 18: 6})
    assert boxes.tolist() == [[10, 20, 10 + 30, 20 + 5], [2, 2, 2 + 8, 2 + 9]]
    assert (boxes.dtype, labels.dtype) == (torch.float32, torch.int64)
    assert labels.tolist() == [6, 5]
    boxes, labels = target.target([], {})
    assert (boxes.shape, boxes.dtype) == ((0, 4), torch.float32)
    assert (labels.shape, labels.dtype) == ((0,), torch.int64)
    assert len(target.target([{"category_id": 3, "bbox": [1, 2, 3, 4]}], {3: 0})[1]) == 1


def test_dtype_follows_the_numbers():
    """torch.tensor makes int64 of integers; an empty list gives float32 and the shape (0,)."""
    assert torch.tensor([[1, 2, 3, 4]]).dtype == torch.int64
    assert torch.tensor([[1.5, 2, 3, 4]]).dtype == torch.float32
    assert (torch.tensor([]).dtype, torch.tensor([]).shape) == (torch.float32, (0,))


def test_wrong(wrong, right):
    """A dict filled from the annotations lacks the images without any, and otherwise holds the same."""
    assert 12 not in wrong.anns and right.anns[12] == []
    assert {image: right.anns[image] for image in (7, 9)} == dict(wrong.anns)


def test_class_0_is_the_background():
    """In torchvision's Faster R-CNN, only boxes with a label above 0 add to the loss of the boxes."""
    from torchvision.models.detection.roi_heads import fastrcnn_loss

    logits, deltas = torch.zeros(2, 3), torch.zeros(2, 3 * 4)
    goal = [torch.ones(2, 4)]
    losses = [fastrcnn_loss(logits, deltas, [torch.tensor([k, 0])], goal)[1].item() for k in range(3)]
    assert losses[0] == 0 and losses[1] == losses[2] > 0


def test_ids_are_not_positions(default, raises):
    """images[image_id] raises where the id is beyond the list, and otherwise finds another image."""
    with raises(IndexError):
        default.coco["images"][7]
    images = [{"id": 1}, {"id": 2}]
    assert images[1]["id"] == 2


def test_crowds_are_ignored():
    """COCOeval counts a detection inside a crowd neither as right nor as wrong."""
    from pycocotools.cocoeval import COCOeval

    found = [
        {"image_id": 9, "category_id": 3, "bbox": [0, 1, 4, 6], "score": 0.7},
        {"image_id": 9, "category_id": 3, "bbox": [70, 70, 5, 5], "score": 0.9},  # in the crowd
    ]
    precision = {}
    for iscrowd in (0, 1):
        group = {"id": 4, "image_id": 9, "category_id": 3, "bbox": [60, 60, 30, 30], "area": 900}
        truth = index(COCO | {"annotations": [*COCO["annotations"], group | {"iscrowd": iscrowd}]})
        scores = COCOeval(truth, truth.loadRes(found), "bbox")
        scores.params.catIds = [3]
        scores.evaluate()
        scores.accumulate()
        precision[iscrowd] = scores.eval["precision"][0, :, 0, 0, -1].mean()
    assert precision[1] > 0.99 and precision[0] < 0.3


def test_cat_to_imgs_repeats():
    """catToImgs of pycocotools holds an image once for each annotation of that category."""
    import pycocotools  # noqa: F401

    assert index(COCO).catToImgs[44] == [7, 7]


def test_80_categories_up_to_90():
    """COCO's detection categories have 80 names and ids from 1 to 90."""
    from torchvision.models._meta import _COCO_CATEGORIES

    names = dict(enumerate(_COCO_CATEGORIES))
    used = [k for k, name in names.items() if name not in ("__background__", "N/A")]
    assert (len(used), min(used), max(used)) == (80, 1, 90)
