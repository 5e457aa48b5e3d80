"""Proofs of cuda-oom."""

import gc
import weakref

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(2)
    model = nn.Linear(5, 3)
    data = TensorDataset(torch.randn(27, 5), torch.arange(27) * 2 % 3)
    return {
        "torch": torch,
        "model": model,
        "loader": DataLoader(data, batch_size=3),  # 9 batches: two steps, and one for the batch left over
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.5),
        "criterion": nn.CrossEntropyLoss(),
        "device": "cpu",
    }


def test_answer(answer):
    """Four batches of 3, with the loss divided by 4, make nearly the float32 step of one batch of 12; a batch left over makes a step too."""
    before = given()
    model, (x, y) = before["model"], before["loader"].dataset.tensors
    for start in (0, 12, 24):
        loss = nn.functional.cross_entropy(model(x[start : start + 12]), y[start : start + 12])
        if start == 24:  # 3 samples instead of 12
            last = loss.item()
            loss = loss / 4
        before["optimizer"].zero_grad()
        loss.backward()
        before["optimizer"].step()
    for expected, p in zip(model.parameters(), answer.model.parameters(), strict=True):
        torch.testing.assert_close(p, expected, rtol=0, atol=0.005)
        assert not torch.equal(p, expected)  # it did run in bfloat16
        assert p.grad is None
    torch.testing.assert_close(answer.loss.item(), last / 4, rtol=0.02, atol=0)


def test_default(default):
    """Each step of the loop uses the samples of four batches, the last step those that are left over."""
    assert (default.i, len(default.loader.dataset)) == (14, 56)
    assert default.model.weight.grad is None
    torch.manual_seed(0)
    torch.randn(56, 4)
    model = nn.Linear(4, 3)
    for i in range(0, 56, 16):
        x, y = default.points[i : i + 16], default.labels[i : i + 16]
        model.zero_grad()
        (nn.functional.cross_entropy(model(x), y) * len(x) / 16).backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.5 * p.grad
    torch.testing.assert_close(default.model.weight.cpu(), model.weight, rtol=0, atol=0.01)
    assert default.labels.tolist() == [row[:3].index(max(row[:3])) for row in default.points.tolist()]


def test_accumulated_gradients_are_exact_in_float32():
    """In float32, four accumulated batches give the gradient of the whole batch."""
    torch.manual_seed(0)
    w, x = nn.Parameter(torch.randn(5)), torch.randn(12, 5)
    (x @ w).square().mean().backward()
    whole, w.grad = w.grad, None
    for part in x.split(3):
        ((part @ w).square().mean() / 4).backward()
    torch.testing.assert_close(w.grad, whole)


def test_estimate(estimate):
    """Training in float32 with Adam takes 16 bytes a parameter, 15 GiB for a billion, 104 GiB for 7 billion."""
    assert estimate.count == 200 * 300 + 300 + 300 * 10 + 10
    assert estimate.measured == 16 * estimate.count
    assert [round(16 * n * 1e9 / 1024**3) for n in (1, 7)] == [15, 104]


def test_frozen_weights_take_four_bytes():
    """A frozen float32 weight takes 4 bytes: it has no gradient and no state of Adam, whatever the batch size."""
    frozen, adapter = nn.Linear(20, 30), nn.Linear(30, 2)
    frozen.requires_grad_(False)
    for batch in (1, 16):
        optimizer = torch.optim.Adam([*frozen.parameters(), *adapter.parameters()])
        adapter(frozen(torch.ones(batch, 20))).sum().backward()
        optimizer.step()
        for p in frozen.parameters():
            assert p.nbytes == 4 * p.numel()
            assert p.grad is None and p not in optimizer.state
        for p in adapter.parameters():
            state = optimizer.state[p]
            tensors = [p, p.grad, state["exp_avg"], state["exp_avg_sq"]]
            assert sum(t.nbytes for t in tensors) == 16 * p.numel()


def activations(run, batch):
    """The bytes of what autograd keeps for backward, weights not counted."""
    found = {}

    def pack(t):
        if t.shape[0] == batch:
            found[t.data_ptr()] = t.nbytes
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = run()
    out.sum().backward()
    return sum(found.values())


def test_checkpointing(checkpointing):
    """Without checkpointing, autograd keeps the input of each layer; with it, only the input of the block."""
    block, x = checkpointing.block, checkpointing.x
    assert checkpointing.kept(lambda: block(x)) == 10 * (64 + 256 + 256) * 4
    assert checkpointing.kept(lambda: checkpoint(block, x, use_reentrant=False)) == 10 * 64 * 4
    assert (block[0].in_features, block[0].out_features, block[2].out_features) == (64, 256, 64)


def test_checkpointing_gives_the_same_gradients():
    """Gradients are the same with checkpointing, because the block is computed again in backward()."""
    torch.manual_seed(0)
    block, x, calls, grads = nn.Sequential(nn.Linear(4, 6), nn.Tanh()), torch.randn(3, 4), [], []
    block.register_forward_pre_hook(lambda *_: calls.append(1))
    for run in (lambda: block(x), lambda: checkpoint(block, x, use_reentrant=False)):
        block.zero_grad()
        calls.clear()
        run().square().sum().backward()
        grads.append((block[0].weight.grad.clone(), len(calls)))
    assert torch.equal(grads[0][0], grads[1][0])
    assert (grads[0][1], grads[1][1]) == (1, 2)


def test_activations_grow():
    """Activations grow in proportion to the batch and to the area of the image."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Sigmoid(), nn.Conv2d(4, 5, 3, padding=1))

    def bytes_for(batch, size):
        return activations(lambda: net(torch.ones(batch, 3, size, size)), batch)

    assert bytes_for(14, 8) == 2 * bytes_for(7, 8)
    assert bytes_for(7, 16) == 4 * bytes_for(7, 8)


def test_halve(halve):
    """torch.OutOfMemoryError is a RuntimeError and can be caught by its name."""
    assert halve.size == max(50 >> k for k in range(6) if 50 >> k <= 12)
    assert issubclass(torch.OutOfMemoryError, RuntimeError)


def test_the_exception_holds_the_tensors():
    """Inside the except, the tensors of the function that raised are still alive; after it they are gone."""
    references = []

    def step():
        big = torch.ones(50)
        references.append(weakref.ref(big))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    try:
        step()
    except torch.OutOfMemoryError:
        gc.collect()
        assert references[0]() is not None
    assert references[0]() is None


class Kept:
    """What the graph keeps instead of a tensor."""

    def __init__(self, tensor):
        self.tensor = tensor


def test_kept_outputs_hold_activations():
    """A kept output or loss holds its activations until backward(); loss.item() and no_grad hold none."""
    model, x = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1)), torch.ones(3, 4)

    def alive(make):
        references = []

        def pack(tensor):
            kept = Kept(tensor.detach())  # no cycle with the graph
            references.append(weakref.ref(kept))
            return kept

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
            result = sum(make() for _ in range(3))
        gc.collect()
        assert result is not None
        return sum(reference() is not None for reference in references)

    one = alive(lambda: model(x).mean()) // 3
    assert one > 0
    assert alive(lambda: model(x).mean()) == 3 * one  # all three graphs
    assert alive(lambda: model(x).mean().item()) == 0
    assert alive(torch.no_grad()(lambda: model(x))) == 0
    assert alive(lambda: model(x)) > 0

    def trained():
        loss = model(x).mean()
        loss.backward()
        return loss

    assert alive(trained) == 0  # backward() freed them
