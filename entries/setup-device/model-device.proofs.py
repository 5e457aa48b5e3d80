"""Proofs of model-device."""

import torch
from torch import nn


def given():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).to("meta")
    return {"model": model, "x": torch.zeros(2, 3)}


def test_answer(answer):
    """The first parameter of a model that was moved as a whole tells its device, and the input can follow it."""
    assert answer.device == torch.device("meta") == answer.x.device
    assert answer.model(answer.x).shape == (2, 4)
    assert {t.device for t in [*answer.model.parameters(), *answer.model.buffers()]} == {answer.device}


def test_default(default):
    """Parameters and buffers of one model can be on several devices."""
    found = {name: t.device.type for name, t in default.model.state_dict().items()}
    assert {found[name] for name in found if name.startswith("2.")} == {"meta"}
    assert {found[name] for name in found if not name.startswith("2.")} == {"cpu"}
    shapes = [tuple(p.shape) for p in default.model.parameters()]
    assert shapes == [(4, 3), (4,), (4,), (4,), (2, 4), (2,)]


def test_in_forward(in_forward):
    """device=x.device and dtype=x.dtype put a new tensor where the input is."""
    for x in torch.zeros(2, 3, device="meta"), torch.zeros(2, 3, dtype=torch.float64):
        out = in_forward.Padded()(x)
        assert (out.device, out.dtype, out.shape) == (x.device, x.dtype, (2, 4))
    assert in_forward.Padded()(torch.zeros(1, 2)).tolist() == [[0, 0, 1]]
    x = torch.zeros(2, 3, device="meta")
    assert x.new_zeros(4).device == torch.zeros_like(x).device == x.device


def test_property(property):
    """A property reads the device anew each time, so it follows the model."""
    net = property.Net()
    assert net.fc(torch.zeros(5, 3)).shape == (5, 2)
    assert net.device.type == "cpu" and net.to("meta").device.type == "meta" == net.device.type


def test_right(right):
    """A model is made on the CPU unless it is told otherwise."""
    assert next(right.model.parameters()).device == torch.device("cpu")
    assert right.model(torch.zeros(5, 3)).shape == (5, 2)


def test_the_first_is_not_all():
    """After one submodule was moved, the first parameter does not tell the devices of the others."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2).to("meta"))
    assert next(model.parameters()).device.type == "cpu"
    assert {p.device.type for p in model.parameters()} == {"cpu", "meta"}


def test_an_index_makes_a_difference():
    """torch.device("cuda") does not equal torch.device("cuda:0"), but their types are equal."""
    one, other = torch.device("cuda"), torch.device("cuda:0")
    assert one != other and one.type == other.type == "cuda"
    assert torch.zeros(1).is_cuda is False


def test_no_parameters(raises):
    """next() raises StopIteration for a module without parameters."""
    with raises(StopIteration):
        next(nn.ReLU().parameters())


def test_plain_attributes_stay():
    """to() moves buffers and leaves tensors that are plain attributes."""
    model = nn.Linear(3, 2)
    model.plain = torch.zeros(1)
    model.register_buffer("scale", torch.zeros(1))
    model.to("meta")
    assert model.plain.device.type == "cpu" and model.scale.device.type == "meta"
    assert "plain" not in dict(model.named_buffers())


def test_lists_have_no_device(raises):
    """A list of tensors, a tuple, and a dict have no device either; their tensors do."""
    for thing in [torch.ones(2)], (torch.ones(2),), {"x": torch.ones(2)}:
        with raises(AttributeError, f"'{type(thing).__name__}' object has no attribute 'device'"):
            thing.device
    assert [torch.ones(2)][0].device.type == "cpu"
