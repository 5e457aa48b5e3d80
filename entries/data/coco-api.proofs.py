"""Proofs of coco-api."""

import torch
from pycocotools import mask as masks


def test_default(default):
    """Query a tiny file, and make a mask."""
    assert (
        torch.equal(default.mask, default.expected)
        and default.mask.sum() == default.annotation["area"]
    )
    (big,) = default.coco.loadAnns(2)
    assert masks.toBbox(default.coco.annToRLE(big)).tolist() == big["bbox"]


def test_evaluate(evaluate):
    """AP of two detections."""
    # of 10 thresholds 0.50 … 0.95 those up to 0.80 count it as found, at precision 1 / 2
    reached = [t for t in range(50, 100, 5) if t <= 80]
    assert abs(evaluate.ap - len(reached) / 10 / 2) < 1e-9
