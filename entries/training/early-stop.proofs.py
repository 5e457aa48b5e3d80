"""Proofs of early-stop."""

import copy
import math

import torch
from torch import nn


def given():
    losses = iter([0.9, 0.6, 0.7, 0.4, 0.5, 0.4, 0.6, 0.1])

    def run_epoch(model):
        loss = next(losses)
        nn.init.constant_(model.weight, loss)
        return loss

    return {"model": nn.Linear(2, 3), "copy": copy, "epochs": 8, "patience": 3, "run_epoch": run_epoch}


def test_answer(answer):
    """Training stops at the third epoch in a row without a new best, and the model has the best weights again."""
    assert (answer.epoch, answer.best, answer.bad) == (6, 0.4, 3)
    assert torch.equal(answer.model.weight, torch.full((3, 2), 0.4))


def test_default(default):
    """With patience 3, training stops at the third epoch in a row without a new best, and an equal loss is none."""
    assert (default.epoch, default.best, default.bad) == (6, 0.5, 3)
    assert default.model.weight.item() == 3


def test_class(snippet_class):
    """With min_delta 0.01, a gain of 0.005 is no improvement; mode max keeps the largest value."""
    assert (snippet_class.epoch, -snippet_class.stopper.best) == (3, 0.7)

    def run(values, *arguments):
        stopper, model = snippet_class.EarlyStopping(*arguments), nn.Linear(1, 1)
        for epoch, value in enumerate(values):
            nn.init.constant_(model.weight, epoch)
            if stopper.stop(value, model):
                break
        return epoch, stopper.state["weight"].item()

    losses = [0.9, 0.7, 0.8, 0.5, 0.49, 0.6, 0.55, 0.52, 0.3]
    assert run(losses, 3) == (7, 4)
    assert run(losses, 1) == (2, 1)
    assert run(losses, 2, 0.1) == (5, 3)
    assert run(losses) == (8, 8)
    assert run([-loss for loss in losses], 3, 0.0, "max") == (7, 4)


def test_wrong(wrong):
    """Compared with the previous epoch, losses that rise and fall in turn do not stop the training."""
    assert wrong.epoch == len(wrong.losses) - 1 and wrong.best > min(wrong.losses)


def test_right(right):
    """Compared with the best so far, the same losses stop it after two bad epochs."""
    assert right.epoch == right.losses.index(min(right.losses)) + 2
    assert right.losses == [0.5, 0.6, 0.58, 0.7, 0.66] and right.best == 0.5


def test_state_dict_holds_references():
    """state_dict() shares memory with the parameters, so it changes with them; a deepcopy does not."""
    model = nn.Linear(2, 3)
    state, saved = model.state_dict(), copy.deepcopy(model.state_dict())
    model(torch.ones(4, 2)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    assert torch.equal(state["bias"], model.bias)
    torch.testing.assert_close(saved["bias"] - 0.5 * 4, model.bias.detach())


def test_nan_is_never_better():
    """NaN compares as not smaller with every number."""
    assert not any(math.nan < best for best in (math.inf, 0.5, -math.inf))
    assert not math.isfinite(math.nan)


def test_no_best_state_after_nan(raises):
    """If every loss is NaN, the answer never assigns best_state."""

    def train():
        best, bad = math.inf, 0
        for val_loss in [math.nan] * 3:
            if val_loss < best:
                best_state = {}
            else:
                bad += 1
        return best_state

    with raises(UnboundLocalError):
        train()
    assert issubclass(UnboundLocalError, NameError)


def test_plateau_needs_the_smaller_patience():
    """ReduceLROnPlateau lowers the rate at bad epoch patience + 1, so early stopping with one more ends at that very epoch."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    rates = []
    for loss in [0.5] + [0.6] * 5:
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == [1, 1, 1, 1, 0.1, 0.1]  # lowered at the fourth bad epoch
    best, bad, patience, losses = math.inf, 0, 4, [0.5] + [0.6] * 5  # one more than ReduceLROnPlateau
    for epoch, loss in enumerate(losses):
        best, bad = (loss, 0) if loss < best else (best, bad + 1)
        if bad >= patience:
            break
    assert epoch == rates.index(0.1)
