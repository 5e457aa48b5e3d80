"""Proofs of per-sample-grads."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap


def one_by_one(model, x, y):
    """The gradients of each sample from backward() on a batch of one."""
    out = []
    for i in range(len(x)):
        model.zero_grad()
        F.cross_entropy(model(x[i : i + 1]), y[i : i + 1]).backward()
        out.append({name: p.grad.clone() for name, p in model.named_parameters()})
    model.zero_grad()
    return {name: torch.stack([g[name] for g in out]) for name in out[0]}


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    return {"model": model, "criterion": nn.CrossEntropyLoss(), "x": torch.randn(5, 3), "y": torch.tensor([0, 1, 1, 0, 1])}


def test_answer(answer):
    """vmap of grad gives each sample the gradient that backward() gives it alone; their mean is that of the batch."""
    expected = one_by_one(answer.model, answer.x, answer.y)
    torch.testing.assert_close(answer.grads, expected, rtol=1e-4, atol=1e-6)
    F.cross_entropy(answer.model(answer.x), answer.y).backward()
    for name, p in answer.model.named_parameters():
        torch.testing.assert_close(answer.grads[name].mean(dim=0), p.grad, rtol=1e-4, atol=1e-6)


def test_default(default):
    """The result has a leading dimension of N, and the norm goes over all parameters of a sample."""
    expected = one_by_one(default.model, default.x, default.y)
    torch.testing.assert_close(default.grads, expected, rtol=1e-4, atol=1e-6)
    squares = sum((g.flatten(1) ** 2).sum(dim=1) for g in expected.values())
    torch.testing.assert_close(default.flat.norm(dim=1), squares.sqrt())


def test_clip(clip):
    """Each gradient is scaled down to a norm of at most 1, then summed, and noise is added."""
    torch.testing.assert_close(clip.norms * clip.scale, clip.norms.clamp(max=1.0))
    assert clip.norms.max() > 1 and clip.scale.max() <= 1
    for name, p in clip.model.named_parameters():
        expected = sum(s * g for s, g in zip(clip.scale, clip.grads[name], strict=True))
        rest = (p.grad * 6 - expected) / (0.5 * 1.0)
        assert rest.abs().max() < 4 and rest.abs().min() > 0
        torch.testing.assert_close(p.detach(), clip.params[name])  # detach() shares memory
    torch.manual_seed(0)
    fresh = nn.Linear(3, 2)
    torch.testing.assert_close(clip.model.bias.detach(), fresh.bias.detach() - 0.1 * clip.model.bias.grad)


def test_loop(loop):
    """A loop with batches of one gives the same norms."""
    grads = one_by_one(loop.model, loop.x, loop.y)
    squares = sum((g.flatten(1) ** 2).sum(dim=1) for g in grads.values())
    torch.testing.assert_close(torch.tensor(loop.norms), squares.sqrt(), rtol=1e-4, atol=1e-5)


def gradients(model, x, **options):
    params = {name: p.detach() for name, p in model.named_parameters()}
    buffers = {name: b.detach() for name, b in model.named_buffers()}

    def loss(params, x):
        return functional_call(model, (params, buffers), (x.unsqueeze(0),)).sum()

    return vmap(grad(loss), in_dims=(None, 0), **options)(params, x)


def test_batchnorm_raises(raises):
    """BatchNorm in train mode raises under vmap, or without running statistics normalizes each sample alone; in eval mode it works, and so does GroupNorm."""
    x = torch.randn(4, 6, 2)
    with raises(RuntimeError, "in-place operation"):
        gradients(nn.BatchNorm1d(6), x)
    norm = nn.BatchNorm1d(6, track_running_stats=False)
    out = vmap(lambda sample: norm(sample[None])[0])(x)
    torch.testing.assert_close(out, torch.stack([norm(sample[None])[0] for sample in x]))
    assert (out - norm(x)).abs().max() > 0.1
    assert gradients(nn.BatchNorm1d(6).eval(), x)["weight"].shape == (4, 6)
    assert gradients(nn.GroupNorm(2, 6), x)["weight"].shape == (4, 6)


def test_dropout():
    """With randomness="different", Dropout draws anew for each sample."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(40, 1))
    g = gradients(model, torch.ones(3, 40), randomness="different")["1.weight"]
    assert len(g.unique(dim=0)) == 3


def test_a_batch_of_one():
    """A sample under vmap has no batch dimension, so nn.Flatten keeps the first dimension of the sample."""
    shapes = []
    vmap(lambda v: shapes.append(tuple(v.shape)) or v)(torch.ones(5, 3))
    assert shapes == [(3,)]
    assert vmap(nn.Flatten())(torch.ones(5, 2, 3, 4)).shape == (5, 2, 12)
    assert vmap(lambda v: nn.Flatten()(v[None])[0])(torch.ones(5, 2, 3, 4)).shape == (5, 24)


def test_memory():
    """The gradients of 32 samples for 100 million float32 parameters take 12.8 GB."""
    assert torch.empty(32, 100_000_000, device="meta").nbytes == 12_800_000_000


def test_grad_stays_empty():
    """torch.func.grad returns the gradients and leaves .grad as it is."""
    model = nn.Linear(3, 2)
    gradients(model, torch.ones(4, 3))
    assert model.weight.grad is None


def test_value_as_well():
    """grad_and_value returns the gradient and the loss."""
    g, value = torch.func.grad_and_value(lambda w: (w**2).sum())(torch.tensor([1.0, 3.0]))
    assert g.tolist() == [2, 6] and value == 10


def test_class_weights_cancel():
    """With class weights, the mean over the samples is the gradient without weights, not that of the weighted mean loss."""
    torch.manual_seed(0)
    model, weight = nn.Linear(3, 2), torch.tensor([1.0, 5.0])
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 1, 0])
    params = {name: p.detach() for name, p in model.named_parameters()}

    def loss_of_one(params, x, y):
        output = functional_call(model, params, (x.unsqueeze(0),))
        return F.cross_entropy(output, y.unsqueeze(0), weight=weight)

    mean = vmap(grad(loss_of_one), in_dims=(None, 0, 0))(params, x, y)["bias"].mean(dim=0)
    F.cross_entropy(model(x), y).backward()
    torch.testing.assert_close(mean, model.bias.grad)
    model.zero_grad()
    F.cross_entropy(model(x), y, weight=weight).backward()
    assert (mean - model.bias.grad).abs().max() > 0.01


def test_recurrent_layers(raises):
    """Per-sample gradients of RNN and GRU raise under vmap."""

    def first(layer, x):
        params = {name: p.detach() for name, p in layer.named_parameters()}
        return vmap(grad(lambda p, x: functional_call(layer, p, (x[None],))[0].sum()), in_dims=(None, 0))(params, x)

    torch.manual_seed(0)
    x = torch.randn(4, 5, 3)
    for kind in nn.RNN, nn.GRU:
        with raises(RuntimeError, ""):
            first(kind(3, 2, batch_first=True), x)
