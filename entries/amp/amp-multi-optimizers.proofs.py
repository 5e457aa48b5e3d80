"""Proofs of amp-multi-optimizers."""


def test_default(default):
    """Two losses, two optimizers, one overflow."""
    assert [row[0] for row in default.rows] == [1 - 0.5 * 3, -0.5, -0.5 - 0.5 * 3]  # one skipped
    first = 4 - 0.25 * 3.5  # clipped; later the norm is below 3.5
    by_hand = [first, first * 0.75, first * 0.75**2]  # no step of b is skipped
    assert [row[1] for row in default.rows] == [round(value, 4) for value in by_hand]
    assert [row[2] for row in default.rows] == [1024, 512, 512]


def test_right(right):
    """Right: update() once, after all steps."""
    moved = 4 - right.b.item()
    assert moved == 0.5 * 3, f"b moved by {moved}, twice as far as it should"
