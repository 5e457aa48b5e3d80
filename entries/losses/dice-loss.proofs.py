"""Proofs of dice-loss."""

import torch
import torch.nn.functional as F


def by_hand(p, y, smooth):
    """Dice per image and class, in plain Python."""
    rows = []
    for pn, yn in zip(p.tolist(), y.tolist(), strict=True):
        for pc, yc in zip(pn, yn, strict=True):
            pairs = [(a, b) for ra, rb in zip(pc, yc, strict=True) for a, b in zip(ra, rb, strict=True)]
            inter, total = sum(a * b for a, b in pairs), sum(a + b for a, b in pairs)
            rows.append((2 * inter + smooth) / (total + smooth))
    return sum(rows) / len(rows)


def given():
    torch.manual_seed(0)
    return {"F": F, "C": 3, "logits": torch.randn(2, 3, 4, 5), "mask": torch.randint(3, (2, 4, 5))}


def test_answer(answer):
    """The loss is the cross-entropy plus one minus the Dice of each image and class, averaged."""
    g = given()
    log_p = g["logits"].log_softmax(dim=1)
    ce = -log_p.gather(1, g["mask"][:, None]).mean()
    y = torch.stack([g["mask"] == c for c in range(3)], dim=1).float()
    torch.testing.assert_close(answer.loss, ce + 1 - by_hand(log_p.exp(), y, 1))


def test_default(default):
    """Dice is computed for each image and class on the softmax probabilities, and training lowers it."""
    torch.manual_seed(1)
    logits, mask = torch.randn(2, 3, 4, 5), torch.randint(3, (2, 4, 5))
    y = torch.stack([mask == c for c in range(3)], dim=1).float()
    for smooth in 1.0, 0.25:
        loss = default.dice_loss(logits, mask, smooth)
        torch.testing.assert_close(loss.item(), 1 - by_hand(logits.softmax(dim=1), y, smooth), rtol=1e-4, atol=1e-5)
    assert default.dice_loss(logits, mask) == default.dice_loss(logits, mask, 1.0)
    assert default.logits.argmax(dim=1).tolist() == default.mask.tolist()


def test_binary(binary):
    """Soft IoU divides by the union: the two areas without the intersection."""
    p, y = binary.p.flatten().tolist(), [1, 0, 1, 0, 0, 0]
    inter, total = p[0] + p[2], sum(p) + 2
    torch.testing.assert_close(binary.dice.item(), 1 - (2 * inter + 1) / (total + 1))
    torch.testing.assert_close(binary.iou.item(), 1 - (inter + 1) / (total - inter + 1))
    one = torch.tensor(y).float()
    torch.testing.assert_close(binary.bce, F.binary_cross_entropy(binary.p.flatten(), one))


def test_binary_is_per_image():
    """Summed over all dimensions but N, each image counts alike."""
    p = torch.rand(3, 1, 2, 5)
    assert p.sum(dim=(1, 2, 3)).shape == (3,)


def test_miou(miou):
    """Counted pixel by pixel over the whole set, IoU is intersection over union and equals Dice / (2 - Dice)."""
    pred = torch.cat([p.flatten() for p, _ in miou.batches]).tolist()
    mask = torch.cat([m.flatten() for _, m in miou.batches]).tolist()
    pairs = [(p, m) for p, m in zip(pred, mask, strict=True) if m != 255]
    for c in range(3):
        inter = sum(p == m == c for p, m in pairs)
        union = sum(c in (p, m) for p, m in pairs)
        assert abs(miou.iou[c].item() - inter / union) < 1e-6
    dice = 2 * miou.inter / miou.area
    torch.testing.assert_close(miou.iou, dice / (2 - dice))
    assert (dice >= miou.iou).all()


def test_right(right):
    """On probabilities, one minus Dice has a gradient."""
    by_difference = []
    for c in range(2):
        for w in range(2):
            step = torch.zeros(1, 2, 2)
            step[0, c, w] = 1e-2
            values = []
            for sign in 1, -1:
                p = (right.logits.detach() + sign * step).softmax(dim=1)
                values.append((1 - 2 * (p * right.y).sum() / (p + right.y).sum()).item())
            by_difference.append((values[0] - values[1]) / 2e-2)
    torch.testing.assert_close(right.logits.grad.flatten(), torch.tensor(by_difference), rtol=1e-2, atol=1e-4)


def test_logits_leave_the_range():
    """On raw logits the "Dice" can be above 1, so the loss is negative."""
    logits, y = torch.tensor([3.0, -1.0]), torch.tensor([1.0, 0.0])
    assert 2 * (logits * y).sum() / (logits + y).sum() > 1


def test_large_objects_decide():
    """A missed small object costs half of the Dice per image, but almost nothing when summed over the batch."""
    y, p = torch.zeros(2, 100), torch.zeros(2, 100)
    y[0, :90], p[0, :90] = 1, 1  # large and found
    y[1, :2] = 1  # small and missed
    each = 2 * (p * y).sum(dim=1) / (p + y).sum(dim=1)
    assert each.mean() == 0.5
    assert 2 * (p * y).sum() / (p + y).sum() > 0.98


def test_an_empty_class():
    """Without smooth an empty class gives 0, or NaN if predicted empty; with it 1, and 0.0015 for 0.01 on 256 x 256."""
    tiny = torch.full((3, 4), 1e-6)
    assert 2 * (tiny * 0).sum() / tiny.sum() == 0
    inter = total = torch.zeros(1)
    assert (2 * inter / total).isnan().all()
    assert ((2 * inter + 1) / (total + 1)).item() == 1
    p, y = torch.full((256, 256), 0.01), torch.zeros(256, 256)
    assert round(((2 * (p * y).sum() + 1) / ((p + y).sum() + 1)).item(), 4) == 0.0015


def test_ignored_pixels(raises):
    """one_hot rejects 255; with 0 in its place and both sides multiplied by the real pixels, they do not count."""
    mask = torch.tensor([1, 0, 255])
    with raises(RuntimeError, "Class values must be smaller than num_classes"):
        F.one_hot(mask, num_classes=2)
    p, real = torch.tensor([[0.3, 0.7], [0.8, 0.2], [0.5, 0.5]]), (mask != 255)[:, None]
    y = F.one_hot(mask.where(mask != 255, 0), num_classes=2) * real
    p = p * real
    short = F.one_hot(mask[:2], num_classes=2)
    for side in (p * y).sum(dim=0), (p + y).sum(dim=0):
        assert side.shape == (2,)
    torch.testing.assert_close((p * y).sum(dim=0), (p[:2] * short).sum(dim=0))
    torch.testing.assert_close((p + y).sum(dim=0), (p[:2] + short).sum(dim=0))


def test_confidently_wrong():
    """At a pixel that is confidently wrong, Dice has almost no gradient, and that of cross-entropy is about -1."""
    s, y = torch.tensor([-10.0, 2.0, -1.0], requires_grad=True), torch.tensor([1.0, 1.0, 0.0])
    p = s.sigmoid()
    (dice,) = torch.autograd.grad(1 - (2 * (p * y).sum() + 1) / ((p + y).sum() + 1), s)
    (ce,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(s, y, reduction="sum"), s)
    assert abs(dice[0]) < 1e-4 and abs(ce[0] + 1) < 1e-4


def test_background_does_not_count():
    """More background pixels that are predicted correctly leave Dice alone but lower the mean cross-entropy."""
    y = torch.tensor([1.0, 0.0])
    p = torch.tensor([0.4, 0.0])
    more_y, more_p = F.pad(y, (0, 98)), F.pad(p, (0, 98))
    dice = [2 * (a * b).sum() / (a + b).sum() for a, b in ((p, y), (more_p, more_y))]
    assert dice[0] == dice[1]
    assert F.binary_cross_entropy(more_p, more_y) < F.binary_cross_entropy(p, y) / 20


def test_tversky():
    """Tversky is hits / (hits + a * false positives + b * false negatives); with a = b = 0.5 it is Dice."""
    torch.manual_seed(0)
    p, y = torch.rand(50), torch.randint(2, (50,)).float()
    hits, false_positives, false_negatives = (p * y).sum(), (p * (1 - y)).sum(), ((1 - p) * y).sum()
    dice = 2 * (p * y).sum() / (p + y).sum()
    torch.testing.assert_close(hits / (hits + 0.5 * false_positives + 0.5 * false_negatives), dice)


def test_background_has_its_own():
    """With softmax over all classes, the background is a class too; dice[:, 1:] leaves it out."""
    mask = torch.tensor([[[0, 0, 0, 0, 1]]])
    y = F.one_hot(mask, num_classes=2).movedim(-1, 1).float()
    p = torch.zeros(1, 2, 1, 5)
    p[:, 0] = 1  # the object is missed
    dice = 2 * (p * y).sum(dim=(2, 3)) / (p + y).sum(dim=(2, 3))
    assert dice.tolist() == [[2 * 4 / 9, 0]] or abs(dice[0, 0].item() - 8 / 9) < 1e-6
    assert dice[:, 1:].mean() == 0 and dice.mean() > 0.4


def test_float16_overflows():
    """In float16, the cross-entropy of a large image sums to more than 65504 and is not finite; in float32 it is."""
    logits, mask = torch.zeros(1, 9, 300, 300, dtype=torch.float16), torch.zeros(1, 300, 300, dtype=torch.int64)
    assert not F.cross_entropy(logits, mask).isfinite()
    assert F.cross_entropy(logits.float(), mask).isfinite()


def test_dice_is_f1():
    """For hard masks, Dice is the F1 score of the pixels: the harmonic mean of precision and recall."""
    p, y = torch.tensor([1.0, 1, 1, 0, 0, 0, 0]), torch.tensor([1.0, 1, 0, 1, 1, 0, 0])
    precision, recall = 2 / 3, 2 / 4
    dice = 2 * (p * y).sum() / (p + y).sum()
    assert abs(dice.item() - 2 * precision * recall / (precision + recall)) < 1e-6


def test_the_means_of_two_classes_can_disagree():
    """For one class of one image, Dice and IoU rank results alike; their means over two classes can rank otherwise."""
    first, second = torch.tensor([0.0, 1.0]), torch.tensor([0.6, 0.6])  # Dice of two classes
    iou = [d / (2 - d) for d in (first, second)]
    assert first.mean() < second.mean() and iou[0].mean() > iou[1].mean()
    dice = torch.linspace(0, 1, 11)
    assert bool((dice / (2 - dice)).diff().gt(0).all())
