"""Proofs of scalar-convert."""

import math

import torch
import torch.nn.functional as F

X = torch.tensor([0.5, 1.5, 4.0])


def given():
    return {"x": X, "labels": torch.tensor([1, 0, 1]), "names": ["cat", "dog"]}


def test_answer(answer):
    """tolist() gives all elements, mean().item() one number for all, and an index with item() one of them."""
    assert answer.values == [0.5, 1.5, 4.0] and answer.value == 2.0 and answer.first == 0.5
    assert answer.text == ["0.50", "1.50", "4.00"] and answer.chosen == ["dog", "cat", "dog"]


def test_default(default):
    """torch.sqrt computes the root of each element."""
    assert default.x.tolist() == [0.5, 1.5, 4.0] and default.labels.tolist() == [2, 0]
    roots = torch.tensor([math.sqrt(v) for v in default.x.tolist()])
    torch.testing.assert_close(torch.sqrt(default.x), roots)


def test_right(right):
    """A loss with reduction="none" has one element for each sample; its mean is a number."""
    assert right.loss.tolist() == [1.0, 4.0, 36.0]
    assert right.loss.mean() == F.mse_loss(right.pred, right.target)


def test_right_index(right_index):
    """An integer tensor with one element is an index of a list, whatever its number of dims."""
    for label in torch.tensor(1), torch.tensor([1]), torch.tensor([[1]]):
        assert right_index.names[label] == "dog"
    assert right_index.labels.tolist() == [2, 0]


def test_messages(raises):
    """float, int, math.sqrt, and % raise one message for several elements, and a format string another."""
    for convert in float, int, math.sqrt, lambda x: "%.2f" % x:
        with raises(ValueError, "only one element tensors can be converted to Python scalars"):
            convert(X)
    for x in X, X[:1]:
        with raises(TypeError, "unsupported format string passed to Tensor.__format__"):
            f"{x:.2f}"
    assert f"{X[0]:.2f}" == "0.50" and "%.2f" % X[:1] == "0.50"


def test_round(raises):
    """Python's round() raises for tensors of any size; the method round() takes decimals."""
    for x in X, X[0]:
        with raises(TypeError, "type Tensor doesn't define __round__ method"):
            round(x)
    x = torch.tensor([0.126, 2.5])
    assert x.round().tolist() == [0.0, 2.0]
    torch.testing.assert_close(x.round(decimals=2), torch.tensor([0.13, 2.5]))


def test_one_element_passes(raises):
    """item() takes any shape with one element, and no other number of elements."""
    for shape in (), (1,), (1, 1, 1):
        assert torch.full(shape, 7.0).item() == float(torch.full(shape, 7.0)) == 7.0
    with raises(RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"):
        torch.ones(2).item()


def test_empty_selection(raises):
    """A mask without a hit selects 0 elements, for which item() raises."""
    mask = X > 9
    assert not mask.any()
    with raises(RuntimeError, "a Tensor with 0 elements cannot be converted to Scalar"):
        X[mask].item()


def test_mean_of_nothing():
    """The mean of an empty tensor is NaN."""
    assert math.isnan(torch.empty(0).mean().item())


def test_float_index(raises):
    """A float tensor is not an index, with one element neither; long() and int() make it one."""
    names = ["cat", "dog"]
    with raises(TypeError, "only integer tensors of a single element can be converted to an index"):
        names[torch.tensor(1.0)]
    assert names[torch.tensor(1.0).long()] == names[int(torch.tensor(1.0))] == "dog"


def test_range(raises):
    """range and chr take an integer or bool tensor with one element only; so does the index of a list."""
    assert list(range(torch.tensor(True))) == [0] and ["cat", "dog"][torch.tensor(True)] == "dog"
    assert list(range(torch.tensor([2]))) == [0, 1] and chr(torch.tensor(65)) == "A"
    for call in range, chr:
        with raises(TypeError, "only integer tensors of a single element can be converted to an index"):
            call(torch.tensor([65, 66]))


def test_a_list_of_integer_tensors(raises):
    """torch.tensor of a list of integer tensors says that only integer tensors of one element are an index; stack joins them."""
    rows = [torch.tensor([1, 2]), torch.tensor([3, 4])]
    with raises(TypeError, "only integer tensors of a single element can be converted to an index"):
        torch.tensor(rows)
    assert torch.stack(rows).tolist() == [[1, 2], [3, 4]]
