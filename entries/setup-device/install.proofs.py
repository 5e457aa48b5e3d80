"""Proofs of install."""

import torch


def test_default(default):
    """Is it there, which build, does it compute?."""
    assert (
        default.parse("2.13.0+cpu")[0] > default.parse("2.9.1+cu128")[0]
    )  # as text "2.13" < "2.9"
    assert default.release >= (2, 0), f"torch {torch.__version__} is too old for this reference"
