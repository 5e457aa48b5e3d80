"""Proofs of imports."""

import builtins
import importlib
import sys

import torch
import torch.nn.functional as F
from torch import nn


def test_answer(answer):
    """torch.optim and torch.utils.data are there after import torch."""
    assert answer.torch.optim.AdamW is torch.optim.AdamW
    assert answer.DataLoader is torch.utils.data.DataLoader and answer.Dataset is torch.utils.data.Dataset
    assert answer.F is torch.nn.functional and answer.nn is torch.nn


def test_default(default):
    """nn.ReLU and nn.Linear compute what F.relu and F.linear compute; the module holds the weights."""
    x, layer = default.x, default.layer
    assert torch.equal(nn.ReLU()(x), F.relu(x)) and torch.equal(F.relu(x), x.clamp(min=0))
    torch.testing.assert_close(layer(x), F.linear(x, layer.weight, layer.bias))
    assert torch.equal(default.batch, x[1:])


def test_right(right):
    """After import torch, max, min, and sum are still Python's own."""
    assert not {"max", "min", "sum"} & set(vars(right))
    assert right.torch.tensor(right.losses).max() == 1.0


def test_the_star_shadows_builtins(raises):
    """from torch import * replaces range, sum, max, min, all, any, abs, round, makes int, float, bool dtypes, and lacks nn."""
    names = {}
    exec("from torch import *", names)
    for name in ("range", "sum", "max", "min", "all", "any", "abs", "round"):
        assert names[name] is getattr(torch, name) is not getattr(builtins, name)
    assert (names["int"], names["float"], names["bool"]) == (torch.int32, torch.float32, torch.bool)
    assert "nn" not in names and "optim" not in names
    with raises(TypeError, "must be Tensor, not list"):
        names["sum"]([1, 2])


def test_submodules_by_name():
    """torch.utils.benchmark, tensorboard, torch.nn.utils.prune, and torch.distributed.fsdp are there only once imported."""
    for parent, name in ((nn.utils, "prune"), (torch.distributed, "fsdp")):
        assert hasattr(parent, name) == (f"{parent.__name__}.{name}" in sys.modules)
    for name in ("benchmark", "tensorboard", "flop_counter"):
        assert hasattr(torch.utils, name) == (f"torch.utils.{name}" in sys.modules)
    importlib.import_module("torch.utils.benchmark")
    assert hasattr(torch.utils, "benchmark")


def test_f_dropout_stays_on():
    """F.dropout drops values in eval mode too; with training=self.training, or as nn.Dropout, it does not."""

    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5), F.dropout(x, 0.5, training=self.training)

    torch.manual_seed(0)
    x = torch.ones(200)
    always, told = Net().eval()(x)
    assert always.unique().tolist() == [0, 2] and torch.equal(told, x)
    assert torch.equal(nn.Dropout(0.5).eval()(x), x)
    assert Net().train()(x)[1].unique().tolist() == [0, 2]
