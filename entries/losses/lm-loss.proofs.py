"""Proofs of lm-loss."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def by_hand(logits, labels):
    """The mean over all t of -log p(token t + 1 | logits of position t), in plain Python."""
    losses = []
    for rows, ids in zip(logits.tolist(), labels.tolist(), strict=True):
        for t in range(len(ids) - 1):
            if ids[t + 1] != -100:
                losses.append(math.log(sum(math.exp(v) for v in rows[t])) - rows[t][ids[t + 1]])
    return sum(losses) / len(losses)


def given():
    torch.manual_seed(0)
    return {
        "F": F,
        "model": nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 7)).bfloat16(),
        "input_ids": torch.tensor([[1, 2, 3, 4, 6], [4, 5, 6, 0, 0]]),
        "learn": torch.tensor([[False, False, True, True, True], [False, True, True, False, False]]),
    }


def test_answer(answer):
    """The loss is the mean of -log p(token t + 1) at position t over the tokens that count, in float32."""
    assert answer.labels.tolist() == [[-100, -100, 3, 4, 6], [-100, 5, 6, -100, -100]]
    assert answer.loss.dtype == torch.float32
    assert math.isclose(answer.loss.item(), by_hand(answer.logits.float(), answer.labels), rel_tol=1e-5)


def test_default(default):
    """Trained with the shift, the model continues a sequence, and padding is left out of the loss."""
    assert default.labels.tolist() == [[1, 2, 3, 4], [4, 5, 1, -100]]
    assert math.isclose(default.loss.item(), by_hand(default.logits, default.labels), abs_tol=1e-4)
    assert default.model[1].out_features == 6 == default.model[0].num_embeddings
    assert default.loss < 0.01
    assert default.ids == [3, 4, 5, 1, 2, 3]


def test_prompt(prompt):
    """Labels of the prompt and of the padding are -100, and the end-of-sequence token keeps its label."""
    assert prompt.input_ids.tolist() == [[5, 6, 7, 8, 2, 2], [5, 9, 8, 8, 7, 2]]
    assert prompt.labels.tolist() == [[-100, -100, 7, 8, 2, -100], [-100, 9, 8, 8, 7, 2]]


def test_perplexity(perplexity):
    """The perplexity is exp of the mean loss over all tokens, the inverse geometric mean of their probabilities."""
    product = 1.0
    for logits, labels in perplexity.batches:
        for row, y in zip(logits, labels, strict=True):
            product *= row.softmax(dim=0)[y].item()
    assert math.isclose(math.exp(perplexity.total / perplexity.tokens), product ** (-1 / 9), rel_tol=1e-4)


def test_wrong(wrong):
    """Without the shift, the loss falls close to 0 and the model repeats its input."""
    assert wrong.ids.tolist() == [[0, 1, 2, 3, 4, 0, 1]]
    assert wrong.step == 49 and wrong.model[1].out_features == 5 == wrong.model[0].num_embeddings
    assert wrong.loss < 0.05
    assert wrong.out == [2] * 6


def test_right(right):
    """With the shift, the loss falls close to 0 and the model predicts the next token."""
    assert right.ids.tolist() == [[0, 1, 2, 3, 4, 0, 1]]
    assert right.step == 49 and right.model[1].out_features == 5 == right.model[0].num_embeddings
    assert right.loss < 0.05
    assert right.out == [2, 3, 4, 0, 1, 2]


def test_shift_in_the_dataset():
    """x = ids[:-1] with y = ids[1:] gives the same loss as shifting logits and labels of a causal model."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9))
    ids = torch.tensor([3, 1, 4, 1, 5, 8])
    x, y = ids[:-1], ids[1:]
    torch.testing.assert_close(F.cross_entropy(model(x), y), F.cross_entropy(model(ids)[:-1], ids[1:]))


def test_shifted_twice():
    """Labels that are shifted twice pair position t with token t + 2."""
    ids = torch.tensor([[10, 11, 12, 13, 14]])
    once = torch.cat([ids[:, 1:], torch.tensor([[-100]])], dim=1)
    assert once[:, 1:].tolist() == [[12, 13, 14, -100]]


def test_masking_by_id_drops_the_end():
    """Masking by the pad id drops a real end-of-sequence token with the same id."""
    ids = torch.tensor([[5, 6, 2, 2]])  # ends with a real 2, then one of padding
    assert ids.masked_fill(ids == 2, -100).tolist() == [[5, 6, -100, -100]]
    assert ids.masked_fill(torch.arange(4) >= 3, -100).tolist() == [[5, 6, 2, -100]]


def test_mean_of_means():
    """The mean of batch losses differs from the loss per token when batches hold different numbers of tokens."""
    torch.manual_seed(0)
    a, b = torch.randn(6, 5), torch.randn(2, 5)
    ya, yb = torch.tensor([0, 1, 2, 3, 4, 0]), torch.tensor([3, 1])
    per_token = F.cross_entropy(torch.cat([a, b]), torch.cat([ya, yb]))
    mean = (F.cross_entropy(a, ya) + F.cross_entropy(b, yb)) / 2
    assert (mean - per_token).abs() > 0.01
    total = F.cross_entropy(a, ya, reduction="sum") + F.cross_entropy(b, yb, reduction="sum")
    torch.testing.assert_close(total / 8, per_token)


def test_without_a_causal_mask():
    """Without a causal mask, the output at position t depends on token t + 1; with it, it does not."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    x = torch.randn(1, 5, 8)
    changed = x.clone()
    changed[:, 3] += torch.randn(8)
    assert not torch.allclose(layer(x)[:, 2], layer(changed)[:, 2])
    torch.testing.assert_close(layer(x, mask)[:, :3], layer(changed, mask)[:, :3])


def test_first_loss():
    """Logits that are equal for all tokens give a loss of ln(V), 10.8 for 50,257 tokens."""
    loss = F.cross_entropy(torch.zeros(2, 50257), torch.tensor([5, 17])).item()
    assert math.isclose(loss, math.log(50257), rel_tol=1e-4)
    assert round(loss, 1) == 10.8


def test_bfloat16_loss():
    """The loss of bfloat16 logits is a bfloat16 number on the CPU; .float() makes it float32."""
    logits, y = torch.randn(4, 9).bfloat16(), torch.arange(4)
    assert F.cross_entropy(logits, y).dtype == torch.bfloat16
    assert F.cross_entropy(logits.float(), y).dtype == torch.float32


def test_everything_ignored():
    """If all labels are -100, the mean loss is NaN."""
    assert F.cross_entropy(torch.randn(3, 5), torch.full((3,), -100)).isnan()


def test_view_after_the_shift(raises):
    """view(-1, V) on logits without the last position raises; flatten and reshape copy."""
    logits = torch.randn(2, 4, 5)[:, :-1]
    with raises(RuntimeError, "view size is not compatible"):
        logits.view(-1, 5)
    assert torch.equal(logits.flatten(0, 1), logits.reshape(-1, 5))


def test_tied_embedding_starts_high():
    """A head tied to a default nn.Embedding starts far above ln(V); with a standard deviation of 0.02, near it."""
    torch.manual_seed(0)
    table, y = torch.nn.Embedding(2000, 128), torch.arange(8)
    h = torch.randn(8, 128)
    h = (h - h.mean(dim=1, keepdim=True)) / h.std(dim=1, keepdim=True)  # as a last LayerNorm leaves it
    with torch.no_grad():
        assert F.cross_entropy(h @ table.weight.T, y) > 3 * math.log(2000)
        table.weight.normal_(std=0.02)
        assert abs(F.cross_entropy(h @ table.weight.T, y) - math.log(2000)) < 0.3
