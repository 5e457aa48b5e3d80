"""Proofs of sliding-window."""

import torch
from torch import nn
from torch.utils.data import TensorDataset


def given():
    torch.manual_seed(0)
    series = torch.cat([torch.randn(50, 3) * 5 + 2, torch.full((50, 1), 0.3)], dim=1)  # the last column is constant
    return {"torch": torch, "TensorDataset": TensorDataset, "series": series, "L": 6, "K": 2}


def test_answer(answer):
    """A part of T steps gives T - L - K + 1 windows; validation targets begin right after the training part."""
    scaled = (answer.series - answer.series[:40].mean(dim=0)) / answer.std
    assert len(answer.train_set) == 40 - 6 - 2 + 1 and len(answer.val_set) == 10 - 2 + 1
    for n in range(33):
        torch.testing.assert_close(answer.train_set[n], (scaled[n : n + 6], scaled[n + 6 : n + 8]))
    for n in range(9):
        torch.testing.assert_close(answer.val_set[n], (scaled[34 + n : 40 + n], scaled[40 + n : 42 + n]))


def test_default(default):
    """The windows follow each other by one step, and the scale comes from the training part."""
    assert (len(default.train_set), len(default.val_set)) == (14 - 6 + 1, 6 - 2 + 1)
    values = torch.arange(20.0)
    scaled = (values - values[:14].mean()) / values[:14].std()
    torch.testing.assert_close(default.train_set[8], (scaled[8:12, None], scaled[12:14, None]))
    torch.testing.assert_close(default.val_set[0], (scaled[10:14, None], scaled[14:16, None]))


def test_lazy(lazy):
    """With a stride, window i begins at i * stride, and the last one ends inside the series."""
    assert len(lazy.data) == 3 and len(lazy.Windows(lazy.series, 3, 2)) == 12 - 5 + 1
    for i in range(3):
        x, y = lazy.data[i]
        assert x.tolist() == [[t, 10 * t] for t in range(3 * i, 3 * i + 3)]
        assert y.tolist() == [3 * i + 3, 3 * i + 4]


def test_random_splits_leak(wrong):
    """After a random split, nearly all steps of the validation windows are in training windows too."""
    trained = {t for window in wrong.train.tolist() for t in window}
    steps = [t for window in wrong.val.tolist() for t in window]
    assert sum(t in trained for t in steps) / len(steps) > 0.98
    assert len(wrong.train) + len(wrong.val) == len(wrong.windows) == 91


def test_right(right):
    """With L + K - 1 windows between them, the two parts share no step."""
    assert right.train.max() < right.val.min() == right.train.max() + 1


def test_neighbors_share_steps():
    """Two windows that are one step apart share all but one of their steps."""
    first, second = torch.arange(9).unfold(0, 5, 1)[:2].tolist()
    assert len(set(first) & set(second)) == 4


def test_unfold_puts_the_window_last(raises):
    """unfold returns the window as the last dimension, so an LSTM for D features rejects it; one for L features takes it."""
    w = torch.randn(20, 3).unfold(0, 8, 1)
    assert w.shape == (13, 3, 8)
    lstm = nn.LSTM(3, 4, batch_first=True)
    assert lstm(w.transpose(1, 2))[0].shape == (13, 8, 4)
    with raises(RuntimeError, "input.size(-1) must be equal to input_size"):
        lstm(w)
    taken = nn.LSTM(8, 4, batch_first=True)(w)[0]  # made for the wrong size, it takes D steps of L features
    assert taken.shape == (13, 3, 4)


def test_unfold_is_a_view():
    """unfold copies nothing: it shares the memory of the series."""
    series = torch.zeros(10, 2)
    w = series.unfold(0, 4, 1)
    series[3] = 7
    assert (w[0, :, 3] == 7).all() and (w[3, :, 0] == 7).all()
    assert w.untyped_storage().nbytes() == 10 * 2 * 4


def test_statistics_of_the_whole_series():
    """Changing only future steps changes the normalized training part if the statistics are of the whole series."""
    series, cut = torch.arange(10.0), 6
    other = series.clone()
    other[cut:] += 100
    for scale, same in ((slice(None), False), (slice(cut), True)):
        one, two = ((s[:cut] - s[scale].mean()) / s[scale].std() for s in (series, other))
        assert torch.allclose(one, two) is same


def test_parts_can_be_too_short(raises):
    """unfold raises for a window longer than the tensor."""
    with raises(RuntimeError, "maximum size for tensor at dimension 0 is 4 but size is 8"):
        torch.zeros(4, 2).unfold(0, 8, 1)


def test_windows_across_two_series():
    """Windows over two series joined end to end include some that span both."""
    joined = torch.cat([torch.zeros(5), torch.ones(5)]).unfold(0, 3, 1)
    assert sum(0 < w.sum() < 3 for w in joined) == 2


def test_constant_columns(answer):
    """A constant column has the standard deviation 0 and becomes NaN; with a deviation of 1 it becomes 0."""
    x = answer.series[:40]
    std, mean = torch.std_mean(x, dim=0)
    assert (std == 0).tolist() == [False, False, False, True] and ((x - mean) / std)[:, 3].isnan().all()
    assert answer.std[:3].tolist() == std[:3].tolist() and answer.std[3] == 1
    assert answer.train_set.tensors[0][:, :, 3].count_nonzero() == 0


def test_a_constant_column_that_changes():
    """Where a constant column changes by 1 after the training part, the scaled value is 1; with std + 1e-8 it is 1e8."""
    series = torch.full((20, 1), 5.0)
    series[16:] = 6
    for old, later in (False, 1.0), (True, 1e8):
        std, mean = torch.std_mean(series[:16], dim=0)
        scaled = (series - mean) / (std + 1e-8 if old else std.where(std > 0, 1))
        assert scaled[:16].count_nonzero() == 0
        torch.testing.assert_close(scaled[16:], torch.full((4, 1), later))
