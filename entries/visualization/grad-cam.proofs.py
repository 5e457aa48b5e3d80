"""Proofs of grad-cam."""

import torch
import torch.nn.functional as F
from torch import nn


def make(seed=0):
    torch.manual_seed(seed)
    body = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.ReLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4))
    return body, head


def by_weights(body, head, x, classes):
    """The class activation map from the weights of the linear layer, divided by h * w."""
    maps = body(x)
    h, w = maps.shape[2:]
    cams = []
    for i, c in enumerate(classes):
        weight = head[2].weight[c]
        cams.append(sum(weight[k] * maps[i, k] for k in range(len(weight))) / (h * w))
    cam = torch.stack(cams)[:, None].clamp(min=0)
    return F.interpolate(cam, size=x.shape[2:], mode="bilinear")


def given():
    body, head = make()
    x = torch.randn(2, 3, 8, 12)
    return {"torch": torch, "F": F, "model": nn.Sequential(body, head).eval(), "layer": body, "x": x, "c": 2}


def test_answer(answer):
    """With global average pooling and a linear layer, Grad-CAM is the weighted sum of the maps divided by h * w."""
    expected = by_weights(answer.layer, answer.model[1], answer.x, [2, 2])
    torch.testing.assert_close(answer.cam, expected.detach(), rtol=1e-4, atol=1e-6)
    assert answer.cam.shape == (2, 1, 8, 12) and answer.cam.max() > 0
    assert not answer.layer._forward_hooks


def test_default(default):
    """Each image can have a class of its own, and other classes have other maps."""
    x, body, head = default.x, default.body, default.head
    for classes in ([0, 3], [1, 2], default.c.tolist()):
        cam = default.grad_cam(default.model, body, x, torch.tensor(classes))
        torch.testing.assert_close(cam, by_weights(body, head, x, classes).detach(), rtol=1e-4, atol=1e-6)
    assert torch.equal(default.c, default.model(x).argmax(dim=1)) and not body._forward_hooks


def test_saliency(saliency):
    """For a linear model the gradient with respect to the input is the row of weights of the class."""
    classes = saliency.model(saliency.x).argmax(dim=1)
    expected = saliency.model[1].weight[classes].view(2, 3, 4, 5).abs().max(dim=1).values
    torch.testing.assert_close(saliency.saliency, expected.detach())


def test_overlay(overlay):
    """Dividing by its maximum scales a map to [0, 1]."""
    assert overlay.cam.min() == 0 and overlay.cam.max() == 1
    assert overlay.cam[8:20, 10:30].eq(1).all() and overlay.cam.sum() == 12 * 20


def test_frozen_models_need_a_gradient(raises):
    """With frozen parameters and a plain input there is no gradient, nor if only the head trains; x.requires_grad_() brings
    it back."""
    body, head = make()
    model, x = nn.Sequential(body, head).requires_grad_(False), torch.randn(1, 3, 8, 8)
    maps = body(x)
    with raises(RuntimeError, "does not require grad"):
        torch.autograd.grad(head(maps)[:, 0].sum(), maps)
    with raises(RuntimeError, "does not require grad"):
        torch.autograd.grad(head.requires_grad_()(maps)[:, 0].sum(), maps)
    maps = body(x.requires_grad_())
    assert torch.autograd.grad(head(maps)[:, 0].sum(), maps)[0].shape == maps.shape
    with torch.no_grad():  # although x requires a gradient
        maps = body(x)
        with raises(RuntimeError, "does not require grad"):
            torch.autograd.grad(head(maps)[:, 0].sum(), maps)


def test_a_map_of_zeros():
    """A map without a positive place is 0 all over; divided by its maximum it is NaN, unless that is clamped, which does
    not help in float16, where 1e-8 is 0."""
    cam = torch.tensor([[[[-1.0, -2.0]]], [[[1.0, 4.0]]]]).relu()
    assert (cam / cam.amax(dim=(2, 3), keepdim=True))[0].isnan().all()
    scaled = cam / cam.amax(dim=(2, 3), keepdim=True).clamp(min=1e-8)
    assert scaled.tolist() == [[[[0, 0]]], [[[0.25, 1]]]]
    half = cam.half()
    assert (half / half.amax(dim=(2, 3), keepdim=True).clamp(min=1e-8))[0].isnan().all()


def test_train_mode_mixes_images():
    """In train mode, the output for an image depends on the rest of the batch, with BatchNorm; in eval mode not."""
    torch.manual_seed(0)
    norm, x = nn.BatchNorm2d(3), torch.randn(2, 3, 4, 5)
    assert not torch.allclose(norm(x)[:1], norm(x[:1]), atol=1e-2)
    norm.eval()
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))


def test_after_pooling_there_is_no_map():
    """Global average pooling leaves a height and a width of 1; maps (N, h, w, K) give another map without an error."""
    assert nn.AdaptiveAvgPool2d(1)(torch.zeros(2, 5, 4, 6)).shape == (2, 5, 1, 1)
    body, head = make()
    x = torch.randn(2, 3, 8, 12)
    cams = []
    for last in False, True:  # the channels last, as in Swin
        maps = body(x).permute(0, 2, 3, 1) if last else body(x)
        score = head(maps.permute(0, 3, 1, 2) if last else maps)[:, 2].sum()
        (grad,) = torch.autograd.grad(score, maps)
        cam = (grad.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1, keepdim=True).relu()
        cams.append(F.interpolate(cam, size=x.shape[2:], mode="bilinear"))
    assert cams[0].shape == cams[1].shape and not torch.allclose(*cams, atol=1e-3)


def test_a_hook_stays():
    """A hook that is not removed runs in every forward pass, and its outputs carry their graphs."""
    body, _ = make()
    kept = []
    body.register_forward_hook(lambda m, args, out: kept.append(out))
    for _ in range(3):
        body(torch.zeros(1, 3, 4, 4))
    assert len(kept) == 3 and all(v.grad_fn is not None for v in kept)


def test_softmax_vanishes():
    """When the model is sure, the gradient of the softmax is near 0; that of the logit is 1."""
    logits = torch.tensor([20.0, 0.0, 0.0], requires_grad=True)
    (of_softmax,) = torch.autograd.grad(logits.softmax(dim=0)[0], logits)
    (of_logit,) = torch.autograd.grad(logits[0], logits)
    assert of_softmax.abs().max() < 1e-6 and of_logit.tolist() == [1, 0, 0]


def test_swin_has_its_maps_after_permute():
    """In Swin, features and norm return (N, h, w, K), permute returns (N, K, h, w), and after that the maps are pooled."""
    from torchvision.models import swin_t

    swin = swin_t(weights=None).eval()
    shapes = {}
    for name in "features", "norm", "permute", "avgpool":
        getattr(swin, name).register_forward_hook(lambda m, args, out, name=name: shapes.update({name: tuple(out.shape)}))
    swin(torch.zeros(1, 3, 64, 96))
    assert shapes["features"] == shapes["norm"] == (1, 2, 3, 768)
    assert shapes["permute"] == (1, 768, 2, 3) and shapes["avgpool"] == (1, 768, 1, 1)
