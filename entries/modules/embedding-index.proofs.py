"""Proofs of embedding-index."""

import torch
from torch import nn


def given():
    vocab = {"the": 1, "cat": 2, "sat": 4}
    return {"nn": nn, "ids": torch.tensor([[0, 2, 4], [1, -1, 3]]), "embedding": nn.Embedding(3, 6), "vocab": vocab, "E": 6}


def test_answer(answer):
    """The comparison marks the ids without a row, and a table of the largest id plus one rows has all."""
    assert answer.ids[answer.bad].tolist() == [4, -1, 3]
    assert answer.embedding.weight.shape == (5, 6)
    assert torch.equal(answer.embedding(torch.tensor(4)), answer.embedding.weight[-1])


def test_default(default):
    """Ids below 0 and ids of at least num_embeddings have no row."""
    assert default.bad.tolist() == [[False, True, False], [False, True, False]]
    assert default.ids.tolist() == [[1, default.unk, 0], [4, default.pad, 2]]
    assert torch.equal(default.embedding(default.ids)[1, 1], default.embedding.weight[0])


def test_unknown_words(unknown_words):
    """dict.get with the id of <unk> gives a word outside the vocabulary that id."""
    assert unknown_words.ids.tolist() == [2, 1, 4]
    assert sorted(unknown_words.vocab.values()) == list(range(unknown_words.embedding.num_embeddings))


def test_right(right):
    """Every id up to the largest has a row in a table of that many rows plus one."""
    assert right.embedding.weight.shape == (4 + 1, 6) and right.vocab == {"the": 1, "cat": 2, "sat": 4}
    for line, vectors in zip([[1, 2, 4], [1, 4, 4]], right.out, strict=True):
        for i, vector in zip(line, vectors, strict=True):
            assert torch.equal(vector, right.embedding.weight[i])


def test_ids_without_a_row(raises):
    """V, larger ids, and negative ids raise; 0 and V - 1 do not."""
    embedding = nn.Embedding(5, 3)
    for i in (5, 100, -1, -100):
        with raises(IndexError, "index out of range in self"):
            embedding(torch.tensor([i]))
    assert embedding(torch.tensor([0, 4])).shape == (2, 3)


def test_index_select(raises):
    """torch.index_select along dim 0, index_reduce, and index_add on a 1-D tensor raise the same; 2-D index_add does not."""
    for t in (torch.ones(3), torch.ones(3, 2), torch.ones(3, 2, 4)):
        with raises(IndexError, "index out of range in self"):
            torch.index_select(t, 0, torch.tensor([3]))
    index = torch.tensor([3])
    with raises(IndexError, "index out of range in self"):
        torch.ones(3).index_add(0, index, torch.ones(1))
    with raises(IndexError, "index out of range in self"):
        torch.ones(3, 2).index_reduce(0, index, torch.ones(1, 2), "mean")
    with raises(RuntimeError, "index 3 is out of bounds for dimension 0 with size 3"):
        torch.ones(3, 2).index_add(0, index, torch.ones(1, 2))


def test_clamping_gives_other_vectors():
    """After clamp(max=V - 1) or % V, an id of V or more gets the vector of another id."""
    embedding = nn.Embedding(5, 3)
    ids = torch.tensor([6, 7])
    assert torch.equal(embedding(ids.clamp(max=4)), embedding.weight[[4, 4]])
    assert torch.equal(embedding(ids % 5), embedding.weight[[1, 2]])


def test_negative_ids_raise(raises):
    """padding_idx=-1 is the last row, and -1 in the input raises."""
    embedding = nn.Embedding(5, 3, padding_idx=-1)
    assert embedding.padding_idx == 4 and (embedding.weight[4] == 0).all()
    with raises(IndexError, "index out of range in self"):
        embedding(torch.tensor([-1]))
