"""Proofs of bce-range."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def by_formula(logits, labels):
    """The mean of -log(p) or -log(1 - p) in plain Python, where p is the sigmoid of the logit."""
    ps = [1 / (1 + math.exp(-v)) for v in logits]
    losses = [-y * math.log(p) - (1 - y) * math.log(1 - p) for p, y in zip(ps, labels, strict=True)]
    return sum(losses) / len(losses)


def close(found, expected):
    return math.isclose(found.item(), expected, rel_tol=1e-5)


def given():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0))
    mask = torch.tensor([255, 0, 255, 0], dtype=torch.uint8)
    return {"F": F, "model": model, "x": torch.randn(4, 3), "mask": mask}


def test_answer(answer):
    """The with-logits loss is the mean of minus the log of the probability of the right answer."""
    assert answer.y.tolist() == [1, 0, 1, 0] and answer.y.dtype == torch.float32
    assert close(answer.loss, by_formula(answer.logits.tolist(), [1, 0, 1, 0]))


def test_default(default):
    """The gradient of the with-logits loss with respect to the logits is (sigmoid - label) / N."""
    assert close(default.loss, by_formula(default.logits.tolist(), [0, 1, 1]))
    step = (default.probs - torch.tensor([0.0, 1.0, 1.0])) / 3
    torch.testing.assert_close(default.model.weight.grad[0], step @ default.x)


def test_sigmoid_before_bce_works():
    """A sigmoid before BCELoss gives the same loss as the with-logits loss."""
    logits, y = torch.tensor([-1.5, 2.0, 0.5]), torch.tensor([0.0, 1.0, 1.0])
    assert close(F.binary_cross_entropy(logits.sigmoid(), y), by_formula(logits.tolist(), y.tolist()))


def test_ignore(ignore):
    """Labels of -1 are left out by indexing with y >= 0."""
    assert close(ignore.loss, by_formula([2.0, -1.0, 3.0], [1.0, 0.0, 1.0]))


def test_right(right):
    """The with-logits loss takes logits outside 0..1."""
    assert close(right.loss, by_formula([-1.0, 3.0, 0.5], [0.0, 1.0, 1.0]))


def test_right_target(right_target):
    """A uint8 mask of 0 and 255 divided by 255 is float32 and holds 0 and 1."""
    assert right_target.y.tolist() == [0, 1, 1] and right_target.y.dtype == torch.float32
    assert close(right_target.loss, -(math.log(0.8) + math.log(0.9) + math.log(0.6)) / 3)


def test_with_logits_does_not_check_labels(raises):
    """For labels of -1 and 255 BCELoss raises, and the with-logits loss returns a number, here a negative one."""
    logits = torch.tensor([0.3, -2.0, 1.0])
    for label in (-1.0, 255.0):
        y = torch.tensor([0.0, 1.0, label])
        with raises(RuntimeError, "all elements of target should be between 0 and 1"):
            F.binary_cross_entropy(logits.sigmoid(), y)
        assert close(F.binary_cross_entropy_with_logits(logits, y), by_formula(logits.tolist(), y.tolist()))
    assert F.binary_cross_entropy_with_logits(logits, torch.tensor([0.0, 1.0, 255.0])) < -80
    assert F.binary_cross_entropy_with_logits(torch.tensor([-3.0]), torch.tensor([-1.0])) < -2


def test_clamp_stops_the_gradient(wrong_clamp):
    """Elements that clamp(0, 1) cut have gradient 0."""
    assert wrong_clamp.x.grad.tolist()[:2] == [0, 0]
    assert close(wrong_clamp.x.grad[2], -1 / 0.5 / 3)


def test_right_clamp(right_clamp):
    """With logits, the worst prediction has the largest gradient."""
    by_hand = [(1 / (1 + math.exp(-v)) - y) / 3 for v, y in [(-2.0, 1.0), (3.0, 0.0), (0.5, 1.0)]]
    assert all(map(close, right_clamp.x.grad, by_hand))
    assert right_clamp.x.grad.abs().argmax() == 1


def test_nan_raises_or_stays(raises):
    """A NaN behind a sigmoid raises in BCELoss, and the with-logits loss of a NaN is NaN."""
    x, y = torch.tensor([0.5, math.nan]), torch.ones(2)
    with raises(RuntimeError, "all elements of input should be between 0 and 1"):
        F.binary_cross_entropy(x.sigmoid(), y)
    assert F.binary_cross_entropy_with_logits(x, y).isnan()


def test_nan_label_raises(raises):
    """A label that is NaN raises the message about the target, as do logits when the two arguments are swapped."""
    with raises(RuntimeError, "all elements of target should be between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([0.0, 1.0]), torch.tensor([-2.0, 3.0]))
    with raises(RuntimeError, "all elements of target should be between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([math.nan]))


def test_sigmoid_is_one():
    """The sigmoid is 1 for 17 (bfloat16: 7), and BCELoss has gradient 0 there, for label 0 too; in float16, NaN for 9."""
    for v, one in [(16.5, False), (17.0, True), (25.0, True)]:
        x = torch.tensor([v], requires_grad=True)
        F.binary_cross_entropy(x.sigmoid(), torch.zeros(1)).backward()
        assert (x.sigmoid().item() == 1) == (x.grad.item() == 0) == one
    for dtype, first in ((torch.float16, 9), (torch.bfloat16, 7)):
        assert [v for v in range(20) if torch.tensor(float(v), dtype=dtype).sigmoid() == 1][0] == first
        for label in 0, 1:
            x = torch.tensor([float(first)], dtype=dtype, requires_grad=True)
            F.binary_cross_entropy(x.sigmoid(), torch.tensor([label], dtype=dtype)).backward()
            assert x.grad.isnan() if dtype == torch.float16 else x.grad == 0


def test_soft_labels():
    """BCELoss takes labels between 0 and 1."""
    loss = F.binary_cross_entropy(torch.tensor([0.6]), torch.tensor([0.25]))
    assert close(loss, -0.25 * math.log(0.6) - 0.75 * math.log(0.4))


def test_sum_of_probabilities(raises):
    """Ten times 0.1 adds up to more than 1 in float32, which raises; clamp(0, 1) makes it pass."""
    p = torch.zeros(1)
    for _ in range(10):
        p += 0.1
    assert 1 < p.item() < 1.0000002
    with raises(RuntimeError, "all elements of input should be between 0 and 1"):
        F.binary_cross_entropy(p, torch.ones(1))
    assert F.binary_cross_entropy(p.clamp(0, 1), torch.ones(1)) == 0


def test_bicubic_overshoots(raises):
    """Bicubic resizing pushes probabilities of 0 and 1 out of the range, bilinear does not; clamp(0, 1) mends it."""
    p = torch.zeros(1, 1, 6, 6)
    p[..., 3:] = 1
    bilinear = F.interpolate(p, scale_factor=4, mode="bilinear")
    bicubic = F.interpolate(p, scale_factor=4, mode="bicubic")
    assert bilinear.min() >= 0 and bilinear.max() <= 1 and bicubic.min() < -0.01 and bicubic.max() > 1.01
    with raises(RuntimeError, "all elements of input should be between 0 and 1"):
        F.binary_cross_entropy(bicubic, torch.ones_like(bicubic))
    assert F.binary_cross_entropy(bicubic.clamp(0, 1), torch.ones_like(bicubic)).isfinite()


def test_relu_and_tanh_limit_the_logits(raises):
    """Outputs of a ReLU or tanh raise in BCELoss; as logits, they give probabilities from 0.5 or between 0.27 and 0.73."""
    x, y = torch.linspace(-50, 50, 9), torch.zeros(9)
    for squash, low, high in (F.relu, 0.5, 1.0), (torch.tanh, 0.2689, 0.7311):
        with raises(RuntimeError, "all elements of input should be between 0 and 1"):
            F.binary_cross_entropy(squash(x), y)
        p = squash(x).sigmoid()
        assert abs(p.min() - low) < 1e-4 and abs(p.max() - high) < 1e-4
