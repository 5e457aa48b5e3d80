"""Proofs of histogram."""

import math
from bisect import bisect_left, bisect_right

import numpy as np
import torch


def given():
    x = torch.tensor([[0.0, 0.05, 0.1, 0.55], [1.0, 1.7, -0.2, 0.95]])
    return {"torch": torch, "x": x, "edges": torch.tensor([0.0, 0.1, 0.7, 3.0])}


def equal_bins(values, bins, low, high):
    """Counts in equal bins, the last one closed."""
    counts = [0] * bins
    for v in values:
        if low <= v <= high:
            counts[min(int((v - low) / (high - low) * bins), bins - 1)] += 1
    return counts


def test_answer(answer):
    """histc counts in equal bins, both ends included; bucketize with right=True finds edges[b - 1] <= x < edges[b]."""
    values = answer.x.flatten().tolist()
    edges = answer.edges.tolist()
    assert answer.bin.flatten().tolist() == [bisect_right(edges, v) for v in values]
    assert answer.counts.tolist() == [[bisect_right(edges, v) for v in values].count(k) for k in range(5)]
    assert answer.equal.tolist() == [2, 1, 0, 0, 0, 1, 0, 0, 0, 2]
    assert torch.histc(answer.x, bins=5, min=0.0, max=1.0).tolist() == equal_bins(values, 5, 0, 1)


def test_default(default):
    """right=True puts a value that equals an edge above it, the default below it."""
    ages = default.age.tolist()
    assert default.group.tolist() == [bisect_right([18, 30, 65, 100], a) for a in ages]
    assert torch.bucketize(default.age, torch.tensor([18.0, 30.0, 65.0])).tolist() == [bisect_left([18, 30, 65], a) for a in ages]
    assert default.edges.tolist() == [3, 36.5, 70] and default.counts.tolist() == [4, 2]
    assert default.counts.tolist() == equal_bins(ages, 2, 3, 70)


def test_numpy():
    """np.digitize is bucketize with right=True; np.histogram gives the counts of torch.histogram."""
    x, edges = torch.randn(50), torch.tensor([-1.0, 0.0, 2.0])
    assert torch.bucketize(x, edges, right=True).tolist() == np.digitize(x.numpy(), edges.numpy()).tolist()
    assert torch.histogram(x, bins=edges).hist.tolist() == np.histogram(x.numpy(), edges.numpy())[0].tolist()


def test_searchsorted():
    """searchsorted is bucketize with swapped arguments, and takes a row of edges for each row of x."""
    x = torch.tensor([[0.5, 2.0], [5.0, 25.0]])
    edges = torch.tensor([[0.0, 1.0, 3.0], [10.0, 20.0, 30.0]])
    assert torch.equal(torch.searchsorted(edges[0], x), torch.bucketize(x, edges[0]))
    assert torch.searchsorted(edges, x).tolist() == [[1, 2], [0, 2]]


def test_quantiles(quantiles):
    """Edges from quantiles give bins with equally many values."""
    for row, edges, bins in zip(quantiles.x, quantiles.edges, quantiles.bin, strict=True):
        assert bins.tolist() == [bisect_left(edges.tolist(), v) for v in row.tolist()]
        assert torch.bincount(bins, minlength=4).tolist() == [3, 3, 3, 3]


def test_soft(soft):
    """Each value is shared between the two centers around it, so the counts add up to N; the gradient moves it."""
    by_hand = [0.5, 0.5 + 0.8 + 0.4, 0.2 + 0.6, 1.0]
    torch.testing.assert_close(soft.counts.detach(), torch.tensor(by_hand))
    assert abs(soft.counts.sum().item() - 4) < 1e-5
    assert soft.x.grad.tolist() == [0.5, -0.5, -0.5, 0]


def test_wrong(wrong, right):
    """Sorted edges give bins 0, 1, and 2; these unsorted ones do not."""
    assert torch.bucketize(right.x, right.edges).tolist() == [0, 1, 2]
    assert torch.bucketize(wrong.x, wrong.edges).tolist() != [0, 1, 2]


def test_unsorted_edges():
    """Unsorted edges raise nothing."""
    x = torch.tensor([0.5, 2.0])
    assert torch.bucketize(x, torch.tensor([3.0, 1.0, 0.0])).tolist() != [bisect_left([0, 1, 3], v) for v in x.tolist()]


def test_outside_is_left_out():
    """histc leaves values outside of min and max out; clamped, they count in the outer bins."""
    x = torch.tensor([-5.0, 0.1, 0.9, 7.0])
    assert torch.histc(x, bins=2, min=0, max=1).tolist() == [1, 1]
    assert torch.histc(x.clamp(0, 1), bins=2, min=0, max=1).tolist() == [2, 2]


def test_default_range():
    """Without min and max, or with equal ones, histc takes the smallest and the largest value."""
    x = torch.tensor([2.0, 3.0, 10.0])
    assert torch.histc(x, bins=4).tolist() == torch.histc(x, bins=4, min=5, max=5).tolist() == equal_bins([2, 3, 10], 4, 2, 10)


def test_density():
    """With density=True, the histogram has the area 1, with weights too."""
    x, weight = torch.randn(100), torch.rand(100)
    density, edges = torch.histogram(x, bins=7, weight=weight, density=True)
    assert abs((density * edges.diff()).sum() - 1) < 1e-5
    plain, _ = torch.histogram(x, bins=7, weight=weight)
    torch.testing.assert_close(plain.sum(), weight.sum())


def test_histogramdd():
    """histogramdd counts points (N, D) in a grid of D dims."""
    points = torch.tensor([[0.1, 0.2], [0.9, 0.1], [0.8, 0.4]])
    counts, edges = torch.histogramdd(points, bins=[2, 3], range=[0.0, 1.0, 0.0, 1.0])
    assert counts.tolist() == [[1, 0, 0], [1, 1, 0]] and len(edges) == 2


def test_nan_goes_last():
    """bucketize puts NaN into the last bin."""
    assert torch.bucketize(torch.tensor([math.nan, 0.5]), torch.tensor([0.0, 1.0])).tolist() == [2, 1]


def test_nan_in_histc(raises):
    """histc raises for NaN and inf without a range; with one, it leaves them out."""
    for bad in math.nan, math.inf:
        with raises(RuntimeError, "is not finite"):
            torch.histc(torch.tensor([1.0, bad]), bins=2)
        assert torch.histc(torch.tensor([1.0, bad]), bins=2, min=0, max=2).sum() == 1


def test_integers(raises):
    """histc and histogram refuse integers on a CPU; bucketize takes them."""
    for function, name in (torch.histc, "histogram_cpu"), (torch.histogram, "histogramdd"):
        with raises(RuntimeError, f"\"{name}\" not implemented for 'Long'"):
            function(torch.tensor([1, 2, 3]), 3)
    with raises(RuntimeError, "\"histogram_cpu\" not implemented for 'Long'"):
        torch.histogram(torch.tensor([1, 2, 3]), torch.tensor([0, 2, 4]))
    assert torch.bucketize(torch.tensor([1, 2]), torch.tensor([1.5])).tolist() == [0, 1]


def test_no_gradient(raises):
    """Bins and counts have no gradient."""
    x = torch.rand(5, requires_grad=True)
    assert not torch.bucketize(x, torch.tensor([0.5])).requires_grad
    assert not torch.histc(x, 3, 0, 1).requires_grad
    with raises(RuntimeError, "derivative for aten::histogram is not implemented"):
        torch.histogram(x, 3).hist.sum().backward()


def test_half_precision():
    """Counts have the dtype of x: each thread stops at 2048 in float16 and at 256 in bfloat16; up to there they are right."""
    x, threads = torch.zeros(100_000), torch.get_num_threads()
    try:
        for n in 1, 2:
            torch.set_num_threads(n)
            assert torch.histc(x, 1, 0, 1).tolist() == [100_000]
            for dtype, most in (torch.float16, 2048), (torch.bfloat16, 256):
                counts = torch.histc(x.to(dtype), 1, 0, 1)
                assert counts.dtype == dtype and most <= counts.item() <= n * most
                assert torch.histc(x[:most].to(dtype), 1, 0, 1).tolist() == [most]
    finally:
        torch.set_num_threads(threads)


def test_quantile_limit(raises):
    """Before torch 2.14, quantile takes at most 2 ** 24 values; with dim=, that counts along the dimension."""
    x = torch.empty(2, 2**23 + 1, device="meta")  # sizes without memory
    assert torch.quantile(x, 0.5, dim=1).shape == (2,)
    if torch.__version__ >= (2, 14):
        assert torch.quantile(x, 0.5).shape == ()
    else:
        with raises(RuntimeError, "quantile() input tensor is too large"):
            torch.quantile(x, 0.5)


def test_ties_are_not_split():
    """Where many values are equal, edges from quantiles leave bins empty."""
    x = torch.tensor([0.0] * 9 + [1.0, 2.0, 3.0])
    edges = torch.quantile(x, torch.tensor([0.25, 0.5, 0.75]))
    assert torch.bincount(torch.bucketize(x, edges), minlength=4).tolist() == [9, 0, 0, 3]
