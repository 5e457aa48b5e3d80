"""Proofs of memory-profiling."""


def test_default(default):
    """Bytes that forward and backward leave behind."""
    hidden, out = 50 * 30 * 4, 50 * 4 * 4  # float32: 4 bytes
    gradients = (20 * 30 + 30 * 4) * 4
    assert default.used["forward"] == hidden + out  # the ReLU output is kept for backward
    assert default.used["backward"] == gradients - hidden  # backward frees it


def test_alive(alive):
    """Which tensors are alive? Ask the garbage collector."""
    assert not alive.alive() - alive.before


def test_cuda(cuda):
    """Peak and history on a GPU."""
    assert (
        cuda.peak - cuda.base == 96 * cuda.mib
        and cuda.now - cuda.base == 32 * cuda.mib == cuda.b.nbytes
    )
