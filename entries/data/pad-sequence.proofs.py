"""Proofs of pad-sequence."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence, unpad_sequence
from torch.utils.data import DataLoader


def given():
    dataset = [(torch.ones(n, 4), n % 2) for n in range(1, 41)]
    return {"torch": torch, "DataLoader": DataLoader, "dataset": dataset}


def test_answer(answer):
    """Each batch is padded to its own longest sequence, with its lengths, and a mask that is True for real steps."""
    for (x, lengths, mask, y), (first, longest) in zip(answer.loader, [(1, 32), (33, 40)], strict=True):
        assert lengths.tolist() == list(range(first, longest + 1))
        assert x.shape == (len(lengths), longest, 4) and y.tolist() == [n % 2 for n in lengths.tolist()]
        want = [[t < n for t in range(longest)] for n in lengths.tolist()]
        assert mask.tolist() == want and x.sum(dim=2).tolist() == [
            [4.0 * real for real in row] for row in want
        ]


def test_default(default):
    """The fill comes after the end of each sequence, up to the longest of the batch."""
    for (x, lengths, mask, y), wanted in zip(
        default.loader, (default.sentences[:2], default.sentences[2:]), strict=True
    ):
        longest = max(map(len, wanted))
        assert x.tolist() == [s + [0] * (longest - len(s)) for s in wanted] and y.shape == lengths.shape
        assert mask.sum(dim=1).tolist() == lengths.tolist() == [len(s) for s in wanted]


def test_token_labels(token_labels):
    """F.cross_entropy skips targets of -100."""
    logits, y = token_labels.logits, token_labels.y
    assert token_labels.x.tolist() == [[5, 6, 7], [8, 9, 0]] and y.tolist() == [[0, 2, 1], [1, 0, -100]]
    real = [(logits[n, t], int(y[n, t])) for n in range(2) for t in range(3) if (n, t) != (1, 2)]
    by_hand = [(row.exp().sum().log() - row[c]).item() for row, c in real]
    torch.testing.assert_close(token_labels.loss.item(), sum(by_hand) / 5, rtol=1e-5, atol=1e-5)


def test_left_and_back(left_and_back):
    """padding_side="left" fills in front, so that each ends in the last column; unpad_sequence undoes padding on the right."""
    x, lengths = left_and_back.x, left_and_back.lengths
    back = unpad_sequence(x, lengths, batch_first=True)
    assert all(torch.equal(s, t) for s, t in zip(back, left_and_back.xs, strict=True))
    left = pad_sequence(left_and_back.xs, batch_first=True, padding_side="left")
    assert [row[3 - n :].tolist() for row, n in zip(left, lengths, strict=True)] == [s.tolist() for s in back]
    assert left[:, -1].tolist() == [7, 9, 3]
    assert unpad_sequence(left, lengths, batch_first=True)[1].tolist() == [0, 8]  # not [8, 9]


def test_wrong(wrong):
    """Without batch_first the result is (T, N), and nothing raises."""
    assert wrong.x.shape == (3, 2) and wrong.x[:, 0].tolist() == [5, 6, 7]
    assert pad_sequence([torch.ones(5, 4), torch.ones(3, 4)]).shape == (5, 2, 4)


def test_right(right):
    """With batch_first=True the result is (N, T)."""
    assert right.x.tolist() == [[5, 6, 7], [8, 9, 0]]
    assert pad_sequence([torch.ones(5, 4), torch.ones(3, 4)], batch_first=True).shape == (2, 5, 4)


def test_only_the_first_dimension_may_differ(raises):
    """Trailing dimensions that differ raise."""
    assert pad_sequence([torch.ones(5, 4, 2), torch.ones(3, 4, 2)], batch_first=True).shape == (2, 5, 4, 2)
    with raises(RuntimeError, "must match the size"):
        pad_sequence([torch.ones(5, 4), torch.ones(5, 3)], batch_first=True)


def test_different_lengths_do_not_stack(raises):
    """Without a collate_fn, tensors of different lengths raise in the DataLoader."""
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        next(iter(DataLoader([torch.ones(3), torch.ones(2)], batch_size=2)))


def test_zero_may_be_real():
    """The mask x != 0 hides a real 0; the lengths do not."""
    xs = [torch.tensor([5, 0, 7]), torch.tensor([8])]
    x = pad_sequence(xs, batch_first=True)
    lengths = torch.tensor([len(s) for s in xs])
    assert (x != 0).tolist() == [[True, False, True], [True, False, False]]
    assert (torch.arange(3) < lengths[:, None]).tolist() == [[True, True, True], [True, False, False]]
    x = pad_sequence(xs, batch_first=True, padding_value=-1)
    assert (x != -1).sum(dim=1).tolist() == lengths.tolist()


def test_dtype_of_the_first():
    """The result has the dtype of the first sequence, so that 3.5 becomes 3 after an integer sequence."""
    whole, half = torch.tensor([1, 2]), torch.tensor([3.5])
    x = pad_sequence([whole, half], batch_first=True)
    assert x.dtype == torch.int64 and x.tolist() == [[1, 2], [3, 0]]
    x = pad_sequence([half, whole], batch_first=True)
    assert x.dtype == torch.float32 and x.tolist() == [[3.5, 0], [1, 2]]


def test_tensors_only(raises):
    """Lists and arrays raise; torch.as_tensor takes both."""
    for xs in [[1, 2], [3]], [np.array([1, 2]), np.array([3])]:
        with raises(TypeError, "expected Tensor as element 0"):
            pad_sequence(xs, batch_first=True)
        assert pad_sequence([torch.as_tensor(x) for x in xs], batch_first=True).tolist() == [[1, 2], [3, 0]]


def test_transformer_ignores_true():
    """With src_key_padding_mask=~mask, what stands in the padding does not change the output of the real steps."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    xs = [torch.randn(3, 4), torch.randn(2, 4)]
    mask = torch.arange(3) < torch.tensor([3, 2])[:, None]
    outs = []
    for value in 0, 9:
        x = pad_sequence(xs, batch_first=True, padding_value=value)
        outs.append(layer(x, src_key_padding_mask=~mask)[mask])
    torch.testing.assert_close(*outs)
    assert not torch.allclose(layer(x, src_key_padding_mask=torch.zeros_like(mask))[mask], outs[0])


def test_a_fixed_width():
    """F.pad(x, (0, T - x.size(1))) fills (N, T) up to a fixed width."""
    x = pad_sequence([torch.tensor([5, 6, 7]), torch.tensor([8])], batch_first=True)
    assert F.pad(x, (0, 5 - x.size(1))).tolist() == [[5, 6, 7, 0, 0], [8, 0, 0, 0, 0]]
