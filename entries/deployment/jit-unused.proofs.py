"""Proofs of jit-unused."""


def test_side_effects(side_effects):
    """A print runs while tracing, not when the export runs."""
    assert side_effects.program.module()(side_effects.x).sum().item() == 2 * 3
