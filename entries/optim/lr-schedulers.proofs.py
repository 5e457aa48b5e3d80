"""Proofs of lr-schedulers."""

import math
import warnings

import torch
from torch import nn
from torch.optim import lr_scheduler


def new_optimizer(lr=0.1):
    return torch.optim.SGD([torch.zeros(1)], lr=lr, momentum=0.9)


def rates_of(make, calls, lr=0.1):
    """The rates that an optimizer has before each of some calls of step()."""
    optimizer = new_optimizer(lr)
    scheduler, seen = make(optimizer), []
    for _ in range(calls):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def close(found, expected):
    return all(math.isclose(a, b, abs_tol=1e-12) for a, b in zip(found, expected, strict=True))


class Recorder(torch.optim.SGD):
    """Notes the rate of each of its steps."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rates = []

    def step(self, closure=None):
        self.rates.append(self.param_groups[0]["lr"])
        return super().step(closure)


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    loader = [(torch.randn(4, 3), torch.randn(4, 1)) for _ in range(2)]
    optimizer = Recorder(model.parameters(), lr=0.1)
    start = model.weight.detach().clone()
    return {
        "torch": torch, "model": model, "start": start, "loader": loader, "criterion": nn.MSELoss(),
        "optimizer": optimizer, "epochs": 5,
    }  # fmt: skip


def test_answer(answer):
    """Each epoch trains with one rate, and the rates of the epochs follow half a cosine."""
    cosine = [0.1 * (1 + math.cos(math.pi * e / 5)) / 2 for e in range(5) for _ in range(2)]
    assert close(answer.optimizer.rates, cosine)
    assert not torch.equal(answer.model.weight, answer.start)


def test_default(default):
    """After T_max calls, CosineAnnealingLR has reached eta_min, which is 0 by default."""
    assert math.isclose(default.scheduler.get_last_lr()[0], 0, abs_tol=1e-12)
    assert len(default.loader) == 5 and default.scheduler.last_epoch == 6


def test_compare(compare):
    """StepLR, MultiStepLR, CosineAnnealingLR, and LambdaLR follow their formulas."""
    formulas = {
        "step": lambda e: 0.1 * 0.5 ** (e // 3),
        "multi": lambda e: 0.1 * 0.1 ** ((e >= 2) + (e >= 5)),
        "cosine": lambda e: 0.1 * (1 + math.cos(math.pi * e / 8)) / 2,
        "lambda": lambda e: 0.1 / (e + 1),
    }
    for name, formula in formulas.items():
        assert close(compare.rates(compare.schedules[name]), [formula(e) for e in range(8)])


def test_warm_up(warm_up):
    """SequentialLR runs LinearLR up to its milestone and the cosine from there."""
    for i, rate in enumerate(warm_up.rates):
        wave = 1e-4 + (0.01 - 1e-4) * (1 + math.cos(math.pi * (i - 5) / 15)) / 2
        assert math.isclose(rate, 0.01 * (0.1 + 0.9 * i / 5) if i < 5 else wave)
    assert len(warm_up.rates) == 20


def test_plateau(plateau):
    """ReduceLROnPlateau multiplies the rate by `factor` after over `patience` calls without a new best."""
    assert plateau.rates == [0.1] * 4 + [0.05] * 3


def test_step_per_batch_drops_early(wrong):
    """StepLR with step_size=30 drops the rate 3 times in 100 calls, and 6 times in 200."""
    rates = rates_of(lambda o: lr_scheduler.StepLR(o, 30), 101)
    assert [n for n in range(1, 101) if rates[n] != rates[n - 1]] == [30, 60, 90]
    assert (wrong.scheduler.step_size, wrong.scheduler.last_epoch) == (30, 200)
    assert math.isclose(wrong.scheduler.get_last_lr()[0], 0.1 * 0.5 ** (200 // 30))


def test_right(right):
    """StepLR with step_size=30 keeps the initial rate until the 30th call, however many batches there are."""
    assert (right.epoch, right.batch, right.scheduler.last_epoch) == (1, 99, 2)
    seen = [right.scheduler.get_last_lr()[0]]
    for _ in range(30):
        right.scheduler.step()
        seen.append(right.scheduler.get_last_lr()[0])
    assert seen == [0.1] * 28 + [0.05] * 3  # after 2 calls, after 3, …


def test_cosine_rises_after_t_max():
    """CosineAnnealingLR climbs back to the initial rate by 2 * T_max calls; with warm restarts it jumps."""
    rates = rates_of(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=4), 9)
    assert close(rates, [0.1 * (1 + math.cos(math.pi * e / 4)) / 2 for e in range(9)])
    assert rates[4] < rates[5] < rates[6] < rates[7] < rates[8] and math.isclose(rates[8], 0.1)
    rates = rates_of(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=4), 9)
    assert close(rates, [0.1 * (1 + math.cos(math.pi * (e % 4) / 4)) / 2 for e in range(9)])


def test_the_rate_is_in_the_optimizer():
    """A new scheduler resumes exactly if both states are loaded after it is built, not with its own alone."""
    makes = [
        lambda o: lr_scheduler.StepLR(o, step_size=2, gamma=0.5),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=10),
        lambda o: lr_scheduler.LambdaLR(o, lambda n: 1 / (n + 1)),
        lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=20),
        lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=10),
    ]
    for make in makes:
        whole = rates_of(make, 7)
        optimizer = new_optimizer()
        scheduler = make(optimizer)
        for _ in range(4):
            optimizer.step()
            scheduler.step()
        states = optimizer.state_dict(), scheduler.state_dict()
        for both in (False, True):
            optimizer = new_optimizer()
            scheduler = make(optimizer)
            if both:
                optimizer.load_state_dict(states[0])
            scheduler.load_state_dict(states[1])
            resumed = []
            for _ in range(3):
                resumed.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                scheduler.step()
            assert close(resumed, whole[4:]) == both
            assert (resumed[0] == whole[0]) != both  # the rate that a new scheduler starts with


def test_building_changes_the_rate():
    """LinearLR, LambdaLR, and OneCycleLR set the optimizer's rate when they are built, even after loading."""
    optimizer = new_optimizer(lr=0.4)
    lr_scheduler.LinearLR(optimizer, start_factor=0.25)
    assert optimizer.param_groups[0]["lr"] == 0.1
    for make, rate in [
        (lambda o: lr_scheduler.LinearLR(o, start_factor=0.25), 0.1 * 0.25),  # once more
        (lambda o: lr_scheduler.LambdaLR(o, lambda n: 1 / (n + 1)), 0.4),
        (lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=20, div_factor=10), 0.5 / 10),
    ]:
        loaded = new_optimizer()
        loaded.load_state_dict(optimizer.state_dict())
        make(loaded)
        assert math.isclose(loaded.param_groups[0]["lr"], rate)


def test_plateau_needs_the_metric(raises):
    """ReduceLROnPlateau.step() without the metric raises; with mode="min", the default, an improving accuracy lowers the
    rate."""
    scheduler = lr_scheduler.ReduceLROnPlateau(new_optimizer())
    with raises(TypeError, "missing 1 required positional argument: 'metrics'"):
        scheduler.step()
    for mode, rate in ("min", 0.1 * 0.5**3), ("max", 0.1):  # of an accuracy that improves
        optimizer = new_optimizer()
        scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, mode=mode, factor=0.5, patience=0)
        for accuracy in (0.5, 0.6, 0.7, 0.8):
            scheduler.step(accuracy)
        assert math.isclose(optimizer.param_groups[0]["lr"], rate)


def test_scheduler_first():
    """With scheduler.step() before optimizer.step(), each rate comes one call early, and most schedulers warn."""
    optimizer = Recorder([torch.zeros(1)], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            scheduler.step()
            optimizer.step()
    assert optimizer.rates == [0.5, 0.25, 0.125]
    assert "Detected call of `lr_scheduler.step()` before `optimizer.step()`" in str(caught[0].message)
    optimizer = Recorder([torch.zeros(1)], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(6):
            scheduler.step()
            optimizer.step()
    assert optimizer.rates == [1, 1, 0.5, 0.5, 0.5, 0.25]  # the first rate serves twice instead of three times


def test_get_last_lr():
    """get_last_lr gives the rate of each group of parameters, as the optimizer holds it."""
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.4}]
    optimizer = torch.optim.SGD(groups, lr=0.2)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.1, 0.2] == [group["lr"] for group in optimizer.param_groups]


def test_last_epoch_needs_a_loaded_optimizer(raises):
    """last_epoch with a new optimizer raises, and works once the optimizer's state is loaded."""
    with raises(KeyError, "param 'initial_lr' is not specified in param_groups[0]"):
        lr_scheduler.StepLR(new_optimizer(), 10, last_epoch=5)
    before = new_optimizer()
    lr_scheduler.StepLR(before, 10)
    after = new_optimizer()
    after.load_state_dict(before.state_dict())
    assert lr_scheduler.StepLR(after, 10, last_epoch=5).last_epoch == 6


def test_plot(plot):
    """OneCycleLR first rises to max_lr and then falls almost to zero."""
    one_cycle = rates_of(plot.schedules["OneCycleLR"], 50)
    assert one_cycle[0] < 0.01 and max(one_cycle) == one_cycle[14] and one_cycle[-1] < 1e-5


def test_plateau_watches_a_value(raises):
    """ReduceLROnPlateau.step() needs the value that it watches, and lowers the rate when that stops falling."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    with raises(TypeError, "metrics"):
        scheduler.step()
    for loss in [3.0, 2.0, 2.0]:
        scheduler.step(loss)
    assert scheduler.get_last_lr() == [0.5]


def test_verbose_is_gone(raises):
    """Since torch 2.7, schedulers have no verbose; get_last_lr() returns what it printed."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=1.0)
    with raises(TypeError if torch.__version__ >= (2, 7) else UserWarning, "verbose"):
        torch.optim.lr_scheduler.StepLR(optimizer, 1, verbose=True)
    assert torch.optim.lr_scheduler.StepLR(optimizer, 1).get_last_lr() == [1.0]


def test_both_names_of_the_class():
    """torch.optim.lr_scheduler holds LRScheduler, the public name since torch 2.0, and still _LRScheduler."""
    assert issubclass(lr_scheduler._LRScheduler, lr_scheduler.LRScheduler)
    assert issubclass(lr_scheduler.StepLR, lr_scheduler.LRScheduler)


def test_a_loss_is_taken_for_an_epoch():
    """A loss that is passed to the step() of CosineAnnealingLR is taken for the number of the epoch, with a warning."""
    optimizer = new_optimizer()
    scheduler = lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    optimizer.step()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scheduler.step(2.5)
    assert "The epoch parameter in `scheduler.step()` was not necessary" in str(caught[0].message)
    assert scheduler.last_epoch == 2.5
    assert math.isclose(optimizer.param_groups[0]["lr"], 0.1 * (1 + math.cos(math.pi * 2.5 / 10)) / 2)


def test_a_scheduler_that_does_not_warn():
    """CosineAnnealingWarmRestarts does not warn when its step() comes before optimizer.step(), as OneCycleLR does."""
    for make, warned in (
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=4), 0),
        (lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=9), 1),
    ):
        optimizer = new_optimizer()
        scheduler = make(optimizer)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scheduler.step()
            optimizer.step()
        assert sum("before `optimizer.step()`" in str(w.message) for w in caught) == warned


def test_get_last_lr_is_what_the_scheduler_set():
    """get_last_lr() returns what the scheduler set last, also after somebody else has written another rate."""
    optimizer = new_optimizer()
    scheduler = lr_scheduler.StepLR(optimizer, 5)
    optimizer.param_groups[0]["lr"] = 7.0
    assert scheduler.get_last_lr() == [0.1]


def test_one_cycle_ends(raises):
    """OneCycleLR takes total_steps calls of step() and raises at the next one."""
    optimizer = new_optimizer()
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=5)
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    with raises(ValueError, "Tried to step 6 times. The specified number of total steps is 5"):
        scheduler.step()
