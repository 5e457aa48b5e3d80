"""Proofs of overfitting."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"torch": torch, "nn": nn, "model": nn.Linear(3, 2), "val_loss": 0.4, "best_loss": float("inf")}


def test_answer(answer):
    """Where the validation loss is lower than before, the weights are saved and the loss becomes the one to beat."""
    assert answer.best_loss == 0.4
    saved = torch.load("best.pt")
    assert {k: v.tolist() for k, v in saved.items()} == {k: v.tolist() for k, v in answer.model.state_dict().items()}
    assert answer.criterion.label_smoothing == 0.1
    (group,) = answer.optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (1e-3, 0.05)


def test_default(default):
    """The training loss keeps falling while the validation loss rises again."""
    assert default.loss < 0.01
    assert default.best < 0.6 < 0.9 < default.val_loss
    assert default.x.shape == (60, 20) and default.x_val.shape == (500, 20)
    default.model.load_state_dict(default.kept)
    with torch.no_grad():
        logits = default.model(default.x_val)
    by_hand = logits.logsumexp(dim=1) - logits.gather(1, default.y_val[:, None])[:, 0]
    torch.testing.assert_close(by_hand.mean().item(), default.best, rtol=1e-4, atol=1e-5)


def test_remedies(remedies):
    """More training data lowers the lowest validation loss."""
    assert remedies.lowest(samples=1000) < 0.8 * remedies.lowest()


def test_loss_doubles_accuracy_stays():
    """On noisy labels the validation loss more than doubles while the accuracy moves by less than five points."""
    torch.manual_seed(1)
    x = torch.randn(560, 20)
    y = (x[:, 0] + 0.5 * torch.randn(560) > 0).long()
    model = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    history = []
    for _ in range(600):
        with torch.no_grad():
            logits = model(x[60:])
            right = (logits.argmax(dim=1) == y[60:]).float().mean().item()
            history.append((F.cross_entropy(logits, y[60:]).item(), right))
        F.cross_entropy(model(x[:60]), y[:60]).backward()
        optimizer.step()
        optimizer.zero_grad()
    best = min(history)
    assert history[-1][0] > 2 * best[0]
    assert abs(history[-1][1] - best[1]) < 0.05


def test_dropout_raises_the_training_loss():
    """After training, the loss of a model with dropout is higher in train() mode than in eval() mode."""
    torch.manual_seed(0)
    x, y = torch.randn(60, 20), torch.arange(60) % 2
    model = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Dropout(0.8), nn.Linear(128, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(50):
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    with torch.no_grad():
        in_train = sum(F.cross_entropy(model(x), y).item() for _ in range(20)) / 20
        assert in_train > 2 * F.cross_entropy(model.eval()(x), y).item()


def test_near_duplicates_leak():
    """Where near copies of a sample stand in both parts, random labels look predictable; split by group, they do not."""
    torch.manual_seed(0)
    group = torch.arange(200) // 5  # 40 people, 5 pictures each
    x = torch.randn(40, 8)[group] + 0.05 * torch.randn(200, 8)
    y = torch.randint(2, (40,))[group]  # says nothing about x

    def nearest_neighbor(train, val):
        nearest = torch.cdist(x[val], x[train]).argmin(dim=1)
        return (y[train][nearest] == y[val]).float().mean().item()

    order = torch.randperm(200)
    assert nearest_neighbor(order[:160], order[160:]) == 1.0
    assert nearest_neighbor(torch.arange(160), torch.arange(160, 200)) < 0.7


def test_the_best_of_many_is_optimistic():
    """The best of many scores of guessing models is above chance on the data that chose it, and near it on new data."""
    torch.manual_seed(0)
    val, test = torch.randint(2, (100,)), torch.randint(2, (100,))
    guesses = torch.randint(2, (50, 200))
    scores = (guesses[:, :100] == val).float().mean(dim=1)
    best = scores.argmax()
    assert scores[best] > 0.58
    on_test = (guesses[:, 100:] == test).float().mean(dim=1)
    assert abs(on_test.mean().item() - 0.5) < 0.03


def test_a_gap_of_zero_means_nothing():
    """A model that learns nothing has no gap: with all weights 0 the loss is ln 2 on two classes of any data."""
    model = nn.Linear(20, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    for samples in 7, 50:
        loss = F.cross_entropy(model(torch.randn(samples, 20)), torch.arange(samples) % 2)
        assert abs(loss.item() - 0.6931) < 1e-3
