"""Proofs of zeros-ones."""

import torch


def given():
    return {"torch": torch, "N": 2, "D": 3, "C": 4, "device": "meta"}


def test_answer(answer):
    """zeros is float32, dtype= and device= apply, full takes a tuple and a value, eye is square, zeros_like copies."""
    assert answer.x.tolist() == [[0, 0, 0]] * 2 and answer.x.dtype == torch.float32
    assert answer.mask.shape == (2, 3) and answer.mask.dtype == torch.bool and answer.mask.device.type == "meta"
    assert answer.counts.tolist() == [0] * 4 and answer.counts.dtype == torch.int64
    assert answer.prior.tolist() == [[0.25] * 4] * 2
    assert answer.identity.tolist() == [[float(i == j) for j in range(3)] for i in range(3)]
    assert answer.h.shape == (2, 3) and answer.h.dtype == torch.float32


def test_default(default):
    """zeros and ones take sizes with or without a tuple; zeros(()) holds one number; eye may be wider than high."""
    made = default.made
    assert made["zeros ()"].shape == () and made["zeros ()"].numel() == 1
    assert torch.equal(torch.zeros(2, 3), torch.zeros((2, 3))) and made["zeros"].shape == (2, 3)
    assert made["eye"].tolist() == [[1, 0, 0], [0, 1, 0]]
    assert made["ones bool"].all() and made["full 7.5"].tolist() == [7.5, 7.5]


def test_diagonal(diagonal):
    """diag puts the values on the diagonal, triu(diagonal=1) keeps what is above it."""
    inf = float("inf")
    assert diagonal.future.tolist() == [[0, -inf, -inf], [0, 0, -inf], [0, 0, 0]]


def test_the_default_dtype():
    """zeros, ones, and eye give the default dtype."""
    torch.set_default_dtype(torch.float64)
    try:
        kinds = [x.dtype for x in (torch.zeros(2), torch.ones(2), torch.eye(2), torch.full((2,), 7.0), torch.full((2,), 7))]
    finally:
        torch.set_default_dtype(torch.float32)
    assert kinds == [torch.float64] * 4 + [torch.int64]
    assert torch.zeros(2).dtype == torch.ones(2).dtype == torch.eye(2).dtype == torch.float32


def test_full_goes_by_the_value(wrong):
    """full with 7 or 0 gives int64, with 7.0 float32, with True bool."""
    assert wrong.scores.dtype == torch.int64 and wrong.scores.tolist() == [0, 0, 0]
    assert [torch.full((2,), v).dtype for v in (7, 7.0, True)] == [torch.int64, torch.float32, torch.bool]


def test_wrong(wrong):
    """Assigning 0.75 to an element of an int64 tensor stores 0."""
    assert wrong.scores.tolist() == [0, 0, 0] and wrong.scores.dtype == torch.int64


def test_right(right):
    """A float tensor holds 0.75."""
    assert right.scores.tolist() == [0, 3 / 4, 0]


def test_adding_floats_raises(raises):
    """+= with floats raises for an int64 tensor."""
    total = torch.zeros(2, dtype=torch.int64)
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        total += torch.ones(2)


def test_lists_are_sizes():
    """zeros takes a list as sizes, tensor takes it as data."""
    assert torch.zeros([2, 3]).tolist() == [[0, 0, 0], [0, 0, 0]] and torch.tensor([2, 3]).tolist() == [2, 3]


def test_a_repeated_list_shares_one_tensor():
    """A list times 3 holds one tensor three times; zeros(3, 2) has three rows."""
    rows = [torch.zeros(2)] * 3
    rows[0][1] = 5
    assert [row.tolist() for row in rows] == [[0, 5]] * 3
    x = torch.zeros(3, 2)
    x[0, 1] = 5
    assert x.tolist() == [[0, 5], [0, 0], [0, 0]]


def test_refused_sizes(raises):
    """A float, a dtype, or None as a size raises, and so does full without a tuple or a value."""
    with raises(TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints, …float"):
        torch.zeros(4 / 2)
    assert torch.zeros(4 // 2).shape == (2,) and torch.zeros(torch.ones(2, 3).shape).shape == (2, 3)
    sizes = torch.tensor([2, 3])
    for wrong in sizes, "3":
        with raises(TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints"):
            torch.zeros(wrong)
    assert torch.zeros(sizes.tolist()).shape == (2, 3) and torch.zeros(int("3")).shape == (3,)
    for bad in torch.long, None, 2.0:
        with raises(TypeError, "zeros(): argument 'size' failed to unpack the object at pos 2"):
            torch.zeros(2, bad)
    with raises(TypeError, "full() missing 1 required positional arguments" if torch.__version__ >= (2, 13) else "full() received an invalid combination of arguments"):
        torch.full((2, 2))
    with raises(TypeError, "full(): argument 'size' (position 1) must be tuple of ints, not int"):
        torch.full(3, 0.5)


def test_sizes_of_other_calls(raises):
    """view, reshape, and ones refuse a float among the sizes, with the same message; // and int() give ints."""
    x, n = torch.ones(8, 2), 8
    for call in x.view, x.reshape, torch.ones:
        with raises(TypeError, "failed to unpack the object at pos 2 with error \"type must be tuple of ints,but got float\""):
            call(4, n / 2)
        assert call(4, n // 2).shape == call(4, int(n / 2)).shape == (4, 4)


def test_minus_one_is_no_size(raises):
    """-1 stands for the rest in reshape, and is refused where a tensor is made."""
    assert torch.ones(6).reshape(2, -1).shape == (2, 3)
    with raises(RuntimeError, "…imension…"):
        torch.ones(2, -1)


def test_a_float_as_the_first_size(raises):
    """A float as the first of several sizes is reported as too many arguments; in a tuple, its place is counted."""
    new = torch.__version__ >= (2, 13)
    with raises(TypeError, "zeros() takes 1 positional argument but 2 were given" if new else "zeros() received an invalid combination of arguments"):
        torch.zeros(5 / 2, 3)
    with raises(TypeError, "zeros(): argument 'size' failed to unpack the object at pos 2"):
        torch.zeros((3, 5 / 2))
    with raises(TypeError, "zeros(): argument 'size' failed to unpack the object at pos 2"):
        torch.zeros(3, (4, 5))
    assert torch.zeros(5 // 2, 3).shape == (2, 3) and torch.zeros(3, *(4, 5)).shape == (3, 4, 5)


def test_full_takes_one_number(raises):
    """full refuses a list, a tensor with a dim, and one that requires grad; item() helps, and expand keeps the gradient."""
    x = torch.tensor(2.0, requires_grad=True)
    for value, kind in ([1.0, 2.0], "list"), (x, "Tensor"), (torch.ones(1), "Tensor"):
        with raises(TypeError, f"full(): argument 'fill_value' (position 2) must be Number, not {kind}"):
            torch.full((2, 3), value)
    assert torch.full((2,), torch.tensor([7.0]).item()).tolist() == [7.0, 7.0]
    assert torch.tensor([1.0, 2.0]).repeat(3, 1).tolist() == [[1.0, 2.0]] * 3
    x.expand(2, 3).sum().backward()
    assert x.grad == 6


def test_names_after_a_size_in_parentheses(raises):
    """After a tuple, zeros takes dtype only by name."""
    new = torch.__version__ >= (2, 13)
    with raises(TypeError, "zeros() takes 1 positional" if new else "zeros() received an invalid combination of arguments"):
        torch.zeros((2, 3), torch.long)
    assert torch.zeros((2, 3), dtype=torch.long).dtype == torch.int64


def test_ones_and_empty_say_the_same(raises):
    """ones and empty refuse a float or tensor as the first size, and a dtype, device, or size after a tuple; names and ints help."""
    new = torch.__version__ >= (2, 13)
    for make in torch.ones, torch.empty:
        name = make.__name__
        for args in (5 / 2, 3), (torch.ones(2), 3), ((2, 3), torch.bool), ((2, 3), "cpu"), ((2, 3), 4):
            with raises(TypeError, f"{name}() takes 1 positional" if new else f"{name}() received an invalid combination of arguments"):
                make(*args)
        assert make((2, 3), dtype=torch.long, device="cpu").dtype == torch.long
        assert make(2, 3, 4).shape == (2, 3, 4) and make(5 // 2, 3).shape == make(torch.ones(2, 3).shape).shape
