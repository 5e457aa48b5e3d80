"""Proofs of sampling."""

import math

import torch
from torch import nn


def softmax(row, t=1.0):
    e = [math.exp(v / t) for v in row]
    return [v / sum(e) for v in e]


def weights(row, t=1.0, k=None, p=1.0):
    """The probabilities after temperature, top-k, and top-p, in plain Python."""
    ranked = sorted(range(len(row)), key=lambda i: -row[i])[: k or len(row)]
    probs = dict(zip(ranked, softmax([row[i] for i in ranked], t), strict=True))
    kept, total = {}, 0.0
    for i in ranked:
        if total <= p:
            kept[i] = probs[i]
        total += probs[i]
    return [kept.get(i, 0) / sum(kept.values()) for i in range(len(row))]


LOGITS = [0.5, 2.0, -1.0, 1.0, 0.0]


def given():
    torch.manual_seed(0)
    many = torch.tensor(LOGITS).expand(20_000, 3, 5)
    return {"torch": torch, "model": lambda ids: many.bfloat16(), "ids": None, "temperature": 0.8, "k": 4, "p": 0.7}


def shares(ids):
    return [(ids == i).float().mean().item() for i in range(5)]


def test_answer(answer):
    """The drawn tokens have the probabilities of temperature, then top-k, then top-p, in float32 for bfloat16 logits too."""
    assert answer.logits.dtype == answer.probs.dtype == torch.float32
    for drawn, wanted in zip(shares(answer.next_id), weights(LOGITS, 0.8, 4, 0.7), strict=True):
        assert abs(drawn - wanted) < 0.015
    assert answer.next_id.shape == (20_000, 1) and answer.next_id.unique().tolist() == [1, 3]
    assert (answer.logits[0] == -torch.inf).sum() == 1


def test_default(default):
    """top_k, top_p, and the temperature combine as computed by hand; a temperature of 0 is argmax."""
    torch.manual_seed(0)
    many = torch.tensor(LOGITS).expand(20_000, 5)
    for args in ({}, {"temperature": 2.0}, {"k": 2}, {"p": 0.8}, {"temperature": 0.5, "k": 3, "p": 0.9}):
        wanted = weights(LOGITS, args.get("temperature", 1.0), args.get("k"), args.get("p", 1.0))
        for drawn, w in zip(shares(default.sample(many, **args)), wanted, strict=True):
            assert abs(drawn - w) < 0.015 and (drawn == 0) == (w == 0)
    assert default.sample(many, temperature=0).unique().tolist() == [1]
    assert default.sample(torch.tensor([LOGITS]), p=0.0).tolist() == [[1]]
    assert default.ids.shape == (2, 8) and default.ids[:, :2].tolist() == [[1, 5], [1, 7]]
    assert default.model(default.ids).shape == (2, 8, 9)


def test_top_p(top_p):
    """Top-p alone draws only the tokens that it keeps, as often as their renormalized probabilities say."""
    torch.manual_seed(0)
    rows = [LOGITS, LOGITS[::-1]]
    for p in 0.5, 0.8, 0.9, 1.0:
        drawn = top_p.top_p(torch.tensor(rows).repeat(4000, 1), p)
        assert drawn.shape == (8000, 1)
        for i, row in enumerate(rows):
            shares = torch.bincount(drawn[i::2, 0], minlength=5) / 4000
            torch.testing.assert_close(shares, torch.tensor(weights(row, p=p)), rtol=0, atol=0.03)
            assert [v > 0 for v in shares.tolist()] == [v > 0 for v in weights(row, p=p)]
    assert [round(v, 2) for v in sorted(softmax(top_p.logits[0].tolist()))[-2:]] == [0.23, 0.64]
    assert set(top_p.draws) == {1, 3} and len(top_p.draws) == 200


def test_what_is_kept(what_is_kept):
    """A low temperature sharpens the probabilities, a high one flattens them."""
    tops = [max(softmax([4, 3, 2, 1, 0], t)) for t in (0.5, 1, 2)]
    assert tops == sorted(tops, reverse=True)
    for v, w in zip(what_is_kept.probs.tolist(), softmax([4, 3, 2, 1, 0]), strict=True):
        assert abs(v - w) < 1e-6
    assert sum(w > 0 for w in weights([4, 3, 2, 1, 0], p=0.8)) == int((what_is_kept.before <= 0.8).sum()) == 2


def test_repetition(repetition):
    """Logits of used tokens are divided by the penalty if positive and multiplied if negative; others stay."""
    expected = [[2 / 1.3, 1.0, -1 * 1.3, 0.5], [0.5, 3 / 1.3, 1.0, -2 * 1.3]]
    torch.testing.assert_close(repetition.logits, torch.tensor(expected))


def test_stop(stop):
    """Rows that have met the end token are filled with padding, and the loop ends when all have."""
    for row in stop.ids.tolist():
        end = row.index(0)
        assert set(row[end + 1 :]) <= {9} and 9 not in row[:end]
    assert stop.done.all() and stop.ids[:, -1].tolist().count(0) >= 1
    assert stop.ids[:, 0].tolist() == [3, 4, 5]


def test_the_last_position_may_be_padding():
    """With padding on the right, the logits of the last real token are at length - 1."""
    hidden = torch.arange(12.0).reshape(2, 6, 1)
    lengths = torch.tensor([4, 6])
    last = hidden[torch.arange(2), lengths - 1]
    assert last.flatten().tolist() == [3, 11] != hidden[:, -1].flatten().tolist()


def test_temperature_zero(raises):
    """Logits divided by 0 are infinite or NaN, and multinomial raises."""
    probs = (torch.tensor([[2.0, 0.0, -1.0]]) / 0).softmax(dim=-1)
    assert probs.isnan().any()
    with raises(RuntimeError, "probability tensor contains either `inf`, `nan` or element < 0"):
        torch.multinomial(probs, 1)
    cold = (torch.tensor(LOGITS) / 0.01).softmax(dim=0)
    assert cold.tolist()[1] > 0.999999


def test_map_back():
    """multinomial on sorted probabilities draws positions in the sorted order."""
    probs, order = torch.tensor([[0.0, 0.0, 1.0]]).sort(dim=-1, descending=True)
    picked = torch.multinomial(probs, 1)
    assert picked.item() == 0 and order.gather(-1, picked).item() == 2


def test_the_crossing_token_stays(raises):
    """cumsum > p drops a first token with a probability above p, and multinomial has nothing left."""
    probs = torch.tensor([[0.95, 0.04, 0.01]])
    cut = probs.masked_fill(probs.cumsum(dim=-1) > 0.9, 0)
    assert cut.sum() == 0
    with raises(RuntimeError, "invalid multinomial distribution"):
        torch.multinomial(cut, 1)
    assert probs.masked_fill(probs.cumsum(dim=-1) - probs > 0.9, 0)[0, 0] > 0


def test_order_of_temperature():
    """The temperature leaves the tokens of top-k as they are and changes how many top-p keeps."""
    for k in (1, 2, 3):
        kept = [{i for i, w in enumerate(weights(LOGITS, t, k)) if w} for t in (0.5, 1, 3)]
        assert kept[0] == kept[1] == kept[2]
    counts = [sum(w > 0 for w in weights(LOGITS, t, p=0.8)) for t in (0.5, 1, 3)]
    assert counts == sorted(counts) and counts[0] < counts[-1]


def test_ties_stay():
    """With logits < smallest as the cut, tokens tied with the k-th stay."""
    logits = torch.tensor([[3.0, 2.0, 2.0, 1.0]])
    assert (logits >= logits.topk(2).values[:, -1:]).sum() == 3


def test_weights_need_no_sum(raises):
    """multinomial draws in proportion to weights of any positive sum."""
    torch.manual_seed(0)
    drawn = torch.multinomial(torch.tensor([2.0, 6.0]), 20_000, replacement=True)
    assert abs(drawn.float().mean() - 0.75) < 0.015


def test_k_is_at_most_v(raises):
    """topk raises if k is larger than the vocabulary."""
    with raises(RuntimeError, "selected index k out of range"):
        torch.randn(2, 5).topk(6, dim=-1)
    assert torch.randn(2, 5).topk(5, dim=-1).values.shape == (2, 5)
