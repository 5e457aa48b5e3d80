"""Proofs of einsum."""

import itertools

import numpy as np
import torch


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "q": torch.randn(2, 3, 5),
        "k": torch.randn(2, 4, 5),
        "a": torch.tensor([[1.0, 2.0], [3.0, -4.0], [0.5, 6.0]]),
        "b": torch.tensor([[2.0, 5.0], [1.0, 7.0], [4.0, -1.0]]),
        "m": torch.randn(3, 4, 4),
        "x": torch.randn(6, 2, 3, 4),
        "w": torch.randn(4, 5),
    }


def test_answer(answer):
    """Letters on both sides stay, a letter missing on the right is summed, and ... stands for any dims in front."""
    torch.testing.assert_close(answer.scores, answer.q @ answer.k.transpose(1, 2))
    rows = list(zip(answer.a.tolist(), answer.b.tolist(), strict=True))
    assert answer.dots.tolist() == [r[0] * s[0] + r[1] * s[1] for r, s in rows]
    assert answer.outer.tolist() == [[[u * v for v in s] for u in r] for r, s in rows]
    torch.testing.assert_close(answer.traces, torch.stack([one.trace() for one in answer.m]))
    torch.testing.assert_close(answer.out, answer.x @ answer.w)


def test_default(default):
    """Attention scores are the dot products of each query with each key."""
    assert default.scores.shape == (2, 3, 4) and (default.q.shape[2], default.k.shape[2]) == (5, 5)
    torch.testing.assert_close(default.scores, default.q @ default.k.mT)
    torch.testing.assert_close(default.by_hand, default.scores)


def test_the_rule(recipes):
    """Multiply everything, then sum over the letters that are missing on the right."""
    a, b, c = (torch.randint(-5, 5, shape) for shape in [(2, 3), (3, 4), (2, 4)])
    by_hand = torch.zeros(4, 2, dtype=torch.int64)
    for i, j, k in itertools.product(range(2), range(3), range(4)):
        by_hand[k, i] += a[i, j] * b[j, k] * c[i, k]
    assert torch.equal(torch.einsum("ij,jk,ik->ki", a, b, c), by_hand)
    assert torch.einsum("ij->ji", recipes.m).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert torch.einsum("nii->n", recipes.s).tolist() == [1 + 4, 5 + 9]
    assert torch.einsum("i,j->ij", recipes.a, recipes.b).tolist() == [[3, 4, 5], [6, 8, 10]]


def test_as_in_numpy():
    """np.einsum gives the same results for the same equations."""
    torch.manual_seed(0)
    a, b = torch.randn(2, 3, 3), torch.randn(2, 3, 5)
    for equation in "nij,njk->nik", "nij,njk->k", "...ij,...jk->...ik", "nij,njk":
        torch.testing.assert_close(
            torch.einsum(equation, a, b), torch.from_numpy(np.einsum(equation, a.numpy(), b.numpy()))
        )
    assert np.allclose(torch.einsum("nii->ni", a).numpy(), np.einsum("nii->ni", a.numpy()))


def test_tensordot(tensordot):
    """tensordot sums over the dims at the positions given, which einsum names with letters."""
    a, b = tensordot.a, tensordot.b
    by_hand = sum(a[:, i, j, None] * b[None, j, i] for i in range(3) for j in range(4))
    torch.testing.assert_close(tensordot.by_position, by_hand)
    torch.testing.assert_close(tensordot.by_letters, by_hand)
    x, y = torch.randn(2, 3), torch.randn(3, 4)
    torch.testing.assert_close(torch.tensordot(x, y, dims=([1], [0])), x @ y)


def test_a_mistyped_letter(wrong, right):
    """ij,kl->il gives the row sums of one matrix times the column sums of the other, in the shape of the product."""
    a, b = wrong.a, wrong.b
    mistyped = torch.einsum("ij,kl->il", a, b)
    assert mistyped.tolist() == [[a[i].sum() * b[:, j].sum() for j in range(2)] for i in range(2)]
    assert mistyped.shape == (a @ b).shape and not torch.equal(mistyped, a @ b)
    assert torch.equal(torch.einsum("ij,jl->il", right.a, right.b), right.a @ right.b)


def test_without_an_arrow():
    """Without ->, letters that occur once are kept in alphabetical order."""
    m = torch.arange(6).view(2, 3)
    assert torch.equal(torch.einsum("ji", m), m.T) and torch.equal(torch.einsum("ij", m), m)
    assert torch.equal(torch.einsum("ij,jk", m, m.T), m @ m.T)
    assert torch.equal(torch.einsum("kj,ji", m, m.T[:, :1]), (m @ m.T[:, :1]).T)


def test_size_1_broadcasts(raises):
    """A letter may have size 1 in one operand, which broadcasts; other different sizes raise, as do 1 and 3 in one."""
    a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    b = torch.tensor([[1.0, 2.0, 0.0, -1.0, 3.0]])  # (1, 5)
    assert torch.equal(torch.einsum("ij,jk->ik", a, b), a.sum(1, keepdim=True) * b)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x3 and 1x5)"):
        a @ b
    with raises(RuntimeError, "does not broadcast with previously seen size 3"):
        torch.einsum("ij,jk->ik", a, b.expand(2, 5))
    with raises(RuntimeError, "subscript i is repeated for operand 0 but the sizes don't match"):
        torch.einsum("ii->i", torch.ones(1, 3))


def test_one_dtype(raises):
    """Products that are summed need one dtype, which np.einsum does not ask for; an outer product does not."""
    a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1, 0], [5, 1]])
    for equation in ("ij,jk->ik", "ni,ni->n"):
        with raises(RuntimeError, "expected scalar type Float but found Long"):
            torch.einsum(equation, a, b)
        numpy = np.einsum(equation, a.numpy(), b.numpy())
        assert torch.einsum(equation, a, b.to(a.dtype)).tolist() == numpy.tolist()
    assert torch.einsum("i,j->ij", a[0], b[1]).tolist() == [[5.0, 1.0], [10.0, 2.0]]


def test_one_operand_gives_a_view():
    """Transposes and diagonals are views, so a write reaches the operand."""
    m = torch.arange(1.0, 10.0).view(3, 3)
    torch.einsum("ii->i", m).zero_()
    assert m.tolist() == [[0, 2, 3], [4, 0, 6], [7, 8, 0]]
    torch.einsum("ij->ji", m)[0, 1] = 50
    assert m[1, 0] == 50


def test_products_run_as_bmm():
    """nij,njk->nik calls bmm."""
    from torch.utils._python_dispatch import TorchDispatchMode

    called = []

    class Listen(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            called.append(func.name())
            return func(*args, **(kwargs or {}))

    a, b = torch.randn(2, 3, 4), torch.randn(2, 4, 5)
    with Listen():
        torch.einsum("nij,njk->nik", a, b)
    assert "aten::bmm" in called
    torch.testing.assert_close(torch.einsum("nij,njk->nik", a, b), torch.bmm(a, b))


def test_vecdot():
    """torch.linalg.vecdot gives the row-wise dot products of ni,ni->n, but conjugates a complex a."""
    torch.manual_seed(0)
    a, b = torch.randn(4, 6), torch.randn(4, 6)
    torch.testing.assert_close(torch.linalg.vecdot(a, b), torch.einsum("ni,ni->n", a, b))
    a, b = torch.tensor([[1 + 2j, 3j]]), torch.tensor([[2 - 1j, 1 + 1j]])
    assert torch.einsum("ni,ni->n", a, b).tolist() == [(1 + 2j) * (2 - 1j) + 3j * (1 + 1j)]
    assert torch.linalg.vecdot(a, b).tolist() == [(1 - 2j) * (2 - 1j) - 3j * (1 + 1j)]


def test_opt_einsum():
    """torch uses opt_einsum where it is installed, for three operands or more."""
    text = " ".join(torch.einsum.__doc__.split())
    assert "opt_einsum" in text and "at least three inputs" in text
    try:
        import opt_einsum  # noqa: F401
    except ImportError:
        assert not torch.backends.opt_einsum.is_available()
    else:
        assert torch.backends.opt_einsum.is_available()
