"""Proofs of coco-api."""

import contextlib
import io
import json

import numpy as np
import torch
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

BOX = {"image_id": 7, "category_id": 3}


def truth():
    people = [
        {"id": 1, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0, **BOX},
        {"id": 2, "bbox": [2, 1, 4, 5], "area": 20, "iscrowd": 0, "image_id": 9, "category_id": 3},
        {"id": 4, "bbox": [2, 1, 4, 5], "area": 20, "iscrowd": 0, "image_id": 9, "category_id": 18},
    ]
    return {
        "images": [{"id": 7}, {"id": 9}, {"id": 11}],
        "categories": [{"id": 3, "name": "person"}, {"id": 18, "name": "dog"}],
        "annotations": people,
    }


def loaded(dataset=None):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = dataset or truth()
        coco.createIndex()
    return coco


def scores(found, dataset=None):
    """AP, AP50, AP75 …"""
    coco = loaded(dataset)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def perfect(dataset):
    return [{key: a[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.9} for a in dataset["annotations"]]


def given():
    with open("instances_val2017.json", "w") as file:
        json.dump(truth(), file)
    return {"COCO": COCO, "COCOeval": COCOeval, "found": perfect(truth())}


def test_answer(answer):
    """It finds the annotations of one category in one image, and perfect detections have an AP of 1."""
    assert (answer.cats, sorted(answer.images)) == ([3], [7, 9])
    assert [a["category_id"] for a in answer.anns] == [3] and answer.anns[0]["image_id"] == answer.images[0]
    assert answer.evaluation.stats[:3].tolist() == [1, 1, 1] and len(answer.evaluation.stats) == 12


def test_default(default):
    """annToMask draws a polygon as uint8, and its sum is the area; torch.from_numpy takes it."""
    assert default.mask.sum() == default.annotation["area"] and default.mask.dtype == np.uint8
    expected = torch.zeros(5, 6, dtype=torch.uint8)
    expected[1:3, 1:4] = 1
    assert torch.equal(torch.from_numpy(default.mask), expected)
    assert [(a["image_id"], a["category_id"]) for a in default.truth["annotations"]] == [(7, 18), (9, 18), (7, 3)]
    assert default.coco.getAnnIds(catIds=[3]) == [4] and default.coco.getAnnIds(imgIds=[9]) == [2]


def test_evaluate(evaluate):
    """AP is the mean over the ten IoU thresholds from 0.50 to 0.95, and stats begins with AP, AP50, AP75."""
    # at the thresholds up to 0.80 the detection counts as found, at precision 1 / 2
    reached = [t for t in range(50, 100, 5) if t <= 80]
    assert abs(evaluate.ap - len(reached) / 10 / 2) < 1e-9
    assert evaluate.evaluation.params.iouThrs.round(2).tolist() == [t / 100 for t in range(50, 100, 5)]
    assert (evaluate.ap50, evaluate.ap75) == (0.5, 0.5)
    good, bad = evaluate.found
    iou = masks.iou([good["bbox"], bad["bbox"]], [evaluate.car["bbox"]], [evaluate.car["iscrowd"]])[:, 0]
    assert iou.round(4).tolist() == [0.8, round(1 / (100 + 25 - 1), 4)] and good["score"] < bad["score"]
    assert evaluate.car["area"] == 10 * 10 and evaluate.car["id"] == 1
    assert evaluate.evaluation.params.iouType == "bbox"
    assert good["bbox"] == [0, 0, 10, 8] and (good["score"], bad["score"]) == (0.6, 0.9)


def small(made):
    """Whether the file of the pair is as it should be."""
    coco = made.coco
    assert coco.getAnnIds(catIds=[18]) == [1] and coco.getImgIds(catIds=[3]) == []
    assert coco.getCatIds(catNms=["car"]) == [3] and coco.getCatIds() == [3, 18]
    return coco.getImgIds() == [7, 9] and coco.getImgIds(catIds=[18]) == [7]


def test_wrong(wrong):
    """A name in the wrong case gives no category, and then every image."""
    assert small(wrong) and wrong.cats == []
    assert wrong.coco.getImgIds(catIds=wrong.cats) == [7, 9]


def test_right(right):
    """The name in lower case gives the category, and then the images that have it."""
    assert small(right) and right.cats == [18]


def test_rle(rle):
    """RLE with its counts as text goes through JSON, and decodes to the same mask."""
    again = json.loads(rle.text)
    assert (masks.decode(again) == rle.mask).all() and again["size"] == [5, 7]
    assert masks.area(again) == rle.mask.sum() == 2 * 4 and masks.toBbox(again).tolist() == [2, 1, 4, 2]


def test_ids_and_dicts():
    """get…Ids return ids, and load… return dicts."""
    coco = loaded()
    assert sorted(coco.getAnnIds(imgIds=[9])) == [2, 4] and coco.getAnnIds(imgIds=[9], catIds=[18]) == [4]
    assert coco.loadAnns([4])[0]["bbox"] == [2, 1, 4, 5]
    assert coco.loadCats([18]) == [{"id": 18, "name": "dog"}] and coco.loadImgs([9]) == [{"id": 9}]


def test_an_empty_filter():
    """A filter that is an empty list returns every image, category, and annotation."""
    coco = loaded()
    assert coco.getCatIds(catNms=["Person"]) == []
    assert sorted(coco.getImgIds(catIds=[])) == [7, 9, 11] and coco.getAnnIds(catIds=[]) == [1, 2, 4]


def test_several_categories():
    """getImgIds with two categories returns the images that have both."""
    coco = loaded()
    assert sorted(coco.getImgIds(catIds=[3])) == [7, 9] and coco.getImgIds(catIds=[3, 18]) == [9]


def test_silent_mistakes():
    """Category ids that the file lacks, or boxes given by two corners, lower AP and raise nothing."""
    dataset = truth()
    found = perfect(dataset)
    assert scores(found)[0] == 1
    assert scores([f | {"category_id": 0} for f in found])[0] == 0
    corners = [f | {"bbox": [*f["bbox"][:2], f["bbox"][0] + f["bbox"][2], f["bbox"][1] + f["bbox"][3]]} for f in found]
    assert scores(corners)[0] < 0.6


def test_tensors_in_results(raises):
    """A category_id that is a tensor matches nothing, and an image_id that is one is refused; json takes no tensor."""
    found = perfect(truth())
    assert scores([f | {"category_id": torch.tensor(f["category_id"])} for f in found])[0] == 0
    with raises(AssertionError, "Results do not correspond to current coco set"):
        scores([f | {"image_id": torch.tensor(f["image_id"])} for f in found])
    with raises(TypeError, "Tensor is not JSON serializable"):
        json.dumps(found[0] | {"score": torch.tensor(0.9)})


def test_no_results(raises):
    """loadRes raises IndexError for an empty list, and AssertionError for an image that the file lacks."""
    with raises(IndexError):
        scores([])
    with raises(AssertionError, "Results do not correspond to current coco set"):
        scores([perfect(truth())[0] | {"image_id": 8}])


def test_part_of_the_images():
    """Images without results lower AP, unless params.imgIds leaves them out."""
    coco, found = loaded(), [f for f in perfect(truth()) if f["image_id"] == 7]
    for images, ap in ([7, 9, 11], 0.25), ([7], 1):
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
            evaluation.params.imgIds = images
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        assert abs(evaluation.stats[0] - ap) < 0.01
    assert abs(scores(found)[0] - 0.25) < 0.01  # half of the people, and none of the dogs


def test_files_of_your_own(raises):
    """An annotation with the id 0 counts as a miss, and one without area or iscrowd raises KeyError."""
    dataset = truth()
    dataset["annotations"] = [a | {"id": a["id"] - 1} for a in dataset["annotations"]]
    assert scores(perfect(truth()), truth())[0] == 1 and scores(perfect(dataset), dataset)[0] < 0.8
    for key in "area", "iscrowd":
        dataset = truth()
        del dataset["annotations"][0][key]
        with raises(KeyError, key):
            scores(perfect(dataset), dataset)


def test_a_file_of_results():
    """loadRes also takes the name of a JSON file."""
    with open("results.json", "w") as file:
        json.dump(perfect(truth()), file)
    assert scores("results.json")[0] == 1
