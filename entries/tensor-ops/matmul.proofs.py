"""Proofs of matmul."""

import warnings

import torch

A = [[1, 2, 3], [4, 5, 6]]
B = [[1, 0, 2, 5], [0, 1, 1, 4], [3, 1, 0, 2]]


def product(a, b):
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def given():
    return {
        "x": torch.tensor(A),
        "w": torch.tensor(B),
        "q": torch.arange(24).view(2, 3, 4),
        "k": torch.arange(40).view(2, 5, 4),
        "scale": torch.tensor([1, 10, 100]),
    }


def test_answer(answer):
    """@ multiplies matrices and batches of matrices; * multiplies element by element, with broadcasting."""
    assert answer.y.tolist() == product(A, B)
    for q, k, scores in zip(answer.q.tolist(), answer.k.tolist(), answer.scores.tolist(), strict=True):
        assert scores == [[sum(x * y for x, y in zip(i, j, strict=True)) for j in k] for i in q]
    assert answer.z.tolist() == [[1, 20, 300], [4, 50, 600]]


def test_default(default):
    """(m, k) @ (k, n) gives (m, n), the sums of products of rows and columns."""
    assert default.a.tolist() == A and default.b.tolist() == B
    assert (default.a @ default.b).tolist() == product(A, B)
    assert (default.a @ default.v).tolist() == [r[0] + 10 * r[1] + 100 * r[2] for r in A]
    assert torch.equal(torch.matmul(default.a, default.b), default.a @ default.b)
    assert torch.equal(torch.mm(default.a, default.b), default.a @ default.b)
    assert torch.equal(torch.mv(default.a, default.v), default.a @ default.v)
    assert torch.equal(torch.mul(default.a, default.v), default.a * default.v)


def test_batched(batched):
    """The dims in front of the last two broadcast; einsum, @, and bmm agree."""
    for i in range(2):
        assert (batched.x @ batched.w)[i].tolist() == product(batched.x[i].tolist(), batched.w.tolist())
        assert batched.scores[i].tolist() == product(batched.x[i].tolist(), batched.k[i].T.tolist())
    assert (torch.ones(5, 1, 2, 3) @ torch.ones(7, 3, 4)).shape == (5, 7, 2, 4)


def test_dot_per_row(dot_per_row):
    """(a * b).sum(dim=1) is the dot product of each pair of rows."""
    assert dot_per_row.a.tolist() == A and dot_per_row.b.tolist() == [[1, 0, 2], [0, 1, 1]]
    assert (dot_per_row.a * dot_per_row.b).sum(dim=1).tolist() == [1 * 1 + 3 * 2, 5 + 6]


def test_star_broadcasts():
    """* with shapes (N, 1) and (N,) gives (N, N) and raises nothing."""
    column, vector = torch.tensor([[1], [2], [3]]), torch.tensor([10, 20, 30])
    assert (column * vector).tolist() == [[10, 20, 30], [20, 40, 60], [30, 60, 90]]


def test_mm_and_bmm_do_not_broadcast(raises):
    """mm and bmm reject tensors of other ranks and batch sizes that would have to broadcast; @ accepts them."""
    batch, one = torch.ones(2, 3, 4), torch.ones(4, 5)
    with raises(RuntimeError, "batch2 must be a 3D tensor"):
        torch.bmm(batch, one)
    with raises(RuntimeError, "batch1 must be a 3D tensor"):
        torch.bmm(one.T, batch.mT)
    with raises(RuntimeError, "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [1, 4]"):
        torch.bmm(batch, one[None])
    with raises(RuntimeError, "mat2 must be a matrix"):
        torch.mm(one, torch.ones(5))
    with raises(RuntimeError, "self must be a matrix"):
        torch.mm(batch, one)
    assert (batch @ one).shape == (batch @ one[None]).shape == (2, 3, 5)
    assert (one @ torch.ones(5)).shape == (4,)


def test_messages_count_what_is_merged(raises):
    """A 4-D product reports the first two sizes multiplied, a batch times a vector all rows; mT mends both."""
    q, k = torch.ones(2, 3, 7, 4), torch.ones(2, 3, 5, 4)
    with raises(RuntimeError, "batch2 tensor to be: [6, 4] but got: [6, 5]"):
        q @ k
    assert (q @ k.mT).shape == (2, 3, 7, 5)
    batch, v = torch.ones(2, 3, 4), torch.ones(3)
    with raises(RuntimeError, "size mismatch, got input (6), mat (6x4), vec (3)"):
        batch @ v
    assert (batch.mT @ v).shape == (2, 4)


def test_mv_and_dot_take_fixed_dims(raises):
    """mv takes a matrix and a vector, dot two vectors of one length, and @ needs at least one dim on each side."""
    with raises(RuntimeError, "size mismatch, got input (2), mat (2x3), vec (4)"):
        torch.mv(torch.ones(2, 3), torch.ones(4))
    assert (torch.ones(4, 2).mT @ torch.ones(4)).tolist() == [4, 4]
    with raises(RuntimeError, "vector + matrix @ vector expected, got"):
        torch.mv(torch.ones(2, 3), torch.ones(3, 4))
    with raises(RuntimeError, "1D tensors expected, but got 2D and 1D tensors"):
        torch.dot(torch.ones(2, 2), torch.ones(2))
    with raises(RuntimeError, "inconsistent tensor size"):
        torch.dot(torch.ones(3), torch.ones(4))
    with raises(RuntimeError, "both arguments to matmul need to be at least 1D"):
        torch.tensor(2.0) @ torch.ones(3)


def test_no_promotion(raises):
    """float32 @ int64 raises for matrices, vectors, and batches, and so does float32 @ float64; * promotes."""
    for a, b in (((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (5, 3, 4))):
        for dtype in (torch.int64, torch.float64):
            with raises(RuntimeError, "…"):
                torch.ones(a) @ torch.ones(b, dtype=dtype)
            assert (torch.ones(a) @ torch.ones(b, dtype=dtype).float()).dtype == torch.float32
    assert (torch.ones(3) * torch.tensor([1, 2, 3])).tolist() == [1, 2, 3]


def test_transpose_of_a_batch(raises):
    """.T of a 3-D tensor reverses all dims and is deprecated; .mT swaps the last two."""
    x = torch.arange(24).view(2, 3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with raises(UserWarning, "The use of `x.T` on tensors of dimension other than 2"):
            x.T  # noqa: B018
        warnings.simplefilter("ignore")
        assert torch.equal(x.T, x.permute(2, 1, 0))
    assert torch.equal(x.mT, x.transpose(1, 2))


def test_right(right):
    """(B, T, D) @ (B, S, D).mT is (B, T, S)."""
    assert right.scores.shape == (2, 3, 5) and (right.scores == 4).all()
