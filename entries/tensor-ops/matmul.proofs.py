"""Proofs of matmul."""

import torch


def test_default(default):
    """Every kind against plain loops."""
    assert (
        (default.a @ default.b).tolist()
        == torch.mm(default.a, default.b).tolist()
        == default.product
    )
    assert torch.equal(torch.mv(default.a, default.v), default.a @ default.v)
    assert (
        (default.a * default.v).sum(dim=1).tolist()
        == (default.a @ default.v).tolist()
        == [321, 654]
    )


def test_batched(batched):
    """Batches with bmm, broadcasting @, and einsum."""
    torch.testing.assert_close(batched.scores, torch.einsum("bid,bjd->bij", batched.q, batched.k))
    torch.testing.assert_close(batched.scores[1, 2, 4], (batched.q[1, 2] * batched.k[1, 4]).sum())
    torch.testing.assert_close(batched.out[1], batched.q[1] @ batched.w)


def test_right(right):
    """Right: transpose the weight."""
    assert torch.equal(right.x @ right.w.T, torch.full((5, 2), 1.5))
