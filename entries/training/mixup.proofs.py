"""Proofs of mixup."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "x": torch.randn(6, 3),
        "y": torch.tensor([0, 1, 2, 3, 0, 1]),
        "model": nn.Linear(3, 4),
        "criterion": nn.CrossEntropyLoss(),
    }


def soft(y, perm, lam, classes):
    return lam * F.one_hot(y, classes) + (1 - lam) * F.one_hot(y[perm], classes)


def test_answer(answer):
    """The mixed loss is the cross-entropy of the mixed inputs against the mixed one-hot targets."""
    mixed = torch.lerp(answer.x[answer.perm], answer.x, answer.lam)
    torch.testing.assert_close(answer.logits, answer.model(mixed))
    target = soft(answer.y, answer.perm, answer.lam, 4)
    by_hand = -(target * answer.logits.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(answer.loss, by_hand)
    torch.manual_seed(0)
    torch.randn(6, 3), nn.Linear(3, 4)  # what given() drew
    assert torch.distributions.Beta(0.2, 0.2).sample().item() == answer.lam
    assert 0 < answer.lam < 1 and sorted(answer.perm.tolist()) == list(range(6))


def test_default(default):
    """A model trained on mixed batches is right on the data that were not mixed."""
    assert default.accuracy > 0.9 and default.lam != 1
    assert default.y.tolist() == [row.index(max(row)) for row in default.x[:, :3].tolist()]
    target = soft(default.y, default.perm, default.lam, 3)
    torch.testing.assert_close(default.loss, F.cross_entropy(default.logits, target))


def test_cutmix(cutmix):
    """lam is the share of the image that is left, and the rectangle comes from the partner at the same place."""
    own = (cutmix.mixed[0, 0] == 1).float().mean().item()
    assert abs(own - cutmix.lam) < 1e-6
    assert torch.equal(cutmix.mixed[0] == 1, cutmix.mixed[1] == 2)
    torch.manual_seed(1)
    x = torch.randn(3, 2, 8, 10)
    perm, corners = torch.tensor([2, 0, 1]), set()
    for _ in range(60):
        mixed, lam = cutmix.cutmix(x, perm, 0.7)
        assert abs(lam - (1 - 4 * 5 / 80)) < 1e-6  # the root of 0.3 is 0.55
        pasted = mixed != x
        assert torch.equal(mixed[pasted], x[perm][pasted]) and pasted.sum() == 3 * 2 * 4 * 5
        where = pasted[0, 0].nonzero()
        corners.add(tuple(where.min(dim=0).values.tolist()))
        assert (where.max(dim=0).values - where.min(dim=0).values).tolist() == [3, 4]
    assert {c[0] for c in corners} == set(range(5)) and {c[1] for c in corners} == set(range(6))


def test_alpha(alpha):
    """Beta(a, a) has the mean 1/2 and the variance 1 / (4 * (2a + 1))."""
    for a in (0.2, 1.0, 8.0):
        beta = torch.distributions.Beta(a, a)
        assert abs(beta.mean - 0.5) < 1e-6 and abs(beta.variance - 1 / (4 * (2 * a + 1))) < 1e-6
    assert abs(alpha.lam.std() - (1 / (4 * 17)) ** 0.5) < 0.01


def test_class_weights_differ():
    """With label_smoothing the mixed loss still equals that of the mixed targets; with class weights it does not."""
    torch.manual_seed(0)
    logits, y, perm = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 0, 1]), torch.tensor([2, 0, 1, 5, 3, 4])
    target = soft(y, perm, 0.3, 3)
    for options, equal in (({"label_smoothing": 0.1}, True), ({"weight": torch.tensor([1.0, 2.0, 5.0])}, False)):
        by_target = F.cross_entropy(logits, target, **options)
        mixed = 0.3 * F.cross_entropy(logits, y, **options) + 0.7 * F.cross_entropy(logits, y[perm], **options)
        assert torch.allclose(by_target, mixed, atol=1e-5) == equal


def test_half_of_the_draws():
    """Beta(a, a) is symmetric, so half of the draws are below 0.5."""
    torch.manual_seed(0)
    for a in (0.1, 0.4, 2.0):
        share = (torch.distributions.Beta(a, a).sample((20_000,)) < 0.5).float().mean()
        assert abs(share - 0.5) < 0.02


def test_accuracy_on_mixed_batches():
    """A classifier that is always right on clean inputs is always wrong about the own label of a batch with lam 0.3."""
    x, y, perm = torch.eye(4), torch.arange(4), torch.tensor([1, 2, 3, 0])
    assert (x.argmax(dim=1) == y).all()
    mixed = 0.3 * x + 0.7 * x[perm]
    assert (mixed.argmax(dim=1) != y).all() and torch.equal(mixed.argmax(dim=1), y[perm])


def test_token_ids(raises):
    """Blended token ids are floats, which an embedding rejects; the embeddings can be blended."""
    table, ids = nn.Embedding(5, 3), torch.tensor([[1, 4], [2, 0]])
    with raises(RuntimeError, "to have one of the following scalar types: Long, Int"):
        table(0.3 * ids + 0.7 * ids.flip(0))
    assert (0.3 * table(ids) + 0.7 * table(ids.flip(0))).shape == (2, 2, 3)


def test_torchvision():
    """v2.MixUp and v2.CutMix take a batch and return targets of shape (N, C) that sum to 1."""
    from torchvision.transforms import v2

    x, y = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 4])
    for mix in v2.MixUp(num_classes=5, alpha=0.2), v2.CutMix(num_classes=5):
        mixed, target = mix(x, y)
        assert mixed.shape == x.shape and target.shape == (4, 5)
        torch.testing.assert_close(target.sum(dim=1), torch.ones(4))
