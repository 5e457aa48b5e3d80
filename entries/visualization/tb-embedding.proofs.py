"""Proofs of tb-embedding."""

import torch


def test_default(default):
    """Write vectors, labels, thumbnails; see what lands on disk."""
    assert torch.equal(
        torch.tensor([[float(v) for v in row] for row in default.rows]), default.features
    )
    assert (default.folder / "metadata.tsv").read_text().split() == default.labels
