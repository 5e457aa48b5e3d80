"""Proofs of cosine-similarity."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def cosine(u, v):
    """The dot product divided by both lengths, in plain Python."""
    u, v = u.tolist(), v.tolist()
    return sum(p * q for p, q in zip(u, v, strict=True)) / (math.hypot(*u) * math.hypot(*v))


def given():
    torch.manual_seed(0)
    x, y = torch.randn(2, 4, 7), torch.randn(2, 4, 7)  # a batch: the last dim is compared
    a, b = torch.randn(3, 7), torch.randn(5, 7)
    return {"F": F, "x": x, "y": y, "a": a, "b": b, "k": 2}


def test_answer(answer):
    """cosine_similarity compares row i with row i; the product of normalized rows compares all pairs, and topk sorts."""
    rows = zip(answer.x.flatten(0, 1), answer.y.flatten(0, 1), strict=True)
    torch.testing.assert_close(answer.score.flatten(), torch.tensor([cosine(u, v) for u, v in rows]))
    rows = [[cosine(u, v) for v in answer.b] for u in answer.a]
    torch.testing.assert_close(answer.sim, torch.tensor(rows))
    best = [sorted(range(5), key=lambda j: -row[j])[:2] for row in rows]
    assert answer.index.tolist() == best and answer.values.shape == (3, 2)


def test_default(default):
    """The diagonal of all pairs holds the similarities row by row."""
    torch.testing.assert_close(default.sim.diagonal(), default.score)
    assert default.a.tolist() == [[1, 0], [3, 4], [0, -2]] and default.b.tolist() == [
        [0, 3],
        [5, 0],
        [-1, -1],
    ]
    rows = [[cosine(u, v) for v in default.b] for u in default.a]
    torch.testing.assert_close(default.sim, torch.tensor(rows))
    assert default.index.tolist() == [sorted(range(3), key=lambda j: -row[j])[:2] for row in rows]


def test_neighbors(neighbors):
    """With -inf on the diagonal, the largest value of a row belongs to another row."""
    for i, (j, value) in enumerate(zip(neighbors.nearest.tolist(), neighbors.value.tolist(), strict=True)):
        others = {o: cosine(neighbors.x[i], neighbors.x[o]) for o in range(4) if o != i}
        assert j == max(others, key=others.get) and abs(value - others[j]) < 1e-6
    assert neighbors.sim.diagonal().tolist() == [-math.inf] * 4


def test_search(search):
    """A vector (D,) is compared with every row, and its length does not matter."""
    want = torch.tensor([cosine(search.query, row) for row in search.database])
    torch.testing.assert_close(search.sim, want, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        F.cosine_similarity(search.database, 5 * search.query), want, atol=1e-5, rtol=1e-5
    )
    assert search.database.shape == (1000, 16) and search.index.tolist() == want.topk(3).indices.tolist()
    torch.testing.assert_close(search.database.norm(dim=1), torch.ones(1000))


def test_wrong(raises):
    """With N rows and M rows, cosine_similarity raises; with N rows twice it returns N values."""
    with raises(RuntimeError, "The size of tensor a (3) must match the size of tensor b (2)"):
        F.cosine_similarity(torch.ones(3, 2), torch.ones(2, 2), dim=-1)
    assert F.cosine_similarity(torch.ones(3, 2), torch.ones(3, 2), dim=-1).shape == (3,)


def test_right(right):
    """The product of normalized rows is (N, M)."""
    assert right.a.tolist() == [[1, 0], [3, 4], [0, -2]] and right.b.tolist() == [[0, 3], [5, 0]]
    rows = [[cosine(u, v) for v in right.b] for u in right.a]
    torch.testing.assert_close(right.sim, torch.tensor(rows))


def test_one_zero_and_minus_one():
    """The similarity is 1 for the same direction, 0 for orthogonal vectors, and -1 for opposite ones."""
    x = torch.tensor([[3.0, 4.0]] * 3)
    y = torch.tensor([[6.0, 8.0], [-4.0, 3.0], [-0.3, -0.4]])
    torch.testing.assert_close(F.cosine_similarity(x, y, dim=-1), torch.tensor([1.0, 0.0, -1.0]))
    assert torch.equal(nn.CosineSimilarity(dim=-1)(x, y), F.cosine_similarity(x, y, dim=-1))


def test_distances_give_the_same_order():
    """For unit vectors, the squared Euclidean distance is 2 - 2 * sim, which gives the same order as the similarity."""
    torch.manual_seed(0)
    u, v = F.normalize(torch.randn(3, 7), dim=-1), F.normalize(torch.randn(5, 7), dim=-1)
    squared = ((u[:, None] - v) ** 2).sum(dim=-1)
    torch.testing.assert_close(squared, 2 - 2 * u @ v.T)
    assert torch.equal(squared.argsort(dim=1), (u @ v.T).argsort(dim=1, descending=True))


def test_the_default_dim(raises):
    """Both functions work along dim 1: (B, T, D) gives (B, D) without raising, and a 1-D tensor raises."""
    x, y = torch.ones(2, 9, 4), torch.ones(2, 9, 4)
    assert F.cosine_similarity(x, y).shape == (2, 4) and F.cosine_similarity(x, y, dim=-1).shape == (2, 9)
    torch.testing.assert_close(F.normalize(x)[0, 0], torch.full((4,), 1 / 3))
    with raises(IndexError, "Dimension out of range"):
        F.cosine_similarity(x[0, 0], y[0, 0])
    with raises(IndexError, "Dimension out of range"):
        F.normalize(x[0, 0])
    torch.testing.assert_close(F.cosine_similarity(x[0, 0], y[0, 0], dim=-1), torch.tensor(1.0))


def test_broadcasting_needs_memory():
    """Broadcasting gives the same values as the matrix product, but builds a tensor of (N, M, D) on the way."""
    torch.manual_seed(0)
    a, b = torch.randn(3, 7).requires_grad_(), torch.randn(5, 7).requires_grad_()

    def largest(function):
        sizes = []

        def pack(t):
            sizes.append(t.untyped_storage().nbytes() // t.element_size())
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            return function(), max(sizes)

    one, size = largest(lambda: F.cosine_similarity(a[:, None], b, dim=-1))
    other, small = largest(lambda: F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T)
    torch.testing.assert_close(one, other)
    assert size == 3 * 5 * 7 and small == 5 * 7


def test_each_row_finds_itself():
    """In a set compared with itself, topk puts each row or a duplicate first in its own list, unless the diagonal is -inf."""
    torch.manual_seed(0)
    unit = F.normalize(torch.randn(6, 9), dim=-1)
    sim = unit @ unit.T
    assert sim.topk(2, dim=1).indices[:, 0].tolist() == list(range(6))
    sim.fill_diagonal_(float("-inf"))
    twice = unit[[0, 0]] @ unit[[0, 0]].T
    assert twice[0, 0] == twice[0, 1]  # a duplicate is as near
    assert not (sim.topk(2, dim=1).indices == torch.arange(6)[:, None]).any()


def test_rounding_exceeds_one():
    """The similarity of a vector with itself can exceed 1; acos of it is NaN, and clamp(-1, 1) makes it 0."""
    torch.manual_seed(0)
    unit = F.normalize(torch.randn(1000, 64), dim=-1)
    sim = (unit * unit).sum(dim=-1)
    assert 1 < sim.max() < 1.00001 and sim.acos().isnan().any()
    assert not sim.clamp(-1, 1).acos().isnan().any()


def test_zero_vectors_and_float16():
    """A zero vector has similarity 0, but NaN in float16, where a vector longer than 65504 has similarity 0."""
    zero, one = torch.zeros(1, 300), torch.ones(1, 300)
    assert F.cosine_similarity(zero, one, dim=-1).item() == 0 and F.normalize(zero, dim=-1).eq(0).all()
    half = F.cosine_similarity(zero.half(), one.half(), dim=-1)
    assert half.isnan().all() and F.normalize(zero.half(), dim=-1).isnan().all()
    long = (60000 * one).half()
    assert F.cosine_similarity(long, long, dim=-1).item() == 0 and F.normalize(long, dim=-1).eq(0).all()
    torch.testing.assert_close(F.cosine_similarity(long.float(), long.float(), dim=-1), torch.ones(1))


def test_integers_raise(raises):
    """Integers raise; call float() first."""
    x = torch.ones(2, 3, dtype=torch.long)
    with raises(RuntimeError, "floating point"):
        F.cosine_similarity(x, x)
    with raises(RuntimeError, "floating point"):
        F.normalize(x, dim=-1)
