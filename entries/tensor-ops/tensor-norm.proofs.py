"""Proofs of tensor-norm."""

import math

import torch
import torch.nn.functional as F
from torch.linalg import matrix_norm, norm, vector_norm


def given():
    torch.manual_seed(0)
    x, y = torch.randn(2, 4, 3)
    return {"torch": torch, "F": F, "x": x, "y": y}


def l2(row):
    return math.sqrt(sum(v * v for v in row))


def test_answer(answer):
    """L2 is the root of the sum of squares, L1 the sum of absolute values; without dim all elements count."""
    rows, others = answer.x.tolist(), answer.y.tolist()
    torch.testing.assert_close(answer.length, torch.tensor([l2(r) for r in rows]))
    torch.testing.assert_close(answer.l1, torch.tensor([sum(map(abs, r)) for r in rows]))
    between = [math.dist(r, o) for r, o in zip(rows, others, strict=True)]
    torch.testing.assert_close(answer.distance, torch.tensor(between))
    torch.testing.assert_close(answer.total.item(), l2([v for r in rows for v in r]), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(answer.unit, torch.tensor([[v / l2(r) for v in r] for r in rows]))


def test_default(default):
    """ord=inf is the largest absolute value, ord=0 the number of elements that are not zero."""
    assert vector_norm(default.x, ord=torch.inf, dim=-1).tolist() == [4, 2]
    assert vector_norm(default.x, ord=0, dim=-1).tolist() == [2, 3]
    assert vector_norm(default.x, dim=-1).tolist() == [5, 3]


def test_matrix(matrix):
    """Frobenius is the L2 norm of all elements; ord=2 is the largest singular value, nuclear their sum."""
    squares = torch.linalg.eigvalsh(matrix.A.T @ matrix.A)
    singular = squares.clamp(min=0).sqrt()
    torch.testing.assert_close(matrix_norm(matrix.A, ord=2), singular.max(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(matrix_norm(matrix.A, ord="nuc"), singular.sum(), rtol=1e-3, atol=1e-3)
    assert abs(matrix_norm(matrix.A).item() - math.sqrt(30)) < 1e-5


def test_distances(distances):
    """cdist returns the distance of every row of a to every row of b."""
    expected = [[math.dist(p, q) for q in distances.b.tolist()] for p in distances.a.tolist()]
    torch.testing.assert_close(distances.table, torch.tensor(expected))


def test_right(wrong, right):
    """At zero, the gradient of vector_norm is 0 and that of the root of a sum of squares NaN."""
    assert right.length.tolist() == wrong.length.tolist() == [5, 0]
    assert wrong.x.grad[1].isnan().all() and right.x.grad[1].tolist() == [0, 0]
    torch.testing.assert_close(right.x.grad[0], torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(wrong.x.grad[0], torch.tensor([0.6, 0.8]))


def test_without_dim_it_is_one_number():
    """Without dim, the norm of a batch is one number, the root of the sum of the squared lengths."""
    x = torch.tensor([[3.0, 4.0], [5.0, 12.0]])
    assert vector_norm(x).shape == ()
    torch.testing.assert_close(vector_norm(x).item(), math.sqrt(5**2 + 13**2))


def test_linalg_norm_switches():
    """linalg.norm(A, 2) is the matrix norm; with dim=-1, or without ord, it is the vector norm."""
    A = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert norm(A, 2) == matrix_norm(A, ord=2) != vector_norm(A)
    torch.testing.assert_close(norm(A), vector_norm(A))
    torch.testing.assert_close(norm(A, 2, dim=-1), vector_norm(A, dim=-1))


def test_integers_raise(raises):
    """Integer tensors raise; as float they work."""
    with raises(RuntimeError, "floating point or complex"):
        vector_norm(torch.tensor([3, 4]))
    assert vector_norm(torch.tensor([3, 4]).float()) == 5


def test_normalize_keeps_zeros():
    """F.normalize leaves a row of zeros as it is, but not in float16, where eps is 0; dividing by the norm gives NaN."""
    zero = torch.zeros(1, 3)
    for dtype in torch.float32, torch.float64, torch.bfloat16:
        assert F.normalize(zero.to(dtype), dim=-1).tolist() == [[0, 0, 0]]
    assert torch.tensor(1e-12).half() == 0 and F.normalize(zero.half(), dim=-1).isnan().all()
    assert (zero / vector_norm(zero, dim=-1, keepdim=True)).isnan().all()


def test_cdist_of_close_points():
    """With more than 25 rows, cdist uses a matrix product and loses small distances; another compute_mode keeps them."""
    x = torch.linspace(100, 101, 26 * 3).view(26, 3)
    exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    assert exact.diagonal().eq(0).all() and torch.cdist(x[:25], x[:25]).diagonal().eq(0).all()
    product = torch.cdist(x, x, compute_mode="use_mm_for_euclid_dist")
    assert torch.equal(torch.cdist(x, x), product) and (product - exact).abs().max() > 0.01
