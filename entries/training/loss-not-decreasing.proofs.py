"""Proofs of loss-not-decreasing."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def learn(model, x, y, steps, lr=0.01):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def mlp(inputs, classes):
    return nn.Sequential(nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, classes))


def given():
    torch.manual_seed(0)
    x, y = torch.randn(12, 8), torch.arange(12) % 5
    model = mlp(8, 5)
    return {
        "torch": torch,
        "model": model,
        "loader": torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=7),
        "criterion": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.Adam(model.parameters(), lr=0.01),
        "device": "cpu",
    }


def test_answer(answer):
    """300 steps on one batch bring the loss of a small network from ln(C) near zero."""
    assert (answer.x.shape, answer.step) == ((7, 8), 299)
    assert answer.loss < 0.1 < math.log(5)
    assert (answer.model(answer.x).argmax(dim=1) == answer.y).all()


def test_default(default):
    """The first loss is near ln(C); after 200 steps all 12 samples are classified correctly."""
    torch.manual_seed(0)
    x, y = torch.randn(12, 8), torch.randint(0, 5, (12,))
    assert torch.equal(x, default.x) and torch.equal(y, default.y)
    assert abs(F.cross_entropy(mlp(8, 5)(x), y).item() - math.log(5)) < 0.2
    assert default.loss < 0.02
    assert (default.model(x).argmax(dim=1) == y).all()


def test_small_learning_rate_fails_too():
    """300 steps of SGD at 0.001 or of Adam at 1e-5 learn one batch as little as a bug would; Adam at 1e-3 learns it."""
    losses = []
    for kind, lr in [(torch.optim.SGD, 1e-3), (torch.optim.Adam, 1e-5), (torch.optim.Adam, 1e-3)]:
        torch.manual_seed(0)
        x, y = torch.randn(32, 64), torch.arange(32) % 10
        model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = kind(model.parameters(), lr=lr)
        for _ in range(300):
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 2 and losses[1] > 2 and losses[2] < 0.1


def test_small_networks_need_a_larger_rate():
    """300 steps of Adam at 1e-3 do not bring a small network, or targets far from 0, near zero; at 1e-2 and with
    standardized targets they do."""
    losses = []
    for lr in 1e-3, 1e-2:
        torch.manual_seed(0)
        x, y = torch.randn(32, 4), torch.randint(0, 3, (32,))
        model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 3))
        assert sum(p.numel() for p in model.parameters()) < 300
        losses.append(learn(model, x, y, 300, lr))
    assert losses[0] > 0.4 and losses[1] < 0.1
    torch.manual_seed(0)
    x, price = torch.randn(32, 13), 22 + 9 * torch.randn(32, 1)
    for target, small in (price, False), ((price - price.mean()) / price.std(), True):
        torch.manual_seed(1)
        model = nn.Sequential(nn.Linear(13, 64), nn.ReLU(), nn.Linear(64, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(300):
            loss = F.mse_loss(model(x), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert loss < 0.05 if small else loss > 10


def test_the_first_gradient_can_be_zero():
    """Behind a last layer that starts at zero, the other layers have a gradient of zeros in the first step only."""
    torch.manual_seed(0)
    body, head = nn.Linear(3, 4), nn.Linear(4, 2)
    nn.init.zeros_(head.weight)
    optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1)
    seen = []
    for _ in range(2):
        optimizer.zero_grad()
        F.cross_entropy(head(body(torch.ones(2, 3))), torch.tensor([0, 0])).backward()
        seen.append(bool(body.weight.grad.any()))
        optimizer.step()
    assert seen == [False, True]


def test_a_frozen_parameter_has_no_gradient():
    """The grad of a parameter with requires_grad=False stays None after backward()."""
    body, head = nn.Linear(3, 4).requires_grad_(False), nn.Linear(4, 2)
    head(body(torch.ones(1, 3))).sum().backward()
    assert body.weight.grad is None and head.weight.grad is not None


def test_random_labels_can_be_learned(default):
    """A network with enough parameters memorizes a batch whose labels are random."""
    assert default.loss < 0.02  # its labels come from randint
    torch.manual_seed(1)
    for seed in range(3):
        torch.manual_seed(seed)
        x, y = torch.randn(12, 8), torch.randint(0, 10, (12,))
        assert learn(mlp(8, 10), x, y, 300) < 0.05


def test_first_loss():
    """A fresh network starts near ln(C), 2.30 for 10 classes; inputs of 0-255 make it much larger, unless BatchNorm follows."""
    assert round(math.log(10), 2) == 2.3
    torch.manual_seed(0)
    for model in mlp(48, 10), nn.Linear(48, 10):
        raw = torch.randint(0, 256, (30, 48)).float()
        x, y = (raw / 255 - 0.5) / 0.5, torch.arange(30) % 10
        assert abs(F.cross_entropy(model(x), y).item() - 2.30) < 0.3
        assert F.cross_entropy(model(raw), y).item() > 10
    assert F.cross_entropy(nn.Sequential(nn.BatchNorm1d(48), mlp(48, 10))(raw), y).item() < 3


def test_gradients(gradients):
    """grad is None for a layer that the loss does not use, and a parameter outside the optimizer does not move."""
    model, before = gradients.model, gradients.before
    has_grad = [name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()]
    assert has_grad == ["body.weight", "body.bias", "head.weight", "head.bias"]
    moved = [name for name, p in model.named_parameters() if not torch.equal(p, before[name])]
    assert moved == ["head.weight", "head.bias"]


def test_zero_grad_sets_none():
    """After zero_grad(), grad is None for every parameter, so that it has to be looked at right after backward()."""
    layer = nn.Linear(3, 4)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(5, 3)).sum().backward()
    assert layer.weight.grad.any()
    optimizer.step()
    optimizer.zero_grad()
    assert layer.weight.grad is None


def test_detach_cuts_the_graph():
    """detach() inside the network leaves the layers before it without gradients."""
    body, head = nn.Linear(3, 4), nn.Linear(4, 2)
    head(body(torch.ones(5, 3)).detach()).sum().backward()
    assert body.weight.grad is None and head.weight.grad.any()


def test_inspect(inspect):
    """Dividing by 255 and normalizing by 0.5 brings pixels from 0-255 into the range from -1 to 1."""
    assert (inspect.x.min(), inspect.x.max()) == (-1, 1)
    assert inspect.y.bincount().tolist() == [inspect.y.tolist().count(c) for c in range(4)]


def test_wrong(wrong):
    """After a softmax, cross-entropy cannot fall below ln(e + C - 1) - 1, which is 1.46 for 10 classes."""
    assert abs(wrong.loss.item() - (math.log(math.e + 9) - 1)) < 1e-4
    torch.manual_seed(0)
    for scale in 1, 10, 1000:
        logits = scale * torch.randn(50, 10)
        assert F.cross_entropy(logits.softmax(dim=1), logits.argmax(dim=1)) >= 1.4611


def test_right(right):
    """From logits, the cross-entropy of sure and right predictions is near zero."""
    by_hand = math.log(math.exp(50) + 9) - 50
    assert abs(right.loss.item() - by_hand) < 1e-6
    assert right.logits.diagonal().tolist() == [50.0] * 10


def test_wrong_optimizer(wrong_optimizer):
    """A layer that replaces another after the optimizer was built is not in the optimizer."""
    held = {id(p) for p in wrong_optimizer.held}
    assert [id(p) in held for p in wrong_optimizer.model.parameters()] == [True, True, False, False]
    assert sum(p.numel() for p in wrong_optimizer.held) == (4 * 3 + 3) + (3 * 2 + 2)


def test_right_optimizer(right_optimizer):
    """An optimizer built afterwards holds every parameter of the model."""
    assert {id(p) for p in right_optimizer.held} == {id(p) for p in right_optimizer.model.parameters()}
    assert sum(p.numel() for p in right_optimizer.held) == (4 * 3 + 3) + (3 * 7 + 7)


def test_mse_broadcasts():
    """MSELoss of (N, 1) against (N,) averages over every pair of samples."""
    out, target = torch.tensor([[1.0], [2.0], [5.0]]), torch.tensor([1.0, 2.0, 5.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = nn.MSELoss()(out, target)
    pairs = [(a - b) ** 2 for a in [1, 2, 5] for b in [1, 2, 5]]
    assert abs(loss.item() - sum(pairs) / 9) < 1e-6
    assert nn.MSELoss()(out.squeeze(1), target) == 0


def test_gradients_add_up():
    """Without zero_grad(), the second backward() adds to the gradients of the first."""
    w = torch.tensor([2.0], requires_grad=True)
    (3 * w).sum().backward()
    (4 * w).sum().backward()
    assert w.grad.item() == 7


def test_dropout_makes_the_loss_noisy():
    """In train mode, Dropout gives the same batch another loss in each step; with p = 0 it does not."""
    torch.manual_seed(0)
    drop = nn.Dropout(0.5)
    model = nn.Sequential(nn.Linear(8, 32), drop, nn.Linear(32, 5))
    x, y = torch.randn(12, 8), torch.arange(12) % 5
    assert len({F.cross_entropy(model(x), y).item() for _ in range(5)}) == 5
    drop.p = 0
    assert len({F.cross_entropy(model(x), y).item() for _ in range(5)}) == 1


def test_saturated_inputs_give_one_output():
    """Constant inputs give every sample the same output, and so can very large inputs through a sigmoid."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 4), nn.Sigmoid(), nn.Linear(4, 3))
    out = model(torch.full((5, 8), 0.5))
    torch.testing.assert_close(out, out[:1].expand(5, 3))
    x = torch.rand(5, 8)
    big = model(1e6 * (x + 10))
    torch.testing.assert_close(big, big[:1].expand(5, 3))
    assert not torch.allclose(model(x), model(x)[:1].expand(5, 3))


def test_floor_of_label_smoothing():
    """With label_smoothing=0.1 the cross-entropy of 10 classes cannot fall below the entropy of the targets, 0.50."""
    target = [0.91] + [0.01] * 9
    floor = -sum(p * math.log(p) for p in target)
    assert round(floor, 2) == 0.5
    logits = torch.tensor([target]).log()  # the best possible
    torch.testing.assert_close(F.cross_entropy(logits, torch.tensor([0]), label_smoothing=0.1).item(), floor, atol=1e-5, rtol=0)
    torch.manual_seed(0)
    for _ in range(50):
        other = logits + 0.1 * torch.randn(1, 10)
        assert F.cross_entropy(other, torch.tensor([0]), label_smoothing=0.1) > floor - 1e-6
