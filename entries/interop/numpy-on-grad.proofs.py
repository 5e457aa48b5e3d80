"""Proofs of numpy-on-grad."""

import gc
import weakref

import numpy as np
import torch
from torch import nn

SAYS = "Can't call numpy() on Tensor that requires grad"


def leaf():
    return torch.tensor([1.0, 4.0], requires_grad=True)


def given():
    torch.manual_seed(0)
    y = leaf().sqrt()
    return {"torch": torch, "y": y, "loss": y.sum(), "losses": [], "model": nn.Linear(3, 2), "x": torch.ones(5, 3)}


def test_answer(answer):
    """The array holds the values of the model's output, and item() appends a plain number."""
    assert isinstance(answer.array, np.ndarray)
    np.testing.assert_array_equal(answer.array, answer.model(answer.x).tolist())
    assert answer.losses == [1 + 2] and type(answer.losses[0]) is float


def test_default(default):
    """Numbers from item() work with NumPy, and under no_grad the output needs no detach."""
    assert len(default.losses) == 50 and default.losses[-1] < 0.01 < default.losses[0]
    assert default.predicted.tolist() == default.model(default.x).tolist()
    torch.testing.assert_close(default.y[:, 0], default.x[:, 0] + default.x[:, 1] + default.x[:, 2])
    assert (default.x.shape, default.y.shape) == ((20, 3), (20, 1))


def test_detach_gives_the_values(right):
    """detach().numpy() gives the values; the tensor itself still requires grad."""
    assert right.array.tolist() == [1, 2] and right.y.requires_grad


def test_force(wrong):
    """numpy(force=True) gives the values of a tensor that requires grad."""
    assert leaf().sqrt().numpy(force=True).tolist() == [1, 2]


def test_libraries_call_numpy(raises):
    """np.mean of a list of loss tensors, np.asarray, and np.sqrt raise the same; with numbers they work."""
    losses = [(leaf() * i).sum() for i in range(3)]
    for call in (lambda: np.mean(losses), lambda: np.asarray(losses[0]), lambda: np.sqrt(losses[2])):
        with raises(RuntimeError, SAYS):
            call()
    assert np.mean([loss.item() for loss in losses]) == (0 + 5 + 10) / 3


def test_matplotlib(raises):
    """plt.plot of a list of loss tensors raises the same."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with raises(RuntimeError, SAYS):
        plt.plot([leaf().sum(), leaf().sum()])
    plt.plot([leaf().sum().item(), leaf().sum().item()])
    plt.close()


def test_no_grad():
    """Under torch.no_grad() neither a result nor a parameter raises."""
    w = leaf()
    with torch.no_grad():
        assert w.numpy().tolist() == [1, 4] and w.sqrt().numpy().tolist() == [1, 2]


def test_wrong_loss(wrong_loss):
    """The loss from NumPy has the right value and passes no gradient on."""
    assert wrong_loss.w.requires_grad and wrong_loss.w.grad is None and wrong_loss.w.tolist() == [1, 4]
    torch.testing.assert_close(wrong_loss.loss.item(), float(np.log(4)), rtol=1e-5, atol=0)


def test_wrapping_gives_no_gradient(wrong_loss, right_loss, raises):
    """A loss from NumPy gives the parameters no gradient; the same in torch gives 1 / w."""
    assert wrong_loss.w.grad is None and wrong_loss.w.requires_grad
    torch.testing.assert_close(wrong_loss.loss.detach(), right_loss.loss.detach())
    assert right_loss.w.grad.tolist() == [1 / 1, 1 / 4]
    assert wrong_loss.w.tolist() == right_loss.w.tolist() == [1, 4]
    with raises(RuntimeError, "does not require grad"):
        torch.tensor(np.log(leaf().detach().numpy()).sum()).backward()


def test_writing_changes_gradients():
    """Writing into the array before backward() changes the gradients of sqrt without an error; a copy does not."""
    for copy, expected in (False, [0.5 / 100, 0.5 / 100]), (True, [0.5 / 1, 0.5 / 2]):
        w = leaf()
        y = w.sqrt()
        array = y.detach().numpy()
        if copy:
            array = array.copy()
        array[:] = 100
        y.sum().backward()
        torch.testing.assert_close(w.grad, torch.tensor(expected))


class Hook:
    """Hangs on a graph and lives as long as the graph does."""

    def __call__(self, grad):
        return grad


def test_a_list_keeps_the_graphs():
    """A stored loss tensor keeps its graph in memory; item() does not."""
    for store, alive in (lambda loss: loss, True), (lambda loss: loss.item(), False):
        hidden, hook = leaf().exp(), Hook()
        hidden.register_hook(hook)
        seen = weakref.ref(hook)
        losses = [store(hidden.sum())]
        del hidden, hook
        gc.collect()
        assert (seen() is not None) == alive and len(losses) == 1


def test_backward_frees_the_activations():
    """A stored loss keeps the activations of its step, unless backward() has freed them; the graph stays."""
    for backward in False, True:
        hidden = leaf().exp()  # exp saves its result
        seen = weakref.ref(hidden.untyped_storage())
        losses = [hidden.sum()]
        del hidden
        if backward:
            losses[0].backward()
        gc.collect()
        assert (seen() is None) == backward and losses[0].grad_fn.next_functions[0][0].name() == "ExpBackward0"
