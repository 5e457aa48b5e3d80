"""Proofs of checkpoint-resume."""

import math
import os

import numpy as np
import torch
from torch import nn


def parts_of(seed=0):
    torch.manual_seed(seed)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)


def train(parts, epochs):
    model, optimizer, scheduler = parts
    for epoch in epochs:
        x = torch.arange(12.0).view(4, 3) / (epoch + 5)
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
        scheduler.step()
    return model.weight.tolist()


def given():
    model, optimizer, scheduler = parts = parts_of()
    train(parts, range(5))
    return {"torch": torch, "model": model, "optimizer": optimizer, "scheduler": scheduler, "epoch": 4}


def test_answer(answer):
    """One file holds the states of model, optimizer, and scheduler, and the epoch that was completed."""
    assert answer.start == 5 and set(answer.ckpt) == {"model", "optimizer", "scheduler", "epoch"}
    fresh = parts_of(seed=1)
    for part, name in zip(fresh, ("model", "optimizer", "scheduler"), strict=True):
        part.load_state_dict(answer.ckpt[name])
    whole = train(parts_of(), range(8))
    assert train(fresh, range(answer.start, 8)) == whole
    assert {t.device.type for t in answer.ckpt["model"].values()} == {"cpu"}


def test_default(default):
    """After a restart, the epochs and the learning rates go on as without a stop."""
    kept = torch.load("last.pt")
    assert kept["epoch"] == 4 and kept["scheduler"]["last_epoch"] == 5
    assert kept["optimizer"]["state"][0]["step"] == 5
    assert kept["optimizer"]["param_groups"][0]["lr"] == 0.1 * 0.5**2
    assert kept["model"]["weight"].shape == (1, 3)


def test_best(best):
    """A copy of the last checkpoint, made when the accuracy is the best so far, stays."""
    kept = torch.load("best.pt")
    assert kept["epoch"] == 1 and kept["best"] == 0.8 and torch.load("last.pt")["best"] == 0.8
    assert kept["model"].keys() == best.model.state_dict().keys()


def test_replace(replace, raises):
    """torch.load cannot read half a file; os.replace puts a whole one in its place."""
    assert torch.load("last.pt")["epoch"] == 4 and replace.model.weight.shape == (2, 3)
    assert torch.equal(torch.load("last.pt")["model"]["weight"], replace.model.weight)
    with open("last.pt", "rb") as file, open("half.pt", "wb") as half:
        half.write(file.read()[: os.path.getsize("last.pt") // 2])
    with raises(RuntimeError, "PytorchStreamReader failed"):
        torch.load("half.pt")


def test_right(right):
    """The optimizer's state_dict holds the current learning rate."""
    assert right.optimizer.param_groups[0]["lr"] == 0.001
    assert torch.equal(right.model.weight, right.ckpt["model"]["weight"])


def test_the_weights_alone_are_not_enough(wrong):
    """With the weights alone, Adam's averages and the schedule start over and training takes another path."""
    assert wrong.optimizer.param_groups[0]["lr"] == 0.1
    parts, other = parts_of(), parts_of(seed=1)
    train(parts, range(4))
    other[0].load_state_dict(parts[0].state_dict())
    assert other[1].state_dict()["state"] == {} and other[2].last_epoch == 0
    assert train(other, range(4, 6)) != train(parts, range(4, 6))


def test_what_optimizers_keep():
    """Adam keeps two tensors of the size of each parameter, SGD with momentum one."""
    for make, names in (
        (lambda p: torch.optim.Adam(p), ["exp_avg", "exp_avg_sq"]),
        (lambda p: torch.optim.AdamW(p), ["exp_avg", "exp_avg_sq"]),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), ["momentum_buffer"]),
        (lambda p: torch.optim.SGD(p, lr=0.1), []),
    ):
        w = nn.Parameter(torch.ones(5, 7))
        optimizer = make([w])
        w.sum().backward()
        optimizer.step()
        assert [k for k, v in optimizer.state[w].items() if v is not None and v.shape == w.shape] == names


def test_three_times_as_large():
    """With Adam, the file is about three times as large as the weights."""
    model = nn.Linear(300, 100)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 300)).sum().backward()
    optimizer.step()
    torch.save(model.state_dict(), "weights.pt")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "all.pt")
    assert 2.9 < os.path.getsize("all.pt") / os.path.getsize("weights.pt") < 3.1


def test_the_scheduler_counts():
    """A scheduler counts its steps, and its state_dict holds the count."""
    parts = parts_of()
    train(parts, range(3))
    assert parts[2].state_dict()["last_epoch"] == 3


def test_state_goes_where_the_parameters_are():
    """optimizer.load_state_dict puts the averages on the device where each parameter is at that moment."""
    parts = parts_of()
    train(parts, range(1))
    moved = nn.Linear(3, 2, device="meta")  # a device that every build of PyTorch has
    optimizer = torch.optim.Adam(moved.parameters())
    optimizer.load_state_dict(parts[1].state_dict())
    assert optimizer.state[moved.weight]["exp_avg"].is_meta
    here = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(here.parameters())
    optimizer.load_state_dict(parts[1].state_dict())
    assert optimizer.state[here.weight]["exp_avg"].device.type == "cpu"


def test_numpy_numbers_are_refused(raises):
    """torch.load refuses a NumPy number by default, also a learning rate that LambdaLR computed with NumPy; as a float it is
    read."""
    torch.save({"accuracy": np.float64(0.5)}, "a.pt")
    with raises(Exception, "Weights only load failed"):
        torch.load("a.pt")
    torch.save({"accuracy": float(np.float64(0.5))}, "a.pt")
    assert torch.load("a.pt") == {"accuracy": 0.5}
    for cos in np.cos, math.cos:
        optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: cos(epoch + 1.0))
        torch.save(optimizer.state_dict(), "a.pt")
        if cos is np.cos:
            with raises(Exception, "Weights only load failed"):
                torch.load("a.pt")
    assert math.isclose(torch.load("a.pt")["param_groups"][0]["lr"], 0.1 * math.cos(1.0))


def test_random_numbers_start_over():
    """A checkpoint without generator states does not repeat the order that shuffling would have gone on with."""
    torch.manual_seed(0)
    first, second = torch.randperm(20), torch.randperm(20)
    torch.manual_seed(0)  # a new process of the same program
    again = torch.randperm(20)
    assert torch.equal(first, again) and not torch.equal(second, again)


def test_schedulers_and_optimizers_pass():
    """torch.load reads the states of PyTorch's optimizers and schedulers by default, and of a GradScaler."""
    schedulers = torch.optim.lr_scheduler
    for make in (
        lambda o: schedulers.MultiStepLR(o, [1, 2]),
        lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=9),
        lambda o: schedulers.CyclicLR(o, 0.1, 0.2),
        lambda o: schedulers.LambdaLR(o, lambda epoch: 1.0),
        lambda o: schedulers.SequentialLR(o, [schedulers.LinearLR(o), schedulers.CosineAnnealingLR(o, 4)], [2]),
        lambda o: schedulers.ReduceLROnPlateau(o),
    ):
        for optimizer in torch.optim.SGD, torch.optim.AdamW:
            built = optimizer([nn.Parameter(torch.ones(1))], lr=0.1)
            if not (optimizer is torch.optim.AdamW and "CyclicLR" in make.__code__.co_names):
                parts = {"optimizer": built, "scheduler": make(built), "scaler": torch.amp.GradScaler("cpu")}
                torch.save({name: part.state_dict() for name, part in parts.items()}, "all.pt")
                loaded = torch.load("all.pt")
                assert set(loaded) == set(parts)
                for name, state in loaded.items():
                    parts[name].load_state_dict(state)


def test_a_seed_repeats_the_first_shuffle():
    """With manual_seed at the top of the script, a restarted run shuffles its first epoch like epoch 0."""
    def orders(start, epochs):
        torch.manual_seed(0)
        loader = torch.utils.data.DataLoader(range(8), shuffle=True, batch_size=8)
        return [next(iter(loader)).tolist() for _ in range(start, epochs)]

    whole, resumed = orders(0, 4), orders(2, 4)
    assert resumed == whole[:2] and resumed != whole[2:]


def test_old_settings_come_back():
    """load_state_dict of an optimizer and of a scheduler also restores their old settings, such as lr and T_max."""
    def built(lr, epochs):
        optimizer = torch.optim.AdamW([nn.Parameter(torch.ones(1))], lr=lr)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)

    old, new = built(0.1, 3), built(0.5, 10)
    for part, saved in zip(new, old, strict=True):
        part.load_state_dict(saved.state_dict())
    assert new[0].param_groups[0]["lr"] == 0.1 and new[1].T_max == 3
