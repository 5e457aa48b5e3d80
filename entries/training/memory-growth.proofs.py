"""Proofs of memory-growth."""

import gc
import weakref

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    return {
        "model": model,
        "criterion": nn.MSELoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "loader": [(torch.randn(5, 3), torch.randn(5, 1)) for _ in range(4)],
    }


class Saved:
    """Counts how many tensors that autograd saved are still alive."""

    def __init__(self):
        self.refs = []

    def pack(self, tensor):
        box = [tensor.detach()]
        holder = Holder(box)
        self.refs.append(weakref.ref(holder))
        return holder

    def alive(self):
        return sum(ref() is not None for ref in self.refs)

    def __enter__(self):
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self.pack, lambda holder: holder.box[0])
        self.hooks.__enter__()
        return self

    def __exit__(self, *error):
        self.hooks.__exit__(*error)


class Holder:
    def __init__(self, box):
        self.box = box


def by_hand(loader):
    """The sum of the losses of gradient descent, by the formula."""
    torch.manual_seed(0)
    start = nn.Linear(3, 1)
    w, b, total = start.weight.detach(), start.bias.detach(), 0.0
    for x, y in loader:
        error = x @ w.T + b - y
        total += error.square().mean().item()
        w, b = w - 0.1 * 2 * error.T @ x / len(x), b - 0.1 * 2 * error.mean(dim=0)
    return total


def test_answer(answer):
    """item() makes a plain float of the loss, and floats keep no graph."""
    assert type(answer.total) is float
    torch.testing.assert_close(answer.total, by_hand(answer.loader))


def test_default(default):
    """Outputs made under inference_mode() have no grad_fn."""
    assert type(default.total) is float
    torch.testing.assert_close(default.total, by_hand(default.loader))
    assert [out.grad_fn for out in default.outputs] == [None] * 4
    torch.testing.assert_close(torch.cat(default.outputs), torch.cat([default.model(x) for x, _ in default.loader]).detach())


def test_find(find):
    """A running sum of losses keeps the graph of every step, so its graph grows by as many nodes each time."""
    model, total, sizes = nn.Linear(3, 1), 0.0, []
    for _ in range(4):
        total = total + model(torch.ones(5, 3)).square().mean()
        sizes.append(find.graph_size(total))
    steps = [b - a for a, b in zip(sizes, sizes[1:])]
    assert steps == [steps[0]] * 3 and steps[0] > 0
    assert find.total.grad_fn is not None


def test_wrong(wrong):
    """A list of losses keeps every graph, after backward() as well."""
    assert [loss.grad_fn is None for loss in wrong.losses] == [False] * 4


def test_right(right):
    """detach() gives a tensor with the same value and without a graph."""
    assert [loss.grad_fn for loss in right.losses] == [None] * 4
    torch.testing.assert_close(right.losses[-1], right.loss.detach())


def test_backward_frees_the_activations():
    """backward() frees the activations although the loss is kept; without it, the loss of each step keeps them."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for call, per_step in ((lambda loss: loss.backward(), 0), (lambda loss: None, None)):
        kept = []
        with Saved() as saved:
            for _ in range(3):
                loss = model(torch.ones(5, 3)).square().mean()
                call(loss)
                kept.append(loss)
            alive = saved.alive()
        assert len(saved.refs) > 0
        assert alive == (0 if per_step == 0 else len(saved.refs))


def test_inference_mode():
    """Under inference_mode() nothing is saved, and kept outputs hold no activations."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    with Saved() as saved, torch.inference_mode():
        kept = [model(torch.ones(5, 3)) for _ in range(3)]
    assert len(kept) == 3 and saved.refs == []


def test_retain_graph(raises):
    """backward(retain_graph=True) keeps the activations; the sum of two losses needs one backward() only, and a state
    that is carried over needs none of it once it is detached."""
    w = nn.Parameter(torch.tensor([1.0, 2.0]))
    with Saved() as saved:
        h = w.exp()
        first, second = h.sum(), (h * h).sum()
        first.backward(retain_graph=True)
        assert saved.alive() > 0
        second.backward()
        apart = w.grad.clone()
        w.grad = None
        h = w.exp()
        (h.sum() + (h * h).sum()).backward()
        assert saved.alive() == 0
    torch.testing.assert_close(w.grad, apart)
    cell = nn.RNNCell(3, 4)
    for detach in (True, False):
        h = torch.zeros(2, 4)
        for step in range(2):
            h = cell(torch.ones(2, 3), h.detach() if detach else h)
            if detach or step == 0:
                h.sum().backward()
    with raises(RuntimeError, "backward through the graph a second time"):
        h.sum().backward()


def test_views():
    """A row that is a view keeps the storage of the whole batch; clone() keeps one row."""
    out = torch.zeros(7, 5)
    assert out[0].untyped_storage().nbytes() == 7 * 5 * 4
    assert out[0].clone().untyped_storage().nbytes() == 5 * 4


def test_cpu_and_clone_keep_the_graph():
    """cpu() and clone() keep the graph; after detach() they do not."""
    out = nn.Linear(3, 2)(torch.ones(4, 3))
    assert out.cpu().grad_fn is not None and out[0].clone().grad_fn is not None
    assert out.detach().cpu().grad_fn is None and out[0].detach().clone().grad_fn is None


def test_hidden_state():
    """Without detach(), the graph of the hidden state grows with every chunk; with it, it stays the same."""
    from collections import deque

    def depth(tensor):
        seen, todo = set(), deque([tensor.grad_fn])
        while todo:
            node = todo.popleft()
            if node is not None and node not in seen:
                seen.add(node)
                todo.extend(parent for parent, _ in node.next_functions)
        return len(seen)

    cell = nn.RNNCell(3, 4)
    for detach in (False, True):
        h, sizes = torch.zeros(2, 4), []
        for _ in range(4):
            h = cell(torch.ones(2, 3), h.detach() if detach else h)
            sizes.append(depth(h))
        assert (sizes[1] == sizes[3]) is detach and (sizes[1] < sizes[3]) is not detach


def test_gc_does_not_help():
    """gc.collect() frees nothing that a list still refers to."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    with Saved() as saved:
        kept = [model(torch.ones(5, 3)) for _ in range(3)]
    before = saved.alive()
    gc.collect()
    assert saved.alive() == before > 0
    kept.clear()
    assert saved.alive() == 0


def test_hooks_keep_graphs():
    """A hook that stores outputs keeps their graphs, and one that stores out.detach() does not."""
    model, stored = nn.Linear(3, 4), []
    for store in (lambda out: out, lambda out: out.detach()):
        handle = model.register_forward_hook(lambda module, args, out, store=store: stored.append(store(out)))
        model(torch.ones(5, 3)).sum().backward()
        handle.remove()
    assert [out.grad_fn is None for out in stored] == [False, True]
