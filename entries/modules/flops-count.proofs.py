"""Proofs of flops-count."""


def test_default(default):
    """FLOPs of a network, against the formula."""
    conv = 2 * 2 * (8 * 6 * 7) * (3 * 5 * 5)  # 2 per MAC, N, outputs, MACs per output
    linear = 2 * 2 * 10 * (8 * 6 * 7)
    assert default.forward.get_total_flops() == conv + linear
    assert default.backward.get_total_flops() == conv + 2 * linear


def test_wrong(wrong):
    """What has no formula counts as 0."""
    assert wrong.counter.get_total_flops() == 0 and wrong.out.numel() == 30


def test_right(right):
    """A matrix times a matrix is counted."""
    assert right.counter.get_total_flops() == 2 * 30 * 40 and right.out.numel() == 30
