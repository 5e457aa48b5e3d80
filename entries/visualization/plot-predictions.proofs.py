"""Proofs of plot-predictions."""

import math

import torch
from torch import nn


def given():
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    model = nn.Flatten().eval()  # the logits are the pixels
    x = torch.tensor([[0.1, 0.9, 0.3], [0.8, 0.2, 0.6]]).view(2, 3, 1, 1)
    return {
        "torch": torch, "plt": plt, "model": model, "x": x, "y": torch.tensor([1, 2]),
        "device": "cpu", "classes": ["cat", "dog", "bird"],
    }  # fmt: skip


def test_answer(answer):
    """The title holds the class with the largest softmax and its share, green if it is the label, else red."""
    axes = answer.axes[0]
    for ax, row, label in zip(axes, answer.x.flatten(1).tolist(), answer.y.tolist(), strict=True):
        share = math.exp(max(row)) / sum(map(math.exp, row))
        best = row.index(max(row))
        assert ax.get_title() == f"{answer.classes[best]} {share:.0%}"
        assert ax.title.get_color() == ("green" if best == label else "red")
        pixel = torch.tensor(ax.images[0].get_array())
        assert pixel.shape == (1, 1, 3)
        torch.testing.assert_close(pixel.flatten(), torch.tensor(row))
    answer.plt.close(answer.figure)


def test_default(default):
    """softmax(dim=1).max(dim=1) returns the probability and the index of the winner of each row."""
    level = torch.tensor([0.1, 0.4, 0.9])
    torch.testing.assert_close(default.p, 1 / (1 + torch.exp(-16 * (level - 0.5).abs())))
    assert default.k.tolist() == (level > 0.5).int().tolist()
    assert (default.model[2].in_features, default.model[2].out_features) == (1, 2)
    assert default.y.tolist() == [0, 1, 1]
    assert default.x.shape == (3, 1, 6, 8) and default.axes.shape == (1, 3)
    for ax, shade in zip(default.axes[0], level.tolist(), strict=True):
        image = ax.images[0]
        seen = image.to_rgba(image.get_array())[..., :3]
        assert seen.shape == (6, 8, 3) and abs(seen - shade).max() < 0.005
    default.plt.close(default.figure)


def test_mistakes(mistakes):
    """gather picks the probability of the true class; argsort puts the most confident mistake first."""
    for row, label, chance in zip(mistakes.rows, mistakes.y.tolist(), mistakes.truth.tolist(), strict=True):
        assert math.isclose(chance, math.exp(row[label]) / sum(map(math.exp, row)), rel_tol=1e-5)
    assert mistakes.worst.tolist() == [3, 1]
    assert math.isclose(sum(map(sum, mistakes.rows)), 2.5 + 0.3 + 3.0 + 3.5)


def test_right(right):
    """squeeze(1) keeps the batch dimension of a batch of one, squeeze() does not."""
    assert right.best.squeeze(1).shape == (1,) and right.best.squeeze().shape == ()
    assert right.logits.tolist() == [[0.5, 2.0, 1.0]] and right.best.tolist() == [[1]]


def test_one_output():
    """softmax over a single logit is 1 whatever the logit."""
    logits = torch.tensor([[-3.0], [0.5]])
    assert logits.softmax(dim=1).tolist() == [[1.0], [1.0]]
    torch.testing.assert_close(torch.sigmoid(logits), 1 / (1 + torch.exp(-logits)))


def test_normalized_images():
    """imshow clips a normalized RGB image to 0..1."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    figure, ax = plt.subplots()
    shown = ax.imshow(torch.tensor([[[-2.0, 0.5, 2.5]]]).numpy())
    assert shown.get_array().tolist() == [[[0.0, 0.5, 1.0]]]
    plt.close(figure)
