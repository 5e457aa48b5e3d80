"""Proofs of custom-layer."""

import torch
from torch import nn


def given():
    return {"torch": torch, "nn": nn}


def test_answer(answer):
    """A Parameter made in __init__ is used in forward and found by parameters()."""
    layer = answer.Scale(3)
    assert [(name, p.tolist()) for name, p in layer.named_parameters()] == [("weight", [1, 1, 1])]
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([2.0, 3.0, 5.0]))
    assert layer(torch.tensor([[1.0, 10.0, 100.0]])).tolist() == [[2, 30, 500]]


def test_default(default):
    """kaiming_uniform_ with a = sqrt(5) draws what nn.Linear draws."""
    torch.manual_seed(0)
    same = nn.Linear(4, 3, bias=False)
    assert torch.equal(default.layer.weight, same.weight)
    x = torch.arange(8.0).view(2, 4)
    torch.testing.assert_close(default.layer(x), 2 * (x @ same.weight.T))
    default.layer(x).sum().backward()
    torch.testing.assert_close(default.layer.scale.grad, (x @ same.weight.T).sum(dim=0))


def test_two_inputs(two_inputs):
    """forward may take several inputs, and sublayers are registered by assigning them."""
    layer, a, b = two_inputs.layer, torch.randn(2, 5), torch.randn(2, 3)
    pre = a @ layer.image.weight.T + layer.image.bias + b @ layer.text.weight.T + layer.text.bias
    torch.testing.assert_close(layer(a, b), pre.clamp(min=0))
    assert two_inputs.out.shape == (2, 4) and len(list(layer.parameters())) == 4


def test_repr(repr):
    """print shows what extra_repr returns between the parentheses."""
    assert str(repr.Scale(7)) == "Scale(dim=7)"
    assert repr.Scale(2)(torch.tensor([3.0, 4.0])).tolist() == [3, 4]


def test_wrong(wrong):
    """A tensor with requires_grad=True works in forward, but parameters() and state_dict() do not see it."""
    assert wrong.layer(torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [[2, 4, 6]]
    assert wrong.layer.scale.requires_grad


def test_right(right):
    """A Parameter works in forward, and parameters() and state_dict() list it."""
    assert right.layer(torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [[2, 4, 6]]


def test_tensors_are_not_parameters(wrong, right):
    """to() leaves a tensor attribute where it is, and an optimizer on parameters() does not train it."""
    for module, seen in ((wrong, False), (right, True)):
        layer = module.Scale()
        assert any(p is layer.scale for p in layer.parameters()) == seen
        assert ("scale" in layer.state_dict()) == seen
        assert layer.to("meta").scale.is_meta == seen


def test_to_makes_a_plain_tensor():
    """nn.Parameter(t).to(...) is a plain tensor if to() copies, and the parameter itself if not."""
    p = nn.Parameter(torch.ones(3))
    assert not isinstance(p.to("meta"), nn.Parameter) and not isinstance(p.to(torch.float64), nn.Parameter)
    assert p.to("cpu") is p


def test_lists_are_not_registered():
    """A plain list of parameters or layers is not registered; ParameterList and ModuleList are."""
    module = nn.Module()
    module.a = [nn.Parameter(torch.ones(1))]
    module.b = [nn.Linear(2, 3)]
    assert list(module.parameters()) == []
    module.c = nn.ParameterList([torch.ones(1)])
    module.d = nn.ModuleList([nn.Linear(2, 3)])
    assert [name for name, _ in module.named_parameters()] == ["c.0", "d.0.weight", "d.0.bias"]


def test_optimizers_hold_the_old_parameter():
    """A parameter assigned after the optimizer was built is not trained; copied values are."""
    for replace in (True, False):
        layer = nn.Linear(2, 3)
        optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
        if replace:
            layer.weight = nn.Parameter(torch.zeros(3, 2))
        else:
            with torch.no_grad():
                layer.weight.copy_(torch.zeros(3, 2))
        layer(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        assert (layer.weight == (0 if replace else -1)).all()


def test_reset_parameters():
    """reset_parameters of a layer draws its parameters again."""
    torch.manual_seed(0)
    layer = nn.Linear(2, 3)
    before = layer.weight.tolist()
    layer.reset_parameters()
    assert layer.weight.tolist() != before
    torch.manual_seed(0)
    layer.reset_parameters()
    assert layer.weight.tolist() == before


def test_tensors_made_in_forward(raises):
    """A tensor without a device argument is on the CPU, also if x is not; new_zeros takes device and dtype of x."""
    x = torch.ones(3, device="meta", dtype=torch.float64)  # a device that every build of PyTorch has
    assert torch.zeros(3).device.type == "cpu"
    assert torch.zeros(3, device=x.device).is_meta
    assert (x.new_zeros(3).device.type, x.new_zeros(3).dtype) == ("meta", torch.float64)


def test_layers_of_an_older_version(raises):
    """A layer that lacks an attribute of a newer version, as in a model saved whole by an older one, raises; its state_dict loads."""
    old = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Upsample(scale_factor=2))
    del old[1].recompute_scale_factor  # which torch 1.11 added
    x = torch.ones(1, 1, 2, 2)
    with raises(AttributeError, "'Upsample' object has no attribute 'recompute_scale_factor'"):
        old(x)
    new = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Upsample(scale_factor=2))
    new.load_state_dict(old.state_dict())
    assert torch.equal(new(x), new[1](old[0](x)))


def test_wrappers_hide_the_layers(raises):
    """A layer of a model inside Sequential or DataParallel is found at model[0] or model.module."""
    net = nn.Sequential()
    net.fc = nn.Linear(3, 2)
    for outer, inner in (nn.Sequential(net), lambda m: m[0]), (nn.DataParallel(net), lambda m: m.module):
        with raises(AttributeError, f"'{type(outer).__name__}' object has no attribute 'fc'"):
            outer.fc
        assert inner(outer).fc is net.fc
