"""Proofs of grad-accumulation."""

import weakref

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    loader = [(torch.randn(5, 3), torch.randn(5, 1)) for _ in range(6)]
    model = nn.Linear(3, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return {"loader": loader, "model": model, "optimizer": optimizer, "criterion": nn.MSELoss()}


def descend(weight, bias, x, y, lr, scale=1.0):
    """One step of gradient descent on the mean squared error, by the formula."""
    error = x @ weight.T + bias - y
    return weight - lr * scale * 2 * (error.T @ x) / len(x), bias - lr * scale * 2 * error.mean(dim=0)


def test_answer(answer):
    """Each group of four batches moves the weights as one large batch; two batches left over count for a half."""
    weight, bias = torch.zeros(1, 3), torch.zeros(1)
    for group in (answer.loader[:4], answer.loader[4:]):
        x, y = (torch.cat(part) for part in zip(*group))
        weight, bias = descend(weight, bias, x, y, 0.1, scale=len(group) / 4)
    torch.testing.assert_close(answer.model.weight.detach(), weight)
    torch.testing.assert_close(answer.model.bias.detach(), bias)
    assert answer.model.weight.grad is None


def test_default(default):
    """Batches of 5 and four per update make an effective batch size of 20."""
    torch.manual_seed(0)
    x, y = torch.randn(50, 3), torch.randn(50, 1)
    start = nn.Linear(3, 1)
    weight, bias = start.weight.detach(), start.bias.detach()
    for big_x, big_y in zip(x.split(20), y.split(20), strict=True):
        weight, bias = descend(weight, bias, big_x, big_y, 0.1, scale=len(big_x) / 20)
    torch.testing.assert_close(default.model.weight.detach(), weight)
    torch.testing.assert_close(default.model.bias.detach(), bias)


def test_split(split):
    """Summed losses divided by the size of the large batch give its gradient, with small batches of any size."""
    torch.manual_seed(0)
    x, y = torch.randn(15, 3), torch.randn(15, 1)
    loader = [(x[:8], y[:8]), (x[8:], y[8:])]
    start = nn.Linear(3, 1)
    weight, bias = start.weight.detach(), start.bias.detach()
    for x, y in loader:
        weight, bias = descend(weight, bias, x, y, 0.1)
    torch.testing.assert_close(split.model.weight.detach(), weight)
    torch.testing.assert_close(split.model.bias.detach(), bias)


def test_wrong(wrong):
    """Mean losses of three small batches add up to three times the gradient of the whole."""
    assert wrong.w.grad.item() == 3 * -2 * (1 + 2 + 3 + 4 + 5 + 6) / 6


def test_right(right):
    """Divided by their number, the mean losses give the gradient of the whole."""
    torch.testing.assert_close(right.w.grad.item(), -2 * (1 + 2 + 3 + 4 + 5 + 6) / 6)


def graphs_alive(one_backward):
    """How many saved tensors of three small batches exist just before the last backward()."""
    saved = []

    class Box:
        def __init__(self, tensor):
            self.tensor = tensor
            saved.append(weakref.ref(self))

    model, x = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 1)), torch.ones(6, 3)
    total = 0
    with torch.autograd.graph.saved_tensors_hooks(Box, lambda box: box.tensor):
        for i, part in enumerate(x.split(2)):
            loss = model(part).mean() / 3
            if one_backward:
                total = total + loss
            elif i < 2:
                loss.backward()
    return sum(ref() is not None for ref in saved), len(saved)


def test_one_backward_keeps_all_graphs():
    """Each backward() frees its graph; summed losses keep what all small batches saved."""
    alive, saved = graphs_alive(one_backward=True)
    assert alive == saved
    alive, saved = graphs_alive(one_backward=False)
    assert alive == saved / 3


def path(make, factor, clip=None):
    w = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = make([w])
    for step in range(5):
        w.grad = factor * torch.tensor([0.3, -1.0 - step])
        if clip:
            nn.utils.clip_grad_norm_([w], clip)
        optimizer.step()
    return w.detach()


def test_adamw_hides_the_factor():
    """A factor on all gradients cancels in AdamW and Adam, and not with SGD, clipping, or Adam's weight_decay."""
    for make in (lambda p: torch.optim.AdamW(p, lr=0.1), lambda p: torch.optim.Adam(p, lr=0.1)):
        torch.testing.assert_close(path(make, 1.0), path(make, 4.0))
    for make, clip in (
        (lambda p: torch.optim.SGD(p, lr=0.1), None),
        (lambda p: torch.optim.AdamW(p, lr=0.1), 3.0),
        (lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.1), None),
    ):
        assert (path(make, 1.0, clip) - path(make, 4.0, clip)).abs().max() > 1e-3


def test_clip_once():
    """Clipping after each backward() gives another gradient than clipping the sum once."""
    grads = [torch.tensor([3.0, 0.0]), torch.tensor([0.0, 4.0])]
    w = nn.Parameter(torch.zeros(2))
    for grad in grads:
        (w * grad).sum().backward()
    nn.utils.clip_grad_norm_([w], 1.0)
    torch.testing.assert_close(w.grad, torch.tensor([0.6, 0.8]))
    w.grad = None
    for grad in grads:
        (w * grad).sum().backward()
        nn.utils.clip_grad_norm_([w], 1.0)
    assert w.grad[0] < 0.3


def accumulated(model, loss, x, parts):
    """The gradients of all parameters of the model after backward() on each part."""
    model.zero_grad()
    for part in x.chunk(parts):
        (loss(model(part)) / parts).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


def test_exceptions():
    """With BatchNorm, contrastive losses, and Dropout, small batches give another gradient than the large one."""
    def square(out):
        return (out**3).mean()

    def contrastive(out):
        return F.cross_entropy(out @ out.roll(1, dims=1).T, torch.arange(len(out)))

    x = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
    for layer, loss, equal in (
        (nn.Identity(), square, True),
        (nn.LayerNorm(4), square, True),
        (nn.BatchNorm1d(4), square, False),
        (nn.Dropout(0.5), square, False),
        (nn.Identity(), contrastive, False),
    ):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), layer, nn.Linear(4, 5))
        torch.manual_seed(1)
        whole = accumulated(model, loss, x, 1)
        torch.manual_seed(2)
        small = accumulated(model, loss, x, 3)
        assert torch.allclose(whole, small, rtol=1e-4, atol=1e-6) is equal


def test_a_smaller_batch_counts_for_more():
    """In a smaller last batch each sample counts for more: one of 1 weighs four times as much as one of 4."""
    w = nn.Parameter(torch.ones(5))
    for part in w.split(4):
        (part.mean() / 2).backward()
    assert w.grad.tolist() == [0.125] * 4 + [0.5]


def test_tokens():
    """Sums of the losses divided by the tokens of the whole group give the mean over all tokens."""
    losses = nn.Parameter(torch.tensor([1.0, 5.0, 2.0, 4.0, 3.0]))  # of two samples, 2 and 3 tokens long
    for sample in losses.split([2, 3]):
        (sample.sum() / 5).backward()
    (whole,) = torch.autograd.grad(losses.mean(), [losses])
    torch.testing.assert_close(losses.grad, whole)


def test_clipping_can_hide_the_factor():
    """Gradient clipping shows a factor only if it leaves some gradients alone; if it cuts all of them, SGD hides it too."""
    def sgd(p):
        return torch.optim.SGD(p, lr=0.1)

    torch.testing.assert_close(path(sgd, 1.0, 0.5), path(sgd, 4.0, 0.5))
    assert (path(sgd, 1.0, 3.0) - path(sgd, 4.0, 3.0)).abs().max() > 1e-3


def test_class_weights():
    """With class weights the means of small batches do not give the mean of the whole; sums over all weights do."""
    x = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
    y, weight = torch.tensor([0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]), torch.tensor([1.0, 9.0])

    def grad(loss, parts):
        w = nn.Parameter(torch.eye(3, 2))
        for a, b in zip(x.chunk(parts), y.chunk(parts)):
            loss(a @ w, b).backward()
        return w.grad

    whole = grad(lambda out, t: F.cross_entropy(out, t, weight), 1)
    means = grad(lambda out, t: F.cross_entropy(out, t, weight) / 4, 4)
    sums = grad(lambda out, t: F.cross_entropy(out, t, weight, reduction="sum") / weight[y].sum(), 4)
    assert (means - whole).abs().max() > 1e-2
    torch.testing.assert_close(sums, whole)


def test_bfloat16_sums_lose_small_terms():
    """A thousand gradients of 1 add up to 256 in bfloat16."""
    w = nn.Parameter(torch.zeros(1, dtype=torch.bfloat16))
    for _ in range(1000):
        w.sum().backward()
    assert w.grad.item() == 256


def test_loaders_without_a_length(raises):
    """len() of a DataLoader over an IterableDataset without __len__ raises TypeError."""
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(torch.ones(3))

    with raises(TypeError, "has no len()"):
        len(torch.utils.data.DataLoader(Stream()))


def test_one_step_of_the_scheduler_per_update():
    """Stepped once per small batch, a scheduler that counts steps ends four times too early."""
    for calls, updates in ((1, 8), (4, 2)):
        optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.5, total_iters=8)
        optimizer.step()
        for update in range(8):
            for _ in range(calls):
                scheduler.step()
            assert (abs(scheduler.get_last_lr()[0] - 0.05) < 1e-9) is (update + 1 >= updates)
