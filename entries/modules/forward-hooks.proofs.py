"""Proofs of forward-hooks."""

import gc
import warnings
import weakref

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("stem", nn.Linear(5, 4))
    model.add_module("layer4", nn.Linear(4, 3))
    model.add_module("fc", nn.Linear(3, 2))
    return {"model": model, "x": torch.randn(6, 5)}


def test_answer(answer):
    """A forward hook gets the output of the submodule, and the handle takes it off again."""
    expected = answer.model.layer4(answer.model.stem(answer.x))
    torch.testing.assert_close(answer.features["layer4"], expected.detach())
    assert not answer.features["layer4"].requires_grad
    stored = answer.features.pop("layer4")
    answer.model(answer.x)
    assert answer.features == {} and stored.shape == (6, 3)


def test_default(default):
    """The stored output is what the layer passes on to the rest of forward."""
    conv = default.features["conv"]
    torch.testing.assert_close(conv, default.model.conv(default.x).detach())
    torch.testing.assert_close(default.model.fc(conv.relu().mean(dim=(2, 3))), default.y)
    assert not conv.requires_grad and not default.model.conv._forward_hooks


def test_children_are_not_forward(default, raises):
    """An nn.Sequential of the children loses what forward does between them."""
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        nn.Sequential(*default.model.children())(default.x)


def test_skip_connection_is_lost():
    """Where the shapes fit, an nn.Sequential of the children runs, but without the skip connection."""

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x):
            return self.second(self.first(x)) + x

    model, x, kept = Residual(), torch.tensor([[1.0, 2.0, -4.0]]), []
    model.register_forward_hook(lambda module, args, output: kept.append(output))
    model(x)
    torch.testing.assert_close(kept[0] - nn.Sequential(*model.children())(x), x)


def test_several(several):
    """get_submodule finds nested modules by dotted names, and removing the handles leaves no hook behind."""
    torch.testing.assert_close(several.kept["0"], several.model[0](several.x).detach())
    torch.testing.assert_close(several.kept["2.0"].relu(), several.y.detach())
    assert several.y.requires_grad and not several.kept["2.0"].requires_grad
    assert not any(module._forward_hooks for module in several.model.modules())
    with several.features_of(several.model, "2") as kept:
        several.model(several.x)
    assert kept["2"].shape == (2, 5, 3, 2) and kept["2"].min() == 0


def test_shapes(shapes):
    """named_modules yields each submodule with the name that get_submodule takes, and the model itself as ""."""
    assert dict(shapes.model.named_modules())[""] is shapes.model
    for name, module in shapes.model.named_modules():
        assert shapes.model.get_submodule(name) is module
    assert not any(module._forward_hooks for module in shapes.model.modules())


def test_replace(replace):
    """What a hook returns replaces the output, unless it is None; forward() runs no hook."""
    by_hand = replace.layer.weight[0] @ torch.tensor([1.0, 2.0, 3.0]) + replace.layer.bias[0]
    torch.testing.assert_close(replace.during[0, 0], by_hand)
    assert replace.during[0, 1] == 0
    assert torch.equal(replace.during[0, [0, 2, 3]], replace.before[0, [0, 2, 3]])
    assert torch.equal(replace.bypassed, replace.before)
    assert torch.equal(replace.layer(replace.x), replace.before)
    for result, seen in [(None, replace.before), (0, 0)]:
        with_hook = replace.layer.register_forward_hook(lambda module, args, output, result=result: result)
        assert torch.equal(torch.as_tensor(replace.layer(replace.x)), torch.as_tensor(seen))
        with_hook.remove()


def test_plot(plot):
    """The maps that a hook collects are the correlations of the image with the filters."""
    from matplotlib import image

    assert len(plot.maps) == 2 and plot.maps[0].shape == (16, 16)
    assert [plot.maps[0][8, column] for column in (3, 4, 8, 11, 12)] == [3, 3, 0, -3, -3]
    assert plot.maps[0][3, 3] == 1  # at the corner, one row of the filter meets the square
    assert torch.equal(plot.maps[1], plot.maps[0].T)
    for row in plot.axes:
        assert all(len(axis.images) == 1 for axis in row)
    assert torch.equal(torch.tensor(plot.axes[1, 1].images[0].get_array().data), plot.maps[1])
    assert image.imread("features.png").ndim == 3


def saved_by(detach, backward=False):
    """Which of the layers' saved tensors stay alive with a stored output of the second layer."""
    boxes = []

    class Box:
        def __init__(self, tensor):
            self.tensor, self.last = tensor.detach(), tensor.shape[-1]  # with its graph, it would be a cycle
            boxes.append(weakref.ref(self))

    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2), nn.Linear(2, 7), nn.Linear(7, 1))
    stored = []
    model[1].register_forward_hook(lambda m, args, out: stored.append(out.detach() if detach else out))
    with torch.autograd.graph.saved_tensors_hooks(Box, lambda box: box.tensor):
        y = model(torch.ones(5, 3))
    if backward:
        y.sum().backward()
    del y
    gc.collect()
    assert len(stored) == 1
    return len(boxes), {box().last for box in boxes if box() is not None}


def test_graph_stays_alive():
    """A stored output keeps what the layers before it saved, until backward(); a detached one does not."""
    count, alive = saved_by(detach=False)
    assert alive == {3, 4} and count > 4  # the inputs of the first two layers, and none of later ones
    assert saved_by(detach=True)[1] == set()
    assert saved_by(detach=False, backward=True)[1] == set()


def test_gradients_flow_without_detach():
    """A stored output that was not detached takes gradients back to the input."""
    model, stored = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)), []
    model[0].register_forward_hook(lambda module, args, output: stored.append(output))
    x = torch.ones(1, 2, requires_grad=True)
    model(x)
    stored[0].sum().backward()
    torch.testing.assert_close(x.grad, model[0].weight.sum(dim=0, keepdim=True))


def test_in_place_overwrites(wrong):
    """An in-place layer changes the stored output of the layer before it, detached or not."""
    computed = wrong.linear(wrong.x)
    assert computed.min() < 0
    torch.testing.assert_close(wrong.kept[0], computed.detach().relu())
    kept = []
    wrong.linear.register_forward_hook(lambda module, args, output: kept.append(output))
    wrong.model(wrong.x)
    torch.testing.assert_close(kept[0], computed.relu())


def test_tuples():
    """The output that a hook on LSTM or MultiheadAttention gets is a tuple, and its first item the features."""
    for layer, inputs in (nn.LSTM(3, 5), 1), (nn.MultiheadAttention(4, 2), 3):
        seen, width = [], 3 if inputs == 1 else 4
        layer.register_forward_hook(lambda module, args, output, seen=seen: seen.append(output))
        y = layer(*[torch.ones(6, 2, width)] * inputs)
        assert isinstance(seen[0], tuple) and not hasattr(seen[0], "detach")
        assert seen[0][0] is y[0] and y[0].shape == (6, 2, 5 if inputs == 1 else 4)


def test_right(right):
    """A clone made in the hook keeps the values that the layer computed."""
    computed = right.linear(right.x)
    torch.testing.assert_close(right.kept[0], computed.detach())
    torch.testing.assert_close(right.model(right.x), computed.relu())
    assert computed.min() < 0 and right.model[1].inplace


def test_only_when_called():
    """MultiheadAttention never calls its out_proj, and layer.forward(x) runs no hook."""
    ran = []
    attention = nn.MultiheadAttention(4, 2)
    attention.register_forward_hook(lambda *rest: ran.append("attention"))
    attention.out_proj.register_forward_hook(lambda *rest: ran.append("out_proj"))
    x = torch.ones(3, 1, 4)
    for train in True, False:
        for weights in True, False:
            attention.train(train)(x, x, x, need_weights=weights)
    assert ran == ["attention"] * 4
    attention.out_proj.forward(x)
    assert ran == ["attention"] * 4
    attention.out_proj(x)
    assert ran == ["attention"] * 4 + ["out_proj"]


def test_registrations_add_up():
    """Each registration adds a hook, and each handle removes its own."""
    ran, layer = [], nn.Linear(2, 3)
    handles = [layer.register_forward_hook(lambda module, args, output: ran.append(1)) for _ in range(2)]
    layer(torch.ones(1, 2))
    assert ran == [1, 1]
    handles[0].remove()
    layer(torch.ones(1, 2))
    assert ran == [1, 1, 1]


def test_shared_module():
    """A module that is used twice in one forward pass runs its hook twice."""
    kept, relu = {}, nn.ReLU()
    model = nn.Sequential(relu, nn.Linear(2, 3), relu)
    ran = []
    relu.register_forward_hook(lambda module, args, output: ran.append(kept.update(relu=output)))
    y = model(torch.ones(1, 2))
    assert len(ran) == 2 and kept["relu"] is y


def test_old_backward_hooks_see_the_last_operation():
    """register_backward_hook passes what goes into a module's last operation, and the full hook what goes into
    the module."""

    class Triple(nn.Module):
        def forward(self, x):
            return (3 * x).exp()

    seen = {}
    x = torch.zeros(2, requires_grad=True)
    for register in ("register_backward_hook", "register_full_backward_hook"):
        net = Triple()
        getattr(net, register)(lambda net, inner, outer, name=register: seen.update({name: inner[0].tolist()}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net(x).sum().backward()
    assert seen == {"register_backward_hook": [1, 1], "register_full_backward_hook": [3, 3]}


def test_full_backward_hooks_and_in_place_layers(raises):
    """A full backward hook raises if the module or the layer after it works in place; with inplace=False it runs."""
    for hooked in 0, 1:
        for inplace in True, False:
            seen, model = [], nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=inplace))
            model[hooked].register_full_backward_hook(lambda net, inner, outer, seen=seen: seen.append(outer[0].shape))
            x = torch.ones(2, 3, requires_grad=True)
            if inplace:
                with raises(RuntimeError, "is a view and is being modified inplace"):
                    model(x).sum().backward()
            else:
                model(x).sum().backward()
                assert seen == [(2, 4)]


def test_full_backward_hooks_and_skip_connections(raises):
    """A full backward hook raises if y += x changes the output of its module, or x += y the input, and y = y + x runs."""

    class Residual(nn.Module):
        def __init__(self, how):
            super().__init__()
            self.fc, self.how = nn.Linear(3, 3), how

        def forward(self, x):
            x = 2 * x
            y = self.fc(x)
            if self.how == "y += x":
                y += x
            elif self.how == "x += y":
                x += y
                y = x
            else:
                y = y + x
            return y

    for how in ("y += x", "x += y", "y = y + x"):
        model, seen = Residual(how), []
        model.fc.register_full_backward_hook(lambda net, inner, outer, seen=seen: seen.append(outer[0].shape))
        x = torch.ones(2, 3, requires_grad=True)
        if how == "y = y + x":
            model(x).sum().backward()
            assert seen == [(2, 3)]
        else:
            with raises(RuntimeError, "is a view and …modified inplace"):
                model(x).sum().backward()


def test_compiled_models():
    """A compiled model runs a hook that was registered before its first call, and not one that came later."""
    ran, x = [], torch.ones(2, 3)
    for early in True, False:
        torch._dynamo.reset()
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        compiled = torch.compile(model, backend="eager")
        if not early:
            compiled(x)
        model[0].register_forward_hook(lambda module, args, output, early=early: ran.append(early))
        compiled(x)
    assert ran == [True]
