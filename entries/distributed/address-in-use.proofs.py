"""Proofs of address-in-use."""


def test_default(default):
    """Port 0 takes a free one."""
    assert default.first.port != default.second.port and default.first.get("job") == b"first"
    assert min(default.first.port, default.second.port) >= 1024  # never a reserved one
