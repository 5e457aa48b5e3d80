"""Proofs of clamp."""

import torch

NAN = float("nan")


def by_hand(values, low, high):
    return [min(max(v, low), high) for v in values]


def given():
    return {
        "torch": torch,
        "x": torch.tensor([-0.5, 0.25, 7.0]),
        "y": torch.tensor([-3.0, 0.0, 0.5, 2.0]),
        "z": torch.tensor([[-1.0, 9.0], [3.0, 4.0]]),
        "low": torch.tensor([0.0, 5.0]),
        "high": torch.tensor([2.0, 8.0]),
        "p": torch.nn.Parameter(torch.tensor([-1.0, 0.001, 0.5])),
    }


def test_answer(answer):
    """clamp limits both sides, one side, or each column, and in place under no_grad also a parameter."""
    assert answer.x.tolist() == by_hand([-0.5, 0.25, 7.0], 0, 1)
    torch.testing.assert_close(answer.y, torch.tensor([1e-8, 1e-8, 0.5, 2.0]), rtol=1e-6, atol=0)
    assert answer.z.tolist() == [[0, 8], [2, 5]]
    torch.testing.assert_close(answer.p.detach(), torch.tensor([-0.01, 0.001, 0.01]))
    assert answer.p.is_leaf and answer.p.requires_grad


def test_default(default):
    """The gradient is 1 inside the range, and 0 outside and at NaN."""
    assert default.x.grad.tolist() == [float(0 < v < 1) for v in default.x.tolist()]
    assert default.y[:5].tolist() == by_hand(default.x[:5].tolist(), 0, 1)


def test_bounds(bounds):
    """Tensors as bounds broadcast: (D,) limits the columns, (N, 1) the rows."""
    x, low, high = bounds.x.tolist(), bounds.low.tolist(), bounds.high.tolist()
    expected = [[min(max(v, a), b) for v, a, b in zip(row, low, high, strict=True)] for row in x]
    assert bounds.x.clamp(bounds.low, bounds.high).tolist() == expected
    assert bounds.x.clamp(max=bounds.limit).tolist() == [[min(v, m) for v in row] for row, m in zip(x, [1, 6], strict=True)]


def test_straight_through(straight_through):
    """x.clamp(0, 1).detach() + (x - x.detach()) has exactly the clamped value, also for 1e9, and the gradient of x."""
    big = torch.tensor([1e9, -1e9, 0.7])
    assert torch.equal(big.clamp(0, 1).detach() + (big - big.detach()), big.clamp(0, 1))
    torch.testing.assert_close(straight_through.y.detach(), torch.tensor(by_hand([-2.0, 0.3, 5.0], 0, 1)))
    assert straight_through.x.tolist()[::2] == [-2, 5]
    assert straight_through.x.grad.tolist() == [3, 3, 3]


def test_weights(weights):
    """clamp_ under no_grad limits parameters after each step, and they still train."""
    values = [0.0, 0.0, 0.0]
    for _ in range(3):
        values = by_hand([v + 0.1 * g for v, g in zip(values, [1, -2, 4], strict=True)], -0.25, 0.75)
    torch.testing.assert_close(weights.layer.weight.detach(), torch.tensor([values]))
    assert weights.layer.bias is None
    assert weights.layer.weight.requires_grad and weights.layer.weight.is_leaf


def test_wrong(wrong):
    """uint8 arithmetic wraps around at 256, so clamp comes too late."""
    assert wrong.image.dtype == torch.uint8
    assert wrong.brighter.tolist() == [(v + 10) % 256 for v in wrong.image.tolist()]


def test_right(right):
    """In a wider type the sum is right, and clamp limits it to 255."""
    assert (right.image.dtype, right.image.tolist()) == (torch.uint8, [5, 100, 250])
    assert right.brighter.tolist() == by_hand([v + 10 for v in right.image.tolist()], 0, 255)
    assert right.brighter.dtype == torch.uint8


def test_the_gradient_outside_is_zero():
    """A parameter that acts only through a value outside the range does not move, whatever the loss says; with sigmoid it does."""
    for limit, moves in ((lambda v: v.clamp(0, 1), False), (torch.sigmoid, True)):
        w = torch.nn.Parameter(torch.tensor(3.0))
        optimizer = torch.optim.Adam([w], lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            (limit(w) - 0.2).square().backward()
            optimizer.step()
        assert (w.item() != 3.0) == moves


def test_nan_stays_nan():
    """clamp keeps NaN, with one bound or two; nan_to_num replaces it first."""
    x = torch.tensor([NAN, -1.0, 2.0])
    for y in (x.clamp(0, 1), x.clamp(min=0), x.clamp(max=1), x.clamp(torch.zeros(3), torch.ones(3))):
        assert y.isnan().tolist() == [True, False, False]
    assert x.nan_to_num(0.0).clamp(0, 1).tolist() == [0, 0, 1]


def test_one_bound_as_a_tensor():
    """With one bound that is a tensor, clamp is torch.maximum or torch.minimum, NaN included."""
    x, bound = torch.tensor([1.0, float("nan"), 3.0, 0.5]), torch.tensor([2.0, 2.0, 2.5, float("nan")])
    torch.testing.assert_close(x.clamp(min=bound), torch.maximum(x, bound), equal_nan=True, rtol=0, atol=0)
    torch.testing.assert_close(x.clamp(max=bound), torch.minimum(x, bound), equal_nan=True, rtol=0, atol=0)


def test_swapped_bounds():
    """With min above max, every number becomes max: for numbers, for tensors, and for integers."""
    x = torch.tensor([-1.0, 2.5, 9.0])
    assert x.clamp(3, 2).tolist() == [2, 2, 2]
    assert x.clamp(torch.full((3,), 3.0), torch.full((3,), 2.0)).tolist() == [2, 2, 2]
    assert x.long().clamp(3, 2).tolist() == [2, 2, 2]


def test_clip_is_clamp():
    """clip gives what clamp gives, and clamp_ changes the tensor itself."""
    x = torch.tensor([-1.0, 0.5, 2.0])
    assert torch.equal(x.clip(0, 1), x.clamp(0, 1)) and torch.equal(torch.clip(x, max=1), x.clamp(max=1))
    same = x.clamp_(0, 1)
    assert same is x and x.tolist() == [0, 0.5, 1]


def test_mixed_bounds(raises):
    """A number and a tensor as bounds raise, and so do lists and an array or number to limit; two tensors, or two calls, work."""
    x, high = torch.tensor([-1.0, 0.5, 9.0]), torch.tensor([1.0, 0.2, 3.0])
    with raises(TypeError, "clamp() received an invalid combination of arguments"):
        x.clamp(0, high)
    with raises(TypeError, "clamp() received an invalid combination of arguments"):
        x.clamp([0, 0, 0], [1, 1, 1])
    for value in (x.numpy(), 9.0):
        with raises(TypeError, "clamp() received an invalid combination of arguments"):
            torch.clamp(value, 0, 1)
    with raises(TypeError, "clamp() received an invalid combination of arguments"):
        x.clamp(a_min=0)
    for y in (x.clamp(torch.tensor(0.0), high), x.clamp(min=0).clamp(max=high)):
        torch.testing.assert_close(y, torch.tensor([0.0, 0.2, 3.0]))


def test_limit_the_absolute_value(raises):
    """Complex tensors raise; z / z.abs().clamp(min=1) keeps the absolute value at most 1."""
    z = torch.tensor([3 + 4j, 0.3 - 0.4j, 0])
    with raises(RuntimeError, "clamp is not supported for complex types"):
        z.clamp(0, 1)
    torch.testing.assert_close(z / z.abs().clamp(min=1), torch.tensor([0.6 + 0.8j, 0.3 - 0.4j, 0]))


def test_parameters_need_no_grad(raises):
    """clamp_ on a parameter raises outside no_grad."""
    p = torch.nn.Parameter(torch.ones(2))
    with raises(RuntimeError, "a leaf Variable that requires grad"):
        p.clamp_(0, 0.5)


def test_the_gradient_at_the_bounds():
    """Exactly at a bound the gradient is 1, and since torch 2.14 it is 0, or 0.5 if the bound is a tensor."""
    new = torch.__version__ >= (2, 14)
    for low, high, at in ((0, 1, 0.0), (torch.zeros(5), torch.ones(5), 0.5)):
        x = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0], requires_grad=True)
        x.clamp(low, high).sum().backward()
        bound = at if new else 1
        assert x.grad.tolist() == [0, bound, 1, bound, 0]


def test_a_small_minimum_in_float16():
    """In float16 a minimum of 1e-8 is 0, in float32 it is not."""
    x = torch.tensor([-1.0])
    assert x.half().clamp(min=1e-8).item() == 0 and x.clamp(min=1e-8).item() > 0


def test_a_negative_divisor_changes_its_sign():
    """clamp(min=1e-8) turns a negative divisor into 1e-8, so the quotient has the wrong sign."""
    assert (1 / torch.tensor([-2.0]).clamp(min=1e-8)).item() > 0
