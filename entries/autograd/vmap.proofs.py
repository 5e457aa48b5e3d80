"""Proofs of vmap."""

import warnings

import torch
from torch import nn
from torch.func import vmap


def given():
    torch.manual_seed(0)
    return {"torch": torch, "x": torch.randn(4, 3), "w": torch.randn(3), "ws": torch.randn(4, 3)}


def test_answer(answer):
    """vmap(f) is the stack of f over the samples; None in in_dims shares an argument."""
    expected = [sum(a * b for a, b in zip(u, v, strict=True)) for u, v in zip(answer.x.tolist(), answer.ws.tolist(), strict=True)]
    torch.testing.assert_close(answer.y, torch.tensor(expected))
    shared = vmap(answer.f, in_dims=(0, None))(answer.x, answer.w)
    torch.testing.assert_close(shared, answer.x @ answer.w)


def test_default(default):
    """Nesting vmap computes all pairs."""
    expected = [[((p - q) ** 2).sum().sqrt().item() for q in default.b] for p in default.a]
    torch.testing.assert_close(default.pairs(default.a, default.b), torch.tensor(expected))


def test_dims(dims):
    """in_dims and out_dims may be any dimension, and one None covers a whole dict."""
    expected = dims.params["weight"] @ dims.x + dims.params["bias"][:, None]
    torch.testing.assert_close(dims.y, expected)


def test_ensemble(ensemble):
    """With stacked parameters, one call runs all models on the same input."""
    for i, model in enumerate(ensemble.models):
        torch.testing.assert_close(ensemble.y[i], model(ensemble.x))
    assert ensemble.y.shape == (5, 4, 2)


def test_random(random):
    """randomness="different" draws for each sample, "same" once for all."""
    assert len(vmap(random.noisy, randomness="different")(torch.zeros(5)).unique()) == 5
    assert len(vmap(random.noisy, randomness="same")(torch.zeros(5)).unique()) == 1


def test_right(right):
    """torch.where chooses per sample."""
    torch.testing.assert_close(vmap(right.leaky)(torch.tensor([2.0, -3.0, 5.0])), torch.tensor([2.0, -0.3, 5.0]))


def test_shared_arguments_need_none(raises):
    """Without in_dims, both arguments are mapped: other sizes raise, equal sizes are paired."""
    with raises(ValueError, "Expected all tensors to have the same size in the mapped dimension"):
        vmap(torch.mul)(torch.ones(4, 3), torch.ones(5))
    out = vmap(torch.mul)(torch.ones(3, 3), torch.tensor([1.0, 2.0, 3.0]))
    assert out[:, 0].tolist() == [1, 2, 3]


def test_dims_without_the_batch():
    """Under vmap, dim=0 is the first dimension of a sample."""
    x = torch.arange(24.0).reshape(2, 3, 4)
    assert torch.equal(vmap(lambda v: v.sum(dim=0))(x), x.sum(dim=1))


def test_random_operations_raise(raises):
    """Dropout under vmap raises in the default mode, and runs with randomness or in eval mode."""
    drop, x = nn.Dropout(0.5), torch.ones(4, 8)
    with raises(RuntimeError, "called random operation while in randomness error mode"):
        vmap(drop)(x)
    assert len(vmap(drop, randomness="different")(x).unique(dim=0)) > 1
    assert torch.equal(vmap(drop.eval())(x), x)


def test_chunks():
    """chunk_size runs the function on parts of the batch, with the same result."""
    sizes = []

    def f(x):
        sizes.append(1)
        return x * 2

    assert torch.equal(vmap(f, chunk_size=4)(torch.arange(10)), 2 * torch.arange(10))
    assert len(sizes) == 3


def test_no_python_loop():
    """vmap calls the function once, however large the batch is."""
    calls = []

    def f(x):
        calls.append(tuple(x.shape))
        return x.sum()

    vmap(f)(torch.ones(100, 3))
    assert calls == [(3,)]


def test_values_cannot_be_read(raises):
    """.item() and nonzero raise under vmap."""
    with raises(RuntimeError, "It looks like you're calling .item() on a Tensor"):
        vmap(lambda x: x * x.item())(torch.ones(3))
    with raises(RuntimeError, "nonzero"):
        vmap(lambda x: x.nonzero())(torch.ones(3, 2))


def test_operations_without_a_batched_version():
    """quantile has no batched version under vmap: it gives the right result, in a loop, with a warning."""
    x = torch.tensor([[1.0, 2.0, 9.0], [4.0, 0.0, 5.0]])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert vmap(lambda v: v.quantile(0.5))(x).tolist() == [2, 4]
    assert any("performance drop" in str(w.message) for w in told)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        vmap(lambda v: v.median())(x)
    assert not told


def test_writing_into_a_shared_tensor(raises):
    """Writing a sample into torch.zeros(3) raises, a constant does not; into zeros_like(x) or x.new_zeros(3) both work.
    In 2.13, a constant at a place that differs by sample raises there, too."""

    def first(make):
        def f(x):
            out = make(x)
            out[0] = x[0]
            return out

        return f

    x = torch.tensor([[1.0, 2.0, 9.0], [4.0, 0.0, 5.0]])
    with raises(RuntimeError, "vmap: inplace arithmetic(self, *extra_args) is not possible"):
        vmap(first(lambda x: torch.zeros(3)))(x)
    for make in torch.zeros_like, lambda x: x.new_zeros(3):
        assert vmap(first(make))(x).tolist() == [[1, 0, 0], [4, 0, 0]]

    def constant(x):
        out = torch.zeros(3)
        out[0] = 5.0
        return out * x

    assert vmap(constant)(x).tolist() == [[5, 0, 0], [20, 0, 0]]

    def place(make):
        def f(x):
            out = make(x)
            out[x.argmax()] = 1.0
            return out

        return f

    if torch.__version__ >= "2.13":  # 2.6 takes no index that differs by sample
        with raises(RuntimeError, "vmap: index_put_(self, *extra_args) is not possible"):
            vmap(place(lambda x: torch.zeros(3)))(x)
        assert vmap(place(torch.zeros_like))(x).tolist() == [[0, 0, 1], [0, 0, 1]]


def test_boolean_indexing_raises(raises):
    """x[mask] and x[mask] = y raise under vmap, and torch.where gives a result of the shape of x."""
    x = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    with raises(RuntimeError, "batching operators that can support dynamic shape"):
        vmap(lambda v: v[v > 0])(x)
    with raises(RuntimeError, "batching operators that can support dynamic shape"):
        vmap(lambda v: v.clone().index_put_((v > 0,), torch.tensor(5.0)))(x)
    assert vmap(lambda v: torch.where(v > 0, 5.0, v))(x).tolist() == [[5, -2], [5, 5]]
    assert vmap(lambda v: torch.where(v > 0, v, 0.0))(x).tolist() == [[1, 0], [3, 4]]
