"""Proofs of shared-memory."""


def test_shm_size(shm_size):
    """How much /dev/shm a loader needs."""
    assert shm_size.batch_bytes == 64 * 3 * 224 * 224 * 4 and shm_size.waiting == 2 * 2
