"""Proofs of early-stop."""

import copy
import math

import torch
import torch.distributed as dist
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
    """If every loss is NaN or infinite, or an accuracy must exceed inf, the answer never assigns best_state."""

    def train(values, best=math.inf, larger=False):
        for value in values:
            if value > best if larger else value < best:
                best, best_state = value, {"of": value}
        return best_state["of"]

    for losses in [math.nan] * 3, [math.inf] * 3:
        with raises(UnboundLocalError):
            train(losses)
    accuracies = [0.6, 0.8, 0.7]
    with raises(UnboundLocalError):
        train(accuracies, larger=True)
    assert train(accuracies, -math.inf, larger=True) == 0.8
    assert issubclass(UnboundLocalError, NameError)


def test_a_float_and_no_tensor(answer):
    """If run_epoch returns a tensor that it fills in place, best changes with it, and later epochs are never better."""

    def first(convert):
        total, best, epochs = torch.zeros(()), math.inf, []
        for epoch, loss in enumerate([0.75, 0.5, 0.25]):
            total.zero_().add_(loss)
            value = convert(total)
            if value < best:
                best = value
                epochs.append(epoch)
        return epochs

    assert first(lambda total: total) == [0] and first(torch.Tensor.item) == [0, 1, 2]
    assert type(answer.best) is float


def test_resume_needs_best():
    """A resumed run that starts again from best = inf takes its first epoch for the best, even if it is worse."""

    def resume(best):
        state = "epoch 3"
        for epoch, loss in enumerate([0.6, 0.7], start=4):
            if loss < best:
                best, state = loss, f"epoch {epoch}"
        return state

    assert resume(best=0.5) == "epoch 3" and resume(best=math.inf) == "epoch 4"


def test_ranks_stop_together(in_ranks):
    """Ranks that compare their own losses stop in different epochs; with the mean over the ranks, in the same one."""

    def work(rank):
        own = [[0.9, 0.5, 0.6, 0.7, 0.8], [0.9, 0.8, 0.4, 0.6, 0.9]][rank]
        mean = torch.tensor(own)
        dist.all_reduce(mean)
        mean /= 2
        stops = []
        for losses in own, mean.tolist():
            best, bad = math.inf, 0
            for epoch, loss in enumerate(losses):
                best, bad = (loss, 0) if loss < best else (best, bad + 1)
                if bad >= 2:
                    break
            stops.append(epoch)
        return stops

    assert in_ranks(work) == [[3, 4], [4, 4]]


def test_plateau_leaves_five_epochs():
    """With patience 4 for ReduceLROnPlateau and 10 for early stopping, five epochs train at the lower rate; 1 and 2 leave none."""

    def left(plateau, patience):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=plateau)
        best, bad, epochs = math.inf, 0, 0
        for loss in [0.5] + [0.6] * 20:
            epochs += optimizer.param_groups[0]["lr"] < 1
            scheduler.step(loss)
            best, bad = (loss, 0) if loss < best else (best, bad + 1)
            if bad >= patience:
                return epochs

    assert left(4, 10) == 5 and left(1, 2) == 0


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
