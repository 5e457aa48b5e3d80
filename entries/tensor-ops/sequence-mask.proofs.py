"""Proofs of sequence-mask."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    h = torch.arange(24.0).view(2, 4, 3)
    h[1, 2:] = math.nan  # padding
    return {"torch": torch, "lengths": torch.tensor([4, 2]), "h": h}


def test_answer(answer):
    """arange(T) < lengths[:, None] is True for the first lengths[n] steps; the mean divides by the lengths."""
    assert answer.mask.tolist() == [[t < n for t in range(4)] for n in (4, 2)]
    h = torch.arange(24.0).view(2, 4, 3)
    assert torch.equal(answer.h[1], torch.cat([h[1, :2], torch.zeros(2, 3)]))
    torch.testing.assert_close(answer.mean, torch.stack([h[0].mean(dim=0), h[1, :2].mean(dim=0)]))


def test_lengths_on_another_device():
    """lengths.to(h.device) brings the lengths to the device of h."""
    h = torch.ones(2, 4, 3, device="meta")
    n = torch.tensor([4, 2]).to(h.device)[:, None]
    mask = torch.arange(h.size(1), device=h.device) < n
    mean = h.masked_fill(~mask[:, :, None], 0.0).sum(dim=1) / n.clamp(min=1)
    assert mean.is_meta and mean.shape == (2, 3)


def test_default(default):
    """The mean over the real steps divides by the lengths; the softmax gives padding weight 0."""
    assert default.mask.tolist() == [[t < n for t in range(4)] for n in (3, 1)]
    assert ((default.x * default.mask).sum(dim=1) / default.lengths).tolist() == [(1 + 2 + 6) / 3, 5 / 1]
    weights = default.x.masked_fill(~default.mask, -torch.inf).softmax(dim=1)
    total = sum(math.exp(v) for v in (1, 2, 6))
    torch.testing.assert_close(weights[0], torch.tensor([math.exp(v) / total for v in (1, 2, 6)] + [0]))
    assert weights[1].tolist() == [1, 0, 0, 0]


def test_pooling(pooling):
    """A mask (N, T, 1) broadcasts over D; the maximum fills the padding with -inf."""
    rows = torch.arange(12.0).view(2, 3, 2) - 9
    h = pooling.h.masked_fill(pooling.pad, 0.0).sum(dim=1) / pooling.lengths[:, None]
    assert torch.equal(h, torch.stack([rows[0, :2].mean(dim=0), rows[1].mean(dim=0)]))
    top = pooling.h.masked_fill(pooling.pad, -torch.inf).amax(dim=1)
    assert torch.equal(top, torch.stack([rows[0, 1], rows[1, 2]]))


def test_loss(loss):
    """loss[mask].mean() averages over the real steps."""
    real = [(1 - 1) ** 2, (2 - 4) ** 2, (3 - 2) ** 2]
    torch.testing.assert_close(loss.loss[loss.mask].mean(), torch.tensor(sum(real) / 3))
    assert loss.loss.shape == (2, 3) and loss.mask.tolist() == [[True, True, False], [True, False, False]]


def test_ignore_index():
    """ignore_index in cross_entropy gives the mean over the real steps as well."""
    torch.manual_seed(0)
    logits, y = torch.randn(2, 5, 3), torch.tensor([[0, 2, 1], [4, 0, 0]])  # (N, C, T), (N, T)
    mask = torch.arange(3) < torch.tensor([3, 1])[:, None]
    each = F.cross_entropy(logits, y, reduction="none")
    ignored = F.cross_entropy(logits, y.masked_fill(~mask, -100), ignore_index=-100)
    torch.testing.assert_close(each[mask].mean(), ignored)


def test_transformer(transformer):
    """With src_key_padding_mask=~mask the values in the padding do not change the real steps."""
    assert transformer.mask.tolist() == [[True] * 4, [True, True, False, False]]
    assert (transformer.x[1, 2:] == 100).all()
    torch.testing.assert_close(transformer.before[transformer.mask], transformer.after[transformer.mask])


def test_padding_mask_is_inverted():
    """key_padding_mask is True for padding; passed the other way round, attention looks only at the padding."""
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x, mask = torch.randn(2, 4, 8), torch.arange(4) < torch.tensor([[3], [2]])
    with torch.no_grad():
        _, weights = layer(x, x, x, key_padding_mask=~mask)
        _, inverted = layer(x, x, x, key_padding_mask=mask)
    for n in range(2):
        assert (weights[n][:, ~mask[n]] == 0).all() and (weights[n][:, mask[n]] > 0).all()
        assert (inverted[n][:, mask[n]] == 0).all() and (inverted[n][:, ~mask[n]] > 0).all()


def test_sdpa_takes_the_mask_itself():
    """The bool mask of scaled_dot_product_attention is True for what takes part."""
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 1, 4, 8)
    mask = torch.arange(4) < torch.tensor([[4], [2]])
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
    torch.testing.assert_close(out[1], F.scaled_dot_product_attention(q[1], k[1, :, :2], v[1, :, :2]))


def test_length_zero_spoils_the_gradients():
    """The NaN of a row of length 0 makes the gradients of the layers behind it NaN, and after x * mask, or a sum that is
    weighted by the softmax, those of the layers before it; after masked_fill, those are finite. Lengths of at least 1
    prevent both."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 5)  # (N, T, D)
    for least, spoiled in ((0, True), (1, False)):
        score, head = nn.Linear(5, 1), nn.Linear(5, 1)
        mask = torch.arange(3) < torch.tensor([2, 0]).clamp(min=least)[:, None]
        weights = score(x).squeeze(-1).masked_fill(~mask, -torch.inf).softmax(dim=1)
        head((weights[:, :, None] * x).sum(dim=1)).sum().backward()
        assert head.weight.grad.isnan().all() == spoiled and score.weight.grad.isfinite().all()
        value = nn.Linear(5, 4)
        (weights.detach()[:, :, None] * value(x)).sum().backward()
        assert value.weight.grad.isnan().all() == spoiled
        for hide, reaches in ((lambda h: h * mask[:, :, None], True), (lambda h: h.masked_fill(~mask[:, :, None], 0.0), False)):
            first, head = nn.Linear(5, 4), nn.Linear(4, 1)
            h = hide(first(x))
            head(h.sum(dim=1) / torch.tensor([2, 0]).clamp(min=least)[:, None]).sum().backward()
            assert head.weight.grad.isnan().all() == spoiled
            assert first.weight.grad.isnan().all() == (spoiled and reaches)
    assert (torch.zeros(2).sum() / torch.tensor(0)).isnan()  # the mean over no steps


def test_what_clamp_does_to_length_zero():
    """clamp(min=1) in the divisor makes the mean of an empty row 0; in the mask, its first step of padding counts."""
    h, lengths = torch.tensor([[1.0, 3.0, 9.0], [7.0, 8.0, 9.0]]), torch.tensor([2, 0])  # (N, T)
    for least_in_mask, expected in ((0, [2, 0]), (1, [2, 7])):
        mask = torch.arange(3) < lengths.clamp(min=least_in_mask)[:, None]
        assert (h.masked_fill(~mask, 0.0).sum(dim=1) / lengths.clamp(min=1)).tolist() == expected


def test_maximum_of_nothing():
    """The maximum of a row of length 0, filled with -inf, is -inf."""
    mask = torch.arange(3) < torch.tensor([2, 0])[:, None]
    top = torch.tensor([[1.0, 4.0, 9.0], [7.0, 8.0, 9.0]]).masked_fill(~mask, -torch.inf).amax(dim=1)
    assert top.tolist() == [4, -math.inf]


def test_without_the_extra_dim(raises):
    """arange(T) < lengths raises if N and T differ and none is 1; it gives one row if they are equal or one is 1."""
    with raises(RuntimeError, "The size of tensor a (4) must match the size of tensor b (2)"):
        torch.arange(4) < torch.tensor([3, 1])
    assert (torch.arange(2) < torch.tensor([2, 1])).tolist() == [True, False]
    assert (torch.arange(4) < torch.tensor([3])).tolist() == [True, True, True, False]
    assert (torch.arange(1) < torch.tensor([1, 0])).tolist() == [True, False]


def test_nan_in_the_padding():
    """nan * 0 is NaN, so x * mask keeps NaN in the padding; masked_fill and x[mask] do not."""
    x, mask = torch.tensor([[1.0, math.nan, math.inf]]), torch.tensor([[True, False, False]])
    assert (x * mask).isnan().tolist() == [[False, True, True]]
    assert x.masked_fill(~mask, 0.0).tolist() == [[1, 0, 0]] and x[mask].tolist() == [1]


def test_wrong(wrong):
    """The softmax of a row of length 0 is NaN."""
    weights = wrong.scores.masked_fill(~wrong.mask, -torch.inf).softmax(dim=1)
    assert weights[1].isnan().all() and wrong.scores.tolist() == [[1, 1, 5], [0, 0, 0]] and wrong.lengths.tolist() == [2, 0]


def test_right(right):
    """clamp(min=1) keeps one step of a row of length 0."""
    assert right.lengths.tolist() == [2, 1] and right.scores.tolist() == [[1, 1, 5], [0, 0, 0]]
    assert right.mask.tolist() == [[True, True, False], [True, False, False]]
