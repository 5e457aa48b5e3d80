"""Proofs of roc-auc."""

import torch

SCORES, LABELS = [0.9, 0.4, 0.7, 0.4, 0.2, 0.1], [1, 1, 0, 0, 1, 0]


def by_hand(scores, labels):
    """The share of pairs that are in the right order, ties counting half, in plain Python."""
    pos = [s for s, t in zip(scores, labels, strict=True) if t]
    neg = [s for s, t in zip(scores, labels, strict=True) if not t]
    return sum(1 if p > n else 0.5 if p == n else 0 for p in pos for n in neg) / (len(pos) * len(neg))


def draw(n, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (n,), generator=g)
    return (torch.randint(0, 8, (n,), generator=g) + 2 * y).double(), y


def given():
    scores, y = draw(40)
    return {"scores": scores, "y": y}


def test_answer(answer):
    """AUC is the share of pairs of a positive and a negative in the right order; ties count half."""
    assert abs(answer.auc - by_hand(answer.scores.tolist(), answer.y.tolist())) < 1e-12
    assert 0.5 < answer.auc < 1 and (answer.pos[:, None] == answer.neg).any()


def test_default(default):
    """Logits give the same AUC as probabilities, predicted classes another one."""
    assert abs(default.auc(default.scores, default.y) - by_hand(SCORES, LABELS)) < 1e-12
    assert default.auc(default.scores.logit(), default.y) == default.auc(default.scores, default.y)
    classes = [float(s > 0.5) for s in SCORES]
    assert by_hand(classes, LABELS) != by_hand(SCORES, LABELS)
    assert abs(default.auc(torch.tensor(classes), default.y) - by_hand(classes, LABELS)) < 1e-12


def test_curve(curve):
    """The area under the ROC curve is the share of pairs in the right order, with ties as well."""
    for seed in range(4):
        scores, y = draw(50, seed)
        fpr, tpr, thresholds = curve.roc(scores, y)
        assert abs(torch.trapezoid(tpr, fpr).item() - by_hand(scores.tolist(), y.tolist())) < 1e-6
        for f, t, cut in zip(fpr[1:], tpr[1:], thresholds, strict=True):
            taken = scores >= cut
            assert abs(t - (taken & (y == 1)).sum() / (y == 1).sum()) < 1e-6
            assert abs(f - (taken & (y == 0)).sum() / (y == 0).sum()) < 1e-6
    assert fpr[0] == tpr[0] == 0 and fpr[-1] == tpr[-1] == 1


def test_multiclass(multiclass):
    """With several classes, each has an AUC against the rest."""
    for c in range(3):
        expected = by_hand(multiclass.probs[:, c].tolist(), [int(t == c) for t in multiclass.y.tolist()])
        assert abs(multiclass.aucs[c] - expected) < 1e-12


def test_average_precision(average_precision):
    """Average precision is the mean of the precision at each positive, best score first."""
    expected = (1 / 1 + 2 / 3 + 3 / 6) / 3
    assert abs(average_precision.precision[average_precision.y == 1].mean() - expected) < 1e-6


def test_the_mean_over_batches_differs():
    """The mean of the AUCs of two halves is another number than the AUC of all."""
    scores, labels = [0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0]
    halves = (by_hand(scores[:2], labels[:2]) + by_hand(scores[2:], labels[2:])) / 2
    assert halves == 1 and by_hand(scores, labels) == 0.75


def test_one_class_gives_nan(default):
    """With one class alone the table of pairs is empty, and its mean is NaN."""
    value = default.auc(torch.tensor([0.1, 0.9]), torch.tensor([1, 1]))
    assert value != value


def test_pairs_take_memory():
    """10,000 by 90,000 pairs are 900 million, 7.2 GB in float64."""
    table = torch.empty(10_000, 90_000, dtype=torch.float64, device="meta")
    assert table.numel() == 900_000_000 and table.nbytes == 7_200_000_000


def test_high_auc_with_false_alarms():
    """One positive below 9 of 999 negatives: AUC is 0.99, and the average precision 0.1."""
    scores = list(range(1000, 0, -1))
    labels = [int(i == 9) for i in range(1000)]
    assert abs(by_hand(scores, labels) - 0.99) < 0.001
    assert labels.index(1) + 1 == 10


def test_loss_and_auc_can_both_fall():
    """The cross-entropy can fall while AUC falls too."""
    y = [1, 1, 0, 0]
    before, after = [0.51, 0.51, 0.5, 0.5], [0.95, 0.4, 0.45, 0.05]
    loss = [torch.nn.functional.binary_cross_entropy(torch.tensor(p), torch.tensor(y).float()) for p in (before, after)]
    assert loss[1] < loss[0] - 0.2 and (by_hand(before, y), by_hand(after, y)) == (1, 0.75)


def test_guessing():
    """Scores that do not depend on the label have an AUC near 0.5."""
    g = torch.Generator().manual_seed(0)
    scores, y = torch.rand(2000, generator=g), torch.randint(0, 2, (2000,), generator=g)
    assert abs(by_hand(scores.tolist(), y.tolist()) - 0.5) < 0.03


def test_saturated_probabilities_are_ties():
    """float32 rounds the sigmoid of every logit above 17 to 1, so the AUC of the probabilities is another number."""
    logits, y = torch.tensor([20.0, 25.0, 18.0, 22.0, 1.0]), torch.tensor([0, 1, 0, 1, 0])
    assert (torch.arange(17.0, 100, 0.5).sigmoid() == 1).all() and torch.tensor(16.0).sigmoid() < 1
    assert by_hand(logits.tolist(), y.tolist()) == 1
    assert abs(by_hand(logits.sigmoid().tolist(), y.tolist()) - 2 / 3) < 1e-12
