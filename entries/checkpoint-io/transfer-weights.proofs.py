"""Proofs of transfer-weights."""

import torch


def test_default(default):
    """Rename, filter, load, assert what is missing."""
    assert default.report.missing_keys == ["boxes.weight", "boxes.bias"]  # the new head, only
    for name in ("conv1", "layer1"):
        for new, old in zip(
            default.detector.backbone[name].parameters(),
            default.pretrained[name].parameters(),
            strict=True,
        ):
            assert torch.equal(new, old)


def test_wrong(wrong):
    """Wrong: update a complete dict, nothing moves, strict is silent."""
    assert wrong.weight.shape == wrong.pretrained["conv1.weight"].shape  # it would have fitted


def test_right(right):
    """Right: load into the backbone itself."""
    assert right.weight.shape == right.pretrained["conv1.weight"].shape
