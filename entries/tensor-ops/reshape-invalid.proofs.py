"""Proofs of reshape-invalid."""

import torch
from torch import nn


def given():
    return {"x": torch.arange(60).view(3, 5, 2, 2), "D": 4}


def test_answer(answer):
    """flatten(1) keeps the batch dim, and view(x.size(0), -1, D) computes the size written as -1."""
    assert answer.x.shape == (3, 5, 4)
    assert answer.x.flatten().tolist() == list(range(60))


def test_default(default):
    """view, flatten, and unflatten keep the elements and their order."""
    assert default.flat.tolist() == [list(range(12)), list(range(12, 24))]
    assert torch.equal(default.flat.unflatten(1, (3, 2, 2)), default.x)
    assert default.flat.view(2, -1, 4).tolist() == [[[12 * n + 4 * i + j for j in range(4)] for i in range(3)] for n in (0, 1)]


def test_product_must_fit(raises):
    """The new sizes must multiply to x.numel(); with -1, the others must divide it."""
    x = torch.zeros(2, 3, 4)
    for function in (x.view, x.reshape):
        for sizes in ((2, 16), (7,), (5, -1), (2, 3, -1, 5), ()):
            with raises(RuntimeError, "is invalid for input of size 24"):
                function(sizes)
        assert function(6, -1).shape == (6, 4) and function(24).shape == (24,)
        with raises(RuntimeError, "only one dimension can be inferred"):
            function(-1, -1)


def test_right(right):
    """x.size(0) is right for the smaller last batch as well."""
    assert [len(x) for x in right.batches] == [4, 4, 2]
    assert right.x.shape == (2, 12)


def test_another_image_size(raises):
    """After flatten(1) an nn.Linear for another image size raises; nn.LazyLinear takes its in_features from the input."""
    small, large = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 6, 6)
    linear = nn.Linear(3 * 4 * 4, 5)
    assert linear(small.flatten(1)).shape == (1, 5)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (1x108 and 48x5)"):
        linear(large.flatten(1))
    lazy = nn.LazyLinear(5)
    assert lazy(large.flatten(1)).shape == (1, 5) and lazy.in_features == 108


def test_wrong_mixed(wrong_mixed, raises):
    """view(-1, 6) of four features changes the batch size and mixes samples; view(x.size(0), 6) raises."""
    rows = [1] * 4 + [2] * 4 + [3] * 4
    assert wrong_mixed.x.view(-1, 6).tolist() == [rows[:6], rows[6:]]
    with raises(RuntimeError, "shape '[3, 6]' is invalid for input of size 12"):
        wrong_mixed.x.view(wrong_mixed.x.size(0), 6)


def test_view_does_not_transpose():
    """view keeps the order in memory, so view(3, 2) of (2, 3) is not the transpose."""
    x = torch.tensor([[1, 2, 3], [4, 5, 6]])
    assert x.view(3, 2).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert x.permute(1, 0).tolist() == x.transpose(0, 1).tolist() == [[1, 4], [2, 5], [3, 6]]


def test_empty_batch(raises):
    """An empty batch cannot be viewed with -1; flatten(1) works."""
    x = torch.zeros(0, 3, 4)
    with raises(RuntimeError, "cannot reshape tensor of 0 elements into shape [0, -1]"):
        x.view(x.size(0), -1)
    assert x.flatten(1).shape == (0, 12) == x.view(0, 12).shape


def test_attention_without_batch_first(raises):
    """MultiheadAttention without batch_first takes dim 1 for the batch and raises this for (N, T, E) of other lengths."""
    q, k = torch.randn(3, 2, 8), torch.randn(3, 5, 8)  # (N, T, E), (N, S, E)
    with raises(RuntimeError, "shape '[3, 4, 4]' is invalid for input of size 120"):
        nn.MultiheadAttention(8, 2)(q, k, k)
    assert nn.MultiheadAttention(8, 2, batch_first=True)(q, k, k)[0].shape == (3, 2, 8)
    with raises(RuntimeError, "shape '[5, 6, 4]' is invalid for input of size 160"):
        nn.MultiheadAttention(8, 2, batch_first=True)(q, torch.randn(4, 5, 8), torch.randn(4, 5, 8))


def test_unflatten(raises):
    """The sizes of unflatten must multiply to the size of the dim; one may be -1."""
    x = torch.zeros(2, 6)
    with raises(RuntimeError, "unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1 (6)"):
        x.unflatten(1, (2, 2))
    assert x.unflatten(1, (2, -1)).shape == (2, 2, 3)
