"""Proofs of load-state-dict."""

import torch


def test_default(default):
    """Keep what fits by name and shape, report the rest."""
    assert default.skipped == ["head.bias", "head.weight", "norm.bias", "norm.weight"]
    assert default.missing == ["head.weight", "head.bias"]
    assert torch.equal(default.new.body.weight, default.old.body.weight)
    assert torch.equal(default.new.head.weight, default.head_before)


def test_device(device):
    """A file from elsewhere, onto this machine."""
    assert {t.device.type for t in device.state.values()} == {"cpu"}
    assert torch.equal(device.model.weight, device.saved.weight.cpu())


def test_wrong(wrong):
    """Wrong: strict=False over a prefix loads nothing."""
    assert wrong.trained.weight.shape == wrong.model.weight.shape == (2, 3)  # it would have fitted
    assert len(wrong.report.missing_keys) == 2 and not torch.equal(
        wrong.model.weight, wrong.trained.weight
    )


def test_right(right):
    """Right: strip the prefix, stay strict."""
    assert list(right.state) == ["weight", "bias"] and torch.equal(
        right.model.weight, right.trained.weight
    )
