"""Proofs of tokenizer."""

import os
import re
import subprocess
import sys
from collections import Counter

import torch
from torch import nn


def given():
    return {
        "re": re,
        "Counter": Counter,
        "torch": torch,
        "nn": nn,
        "train_texts": ["A b, a c.", "b A d."],
        "texts": ["", "B a", "C, a b a."],
    }


def test_answer(answer):
    """Tokens seen twice get an id in the order of their counts, others become 1, and short rows end in 0."""
    assert answer.words == ["<pad>", "<unk>", "a", "b", "."]
    assert answer.x.tolist() == [[0] * 6, [3, 2, 0, 0, 0, 0], [1, 1, 2, 3, 2, 4]]
    assert answer.x.dtype == torch.long
    assert answer.tokenize("you can't") == ["you", "can", "'", "t"]


def test_default(default):
    """The length of a row is the number of ids that are not the padding; words[i] turns an id back."""
    assert default.words == ["<pad>", "<unk>", "the", "cat", "sat"]
    assert [[default.words[i] for i in row] for row in default.x.tolist()] == [
        ["the", "cat", "sat"],
        ["the", "<unk>", "<pad>"],
    ]
    assert default.counts["the"] == 3 and default.counts["dog"] == 1
    assert default.emb(torch.tensor([0])).tolist() == [[0] * 4]


def test_chinese(chinese, default):
    """A character class for one character takes Chinese apart; \\w+ takes a run of characters as one token, but no vowel
    signs of Hindi."""
    text = "".join(map(chr, [0x7528, 0x8BAD, 0x7EC3]))
    assert chinese.tokenize(text + " gpu8") == [*text, "gpu8"]
    assert default.tokenize(text) == [text]
    word = "".join(map(chr, [0x928, 0x92E, 0x938, 0x94D, 0x924, 0x947]))  # namaste in Devanagari
    assert [len(token) for token in default.tokenize(word)] == [3, 1, 1, 1]
    assert chinese.tokenize(text + chr(0xFF0C) + "it!") == [*text, "it"]  # no punctuation


def test_characters(characters):
    """itos turns ids back into the text, character by character."""
    assert "".join(characters.itos[i] for i in characters.data.tolist()) == characters.text
    assert characters.itos == sorted(characters.stoi)


def test_save(save):
    """torch.load returns a list of strings and the weights of one file."""
    assert save.checkpoint["words"] == ["<pad>", "<unk>", "cat", "sat"]
    assert torch.equal(save.model.weight, save.checkpoint["model"]["weight"])
    assert save.model.weight[0].tolist() == [0] * 4
    assert save.model.padding_idx == 0


def test_another_order(save):
    """With the words in another order, a word selects the vector of another word."""
    other = {word: i for i, word in enumerate(reversed(save.words))}
    vectors = save.model.weight
    assert torch.equal(vectors[other["sat"]], vectors[save.ids["<pad>"]])


def test_order_of_a_set():
    """The order of a set of strings differs between two runs of Python with different hash seeds."""
    code = "print(list({'the', 'cat', 'sat', 'on', 'a', 'mat', 'and', 'ran'}))"
    orders = set()
    for seed in "1", "2", "3":
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        orders.add(done.stdout)
    assert len(orders) > 1


def test_split_keeps_punctuation(default):
    """str.split makes sat and sat. two tokens; the regular expression makes sat and a dot."""
    assert set("cat sat. dog sat".split()) == {"cat", "sat.", "dog", "sat"}
    assert default.tokenize("cat sat. dog sat") == ["cat", "sat", ".", "dog", "sat"]


def test_embedding_takes_integers(raises):
    """nn.Embedding raises for floats."""
    with raises(RuntimeError, "Long, Int"):
        nn.Embedding(5, 3)(torch.tensor([1.0, 2.0]))


def test_torch_tensor_of_an_empty_list():
    """torch.tensor([]) is float32; with dtype=torch.long it is int64."""
    assert torch.tensor([]).dtype == torch.float32
    assert torch.tensor([], dtype=torch.long).dtype == torch.int64


def test_masking_labels_by_the_id_of_the_padding():
    """If the end token doubles as padding, masking labels by its id hides the real end too; the attention mask does not."""
    eos = pad = 2
    ids, mask = torch.tensor([[5, 6, eos, pad, pad]]), torch.tensor([[1, 1, 1, 0, 0]])
    assert ids.masked_fill(ids == pad, -100).tolist() == [[5, 6, -100, -100, -100]]
    assert ids.masked_fill(mask == 0, -100).tolist() == [[5, 6, eos, -100, -100]]
