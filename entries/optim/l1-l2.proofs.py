"""Proofs of l1-l2."""

import inspect

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "model": nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.Linear(5, 2)),
        "criterion": nn.MSELoss(),
        "x": torch.randn(7, 3),
        "y": torch.randn(7, 2),
    }


def test_answer(answer):
    """The L1 term is the sum of the absolute values of all matrices; biases and norm layers are left out."""
    model = answer.model
    total = sum(abs(v) for layer in (model[0], model[2]) for row in layer.weight.tolist() for v in row)
    torch.testing.assert_close(answer.l1.item(), total)
    plain = (model(answer.x) - answer.y).square().mean()
    torch.testing.assert_close(answer.loss, plain + 1e-5 * total)
    (group,) = answer.optimizer.param_groups
    assert (type(answer.optimizer), group["lr"], group["weight_decay"]) == (torch.optim.AdamW, 1e-3, 0.01)
    answer.loss.backward()
    (slope,) = torch.autograd.grad(model[0].weight.abs().sum(), [model[0].weight])
    assert torch.equal(slope, model[0].weight.sign())


def test_default(default):
    """With L1, the weights of inputs that do not matter stay within 0.05 of 0."""
    plain = [float(w) for w in default.train(0.0)]
    penalized = [float(w) for w in default.train(0.2)]
    rest = (1, 2, 4, 5)
    assert max(abs(penalized[i]) for i in rest) < 0.05 < max(abs(plain[i]) for i in rest)
    assert abs(penalized[0]) > 1.5 and abs(penalized[3]) > 0.5
    torch.testing.assert_close(default.y, 2 * default.x[:, :1] - default.x[:, 3:4], rtol=0, atol=1.2)


def test_l2_by_hand(l2_by_hand):
    """SGD(weight_decay=λ) takes the same steps as λ/2 times the sum of the squares in the loss."""
    expected, v = torch.tensor([2.0, -1.0, 0.5]), torch.zeros(3)
    for _ in range(3):
        v = 0.9 * v + 2 * (expected - torch.tensor([3.0, 0.0, 1.0])) + 0.4 * expected
        expected = expected - 0.1 * v
    for result in l2_by_hand.train(0.4, 0.0), l2_by_hand.train(0.0, 0.4):
        torch.testing.assert_close(torch.tensor([float(w) for w in result]), expected, rtol=0, atol=1e-4)


def test_without_the_half():
    """λ times the sum of the squares, without the half, has the gradient of weight_decay=2 * λ."""
    w = torch.tensor([2.0, -1.0, 0.5], requires_grad=True)
    (0.3 * w.square().sum()).backward()
    torch.testing.assert_close(w.grad, 2 * 0.3 * w.detach())


def test_shrinking():
    """L2 shrinks each weight in proportion, L1 pulls each weight toward 0 by the same amount."""
    for penalty, step in (
        (lambda w: 0.5 * w.square().sum() / 2, torch.tensor([2.0, -0.1]) * 0.1 * 0.5),
        (lambda w: 0.5 * w.abs().sum(), torch.tensor([1.0, -1.0]) * 0.1 * 0.5),
    ):
        w = nn.Parameter(torch.tensor([2.0, -0.1]))
        optimizer = torch.optim.SGD([w], lr=0.1)
        penalty(w).backward()
        optimizer.step()
        torch.testing.assert_close(w.detach(), torch.tensor([2.0, -0.1]) - step)


def adam_path(weight_decay, penalty, make=torch.optim.Adam):
    w = nn.Parameter(torch.tensor([2.0, -1.0]))
    optimizer = make([w], lr=0.1, weight_decay=weight_decay)
    for size in (1.0, -3.0, 2.0):
        optimizer.zero_grad()
        (size * torch.tensor([0.1, 100.0]) * w + penalty / 2 * w.square()).sum().backward()
        optimizer.step()
    return w.detach()


def test_adam():
    """Adam(weight_decay=λ) takes the steps of the penalty λ/2 in the loss, and AdamW takes others."""
    torch.testing.assert_close(adam_path(0.4, 0.0), adam_path(0.0, 0.4))
    assert (adam_path(0.4, 0.0, torch.optim.AdamW) - adam_path(0.0, 0.4)).abs().max() > 0.01


def test_exact_zeros(exact_zeros):
    """softshrink after each step of SGD finds the exact minimum, with zeros where the goal is within the strength."""
    best = [max(abs(g) - 0.5, 0) * (1 if g > 0 else -1) for g in (2.0, 0.3, -0.1, -1.0)]
    torch.testing.assert_close(exact_zeros.w.detach(), torch.tensor(best))
    assert (exact_zeros.w == 0).tolist() == [False, True, True, False]


def test_in_the_loss_it_hovers():
    """In the loss, L1 makes such weights hover around 0 without staying there."""
    goal = torch.tensor([0.3, -0.1])
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.3)
    path = []
    for _ in range(60):
        optimizer.zero_grad()
        ((w - goal).square().sum() / 2 + 0.5 * w.abs().sum()).backward()
        optimizer.step()
        path.append(w.tolist())
    for i in range(2):
        last = [point[i] for point in path[-10:]]
        assert min(last) < 0 < max(last) and max(map(abs, last)) < 0.3


def test_no_option_for_l1():
    """No optimizer of torch.optim has an option for L1."""
    every = [c for c in vars(torch.optim).values() if inspect.isclass(c) and issubclass(c, torch.optim.Optimizer)]
    assert torch.optim.SGD in every and torch.optim.AdamW in every
    assert not [c for c in every for name in inspect.signature(c).parameters if "l1" in name]


def test_wrong(wrong):
    """The gradient of norm() is w / norm(w), whatever the size of w."""
    torch.testing.assert_close(wrong.w.grad, 0.1 / 2 * torch.tensor([3.0, -4.0]) / 5)


def test_right(right):
    """The gradient of λ/2 times the sum of the squares is λ * w."""
    torch.testing.assert_close(right.w.grad, 0.1 * torch.tensor([3.0, -4.0]))


def test_adamw_decays_by_default():
    """AdamW decays by lr * 0.01 per step unless weight_decay is given."""
    w = nn.Parameter(torch.ones(2))
    w.grad = torch.zeros(2)
    torch.optim.AdamW([w], lr=0.5).step()
    torch.testing.assert_close(w.detach(), torch.full((2,), 1 - 0.5 * 0.01))


def test_which_parameters_are_left_out():
    """p.ndim >= 2 leaves out biases and norm layers, but not those over several dims; weight_decay decays them all."""
    norms = nn.BatchNorm2d(4), nn.LayerNorm(5), nn.LayerNorm([4, 5, 5]), nn.RMSNorm([5, 5])
    model = nn.Sequential(nn.Conv2d(3, 4, 3), *norms)
    assert [name for name, p in model.named_parameters() if p.ndim >= 2] == ["0.weight", "3.weight", "3.bias", "4.weight"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.5, weight_decay=0.1)
    for p in model.parameters():
        nn.init.ones_(p)
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for p in model.parameters():
        torch.testing.assert_close(p.detach(), torch.full_like(p, 1 - 0.5 * 0.1))


def test_item_cuts_the_graph():
    """With item() or data in the penalty, the loss gets larger and the gradient stays as it was."""
    gradients, losses = [], []
    for penalty in (lambda w: 0.0, lambda w: w.square().sum().item(), lambda w: w.data.square().sum()):
        w = torch.tensor([2.0, -1.0], requires_grad=True)
        loss = (3 * w).sum() + penalty(w)
        loss.backward()
        gradients.append(w.grad.tolist())
        losses.append(loss.item())
    assert gradients == [[3, 3]] * 3 and losses == [3, 8, 8]


def test_the_penalty_raises_the_loss():
    """The same weights have another loss for each λ."""
    w = torch.tensor([2.0, -1.0])
    assert len({(strength * w.abs().sum()).item() for strength in (0.0, 0.1, 0.2)}) == 3


def test_adam_divides_an_l1_term():
    """With Adam, an L1 term in the loss moves a weight with large gradients far less than one with small gradients."""
    moved = []
    for strength in (0.0, 0.05):
        w = nn.Parameter(torch.tensor([3.0, 3.0]))
        optimizer = torch.optim.Adam([w], lr=0.01)
        for step in range(100):
            optimizer.zero_grad()
            sign = 1 if step % 2 == 0 else -1
            (sign * torch.tensor([0.1, 100.0]) * w).sum().add(strength * w.abs().sum()).backward()
            optimizer.step()
        moved.append(w.detach().clone())
    small, large = (moved[0] - moved[1]).tolist()
    assert small > 100 * abs(large)
