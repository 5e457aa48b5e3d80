"""Proofs of class-weights."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {
        "torch": torch,
        "nn": nn,
        "device": "cpu",
        "C": 4,
        "train_set": SimpleNamespace(targets=[0, 0, 0, 0, 0, 2, 2, 1]),
    }


def test_answer(answer):
    """The weight is N / (C * count), so each class that has samples has the same total weight."""
    torch.testing.assert_close(answer.weight, torch.tensor([8 / (4 * n) for n in (5, 1, 2)] + [2.0]))
    assert torch.equal(answer.criterion.weight, answer.weight)
    torch.testing.assert_close(answer.weight[:3] * answer.count[:3], torch.full((3,), 8 / 4))


def test_default(default):
    """With these weights the loss is the mean over the classes of the mean loss of each class."""
    each = -default.logits.log_softmax(dim=1)[torch.arange(8), default.labels]  # (N,)
    class_means = [each[:5].mean(), each[7], each[5:7].mean()]
    torch.testing.assert_close(default.criterion(default.logits, default.labels), sum(class_means) / 3)


def test_example_of_900_and_100():
    """900 and 100 samples give the weights 0.56 and 5."""
    assert [round(1000 / (2 * n), 2) for n in (900, 100)] == [0.56, 5]


def test_effective_number(effective_number):
    """The effective number of n samples is (1 - beta ** n) / (1 - beta), and the weights are its inverse."""
    effective = [(1 - 0.999**n) / (1 - 0.999) for n in (9000, 500, 20)]
    scale = 3 / sum(1 / e for e in effective)
    torch.testing.assert_close(effective_number.weight, torch.tensor([scale / e for e in effective]))


def test_undo(undo):
    """A model that is best under the weighted loss predicts shares of weight * count; minus weight.log(), of count."""
    best = (undo.weight * undo.count).log().requires_grad_()  # constant logits
    labels = torch.cat([torch.zeros(900), torch.ones(100)]).long()
    F.cross_entropy(best.expand(1000, 2), labels, weight=undo.weight).backward()
    torch.testing.assert_close(best.grad, torch.zeros(2), rtol=0, atol=1e-5)
    torch.testing.assert_close((best - undo.weight.log()).softmax(dim=0).detach(), torch.tensor([0.9, 0.1]))
    torch.testing.assert_close(undo.restored[0], torch.tensor([0.9, 0.1]))
    odds = undo.shifted[1, 1] / undo.shifted[1, 0] / 9
    torch.testing.assert_close(undo.restored[1, 1], odds / (1 + odds))


def test_right(right):
    """A float tensor of C weights is accepted; here class 1 counts four times as much as class 0."""
    each = -right.logits.log_softmax(dim=1)
    expected = (1 * each[0, 0] + 4 * each[1, 1]) / (1 + 4)
    torch.testing.assert_close(right.criterion(right.logits, torch.tensor([0, 1])), expected)
    assert right.criterion.weight.tolist() == [1, 4, 2]


def data():
    torch.manual_seed(0)
    logits, target, weight = torch.randn(4, 3), torch.tensor([0, 1, 1, 2]), torch.tensor([1.0, 4.0, 9.0])
    return logits, target, weight, F.cross_entropy(logits, target, reduction="none")


def test_the_mean_divides_by_the_weights():
    """For class indices, the mean divides by the sum of the weights of the targets; for probabilities, by N."""
    logits, target, weight, each = data()
    total = 1 * each[0] + 4 * each[1] + 4 * each[2] + 9 * each[3]
    torch.testing.assert_close(F.cross_entropy(logits, target, weight=weight), total / (1 + 4 + 4 + 9))
    dense = F.one_hot(target, 3).float()
    torch.testing.assert_close(F.cross_entropy(logits, dense, weight=weight), total / 4)


def test_the_scale_cancels():
    """Doubling all weights leaves the mean as it is and doubles the sum."""
    logits, target, weight, _ = data()
    for reduction, factor in (("mean", 1), ("sum", 2)):
        once = F.cross_entropy(logits, target, weight=weight, reduction=reduction)
        twice = F.cross_entropy(logits, target, weight=2 * weight, reduction=reduction)
        torch.testing.assert_close(twice, factor * once)


def test_one_class_in_the_batch():
    """A batch with a single class has the same loss as without weights, unless labels are smoothed."""
    logits, _, weight, _ = data()
    target = torch.ones(4).long()
    torch.testing.assert_close(F.cross_entropy(logits, target, weight=weight), F.cross_entropy(logits, target))
    weighted = F.cross_entropy(logits, target, weight=weight, label_smoothing=0.1)
    assert abs(weighted - F.cross_entropy(logits, target, label_smoothing=0.1)) > 1e-3


def test_empty_class():
    """Without clamp(min=1), a class without samples gets the weight inf; without minlength, the last one is missing."""
    labels = torch.tensor([0, 0, 2])
    assert (3 / (4 * torch.bincount(labels, minlength=4))).tolist() == [3 / 8, float("inf"), 3 / 4, float("inf")]
    assert len(torch.bincount(labels)) == 3


def test_float64_weights(raises):
    """float64 weights raise with float32 logits."""
    logits, target, weight, _ = data()
    with raises(RuntimeError, "expected scalar type Float but found Double"):
        F.cross_entropy(logits, target, weight=weight.double())
    array = weight.double().numpy()
    as_float = torch.tensor(array, dtype=torch.float32)
    assert torch.equal(as_float, weight)


def test_mean_of_batches():
    """The mean over batches is not the weighted mean over the data; sums divided by the total weight are."""
    logits, target, weight, _ = data()
    whole = F.cross_entropy(logits, target, weight=weight)
    halves = [(logits[:2], target[:2]), (logits[2:], target[2:])]
    means = [F.cross_entropy(x, y, weight=weight) for x, y in halves]
    assert abs(sum(means) / 2 - whole) > 0.01
    sums = [F.cross_entropy(x, y, weight=weight, reduction="sum") for x, y in halves]
    torch.testing.assert_close(sum(sums) / weight[target].sum(), whole)


def test_balanced_twice():
    """Where a sampler draws each class equally often, weights give a class with fewer samples a larger total."""
    count = torch.tensor([900.0, 100.0])
    drawn = torch.tensor([500.0, 500.0])  # of 1000 samples, by a balancing sampler
    weight = 1000 / (2 * count)
    torch.testing.assert_close(weight * count, torch.tensor([500.0, 500.0]))  # balanced once
    ratio = (weight * drawn)[1] / (weight * drawn)[0]
    torch.testing.assert_close(ratio, torch.tensor(9.0))


def test_the_module_moves_its_weight():
    """CrossEntropyLoss holds the weight as a buffer, so to() moves and casts it."""
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3))
    assert dict(criterion.named_buffers()).keys() == {"weight"}
    assert criterion.to(torch.float64).weight.dtype == torch.float64


def test_other_causes_of_the_length(raises):
    """A model with 1000 outputs, and logits (N, H, W, C) whose classes are not dimension 1, raise the messages about the length of weight; a label of 255 makes the count 256 long."""
    weight = torch.ones(5)
    with raises(RuntimeError, "defined either for all 1000 classes or no classes but got weight tensor of shape: [5]"):
        F.cross_entropy(torch.zeros(2, 1000), torch.tensor([0, 4]), weight=weight)
    logits, y = torch.zeros(2, 4, 6, 5), torch.ones(2, 4, 6).long()  # (N, H, W, C), (N, H, W)
    with raises(RuntimeError, "weight tensor should be defined either for all or no classes"):
        F.cross_entropy(logits, y, weight=weight)
    assert F.cross_entropy(logits.permute(0, 3, 1, 2), y, weight=weight) > 0
    mask = torch.tensor([0, 1, 1, 255])
    assert len(torch.bincount(mask, minlength=5)) == 256
    assert torch.bincount(mask[mask != 255], minlength=5).tolist() == [1, 2, 0, 0, 0]


def test_the_first_argument_is_weight(raises):
    """The first argument of CrossEntropyLoss, NLLLoss, and BCEWithLogitsLoss is weight; other options need their names."""
    for loss in nn.CrossEntropyLoss, nn.NLLLoss, nn.BCEWithLogitsLoss:
        with raises(TypeError, "cannot assign 'str' object to buffer 'weight' (torch Tensor or None required)"):
            loss("sum")
        assert loss(reduction="sum").reduction == "sum"


def test_a_weight_that_is_learned(raises):
    """cross_entropy refuses a weight that requires a gradient, also of images; weight[y] times each loss is the same mean, and learns."""
    w = nn.Parameter(torch.tensor([1.0, 2.0, 5.0]))
    for x, y in (torch.eye(4, 3), torch.tensor([0, 2, 1, 2])), (torch.eye(3).reshape(1, 3, 3, 1), torch.tensor([[[0], [2], [2]]])):
        for weight in w, w * 2:
            with raises(RuntimeError, "is not differentiable with respect to argument 'weight'"):
                F.cross_entropy(x, y, weight=weight)
        loss = (w[y] * F.cross_entropy(x, y, reduction="none")).sum() / w[y].sum()
        torch.testing.assert_close(loss, F.cross_entropy(x, y, weight=w.detach()))
        w.grad = None
        loss.backward()
        assert w.grad[2] != 0


def test_a_learned_weight_of_binary_cross_entropy(raises):
    """The binary losses refuse a weight that requires a gradient, too; multiplied by hand, it learns."""
    w, x, y = nn.Parameter(torch.tensor([1.0, 3.0])), torch.tensor([0.5, -2.0]), torch.tensor([1.0, 1.0])
    with raises(RuntimeError, "is not differentiable with respect to argument 'weight'"):
        F.binary_cross_entropy_with_logits(x, y, weight=w)
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    ((w * losses).sum() / w.sum()).backward()
    assert w.grad.abs().min() > 0
