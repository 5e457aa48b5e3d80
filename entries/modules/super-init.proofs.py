"""Proofs of super-init."""


def test_default(default):
    """super().__init__() first."""
    assert sum(p.numel() for p in default.net.parameters()) == 3 * 2 + 2


def test_right_parameter(right_parameter):
    """Called first."""
    assert [tuple(p.shape) for p in right_parameter.Scale().parameters()] == [(2,)]
