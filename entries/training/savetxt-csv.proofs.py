"""Proofs of savetxt-csv."""

import csv
import numpy as np
import torch
from pathlib import Path


def test_default(default):
    """Write counts with a header, read them back."""
    assert default.text.splitlines() == default.lines
    assert torch.equal(torch.from_numpy(default.back), default.matrix)
    assert default.table.tolist() == default.matrix[:1].tolist()


def test_named_rows(named_rows):
    """Row and column names with the csv module."""
    rows = list(csv.reader(named_rows.lines))
    assert Path("named.csv").read_bytes()[:3] == b"\xef\xbb\xbf"  # the mark Excel wants
    assert rows[0][1:] == [row[0] for row in rows[1:]] == named_rows.names
    assert [[int(v) for v in row[1:]] for row in rows[1:]] == named_rows.matrix.tolist()


def test_wrong(wrong):
    """Wrong: %d on decimals."""
    back = torch.from_numpy(np.loadtxt("scores.csv", delimiter=",", dtype=np.float32))
    assert torch.equal(back, wrong.scores.trunc())  # cut off, not rounded


def test_right(right):
    """Right: %.9g keeps every float32."""
    back = torch.from_numpy(np.loadtxt("scores.csv", delimiter=",", dtype=np.float32))
    assert torch.equal(back, right.scores)
