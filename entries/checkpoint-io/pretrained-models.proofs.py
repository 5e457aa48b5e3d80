"""Proofs of pretrained-models."""


def test_default(default):
    """ResNet-18 written out, with torchvision's names."""
    assert sum(p.numel() for p in default.full.parameters()) == 11_689_512  # as published


def test_wrong(wrong):
    """Wrong: the normalization of training is left out."""
    assert abs(wrong.x.mean().item() - 110 / 255) < 1e-6


def test_right(right):
    """Right: subtract the mean, divide by the std."""
    assert abs(right.x[2].item() - (120 / 255 - 0.406) / 0.225) < 1e-6
