"""Proofs of fine-tuning."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def pretrained(outputs=9):
    body = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU())
    return nn.Sequential(OrderedDict(body=body, fc=nn.Linear(6, outputs)))


def given():
    return {"torch": torch, "nn": nn, "model": pretrained(), "num_classes": 4, "device": "cpu"}


def test_answer(answer):
    """Only the layer made after requires_grad_(False) requires gradients, and the optimizer holds it alone."""
    model = answer.model
    assert [name for name, p in model.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]
    assert model.fc.weight.shape == (4, 6)
    (group,) = answer.optimizer.param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in model.fc.parameters()]
    assert (type(answer.optimizer), group["lr"]) == (torch.optim.AdamW, 0.001)
    before = {name: t.clone() for name, t in model.state_dict().items()}
    F.cross_entropy(model(torch.randn(7, 5)), torch.arange(7) % 4).backward()
    answer.optimizer.step()
    changed = [name for name, t in model.state_dict().items() if not torch.equal(t, before[name])]
    assert changed == ["fc.weight", "fc.bias"]


def test_default(default):
    """Training the new layer alone lowers the loss and leaves the frozen layers without gradients."""
    model = default.model
    assert default.loss < 0.8  # a guess among three classes: log(3) = 1.10
    assert [p.grad is None for p in model.body.parameters()] == [True] * 4
    assert [name for name, p in model.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]
    assert torch.equal(model.body[1].running_mean, torch.zeros(8))
    assert default.y.tolist() == [row[:3].index(max(row[:3])) for row in default.x.tolist()]


def test_two_rates(two_rates):
    """Each group steps with its own lr; what it leaves out comes from the optimizer's arguments."""
    model, optimizer = two_rates.model, two_rates.optimizer
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    model(torch.ones(2, 5)).square().sum().backward()
    optimizer.step()
    for name, p in model.named_parameters():
        lr = 0.01 if name.startswith("fc") else 0.001
        torch.testing.assert_close(p.detach(), before[name] - lr * p.grad)
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]


def test_unfreeze(unfreeze):
    """add_param_group adds a group with its own lr to an optimizer that has already taken steps."""
    groups = unfreeze.optimizer.param_groups
    assert [group["lr"] for group in groups] == [0.1, 0.01]
    assert [p is q for p, q in zip(groups[1]["params"], unfreeze.body.parameters(), strict=True)] == [True] * 2


def test_part_of_a_weight(part_of_a_weight):
    """A hook that multiplies the gradient by a mask freezes the masked rows."""
    fc, before = part_of_a_weight.fc, part_of_a_weight.before
    logits = part_of_a_weight.x @ before.T
    target = F.one_hot(part_of_a_weight.y, num_classes=4)
    grad = (logits.softmax(dim=1) - target).T @ part_of_a_weight.x / 6  # of cross-entropy, by hand
    grad[:2] = 0
    torch.testing.assert_close(fc.weight.detach(), before - 0.1 * grad)


def test_weight_decay_ignores_the_mask():
    """Weight decay moves a weight whose gradient is zero."""
    w = nn.Parameter(torch.ones(2))
    w.register_hook(lambda grad: grad * 0)
    optimizer = torch.optim.SGD([w], lr=0.1, weight_decay=0.5)
    w.sum().backward()
    optimizer.step()
    torch.testing.assert_close(w.detach(), torch.full((2,), 1 - 0.1 * 0.5))


def test_statistics_move_in_train_mode(wrong):
    """In train() mode a frozen BatchNorm moves its running mean by a tenth of the way to the batch mean."""
    assert not any(p.requires_grad for p in wrong.backbone.parameters())
    assert wrong.backbone[1].running_mean.abs().min() > 0
    torch.testing.assert_close(
        wrong.backbone[1].running_mean, 0.1 * wrong.backbone[0](wrong.x).mean(dim=0)
    )


def test_right(right):
    """In eval() mode a BatchNorm leaves its running statistics alone."""
    assert right.x.shape == (8, 3)
    assert not any(p.requires_grad for p in right.backbone.parameters())
    assert torch.equal(right.backbone[1].running_mean, torch.zeros(4))
    assert torch.equal(right.backbone[1].running_var, torch.ones(4))


def test_freezing_after_the_new_head(raises):
    """Replacing the head and then freezing everything leaves nothing to train, and backward() raises."""
    model = pretrained()
    model.fc = nn.Linear(6, 3)
    model.requires_grad_(False)
    with raises(RuntimeError, "element 0 of tensors does not require grad"):
        model(torch.ones(2, 5)).sum().backward()


def test_strict_false_still_checks_shapes(raises):
    """load_state_dict raises for a head of another size, with strict=False as well."""
    weights = pretrained(9).state_dict()
    with raises(RuntimeError, "size mismatch for fc.weight"):
        pretrained(4).load_state_dict(weights)
    with raises(RuntimeError, "size mismatch for fc.weight"):
        pretrained(4).load_state_dict(weights, strict=False)


def test_the_new_head_must_be_moved(raises):
    """A new layer is on the CPU, so a model on another device raises until to() moves the layer there as well."""
    model = pretrained().to("meta").eval()  # a device that every build of PyTorch has
    x = torch.ones(2, 5, device="meta")
    model.fc = nn.Linear(model.fc.in_features, 4)
    assert model.fc.weight.device.type == "cpu"
    with raises(RuntimeError, "device"):
        model(x)
    model.to("meta")
    assert model(x).shape == (2, 4)


def test_eval_turns_dropout_off():
    """eval() turns the Dropout of the whole model off; train() on the head turns only its own on again."""
    model = nn.Sequential(OrderedDict(body=nn.Dropout(), fc=nn.Sequential(nn.Dropout(), nn.Linear(6, 3))))
    x = torch.ones(2, 6)
    model.eval()
    assert torch.equal(model.body(x), x) and torch.equal(model.fc[0](x), x)
    model.fc.train()
    assert torch.equal(model.body(x), x) and not torch.equal(model.fc[0](x), x)


def test_frozen_parameters_do_not_move_in_the_usual_loop():
    """A parameter frozen between two steps stays put, because zero_grad() makes its gradient None."""
    w, v = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([w, v], lr=0.1, momentum=0.9, weight_decay=0.1)
    path = []
    for step in range(4):
        if step == 2:
            w.requires_grad_(False)
        loss = (w * v).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(w.tolist())
    assert path[0] != path[1] == path[2] == path[3]


def test_frozen_parameters_with_a_gradient_still_move():
    """A frozen parameter moves by momentum, weight decay, or an old gradient until zero_grad() makes its grad None."""
    for options in ({"momentum": 0.9}, {"weight_decay": 0.5}):
        moved = {}
        for to_none in (True, False):
            w = nn.Parameter(torch.ones(3))
            optimizer = torch.optim.SGD([w], lr=0.1, **options)
            w.sum().backward()
            optimizer.step()
            w.requires_grad_(False)
            optimizer.zero_grad(set_to_none=to_none)
            before = w.clone()
            optimizer.step()
            moved[to_none] = not torch.equal(before, w)
        assert moved == {True: False, False: True}

    w = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.sum().backward()
    w.requires_grad_(False)
    optimizer.step()  # with the old gradient
    torch.testing.assert_close(w, torch.full((3,), 1 - 0.1))
    optimizer.zero_grad()
    assert w.grad is None


def test_a_parameter_stands_in_one_group(raises):
    """Adding a parameter that a group already holds raises."""
    w = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.1)
    with raises(ValueError, "some parameters appear in more than one parameter group"):
        optimizer.add_param_group({"params": [w]})


def test_last_layers_of_torchvision():
    """The last layers of torchvision's models have these names: fc, classifier, classifier[-1], head, heads.head."""
    from torchvision import models

    with torch.device("meta"):
        last = [
            models.resnet18().fc,
            models.densenet121().classifier,
            models.vgg11().classifier[-1],
            models.mobilenet_v3_small().classifier[-1],
            models.efficientnet_b0().classifier[-1],
            models.convnext_tiny().classifier[-1],
            models.swin_t().head,
            models.vit_b_16().heads.head,
        ]
    assert [layer.out_features for layer in last] == [1000] * 8


def test_schedulers_made_before_the_new_group(raises):
    """A OneCycleLR or LambdaLR made before does not accept a new group: step() raises, or LambdaLR passes over it."""

    def grown(make):
        body, fc = nn.Linear(5, 8), nn.Linear(8, 3)
        optimizer = torch.optim.SGD(fc.parameters(), lr=0.1)
        scheduler = make(optimizer)
        optimizer.step()
        optimizer.add_param_group({"params": body.parameters(), "lr": 0.01})
        return optimizer, scheduler

    schedulers = torch.optim.lr_scheduler
    with raises(KeyError, "initial_lr"):
        grown(lambda optimizer: schedulers.OneCycleLR(optimizer, max_lr=0.1, total_steps=10))[1].step()
    optimizer, scheduler = grown(lambda optimizer: schedulers.LambdaLR(optimizer, lambda epoch: 0.5**epoch))
    try:
        scheduler.step()
    except ValueError as error:
        assert "shorter" in str(error)
    else:  # older versions
        assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.01]


def test_a_new_lambda_lr_starts_from_initial_lr():
    """A new LambdaLR sets each group back to its initial_lr; without that key it goes on from the current rate."""
    for delete, rate in (False, 0.8), (True, 0.2):
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.8)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
        for _ in range(2):
            optimizer.step()
            scheduler.step()
        assert optimizer.param_groups[0]["lr"] == 0.2
        optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))], "lr": 0.1})
        for group in optimizer.param_groups if delete else ():
            group.pop("initial_lr", None)
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)
        assert [group["lr"] for group in optimizer.param_groups] == [rate, 0.1]
