"""Proofs of saving."""

import os
import pickle

import numpy as np
import torch
from torch import nn


def net(hidden=4):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, hidden), nn.BatchNorm1d(hidden))


def given():
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25, momentum=0.9)
    model(torch.randn(5, 3)).square().sum().backward()
    optimizer.step()
    return {"torch": torch, "model": model, "optimizer": optimizer, "epoch": 7, "device": "cpu"}


def test_answer(answer):
    """The files give back the weights, the buffers, the state of the optimizer, and the epoch."""
    fresh = net()
    fresh.load_state_dict(torch.load("model.pt"))
    torch.testing.assert_close(fresh.state_dict(), answer.model.state_dict())
    assert not torch.equal(fresh[1].running_mean, torch.zeros(4))
    assert answer.ckpt["epoch"] == 7
    optimizer = torch.optim.SGD(fresh.parameters(), lr=1.0)
    optimizer.load_state_dict(torch.load("last.pt")["optimizer"])
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]) == (0.25, 0.9)
    assert optimizer.state[fresh[0].weight]["momentum_buffer"].abs().sum() > 0


def test_default(default):
    """After loading model and optimizer, the next steps are the same as without a break."""
    for _ in range(3):
        assert default.step(default.again, default.again_optimizer) == default.step(default.model, default.optimizer)
    torch.testing.assert_close(default.again.state_dict(), default.model.state_dict())
    assert [tuple(p.shape) for p in default.model.parameters()] == [(4, 3), (4,), (4,), (4,), (1, 4), (1,)]
    assert (default.x.shape, default.y.shape) == ((16, 3), (16, 1))
    assert default.ckpt["optimizer"]["param_groups"][0]["lr"] == 0.01


def test_atomic(atomic, raises):
    """With os.replace, a save that fails leaves the old file as it was."""
    before = torch.load("model.pt")
    assert before["weight"].shape == (2, 3)
    with raises(Exception, "pickle"):
        atomic.save({"weight": torch.ones(2, 3), "f": lambda: 0}, "model.pt")
    torch.testing.assert_close(torch.load("model.pt"), before)


def test_failed_saves_destroy_the_file(raises):
    """A torch.save that fails has already overwritten the old file, which cannot be loaded any more."""
    torch.save({"weight": torch.ones(3)}, "model.pt")
    with raises(Exception, "pickle"):
        torch.save({"weight": torch.ones(3), "f": lambda: 0}, "model.pt")
    assert os.path.exists("model.pt")
    with raises(RuntimeError, "PytorchStreamReader failed"):
        torch.load("model.pt")


def test_right(right):
    """A dict of plain values is read back as it was."""
    assert right.Namespace(**torch.load("run.pt")["args"]) == right.args


def test_the_same_arguments(raises):
    """A model built with other arguments does not take the weights."""
    with raises(RuntimeError, "size mismatch for 0.weight"):
        net(5).load_state_dict(net(4).state_dict())


def test_parameters_and_buffers():
    """A state_dict holds parameters and buffers by name."""
    names = ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert list(net().state_dict()) == names


def test_pt_and_pth():
    """.pt and .pth are the same format."""
    for name in "same.pt", "same.pth", "same.bin":
        torch.save({"a": torch.ones(2)}, name)
        with open(name, "rb") as file:
            assert file.read(4) == b"PK\x03\x04"  # a zip archive
        assert torch.load(name)["a"].tolist() == [1, 1]


def test_numpy_scalars_are_refused(raises):
    """torch.load refuses a NumPy scalar by default, and reads a Python float."""
    best = np.float64(0.5)
    torch.save({"best": best}, "best.pt")
    with raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("best.pt")
    torch.save({"best": float(best)}, "best.pt")
    assert torch.load("best.pt") == {"best": 0.5}
