"""Proofs of meta-tensor."""

import warnings

import torch
from torch import nn


def given():
    return {
        "model": nn.Linear(3, 2, device="meta"),
        "state": {"weight": torch.arange(6.0).view(2, 3), "bias": torch.tensor([1.0, 4.0])},
        "device": torch.device("cpu"),
    }


def test_answer(answer):
    """load_state_dict with assign=True gives a meta model the tensors of the checkpoint."""
    assert not answer.model.weight.is_meta and answer.model.weight.requires_grad
    assert answer.model(torch.ones(1, 3)).tolist() == [[4.0, 16.0]]


def test_default(default):
    """A model built under torch.device("meta") becomes a working one by loading with assign=True."""
    assert torch.equal(default.model.bias, default.state["bias"])
    assert default.model.weight.shape == (2, 3)


def test_what_needs_numbers_fails(raises):
    """tolist() and item() of a meta tensor raise; its shape and dtype can be read."""
    x = torch.ones(1, device="meta", dtype=torch.float16)
    assert x.shape == (1,) and x.dtype == torch.float16
    with raises(NotImplementedError, "no data"):
        x.tolist()
    with raises(RuntimeError, "meta tensors"):
        x.item()


def test_loading_without_assign_does_nothing():
    """load_state_dict without assign=True warns and leaves the parameters on meta."""
    model = nn.Linear(3, 2, device="meta")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.load_state_dict(nn.Linear(3, 2).state_dict())
    assert len(caught) == 2 and "which is a no-op" in str(caught[0].message)
    assert model.weight.is_meta and model.bias.is_meta


def test_buffers_outside_the_checkpoint(raises):
    """A buffer with persistent=False stays on meta after loading with assign=True, and to() raises until it is replaced."""

    class Scaled(nn.Linear):
        def __init__(self):
            super().__init__(3, 2)
            self.register_buffer("scale", torch.arange(3.0), persistent=False)

    state = Scaled().state_dict()
    with torch.device("meta"):
        model = Scaled()
    model.load_state_dict(state, assign=True)
    assert [name for name, t in model.named_buffers() if t.is_meta] == ["scale"]
    with raises(NotImplementedError, "Cannot copy out of meta tensor; no data"):
        model.to("cpu")
    model.scale = torch.arange(3.0)
    assert torch.equal(model.to("cpu").weight, state["weight"])


def test_assign_replaces_the_parameters():
    """After assign=True the model holds other parameter objects: an earlier optimizer does not know them, ties are gone."""
    with torch.device("meta"):
        tied = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    tied[1].weight = tied[0].weight
    tied.load_state_dict({f"{i}.weight": torch.ones(2, 2) for i in (0, 1)}, assign=True)
    assert tied[1].weight is not tied[0].weight and len(list(tied.parameters())) == 2
    model = nn.Linear(3, 2, device="meta")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.load_state_dict(nn.Linear(3, 2).state_dict(), assign=True)
    known = {id(p) for p in optimizer.param_groups[0]["params"]}
    assert not known & {id(p) for p in model.parameters()}


def test_to_empty_allocates(right):
    """to_empty() gives real tensors of the same shape, which loading then fills."""
    model = nn.Linear(3, 2, device="meta").to_empty(device="cpu")
    assert not model.weight.is_meta and model.weight.shape == (2, 3)
    model.load_state_dict(right.state)
    assert torch.equal(model.weight, right.state["weight"])


def test_operator_without_meta_kernel(raises):
    """torch.unique cannot run on a meta tensor, because its result depends on the values."""
    with raises(NotImplementedError, "no fake impl or Meta kernel"):
        torch.unique(torch.ones(3, device="meta"))
    assert torch.unique(torch.ones(3)).tolist() == [1.0]
