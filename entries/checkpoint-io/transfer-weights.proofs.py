"""Proofs of transfer-weights."""

from collections import OrderedDict

import torch
from torch import nn


def body():
    return OrderedDict(conv1=nn.Conv2d(3, 4, 3), bn1=nn.BatchNorm2d(4))


def given():
    torch.save(nn.Sequential(body() | {"fc": nn.Linear(4, 9)}).state_dict(), "classifier.pt")
    parts = OrderedDict(backbone=nn.Sequential(body() | {"fc": nn.Linear(4, 2)}), boxes=nn.Conv2d(4, 6, 1))
    return {"torch": torch, "model": nn.Sequential(parts)}


def test_answer(answer):
    """What agrees in name and shape arrives, a head of another size stays out, and missing_keys lists the rest."""
    own, saved = answer.model.state_dict(), torch.load("classifier.pt")
    for name in saved:
        if not name.startswith("fc."):
            assert torch.equal(own[f"backbone.{name}"], saved[name])
    assert answer.report.missing_keys == ["backbone.fc.weight", "backbone.fc.bias", "boxes.weight", "boxes.bias"]


def test_default(default):
    """The backbone has the classifier's weights, and missing_keys lists the new head alone."""
    own, saved = default.model.state_dict(), default.classifier.state_dict()
    for name in "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias":
        assert torch.equal(own[f"backbone.{name}"], saved[name])
    assert [tuple(p.shape) for p in default.model.parameters()] == [
        (4, 3, 3, 3), (4,), (5, 4, 3, 3), (5,), (4, 5, 1, 1), (4,),
    ]
    assert default.classifier.fc.weight.shape == (10, 5)


def test_wrong_prefix():
    """With a wrong prefix, missing_keys lists the whole backbone."""
    model = given()["model"]
    state = {"body." + k: v for k, v in torch.load("classifier.pt").items()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert missing == [name for name in model.state_dict() if "num_batches_tracked" not in name]


def test_straight(straight, raises):
    """Loading into the backbone itself needs no new names, and raises if anything does not fit."""
    backbone = straight.model["backbone"]
    assert backbone.conv1.weight.unique().item() == backbone.conv1.bias.unique().item() == 1
    assert straight.model["boxes"].weight.shape == (6, 4)
    assert sorted(straight.state) == ["conv1.bias", "conv1.weight"]
    with raises(RuntimeError, 'Unexpected key(s) in state_dict: "fc.bias"'):
        backbone.load_state_dict({**straight.state, "fc.bias": torch.ones(10)})


def test_gray(gray):
    """The sum of the filters over the colors gives on gray images what the RGB layer gives on three equal channels."""
    assert gray.gray.weight.shape == (8, 1, 3, 3) and gray.same
    torch.testing.assert_close(gray.gray.weight[5, 0, 1, 2], sum(gray.rgb.weight[5, c, 1, 2] for c in range(3)))
    assert gray.x.shape == (2, 1, 6, 5)


def test_wrong(wrong):
    """A complete dict loads without a complaint, and the weights stay random."""
    weight = wrong.model["backbone"]["conv1"].weight
    assert weight.shape == wrong.pretrained["conv1.weight"].shape  # it would have fitted
    assert (weight != 5).all()


def test_right(right):
    """With the prefix, the weight arrives and missing_keys names what the file lacks."""
    weight = right.model["backbone"]["conv1"].weight
    assert weight.shape == (4, 3, 1, 1) and weight.unique().tolist() == [5]


def test_a_count_proves_little():
    """The BatchNorm can match while the convolution does not; missing_keys tells."""
    saved = nn.Sequential(body()).state_dict()
    saved["conv_1.weight"] = saved.pop("conv1.weight")
    model = nn.Sequential(body())
    assert sum(k in model.state_dict() for k in saved) == 6  # of 7
    assert model.load_state_dict(saved, strict=False).missing_keys == ["conv1.weight"]


def test_strict_false_still_checks_shapes(raises):
    """load_state_dict(strict=False) raises for a tensor of another shape."""
    for strict in True, False:
        with raises(RuntimeError, "size mismatch for weight"):
            nn.Linear(3, 2).load_state_dict(nn.Linear(3, 4).state_dict(), strict=strict)


def test_heads_in_another_order():
    """A head whose classes stand in another order loads, and every prediction has another number."""
    torch.manual_seed(0)
    head, other, x = nn.Linear(4, 3), nn.Linear(4, 3), torch.randn(9, 4)
    order = torch.tensor([2, 0, 1])
    print(other.load_state_dict({k: v[order] for k, v in head.state_dict().items()}))
    assert torch.equal(order[other(x).argmax(dim=1)], head(x).argmax(dim=1))
    assert (other(x).argmax(dim=1) != head(x).argmax(dim=1)).all()
