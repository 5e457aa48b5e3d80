"""Proofs of modules-vs-children."""

import torch
from torch import nn


def test_default(default):
    """A nested model, both ways."""
    assert next(iter(default.model.modules())) is default.model  # itself first
    assert (
        default.walk(default.model) == len(list(default.model.modules())) + 1
    )  # the ReLU counts twice
    assert len(list(default.model.modules())) == 8 and len(list(default.model.children())) == 2


def test_replace(replace):
    """Replace every ReLU, recursing over children."""
    assert not any(isinstance(m, nn.ReLU) for m in replace.model.modules())
    x = torch.tensor([-4.0, 6.0, -2.0])
    assert replace.model[0](x).tolist() == [-2.0, 6.0, -1.0]
