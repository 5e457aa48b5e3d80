"""Proofs of extract-conv-layers."""


def test_default(default):
    """Every convolution of a nested model."""
    assert default.model.get_submodule("3.0.conv2") is default.convs["3.0.conv2"]
    assert default.in_state == [f"{name}.weight" for name in default.convs]


def test_right(right):
    """Keep them in a dict, or replace the dots."""
    assert right.found[0] is right.model[0][0]  # shared, not copied
