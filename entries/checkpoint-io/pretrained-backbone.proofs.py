"""Proofs of pretrained-backbone."""

import torch


def test_default(default):
    """Identity in place of fc, a new head on top."""
    assert all(torch.equal(a, b) for a, b in zip(default.before, default.after, strict=True))
    torch.testing.assert_close(
        default.old_fc(default.backbone(default.images)), default.whole(default.images)
    )


def test_right(right):
    """Right: read in_features first."""
    assert right.embed.in_features == 6 and not list(right.resnet.fc.parameters())


def test_children(children):
    """What children()[:-1] loses."""
    assert children.cut == -2 * 5 and children.net(children.x).item() == max(children.cut, 0)
