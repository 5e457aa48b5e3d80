"""Proofs of training."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 4)
    data = TensorDataset(9 * torch.randn(12, 3), torch.arange(12) % 4)
    return {
        "torch": torch,
        "model": model.eval(),
        "loader": DataLoader(data, batch_size=12),
        "criterion": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "device": "cpu",
        "start": [p.detach().clone() for p in model.parameters()],
        "modes": (modes := []),
        "hook": model.register_forward_hook(lambda module, *_: modes.append(module.training)),
    }


def test_answer(answer):
    """The batches run in train mode, and the step uses the clipped gradient, whose total norm is 1."""
    assert answer.modes == [True] and not answer.model.training
    weight, bias = (p.clone().requires_grad_() for p in answer.start)
    F.cross_entropy(F.linear(answer.x, weight, bias), answer.y).backward()
    norm = (weight.grad.square().sum() + bias.grad.square().sum()).sqrt()
    assert norm > 1
    for p, q in zip(answer.model.parameters(), (weight, bias), strict=True):
        torch.testing.assert_close(p.detach(), q.detach() - 0.1 * q.grad / norm, rtol=1e-4, atol=1e-5)


def test_default(default):
    """On data that took no part in the training, the accuracy gets far above that of a guess."""
    assert default.accuracy > 0.8 and not default.model.training
    assert default.y.tolist() == [row.index(max(row)) for row in default.x[:, :3].tolist()]
    assert len(default.loader) == math.ceil(200 / 16)


def test_right(right):
    """The gradient of the logits is the softmax minus the one-hot label."""
    share = right.model(right.x)[0].softmax(0)
    torch.testing.assert_close(right.model.bias.grad, share - torch.tensor([1.0, 0.0, 0.0]))


def test_the_first_loss():
    """The first loss of a new network is near log(C), whatever the labels, and far above it for inputs of 0-255."""
    torch.manual_seed(0)
    y = torch.arange(300) % 10
    model = nn.Sequential(nn.Linear(50, 64), nn.ReLU(), nn.Linear(64, 10))
    scaled = F.cross_entropy(model(torch.randn(300, 50)), y).item()
    raw = F.cross_entropy(model(torch.randint(256, (300, 50)).float()), y).item()
    assert abs(scaled - math.log(10)) < 0.1 and raw > 3 * math.log(10)
    for most in range(10):  # 7 of 10 labels are the same
        labels = torch.where(torch.arange(300) % 10 < 7, most, y)
        assert abs(F.cross_entropy(model(torch.randn(300, 50)), labels).item() - math.log(10)) < 0.4


def test_the_floor_after_a_softmax():
    """After a softmax, cross-entropy stays above log(1 + (C - 1) / e), which a sure and right prediction reaches."""
    for classes in (2, 10, 100):
        floor = math.log(1 + (classes - 1) / math.e)
        sure = F.one_hot(torch.tensor([0]), classes).float()  # the softmax of a sure prediction
        assert abs(F.cross_entropy(sure, torch.tensor([0])).item() - floor) < 1e-5
        noise = torch.randn(500, classes, generator=torch.Generator().manual_seed(0)) * 9
        losses = F.cross_entropy(noise.softmax(dim=1), torch.zeros(500, dtype=torch.long), reduction="none")
        assert losses.min() > floor - 1e-5
    assert round(math.log(1 + 9 / math.e), 2) == 1.46


def test_one_batch_is_memorized():
    """A network with enough parameters learns 8 samples with random labels by heart."""
    torch.manual_seed(0)
    x, y = torch.randn(8, 6), torch.randint(3, (8,))
    model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss < 0.01


def test_inference_mode():
    """Under inference_mode, outputs have no graph."""
    with torch.inference_mode():
        assert nn.Linear(2, 1)(torch.ones(1, 2)).grad_fn is None


def test_the_floor_of_label_smoothing():
    """With label smoothing of 0.1 and 10 classes, the lowest cross-entropy is 0.50, the entropy of the smoothed target."""
    target = [0.91] + [0.01] * 9
    entropy = -sum(p * math.log(p) for p in target)
    assert round(entropy, 2) == 0.50
    label = torch.tensor([0])
    best = F.cross_entropy(torch.tensor([target]).log(), label, label_smoothing=0.1).item()
    assert abs(best - entropy) < 1e-5
    noise = torch.randn(500, 10, generator=torch.Generator().manual_seed(0)) * 5
    losses = F.cross_entropy(noise, label.expand(500), label_smoothing=0.1, reduction="none")
    assert losses.min() > entropy
