"""Proofs of set-lr."""

import math
import warnings

import torch
from torch import nn
from torch.optim import lr_scheduler


def given():
    a, b = nn.Parameter(torch.tensor([3.0])), nn.Parameter(torch.tensor([5.0]))
    return {"a": a, "b": b, "optimizer": torch.optim.SGD([a, b], lr=0.1)}


def test_answer(answer):
    """The next step() uses the rate written into the group."""
    assert [group["lr"] for group in answer.optimizer.param_groups] == [1e-4]
    answer.a.grad, answer.b.grad = torch.tensor([4.0]), torch.tensor([8.0])
    answer.optimizer.step()
    torch.testing.assert_close(answer.a.detach(), torch.tensor([3 - 1e-4 * 4]))
    torch.testing.assert_close(answer.b.detach(), torch.tensor([5 - 1e-4 * 8]))


def test_default(default):
    """A change of the rate keeps the momentum buffer."""
    torch.manual_seed(0)
    start = nn.Linear(3, 1)
    x, y = torch.randn(20, 3), torch.randn(20, 1)
    w = torch.cat([start.weight.detach().flatten(), start.bias.detach()])
    x1, v = torch.cat([x, torch.ones(20, 1)], dim=1), torch.zeros(4)
    for epoch in range(6):
        v = 0.9 * v + 2 * ((x1 @ w - y[:, 0]) @ x1) / 20
        w = w - (0.1 if epoch < 4 else 0.01) * v
    torch.testing.assert_close(torch.cat([default.model.weight.flatten(), default.model.bias]).detach(), w)


def test_adam_keeps_its_means():
    """A change of the rate keeps the running means of Adam; a new optimizer has no state."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([w], lr=0.1)
    w.grad = torch.tensor([1.0, 2.0])
    optimizer.step()
    mean = optimizer.state[w]["exp_avg"].clone()
    optimizer.param_groups[0]["lr"] = 0.01
    assert torch.equal(optimizer.state[w]["exp_avg"], mean)
    assert not torch.optim.Adam([w]).state


def test_resume(resume):
    """load_state_dict() brings back the saved rate, whatever was passed to the constructor."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([w], lr=0.002)
    optimizer.load_state_dict(torch.optim.AdamW([w], lr=0.03).state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.03
    assert resume.saved["param_groups"][0]["lr"] == 0.01


def test_wrong(wrong):
    """optimizer.lr = … changes nothing: step() still uses the rate of the group."""
    assert 5 - wrong.w.item() == 0.5 * 4


def test_right(right):
    """A rate written into param_groups is the one that step() uses."""
    assert 5 - right.w.item() == 0.125 * 4


def test_wrong_scheduler(wrong_scheduler):
    """LambdaLR computes every rate from its base, so a rate written by hand lasts for one step."""
    assert wrong_scheduler.used == [1.0, 0.5, 0.1, 0.5**3, 0.5**4]
    assert wrong_scheduler.w.shape == (2,)


def test_right_scheduler(right_scheduler):
    """LambdaLR multiplies scheduler.base_lrs, from its next step() on."""
    assert right_scheduler.used == [1.0, 0.5, 0.25, 0.4 * 0.5**3, 0.4 * 0.5**4]
    assert right_scheduler.w.shape == (2,)


def after(make, lr=None):
    """The rate after three steps of a scheduler, with lr written by hand before the third."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=1.0, momentum=0.9)
    scheduler = make(optimizer)
    for i in range(3):
        if i == 2 and lr is not None:
            optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
        scheduler.step(1.0) if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else scheduler.step()
    return optimizer.param_groups[0]["lr"]


def test_schedulers_that_go_on():
    """StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR, ReduceLROnPlateau go on from the value they find."""
    for make, factor in (
        (lambda o: lr_scheduler.StepLR(o, step_size=3, gamma=0.2), 0.2),
        (lambda o: lr_scheduler.MultiStepLR(o, milestones=[3], gamma=0.2), 0.2),
        (lambda o: lr_scheduler.ExponentialLR(o, gamma=0.2), 0.2),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.2, patience=1), 0.2),
        (
            lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=9),
            (1 + math.cos(math.pi * 3 / 9)) / (1 + math.cos(math.pi * 2 / 9)),
        ),
    ):
        assert math.isclose(after(make, lr=0.03), 0.03 * factor)


def test_cosine_after_t_max():
    """After T_max steps, CosineAnnealingLR computes its rate from the base rate again, whatever was written by hand."""
    seen = []
    for lr in (1.0, 0.03):
        optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=1.0)
        scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
        for i in range(6):
            if i == 2:
                optimizer.param_groups[0]["lr"] *= lr
            optimizer.step()
            scheduler.step()
            seen.append(optimizer.param_groups[0]["lr"])
    assert math.isclose(seen[8], 0.03 * seen[2])
    assert math.isclose(seen[4 + 6], seen[4]) and seen[4] > 0.1


def test_schedulers_that_overwrite():
    """LambdaLR, OneCycleLR, CosineAnnealingWarmRestarts overwrite a rate written by hand."""
    for make in (
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.5**epoch),
        lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=9),
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=9),
    ):
        assert after(make, lr=0.03) == after(make)


def test_get_last_lr():
    """get_last_lr() does not see a rate written since the scheduler's last step()."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.5)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=2)
    optimizer.param_groups[0]["lr"] = 0.125
    assert scheduler.get_last_lr() == [0.5]


def test_get_lr_may_be_another_rate():
    """get_lr() outside step() warns, and may return another rate than the one in use."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    for _ in range(2):
        optimizer.step()
        scheduler.step()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        (rate,) = scheduler.get_lr()
    assert "please use `get_last_lr()`" in str(seen[0].message)
    assert math.isclose(rate, 0.01) and scheduler.get_last_lr() == [optimizer.param_groups[0]["lr"]] == [0.1]


def test_optimizers_with_step_sizes_of_their_own():
    """The next step() uses a new rate in SGD and Adam, one step later in ASGD, and never in a Rprop that has begun."""
    for name, expected in ("SGD", [0, 0]), ("Adam", [0, 0]), ("ASGD", [1, 0]), ("Rprop", [1, 1]):
        w = nn.Parameter(torch.tensor([8.0]))
        optimizer = getattr(torch.optim, name)([w], lr=0.01)
        moved = []
        for i in range(3):
            if i == 1:
                optimizer.param_groups[0]["lr"] = 1e-8
            w.grad, before = torch.tensor([1.0]), w.item()
            optimizer.step()
            moved.append(abs(w.item() - before) > 1e-3)
        assert moved == [1, *expected]


def test_first_group_only():
    """A rate written into param_groups[0] leaves the other groups as they are."""
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.01
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 0.5]


def test_initial_lr():
    """A new LambdaLR starts from initial_lr, which the first scheduler stored, unless you set that key too."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=1.0)
    lr_scheduler.StepLR(optimizer, step_size=2)
    (group,) = optimizer.param_groups
    group["lr"] = 0.125
    lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
    assert group["lr"] == 1.0
    group["lr"] = group["initial_lr"] = 0.125
    lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
    assert group["lr"] == 0.125


def test_a_negative_rate(raises):
    """SGD, Adam, and AdamW refuse a learning rate below 0, and take 0."""
    for make in torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW:
        with raises(ValueError, "Invalid learning rate: -0.1"):
            make([nn.Parameter(torch.ones(2))], lr=-0.1)
        make([nn.Parameter(torch.ones(2))], lr=0.0)


def test_a_rate_that_is_text(raises):
    """A learning rate that is text raises in AdamW and in SGD; PyYAML reads 1e-3 as text, and 1.0e-3 as a number."""
    w = nn.Parameter(torch.ones(2))
    with raises(TypeError, "'<=' not supported between instances of 'float' and 'str'"):
        torch.optim.AdamW([w], lr="1e-3")
    with raises(TypeError, "'<' not supported between instances of 'str' and 'float'"):
        torch.optim.SGD([w], lr="1e-3")
    assert torch.optim.AdamW([w], lr=float("1e-3")).param_groups[0]["lr"] == 0.001
    try:
        import yaml
    except ImportError:
        return
    assert yaml.safe_load("[1e-3, 1.0e-3, 0.001]") == ["1e-3", 0.001, 0.001]
