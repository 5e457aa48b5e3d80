"""Proofs of linalg-error."""

import torch


def given():
    x = torch.tensor([[1.0, 2.0, 4.0], [3.0, 1.0, 5.0]])
    return {
        "torch": torch,
        "A": (x.T @ x).double() + torch.tensor([[0.0, 2.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        "B": torch.tensor([[1.0, 2.0], [2.0, 4.0]]),
        "y": torch.tensor([[5.0], [10.0]]),
    }


def test_answer(answer):
    """Cholesky works after eps on the diagonal; lstsq and pinv accept a matrix that has no inverse."""
    expected = torch.tensor([[10.0, 5.0, 19.0], [5.0, 5.0, 13.0], [19.0, 13.0, 41.0]]).double()
    assert torch.allclose(answer.A, expected, atol=1e-9)
    eps = 1e-5 * (10 + 5 + 41) / 3
    assert torch.allclose(answer.L @ answer.L.T - expected, eps * torch.eye(3).double(), atol=1e-9)
    assert torch.allclose(answer.B @ answer.x, answer.y, atol=1e-4)
    assert torch.allclose(answer.P @ answer.y, torch.tensor([[1.0], [2.0]]), atol=1e-4)


def test_default(default):
    """The code in info is 0 for the matrices that could be factorized, and above 0 for the others."""
    assert torch.linalg.eigvalsh(default.A)[1][0] < 0
    assert (torch.linalg.cholesky_ex(default.A).info == 0).tolist() == [True, False, False]
    assert (torch.linalg.inv_ex(default.A).info == 0).tolist() == [True, True, False]


def test_right(right):
    """The factor times its transpose is the matrix with eps on its diagonal."""
    assert torch.allclose(right.L @ right.L.T, right.A, atol=1e-4)
    assert torch.allclose(right.A.diagonal() - torch.tensor([1.0, 4.0, 16.0]), torch.full((3,), 1e-4), atol=1e-5)


def test_right_singular(right_singular):
    """lstsq returns the shortest of the solutions of a singular system."""
    assert torch.allclose(right_singular.A @ right_singular.x, right_singular.b)
    assert torch.allclose(right_singular.x, torch.ones(2, 1))


def test_nan_looks_like_not_positive_definite(raises):
    """cholesky calls a matrix with NaN not positive-definite, with eps too; svd says that it is not finite, inv and solve nothing."""
    A = torch.full((2, 2), float("nan"))
    assert torch.linalg.inv(A).isnan().all() and torch.linalg.solve(A, torch.ones(2)).isnan().all()
    infinite = torch.tensor([[2.0, float("inf")], [float("inf"), 2.0]])
    torch.linalg.inv(infinite), torch.linalg.solve(infinite, torch.ones(2))
    with raises(torch.linalg.LinAlgError, "not positive-definite"):
        torch.linalg.cholesky(infinite)
    for eps in 0, 1:
        with raises(torch.linalg.LinAlgError, "not positive-definite"):
            torch.linalg.cholesky(A + eps * torch.eye(2))
    with raises(torch.linalg.LinAlgError, "non-finite values"):
        torch.linalg.svd(A)


def test_cholesky_reads_the_lower_triangle():
    """A NaN above the diagonal, or an infinity in the last place of the diagonal, does not make cholesky raise."""
    expected = torch.linalg.cholesky(torch.tensor([[4.0, 1.0], [1.0, 2.0]]))
    assert torch.equal(torch.linalg.cholesky(torch.tensor([[4.0, float("nan")], [1.0, 2.0]])), expected)
    assert torch.linalg.cholesky(torch.tensor([[4.0, 1.0], [1.0, float("inf")]]))[1, 1].isinf()


def test_as_many_samples_as_features():
    """A covariance of as many samples as features has an eigenvalue of zero, since the mean is taken off."""
    torch.manual_seed(0)
    values = torch.linalg.eigvalsh(torch.cov(torch.randn(4, 4).double()))
    assert values[0].abs() < 1e-12 and values[1] > 1e-6


def test_zero_eigenvalues_need_eps_in_float64_too(raises):
    """A zero eigenvalue fails in float64 as well; there an eps works that float32 rounds away."""
    x = torch.tensor([[1.0, 2.0, 4.0]])
    A = (x.T @ x).double()
    with raises(torch.linalg.LinAlgError, "not positive-definite"):
        torch.linalg.cholesky(A)
    torch.linalg.cholesky(A + 1e-10 * torch.eye(3))
    with raises(torch.linalg.LinAlgError, "not positive-definite"):
        torch.linalg.cholesky(A.float() + 1e-10 * torch.eye(3))


def test_the_eps_of_the_answer():
    """An eps of 1e-5 times the mean of the diagonal is enough for a covariance of 20 samples, whatever their scale."""
    for scale in 1e-3, 1.0, 255.0:
        torch.manual_seed(0)
        A = torch.cov(scale * torch.randn(50, 20))
        assert torch.linalg.cholesky_ex(A + 1e-5 * A.diagonal().mean() * torch.eye(50)).info == 0


def test_a_negative_eigenvalue_stays(raises):
    """A small eps does not help against an eigenvalue of -1."""
    A = torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    torch.testing.assert_close(torch.linalg.eigvalsh(A).min().item(), -1.0)
    with raises(torch.linalg.LinAlgError, "not positive-definite"):
        torch.linalg.cholesky(A + 1e-4 * torch.eye(2))


def test_eps_may_vanish():
    """In float32, 1000 + 1e-6 is 1000, and in float64 it is more."""
    assert torch.tensor(1000.0) + 1e-6 == 1000
    assert torch.tensor(1000.0, dtype=torch.float64) + 1e-6 > 1000


def test_batch_element(raises):
    """The message names the first bad matrix of a batch."""
    good, bad = torch.eye(2), torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    with raises(torch.linalg.LinAlgError, "(Batch element 1)"):
        torch.linalg.cholesky(torch.stack([good, bad, bad]))


def test_inverse_of_a_singular_matrix(raises):
    """inv raises for a matrix with proportional rows, and pinv gives its pseudoinverse."""
    A = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    with raises(torch.linalg.LinAlgError, "singular"):
        torch.linalg.inv(A)
    assert torch.allclose(torch.linalg.pinv(A), A / 25, atol=1e-5)
