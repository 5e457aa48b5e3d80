"""Proofs of help-offline."""

import inspect
from torch import nn


def test_default(default):
    """Signature, first line of the docs, source."""
    defaults = inspect.signature(nn.Dropout.__init__).parameters
    assert defaults["p"].default == nn.Dropout().p == 0.5


def test_search(search):
    """Which names contain a word?."""
    assert len(search.found) == len(set(search.found))
    assert "torch.scatter" in search.found and "Tensor.scatter_" in search.found
