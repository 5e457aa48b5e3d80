"""Proofs of nan-hunting."""

import math
import warnings

import torch
import torch.nn.functional as F
from torch import nn


class Log(nn.Module):
    def forward(self, x):
        return x.log()


def given():
    return {"torch": torch, "model": nn.Sequential(nn.ReLU(), nn.Sequential(Log()), nn.Softmax(dim=1))}


def test_answer(answer, raises):
    """A forward hook on every module raises at the innermost layer that returns NaN or Inf."""
    assert torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(False)
    assert torch.equal(answer.model(torch.ones(2, 3)), torch.full((2, 3), 1 / 3))
    for bad in (0.0, math.inf, math.nan):
        with raises(RuntimeError, "NaN or Inf from …"):
            answer.model(torch.tensor([[1.0, bad, 2.0]]))
    with raises(RuntimeError, "NaN or Inf from Log()"):
        answer.model(torch.tensor([[1.0, 0.0, 2.0]]))
    lstm = nn.LSTM(2, 3)  # returns a tuple
    lstm.register_forward_hook(answer.check)
    assert lstm(torch.ones(4, 1, 2))[0].shape == (4, 1, 3)
    with raises(RuntimeError, "NaN or Inf from LSTM"):
        lstm(torch.full((4, 1, 2), math.nan))


def test_default(default, raises):
    """log(0) is -inf, so the first layer that is not finite is the logarithm after the ReLU."""
    torch.manual_seed(1)
    x = torch.randn(1, 3)
    hidden = default.model[1](default.model[0](x))
    assert (hidden == 0).any() and hidden.isfinite().all()
    with raises(RuntimeError, "NaN or Inf from Log(), (1, 4)"):
        default.model(x)


def test_anomaly_names_the_line(raises):
    """Anomaly detection raises at the first NaN of the backward pass and prints the forward line; it ignores Inf."""
    for switch in torch.autograd.detect_anomaly, lambda: torch.autograd.set_detect_anomaly(True):
        x = torch.tensor([0.0, 4.0], requires_grad=True)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            with switch(), raises(RuntimeError, "Function 'SqrtBackward0' returned nan values"):
                (x.sqrt() * 0).sum().backward()
        assert "Traceback of forward call that caused the error" in str(seen[-1].message)
        assert "x.sqrt()" in str(seen[-1].message)
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        x.sqrt().sum().backward()
    assert x.grad.tolist() == [math.inf, 0.25]


def test_stop(stop):
    """Leaving the loop at a loss that is not finite keeps the weights finite."""
    assert stop.step == 1 and not stop.loss.isfinite()
    torch.manual_seed(0)
    start = nn.Linear(3, 1)
    out = start(torch.ones(4, 3)).detach().mean()  # every sample is the same
    torch.testing.assert_close(stop.model.weight, start.weight - 0.1 * 2 * out)
    torch.testing.assert_close(stop.model.bias, start.bias - 0.1 * 2 * out)


def test_wrong(wrong):
    """torch.where replaces the value, but the gradient of the branch not taken is 0 times an infinite slope: NaN."""
    assert wrong.y.tolist() == [0.0, 0.5, 2.0]
    assert wrong.x.grad[0].isnan() and wrong.x.grad[1:].tolist() == [0.5 / 0.5, 0.5 / 2]


def test_right(right):
    """With a safe input, the branch not taken contributes 0 to the gradient."""
    assert right.y.tolist() == [0.0, 0.5, 2.0]
    assert right.x.grad.tolist() == [0.0, 0.5 / 0.5, 0.5 / 2]


def test_one_step_spoils_the_weights():
    """One step of SGD, Adam, AdamW, or RMSprop after a NaN loss makes weights NaN; behind a ReLU that is off they stay."""
    for kind in torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        optimizer = kind(model.parameters(), lr=0.1)
        x = torch.randn(5, 3)
        x[2, 1] = math.nan
        model(x).sum().backward()
        optimizer.step()
        assert model[0].weight.isnan().any() and model[2].weight.isnan().all()
        (model(torch.randn(5, 3)).sum() * math.nan).backward()
        optimizer.step()
        assert all(p.isnan().all() for p in model.parameters())
    w = nn.Parameter(torch.tensor([1.0, -1.0]))
    (w.relu().sum() * math.nan).backward()
    torch.optim.SGD([w], lr=0.1).step()
    assert w.isnan().tolist() == [True, False]


def test_causes():
    """NaN or Inf come from log(0), roots at 0, an empty mean, float16 beyond 65504, and a softmax over -inf."""
    assert torch.tensor(0.0).log() == -math.inf
    for root in torch.sqrt, lambda t: t**0.5:
        x = torch.zeros(2, requires_grad=True)
        root(x).sum().backward()
        assert x.grad.tolist() == [math.inf] * 2
    assert torch.ones(3)[[False] * 3].mean().isnan()
    assert torch.finfo(torch.float16).max == 65504
    assert torch.tensor(65520.0).half().isinf() and torch.tensor(65520.0).bfloat16().isfinite()
    assert torch.full((2, 3), -math.inf).softmax(dim=1).isnan().all()


def test_every_target_ignored():
    """cross_entropy is NaN for a batch in which every target is ignore_index."""
    assert F.cross_entropy(torch.ones(2, 3), torch.tensor([-100, -100])).isnan()
    assert F.cross_entropy(torch.ones(2, 3), torch.tensor([-100, 1])).isfinite()


def test_learning_rate_too_high():
    """Gradient descent on x squared diverges to Inf and then NaN when the learning rate is above 1."""
    for lr, finite in (0.9, True), (1.1, False):
        x = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([x], lr=lr)
        for _ in range(1000):
            optimizer.zero_grad()
            x.square().sum().backward()
            optimizer.step()
        assert bool(x.isfinite()) is finite
    assert x.isnan()


def test_nan_equals_nothing():
    """NaN == NaN is False; isnan finds it, and isfinite finds NaN and Inf."""
    x = torch.tensor([1.0, math.nan, math.inf])
    assert (x == math.nan).tolist() == [False] * 3
    assert torch.isnan(x).tolist() == [False, True, False]
    assert torch.isfinite(x).tolist() == [True, False, False]


def test_grad_scaler_skips_inf():
    """GradScaler skips a step whose gradients hold Inf or NaN and halves its scale."""
    for bad in math.inf, math.nan:
        w = nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([w], lr=1.0)
        scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
        scaler.scale((w * torch.tensor([bad, 1.0])).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        assert w.tolist() == [1, 1] and scaler.get_scale() == 4


def test_distributions_check_their_arguments(raises):
    """A distribution raises when its parameter is NaN, and the message shows the values."""
    bad = torch.tensor([1.0, math.nan])
    with raises(ValueError, "Expected parameter loc (Tensor of shape (2,)) …"):
        torch.distributions.Normal(bad, 1.0)
    with raises(ValueError, "Expected parameter logits (Tensor of shape (2,)) …"):
        torch.distributions.Categorical(logits=bad)
    try:
        torch.distributions.Normal(bad, 1.0)
    except ValueError as error:
        assert "tensor([1., nan])" in str(error)


def test_nan_of_the_forward_pass(raises):
    """If the forward pass is NaN already, anomaly detection raises in the backward pass all the same."""
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    loss = (x.log() ** 2).sum()
    assert loss.isnan()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.set_detect_anomaly(True), raises(RuntimeError, "returned nan values in its 0th output"):
            (x.log() ** 2).sum().backward()


def test_domain_of_a_distribution(raises):
    """Normal refuses a negative scale, and takes it after softplus; Categorical takes scores as logits."""
    raw, scores = torch.tensor([-1.0, 2.0]), torch.tensor([-0.5, 1.5])
    with raises(ValueError, "to satisfy the constraint GreaterThan"):
        torch.distributions.Normal(torch.zeros(2), raw)
    scale = torch.nn.functional.softplus(raw) + 1e-6
    assert torch.equal(torch.distributions.Normal(torch.zeros(2), scale).scale, scale)
    with raises(ValueError, "to satisfy the constraint Simplex"):
        torch.distributions.Categorical(probs=scores)
    assert torch.allclose(torch.distributions.Categorical(logits=scores).probs, scores.softmax(0))


def test_answer_looks_into_containers(answer, raises):
    """The hook of the answer looks into tuples, lists, and dicts, and lets None and integers pass."""
    torch.autograd.set_detect_anomaly(False)
    bad, good = torch.tensor([math.nan]), torch.ones(1)
    for out in bad, (good, bad), [good, bad], {"loss": None, "logits": bad}:
        with raises(RuntimeError, "NaN or Inf from"):
            answer.check(nn.Identity(), (), out)
    for out in good, (good, None), [good], {"logits": good}, None, torch.tensor([3]), (good, (bad, bad)):
        answer.check(nn.Identity(), (), out)


def test_what_the_hooks_miss(answer, raises):
    """The hooks do not see a loss computed outside the model, and they raise for a mask of -inf."""
    torch.autograd.set_detect_anomaly(False)

    class Mask(nn.Module):
        def forward(self, x):
            return x.masked_fill(x > 1, -math.inf)

    model = nn.Sequential(Mask(), nn.Softmax(dim=0))
    x = torch.tensor([0.0, 2.0])
    assert model(x).isfinite().all()
    for module in model.modules():
        module.register_forward_hook(answer.check)
    with raises(RuntimeError, "NaN or Inf from Mask()"):
        model(x)
    model = nn.Sequential(nn.ReLU())
    for module in model.modules():
        module.register_forward_hook(answer.check)
    loss = model(torch.tensor([-1.0])).log().mean()  # outside the model
    assert loss.isinf()


def test_anomaly_needs_the_forward_pass(raises):
    """Switched on for backward() alone, anomaly detection raises but prints no forward line."""
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    y = (x.sqrt() * 0).sum()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with torch.autograd.set_detect_anomaly(True), raises(RuntimeError, "Function 'SqrtBackward0' returned nan"):
            y.backward()
    assert "No forward pass information available" in str(seen[-1].message)


def test_who_warns():
    """detect_anomaly() warns that it is slow; set_detect_anomaly(True) does not."""
    for switch, count in ((torch.autograd.detect_anomaly, 1), (lambda: torch.autograd.set_detect_anomaly(True), 0)):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            with switch():
                pass
        assert len(seen) == count


def test_a_nan_loss_can_leave_the_weights_alone():
    """If cross_entropy ignores every target, the loss is NaN but the gradient is 0, and the weights stay finite."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = F.cross_entropy(model(torch.ones(4, 3)), torch.full((4,), -100))
    loss.backward()
    optimizer.step()
    assert loss.isnan() and not model.weight.grad.any() and model.weight.isfinite().all()


def test_slope_that_is_nan():
    """torch.where lets through the NaN slope of sqrt below 0 as well."""
    x = torch.tensor([-1.0, 4.0], requires_grad=True)
    torch.where(x > 0, x.sqrt(), 0.0).sum().backward()
    assert x.grad[0].isnan() and x.grad[1] == 0.25


def test_probs_that_look_valid(raises):
    """Categorical refuses float16 probs whose rounded sum misses 1 by more than 1e-6, and takes them as logits."""
    probs = (torch.tensor([19, 42, 1, 9]) / 71).half()
    assert (probs >= 0).all() and abs(probs.double().sum().item() - 1) < 1e-2
    with raises(ValueError, "to satisfy the constraint Simplex"):
        torch.distributions.Categorical(probs=probs)
    torch.distributions.Categorical(logits=probs.log())


def test_padded_batch_in_evaluation(answer):
    """The hooks pass over the nested tensors between the layers of a TransformerEncoder in evaluation."""
    torch.autograd.set_detect_anomaly(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, batch_first=True), 2).eval()
        for module in model.modules():
            module.register_forward_hook(answer.check)
        pad = torch.tensor([[False, True, True], [False, False, True]])
        with torch.no_grad():
            assert model(torch.ones(2, 3, 4), src_key_padding_mask=pad).isfinite().all()


def test_batchnorm_keeps_the_nan():
    """A forward pass in training mode puts the NaN of its input into the running statistics; the parameters stay finite,
    and eval mode gives NaN for good inputs from then on."""
    model = nn.BatchNorm1d(2)
    model(torch.tensor([[1.0, float("nan")], [2.0, 3.0]]))
    assert all(p.isfinite().all() for p in model.parameters())
    assert model.running_mean.isnan().tolist() == model.running_var.isnan().tolist() == [False, True]
    assert model.eval()(torch.ones(1, 2)).isnan().tolist() == [[False, True]]


def test_anomaly_detection_under_grad_scaler(raises):
    """Under GradScaler, anomaly detection raises for a scaled gradient that overflows float16, though the loss is finite;
    with a scale of 1 it does not, and without anomaly detection the scaler skips that step."""
    torch.manual_seed(0)
    layers = nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8), nn.Softmax(-1), nn.Linear(8, 1)
    model, x = nn.Sequential(*layers), 3 * torch.randn(4, 8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def backward(scaler):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = 100 * model(x).float().square().sum()
        assert loss.isfinite()
        scaler.scale(loss).backward()

    with torch.autograd.set_detect_anomaly(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with raises(RuntimeError, "returned nan values in its 0th output"):
            backward(torch.amp.GradScaler("cpu"))
        backward(torch.amp.GradScaler("cpu", init_scale=1.0))
    before, scaler = model[0].weight.detach().clone(), torch.amp.GradScaler("cpu")
    backward(scaler)
    scaler.step(optimizer)
    scaler.update()
    assert scaler.get_scale() == 32768 and torch.equal(model[0].weight, before)
