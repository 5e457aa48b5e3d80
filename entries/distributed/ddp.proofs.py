"""Proofs of ddp."""


def test_sampler(sampler):
    """Each rank its own samples, newly shuffled each epoch."""
    for first, second in sampler.epochs:
        assert sorted(first + second) == list(range(10))
    assert sampler.epochs[0] != sampler.epochs[1]
