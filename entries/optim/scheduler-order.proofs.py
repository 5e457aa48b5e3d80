"""Proofs of scheduler-order."""

import types
import warnings

import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

ORDER = "Detected call of `lr_scheduler.step()` before `optimizer.step()`"
OVERRIDDEN = "Seems like `optimizer.step()` has been overridden"


def made(lr=1.0):
    """A parameter with a gradient of 3, its optimizer, and a scheduler that halves the learning rate."""
    w = nn.Parameter(torch.tensor([8.0]))
    w.grad = torch.tensor([3.0])
    optimizer = torch.optim.SGD([w], lr=lr)
    return w, optimizer, StepLR(optimizer, step_size=1, gamma=0.5)


def warned(work):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    return [str(one.message) for one in caught]


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return {
        "model": model,
        "optimizer": optimizer,
        "scheduler": StepLR(optimizer, step_size=1, gamma=0.5),
        "criterion": nn.CrossEntropyLoss(),
        "loader": [(torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))] * 2,
    }


def test_answer(answer):
    """All updates of the epoch use the first learning rate, and the scheduler changes it afterwards."""
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 1, 0])
    for _ in range(2):
        grads = torch.autograd.grad(nn.functional.cross_entropy(model(x), y), [*model.parameters()])
        with torch.no_grad():
            for p, grad in zip(model.parameters(), grads, strict=True):
                p -= 0.5 * grad
    torch.testing.assert_close(answer.model.weight, model.weight)
    assert answer.scheduler.get_last_lr() == [0.25]


def test_default(default):
    """In the right order, the epochs train with the learning rates 1, 1, 0.5, 0.5, and 0.25."""
    assert default.w.item() == 8 - 3 * (1 + 1 + 0.5 + 0.5 + 0.25)


def test_right(right):
    """In the right order the first learning rate is used; in the other order the schedule runs one step early."""
    assert right.w.item() == 8 - 3 * (1 + 0.5 + 0.25)
    w, optimizer, scheduler = made()
    assert ORDER in warned(lambda: [(scheduler.step(), optimizer.step()) for _ in range(3)])[0]
    assert w.item() == 8 - 3 * (0.5 + 0.25 + 0.125)


def test_amp(amp):
    """GradScaler shrinks its scale when it skips an update for inf, and the comparison keeps the scheduler back."""
    assert amp.w.item() == 8 - 3 * 1.0 - 5 * 0.5


def test_accumulate(accumulate):
    """With both calls under one if, the scheduler steps once per update."""
    assert accumulate.w.item() == 8 - 3 * 1.0 - 3 * 0.5


def test_a_skipped_first_update_warns():
    """GradScaler that skips the first update makes scheduler.step() warn, for inf and for NaN."""
    for value in float("inf"), float("nan"):
        w, optimizer, scheduler = made()
        scaler = torch.amp.GradScaler("cpu")
        optimizer.zero_grad()
        scaler.scale((w * value).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        assert w.item() == 8 and ORDER in warned(scheduler.step)[0]


def test_every_batch_with_accumulation_warns():
    """A scheduler that steps on each batch while gradients accumulate warns, and runs several times too fast."""
    _, optimizer, scheduler = made()

    def work():
        for i in range(4):
            if (i + 1) % 2 == 0:
                optimizer.step()
            scheduler.step()

    assert ORDER in warned(work)[0]
    assert scheduler.get_last_lr() == [0.5**4]  # after 2 updates


def test_a_loader_without_batches():
    """drop_last=True with fewer samples than batch_size gives no batch, and scheduler.step() warns."""
    _, optimizer, scheduler = made()

    def work():
        for _ in torch.utils.data.DataLoader(torch.arange(3), batch_size=4, drop_last=True):
            optimizer.step()
        scheduler.step()

    assert ORDER in warned(work)[0]


def test_schedulers_that_do_not_check():
    """ReduceLROnPlateau and CosineAnnealingWarmRestarts do not warn when they step first."""
    _, optimizer, _ = made()
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    assert warned(lambda: (plateau.step(1.0), optimizer.step())) == []
    _, optimizer, _ = made()
    restarts = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=5)
    assert warned(lambda: (restarts.step(), optimizer.step())) == []


def test_only_the_first_step_is_checked():
    """The first scheduler.step() without optimizer.step() warns; later ones do not."""
    _, optimizer, scheduler = made()
    optimizer.step()
    assert warned(lambda: [scheduler.step() for _ in range(3)]) == []
    _, optimizer, scheduler = made()
    assert len(warned(scheduler.step)) == 1 and warned(scheduler.step) == []


def test_steps_before_the_scheduler_was_built():
    """Steps that the optimizer took before its first scheduler was built do not count, and the warning comes."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
    for _ in range(3):
        optimizer.step()
    assert ORDER in warned(StepLR(optimizer, step_size=1).step)[0]


def test_parts_of_sequential_lr():
    """In SequentialLR, each part is checked at its own first step; once the optimizer has stepped, none warns."""
    for steps, expected in (0, 2), (1, 0):
        _, optimizer, _ = made()
        parts = [StepLR(optimizer, step_size=1, gamma=0.5) for _ in range(2)]
        scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, parts, milestones=[2])
        for _ in range(steps):
            optimizer.step()
        assert sum(ORDER in text for text in warned(lambda: [scheduler.step() for _ in range(4)])) == expected


def test_another_optimizer():
    """A scheduler warns if only another optimizer than its own has stepped."""
    _, _, scheduler = made()
    _, other, _ = made()
    other.step()
    assert ORDER in warned(scheduler.step)[0]


def test_resume_with_the_state():
    """The states of both resume the schedule; that of the scheduler alone leaves the initial learning rate; a loop warns."""
    _, optimizer, scheduler = made()
    for _ in range(2):
        optimizer.step()
        scheduler.step()
    saved = optimizer.state_dict(), scheduler.state_dict()

    _, optimizer, scheduler = made()
    optimizer.load_state_dict(saved[0])
    scheduler.load_state_dict(saved[1])
    assert warned(lambda: (optimizer.step(), scheduler.step())) == []
    assert scheduler.get_last_lr() == [0.125]

    _, optimizer, scheduler = made()
    scheduler.load_state_dict(saved[1])
    assert scheduler.get_last_lr() == [0.25] and optimizer.param_groups[0]["lr"] == 1.0

    _, _, scheduler = made()
    assert ORDER in warned(lambda: [scheduler.step() for _ in range(2)])[0]


def test_hooks_instead_of_replacing_step():
    """Replacing optimizer.step after the scheduler was built warns; a step hook runs at each step and does not warn."""
    _, optimizer, scheduler = made()
    step = optimizer.step
    optimizer.step = lambda: step()
    assert OVERRIDDEN in warned(lambda: (optimizer.step(), scheduler.step()))[0]

    w, optimizer, scheduler = made()
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(w.item()))
    optimizer.register_step_post_hook(lambda *_: seen.append(w.item()))
    assert warned(lambda: (optimizer.step(), scheduler.step())) == []
    assert seen == [8, 5]


def test_a_function_in_place_of_the_method(raises):
    """A scheduler cannot be built for an optimizer whose step is a plain function."""
    _, optimizer, _ = made()
    step = optimizer.step
    optimizer.step = lambda: step()
    with raises(AttributeError, "'function' object has no attribute '__func__'"):
        StepLR(optimizer, step_size=1)


def test_a_library_that_wraps_the_method():
    """A method that wraps optimizer.step before the scheduler is built does not warn."""
    w, optimizer, _ = made()
    step = optimizer.step
    optimizer.step = types.MethodType(lambda self: step(), optimizer)
    scheduler = StepLR(optimizer, step_size=1)
    assert warned(lambda: (optimizer.step(), scheduler.step())) == []
    assert w.item() == 5
