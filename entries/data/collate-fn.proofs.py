"""Proofs of collate-fn."""


def test_right_lengths(right_lengths):
    """Right: pad them to the longest of the batch."""
    assert [row[:n].tolist() for row, n in zip(right_lengths.tokens, right_lengths.lengths)] == [
        [5, 6, 7],
        [8, 9],
    ]
