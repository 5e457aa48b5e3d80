"""Proofs of confusion-matrix."""

import torch

LABELS = [0, 0, 0, 1, 1, 2, 2, 2, 2, 2]
PREDS = [0, 0, 1, 1, 1, 2, 2, 1, 2, 0]


def given():
    return {"torch": torch, "labels": torch.tensor(LABELS), "preds": torch.tensor(PREDS), "C": 4}


def table(labels, preds, C):
    pairs = list(zip(labels, preds, strict=True))
    return [[pairs.count((t, p)) for p in range(C)] for t in range(C)]


def test_answer(answer):
    """Rows are true classes and columns predicted ones; recall divides by the row sums, precision by the column sums."""
    assert answer.matrix.tolist() == table(LABELS, PREDS, 4)
    torch.testing.assert_close(answer.recall, torch.tensor([2 / 3, 2 / 2, 3 / 5, 0]))
    torch.testing.assert_close(answer.precision, torch.tensor([2 / 3, 2 / 4, 3 / 3, 0]))
    torch.testing.assert_close(answer.accuracy.item(), 7 / 10)


def test_f1_is_the_harmonic_mean(answer):
    """F1 is the harmonic mean of precision and recall."""
    for p, r, f in zip(answer.precision.tolist()[:3], answer.recall.tolist()[:3], answer.f1.tolist()[:3]):
        torch.testing.assert_close(f, 2 / (1 / p + 1 / r))
    assert answer.f1[3] == 0


def test_recall_is_the_accuracy_per_class(answer):
    """The recall of a class is the accuracy on the samples of that class."""
    for c in range(3):
        mine = answer.labels == c
        torch.testing.assert_close((answer.preds[mine] == c).float().mean(), answer.recall[c])


def test_default(default):
    """The matrices of the batches add up to the matrix of the whole set."""
    torch.manual_seed(0)
    x = torch.randn(90, 4)
    labels = [int(a > 0) + int(b > 1) for a, b in x[:, :2].tolist()]
    preds = default.model(x).argmax(dim=1).tolist()
    assert default.matrix.tolist() == table(labels, preds, 3)
    assert not default.model.training


def test_auc(auc):
    """AUC is the share of pairs in which the positive has the higher score, where ties count half."""
    pairs = [(p, n) for p in (0.9, 0.4, 0.5) for n in (0.65, 0.3, 0.4)]
    expected = sum((p > n) + 0.5 * (p == n) for p, n in pairs) / 9
    torch.testing.assert_close(auc.auc.item(), expected)


def test_plot(plot):
    """Each row of the rates adds up to 1, and the matrix is written into the picture."""
    assert plot.rate.sum(dim=1).allclose(torch.ones(3))
    assert [text.get_text() for text in plot.axis.texts] == [str(n) for row in plot.matrix.tolist() for n in row]
    assert [text.get_position() for text in plot.axis.texts][:2] == [(0, 0), (1, 0)]
    assert [text.get_color() for text in plot.axis.texts][:5] == ["white", *["black"] * 3, "white"]
    assert plot.matrix.tolist() == [[8, 1, 1], [2, 6, 2], [0, 3, 7]]
    assert plot.axis.images[0].get_clim() == (0, 1)
    assert plot.plt.imread("confusion.png").shape[:2] == (400, 400)


def test_macro_and_micro(answer):
    """With one label per sample, micro F1 is the accuracy; the macro F1 is the mean over the classes."""
    hits = answer.hits.sum()
    misses = answer.matrix.sum() - hits  # each is a false positive of one class and a false negative of another
    torch.testing.assert_close(2 * hits / (2 * hits + misses + misses), answer.accuracy)
    assert answer.f1.mean() != answer.accuracy


def test_swapped():
    """With rows and columns the other way round, precision and recall are swapped."""
    labels, preds = torch.tensor(LABELS), torch.tensor(PREDS)
    matrix = torch.bincount(labels * 3 + preds, minlength=9).view(3, 3)
    swapped = torch.bincount(preds * 3 + labels, minlength=9).view(3, 3)
    assert torch.equal(matrix.diag() / matrix.sum(dim=0), swapped.diag() / swapped.sum(dim=1))
    assert torch.equal(swapped, matrix.T) and not torch.equal(swapped, matrix)


def test_zero_over_zero():
    """The precision of a class that is never predicted is 0/0, NaN without clamp(min=1) and 0 with it."""
    matrix = torch.tensor([[4, 1, 0], [2, 3, 0], [1, 0, 0]])
    predicted = matrix.sum(dim=0)
    assert (matrix.diag() / predicted).isnan().tolist() == [False, False, True]
    assert (matrix.diag() / predicted.clamp(min=1))[2] == 0


def test_uint8_labels():
    """uint8 labels overflow from 17 classes on: 20 * 21 is 164, and long() gives 420."""
    labels = torch.tensor([20], dtype=torch.uint8)
    assert (labels * 21).item() == 164 and (labels.long() * 21).item() == 420
    for classes, fits in ((16, True), (17, False), (21, False)):
        every = torch.arange(classes)
        small = every.to(torch.uint8)
        cells = torch.bincount(small * classes + every, minlength=classes * classes)
        assert torch.equal(cells.view(classes, classes), torch.eye(classes).long()) == fits
        cells = torch.bincount(small.long() * classes + every, minlength=classes * classes)
        assert torch.equal(cells.view(classes, classes), torch.eye(classes).long())


def test_values_out_of_range(raises):
    """A label of 255 makes view raise, -100 makes bincount raise; a prediction of C or more lands in a later row,
    and view raises only past the last cell."""
    cells = torch.bincount(torch.tensor([0, 255]) * 3 + torch.tensor([0, 1]), minlength=9)
    with raises(RuntimeError, "shape '[3, 3]' is invalid"):
        cells.view(3, 3)
    matrix = torch.bincount(torch.tensor([0]) * 3 + torch.tensor([4]), minlength=9).view(3, 3)
    assert matrix[1, 1] == 1
    with raises(RuntimeError, "bincount only supports 1-d non-negative integral inputs"):
        torch.bincount(torch.tensor([-100]) * 3 + torch.tensor([2]), minlength=9)
    last = torch.bincount(torch.tensor([2]) * 3 + torch.tensor([3]), minlength=9)
    with raises(RuntimeError, "shape '[3, 3]' is invalid"):
        last.view(3, 3)


def test_masks_must_be_flat(raises):
    """bincount takes one dimension, so masks are flattened first."""
    labels, preds = torch.tensor([[0, 1], [2, 1]]), torch.tensor([[0, 1], [1, 1]])
    with raises(RuntimeError, "bincount only supports 1-d non-negative integral inputs"):
        torch.bincount(labels * 3 + preds, minlength=9)
    cells = torch.bincount(labels.flatten() * 3 + preds.flatten(), minlength=9)
    assert cells.view(3, 3).tolist() == table([0, 1, 2, 1], [0, 1, 1, 1], 3)


def test_class_without_samples(answer):
    """A class neither labeled nor predicted gets F1 of 0 and lowers the mean; true + predicted > 0 leaves it out."""
    assert answer.true[3] == answer.predicted[3] == answer.f1[3] == 0
    expected = sum(answer.f1.tolist()[:3]) / 3
    torch.testing.assert_close(answer.f1[answer.true + answer.predicted > 0].mean().item(), expected)
    assert answer.f1.mean() < expected


def test_scikit_learn_leaves_absent_classes_out():
    """scikit-learn's macro F1 counts a class that is only predicted, but not one that is in neither."""
    from sklearn.metrics import f1_score

    labels, preds = [0, 1, 1], [0, 1, 3]  # of 5 classes
    matrix = torch.tensor(table(labels, preds, 5))
    total = matrix.sum(dim=1) + matrix.sum(dim=0)
    f1 = 2 * matrix.diag() / total.clamp(min=1)
    assert abs(f1_score(labels, preds, average="macro") - f1[total > 0].mean().item()) < 1e-6


def test_mean_over_batches():
    """The mean over batches gives a smaller last batch too much weight: 3 of 3 and 0 of 1 are 3 of 4, not a half."""
    correct = torch.tensor([True, True, True, False])
    batches = [part.float().mean().item() for part in correct.split(3)]
    assert correct.float().mean() == 0.75 and sum(batches) / 2 == 0.5


def test_without_minlength(raises):
    """Without minlength, bincount returns fewer cells if no sample of the last class is predicted correctly."""
    cells = torch.bincount(torch.tensor([0, 1, 2]) * 3 + torch.tensor([2, 1, 1]))  # class 2 is there, but missed
    assert len(cells) == 8
    with raises(RuntimeError, "shape '[3, 3]' is invalid"):
        cells.view(3, 3)
