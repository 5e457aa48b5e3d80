"""Proofs of add."""

import warnings

import torch


def given():
    return {"torch": torch, "x": torch.tensor([1.0, 2.0]), "y": torch.tensor([10.0, 20.0])}


def test_answer(answer):
    """x + y makes a new tensor, alpha multiplies the second operand, and += changes x itself."""
    assert answer.z.tolist() == [11, 22] and answer.w.tolist() == [1 + 2 * 10, 2 + 2 * 20]
    assert answer.total.tolist() == [1 + 10 + 11, 2 + 20 + 22]
    assert answer.x.tolist() == [11, 22] and answer.y.tolist() == [10, 20]


def test_default(default):
    """The operators are torch.add, sub, mul, and div; shapes broadcast."""
    x, y = default.x, default.y
    pairs = list(zip((1, 2, 3), (10, 20, 40), strict=True))
    assert (x + y).tolist() == torch.add(x, y).tolist() == [a + b for a, b in pairs]
    assert (y - x).tolist() == torch.sub(y, x).tolist() == [b - a for a, b in pairs]
    assert (x * y).tolist() == torch.mul(x, y).tolist() == [a * b for a, b in pairs]
    assert torch.equal(y / x, torch.div(y, x))
    torch.testing.assert_close(y / x, torch.tensor([b / a for a, b in pairs]))
    assert torch.addcmul(x, x, y).tolist() == [a + a * b for a, b in pairs]
    assert (x + torch.tensor([[100], [200]])).tolist() == [[a + 100 for a in (1, 2, 3)], [a + 200 for a in (1, 2, 3)]]


def test_promotion():
    """The result has the dtype that both operands promote to."""
    i, f = torch.tensor([1]), torch.tensor([0.5])
    assert (i + f).dtype == (i + 0.5).dtype == torch.float32 and (i + 1).dtype == torch.int64
    assert (f.half() + f).dtype == torch.float32 and (f + f.double()).dtype == torch.float64


def test_buffer(buffer):
    """out= writes into a tensor that exists, and under no_grad also for inputs that require grad."""
    assert buffer.buffer.tolist() == [1 + 1, 1 + 2]
    assert buffer.w.tolist() == [1 - 0.5 * 1, 1 - 0.5 * 2]


def test_where_the_result_goes():
    """x + y and out= leave x alone; += is add_ and writes into the memory of x."""
    x, y, buffer = torch.tensor([1.0]), torch.tensor([2.0]), torch.zeros(1)
    place = x.data_ptr()
    assert (x + y).data_ptr() != place and torch.add(x, y, out=buffer).data_ptr() == buffer.data_ptr()
    assert x == 1
    x += y
    assert x == 3 and x.data_ptr() == place and x.add_(y) is x and x == 5


def test_out_and_gradients(raises):
    """While autograd records, out= raises if an input requires grad, and += raises on a parameter."""
    w, buffer = torch.ones(2, requires_grad=True), torch.empty(2)
    with raises(RuntimeError, "functions with out=... arguments don't support automatic differentiation"):
        torch.add(w, 1, out=buffer)
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation"):
        w += 1
    with torch.no_grad():
        torch.add(w, 1, out=buffer)
        w += 1
    assert buffer.tolist() == w.tolist() == [2, 2]


def test_in_place_may_spoil_backward(raises):
    """An in-place addition may overwrite a value that backward() needs, and backward() raises; a new tensor is fine."""
    x = torch.zeros(2, requires_grad=True)
    y = x.exp()
    y += 1
    with raises(RuntimeError, "one of the variables needed for gradient computation has been modified"):
        y.sum().backward()
    y = x.exp()
    y = y + 1
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_every_name_sees_it():
    """x += y changes every other name and view of x, and the tensor that a caller passed to the function; x = x + y does not."""

    def in_place(t):
        t += 1

    def new(t):
        t = t + 1

    x = torch.zeros(3)
    name, view = x, x[1:]
    in_place(x)
    assert name.tolist() == [1] * 3 and view.tolist() == [1] * 2
    new(x)
    assert x.tolist() == [1] * 3
    x = x + 1
    assert name.tolist() == [1] * 3 and view.tolist() == [1] * 2 and x.tolist() == [2] * 3


def test_wrong_alias(wrong_alias):
    """After before = x, x += 10 changes before as well."""
    assert wrong_alias.before is wrong_alias.x and wrong_alias.x.tolist() == [1 + 10, 2 + 10, 3 + 10]


def test_right_alias(right_alias):
    """x = x + 10 leaves the old tensor alone."""
    assert right_alias.before.tolist() == [1, 2, 3] and right_alias.x.tolist() == [11, 12, 13]


def test_in_place_keeps_dtype_and_shape(raises):
    """In place, an integer tensor cannot take a float, nor (2, 1) a result of (2, 3)."""
    with raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        torch.tensor([1]).add_(0.5)
    with raises(RuntimeError, "output with shape [2, 1] doesn't match the broadcast shape [2, 3]"):
        torch.zeros(2, 1).add_(torch.zeros(2, 3))


def test_right(right):
    """An integer tensor plus a float is a new float32 tensor."""
    assert right.count.tolist() == [1 + 0.5, 2 + 0.5, 3 + 0.5] and right.count.dtype == torch.float32


def test_uint8_wraps_around():
    """uint8 wraps around: 200 + 100 is 44; int() and float() hold 300."""
    x, y = torch.tensor([200], dtype=torch.uint8), torch.tensor([100], dtype=torch.uint8)
    assert (x + y).item() == (200 + 100) % 256 == 44
    assert (x.int() + y).item() == (x.float() + y).item() == 300


def test_a_list_of_one_shape(raises):
    """torch.stack adds up a list only if all shapes are equal, while + broadcasts."""
    x, y = torch.ones(2, 3), torch.ones(3)
    assert (x + y).shape == (2, 3)
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        torch.stack([x, y, x + y]).sum(dim=0)


def test_column_plus_vector():
    """(N, 1) + (N,) gives (N, N) and raises nothing."""
    assert (torch.tensor([[1], [2]]) + torch.tensor([10, 20])).tolist() == [[11, 21], [12, 22]]


def test_buffer_of_another_shape():
    """A buffer of another shape is resized, with a deprecation warning."""
    buffer = torch.ones(2)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.add(torch.ones(3), 1, out=buffer)
    assert buffer.shape == (3,) and len(seen) <= 1  # torch warns once in a process
