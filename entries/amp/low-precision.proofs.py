"""Proofs of low-precision."""


def test_right(right):
    """Keep a float32 weight, cast for the computation."""
    assert abs(right.weight.item() - 2.0) < 0.01, (
        f"1000 steps of 0.001 led to {right.weight.item()}"
    )
