"""Proofs of device-mismatch."""

import math

import torch
from torch import nn


def given():
    loader = [(torch.ones(4, 3), torch.zeros(4)), (torch.ones(2, 3), torch.zeros(2))]
    return {"torch": torch, "model": nn.Linear(3, 2), "loader": loader, "device": torch.device("meta")}


def test_answer(answer):
    """After moving the model and each batch, everything is on one device, and so is a tensor made with device=x.device."""
    tensors = [answer.x, answer.y, answer.mask, *answer.model.parameters()]
    assert {t.device.type for t in tensors} == {"meta"}
    assert answer.mask.shape == (2,) and answer.model(answer.x).shape == (2, 2)


def test_default(default):
    """Module.to also moves the class weights of a loss."""
    tensors = [default.x, default.y, default.noise, default.criterion.weight, *default.model.parameters()]
    assert {t.device.type for t in tensors} == {default.device.type}
    logits = default.model(default.x).tolist()
    nll = [math.log(sum(math.exp(v) for v in row)) - row[label] for row, label in zip(logits, [1, 0, 1, 1], strict=True)]
    weights = [4, 1, 4, 4]
    by_hand = sum(w * v for w, v in zip(weights, nll, strict=True)) / sum(weights)
    assert abs(default.loss.item() - by_hand) < 1e-4 and default.x.sum().item() == 12


def test_class_weights_stay_behind(raises):
    """A loss whose class weights are on another device than the logits raises."""
    criterion = nn.CrossEntropyLoss(weight=torch.ones(5))
    with raises(RuntimeError, "not on the expected device"):
        criterion(torch.ones(4, 5, device="meta"), torch.zeros(4, dtype=torch.long, device="meta"))


def test_layers_in_a_list():
    """A layer in a Python list is not moved with the module; in an nn.ModuleList it is."""
    model = nn.Module()
    model.plain, model.listed = [nn.Linear(3, 2)], nn.ModuleList([nn.Linear(3, 2)])
    model.to("meta")
    assert (model.plain[0].weight.device.type, model.listed[0].weight.device.type) == ("cpu", "meta")


def test_right(right):
    """A buffer moves with its module."""
    assert right.model.mean.device == right.y.device == torch.device("meta")
    center = type(right.model)()
    assert center(torch.full((2, 3), 5.0)).tolist() == [[4, 3, 1], [4, 3, 1]]


def test_right_batch(right_batch):
    """to() moves all parameters of a recurrent layer, and its result is the moved batch."""
    gru = right_batch.gru
    tensors = [right_batch.x, right_batch.y, right_batch.h, *gru.parameters()]
    assert {t.device.type for t in tensors} == {"meta"}
    assert (gru.input_size, gru.hidden_size) == (3, 5)


def test_to_returns_a_tensor():
    """tensor.to returns a tensor and leaves the original on its device."""
    x = torch.zeros(2)
    y = x.to("meta")
    assert (x.device.type, y.device.type) == ("cpu", "meta")


def test_load_the_optimizer_after_moving():
    """load_state_dict puts Adam's averages on the device of the parameters at that moment, and a later model.to leaves them."""
    old = nn.Linear(3, 2)
    adam = torch.optim.Adam(old.parameters())
    old(torch.ones(1, 3)).sum().backward()
    adam.step()

    def place(move_first):
        model = nn.Linear(3, 2)
        if move_first:
            model.to("meta")
        optimizer = torch.optim.Adam(model.parameters())
        optimizer.load_state_dict(adam.state_dict())
        model.to("meta")
        return {state["exp_avg"].device.type for state in optimizer.state.values()}

    assert place(move_first=True) == {"meta"} and place(move_first=False) == {"cpu"}


def test_exceptions(raises):
    """In elementwise arithmetic a CPU tensor without dimensions combines with a tensor elsewhere; CPU indices may index it."""
    x = torch.ones(2, 3, device="meta")
    assert (x * torch.tensor(2.0)).device.type == "meta"
    assert x[torch.tensor([1, 0])].shape == (2, 3)
    with raises(RuntimeError, "not on the expected device"):
        x * torch.ones(3)
    with raises(RuntimeError, "not on the expected device"):
        torch.ones(3) * torch.tensor(2.0, device="meta")


def test_new_tensors_are_on_the_cpu():
    """torch.zeros without a device makes a CPU tensor; zeros_like makes one where its argument is."""
    x = torch.ones(2, device="meta")
    assert (torch.zeros(2).device.type, torch.zeros_like(x).device.type) == ("cpu", "meta")


def test_assignment_copies():
    """Assigning to an integer or a slice copies between devices."""
    x = torch.ones(2, 3, device="meta")
    x[0] = torch.ones(3)
    x[:, 1] = torch.ones(2)
    assert x.device.type == "meta"
    taken = torch.zeros(2).copy_(torch.arange(2.0))
    assert taken.tolist() == [0, 1]


def test_names_of_arguments():
    """A linear layer calls addmm with the input as mat1 and the transposed weight as mat2; nll_loss names the labels target."""
    calls = []

    class Log(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            calls.append((function, args))
            return function(*args, **(kwargs or {}))

    layer, x = nn.Linear(3, 2), torch.ones(4, 3)
    with Log():
        layer(x)
    function, args = calls[-1]
    named = dict(zip([a.name for a in function._schema.arguments], args, strict=False))
    assert named["mat1"] is x and torch.equal(named["mat2"], layer.weight.t())
    assert "target" in [a.name for a in torch.ops.aten.nll_loss_forward.default._schema.arguments]


def test_persistent():
    """A buffer with persistent=False moves with the module and is not in its state_dict."""
    model = nn.Module()
    model.register_buffer("mean", torch.ones(3))
    model.register_buffer("mask", torch.ones(2), persistent=False)
    model.to("meta")
    assert model.mask.device.type == "meta" and list(model.state_dict()) == ["mean"]


def test_a_part_on_meta_has_no_data(raises):
    """An operation with a meta parameter raises; load_state_dict with assign=True gives the part its weights."""
    source = nn.Linear(3, 2)
    with torch.device("meta"):
        part = nn.Linear(3, 2)
    with raises(RuntimeError, "meta"):
        part(torch.ones(1, 3))
    part.load_state_dict(source.state_dict(), assign=True)
    assert torch.equal(part(torch.ones(1, 3)), source(torch.ones(1, 3)))
