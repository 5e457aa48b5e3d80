"""Proofs of random-tensors."""

import torch


def test_default(default):
    """Compare the distributions with their formulas."""
    low, high = torch.aminmax(default.draws["rand"][0])
    assert 0 <= low < 0.001 and 0.999 < high < 1
    assert default.draws["die"][0].unique().tolist() == [1, 2, 3, 4, 5, 6]
    assert sorted(torch.randperm(6).tolist()) == list(range(6))


def test_generator(generator):
    """A generator of your own."""
    assert sorted(generator.first) == list(range(50)) and generator.first != list(range(50))


def test_wrong(wrong):
    """Wrong: rand as noise."""
    assert abs(wrong.noisy.mean() - 2.05) < 0.002 and not (wrong.noisy < wrong.clean).any()


def test_right(right):
    """Right: randn."""
    assert abs(right.noisy.mean() - 2.0) < 0.002 and abs(right.noisy.std() - 0.1) < 0.002
    assert abs((right.noisy < right.clean).float().mean() - 1 / 2) < 0.02
