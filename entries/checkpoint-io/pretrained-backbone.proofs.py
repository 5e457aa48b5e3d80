"""Proofs of pretrained-backbone."""

from collections import OrderedDict

import torch
from torch import nn


def net():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout())
    return nn.Sequential(OrderedDict(body=body, fc=nn.Linear(6, 9)))


def given():
    return {"torch": torch, "nn": nn, "model": net(), "x": torch.randn(7, 5), "num_classes": 4, "device": "cpu"}


def test_answer(answer):
    """With Identity in place of the last layer, the output is what that layer received; nothing of the model trains."""
    assert answer.D == 6 and answer.features.shape == (7, 6)
    whole = net().eval()
    torch.testing.assert_close(whole.fc(answer.features), whole(answer.x))
    assert not any(p.requires_grad for p in answer.model.parameters()) and not answer.model.training
    assert not answer.features.requires_grad
    assert answer.head(answer.features).shape == (7, 4)
    before = {name: t.clone() for name, t in answer.model.state_dict().items()}
    answer.model(answer.x)
    torch.testing.assert_close(dict(answer.model.state_dict()), before)


def test_default(default):
    """A head trained on features that were computed once learns, and the backbone stays as it was."""
    assert default.loss < 0.69 and default.features.shape == (12, 16)  # a guess: log(2) = 0.693
    assert default.model[1].num_batches_tracked == 0
    assert all(p.grad is None for p in default.model.parameters())
    assert default.head.out_features == 2 and default.x.shape == (12, 3, 8, 7)
    torch.testing.assert_close(default.features, default.model(default.x))


def test_keep_eval(keep_eval):
    """A model that overrides train() keeps its backbone in eval mode and its head in the mode asked for."""
    model = keep_eval.model
    for mode in True, False:
        assert model.train(mode) is model
        assert (model.training, model.head.training, model.backbone.training) == (mode, mode, False)
        assert not any(m.training for m in model.backbone.modules())
    model.train()
    assert model(torch.randn(4, 5)).shape == (4, 3)
    assert model.backbone[1].num_batches_tracked == 0
    assert [p.requires_grad for p in model.backbone.parameters()] == [False] * 4


def test_train_reaches_the_backbone():
    """train() of the whole model puts a frozen backbone into training mode, and its statistics move."""
    backbone = net().body.requires_grad_(False).eval()
    model = nn.Sequential(backbone, nn.Linear(6, 3)).train()
    model(torch.randn(4, 5))
    assert backbone.training and backbone[1].num_batches_tracked == 1
    backbone.eval()
    model(torch.randn(4, 5))
    assert backbone[1].num_batches_tracked == 1


def test_two_backbones(two_backbones):
    """torch.cat along dim 1 joins the features of two networks, and both get gradients."""
    model = two_backbones.model
    x = torch.randn(4, 5)
    by_hand = model.head.bias + model.a(x) @ model.head.weight[:, :6].T + model.b(x) @ model.head.weight[:, 6:].T
    torch.testing.assert_close(model(x), by_hand)
    model(x).sum().backward()
    assert model.a.weight.grad.abs().sum() > 0 and model.b.weight.grad.abs().sum() > 0


def test_children(children):
    """children()[:-1] skips the relu that forward calls between the modules; Identity keeps it."""
    assert children.cut(children.x).item() == -2 * 5
    assert children.net(children.x).item() == max(-2 * 5, 0)


def test_children_of_a_resnet():
    """A torchvision ResNet gives (N, 512, 1, 1) with children()[:-1], and (N, 512) with Identity."""
    from torchvision.models import resnet18

    model, x = resnet18().eval(), torch.zeros(2, 3, 64, 48)
    assert nn.Sequential(*list(model.children())[:-1])(x).shape == (2, 512, 1, 1)
    model.fc = nn.Identity()
    assert model(x).shape == (2, 512)


def test_right(right):
    """nn.Identity passes its input on and has no parameters."""
    assert not list(right.model.fc.parameters()) and right.layers["conv"].weight.shape == (6, 3, 8, 8)


def test_eval_freezes_the_rest():
    """In train mode a frozen model still updates BatchNorm and drops values; in eval mode it does neither."""
    body, x = net().body.requires_grad_(False), torch.randn(40, 5)
    body.train()
    mean = body[1].running_mean.clone()
    assert not torch.equal(body(x), body(x)) and not torch.equal(body[1].running_mean, mean)
    body.eval()
    mean = body[1].running_mean.clone()
    assert torch.equal(body(x), body(x)) and torch.equal(body[1].running_mean, mean)
