"""Proofs of split-backbone."""

import copy
from collections import OrderedDict

import torch
from torch import nn


class SmallResNet(nn.Module):
    """The stages of a ResNet, under torchvision's names, each a convolution with BatchNorm."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 7, stride=2, padding=3, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(4), nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for i, (cin, cout) in enumerate([(4, 5), (5, 6), (6, 7), (7, 8)], start=1):
            conv = nn.Conv2d(cin, cout, 3, stride=1 if i == 1 else 2, padding=1)
            setattr(self, f"layer{i}", nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU()))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 9)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def given():
    torch.manual_seed(0)
    model = SmallResNet().eval()
    return {"nn": nn, "OrderedDict": OrderedDict, "model": model, "x": torch.randn(2, 3, 64, 81)}


def test_answer(answer):
    """The two parts compute what the model computes, and their keys are those of the model."""
    assert torch.equal(answer.logits, answer.model(answer.x))
    assert answer.features(answer.x).shape == (2, 7, 4, 6)  # an image 16 times smaller, rounded up
    assert [*answer.features.state_dict(), *answer.head.state_dict()] == list(answer.model.state_dict())
    assert [name for name, _ in answer.head.named_children()] == ["layer4", "avgpool", "flatten", "fc"]


def test_default(default):
    """A slice of a Sequential keeps the names, and the head begins where it ends."""
    assert [name for name, _ in default.features.named_children()] == ["conv1", "layer2"]
    assert torch.equal(default.head(default.features(default.x)), default.model(default.x))
    assert default.features(default.x).shape == (2, 6, 16, 20)
    assert default.model(default.x).shape == (2, 5)


def test_right(right):
    """Of maps of ones, the pooled features are ones, and fc adds up its weights."""
    expected = right.head.fc.weight.sum(dim=1) + right.head.fc.bias
    torch.testing.assert_close(right.head(right.maps), expected.expand(2, 5))


def test_forward_is_lost(raises):
    """The children of a ResNet in a row raise at fc, because forward() flattens before it."""
    model = SmallResNet().eval()
    x = torch.randn(2, 3, 64, 64)
    assert model(x).shape == (2, 9)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        nn.Sequential(*model.children())(x)


def test_frozen_statistics_move():
    """With requires_grad_(False) alone, BatchNorm's running_mean moves in train mode; in eval() it does not."""
    model = SmallResNet()
    features = nn.Sequential(OrderedDict(model.named_children()))[:-3].requires_grad_(False)
    for training in True, False:
        features.train(training)
        before = model.bn1.running_mean.clone()
        features(torch.randn(2, 3, 64, 64))
        assert torch.equal(before, model.bn1.running_mean) != training


def test_order_of_definition():
    """named_children() follows __init__, not forward(), and lists a module with two names once."""

    class Swapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.Hardtanh(), nn.Softplus()

        def forward(self, x):
            return self.second(self.first(x))

    model, x = Swapped(), torch.tensor([3.0])
    assert [name for name, _ in model.named_children()] == ["second", "first"]
    assert model(x) == 1 and nn.Sequential(*model.children())(x) > 1.3
    twice = nn.Module()
    twice.act1 = nn.ReLU()
    twice.fc, twice.act2 = nn.Linear(2, 3), twice.act1
    assert [name for name, _ in twice.named_children()] == ["act1", "fc"]


def test_layers_are_shared():
    """The parts hold the layers of the model; deepcopy makes layers of their own."""
    model = SmallResNet()
    head = nn.Sequential(OrderedDict(model.named_children()))[-1:]
    assert head.fc is model.fc
    apart = copy.deepcopy(head)
    with torch.no_grad():
        head.fc.bias.fill_(7)
    assert model.fc.bias.tolist() == [7.0] * 9 and 7.0 not in apart.fc.bias.tolist()


def test_names(raises):
    """Sequential(*layers) numbers its layers, an OrderedDict names them, and a dict raises."""
    layers = OrderedDict(conv1=nn.Conv2d(1, 1, 1, bias=False), fc=nn.Linear(1, 1, bias=False))
    assert list(nn.Sequential(*layers.values()).state_dict()) == ["0.weight", "1.weight"]
    assert list(nn.Sequential(layers).state_dict()) == ["conv1.weight", "fc.weight"]
    with raises(TypeError, "dict is not a Module subclass"):
        nn.Sequential(dict(layers))


def test_resnet50():
    """conv1 to layer3 of ResNet-50 give 1024 channels: 38 × 38 for 600 × 600, and 14 × 14 for 224 × 224."""
    from torchvision.models import resnet50

    with torch.device("meta"):
        model = resnet50()
        features = nn.Sequential(OrderedDict(model.named_children()))[:-3]
        for size, side in (600, 38), (224, 14):
            assert features(torch.empty(1, 3, size, size)).shape == (1, 1024, side, side)


def test_resnet18():
    """The cut of the answer, and create_feature_extractor, give what torchvision's ResNet-18 computes."""
    from torchvision.models import resnet18
    from torchvision.models.feature_extraction import create_feature_extractor

    torch.manual_seed(0)
    model, x = resnet18().eval(), torch.randn(1, 3, 64, 65)
    features = nn.Sequential(OrderedDict(model.named_children()))[:-3]
    head = nn.Sequential(model.layer4, model.avgpool, nn.Flatten(), model.fc)
    with torch.no_grad():
        assert torch.equal(head(features(x)), model(x))
        maps = create_feature_extractor(model, {"layer3": "maps"})(x)["maps"]
        assert torch.equal(maps, features(x)) and maps.shape == (1, 256, 4, 5)
