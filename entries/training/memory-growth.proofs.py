"""Proofs of memory-growth."""


def test_default(default):
    """Right: add numbers (the graph of every step is freed)."""
    assert default.sizes == [0] * 4


def test_wrong(wrong):
    """Wrong: add the loss itself (the graph grows)."""
    assert wrong.sizes == [7 + 5 * step for step in range(4)]  # 5 more in every step


def test_validation(validation):
    """What a forgotten inference_mode keeps per batch; what a view keeps."""
    assert validation.with_graph == 7 * (3 + 5) * 4  # the input and the tanh, float32
    assert validation.saved == [] and validation.out.grad_fn is not None
    assert (
        validation.row.untyped_storage().nbytes()
        == 7 * validation.row.clone().untyped_storage().nbytes()
    )
