"""Proofs of cuda-oom."""


def test_default(default):
    """16 bytes a parameter, measured."""
    assert (
        default.measured == 16 * default.count and default.count == 200 * 300 + 300 + 300 * 10 + 10
    )


def test_activations(activations):
    """Activations grow with the batch; checkpointing keeps only block inputs."""
    # float32: the input of each layer; with checkpoint only that of the block
    assert activations.kept(20, save=False) == 20 * (64 + 256 + 256) * 4
    assert activations.kept(20, save=True) == 20 * 64 * 4


def test_halve(halve):
    """Halve the batch until a step fits."""
    assert halve.size == max(50 >> k for k in range(6) if 50 >> k <= 12)
