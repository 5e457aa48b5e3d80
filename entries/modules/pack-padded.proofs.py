"""Proofs of pack-padded."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


def given():
    torch.manual_seed(0)
    sequences = [torch.randn(n, 3) for n in (2, 5, 4)]
    return {"torch": torch, "sequences": sequences, "lstm": nn.LSTM(3, 6, batch_first=True, bidirectional=True)}


def check(lstm, sequences, output, h_n):
    """Each sequence of a packed batch gives what it gives alone, and zeros behind its end."""
    for i, s in enumerate(sequences):
        alone, (h_alone, _) = lstm(s)
        torch.testing.assert_close(output[i, : len(s)], alone)
        torch.testing.assert_close(h_n[:, i], h_alone)
        assert (output[i, len(s) :] == 0).all()


def test_answer(answer):
    """Packed, each sequence gives the output and the state that it gives alone, in both directions and in its place."""
    assert answer.x.shape == (3, 5, 3) and answer.output.shape == (3, 5, 12)
    check(answer.lstm, answer.sequences, answer.output, answer.h_n)


def test_default(default):
    """pad_sequence fills up with zeros, and without packing h_n of the shorter sequences is wrong."""
    check(default.lstm, default.sequences, default.output, default.h_n)
    for s, row in zip(default.sequences, default.x, strict=True):
        assert torch.equal(row[: len(s)], s) and (row[len(s) :] == 0).all()
    assert default.off[0] > 0.05 and default.off[1] < 1e-5 and default.off[2] > 0.01
    assert default.off.shape == (3,) and default.output.shape == (3, 5, 6)


def test_collate(collate):
    """A collate_fn that pads returns the batch, the lengths, and the labels."""
    assert collate.x.tolist() == [[7, 8, 0], [5, 6, 9]]
    assert collate.lengths.tolist() == [2, 3] and collate.y.tolist() == [1, 0]


def test_last_step(last_step):
    """With one direction, the output at step lengths - 1 is that of the sequence alone."""
    torch.testing.assert_close(last_step.last, last_step.alone)
    assert last_step.last.shape == (3, 6)
    assert not torch.allclose(last_step.output[0, -1], last_step.alone[0], atol=0.05)


def test_right(right):
    """A packed batch holds the real steps, one time step after the other, longest sequence first."""
    rows = sorted(([v for v in row if v] for row in right.x.tolist()), key=len, reverse=True)
    assert right.packed.data.tolist() == [row[t] for t in range(4) for row in rows if t < len(row)]
    assert right.packed.batch_sizes.tolist() == [3, 3, 2, 1]


def test_output_depends_on_the_batch():
    """Without packing, h_n and output[:, -1] of a sequence depend on the length of the longest one."""
    torch.manual_seed(0)
    lstm, s = nn.LSTM(3, 6, batch_first=True), torch.randn(2, 3)
    last, state = [], []
    for longest in (3, 6):
        x = pad_sequence([s, torch.ones(longest, 3)], batch_first=True)
        output, (h_n, _) = lstm(x)
        last.append(output[0, -1])
        state.append(h_n[0, 0])
    assert not torch.allclose(*last) and not torch.allclose(*state)


def test_lengths_are_not_checked(raises):
    """Lengths beyond T are packed without an error, and the RNN raises."""
    torch.manual_seed(0)
    lstm, x = nn.LSTM(3, 6, batch_first=True), torch.randn(2, 5, 3)
    packed = pack_padded_sequence(x, [7, 2], batch_first=True)
    assert packed.data.shape == (5 + 2, 3) and len(packed.batch_sizes) == 7
    for net in (lstm, nn.GRU(3, 6, batch_first=True, bidirectional=True)):
        with raises(RuntimeError, "start (7) + length (1) exceeds dimension size (7)"):
            net(packed)
    packed = pack_padded_sequence(x, [7, 7], batch_first=True)
    with raises(RuntimeError):  # another message if all lengths are equal, and another for a GRU
        lstm(packed)


def test_lengths_on_the_cpu(raises):
    """Lengths on another device raise, wherever the data is."""
    x = torch.ones(2, 5, 3)
    with raises(RuntimeError, "'lengths' argument should be a 1D CPU int64 tensor"):
        pack_padded_sequence(x, torch.tensor([5, 2], device="meta"), batch_first=True)
    with raises(RuntimeError, "'lengths' argument should be a 1D CPU int64 tensor"):
        pack_padded_sequence(x, torch.tensor([[5], [2]]), batch_first=True)
    assert len(pack_padded_sequence(x, torch.tensor([5, 2]), batch_first=True).data) == 7
    assert len(pack_padded_sequence(x, [5, 2], batch_first=True).data) == 7


def test_total_length():
    """pad_packed_sequence pads to the longest sequence, and total_length to any length above."""
    packed = pack_padded_sequence(torch.ones(2, 5, 3), [3, 2], batch_first=True)
    assert pad_packed_sequence(packed, batch_first=True)[0].shape == (2, 3, 3)
    assert pad_packed_sequence(packed, batch_first=True, total_length=5)[0].shape == (2, 5, 3)


def test_empty_sequences(raises):
    """A length of 0 raises; with clamp(min=1) the sequence reads one step of padding."""
    x, lengths = torch.ones(2, 5, 3), torch.tensor([5, 0])
    with raises(RuntimeError, "Length of all samples has to be greater than 0"):
        pack_padded_sequence(x, lengths, batch_first=True)
    assert len(pack_padded_sequence(x, lengths.clamp(min=1), batch_first=True).data) == 6


def test_layout(raises):
    """The default layout is (T, N, E) for all three functions."""
    sequences = [torch.ones(5, 3), torch.ones(2, 3)]
    x = pad_sequence(sequences)
    assert x.shape == (5, 2, 3)
    packed = pack_padded_sequence(x, [5, 2])
    assert pad_packed_sequence(packed)[0].shape == (5, 2, 3)
    with raises(RuntimeError, "Expected `len(lengths)` to be equal to batch_size, but got 2 (batch_size=5)"):
        pack_padded_sequence(x.transpose(0, 1), [5, 2])


def test_other_layers(raises):
    """A linear layer does not take a PackedSequence."""
    packed = pack_padded_sequence(torch.ones(2, 5, 3), [5, 2], batch_first=True)
    with raises(TypeError, "must be Tensor, not PackedSequence"):
        nn.Linear(3, 2)(packed)
