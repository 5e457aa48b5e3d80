"""Proofs of one-class."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def given():
    model = nn.Sequential(nn.Dropout(), nn.Linear(2, 3, bias=False))
    model[1].weight.data = torch.tensor([[0.5, 0.0], [0.0, 1.0], [0.0, 0.0]])
    x = torch.tensor([[1.0, 0.0], [2.0, 1.5], [0.0, 1.0], [3.0, -1.0], [4.0, 1.0]])
    return {"torch": torch, "model": model, "x": x, "y": torch.tensor([0, 1, 1, 0, 1]), "device": "cpu", "C": 3}


def test_answer(answer):
    """Labels, predictions, and the spread of the probabilities over the samples, in eval mode and without a graph."""
    logits = answer.x @ answer.model[1].weight.T
    torch.testing.assert_close(answer.probs, logits.exp() / logits.exp().sum(dim=1, keepdim=True))
    assert answer.labels.tolist() == [2, 3, 0]
    assert answer.predictions.tolist() == [3, 2, 0]
    for c in range(3):
        column = answer.probs[:, c].tolist()
        mean = sum(column) / 5
        assert math.isclose(answer.spread[c], math.sqrt(sum((v - mean) ** 2 for v in column) / 4), rel_tol=1e-4)
    assert not answer.probs.requires_grad and not answer.model.training


def test_default(default):
    """Class weights make a model of imbalanced data predict the rare class, at the price of accuracy."""
    assert default.count.tolist() == [380, 20]
    torch.testing.assert_close(default.weight, torch.tensor([400 / 760, 10.0]))
    assert 60 < default.pred.sum() < 180
    assert default.step == 99
    assert (default.pred[default.y == 1] == 1).float().mean() > 0.6
    losses = F.cross_entropy(default.model(default.x), default.y, reduction="none")
    w = default.weight[default.y]
    torch.testing.assert_close(default.loss, (losses * w).sum() / w.sum(), atol=1e-2, rtol=0)
    torch.testing.assert_close(default.probs[:, 1] > 0.5, default.pred == 1)
    torch.testing.assert_close(default.accuracy, (default.pred == default.y).float().mean())


def test_wrong(wrong):
    """On raw pixels with lr=0.5 all ReLUs die, one class is predicted, and the loss is the entropy of the labels."""
    hidden = wrong.model[1](wrong.model[0](wrong.x))
    assert hidden.max() == 0
    share = wrong.y.bincount() / len(wrong.y)
    assert math.isclose(wrong.loss.item(), -(share * share.log()).sum().item(), rel_tol=2e-2)
    assert wrong.step == 99 and wrong.x.min() >= 0 and 250 < wrong.x.max() < 256
    assert wrong.probs.argmax(dim=1).unique().tolist() == [wrong.y.bincount().argmax().item()]
    assert torch.equal(wrong.y, (wrong.x[:, 0] > 180).long())


def test_right(right):
    """The same model learns from the standardized input."""
    assert right.step == 99
    assert abs(right.x.mean()) < 1e-4 and abs(right.x.std() - 1) < 1e-4
    assert (right.probs.argmax(dim=1) == right.y).float().mean() > 0.9


def test_wrong_argmax(wrong_argmax):
    """argmax over a single output is 0 for every sample."""
    assert wrong_argmax.logits.flatten().tolist() == torch.tensor([2.5, -1.0, 0.3, -4.0]).tolist()
    assert wrong_argmax.pred.tolist() == [0, 0, 0, 0]


def test_right_argmax(right_argmax):
    """A logit above 0 is a probability above one half."""
    assert right_argmax.logits.flatten().tolist() == torch.tensor([2.5, -1.0, 0.3, -4.0]).tolist()
    assert right_argmax.pred.tolist() == (right_argmax.logits[:, 0].sigmoid() > 0.5).long().tolist() == [1, 0, 1, 0]
    assert not torch.tensor([0.0]) > 0


def test_one_output():
    """With one output, argmax(dim=1) is 0, softmax(dim=1) is 1, and cross_entropy against class 0 is 0."""
    logits = torch.tensor([[2.5], [-1.0]])
    assert logits.argmax(dim=1).tolist() == [0, 0]
    assert logits.softmax(dim=1).tolist() == [[1.0], [1.0]]
    assert F.cross_entropy(logits, torch.tensor([0, 0])) == 0


def test_dead_relus_have_no_gradient():
    """If all ReLUs of a layer are dead, the layers before get a zero gradient, with class weights as well."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    model[0].bias.data.fill_(-100.0)
    x, y = torch.randn(8, 3), torch.tensor([0, 0, 0, 0, 0, 0, 0, 1])
    for weight in None, torch.tensor([1.0, 7.0]):
        model.zero_grad()
        F.cross_entropy(model(x), y, weight=weight).backward()
        assert not model[0].weight.grad.any() and not model[0].bias.grad.any() and model[2].bias.grad.any()
    assert model(x).std(dim=0).tolist() == [0.0, 0.0]


def test_sorted_data():
    """Trained on data sorted by class, a model predicts the last class more often than on shuffled data."""
    torch.manual_seed(0)
    y = torch.arange(300) // 100
    x = torch.randn(300, 2) + 2 * torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])[y]
    counts = {}
    for shuffle in False, True:
        torch.manual_seed(1)
        model = nn.Linear(2, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        for _ in range(5):
            for a, b in DataLoader(TensorDataset(x, y), batch_size=20, shuffle=shuffle):
                optimizer.zero_grad()
                F.cross_entropy(model(a), b).backward()
                optimizer.step()
        counts[shuffle] = model(x).argmax(dim=1).bincount(minlength=3).tolist()
    assert counts[False][2] > 130 and counts[True][2] < 110


def test_batchnorm_statistics_that_do_not_fit():
    """A model predicts two classes in train() and one in eval() if BatchNorm's statistics are not those of the data."""
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 2, bias=False))
    model[1].weight.data = torch.tensor([[-1.0], [1.0]])
    x = torch.tensor([[98.0], [99.0], [101.0], [102.0]])  # running_mean is still 0
    model.eval()
    assert model(x).argmax(dim=1).tolist() == [1, 1, 1, 1]
    model.train()
    assert model(x).argmax(dim=1).tolist() == [0, 0, 1, 1]


def test_accuracy_of_the_majority():
    """Always answering the most frequent class gives the accuracy y.bincount().max() / len(y)."""
    y = torch.tensor([2, 0, 2, 1, 2, 2, 0])
    answer = y.bincount().argmax()
    assert (y == answer).float().mean() == y.bincount().max() / len(y)


def test_best_constant_is_the_entropy():
    """The best constant output is the log of the class frequencies, and its loss is the entropy of the labels."""
    y = torch.tensor([2, 0, 2, 1, 2, 2, 0])
    share = y.bincount() / len(y)
    logits = share.log().expand(7, 3).clone().requires_grad_()
    loss = F.cross_entropy(logits, y)
    loss.backward()
    torch.testing.assert_close(logits.grad.sum(dim=0), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(loss.detach(), -(share * share.log()).sum())


def test_the_spread_of_equal_probabilities():
    """The standard deviation of equal probabilities is 0 up to rounding: below 1e-6."""
    spreads = [torch.full((n,), p).std().item() for p in (0.1, 0.2889, 0.7111) for n in (90, 1000, 12345)]
    assert max(spreads) < 1e-6
