"""Proofs of secrets."""

from pathlib import Path


def test_default(default):
    """Find and mask what looks like a token."""
    assert default.redact(default.fake[:-1]) == (default.fake[:-1], [])  # too short
    assert default.found == ["url", "prefix"] and default.fake not in default.clean
    assert default.redact(default.clean)[0] == default.clean and default.redact("loss = 0.25") == (
        "loss = 0.25",
        [],
    )
    assert default.redact("API_KEY: 'abcd-12345'")[0] == "API_KEY: 'REDACTED'"


def test_checkpoint(checkpoint):
    """A checkpoint that keeps secrets out."""
    stored = Path("run.pt").read_bytes()
    assert b"made-up" not in stored and b"depth" in stored
    assert b"made-up" in Path("leaky.pt").read_bytes()
