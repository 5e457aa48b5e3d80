"""Proofs of cpu-vs-gpu."""


def test_default(default):
    """Cost per element falls with size."""
    assert min(default.cost.values()) > 0


def test_cuda(cuda):
    """Launch time against real time."""
    assert cuda.launch < cuda.real / 2, (cuda.launch, cuda.real)
