"""Proofs of accuracy."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(3)
    x, y = torch.randn(23, 4), torch.randint(0, 3, (23,))
    loader = DataLoader(TensorDataset(x, y), batch_size=8)
    model = nn.Sequential(nn.Dropout(0.9), nn.Linear(4, 3))
    return {"torch": torch, "model": model, "loader": loader, "device": "cpu"}


def test_answer(answer):
    """Accuracy is the share of samples whose largest logit is at the label; the model stays in eval mode."""
    x, y = answer.loader.dataset.tensors
    rows = answer.model[1](x).tolist()
    right = [row.index(max(row)) == label for row, label in zip(rows, y.tolist(), strict=True)]
    assert answer.accuracy == sum(right) / 23 and 0 < sum(right) < 23
    assert answer.count == 23 and not answer.model.training and answer.predicted.shape == (7,)


def test_default(default):
    """Under eval(), Dropout does not change the result, whatever the batch size."""
    rows = default.model[1](default.x).tolist()
    right = [row.index(max(row)) == y for row, y in zip(rows, default.y.tolist(), strict=True)]
    for size in (16, 50, 7):
        loader = DataLoader(TensorDataset(default.x, default.y), batch_size=size)
        assert default.accuracy(default.model, loader) == sum(right) / 50
    assert not default.model.training and default.y.unique().tolist() == list(range(6))
    assert default.model[1].out_features == 6 and default.loader.batch_size == 16


def test_topk(topk):
    """topk counts a sample as right if fewer than k logits are larger than the one at the label."""
    torch.manual_seed(0)
    logits, y = torch.randn(30, 6), torch.randint(0, 6, (30,))
    larger = (logits > logits.gather(1, y[:, None])).sum(dim=1)
    for k in range(1, 7):
        assert topk.topk_correct(logits, y, k) == (larger < k).sum()
    assert topk.topk_correct(logits, y, 1) == logits.argmax(dim=1).eq(y).sum()


def test_binary(binary):
    """A logit above 0 is a probability above 0.5."""
    assert torch.sigmoid(torch.tensor(0.0)) == 0.5
    above = torch.sigmoid(binary.logits[:, 0].double()) > 0.5
    assert torch.equal(binary.predicted, above) and not binary.predicted.all()
    pairs = zip(above.tolist(), binary.y.tolist(), strict=True)
    assert binary.correct == sum(p == bool(y) for p, y in pairs)
    logits = torch.linspace(-5, 5, 31)
    assert torch.equal(logits > 0, logits.sigmoid() > 0.5)


def test_multi_label(multi_label):
    """A sample counts as right if all of its labels are, so the share of right samples is the smaller one."""
    rows = multi_label.hits.tolist()
    assert sum(all(row) for row in rows) / 20 < sum(sum(row) for row in rows) / 60
    assert torch.equal(multi_label.hits, (multi_label.logits.sigmoid() > 0.5) == multi_label.y.bool())
    for hits in torch.rand(50, 7, 3) > 0.2:
        assert hits.all(dim=1).float().mean() <= hits.float().mean()


def test_ignored_labels_count_as_wrong(ignored):
    """Where the label is -100, no prediction is right, so that perfect predictions do not reach 100 %."""
    predicted = ignored.logits.argmax(dim=1)
    assert (predicted == ignored.y).float().mean() == 10 / 16
    assert ignored.correct == ignored.valid.sum() == 10 and not ignored.valid[:, 0, :3].any()
    assert ignored.y.shape == predicted.shape == (2, 2, 4)


def test_column_against_row(wrong, right):
    """(N, 1) == (N,) compares every prediction with every label, up to N * N hits, and squeeze(1) compares pairs."""
    ones = wrong.y.sum()
    assert wrong.hits.shape == (5, 5) and wrong.hits.sum() == ones**2 + (5 - ones) ** 2
    assert right.hits.shape == (5,) and right.hits.all()
    labels, predicted = torch.ones(4, 1), torch.ones(4)
    assert (predicted == labels).sum() == 16 and (predicted == labels.squeeze(1)).sum() == 4


def test_len_of_a_loader():
    """len(loader) is the number of batches, and len(loader.dataset) counts what drop_last drops."""
    data = TensorDataset(torch.zeros(50, 4))
    assert len(DataLoader(data, batch_size=16)) == 4
    loader = DataLoader(data, batch_size=16, drop_last=True)
    assert sum(len(x) for (x,) in loader) == 48 and len(loader.dataset) == 50


def test_mean_of_batches():
    """The mean of the batch accuracies weights the samples of a smaller last batch more."""
    hits = torch.zeros(50)
    hits[48:] = 1  # only the two of the last batch are right
    means = [batch.mean().item() for batch in hits.split(16)]
    assert sum(means) / len(means) == 0.25 and hits.mean().item() == torch.tensor(0.04).item()


def test_training_mode():
    """In training mode, Dropout changes the predictions, and the data changes BatchNorm's statistics."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3))
    x = 2 + torch.randn(40, 4)
    with torch.inference_mode():
        first, again = model(x).argmax(dim=1), model(x).argmax(dim=1)
    assert not torch.equal(first, again) and model[0].running_mean.min() > 0.1
    before = model[0].running_mean.clone()
    model.eval()
    assert torch.equal(model(x), model(x)) and torch.equal(model[0].running_mean, before)


def test_softmax_keeps_the_order():
    """The largest k logits are also the k largest probabilities, unless rounding makes these equal."""
    torch.manual_seed(0)
    logits = torch.randn(200, 10)
    probabilities = logits.softmax(dim=1)
    for k in (1, 3):
        assert torch.equal(logits.topk(k, dim=1).indices, probabilities.topk(k, dim=1).indices)
    close = torch.tensor([0.0, 1e-9])
    assert close.argmax() == 1 and close.softmax(dim=0).tolist() == [0.5, 0.5]


def test_pixels():
    """For segmentation, argmax over the classes gives one prediction per pixel, and numel() counts them."""
    logits, y = torch.zeros(2, 3, 4, 5), torch.zeros(2, 4, 5, dtype=torch.long)
    assert logits.argmax(dim=1).shape == y.shape and y.numel() == 2 * 4 * 5


def test_always_negative():
    """With 95 negatives in 100 labels, answering "negative" is 95 % accurate and finds no positive."""
    y = torch.zeros(100, dtype=torch.long)
    y[::20] = 1
    predicted = torch.zeros(100, dtype=torch.long)
    assert predicted.eq(y).sum() == 95 and predicted[y == 1].sum() == 0
