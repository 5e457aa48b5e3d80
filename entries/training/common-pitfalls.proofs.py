"""Proofs of common-pitfalls."""

import copy
import math
import pickle
import warnings
import weakref

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Recorded(nn.CrossEntropyLoss):
    """Keeps what it was called with."""

    def forward(self, logits, y):
        self.calls = [*getattr(self, "calls", []), (logits.detach(), y)]
        return super().forward(logits, y)


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 4)
    data = TensorDataset(torch.randn(12, 3), torch.arange(12) % 4)
    return {
        "torch": torch,
        "model": model.eval(),
        "loader": DataLoader(data, batch_size=4, shuffle=True),
        "criterion": Recorded(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "device": "cpu",
    }


def test_answer(answer):
    """The loop trains in train mode on logits, and its gradient is that of the last batch alone."""
    calls = answer.criterion.calls
    assert answer.model.training and len(calls) == 3
    assert abs(answer.total - sum(F.cross_entropy(*call).item() for call in calls)) < 1e-6
    logits, y = calls[-1]
    by_hand = (logits.softmax(dim=1) - F.one_hot(y, 4)).T @ answer.x / 4
    torch.testing.assert_close(answer.model.weight.grad, by_hand)


def test_default(default):
    """Three mistakes about gradients and losses give the numbers that follow from their formulas."""
    assert default.w.grad == 3 + 4
    a, b = (math.exp(v) / (math.exp(20) + 1) for v in (20, 0))
    assert abs(default.twice.item() - math.log(1 + math.exp(b - a))) < 1e-6
    assert abs(default.once.item() - math.log(1 + math.exp(-20))) < 1e-6
    pairs = [(p - t) ** 2 for p in (1, 2, 6) for t in (1, 2, 6)]
    assert abs(default.wrong.item() - sum(pairs) / 9) < 1e-5 and default.right == 0
    assert default.image.flatten().tolist() == [10, 20, 11, 21, 12, 22]


def test_view_mixes_channels():
    """From (H, W, C), permute gives the channels one by one; view reads across them."""
    image = torch.arange(24).reshape(2, 4, 3)
    for c in range(3):
        assert image.permute(2, 0, 1)[c].tolist() == [[row[c] for row in line] for line in image.tolist()]
    assert image.view(3, 2, 4)[0].flatten().tolist() == list(range(8))


def test_wrong(wrong):
    """Layers in a Python list are not in parameters()."""
    assert [(layer.in_features, layer.out_features) for layer in wrong.Net().layers] == [(3, 5), (5, 2)]
    assert [tuple(p.shape) for p in wrong.Net().parameters()] == [(4, 2), (4,)]


def test_right(right):
    """Layers in a ModuleList are."""
    assert [tuple(p.shape) for p in right.Net().parameters()] == [(5, 3), (5,), (2, 5), (2,), (4, 2), (4,)]


def test_modes():
    """eval() is needed for repeatable outputs with Dropout, and the model stays in that mode."""
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(3, 50), nn.Dropout()), torch.ones(1, 3)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x)) and not model[1].training


def test_graphs_are_kept():
    """A sum of losses has a graph that reaches each batch; a sum of item() has none."""
    w = torch.tensor(1.0, requires_grad=True)
    total = w * 2
    total = total + w * 3
    assert total.grad_fn is not None and torch.autograd.grad(total, w)[0] == 2 + 3
    assert isinstance((w * 2).item() + (w * 3).item(), float)


def test_backward_frees_the_activations():
    """A kept loss holds the activations of its batch unless backward() has freed them."""

    def kept(backward):
        w = torch.ones(3, requires_grad=True)
        hidden = (w * torch.randn(50, 3)).sigmoid()  # sigmoid saves its result
        watch = weakref.ref(hidden.untyped_storage())
        loss = hidden.mean()
        if backward:
            loss.backward()
        total = 0.0
        total += loss
        del hidden, loss
        return total.grad_fn is not None, watch() is not None

    assert kept(backward=True) == (True, False) and kept(backward=False) == (True, True)


def test_a_list_of_layers_stays_behind(wrong, raises):
    """to() moves no layer that stands in a Python list, so the forward pass raises on another device or dtype."""
    net = wrong.Net().to("meta")
    assert {layer.weight.device.type for layer in net.layers} == {"cpu"}
    assert net.head.weight.device.type == "meta"
    with raises(RuntimeError, "Tensor on device cpu is not on the expected device meta"):
        net.layers[0](torch.ones(2, 3, device="meta"))


def test_one_batch_reveals_some_mistakes():
    """On one batch, a softmax or (N, 1) minus (N,) keeps the loss up; no zero_grad, view, or a list of layers do not."""

    def loss_after_training(mistake):
        torch.manual_seed(0)
        x, y = torch.randn(6, 2, 5, 3), torch.arange(6) % 4  # (N, H, W, C), (N,)
        first, head = nn.Linear(30, 16), nn.Linear(16, 1 if mistake == "broadcast" else 4)
        layers = [head] if mistake == "list" else [first, head]  # what parameters() holds
        optimizer = torch.optim.AdamW([p for layer in layers for p in layer.parameters()], lr=0.1)
        images = x.view(6, 3, 2, 5) if mistake == "view" else x.permute(0, 3, 1, 2)
        for _ in range(40):
            out = head(first(images.flatten(1)).tanh())
            if mistake == "broadcast":
                loss = ((out - y) ** 2).mean()
            else:
                loss = F.cross_entropy(out.softmax(1) if mistake == "softmax" else out, y)
            if mistake != "no zero_grad":
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    assert loss_after_training("softmax") > 0.7 and loss_after_training("broadcast") > 1
    for mistake in "none", "no zero_grad", "view", "list":
        assert loss_after_training(mistake) < 0.05


def test_equal_targets_hide_the_broadcast():
    """The mean square of (N, 1) minus (N,) for one constant guess is the variance of the targets, 0 only if all are equal."""
    pred = torch.full((4, 1), 2.5)
    assert ((pred - torch.tensor([1.0, 2.0, 3.0, 4.0])) ** 2).mean() == 1.25
    assert ((pred - torch.full((4,), 2.5)) ** 2).mean() == 0


def test_state_dict_follows_the_model():
    """state_dict() follows the model, and so does its copy(), which is shallow; copy.deepcopy does not."""
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 3.0)
    best, shallow, deep = model.state_dict(), model.state_dict().copy(), copy.deepcopy(model.state_dict())
    nn.init.constant_(model.weight, 7.0)
    assert best["weight"].tolist() == shallow["weight"].tolist() == [[7.0, 7.0]]
    assert deep["weight"].tolist() == [[3.0, 3.0]]


class Noise(Dataset):
    """Each sample draws from a generator that the dataset holds."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return self.rng.random()


def test_workers_copy_the_generator():
    """A default_rng in the dataset is copied into each worker, forked or pickled, and again in the next epoch."""
    loader = DataLoader(Noise(), batch_size=2, num_workers=2)
    for _ in range(2):
        batches = [batch.tolist() for batch in loader]
        assert batches[0] == batches[1] and batches[2] == batches[3] and batches[0] != batches[2]
        assert batches[0] == [Noise()[0], Noise().rng.random(2)[1].item()]
    one, two = (pickle.loads(pickle.dumps(loader.dataset.rng)) for _ in range(2))  # as spawn does
    assert one.random() == two.random() == Noise()[0]


def test_scheduler_in_the_wrong_loop():
    """StepLR(step_size=10), stepped in each of 20 batches, has cut the rate twice after one epoch."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
    for _ in range(20):
        optimizer.step()
        scheduler.step()
    assert abs(scheduler.get_last_lr()[0] - 0.01) < 1e-9


def test_the_loss_falls_on_noise():
    """On inputs that say nothing about the labels, the loss falls all the same, to a constant guess."""
    torch.manual_seed(0)
    x, y = torch.randn(500, 3), (torch.rand(500) < 0.1).long()  # one in ten
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(100):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]
    assert (model(x).argmax(dim=1) == 0).all()


def test_mse_loss_warns():
    """nn.MSELoss warns about (N, 1) against (N,); the difference of the tensors gives (N, N) without a warning."""
    pred, target = torch.ones(3, 1), torch.ones(3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert ((pred - target) ** 2).shape == (3, 3) and not caught
        nn.MSELoss()(pred, target)
    assert "Using a target size" in str(caught[0].message)


def test_the_optimizer_keeps_the_old_layer():
    """A layer that replaces another one after the optimizer was built does not move."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model[1] = nn.Linear(4, 5)
    before = model[1].bias.detach().clone()
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    assert model[1].bias.grad is not None and torch.equal(model[1].bias, before)
