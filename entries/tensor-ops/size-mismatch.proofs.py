"""Proofs of size-mismatch."""

import itertools
import warnings

import torch
import torch.nn.functional as F


def given():
    torch.manual_seed(0)
    return {
        "F": F,
        "a": torch.zeros(2, 3),
        "b": torch.zeros(3),
        "x": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        "per_row": torch.tensor([10.0, 20.0]),
        "images": torch.randn(2, 3, 4, 5),
        "per_channel": torch.tensor([1.0, 10.0, 100.0]),
        "pred": torch.tensor([[1.0], [2.0], [4.0]]),
        "y": torch.tensor([1.0, 2.0, 1.0]),
        "up": torch.arange(144.0).view(1, 3, 6, 8),
        "skip": torch.zeros(1, 3, 7, 9),
    }


def test_answer(answer):
    """[:, None] makes one value per row, [:, None, None] one per channel, and interpolate gives one branch the size of the other."""
    for i, j in itertools.product(range(2), range(3)):
        assert answer.shifted[i, j] == answer.x[i, j] + [10, 20][i]
    for c in range(3):
        assert torch.equal(answer.scaled[:, c], answer.images[:, c] * 10**c)
    assert answer.loss == (4 - 1) ** 2 / 3
    assert answer.skip.shape == answer.up.shape and answer.up[0, 2, 6, 8] == 2 * 48 + 5 * 8 + 7


def test_default(default):
    """(C,) is repeated for every row, and (C, 1, 1) for every pixel."""
    assert default.out.shape == (2, 3, 4, 5) and default.x.shape == (2, 3)
    for c in range(3):
        assert (default.out[:, c] == c + 1).all()


def test_residual(residual):
    """A stride of 2 takes 15 to 8, doubling gives 16, and cropping or interpolating gives 15 again."""
    assert residual.down.shape == (1, 3, 8, 8) and residual.up.shape == (1, 3, 16, 16)
    assert torch.equal(residual.cropped, residual.up[:, :, :15, :15] + residual.x)
    assert residual.resized.shape == (1, 3, 15, 15)
    for size in 14, 15, 16, 17:
        assert F.interpolate(residual.up, size=(size, size)).shape == (1, 3, size, size)


def test_the_addition_raises_and_cat_says_something_else(residual, raises):
    """Adding 16 and 15 raises this message, and concatenating them another one."""
    message = "The size of tensor a (16) must match the size of tensor b (15) at non-singleton dimension 3"
    with raises(RuntimeError, message):
        residual.up + residual.x
    with raises(RuntimeError, "Sizes of tensors must match except in dimension 1."):
        torch.cat([residual.up, residual.x], dim=1)


def test_right(right):
    """scores + offset[:, None] adds offset[i] to row i."""
    assert right.shifted.tolist() == [[11.0, 12.0], [23.0, 24.0], [35.0, 36.0]]


def test_fits_by_accident(wrong_silent, right_silent):
    """(N, 1) - (N,) is (N, N), and its mean square is not 0 for a perfect prediction; mse_loss warns."""
    rows = [[p - t for t in (1, 2, 3)] for p in (1, 2, 3)]
    assert wrong_silent.difference.tolist() == rows
    assert right_silent.difference.tolist() == [0, 0, 0]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        F.mse_loss(wrong_silent.prediction, wrong_silent.target)
    assert "Using a target size (torch.Size([3])) that is different" in str(caught[0].message)


def test_that_loss_trains_badly():
    """Minimizing the mean over (N, N) pulls every prediction to the mean of the targets."""
    pred, y = torch.zeros(3, 1, requires_grad=True), torch.tensor([1.0, 2.0, 6.0])
    for _ in range(200):
        (grad,) = torch.autograd.grad((pred - y).square().mean(), pred)
        with torch.no_grad():
            pred -= grad
    torch.testing.assert_close(pred.detach(), torch.full((3, 1), 3.0))


def test_a_square_matrix_does_not_raise():
    """(N, N) + (N,) adds one value per column, and [:, None] one per row."""
    x, b = torch.zeros(2, 2), torch.tensor([10.0, 20.0])
    assert (x + b).tolist() == [[10.0, 20.0], [10.0, 20.0]]
    assert (x + b[:, None]).tolist() == [[10.0, 10.0], [20.0, 20.0]] == (x + b.unsqueeze(1)).tolist()


def test_in_place_cannot_grow(raises):
    """a += b raises if the result is larger than a, where a + b works."""
    a, b = torch.zeros(3), torch.ones(2, 3)
    assert (a + b).shape == (2, 3)
    with raises(RuntimeError, "output with shape [3] doesn't match the broadcast shape [2, 3]"):
        a += b


def test_which_shapes_fit(raises):
    """From the last dim on, two sizes fit if they are equal, if one is 1, or if one is missing."""
    shapes = [shape for n in range(3) for shape in itertools.product((1, 2, 3), repeat=n)]
    for one, other in itertools.product(shapes, shapes):
        pairs = list(itertools.zip_longest(reversed(one), reversed(other), fillvalue=1))
        if all(m == n or 1 in (m, n) for m, n in pairs):
            result = (torch.zeros(one) + torch.zeros(other)).shape
            assert (
                result == tuple(max(pair) for pair in reversed(pairs)) == torch.broadcast_shapes(one, other)
            )
        else:
            with raises(RuntimeError, "must match the size of tensor b"):
                torch.zeros(one) + torch.zeros(other)


def test_a_sequence_longer_than_its_positions(raises):
    """A sequence longer than the position table or the mask raises this message; cut to the length, it works."""
    x, positions = torch.zeros(2, 12, 8), torch.zeros(1, 10, 8)  # (B, T, D), (1, T, D)
    with raises(RuntimeError, "size of tensor a (12) must match the size of tensor b (10) at non-singleton dimension 1"):
        x + positions
    assert (x[:, :10] + positions).shape == (2, 10, 8)
    with raises(RuntimeError, "must match the size of tensor b"):
        torch.zeros(2, 12, 12).masked_fill(torch.zeros(10, 10, dtype=torch.bool), 0)


def test_an_image_with_an_alpha_channel(raises):
    """Normalizing an RGBA image with three means raises this message, 4 against 3; the three color channels can be normalized."""
    rgba, mean = torch.ones(4, 5, 6), torch.tensor([0.5, 0.4, 0.3])
    with raises(RuntimeError, "The size of tensor a (4) must match the size of tensor b (3) at non-singleton dimension 0"):
        rgba.clone().sub_(mean[:, None, None])
    assert (rgba[:3] - mean[:, None, None]).shape == (3, 5, 6)


def test_the_dim_of_the_message(raises):
    """The message counts dims from the left of the result."""
    with raises(
        RuntimeError, "size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1"
    ):
        torch.zeros(3, 5) + torch.zeros(2, 4, 5)
    with raises(
        RuntimeError, "size of tensor a (5) must match the size of tensor b (3) at non-singleton dimension 3"
    ):
        torch.zeros(2, 3, 4, 5) * torch.zeros(3)
