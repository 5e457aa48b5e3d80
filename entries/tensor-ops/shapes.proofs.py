"""Proofs of shapes."""

import torch


def given():
    return {"torch": torch, "x": torch.arange(120.0).reshape(2, 3, 4, 5)}


def test_answer(answer):
    """flatten(1) keeps the batch, permute reorders dims, unsqueeze adds one, cat joins along a dim, stack along a new one."""
    x = answer.x
    assert answer.flat.tolist() == [list(range(60)), list(range(60, 120))]
    assert answer.last.shape == (2, 4, 5, 3) and answer.one.shape == (1, 3, 4, 5)
    assert all(answer.last[n, h, w, c] == x[n, c, h, w] for n in (0, 1) for c in (0, 2) for h in (1, 3) for w in (2, 4))
    assert torch.equal(answer.one[0], x[0])
    assert answer.pooled.tolist() == [[20 * k + 9.5 for k in range(3)], [20 * k + 9.5 for k in range(3, 6)]]
    assert answer.longer.shape == (4, 3, 4, 5) and torch.equal(answer.longer[2:], x)
    assert answer.pair.shape == (2, 2, 3, 4, 5) and torch.equal(answer.pair[1], x)


def test_default(default):
    """The copies hold the old elements: repeat twice in each row, cat below each other, flip reversed."""
    old = [[0, 1, 2], [3, 4, 5]]
    assert default.results["x.repeat(1, 2)"].tolist() == [row + row for row in old]
    assert default.results["torch.cat([x, x])"].tolist() == old + old
    assert default.results["torch.stack([x, x])"].tolist() == [old, old]
    assert default.results["x.flip(1)"].tolist() == [row[::-1] for row in old]


def shares(y, x):
    return y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


def test_views_and_copies():
    """view, permute, unsqueeze, squeeze, expand, and chunk return views; cat, stack, repeat, gather, and sums do not."""
    x = torch.arange(6.0).view(2, 1, 3)
    views = [x.view(6), x.permute(2, 1, 0), x.unsqueeze(0), x.squeeze(1), x.expand(2, 4, 3), *x.chunk(3, dim=2)]
    copies = [torch.cat([x]), torch.stack([x]), x.repeat(1, 1, 1), x.gather(0, torch.zeros(1, 1, 3).long()), x + 0]
    assert [shares(y, x) for y in views] == [True] * 8
    assert [shares(y, x) for y in copies] == [False] * 5


def test_einsum_and_meshgrid_may_return_views():
    """einsum that only reorders dims, and meshgrid, return views; a product of tensors does not."""
    x = torch.arange(3.0)
    square = torch.arange(6.0).view(2, 3)
    assert shares(torch.einsum("ij->ji", square), square) and not shares(torch.einsum("ij,j->i", square, x), square)
    assert all(shares(grid, x) for grid in torch.meshgrid(x, x, indexing="ij"))
    assert not shares(square * 1, square) and not shares(square @ x, square)


def test_reshape_may_copy():
    """reshape keeps the reading order, as a view if it can."""
    x = torch.arange(6).view(2, 3)
    assert shares(x.reshape(6), x) and not shares(x.permute(1, 0).reshape(6), x)
    assert x.permute(1, 0).reshape(6).tolist() == [0, 3, 1, 4, 2, 5]


def test_wrong(wrong):
    """view fills the new shape in reading order."""
    assert wrong.x.view(3, 2).tolist() == [[1, 2], [3, 4], [5, 6]] != [list(c) for c in zip(*wrong.x.tolist())]


def test_right(right):
    """permute(1, 0) transposes."""
    assert right.x.permute(1, 0).tolist() == [list(column) for column in zip(*right.x.tolist())]


def test_reshape_mixes_channels_and_pixels():
    """For (N, C, H, W) to (N, H, W, C), view and reshape put values of one channel into several; permute does not."""
    x = torch.arange(3).view(1, 3, 1, 1).expand(1, 3, 4, 5).contiguous()  # the number of its channel
    assert x.permute(0, 2, 3, 1)[..., 1].unique().tolist() == [1]
    for mixed in x.view(1, 4, 5, 3), x.reshape(1, 4, 5, 3):
        assert mixed.shape == (1, 4, 5, 3) and mixed[..., 1].unique().tolist() == [0, 1, 2]


def test_squeeze_drops_the_batch():
    """squeeze() drops each dim of size 1, the batch dim as well; squeeze(-1) drops only the last."""
    logits = torch.zeros(1, 1)
    assert logits.squeeze().shape == () and logits.squeeze(-1).shape == (1,)


def test_expand_shares_elements(raises):
    """In the result of expand, add_ raises and y[0, 1] = 5 changes all that share the cell; a clone is independent."""
    x = torch.zeros(3)
    y = x.expand(4, 3)
    with raises(RuntimeError, "more than one element of the written-to tensor refers to a single memory location"):
        y.add_(1)
    y[0, 1] = 5
    assert y.tolist() == [[0, 5, 0]] * 4
    z = x.expand(4, 3).clone()
    z[0, 0] = 7
    assert z.tolist() == [[7, 5, 0]] + [[0, 5, 0]] * 3
