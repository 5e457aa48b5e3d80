"""Proofs of squeeze."""

import numpy as np
import torch


def given():
    return {"y": torch.arange(3.0).view(3, 1)}


def test_answer(answer):
    """squeeze(1) turns (N, 1) into (N,)."""
    assert answer.y.tolist() == [0.0, 1.0, 2.0]


def test_default(default):
    """squeeze keeps the elements in order, and unsqueeze undoes it."""
    x = default.x
    for y in x.squeeze(), x.squeeze(2), x.squeeze(1), x.squeeze((0, 2)):
        assert y.flatten().tolist() == list(range(6))
    assert torch.equal(x.squeeze(2).unsqueeze(2), x)


def test_views():
    """squeeze returns a view; squeeze_ changes the tensor itself."""
    x = torch.zeros(2, 1)
    x.squeeze(1)[1] = 5
    assert x.tolist() == [[0.0], [5.0]]
    x.squeeze_(1)
    assert x.shape == (2,)


def test_right(right):
    """squeeze(1) keeps a batch of one sample iterable."""
    assert torch.stack(right.predictions).tolist() == [1.0] * 5


def test_one_sample(raises):
    """squeeze() turns (1, 1) into (), where len() and iteration raise; squeeze(1) gives (1,)."""
    y = torch.ones(1, 1)
    assert y.squeeze().shape == () and y.squeeze(1).shape == (1,)
    with raises(TypeError, "len() of a 0-d tensor"):
        len(y.squeeze())
    with raises(TypeError, "iteration over a 0-d tensor"):
        list(y.squeeze())
    assert list(y.squeeze().reshape(-1)) == [1.0]


def test_unpacking(raises):
    """Unpacking x.max() without dim raises the same message; with dim it gives values and indices."""
    x = torch.tensor([[1.0, 3.0, 2.0], [5.0, 4.0, 6.0]])
    with raises(TypeError, "iteration over a 0-d tensor"):
        _, pred = x.max()
    _, pred = x.max(dim=1)
    assert pred.tolist() == [1, 2]


def test_other_sizes_stay(raises):
    """squeeze(1) leaves (N, 2) as it is; np.squeeze with axis=1 raises for an array, and so does reshape(len(y))."""
    y = torch.ones(3, 2)
    assert y.squeeze(1).shape == (3, 2)
    with raises(ValueError, "cannot select an axis to squeeze out"):
        np.squeeze(y.numpy(), axis=1)
    with raises(RuntimeError, "shape '[3]' is invalid for input of size 6"):
        y.reshape(len(y))
    assert torch.ones(3, 1).reshape(3).shape == (3,)


def test_without_squeeze_it_broadcasts():
    """(N, 1) minus (N,) broadcasts to (N, N); after squeeze(1) it is (N,)."""
    output, y = torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([1.0, 2.0, 4.0])
    assert (output - y).tolist() == [[a - b for b in (1, 2, 4)] for a in (1, 2, 4)]
    assert (output.squeeze(1) - y).tolist() == [0, 0, 0]
