"""Proofs of broadcasting."""

import itertools
import warnings

import numpy as np
import torch
import torch.nn.functional as F


def given():
    x = torch.tensor([[1.0, 2.0, 6.0], [4.0, 5.0, 3.0]])
    bias, std = torch.tensor([10.0, 20.0, 40.0]), torch.tensor([1.0, 2.0, 4.0])
    images = torch.arange(120.0).view(2, 3, 4, 5)
    return {"x": x, "bias": bias, "images": images, "std": std, "a": torch.tensor([7.0, 5.0]), "b": bias}


def test_answer(answer):
    """(C,) gives one value per column, (N, 1) per row, (C, 1, 1) per channel, (N, 1) with (M,) per pair."""
    for row, before in zip(answer.x.tolist(), [[11.0, 22.0, 46.0], [14.0, 25.0, 43.0]], strict=True):
        assert [round(v, 3) for v in row] == [round(v - sum(before) / 3, 3) for v in before]
    for c, s in enumerate([1, 2, 4]):
        first = torch.arange(120.0).view(2, 3, 20)[:, c]
        assert torch.equal(answer.images[:, c].flatten(1), first / s)
    assert answer.pairs.tolist() == [[p - q for q in [10.0, 20.0, 40.0]] for p in [7.0, 5.0]]


def test_default(default):
    """One value per column, per row, per channel, or per pair, depending on where the sizes of 1 are."""
    assert torch.equal(default.x + default.bias, torch.stack([r + default.bias for r in default.x]))
    for c, s in enumerate([1.0, 2.0, 4.0]):
        assert default.scaled[:, c].eq(1 / s).all() and default.scaled.shape == (2, 3, 4, 5)


def test_pairs(pairs):
    """torch.cdist computes the distances of all pairs of rows, up to rounding."""
    by_hand = [
        [sum((p - q) ** 2 for p, q in zip(r, s, strict=True)) ** 0.5 for s in pairs.b.tolist()]
        for r in pairs.a.tolist()
    ]
    torch.testing.assert_close(pairs.distance, torch.tensor(by_hand))
    torch.testing.assert_close(torch.cdist(pairs.a, pairs.b), pairs.distance)
    assert pairs.difference.shape == (3, 2, 2)


def test_cdist_rounds():
    """Beyond 25 rows, torch.cdist uses a matrix product, and a row need not be at distance 0 from itself."""
    torch.manual_seed(0)
    x = torch.randn(26, 512)
    assert torch.cdist(x[:25], x[:25]).diagonal().eq(0).all()
    assert 0 < torch.cdist(x, x).diagonal().max() < 0.1
    exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    assert exact.diagonal().eq(0).all()
    torch.testing.assert_close(torch.cdist(x, x), exact, rtol=0, atol=0.1)


def test_the_rule():
    """A missing size on the left counts as 1, and two sizes fit if they are equal or one of them is 1."""
    shapes = [s for rank in range(4) for s in itertools.product((1, 2, 3), repeat=rank)]
    for a, b in itertools.product(shapes, shapes):
        rank = max(len(a), len(b))
        columns = list(zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))
        if all(p == q or 1 in (p, q) for p, q in columns):
            assert torch.broadcast_shapes(a, b) == tuple(max(p, q) for p, q in columns)
            assert (torch.ones(a) + torch.ones(b)).shape == torch.broadcast_shapes(a, b)
        else:
            assert shape_or_none(torch.broadcast_shapes, a, b) is None


def test_rules_of_numpy():
    """torch.broadcast_shapes and numpy.broadcast_shapes agree."""
    shapes = [s for rank in range(4) for s in itertools.product((0, 1, 3), repeat=rank)]
    for a, b in itertools.product(shapes, shapes):
        assert shape_or_none(torch.broadcast_shapes, a, b) == shape_or_none(np.broadcast_shapes, a, b)


def shape_or_none(function, a, b):
    try:
        return tuple(function(a, b))
    except (RuntimeError, ValueError):
        return None


def test_other_sizes_raise(raises):
    """Sizes that differ and are not 1 raise, and the message names both."""
    with raises(RuntimeError, "The size of tensor a (4) must match the size of tensor b (3)"):
        torch.zeros(2, 4) + torch.zeros(3)


def test_nothing_is_copied():
    """broadcast_tensors returns views that repeat the data with stride 0, as expand does."""
    column, row = torch.arange(2.0)[:, None], torch.arange(3.0)
    left, right = torch.broadcast_tensors(column, row)
    assert left.shape == right.shape == (2, 3)
    assert left.stride() == column.expand(2, 3).stride() == (1, 0) and right.stride() == (0, 1)
    assert left.data_ptr() == column.data_ptr() and right.data_ptr() == row.data_ptr()


def test_gradient_is_summed():
    """The gradient of a broadcast operand is summed over the repeated dimensions."""
    bias, factor = torch.zeros(3, requires_grad=True), torch.arange(12.0).view(4, 3)
    (factor * bias).sum().backward()
    assert bias.grad.tolist() == [0 + 3 + 6 + 9, 1 + 4 + 7 + 10, 2 + 5 + 8 + 11]
    column = torch.zeros(4, 1, requires_grad=True)
    (factor * column).sum().backward()
    assert column.grad.tolist() == [[0 + 1 + 2], [3 + 4 + 5], [6 + 7 + 8], [9 + 10 + 11]]


def test_column_minus_row_is_a_square(wrong, right):
    """A perfect (N, 1) prediction minus an (N,) target has shape (N, N) and a loss that is not 0."""
    assert wrong.difference.tolist() == [[p - t for t in [1.0, 2.0, 3.0, 4.0]] for p in [1.0, 2.0, 3.0, 4.0]]
    assert wrong.difference.square().mean() == 2.5
    assert right.difference.shape == (4,) and not right.difference.any()


def test_model_learns_a_constant():
    """Trained on (N, 1) minus (N,), the loss goes down, and each prediction becomes the mean target."""
    torch.manual_seed(0)
    x = torch.randn(40, 2)
    y = 3 * x[:, 0] + 5
    model = torch.nn.Linear(2, 1)
    losses = []
    for _ in range(200):
        model.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p.sub_(p.grad, alpha=0.1)
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    torch.testing.assert_close(model(x).detach(), y.mean().expand(40, 1), rtol=0, atol=1e-3)


def test_mse_loss_warns():
    """F.mse_loss warns about (N, 1) against (N,); F.poisson_nll_loss and the formula written out do not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (torch.zeros(4, 1) - torch.zeros(4)).square().mean()
        every = F.poisson_nll_loss(torch.zeros(4, 1), torch.zeros(4), reduction="none")
        assert every.shape == (4, 4)
        assert not caught
        F.mse_loss(torch.zeros(4, 1), torch.zeros(4))
    assert "different to the input size" in str(caught[0].message)


def test_square_hides_the_wrong_axis(raises):
    """(N, C) plus (N,) raises if N and C differ, and adds one value per column if they are equal."""
    v = torch.tensor([10.0, 20.0, 30.0])
    with raises(RuntimeError, "must match the size of tensor b (3)"):
        torch.zeros(3, 2) + v
    assert (torch.zeros(3, 3) + v)[0].tolist() == [10.0, 20.0, 30.0]
    assert (torch.zeros(3, 3) + v[:, None])[0].tolist() == [10.0, 10.0, 10.0]


def test_in_place_keeps_the_left_shape(raises, right_inplace):
    """An in-place operator runs exactly if the result has the shape of its left side; otherwise it raises."""
    shapes = [s for rank in range(4) for s in itertools.product((1, 2), repeat=rank)]
    for a, b in itertools.product(shapes, shapes):
        if torch.broadcast_shapes(a, b) == a:
            assert torch.zeros(a).add_(torch.ones(b)).shape == a
        else:
            with raises(RuntimeError, "output with shape … doesn't match the broadcast shape"):
                torch.zeros(a).add_(torch.ones(b))
    assert right_inplace.row.tolist() == [[11.0, 12.0, 13.0], [21.0, 22.0, 23.0]]


def test_three_means_on_a_gray_image(raises):
    """Normalizing a one-channel image in place with three means raises; with one mean it runs."""
    gray, three = torch.ones(1, 5, 6), torch.full((3, 1, 1), 0.5)
    with raises(RuntimeError, "output with shape [1, 5, 6] doesn't match the broadcast shape [3, 5, 6]"):
        gray.clone().sub_(three)
    assert gray.clone().sub_(three[:1]).unique().tolist() == [0.5]
    assert gray.expand(3, 5, 6).clone().sub_(three).shape == (3, 5, 6)
    with raises(RuntimeError, "doesn't match the broadcast shape"):
        torch.zeros(3).copy_(torch.zeros(2, 3))
    with raises(RuntimeError, "doesn't match the broadcast shape"):
        torch.zeros(3).masked_fill_(torch.ones(2, 3, dtype=torch.bool), 0)
    try:
        from torchvision.transforms import Normalize
    except ImportError:
        return
    with raises(RuntimeError, "doesn't match the broadcast shape [3, 5, 6]"):
        Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(gray)
    assert Normalize((0.5,), (0.5,))(gray).unique().tolist() == [1.0]


def test_all_pairs_cost_memory():
    """All differences of 10,000 rows of 512 float32 values take 205 GB, and the distances 0.4 GB."""
    x = torch.empty(10000, 512, device="meta")
    assert round((x[:, None] - x).nbytes / 1e9) == 205
    assert round(torch.cdist(x, x).nbytes / 1e9, 1) == 0.4
