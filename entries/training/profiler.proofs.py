"""Proofs of profiler."""

from torch import nn


def test_default(default):
    """Record three steps of a loop and find the slow part."""
    linears = sum(isinstance(m, nn.Linear) for m in default.model)
    assert default.rows["forward"].count == default.rows["load data"].count == 3
    assert default.rows["aten::addmm"].count == 3 * linears  # addmm: a linear layer
    assert default.loading > 3 * 20_000


def test_trace(trace):
    """Export a timeline; group the operators by input shape."""
    assert len(trace.spans) == 4 * len("@@")
