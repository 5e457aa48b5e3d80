"""Proofs of amp-training."""

import math
import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    x, y = torch.randn(6, 5), torch.tensor([0, 2, 1, 2, 0, 1])
    model(x).sum().backward()  # a gradient of the step before
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25)
    return {
        "torch": torch,
        "model": model,
        "optimizer": optimizer,
        "criterion": nn.CrossEntropyLoss(),
        "device": torch.device("cpu"),
        "loader": [(x, y)],
    }


def test_answer(answer):
    """A step under bfloat16 autocast follows the float32 gradient to within the precision of bfloat16."""
    before = given()
    model = before["model"]
    model.zero_grad()
    x, y = before["loader"][0]
    loss = before["criterion"](model(x), y)
    loss.backward()
    assert answer.loss.dtype == torch.float32
    assert not torch.equal(answer.loss, loss)  # it did run in bfloat16
    torch.testing.assert_close(answer.loss, loss, rtol=0.01, atol=0)
    assert not answer.scaler.is_enabled()
    for old, new in zip(model.parameters(), answer.model.parameters(), strict=True):
        assert new.dtype == torch.float32
        torch.testing.assert_close(new.detach(), (old - 0.25 * old.grad).detach(), rtol=0, atol=0.004)
        torch.testing.assert_close(new.detach(), (old - 0.25 * new.grad).detach())


def test_default(default):
    """Under autocast a linear layer returns bfloat16, cross_entropy float32; the gradients are float32."""
    assert (default.logits.dtype, default.loss.dtype) == (torch.bfloat16, torch.float32)
    assert {p.grad.dtype for p in default.model.parameters()} == {torch.float32}
    assert default.loss < 0.5 * math.log(3)  # log(3) is a guess among three classes
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.x.tolist()]


def test_scaler(scaler):
    """After an inf the step is skipped and the scale halved; after growth_interval good steps it doubles."""
    assert scaler.w.item() == 1 - 3 * 0.5 * 2  # three of the four steps
    assert (scaler.scaled, scaler.scaler.get_scale()) == (2 * 512, 1024)


def test_nan_skips_the_step():
    """A gradient that is NaN makes GradScaler skip the step as well."""
    w = nn.Parameter(torch.tensor([2.0, 3.0]))
    optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu")
    scaler.scale((w * torch.tensor([1.0, float("nan")])).sum()).backward()
    scaler.step(optimizer)
    assert w.tolist() == [2, 3]


def test_underflow(underflow):
    """1e-8 is zero in float16 unless it is scaled, and survives in bfloat16; float16 ends at 65504."""
    assert underflow.tiny.half() == 0
    assert abs(underflow.tiny.bfloat16() / underflow.tiny - 1) < 2**-8
    assert abs(underflow.scaled.float() / underflow.scale / underflow.tiny - 1) < 2**-10
    assert underflow.scale == 65536
    assert underflow.edge.half().tolist() == [65504, float("inf")]


def test_bfloat16_has_about_the_range_of_float32():
    """The largest bfloat16 is more than 99 % of the largest float32, and the smallest normal numbers are the same."""
    low, full = torch.finfo(torch.bfloat16), torch.finfo(torch.float32)
    assert 0.99 < low.max / full.max < 1
    assert low.smallest_normal == full.smallest_normal


def test_clipping_before_unscale(wrong):
    """Clipping scaled gradients clips too hard by the scale, which starts at 65536."""
    by_hand = torch.tensor([3.0, 4.0]) * (1 - 0.5 * 2.5 / 5 / 1024)  # 1024 times too short
    torch.testing.assert_close(wrong.w.detach(), by_hand)
    torch.testing.assert_close(wrong.norm, torch.tensor(5.0 * 1024))
    assert torch.amp.GradScaler("cpu").get_scale() == 65536


def test_right(right):
    """unscale_ brings the gradients back to their true size, and step() does not divide them again."""
    by_hand = torch.tensor([3.0, 4.0]) * (1 - 0.5 * 2.5 / 5)
    torch.testing.assert_close(right.w.detach(), by_hand)


def test_float16_gradients_are_refused(right_half):
    """The gradients of float16 weights are float16 and make GradScaler raise; those of float32 weights are float32."""
    weight = nn.Parameter(torch.ones(2, 3).half())
    with torch.autocast("cpu", torch.float16):
        nn.functional.linear(torch.ones(4, 3), weight).square().mean().backward()
    assert weight.grad.dtype == torch.float16
    assert {p.grad.dtype for p in right_half.model.parameters()} == {torch.float32}
    torch.manual_seed(0)
    before = nn.Linear(3, 2)
    before(torch.ones(4, 3)).square().mean().backward()
    torch.testing.assert_close(
        right_half.model.weight.detach(), (before.weight - 0.1 * before.weight.grad).detach(), rtol=0, atol=1e-3
    )


def test_fused_optimizers_take_float16(raises):
    """A step of a fused optimizer takes float16 gradients, which unscale_ refuses, and loses an update below half a unit
    in the last place."""
    for lr, after in (2**-5, 1 - 2**-5), (2**-13, 1.0):
        w = nn.Parameter(torch.ones(2).half())
        optimizer, scaler = torch.optim.SGD([w], lr=lr, fused=True), torch.amp.GradScaler("cpu", init_scale=256.0)
        scaler.scale(w.sum()).backward()
        scaler.step(optimizer)
        assert w.tolist() == [after] * 2
        scaler.update()
        scaler.scale(w.sum()).backward()
        with raises(ValueError, "Attempting to unscale FP16 gradients."):
            scaler.unscale_(optimizer)


def test_no_gradient_at_the_step(raises):
    """scaler.step() raises if zero_grad() ran after backward(), if backward() was not called, or if unscale_ ran before it."""
    w = nn.Parameter(torch.ones(2))
    for backward in (True, False):
        optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu")
        loss = scaler.scale(w.sum())
        if backward:
            loss.backward()
        optimizer.zero_grad()
        with raises(AssertionError, "No inf checks were recorded for this optimizer"):
            scaler.step(optimizer)
    optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu")
    loss = scaler.scale(w.sum())
    scaler.unscale_(optimizer)
    loss.backward()
    with raises(AssertionError, "No inf checks were recorded for this optimizer"):
        scaler.step(optimizer)


def test_unscale_once(raises):
    """unscale_ raises when it is called twice without update() between, and works again after update()."""
    w = nn.Parameter(torch.ones(2))
    optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler("cpu")
    for _ in range(2):
        scaler.scale(w.sum()).backward()
        scaler.unscale_(optimizer)
        with raises(RuntimeError, "unscale_() has already been called on this optimizer since the last update()"):
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()


def test_autocast_takes_a_string(raises):
    """torch.autocast raises for a torch.device and takes its type."""
    device = torch.device("cpu")
    with raises(ValueError, "Expected `device_type` of type `str`"):
        torch.autocast(device, torch.bfloat16)
    with torch.autocast(device.type, torch.bfloat16):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_a_scaler_that_is_not_enabled():
    """With enabled=False, scale() returns the loss itself, and step() is the optimizer's step."""
    w = nn.Parameter(torch.tensor([2.0]))
    optimizer, scaler = torch.optim.SGD([w], lr=0.5), torch.amp.GradScaler(enabled=False)
    loss = (3 * w).sum()
    assert scaler.scale(loss) is loss
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.item() == 2 - 0.5 * 3


def test_activations_take_half_the_bytes():
    """Under autocast, a network of linear layers keeps half as many bytes of activations for backward."""
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 2))
    kept = {}
    for enabled in (False, True):
        found = {}

        def pack(t, found=found):
            if t.shape[0] == 11:  # the batch; weights are not counted
                found[t.data_ptr()] = t.nbytes
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                out = net(torch.ones(11, 6))
        kept[enabled] = sum(found.values())
        out.float().sum().backward()
    assert kept == {False: 11 * (6 + 8 + 6) * 4, True: 11 * (6 + 8 + 6) * 2}


def test_weights_get_a_copy_of_16_bits():
    """Autocast keeps 16-bit copies of weights for backward, so a batch of one takes more memory than in float32."""
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 2))
    weights = {p.data_ptr() for p in net.parameters()}
    kept = {}
    for enabled in (False, True):
        found = {}

        def pack(t, found=found):
            if t.data_ptr() not in weights:  # the weights themselves need no memory of their own
                found[t.data_ptr()] = t.nbytes
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                out = net(torch.ones(1, 6))
        kept[enabled] = sum(found.values())
        out.float().sum().backward()
    copies = (8 * 6 + 6 * 2) * 2  # of the second and the third layer
    assert kept == {False: (6 + 8 + 6) * 4, True: (6 + 8 + 6) * 2 + copies}


def test_losses_run_in_float32():
    """Under autocast, cross_entropy of bfloat16 logits equals cross_entropy of the same logits in float32."""
    torch.manual_seed(0)
    logits, y = torch.randn(64, 50).bfloat16(), torch.arange(64) % 50
    with torch.autocast("cpu", torch.bfloat16):
        loss = nn.functional.cross_entropy(logits, y)
    assert loss.item() == nn.functional.cross_entropy(logits.float(), y).item()
    assert loss.item() != nn.functional.nll_loss(logits.log_softmax(dim=1).float(), y).item()


def test_convolutions_run_in_16_bits():
    """Under autocast a convolution returns bfloat16, and its weight stays float32."""
    conv = nn.Conv2d(2, 3, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert conv(torch.ones(1, 2, 5, 5)).dtype == torch.bfloat16
    assert conv.weight.dtype == torch.float32


def test_torch_cuda_amp_is_deprecated():
    """torch.cuda.amp.GradScaler and torch.cuda.amp.autocast give a FutureWarning; torch.amp has both."""
    assert torch.amp.autocast is torch.autocast
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.amp.GradScaler("cpu").is_enabled()
    for make in (torch.cuda.amp.GradScaler, torch.cuda.amp.autocast):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            make(enabled=False)
        assert FutureWarning in [w.category for w in seen]


def test_the_type_of_a_device_or_its_name():
    """torch.device(device).type is the type, whether device is a string or a torch.device."""
    for device in ("cuda:1", torch.device("cuda:1")):
        assert torch.device(device).type == "cuda"
