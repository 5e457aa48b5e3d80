"""Proofs of loss-class-vs-functional."""

import inspect
import math
import re
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"nn": nn, "F": F, "logits": torch.randn(4, 3), "y": torch.tensor([2, 0, 1, 1])}


def smoothed(logits, y, eps):
    log_q = logits.log_softmax(dim=1)
    rows = [-(1 - eps) * row[c] - eps * sum(row) / len(row) for row, c in zip(log_q.tolist(), y.tolist(), strict=True)]
    return sum(rows) / len(rows)


def test_answer(answer):
    """The class, built with the options and called with the data, returns the same as the function."""
    assert math.isclose(answer.loss.item(), smoothed(answer.logits, answer.y, 0.1), rel_tol=1e-5)
    assert answer.same == answer.loss


def test_default(default):
    """BCEWithLogitsLoss is binary_cross_entropy_with_logits, and KLDivLoss is kl_div."""
    assert math.isclose(F.cross_entropy(default.logits, default.y, label_smoothing=0.1), smoothed(default.logits, default.y, 0.1), rel_tol=1e-5)
    z, t = default.logits, default.t
    torch.testing.assert_close(nn.BCEWithLogitsLoss()(z, t), ((1 + z.exp()).log() - z * t).mean())
    kl = torch.where(t > 0, t * (t.clamp(min=1e-9).log() - default.log_q), 0.0).sum() / 2
    torch.testing.assert_close(default.criterion(default.log_q, t), kl)


def test_weights(weights):
    """The mean over weighted classes divides by the sum of the weights, in the class as in the function."""
    a, b = (-row for row in weights.logits.cpu().log_softmax(dim=1).diagonal().tolist())
    assert math.isclose(weights.loss.item(), (1 * a + 5 * b) / 6, rel_tol=1e-5)


def test_right(right):
    """A criterion built without data and then called gives the mean negative log-probability."""
    log_q = right.logits.log_softmax(dim=1)
    torch.testing.assert_close(right.loss, -(log_q[0, 0] + log_q[1, 2]) / 2)


def test_data_in_the_constructor(raises):
    """Data in the constructor raise if the target has several elements; one element builds a criterion, with a warning."""
    for name in ("CrossEntropyLoss", "MSELoss", "BCEWithLogitsLoss", "L1Loss"):
        with raises(RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"):
            getattr(nn, name)(torch.zeros(2, 3), torch.zeros(2))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            criterion = getattr(nn, name)(torch.ones(1), torch.ones(1))
        assert "size_average and reduce args will be deprecated" in str(seen[0].message)
        with raises(AttributeError, "object has no attribute 'backward'"):
            criterion.backward()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert isinstance(nn.CrossEntropyLoss(torch.zeros(1, 3), torch.tensor([2])), nn.Module)  # logits (1, C)


def test_the_class_calls_the_function():
    """The class calls the function of torch.nn.functional."""
    calls, original = [], F.cross_entropy
    F.cross_entropy = lambda *args, **options: calls.append(options) or original(*args, **options)
    try:
        nn.CrossEntropyLoss(ignore_index=7)(torch.zeros(2, 3), torch.tensor([0, 1]))
    finally:
        F.cross_entropy = original
    assert [options["ignore_index"] for options in calls] == [7]


def test_every_class_of_the_module_has_a_function():
    """The forward of every class in torch.nn.modules.loss calls a function of torch.nn.functional."""
    names = nn.modules.loss.__all__
    assert len(names) > 15
    for name in names:
        (called,) = re.findall(r"return F\.(\w+)\(", inspect.getsource(getattr(nn, name).forward))
        assert callable(getattr(F, called))


def test_weights_must_be_moved(raises):
    """Class weights on another device than the logits raise until the criterion is moved; they are buffers."""
    logits, y = torch.zeros(2, 3, device="meta"), torch.zeros(2, dtype=torch.int64, device="meta")
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))
    assert [name for name, _ in criterion.named_buffers()] == ["weight"]
    assert list(criterion.parameters()) == []
    with raises(RuntimeError, "device"):
        criterion(logits, y)
    with raises(RuntimeError, "device"):
        F.cross_entropy(logits, y, weight=torch.tensor([1.0, 2.0, 3.0]))
    assert criterion.to("meta")(logits, y).device.type == "meta"


def test_weights_in_the_checkpoint(raises):
    """A criterion with weights inside the model appears in its state_dict, and a model without it raises."""
    model = nn.Module()
    model.head = nn.Linear(3, 2)
    model.criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0]))
    assert list(model.state_dict()) == ["head.weight", "head.bias", "criterion.weight"]
    other = nn.Module()
    other.head = nn.Linear(3, 2)
    with raises(RuntimeError, 'Unexpected key(s) in state_dict: "criterion.weight"'):
        other.load_state_dict(model.state_dict())
