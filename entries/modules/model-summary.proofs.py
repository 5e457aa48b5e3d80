"""Proofs of model-summary."""


def test_default(default):
    """The table with forward hooks."""
    assert sum(row[3] for row in default.rows) == sum(
        p.numel() for p in default.model.parameters()
    )
    assert default.model.training and default.model[0][1].num_batches_tracked == 0  # nothing moved
    assert not default.model[2]._forward_hooks


def test_torchinfo(torchinfo):
    """The same with torchinfo."""
    assert torchinfo.info.total_params == (3 * 9 * 4 + 4) + (192 * 5 + 5)
    convolution = 2 * 6 * 8 * (3 * 9 * 4 + 4)  # per output pixel, over the batch
    assert torchinfo.info.total_mult_adds == convolution + 2 * (192 * 5 + 5)
