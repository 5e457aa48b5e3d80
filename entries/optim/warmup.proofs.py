"""Proofs of warmup."""

import math

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR


def optimizer_of(lr):
    return torch.optim.SGD([nn.Parameter(torch.zeros(2))], lr=lr)


def given():
    return {
        "torch": torch,
        "optimizer": torch.optim.AdamW([nn.Parameter(torch.zeros(2))], lr=0.01),
        "loader": [torch.ones(2)] * 25,
        "epochs": 4,
    }


def rates(optimizer, scheduler, steps):
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def warm_cosine(peak, warm, total):
    """A straight line up to the peak, then half a cosine down, by the formula."""
    up = [peak * i / warm for i in range(1, warm + 1)]
    down = [peak * math.cos(math.pi / 2 * i / (total - warm)) ** 2 for i in range(total - warm)]
    return up + down


def close(a, b):
    return len(a) == len(b) and all(math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-12) for x, y in zip(a, b))


def test_answer(answer):
    """The rate reaches the optimizer's lr after 5 % of the steps and falls along half a cosine to 0."""
    assert (answer.total, answer.warm) == (100, 5)
    seen = rates(answer.optimizer, answer.scheduler, 101)
    assert close(seen, warm_cosine(0.01, 5, 100) + [0.0])


def test_answer_without_warm_up():
    """With fewer than 20 steps, the warm-up is empty and the cosine starts at the full rate."""
    total, warm = 9, 9 // 20
    optimizer = optimizer_of(0.5)
    scheduler = LambdaLR(optimizer, lambda step: (
        (step + 1) / warm if step < warm
        else 0.5 + 0.5 * math.cos(math.pi * (step - warm) / (total - warm))
    ))
    assert close(rates(optimizer, scheduler, 9), warm_cosine(0.5, 0, 9))


def test_default(default):
    """LambdaLR calls its function with the number of step() calls so far, starting with 0."""
    assert close([0.01 * default.scheduler.lr_lambdas[0](i) for i in range(15)], warm_cosine(0.01, 3, 15))
    assert default.scheduler.last_epoch == 15
    called = []
    optimizer = optimizer_of(0.5)
    scheduler = LambdaLR(optimizer, lambda step: called.append(step) or 1.0)
    rates(optimizer, scheduler, 2)
    assert called == [0, 1, 2]


def test_sequential(sequential):
    """SequentialLR of LinearLR and CosineAnnealingLR gives the same curve."""
    optimizer = sequential.optimizer_again = torch.optim.AdamW([sequential.w], lr=0.01)
    scheduler = sequential.SequentialLR(optimizer, [
        LinearLR(optimizer, start_factor=1 / 3, total_iters=2), CosineAnnealingLR(optimizer, T_max=12)
    ], milestones=[3])
    assert close(rates(optimizer, scheduler, 15), warm_cosine(0.01, 3, 15))
    assert abs(sequential.scheduler.get_last_lr()[0]) < 1e-9 and sequential.w.shape == (2,)


def test_linear(linear):
    """The smaller of a rising and a falling line warms up and then decays to 0 at the last step; max keeps it at 0."""
    factor = linear.scheduler.lr_lambdas[0]
    assert close([factor(i) for i in range(4)], [1 / 4, 2 / 4, 3 / 4, 1])
    assert close([factor(i) for i in range(4, 13)], [1 - i / 8 for i in range(9)])
    assert factor(13) == factor(50) == 0
    assert linear.w.shape == (2,)


def test_transformer_paper(transformer_paper):
    """The rate of the paper peaks at step 4000 with 1 / sqrt(512 * 4000) and has halved again at step 16000."""
    factor = transformer_paper.scheduler.lr_lambdas[0]
    every = [factor(i) for i in range(16000)]
    assert every.index(max(every)) == 4000 - 1
    assert math.isclose(max(every), 1 / math.sqrt(512 * 4000))
    assert math.isclose(every[-1], max(every) / 2)
    assert math.isclose(every[0], max(every) / 4000)
    (group,) = transformer_paper.optimizer.param_groups
    assert (group["betas"], group["eps"], transformer_paper.w.shape) == ((0.9, 0.98), 1e-9, (2,))


def test_wrong(wrong):
    """LinearLR without arguments starts at a third of the rate and is done after 5 steps."""
    optimizer = optimizer_of(0.6)
    seen = rates(optimizer, LinearLR(optimizer), 7)
    assert close(seen, [0.6 * (1 / 3 + 2 / 3 * min(i, 5) / 5) for i in range(7)])
    assert wrong.w.shape == (2,)


def test_right(right):
    """start_factor is the first factor, and total_iters the number of steps up to the full rate."""
    optimizer = optimizer_of(0.6)
    seen = rates(optimizer, LinearLR(optimizer, start_factor=0.01, total_iters=10), 11)
    assert close(seen, [0.6 * (0.01 + 0.99 * i / 10) for i in range(11)])
    assert right.w.shape == (2,)


def test_once_per_epoch():
    """With one step() per epoch, 30 epochs of 100 batches end inside a warm-up of 5 % of the batches."""
    total, warm = 30 * 100, 30 * 100 // 20
    optimizer = optimizer_of(0.5)
    scheduler = LambdaLR(optimizer, lambda step: min(1, (step + 1) / warm))
    seen = rates(optimizer, scheduler, 30)
    assert max(seen) == 0.5 * 30 / 150 and total == 3000


def test_first_rate_of_zero():
    """A factor of step / warm makes the first rate 0, and the first step moves nothing."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([w], lr=0.5)
    scheduler = LambdaLR(optimizer, lambda step: min(1, step / 4))
    assert scheduler.get_last_lr() == [0.0]
    w.sum().backward()
    optimizer.step()
    assert w.tolist() == [1, 1]


def test_accumulation():
    """With an update every 4 batches, 3 epochs of 20 batches make 15 updates."""
    updates = sum((i + 1) % 4 == 0 for _ in range(3) for i in range(20))
    assert updates == 3 * 20 // 4 == 15


def test_state_dict_without_the_function():
    """LambdaLR.state_dict() holds None for a function; the one that you define on resume is used."""
    optimizer = optimizer_of(1.0)
    scheduler = LambdaLR(optimizer, lambda step: 0.5**step)
    rates(optimizer, scheduler, 2)
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [None]
    resumed = LambdaLR(optimizer, lambda step: 1 / (step + 1))
    resumed.load_state_dict(state)
    optimizer.step()
    resumed.step()
    assert optimizer.param_groups[0]["lr"] == 1 / 4  # step 3; 0.5**3 with the first function


def test_cosine_rises_again():
    """After total steps the cosine rises again, with LambdaLR and with CosineAnnealingLR."""
    for make in (
        lambda o: LambdaLR(o, lambda step: 0.5 + 0.5 * math.cos(math.pi * step / 10)),
        lambda o: CosineAnnealingLR(o, T_max=10),
    ):
        optimizer = optimizer_of(1.0)
        seen = rates(optimizer, make(optimizer), 16)
        assert min(seen) == seen[10] < 1e-9 and seen[15] > 0.4


def test_start_factor(raises):
    """LinearLR refuses a start_factor of 0, below 0, or above 1, and takes 1e-3 and 1."""
    for factor in (0.0, -0.5, 1.5):
        with raises(ValueError, "Starting multiplicative factor expected to be greater than 0"):
            LinearLR(optimizer_of(0.1), start_factor=factor)
    assert math.isclose(LinearLR(optimizer_of(0.1), start_factor=1e-3).get_last_lr()[0], 1e-4)
    assert LinearLR(optimizer_of(0.1), start_factor=1.0).get_last_lr() == [0.1]
