"""Proofs of no-grad-fn."""

import warnings

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

MESSAGE = "element 0 of tensors does not require grad and does not have a grad_fn"


def given():
    torch.manual_seed(0)
    model, x, y = nn.Linear(2, 3), torch.randn(4, 2), torch.tensor([0, 2, 1, 1])
    criterion = nn.CrossEntropyLoss()
    with torch.no_grad():
        loss = criterion(model(x), y)
    extra = [model.weight.square().sum(), model.bias.square().sum()]
    return {
        "torch": torch, "model": model, "criterion": criterion, "x": x, "y": y,
        "loss": loss, "extra_losses": extra, "print": lambda *args: None,
    }  # fmt: skip


def test_answer(answer):
    """A loss that is computed with gradients on, with torch.stack for the parts, gives every parameter its gradient."""
    model, x, y = answer.model, answer.x, answer.y
    grad = (model(x).softmax(dim=1) - nn.functional.one_hot(y, 3)) / 4  # of cross-entropy
    torch.testing.assert_close(model.weight.grad, (grad.T @ x + 2 * model.weight).detach())
    torch.testing.assert_close(model.bias.grad, (grad.sum(dim=0) + 2 * model.bias).detach())


def test_enable_grad():
    """torch.enable_grad() turns gradients on inside no_grad() and set_grad_enabled(False), not inside inference_mode()."""
    model = nn.Linear(2, 1)
    with torch.no_grad():
        assert not model(torch.ones(1, 2)).requires_grad
        with torch.enable_grad():
            assert model(torch.ones(1, 2)).requires_grad
    with torch.set_grad_enabled(False), torch.enable_grad():
        assert model(torch.ones(1, 2)).requires_grad
    with torch.inference_mode(), torch.enable_grad():
        assert not model(torch.ones(1, 2)).requires_grad


def test_default(default):
    """Cross-entropy passes gradients on, and counting hits does not."""
    assert default.hits.dtype == torch.bool and default.logits.shape == (4, 3)
    assert default.y.tolist() == [0, 2, 1, 1]
    grad = (default.logits.softmax(dim=1) - nn.functional.one_hot(default.y, 3)) / 4
    torch.testing.assert_close(default.model.weight.grad, (grad.T @ default.x).detach())
    assert default.hits.tolist() == [
        row.index(max(row)) == y for row, y in zip(default.logits.tolist(), [0, 2, 1, 1])
    ]


def test_right(right):
    """torch.stack passes gradients on to each loss."""
    assert right.model.weight.grad.tolist() == [[3.0, 3.0]]  # of ones; zeros add nothing
    assert right.model.bias.grad.tolist() == [3.0 + 4.0]


def test_a_cure_that_cures_nothing(wrong_cure, right_cure):
    """After requires_grad_(), the loss is a leaf with gradient 1 and the parameters have none."""
    assert wrong_cure.loss.is_leaf and wrong_cure.loss.grad == 1
    assert [p.grad for p in wrong_cure.model.parameters()] == [None, None]
    assert right_cure.model.weight.grad.tolist() == [[3.0, 3.0]]
    assert right_cure.model.bias.grad.tolist() == [3.0]


def test_gradients_are_off(raises):
    """no_grad, inference_mode, and set_grad_enabled(False) lead to this message, as decorators too."""
    model, x = nn.Linear(2, 1), torch.ones(3, 2)
    for off in torch.no_grad, torch.inference_mode, lambda: torch.set_grad_enabled(False):
        with off():
            loss = model(x).sum()
        with raises(RuntimeError, MESSAGE):
            loss.backward()

    @torch.no_grad()
    def decorated():
        return model(x).sum()

    with raises(RuntimeError, MESSAGE):
        decorated().backward()


def test_all_frozen(raises):
    """A model whose parameters are all frozen, and one without parameters, lead to this message."""
    for model in nn.Linear(2, 1).requires_grad_(False), nn.Softmax(dim=1):
        with raises(RuntimeError, MESSAGE):
            model(torch.ones(3, 2)).sum().backward()


def test_values_that_left_the_graph(raises):
    """torch.tensor, tolist, NumPy, detach, and .data cut the graph; stack and sum keep it."""
    model, x = nn.Linear(2, 1), torch.ones(3, 2)
    loss = model(x).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.tensor(tensor) warns
        cut = [
            torch.tensor(loss),
            torch.tensor([loss, loss]).sum(),
            torch.tensor(loss.item()),
            torch.tensor(model(x).tolist()).sum(),
            torch.from_numpy(model(x).detach().numpy()).sum(),
            loss.detach(),
            loss.data,
        ]
    for one in cut:
        with raises(RuntimeError, MESSAGE):
            one.backward()
    torch.stack([loss, loss]).sum().backward()
    sum([model(x).sum(), model(x).sum()]).backward()
    assert model.bias.grad.tolist() == [2 * 3.0 + 2 * 3.0]


def test_other_messages(raises):
    """item() and numpy() alone lead to other messages."""
    loss = nn.Linear(2, 1)(torch.ones(3, 2)).sum()
    with raises(AttributeError, "'float' object has no attribute 'backward'"):
        loss.item().backward()
    with raises(RuntimeError, "Can't call numpy() on Tensor that requires grad"):
        loss.numpy()


def test_operations_without_a_gradient(raises):
    """argmax, comparisons, and conversions to integers have no gradient."""
    out = nn.Linear(2, 3)(torch.ones(4, 2))
    for one in out.argmax(dim=1).float(), (out > 0).float(), out.long().float():
        assert not one.requires_grad
        with raises(RuntimeError, MESSAGE):
            one.sum().backward()


def test_checkpoint_behind_a_frozen_embedding(raises):
    """Behind a frozen embedding, checkpoint needs use_reentrant=False; left out, it is like True, with a warning."""
    embedding, layer = nn.Embedding(3, 2).requires_grad_(False), nn.Linear(2, 1)
    x = embedding(torch.tensor([2, 0]))

    def run(**options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            checkpoint(layer, x, **options).sum().backward()

    for options in {"use_reentrant": True}, {}:
        with raises(RuntimeError, MESSAGE):
            run(**options)
    run(use_reentrant=False)
    torch.testing.assert_close(layer.weight.grad, x.sum(dim=0, keepdim=True))


def test_second_derivatives(raises):
    """A gradient has no graph unless create_graph=True, so that a second derivative leads to this message."""
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    (g,) = torch.autograd.grad((x**3).sum(), x)
    with raises(RuntimeError, "element 0 of tensors does not require grad and does not have a grad_fn"):
        torch.autograd.grad(g.sum(), x)
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    assert torch.autograd.grad(g.sum(), x)[0].tolist() == [12, 18]
