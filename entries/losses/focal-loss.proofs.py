"""Proofs of focal-loss."""

import inspect
import math

import torch
import torch.nn.functional as F


def given():
    logits = torch.tensor([[0.3, -2.0, 1.5], [4.0, 0.1, -0.7]])
    return {"torch": torch, "F": F, "logits": logits, "y": torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])}


def focal(z, y, alpha=0.25, gamma=2.0):
    """One example, by the formula."""
    p = 1 / (1 + math.exp(-z if y else z))
    return (alpha if y else 1 - alpha) * (1 - p) ** gamma * -math.log(p)


def by_formula(logits, y, **options):
    return [focal(z, t, **options) for z, t in zip(logits.flatten().tolist(), y.flatten().tolist(), strict=True)]


def test_answer(answer):
    """exp(-ce) is the probability of the true class, and the loss is the mean of alpha * (1 - p) ** 2 * ce."""
    torch.testing.assert_close(answer.p, torch.where(answer.y == 1, answer.logits, -answer.logits).sigmoid())
    torch.testing.assert_close(answer.loss.item(), sum(by_formula(answer.logits, answer.y)) / 6)


def test_default(default):
    """alpha weights positives by 0.25 and negatives by 0.75; gamma = 0 leaves the weighted cross-entropy."""
    torch.testing.assert_close(default.focal_loss(default.logits, default.y), torch.tensor(by_formula(default.logits, default.y)))
    other = default.focal_loss(default.logits, default.y, alpha=0.4, gamma=3.0)
    torch.testing.assert_close(other, torch.tensor(by_formula(default.logits, default.y, alpha=0.4, gamma=3.0)))
    plain = default.focal_loss(default.logits, default.y, gamma=0.0)
    torch.testing.assert_close(plain, torch.tensor([0.25, 0.25, 0.75, 0.75]) * default.ce)


def test_multiclass(multiclass):
    """With several classes, p is the softmax probability of the label, and the class weight is multiplied at the end."""
    p = multiclass.logits.softmax(dim=1)[torch.arange(6), multiclass.y]
    each = -((1 - p) ** 2) * p.log()
    weight = torch.tensor([1.0, 3.0, 2.0, 2.0, 0.5, 1.0])  # of the labels 0, 3, 1, 1, 2, 0
    torch.testing.assert_close(multiclass.focal_loss(multiclass.logits, multiclass.y), each.mean())
    weighted = multiclass.focal_loss(multiclass.logits, multiclass.y, weight=multiclass.weight)
    torch.testing.assert_close(weighted, (weight * each).sum() / 6)


def test_detection(detection):
    """For detection, the sum over all anchors is divided by the number of positives, here 4."""
    assert detection.y.sum() == 4
    torch.testing.assert_close(detection.loss.item(), sum(by_formula(detection.logits, detection.y)) / 4)


def test_torchvision():
    """torchvision.ops.sigmoid_focal_loss computes the same formula; its RetinaNet uses alpha 0.25 and gamma 2."""
    from torchvision.models.detection.retinanet import RetinaNetClassificationHead
    from torchvision.ops import sigmoid_focal_loss

    logits, y = torch.tensor([0.3, -2.0, 4.0]), torch.tensor([1.0, 0.0, 0.0])
    each = sigmoid_focal_loss(logits, y, alpha=0.25, gamma=2.0)
    torch.testing.assert_close(each, torch.tensor(by_formula(logits, y)))
    assert torch.equal(each, sigmoid_focal_loss(logits, y))  # the defaults
    call = inspect.getsource(RetinaNetClassificationHead.compute_loss)
    assert "sigmoid_focal_loss(" in call and "alpha" not in call and "gamma" not in call


def test_how_much_examples_count(default):
    """With gamma = 2, an example with p = 0.9 counts a hundredth, one with p = 0.1 about four fifths."""
    logits, y = torch.tensor([math.log(9), -math.log(9)]), torch.ones(2)  # p = 0.9 and 0.1
    ce = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
    torch.testing.assert_close(default.focal_loss(logits, y, alpha=1.0) / ce, torch.tensor([0.01, 0.81]))


def test_log_of_one_minus_sigmoid():
    """log(1 - sigmoid(x)) is -inf from x = 17 on in float32; the function on logits is finite."""
    x = torch.tensor([16.0, 17.0, 30.0])
    assert torch.log(1 - torch.sigmoid(x)).isinf().tolist() == [False, True, True]
    assert F.binary_cross_entropy_with_logits(x, torch.zeros(3), reduction="none").tolist()[1:] == [17, 30]


def test_only_plain_cross_entropy():
    """With weight or label_smoothing, exp(-ce) is not the probability of the true class."""
    torch.manual_seed(0)
    logits, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    p = logits.softmax(dim=1)[torch.arange(5), y]
    torch.testing.assert_close(torch.exp(-F.cross_entropy(logits, y, reduction="none")), p)
    for options in ({"weight": torch.tensor([2.0, 3.0, 0.5])}, {"label_smoothing": 0.1}):
        changed = torch.exp(-F.cross_entropy(logits, y, reduction="none", **options))
        assert bool(((changed - p).abs() > 1e-3).all())


def gradient(gamma, lowest=None):
    z = torch.tensor(40.0, requires_grad=True)  # sigmoid(40) is 1 in float32
    ce = F.binary_cross_entropy_with_logits(z, torch.tensor(1.0))
    rest = 1 - torch.exp(-ce)
    ((rest if lowest is None else rest.clamp(min=lowest)) ** gamma * ce).backward()
    return z.grad.item()


def test_small_gamma():
    """With 0 < gamma < 1 the gradient is NaN once p rounds to 1; from 1 on, or with a clamp, it is finite."""
    assert math.isnan(gradient(0.5))
    assert all(math.isfinite(gradient(g)) for g in (1.0, 1.5, 2.0))
    assert math.isfinite(gradient(0.5, lowest=1e-6))


def test_bias_of_the_last_layer():
    """A bias of -4.6 makes the sigmoid 0.01; with one of 0, background costs over 100,000 times as much at gamma = 2.
    A bias shared by all classes does not change a softmax."""
    assert round(1 / (1 + math.exp(4.6)), 3) == 0.01
    assert round(-math.log((1 - 0.01) / 0.01), 1) == -4.6
    assert 100_000 < focal(0.0, 0) / focal(-4.6, 0) < 200_000
    logits = torch.tensor([[0.3, -2.0, 1.5]])
    torch.testing.assert_close((logits - 4.6).softmax(dim=1), logits.softmax(dim=1))


def test_ignored_labels(multiclass, raises):
    """A label of -100 costs 0 but counts in mean(), and weight[-100] raises; selecting the rows first mends both."""
    y = torch.tensor([0, -100, 1, -100, 2, 0])
    keep = y != -100
    wanted = multiclass.focal_loss(multiclass.logits[keep], y[keep])
    torch.testing.assert_close(multiclass.focal_loss(multiclass.logits, y), wanted * 4 / 6)
    with raises(IndexError, "index -100 is out of bounds"):
        multiclass.focal_loss(multiclass.logits, y, weight=multiclass.weight)
    assert multiclass.focal_loss(multiclass.logits[keep], y[keep], weight=multiclass.weight) > 0
