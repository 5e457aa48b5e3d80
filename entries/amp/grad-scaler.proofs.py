"""Proofs of grad-scaler."""

import math
import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    return {
        "torch": torch,
        "nn": nn,
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.25),
        "criterion": lambda out, y: 4 * nn.functional.cross_entropy(out, y),
        "device": "cpu",
        "x": torch.randn(6, 5),
        "y": torch.tensor([0, 2, 1, 2, 0, 1]),
    }


def test_answer(answer):
    """A step follows the float32 gradient, clipped by its own norm, to within the precision of float16."""
    before = given()
    model = before["model"]
    loss = before["criterion"](model(before["x"]), before["y"])
    loss.backward()
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in model.parameters()))
    assert norm > 1.2 and not torch.equal(answer.loss, loss)  # it clips, and it did run in float16
    for old, new in zip(model.parameters(), answer.model.parameters(), strict=True):
        torch.testing.assert_close(new.detach(), (old - 0.25 * old.grad / norm).detach(), rtol=0, atol=1e-3)
        assert new.dtype == new.grad.dtype == torch.float32
    assert answer.scaler.is_enabled() and answer.scaler.get_scale() == 65536


def test_default(default):
    """Weights and gradients stay float32, and the loss falls."""
    assert {p.grad.dtype for p in default.model.parameters()} == {torch.float32}
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in default.model.parameters()))
    assert norm < 1 and default.loss < 0.5 * math.log(3)  # log(3) is a guess among three classes
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.x.tolist()]


def test_the_bound_of_float16():
    """A number below 2.98e-8, half of the smallest positive float16, becomes 0 in float16, and not in bfloat16."""
    edge = 2.0**-25  # 2.98e-8
    assert torch.tensor([edge, -edge]).half().tolist() == [0, 0]
    assert torch.tensor(1.01 * edge).half() == 2.0**-24
    assert (torch.tensor([edge, 1e-38]).bfloat16() > 0).all()


def test_why(why):
    """A gradient of 1e-9 is lost in float16, comes through with the scale 65536, and through bfloat16 without one."""
    assert why.layer.weight.grad.dtype == torch.float32 and why.out.shape == (4, 2)
    for dtype, scale, found in (torch.float16, 1.0, 0.0), (torch.float16, 65536.0, 4e-9), (torch.bfloat16, 1.0, 4e-9):
        layer, scaler = nn.Linear(3, 2), torch.amp.GradScaler("cpu", init_scale=scale)
        with torch.autocast("cpu", dtype):
            out = layer(torch.ones(4, 3))
        scaler.scale(1e-9 * out.float().sum()).backward()
        scaler.unscale_(torch.optim.SGD(layer.parameters(), lr=0.1))
        torch.testing.assert_close(layer.weight.grad, torch.full((2, 3), found), rtol=0.01, atol=0)


def one(slope, scale=1024.0, enabled=True, lr=0.5, **more):
    w = nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = torch.optim.SGD([w], lr=lr)
    scaler = torch.amp.GradScaler("cpu", init_scale=scale, enabled=enabled, **more)
    scaler.scale((slope * w).sum()).backward()
    return w, optimizer, scaler


def test_scale_and_unscale(raises):
    """scale() multiplies the gradients; unscale_ divides them in place, once; without it step() does."""
    w, optimizer, scaler = one(2.0)
    assert w.grad.tolist() == [2048, 2048]
    scaler.unscale_(optimizer)
    assert w.grad.tolist() == [2, 2]
    with raises(RuntimeError, "unscale_() has already been called"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    assert w.tolist() == [2, 3]
    w, optimizer, scaler = one(2.0)
    scaler.step(optimizer)
    assert w.tolist() == [2, 3] and w.grad.tolist() == [2, 2]


def test_a_bad_gradient_skips_the_step():
    """One Inf or NaN among the gradients skips the whole step, and update() halves the scale."""
    for bad in math.inf, -math.inf, math.nan:
        w, optimizer, scaler = one(torch.tensor([2.0, bad]))
        scaler.step(optimizer)
        assert w.tolist() == [3, 4] and scaler.get_scale() == 1024
        scaler.update()
        assert scaler.get_scale() == 512


def test_2000_good_steps_double_the_scale():
    """After 2000 good steps in a row the scale doubles; a skip starts the count again. It starts at 65536."""
    assert torch.amp.GradScaler("cpu").get_scale() == 65536
    w, optimizer, scaler = one(0.0)
    scales = []
    for step in range(2005):
        w.grad = torch.full((2,), math.inf if step == 3 else 0.0)
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales[2:5] == [1024, 512, 512] and scales[2002:] == [512, 1024, 1024]


def test_not_enabled():
    """With enabled=False, the loss is not scaled, step() is the optimizer's own, and get_scale() is 1."""
    w, optimizer, scaler = one(2.0, enabled=False)
    assert w.grad.tolist() == [2, 2] and scaler.get_scale() == 1
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [2, 3] and scaler.get_scale() == 1


def test_it_keeps_falling():
    """A loss that is NaN halves the scale in every step."""
    w, optimizer, scaler = one(math.nan)
    for step in range(5):
        scaler.step(optimizer)
        scaler.update()
        assert scaler.get_scale() == 1024 / 2 ** (step + 1)


def test_wrong(wrong):
    """After a skipped step, the scheduler still halves the learning rate: the second update is 0.25 instead of 0.5."""
    assert wrong.w.item() == 1 - 1 - 0.25 and wrong.scheduler.get_last_lr() == [0.125]
    assert (wrong.scaler.get_scale(), wrong.scale) == (32768, 32768)


def test_right(right):
    """If the scale did not fall, the step was made: the second update takes the learning rate 0.5."""
    assert right.w.item() == 1 - 1 - 0.5 and right.scheduler.get_last_lr() == [0.25]
    assert (right.scaler.get_scale(), right.scale) == (32768, 32768)


def test_a_growing_scale_is_a_good_step():
    """The scale falls in update() after a skip only; it also grows in a step that was made."""
    w, optimizer, scaler = one(2.0, growth_interval=1)
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [2, 3] and scaler.get_scale() == 2048


def test_checkpoint(checkpoint):
    """The state_dict holds the scale and its counter, and loads with the default weights_only=True."""
    saved = checkpoint.saved["scaler"]
    assert (saved["scale"], saved["_growth_tracker"]) == (32768, 0)
    assert checkpoint.saved.keys() == {"model", "optimizer", "scaler"} and checkpoint.scaler.state_dict() == saved
    torch.testing.assert_close(checkpoint.saved["model"], checkpoint.model.state_dict())


def test_the_state():
    """A new scaler starts at 65536, and a gradient that fits the old scale overflows: its first step is skipped."""
    w, optimizer, scaler = one(1.0, scale=2048.0)
    for state, after in (None, [3.0, 4.0]), (scaler.state_dict(), [2.5, 3.5]):
        w = nn.Parameter(torch.tensor([3.0, 4.0]))
        optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu")
        if state:
            scaler.load_state_dict(state)
        scaler.scale((w.half()).sum().float()).backward()  # the gradient of w.half() is the scale, in float16
        scaler.step(optimizer)
        assert w.tolist() == after


def test_clip_after_unscale():
    """Clipped before unscale_, a gradient of norm 5 moves w by 0.5 / 65536 at max_norm 1; after it, by 0.5."""
    for late, length in (False, 0.5 / 65536), (True, 0.5):
        w, optimizer, scaler = one(torch.tensor([3.0, 4.0]), scale=65536.0)
        if late:
            scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_([w], 1.0)
        scaler.step(optimizer)
        assert abs(norm - (5 if late else 5 * 65536)) < 1e-3
        moved = torch.tensor([3.0, 4.0]) - w.detach()
        torch.testing.assert_close(moved.norm().item(), length, rtol=0.05, atol=0)


def test_the_first_step_is_skipped():
    """If the first step is skipped, scheduler.step() warns of the order, unless the optimizer is fused, and lowers the
    learning rate all the same."""
    for slope, fused, warned in (math.inf, False, True), (math.inf, True, False), (1.0, False, False):
        w, optimizer, scaler = one(slope)
        before, optimizer = w.tolist(), torch.optim.SGD([w], lr=0.5, fused=fused)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
        order = [w for w in caught if "`lr_scheduler.step()` before `optimizer.step()`" in str(w.message)]
        assert bool(order) == warned and scheduler.get_last_lr() == [0.25]
        assert (w.tolist() == before) == (slope == math.inf)


def test_an_empty_state(raises):
    """An enabled scaler cannot load the empty state of one that is not; the reverse is accepted."""
    assert torch.amp.GradScaler("cpu", enabled=False).state_dict() == {}
    scaler = torch.amp.GradScaler("cpu")
    with raises(RuntimeError, "The source state dict is empty"):
        scaler.load_state_dict({})
    off = torch.amp.GradScaler("cpu", enabled=False)
    off.load_state_dict(scaler.state_dict())
    assert off.get_scale() == 1
