"""Proofs of item."""

import gc
import json
import math
import warnings
import weakref

import torch


def given():
    w = torch.tensor([[1.5, -2.0, 0.25], [4.0, 8.0, 16.0]], requires_grad=True)
    return {"loss": (w * w).mean(), "x": w, "total": 10.0}


def test_answer(answer):
    """item() gives a Python float, tolist() nested lists, and a 0-d tensor can be formatted as it is."""
    mean = (1.5**2 + 2**2 + 0.25**2 + 4**2 + 8**2 + 16**2) / 6
    assert type(answer.total) is float and math.isclose(answer.total, 10 + mean, rel_tol=1e-6)
    assert answer.values == [[1.5, -2.0, 0.25], [4.0, 8.0, 16.0]]
    assert answer.first == -2.0
    assert f"{answer.loss:.4f}" == f"{mean:.4f}"


def test_default(default):
    """item() takes one element of any number of dims and works without detach()."""
    assert default.loss.item() == (1 + 4 + 3.5**2) / 3
    assert default.loss.requires_grad and default.w.tolist() == [[1, -2, 3.5]]
    assert default.w[:, 1:2].item() == -2 and torch.full((1, 1, 1), 7).item() == 7


def test_python_types():
    """item() returns float, int, bool, or complex, and tolist() keeps the nesting."""
    made = [torch.tensor(v).item() for v in (1.5, 2, True, 1 + 2j)]
    assert [type(v) for v in made] == [float, int, bool, complex] and made == [1.5, 2, True, 1 + 2j]
    for dtype in torch.float16, torch.bfloat16, torch.float64:
        assert type(torch.tensor(1.5, dtype=dtype).item()) is float
    assert torch.arange(6).reshape(1, 2, 3).tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert torch.tensor(3).tolist() == 3 and torch.tensor([]).tolist() == []


def test_float_warns():
    """float(x) gives a float, also of an integer tensor, and warns since 2.8 if x requires grad."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            x = torch.tensor(2.5, requires_grad=True)
            assert x.item() == x.tolist() == 2.5 and not seen
            assert float(x.detach()) == 2.5 and not seen
            assert float(x) == 2.5
            assert type(float(torch.tensor([3]))) is float
    finally:
        torch.set_warn_always(before)
    assert torch.__version__ < (2, 8) or any("Converting a tensor with requires_grad=True to a scalar" in str(w.message) for w in seen)


def test_average_loss(average_loss):
    """The mean loss times the batch size, summed and divided by N, is the mean over all N, as a float."""
    losses = [(v / 2 - 1) ** 2 for v in (1, 2, 4, 7, 11)]
    assert math.isclose(average_loss.total / average_loss.seen, sum(losses) / 5, rel_tol=1e-6)
    assert type(average_loss.total) is float and average_loss.seen == 5


def test_without_waiting(without_waiting):
    """A sum of loss.detach() is a tensor without a graph and holds the same value."""
    assert not without_waiting.total.requires_grad and without_waiting.total == sum((3 - s) ** 2 for s in range(4))


def test_a_sum_of_tensors_keeps_the_graphs():
    """total += loss keeps the graph of each batch; with item(), no graph is kept."""

    def nodes(t):
        found, todo = set(), [t.grad_fn]
        while todo:
            node = todo.pop()
            if node is not None and node not in found:
                found.add(node)
                todo += [parent for parent, _ in node.next_functions]
        return sum("PowBackward" in node.name() for node in found)

    w, kept, number, sizes = torch.tensor(3.0, requires_grad=True), 0, 0.0, []
    for step in range(4):
        loss = (w - step) ** 2
        kept = kept + loss
        number += loss.item()
        sizes.append(nodes(kept))
    assert sizes == [1, 2, 3, 4] and type(number) is float and number == kept.item() == 14


def test_backward_frees_the_activations():
    """A sum of losses keeps the activations of a batch, unless backward() has freed them."""
    for backward in False, True:
        hidden = torch.ones(2, requires_grad=True).exp()  # exp saves its result
        seen, loss = weakref.ref(hidden.untyped_storage()), hidden.sum()
        if backward:
            loss.backward()
        total = 0.0
        total += loss
        del hidden, loss
        gc.collect()
        assert (seen() is None) == backward and total.grad_fn is not None


def test_right(right):
    """A mean, an index, and tolist() turn several elements into numbers."""
    assert right.losses.mean().item() == (0.5 + 2) / 2 and right.losses[1].item() == 2.0


def test_rounding_shows():
    """torch.tensor(0.1).item() is 0.10000000149011612, the float32 number nearest to 0.1, and not equal to 0.1."""
    assert repr(torch.tensor(0.1).item()) == "0.10000000149011612" and torch.tensor(0.1).item() != 0.1
    assert torch.tensor(0.1, dtype=torch.float64).item() == 0.1


def test_a_number_has_no_backward(raises):
    """A loss computed only from item() has no backward(); a term of it that goes through item() gets no gradient."""
    w = torch.tensor(2.0, requires_grad=True)
    with raises(AttributeError, "'float' object has no attribute 'backward'"):
        (w.item() * 3).backward()
    (w**2 + (3 * w).item()).backward()
    assert w.grad == 4  # 7 would be right


def test_parameters_cannot_be_formatted(raises):
    """A 0-d tensor can be formatted with a precision; a 0-d Parameter raises, and its item() and its mean() can."""
    p = torch.nn.Parameter(torch.tensor(0.125))
    with raises(TypeError, "unsupported format string passed to Parameter.__format__"):
        f"{p:.2f}"
    assert f"{p.item():.2f}" == f"{p.mean():.2f}" == f"{p.detach():.2f}" == "0.12"


def test_messages(raises):
    """A meta tensor has no item(); several elements cannot be formatted; round and json want Python numbers."""
    with raises(RuntimeError, "Tensor.item() cannot be called on meta tensors"):
        torch.ones(1, device="meta").item()
    with raises(TypeError, "unsupported format string passed to Tensor.__format__"):
        f"{torch.ones(2):.2f}"
    assert f"{torch.tensor(0.126, requires_grad=True):.2f}" == "0.13"
    with raises(TypeError, "type Tensor doesn't define __round__ method"):
        round(torch.tensor(1.26), 1)
    assert round(torch.tensor(1.26).item(), 1) == 1.3
    torch.testing.assert_close(torch.round(torch.tensor([1.264, 2.0]), decimals=2), torch.tensor([1.26, 2.0]))
    with raises(TypeError, "Object of type Tensor is not JSON serializable"):
        json.dumps({"loss": torch.tensor(1.5)})
    assert json.dumps([torch.tensor(1.5).item(), torch.tensor([1, 2]).tolist()]) == "[1.5, [1, 2]]"


def test_float_of_complex(raises):
    """float(x) gives a float of an integer or bool tensor, and raises for a complex number; item() takes it."""
    assert float(torch.tensor([3])) == 3.0 and float(torch.tensor(True)) == 1.0
    with raises(RuntimeError, "cannot be converted to type double without overflow"):
        float(torch.tensor(1 + 2j))
    assert torch.tensor(1 + 2j).item() == 1 + 2j


def test_item_under_the_meta_device(raises):
    """Under torch.device("meta"), item() on the numbers of linspace raises, unless they are made with device="cpu"."""
    with torch.device("meta"):
        with raises(RuntimeError, "Tensor.item() cannot be called on meta tensors"):
            [x.item() for x in torch.linspace(0, 1, 3)]
        assert [x.item() for x in torch.linspace(0, 1, 3, device="cpu")] == [0.0, 0.5, 1.0]


def test_round_and_json_of_a_parameter(raises):
    """round and json refuse a Parameter, and take its item() and tolist(); torch.round takes decimals."""
    p = torch.nn.Parameter(torch.tensor([1.26]))
    with raises(TypeError, "type Parameter doesn't define __round__ method"):
        round(p, 1)
    with raises(TypeError, "Object of type Parameter is not JSON serializable"):
        json.dumps({"w": p})
    assert round(p.item(), 1) == 1.3
    torch.testing.assert_close(torch.round(p.detach(), decimals=1), torch.tensor([1.3]))
    assert json.dumps(torch.nn.Parameter(torch.tensor([1.5, 2.0])).tolist()) == "[1.5, 2.0]"
