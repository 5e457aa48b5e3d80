"""Proofs of loss-masking."""

import inspect
import math

import torch
import torch.nn.functional as F


def given():
    torch.manual_seed(0)
    return {
        "F": F, "logits": torch.randn(2, 3, 4), "y": torch.tensor([[1, 3, 2], [0, 1, 1]]),
        "mask": torch.tensor([[True, True, True], [True, False, False]]),
        "pred": torch.randn(2, 3), "target": torch.tensor([[1.0, 2.0, 4.0], [3.0, math.nan, math.inf]]),
    }  # fmt: skip


def nll(logits, c):
    return math.log(sum(map(math.exp, logits.tolist()))) - logits[c].item()


def test_answer(answer):
    """Targets of -100 do not count, nor do elements that the mask leaves out, even if they are NaN or inf."""
    places = [(0, 0, 1), (0, 1, 3), (0, 2, 2), (1, 0, 0)]
    by_hand = sum(nll(answer.logits[n, t], c) for n, t, c in places) / 4
    assert math.isclose(answer.loss.item(), by_hand, rel_tol=1e-5)
    pred = answer.pred.tolist()
    squares = [(p - t) ** 2 for p, t in zip([*pred[0], pred[1][0]], [1, 2, 4, 3], strict=True)]
    assert math.isclose(answer.error.item(), sum(squares) / 4, rel_tol=1e-5)


def test_indexing_keeps_the_gradient_clean():
    """Indexing before the loss gives the masked places a gradient of 0, even if their target is NaN."""
    pred = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    target = torch.tensor([0.0, math.nan, 3.0])
    mask = ~target.isnan()
    F.mse_loss(pred[mask], target[mask]).backward()
    assert pred.grad.tolist() == [1, 0, 1]


def test_indexing_after_the_loss_is_too_late():
    """Indexing the losses with the mask leaves a NaN in the gradient."""
    pred = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    target = torch.tensor([0.0, math.nan, 3.0])
    loss = F.mse_loss(pred, target, reduction="none")[~target.isnan()].mean()
    loss.backward()
    assert loss.item() == 1 and pred.grad.isnan().tolist() == [False, True, False]


def test_default(default):
    """The loss and the gradient of an ignored token are 0, and the mean divides by the targets that remain."""
    logits = default.logits.detach()
    by_hand = nll(logits[0, 0], 3) + nll(logits[0, 1], 1) + nll(logits[0, 2], 4) + nll(logits[1, 0], 2)
    assert math.isclose(default.loss.item(), by_hand / 4, rel_tol=1e-5)
    each = F.cross_entropy(logits.transpose(1, 2), default.y, reduction="none")
    assert (each == 0).tolist() == [[False, False, False, True], [False, True, True, True]]


def test_void_pixels(void_pixels):
    """ignore_index=255 leaves the pixels labeled 255 out of the mean."""
    z = void_pixels.logits[0]
    places = [(0, 0, 0), (0, 1, 2), (0, 3, 1), (1, 0, 1), (1, 2, 0), (1, 3, 2)]
    by_hand = sum(nll(z[:, h, w], c) for h, w, c in places) / 6
    assert math.isclose(F.cross_entropy(void_pixels.logits, void_pixels.mask, ignore_index=255).item(), by_hand, rel_tol=1e-5)


def test_bce(bce):
    """Indexing logits and labels averages the binary loss over the known labels."""
    by_hand = [math.log1p(math.exp(v)) for v in (-2, -1, -3, -2)]
    assert math.isclose(bce.loss.item(), sum(by_hand) / 4, rel_tol=1e-5)


def test_binary_losses_and_mse_have_no_ignore_index():
    """mse_loss and the binary losses have no ignore_index; cross_entropy has one of -100."""
    for loss in F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits:
        assert "ignore_index" not in inspect.signature(loss).parameters
    assert inspect.signature(F.cross_entropy).parameters["ignore_index"].default == -100


def test_wrong(wrong):
    """Multiplying by the mask leaves NaN in the loss and in the gradient, because 0 * NaN is NaN."""
    assert math.isnan(wrong.loss.item()) and wrong.pred.grad.isnan().tolist() == [False, True, False, False]
    assert (torch.tensor([math.nan, math.inf]) * torch.tensor([False, False])).isnan().all()
    assert wrong.mask.tolist() == [True, False, True, True]


def test_right(right):
    """Replaced by where, a masked target adds nothing to the loss, and the mean divides by the valid count."""
    assert right.loss.item() == (1 + 4 + 0.25) / 3
    torch.testing.assert_close(right.pred.grad, torch.tensor([1.0, 0.0, -2.0, -0.5]) * 2 / 3)


def test_nothing_valid():
    """With nothing but ignored targets, the mean is NaN and the sum is 0; so is the mean of an empty selection."""
    logits, y = torch.ones(2, 3), torch.full((2,), -100)
    assert F.cross_entropy(logits, y).isnan()
    assert F.cross_entropy(logits, y, reduction="sum") / (y != -100).sum().clamp(min=1) == 0
    assert F.mse_loss(torch.ones(0), torch.ones(0)).isnan()
    assert F.mse_loss(torch.ones(0), torch.ones(0), reduction="sum") == 0


def test_pad_id_that_is_a_token():
    """ignore_index skips every target of that value, the real tokens as well."""
    logits, y = torch.zeros(4, 3), torch.tensor([1, 2, 0, 0])  # 0 ends the sequence, and pads it
    losses = F.cross_entropy(logits, y, ignore_index=0, reduction="none")
    assert (losses > 0).tolist() == [True, True, False, False]


def test_nan_logits():
    """NaN logits at an ignored target leave the loss finite, and their gradient is NaN."""
    logits = torch.tensor([[1.0, 2.0], [math.nan, 0.0]], requires_grad=True)
    loss = F.cross_entropy(logits, torch.tensor([1, -100]))
    loss.backward()
    assert loss.isfinite() and logits.grad.isnan().any(dim=1).tolist() == [False, True]


def test_probability_targets(raises):
    """With probability targets, an ignore_index of 0 or more raises, and the default has no effect."""
    logits, p = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[0.2, 0.8], [0.5, 0.5]])
    with raises(RuntimeError, "ignore_index is not supported for floating point target"):
        F.cross_entropy(logits, p, ignore_index=0)
    one_hot = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    loss = F.cross_entropy(logits, one_hot.argmax(1), ignore_index=0)
    assert math.isclose(loss.item(), nll(logits[0], 1), rel_tol=1e-5)
    with raises(RuntimeError, "Expected floating point type for target"):  # long() keeps the shape
        F.cross_entropy(logits, one_hot.long(), ignore_index=0)
    losses = F.cross_entropy(logits, p, reduction="none")
    by_hand = [sum(w * nll(z, c) for c, w in enumerate(row)) for z, row in zip(logits, p.tolist(), strict=True)]
    torch.testing.assert_close(losses, torch.tensor(by_hand))


def test_integer_masks_pick_by_position():
    """An integer mask picks elements 0 and 1; after bool() it picks the places where it is 1."""
    pred, mask = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1, 1, 1, 0])
    assert pred[mask].tolist() == [2.0, 2.0, 2.0, 1.0]
    assert pred[mask.bool()].tolist() == [1.0, 2.0, 3.0]
