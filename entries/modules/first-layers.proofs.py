"""Proofs of first-layers."""

import copy
from collections import OrderedDict

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    layers = OrderedDict(conv=nn.Conv2d(3, 4, 3), act=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(4 * 2 * 3, 2))
    return {"nn": nn, "model": nn.Sequential(layers), "x": torch.randn(5, 3, 4, 5)}


def test_answer(answer):
    """The slice, the rebuilt model, and the model with nn.Identity() as its head give what the head got."""
    model, x = answer.model, answer.x
    expected = model.conv(x).relu().flatten(1)
    assert torch.equal(answer.y, expected) and torch.equal(answer.features(x), expected)
    assert torch.equal(model[:-1](x), expected)


def test_default(default):
    """A slice of a Sequential is a Sequential with the same layers."""
    assert type(default.features) is nn.Sequential
    assert [a is b for a, b in zip(default.features, default.model, strict=False)] == [True] * 2
    assert torch.equal(default.model[-1](default.features(default.x)), default.model(default.x))


def test_a_slice_of_a_subclass(raises):
    """A slice of a subclass of Sequential calls its __init__, which raises if it takes other arguments; a list does not."""

    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2))

    model, x = Net(), torch.ones(5, 3)
    with raises(TypeError, "takes 1 positional argument but 2 were given"):
        model[:-1]
    assert torch.equal(nn.Sequential(*list(model)[:-1])(x), model[0](x).relu())


def test_children_lists_a_shared_layer_once():
    """children() lists a layer that is registered twice once, so a model rebuilt from it lacks the second use; list(model) does
    not."""
    relu = nn.ReLU()
    model = nn.Sequential(nn.Linear(3, 6), relu, nn.Linear(6, 6), relu, nn.Linear(6, 2))
    kinds = [type(layer) for layer in nn.Sequential(*list(model.children())[:-1])]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear]
    assert [type(layer) for layer in list(model)[:-1]] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU]


def test_append_to_a_slice():
    """A slice model[1:] keeps the names 1 and 2, so append, which takes the name 2, replaces the last layer; a new Sequential
    does not."""
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2))
    assert [type(layer) for layer in model[1:].append(nn.Tanh())] == [nn.ReLU, nn.Tanh]
    assert [type(layer) for layer in nn.Sequential(*model[1:], nn.Tanh())] == [nn.ReLU, nn.Linear, nn.Tanh]


def test_new_head(new_head):
    """A copied stem has the values of the old layers and parameters of its own."""
    stem, old = new_head.stem, new_head.old
    assert torch.equal(stem(new_head.x), old[1](old[0](new_head.x)))
    assert stem[0].weight is not old[0].weight
    assert torch.equal(new_head.model(new_head.x), new_head.model[3](stem(new_head.x).mean(dim=(2, 3))))
    assert old(new_head.x).shape == (6, 5, 4, 3)


def test_functions_in_forward_are_lost(wrong):
    """Operations that forward does without a child are lost, and the result still runs."""
    model, x = wrong.model, wrong.x
    assert torch.equal(wrong.features(x), model.conv(x))
    assert torch.equal(model(x), model.fc(model.conv(x).relu().mean(dim=(2, 3))))
    assert (x.shape, model.fc.weight.shape) == ((2, 3, 5, 6), (2, 4))


def test_right(right):
    """With nn.Identity() as its head, a model gives what the head got."""
    model, x = right.model, right.x
    assert torch.equal(model(x), model.conv(x).relu().mean(dim=(2, 3)))
    assert (x.shape, model.conv.weight.shape) == ((2, 3, 5, 6), (4, 3, 3, 3))


def test_skip_connections_are_lost():
    """A skip connection in forward is lost when the children are put into a Sequential."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act = nn.Conv2d(3, 3, 1), nn.ReLU()

        def forward(self, x):
            return self.act(self.conv(x) + x)

    torch.manual_seed(0)
    block, x = Block(), torch.randn(2, 3, 4, 5)
    assert not torch.allclose(nn.Sequential(*block.children())(x), block(x))


def test_children_come_in_the_order_of_definition():
    """children() come in the order of definition, whatever the order in forward."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.Linear(4, 2), nn.Linear(3, 4)

        def forward(self, x):
            return self.second(self.first(x))

    model = Net()
    assert list(model.children()) == [model.second, model.first]
    assert model(torch.ones(5, 3)).shape == (5, 2)


def test_the_layers_are_shared():
    """Training the new model changes the old one, unless its layers are copied."""
    for copied in False, True:
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
        features = copy.deepcopy(model[:1]) if copied else nn.Sequential(*list(model.children())[:1])
        before = model[0].weight.detach().clone()
        features(torch.ones(5, 3)).sum().backward()
        torch.optim.SGD(features.parameters(), lr=0.1).step()
        assert torch.equal(model[0].weight, before) == copied


def test_the_mode_is_shared():
    """train() on the new model switches the layers of the old one as well."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval()
    for features in model[:-1], nn.Sequential(*list(model.children())[:-1]):
        features.train()
        assert model[1].training and not model.training
        features.eval()
        assert not model[1].training


def test_the_layers_are_numbered_anew():
    """nn.Sequential(*children) numbers the layers from 0; a slice keeps their names."""
    model = nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 1), act=nn.ReLU(), fc=nn.Linear(4, 2)))
    assert list(nn.Sequential(*list(model.children())[:2]).state_dict()) == ["0.weight", "0.bias"]
    assert list(model[:2].state_dict()) == ["conv.weight", "conv.bias"]


def test_feature_extractor():
    """create_feature_extractor gives the output of a layer in the middle."""
    from torchvision.models import resnet18
    from torchvision.models.feature_extraction import create_feature_extractor

    model, x = resnet18().eval(), torch.ones(1, 3, 64, 64)
    maps = create_feature_extractor(model, {"layer3": "maps"})(x)["maps"]
    assert maps.shape == (1, 256, 4, 4)


def test_resnet_flattens_in_forward():
    """The children of ResNet-18 without fc give (N, 512, 1, 1)."""
    from torchvision.models import resnet18

    children = list(resnet18().eval().children())
    assert nn.Sequential(*children[:-1])(torch.ones(2, 3, 64, 64)).shape == (2, 512, 1, 1)
