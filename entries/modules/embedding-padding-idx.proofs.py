"""Proofs of embedding-padding-idx."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "vocab_size": 6, "dim": 3, "ids": torch.tensor([[4, 5, 2, 1], [3, 1, 0, 0], [0, 0, 0, 0]])}


def test_answer(answer):
    """Weighting by ids != 0 gives the mean over the real words, and zeros for a sentence of padding alone."""
    w = answer.embedding.weight
    rows = [w[[4, 5, 2, 1]].mean(dim=0), w[[3, 1]].mean(dim=0), torch.zeros(3)]
    torch.testing.assert_close(answer.mean, torch.stack(rows))
    assert w.shape == (6, 3) and answer.vectors[1, 2:].count_nonzero() == 0


def test_default(default):
    """The padding row starts at zero and gets no gradient from look-ups; each real word gets its share."""
    w = default.embedding.weight
    assert w[0].tolist() == [0.0, 0.0] and w.shape == (5, 2)
    torch.testing.assert_close(w.grad[:, 0], torch.tensor([0, 1 / 3, 1 / 3, 1 / 3, 1]))
    torch.testing.assert_close(default.mean[0], (w[3] + w[1] + w[2]) / 3)


def test_no_gradient_even_where_the_loss_reads_the_padding():
    """The row gets no gradient even if the loss reads the padded positions."""
    embedding = nn.Embedding(4, 2, padding_idx=1)
    embedding(torch.tensor([1, 3, 1])).sum().backward()
    assert embedding.weight.grad.tolist() == [[0, 0], [0, 0], [0, 0], [1, 1]]


def test_masks_nothing():
    """A plain mean divides by the padded length, a bias makes zeros nonzero, and an LSTM runs over the padding."""
    embedding = nn.Embedding(5, 2, padding_idx=0)
    vectors = embedding(torch.tensor([[4, 0, 0]]))
    torch.testing.assert_close(vectors.mean(dim=1)[0], embedding.weight[4] / 3)
    fc = nn.Linear(2, 3)
    assert torch.equal(fc(vectors)[0, 1], fc.bias)
    lstm = nn.LSTM(2, 3, batch_first=True)
    assert not torch.allclose(lstm(vectors)[1][0], lstm(vectors[:, :1])[1][0])
    attention = nn.MultiheadAttention(2, 1, batch_first=True)
    ids = torch.tensor([[4, 0, 0]])
    assert attention(vectors, vectors, vectors)[1][0, 0, 1] > 0
    assert attention(vectors, vectors, vectors, key_padding_mask=ids == 0)[1][0, 0].tolist() == [1.0, 0.0, 0.0]


def test_encoder_mask():
    """With src_key_padding_mask=ids == 0, an encoder layer gives the real words what they get without padding."""
    layer = nn.TransformerEncoderLayer(4, 2, dim_feedforward=5, dropout=0.0, batch_first=True)
    embedding, ids = nn.Embedding(6, 4, padding_idx=0), torch.tensor([[4, 2, 0]])
    y = layer(embedding(ids), src_key_padding_mask=ids == 0)
    torch.testing.assert_close(y[:, :2], layer(embedding(ids[:, :2])))


def test_padding_alone_can_give_nan():
    """In eval mode under no_grad, a sentence of padding alone comes out of an encoder layer as NaN."""
    layer = nn.TransformerEncoderLayer(4, 2, dim_feedforward=5, batch_first=True).eval()
    embedding, ids = nn.Embedding(6, 4, padding_idx=0), torch.tensor([[4, 2, 0], [0, 0, 0]])
    with torch.no_grad():
        y = layer(embedding(ids), src_key_padding_mask=ids == 0)
    assert y[1].isnan().all() and not y[0, :2].isnan().any()


def test_ignore_index():
    """ignore_index leaves the padded targets out of the mean of F.cross_entropy."""
    logits = torch.randn(3, 4)
    loss = F.cross_entropy(logits, torch.tensor([2, 1, 0]), ignore_index=0)
    torch.testing.assert_close(loss, F.cross_entropy(logits[:2], torch.tensor([2, 1])))


def test_right(right):
    """Writing zero into the row leaves the others as they were initialized."""
    assert right.embedding.weight.count_nonzero() == 8


def test_written_weights_fill_the_row(wrong):
    """nn.init fills the padding row, and from_pretrained keeps the row of the table."""
    assert wrong.embedding.padding_idx == 0 and wrong.embedding.weight.count_nonzero() == 10
    table = torch.arange(1.0, 7.0).view(3, 2)
    assert nn.Embedding.from_pretrained(table, padding_idx=0).weight.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_tied_weights():
    """With tied weights, the padding row gets a gradient from the output layer."""
    embedding, head = nn.Embedding(4, 2, padding_idx=0), nn.Linear(2, 4, bias=False)
    head.weight = embedding.weight
    F.cross_entropy(head(embedding(torch.tensor([1, 2]))), torch.tensor([2, 3])).backward()
    assert embedding.weight.grad[0].count_nonzero() == 2


def test_negative():
    """padding_idx=-1 is the last row."""
    embedding = nn.Embedding(5, 2, padding_idx=-1)
    assert embedding.padding_idx == 4 and embedding.weight[4].tolist() == [0.0, 0.0]
    assert embedding.weight[:4].count_nonzero() == 8
