"""Proofs of plot-loss."""

import gc
import warnings
import weakref

import torch
from torch import nn


def given():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    return {"plt": plt, "train_losses": [90.0, 8.0, 1.5, 0.5], "val_losses": [80.0, 9.0, 3.0, 4.0]}


def test_answer(answer):
    """The figure holds both curves with their names, on a log scale, and is saved as a file."""
    axes = answer.plt.gca()
    drawn = {line.get_label(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in axes.lines}
    epochs = [0, 1, 2, 3]
    assert drawn == {"train": (epochs, [90, 8, 1.5, 0.5]), "val": (epochs, [80, 9, 3, 4])}
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("epoch", "loss", "log")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "val"]
    with open("loss.png", "rb") as file:
        assert file.read(4) == b"\x89PNG"


def test_default(default):
    """A model that overfits shows a training loss that falls and a validation loss that rises."""
    train, val = default.train_losses, default.val_losses
    assert train == sorted(train, reverse=True) and train[-1] < train[0] / 2
    assert min(val) < val[-1]
    assert len(train) == len(val) == 30 and {type(value) for value in train + val} == {float}
    x, y = default.x[24:], default.y[24:]
    by_hand = sum((default.model.bias + default.model.weight[0] @ a - b) ** 2 for a, b in zip(x, y)) / 16
    assert abs(by_hand.item() - val[-1]) < 1e-5
    assert [line.get_ydata().tolist() for line in default.plt.gca().lines] == [train, val]


def test_steps(steps):
    """Each validation stands at the step at which its epoch ends."""
    train, val = (line.get_xydata().tolist() for line in steps.ax.lines)
    assert train == [[1, 4.0], [2, 3.0], [3, 3.5], [4, 2.0], [5, 2.5], [6, 1.5]]
    assert val == [[3, 3.2], [6, 2.4]]


def test_smooth(smooth):
    """The corrected moving average is a weighted mean in which a value k steps back counts beta ** k."""
    for beta in (0.9, 0.5):
        for last, value in enumerate(smooth.smooth(smooth.losses, beta)):
            weights = [beta ** (last - k) for k in range(last + 1)]
            mean = sum(w * v for w, v in zip(weights, smooth.losses)) / sum(weights)
            assert abs(value - mean) < 1e-6
    assert smooth.smooth(smooth.losses) == smooth.smooth(smooth.losses, beta=0.9)
    assert smooth.window.tolist() == [[4, 2, 3], [2, 3, 1], [3, 1, 2]]


def test_right(right):
    """A list of numbers can be plotted."""
    assert right.line.get_ydata().tolist() == [(3 - step) ** 2 for step in range(4)]


def test_a_list_of_tensors_keeps_the_graphs():
    """What backward needs stays in memory as long as the loss tensor is in a list and backward() has not run; a number
    does not keep it."""

    class Saved:
        def __init__(self, tensor):
            self.tensor = tensor

    ways = (lambda loss: loss, False, 3), (lambda loss: loss, True, 0), (lambda loss: loss.item(), False, 0)
    for keep, backward, alive in ways:
        kept, saved = [], []

        def pack(tensor, saved=saved):
            packed = Saved(tensor)
            saved.append(weakref.ref(packed))
            return packed

        w = nn.Parameter(torch.tensor(2.0))
        for _ in range(3):
            with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed.tensor):
                loss = w.square()
            if backward:
                loss.backward()
            kept.append(keep(loss))
            del loss
        gc.collect()
        assert [ref() is not None for ref in saved].count(True) == alive


def test_training_loss_lags():
    """On the same data, the mean of the losses of an epoch is higher than the loss after it while the model improves."""
    torch.manual_seed(0)
    x = torch.randn(32, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]])
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for i in torch.arange(32).split(8):
        loss = nn.functional.mse_loss(model(x[i]), y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses) / 4 > 1.3 * nn.functional.mse_loss(model(x), y).item()


def test_dropout_raises_the_training_loss():
    """With dropout, the loss in train() is higher than the loss in eval() for the same weights and data."""
    torch.manual_seed(0)
    x = torch.randn(400, 6)
    y = x.sum(dim=1, keepdim=True)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 1))
    nn.init.ones_(model[1].weight)
    nn.init.zeros_(model[1].bias)
    losses = [nn.functional.mse_loss(model.train(mode)(x), y).item() for mode in (True, False)]
    assert losses[0] > 1 and losses[1] < 1e-9


def test_smoothing_delays(smooth):
    """With beta 0.9, a drop from 1 to 0 is half visible after 7 steps, and a spike is a tenth as high."""
    drop = smooth.smooth([1.0] * 100 + [0.0] * 20)
    assert drop[105] > 0.5 > drop[106]
    spike = smooth.smooth([0.0] * 100 + [1.0] + [0.0] * 5)
    assert abs(max(spike) - 0.1) < 1e-3


def test_figures_stay_open():
    """matplotlib keeps figures until they are closed, and warns when there are more than 20."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(21):
            plt.figure()
    assert len(plt.get_fignums()) == 21 and "More than 20 figures" in str(caught[-1].message)
    plt.close("all")
    assert plt.get_fignums() == []
