"""Proofs of embedding-bag."""

import torch
from torch import nn
from torch.nn import functional as F

SAMPLES = [[1, 2, 4], [], [5, 0], [3]]


def given():
    samples = [torch.tensor(s, dtype=torch.int64) for s in SAMPLES]
    return {"nn": nn, "torch": torch, "device": "cpu", "V": 6, "E": 3, "samples": samples}


def means(table, samples):
    return torch.stack([table[s].mean(dim=0) if s else torch.zeros(table.shape[1]) for s in samples])


def test_answer(answer):
    """Each row is the mean of the vectors of one sample, and zeros for an empty sample."""
    assert answer.offsets.tolist() == [0, 3, 3, 5]
    torch.testing.assert_close(answer.y, means(answer.bag.weight.detach(), SAMPLES))


def test_default(default):
    """offsets are the positions at which the samples begin."""
    torch.testing.assert_close(default.bag(default.ids, default.offsets), means(default.table, [[1, 2, 4], [], [5, 0]]))


def test_collate(collate):
    """Joined ids with offsets give the same as one lookup per text."""
    ids, offsets, labels = collate.collate(collate.data)
    torch.testing.assert_close(collate.bag(ids, offsets), means(collate.bag.weight, collate.texts))
    assert labels.tolist() == [0, 1, 1, 0]
    assert (collate.bag.weight.shape, collate.fc.weight.shape) == ((6, 8), (2, 8))


def test_padded(padded):
    """Fillers count in the mean unless the layer has padding_idx."""
    torch.testing.assert_close(padded.bag(padded.ids), means(padded.table, [[1, 2, 4], [5, 3]]))
    plain = nn.EmbeddingBag.from_pretrained(padded.table)
    torch.testing.assert_close(plain(padded.ids), means(padded.table, [[1, 2, 4], [5, 3, 0]]))


def test_weighted(weighted):
    """per_sample_weights multiplies the vector of each id before the sum."""
    expected = torch.stack([0.5 * weighted.table[1] + 2 * weighted.table[2], weighted.table[4]])
    assert torch.equal(weighted.bag(weighted.ids, weighted.offsets, weighted.weights), expected)


def test_weighted_mean():
    """The weighted sum divided by the sum of the weights of each set is the weighted mean."""
    table, w = torch.arange(12.0).view(6, 2), torch.tensor([[0.5, 2.0, 1.5]])
    y = F.embedding_bag(torch.tensor([[1, 2, 4]]), table, mode="sum", per_sample_weights=w) / w.sum(dim=1, keepdim=True)
    torch.testing.assert_close(y[0], (0.5 * table[1] + 2 * table[2] + 1.5 * table[4]) / 4)


def test_right(right):
    """lengths.cumsum(0) - lengths turns lengths into starting points."""
    y = right.bag(right.ids, right.lengths.cumsum(0) - right.lengths)
    torch.testing.assert_close(y, means(torch.arange(12.0).view(6, 2), [[1, 2, 4], [5, 3]]))


def test_modes_equal_embedding_and_a_reduction():
    """EmbeddingBag gives what nn.Embedding and a reduction over the ids give; the default mode is the mean."""
    torch.manual_seed(0)
    table, ids = torch.randn(6, 4), torch.tensor([[1, 2, 5], [4, 4, 0]])
    rows = nn.Embedding.from_pretrained(table)(ids)
    for mode, expected in {"sum": rows.sum(1), "mean": rows.mean(1), "max": rows.amax(1)}.items():
        torch.testing.assert_close(nn.EmbeddingBag.from_pretrained(table, mode=mode)(ids), expected)
    assert nn.EmbeddingBag(6, 4).mode == "mean"


def test_padding_idx_differs_from_embedding():
    """With padding_idx, the mean of nn.Embedding divides by all ids, and EmbeddingBag leaves the padding out."""
    table, ids = torch.arange(12.0).view(6, 2), torch.tensor([[2, 4, 0]])
    table[0] = 0
    rows = nn.Embedding.from_pretrained(table, padding_idx=0)(ids)
    torch.testing.assert_close(rows.mean(1), (table[2] + table[4])[None] / 3)
    bag = nn.EmbeddingBag.from_pretrained(table, mode="mean", padding_idx=0)
    torch.testing.assert_close(bag(ids), (table[2] + table[4])[None] / 2)


def test_function():
    """F.embedding_bag(ids, weight, offsets) gives what the layer gives."""
    bag, ids, offsets = nn.EmbeddingBag(6, 2), torch.tensor([1, 2, 4]), torch.tensor([0, 2])
    assert torch.equal(F.embedding_bag(ids, bag.weight, offsets), bag(ids, offsets))


def test_empty_sets_are_zero():
    """An empty set gives zeros in each mode."""
    for mode in "sum", "mean", "max":
        bag = nn.EmbeddingBag(6, 2, mode=mode)
        assert bag(torch.tensor([1, 2]), torch.tensor([0, 0, 2]))[[0, 2]].tolist() == [[0, 0], [0, 0]]


def test_an_empty_set_is_float(raises):
    """torch.tensor([]) makes the joined ids float32, and the lookup raises; with dtype=torch.int64 it does not."""
    bag, offsets = nn.EmbeddingBag(6, 2), torch.tensor([0, 2])
    ids = torch.cat([torch.tensor([1, 4]), torch.tensor([])])
    assert ids.dtype == torch.float32
    with raises(RuntimeError, "Expected tensor for argument #1 'indices' to have one of the following scalar types"):
        bag(ids, offsets)
    ids = torch.cat([torch.tensor([1, 4]), torch.tensor([], dtype=torch.int64)])
    assert bag(ids, offsets)[1].tolist() == [0, 0]


def test_lengths_whose_first_is_zero(raises):
    """On the CPU, lengths in the place of offsets raise, but not if the first set is empty; then the sets are wrong."""
    table, ids = torch.arange(12.0).view(6, 2), torch.tensor([1, 2, 4, 5, 3])
    for lengths in [[5], [3, 2], [1, 1, 3]]:
        with raises(RuntimeError, "offsets[0] has to be 0"):
            F.embedding_bag(ids, table, torch.tensor(lengths))
    y = F.embedding_bag(ids, table, torch.tensor([0, 2, 3]))
    torch.testing.assert_close(y, means(table, [[1, 2], [4], [5, 3]]))
    assert not torch.equal(y, means(table, [[], [1, 2], [4, 5, 3]]))


def test_sparse_max(raises):
    """sparse=True with the maximum raises when ids are looked up."""
    bag = nn.EmbeddingBag(6, 2, mode="max", sparse=True)
    with raises(ValueError, "max mode does not support sparse weights"):
        bag(torch.tensor([[1, 2]]))


def test_weights_need_the_sum(raises):
    """per_sample_weights raises for the mean and the maximum."""
    for mode in "mean", "max":
        with raises(NotImplementedError, "only supported for mode='sum'"):
            nn.EmbeddingBag(6, 2, mode=mode)(torch.tensor([[1, 2]]), per_sample_weights=torch.ones(1, 2))


def test_weights_have_the_dtype_of_the_table(raises):
    """per_sample_weights must have the dtype of the table."""
    bag = nn.EmbeddingBag(6, 2, mode="sum")
    with raises(RuntimeError, "to have the same type"):
        bag(torch.tensor([[1, 2]]), per_sample_weights=torch.ones(1, 2).double())


def test_one_set(raises):
    """1-D ids without offsets raise; unsqueeze(0) makes them one set, unsqueeze(1) a set each."""
    bag, ids = nn.EmbeddingBag(6, 2), torch.tensor([1, 2, 4])
    with raises(ValueError, "offsets has to be a 1D Tensor but got None"):
        bag(ids)
    assert torch.equal(bag(ids.unsqueeze(0)), bag(ids, torch.tensor([0])))
    assert torch.equal(bag(ids.unsqueeze(1)), bag.weight[ids])
