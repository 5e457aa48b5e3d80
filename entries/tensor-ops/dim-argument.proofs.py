"""Proofs of dim-argument."""

import numpy as np
import torch


def given():
    torch.manual_seed(0)
    return {"x": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]), "images": torch.randn(2, 3, 4, 5)}


def test_answer(answer):
    """sum(dim=0) gives one value per column, sum(dim=1) one per row, and a tuple reduces over several dims."""
    assert answer.per_column.tolist() == [1 + 4, 2 + 5, 3 + 7]
    assert answer.per_row.tolist() == [1 + 2 + 3, 4 + 5 + 7]
    for i, row in enumerate(answer.x.tolist()):
        torch.testing.assert_close(answer.share[i], torch.tensor([v / sum(row) for v in row]))
    for c in range(3):
        values = [v for image in answer.images.tolist() for row in image[c] for v in row]
        torch.testing.assert_close(answer.per_channel[c].item(), sum(values) / 40, rtol=1e-4, atol=1e-6)


def test_default(default):
    """keepdim=True keeps the dim with size 1, so that dividing by the sum makes each row sum to 1."""
    assert default.total.tolist() == [[6.0], [15.0]]
    torch.testing.assert_close((default.x / default.total).sum(dim=1), torch.ones(2))


def test_several_dims(several_dims):
    """mean over (0, 2, 3) leaves one value per channel, and amax over (1, 2, 3) one per image."""
    x = several_dims.x
    assert x.shape == (2, 3, 2, 2)
    by_hand = [sum(range(4 * c, 4 * c + 4)) + sum(range(12 + 4 * c, 16 + 4 * c)) for c in range(3)]
    assert x.mean(dim=(0, 2, 3)).tolist() == [total / 8 for total in by_hand]
    assert x.amax(dim=(1, 2, 3)).tolist() == [11.0, 23.0]


def test_what_becomes_of_the_dim():
    """Reductions remove the dim, softmax and cumsum keep the shape, cat makes it longer, stack and unsqueeze add one."""
    x = torch.randn(2, 3, 4)
    for name in "sum", "mean", "std", "argmax", "amax", "prod", "logsumexp":
        assert getattr(x, name)(dim=1).shape == (2, 4)
    assert x.softmax(dim=1).shape == x.cumsum(dim=1).shape == (2, 3, 4)
    assert torch.cat([x, x], dim=1).shape == (2, 6, 4)
    assert torch.stack([x, x], dim=1).shape == (2, 2, 3, 4) and x.unsqueeze(dim=1).shape == (2, 1, 3, 4)


def test_dim_is_axis():
    """dim is NumPy's axis, and these functions accept axis= as well."""
    x = torch.arange(24.0).view(2, 3, 4)
    for axis in -1, 0, 1, 2:
        assert x.sum(dim=axis).tolist() == np.arange(24.0).reshape(2, 3, 4).sum(axis=axis).tolist()
    for name in "sum", "mean", "std", "argmax", "softmax", "cumsum":
        assert torch.equal(getattr(x, name)(axis=1), getattr(x, name)(dim=1))
    assert torch.equal(torch.cat([x, x], axis=1), torch.cat([x, x], dim=1))


def test_negative_dims():
    """-1 is the last dim, with or without a batch dim in front."""
    features = torch.randn(3, 4)
    assert torch.equal(features.sum(dim=-1), features.sum(dim=1))
    batch = features.expand(2, 3, 4)
    assert torch.equal(batch.sum(dim=-1)[1], features.sum(dim=-1))
    assert batch.sum(dim=1).shape == (2, 4)


def test_classes_of_images_are_dim_1():
    """For (N, C, H, W), argmax(1) gives a class per pixel, and argmax(-1) a column per class and row."""
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 4, 5)
    assert logits.argmax(1).shape == (2, 4, 5) and logits.argmax(-1).shape == (2, 3, 4)
    torch.testing.assert_close(logits.softmax(1).sum(1), torch.ones(2, 4, 5))
    assert (logits.softmax(-1).sum(1) - 1).abs().max() > 0.1


def test_a_square_matrix_hides_the_missing_keepdim(raises):
    """Without keepdim, x / x.sum(dim=1) raises for (2, 3), divides column j by the sum of row j for (2, 2), gives (3, 3) for (3, 1), and is right for one row."""
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
    with raises(RuntimeError, "The size of tensor a (3) must match the size of tensor b (2)"):
        x / x.sum(dim=1)
    assert (x[:1] / x[:1].sum(dim=1)).tolist() == (x[:1] / 6).tolist()
    assert (torch.ones(3, 1) / torch.ones(3, 1).sum(dim=1)).shape == (3, 3)
    square = torch.tensor([[1.0, 3.0], [4.0, 6.0]])
    assert (square / square.sum(dim=1)).tolist() == [[1 / 4, torch.tensor(3 / 10).item()], [1.0, torch.tensor(0.6).item()]]
    torch.testing.assert_close((square / square.sum(dim=1, keepdim=True)).sum(dim=1), torch.ones(2))


def test_squeeze_takes_the_batch_dim(raises):
    """squeeze() of (1, 1, 4) removes the batch dim as well, and sum(dim=1) then raises."""
    x = torch.ones(1, 1, 4)
    assert x.squeeze(1).shape == (1, 4) and x.squeeze(1).sum(dim=1).tolist() == [4.0]
    with raises(IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 1)"):
        x.squeeze().sum(dim=1)
    assert torch.ones(3, 1, 4).squeeze().shape == (3, 4)


def test_which_take_a_tuple(raises):
    """sum, mean, std, and amax reduce over a tuple of dims; argmax, max, prod, and median take a single one."""
    x = torch.arange(24.0).view(2, 3, 4)
    for name in "sum", "mean", "std", "amax":
        assert torch.equal(getattr(x, name)(dim=(1, 2)), getattr(x.flatten(1), name)(dim=1))
    for name in "argmax", "max", "prod", "median":
        getattr(x, name)(dim=1)
        with raises(TypeError):
            getattr(x, name)(dim=(1, 2))


def test_max_returns_a_pair(raises):
    """max(dim) returns values and indices; amax returns the values and takes a tuple, which max does not."""
    x = torch.tensor([[1.0, 5.0, 3.0], [7.0, 2.0, 4.0]])
    values, indices = x.max(dim=1)
    assert values.tolist() == x.amax(dim=1).tolist() == [5.0, 7.0] and indices.tolist() == [1, 0]
    assert x.amax(dim=(0, 1)) == 7
    with raises(TypeError):
        x.max(dim=(0, 1))


def test_the_range_in_the_message(raises):
    """The range is that of the tensor's dims, and for unsqueeze and stack that of the result's."""
    two, one = torch.zeros(3, 4), torch.zeros(3)
    for call in (
        lambda: two.sum(dim=2),
        lambda: two.transpose(1, 2),
        lambda: one.unsqueeze(2),
        lambda: torch.stack([one, one], dim=2),
    ):
        with raises(IndexError, "expected to be in range of [-2, 1], but got 2"):
            call()
    assert (two.dim(), one.dim(), one.unsqueeze(1).dim()) == (2, 1, 2)
