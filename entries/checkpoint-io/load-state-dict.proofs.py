"""Proofs of load-state-dict."""

import warnings

import torch
from torch import nn

KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


def given():
    torch.manual_seed(0)
    old = nn.ModuleDict({"a": nn.Linear(5, 4), "b": nn.BatchNorm1d(4), "c": nn.Linear(4, 9), "d": nn.Linear(2, 2)})
    torch.save(old.state_dict(), "weights.pt")
    model = nn.ModuleDict({"a": nn.Linear(5, 4), "b": nn.BatchNorm1d(4), "c": nn.Linear(4, 3), "e": nn.Linear(2, 2)})
    return {"torch": torch, "model": model, "old": old}


def test_answer(answer):
    """Entries that fit by name and shape are loaded, and missing_keys lists the model's entries that were not."""
    own, saved = answer.model.state_dict(), answer.state
    assert answer.report.missing_keys == ["c.weight", "c.bias", "e.weight", "e.bias"]
    assert answer.report.unexpected_keys == []
    for key in own:
        if key not in answer.report.missing_keys:
            assert torch.equal(own[key], saved[key]), key
    assert {t.device.type for t in saved.values()} == {"cpu"}


def test_default(default):
    """A head of another size keeps its own weights while the body gets those of the file."""
    assert torch.equal(default.model.body.weight, default.old.body.weight)
    assert default.model.head.weight.shape == (3, 4)


def test_gray_input(gray_input):
    """A convolution with the weights summed over RGB gives for a gray image what the RGB one gives for three copies."""
    by_hand = sum(gray_input.rgb.weight.detach()[:, c] for c in range(3))
    torch.testing.assert_close(gray_input.gray.weight.detach()[:, 0], by_hand)
    assert gray_input.x.shape == (2, 1, 6, 7)


def test_strict_false_may_load_nothing(wrong):
    """With a prefix in the way, strict=False loads nothing and raises nothing."""
    assert wrong.trained.weight.shape == wrong.model.weight.shape == (2, 3)  # it would have fitted
    assert not torch.equal(wrong.model.weight, wrong.trained.weight)
    assert wrong.report.unexpected_keys == ["module.weight", "module.bias"]


def test_right(right):
    """consume_prefix_in_state_dict_if_present strips the prefix of every key in place."""
    assert list(right.state) == ["weight", "bias"]
    assert torch.equal(right.model.weight, right.trained.weight)


def test_right_nested(right_nested):
    """The weights inside a checkpoint match where the checkpoint itself does not."""
    assert torch.equal(right_nested.model.weight, right_nested.checkpoint["model"]["weight"])
    assert right_nested.model.weight.shape == (2, 3)


def test_right_shape(right_shape):
    """Without the entries of another shape, strict=False loads the rest."""
    assert torch.equal(right_shape.model[0].weight, right_shape.old[0].weight)
    assert right_shape.old[1].weight.shape == (10, 4) and right_shape.model[1].weight.shape == (3, 4)


def test_exact_by_default(raises):
    """load_state_dict raises by default for a missing name, an unexpected name, and another shape."""
    model = nn.Linear(3, 2)
    for state, says in (
        ({"weight": torch.ones(2, 3)}, 'Missing key(s) in state_dict: "bias"'),
        ({**model.state_dict(), "scale": torch.ones(2)}, 'Unexpected key(s) in state_dict: "scale"'),
        ({"weight": torch.ones(3, 2), "bias": torch.ones(2)}, "size mismatch for weight"),
    ):
        with raises(RuntimeError, says):
            model.load_state_dict(state)


def test_strict_false_returns_both_lists():
    """strict=False skips missing and unexpected names and returns both lists."""
    model = nn.Linear(3, 2)
    report = model.load_state_dict({"weight": torch.ones(2, 3), "scale": torch.ones(1)}, strict=False)
    assert (report.missing_keys, report.unexpected_keys) == (["bias"], ["scale"])
    assert model.weight.detach().eq(1).all()


def test_shapes_still_raise(raises):
    """strict=False raises for another shape, and the entries that fit are copied by then."""
    model = nn.Linear(3, 2)
    with raises(RuntimeError, "size mismatch for bias"):
        model.load_state_dict({"weight": torch.full((2, 3), 7.0), "bias": torch.ones(4)}, strict=False)
    assert model.weight.detach().eq(7).all()


def test_meta_stays_empty():
    """Loading into a model on the meta device warns and changes nothing; assign=True or to_empty() fills it, except for
    buffers with persistent=False."""
    state = nn.Linear(3, 2).state_dict()
    model = nn.Linear(3, 2, device="meta")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.load_state_dict(state)
    assert "is a no-op" in str(caught[0].message) and model.weight.is_meta
    model.load_state_dict(state, assign=True)
    assert torch.equal(model.weight, state["weight"])
    other = nn.Linear(3, 2, device="meta").to_empty(device="cpu")
    other.load_state_dict(state)
    assert torch.equal(other.weight, state["weight"])
    model = nn.Linear(3, 2, device="meta")
    model.register_buffer("scale", torch.empty(2, device="meta"), persistent=False)
    assert model.load_state_dict(state, assign=True).missing_keys == [] and model.scale.is_meta
    model.to_empty(device="cpu").scale.fill_(7.0)
    model.load_state_dict(state)
    assert model.scale.tolist() == [7, 7]


def test_the_parameters_stay():
    """Values are copied into the existing parameters, whose dtype and device stay; with assign=True they become the file's."""
    model = nn.Linear(3, 2)
    weight = model.weight
    model.load_state_dict(nn.Linear(3, 2).double().state_dict())
    assert model.weight is weight and weight.dtype == torch.float32
    model.load_state_dict(nn.Linear(3, 2).double().state_dict(), assign=True)
    assert model.weight is not weight and model.weight.dtype == torch.float64
    model.load_state_dict(nn.Linear(3, 2, device="meta").state_dict(), assign=True)
    assert model.weight.is_meta


def test_prefixes_of_wrappers():
    """DataParallel puts module. before every key, and torch.compile puts _orig_mod. there."""
    assert list(nn.DataParallel(nn.Linear(3, 2)).state_dict()) == ["module.weight", "module.bias"]
    assert list(torch.compile(nn.Linear(3, 2), backend="eager").state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"]


def test_prefix_of_ddp():
    """DistributedDataParallel puts module. before every key."""
    import torch.distributed as dist

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        wrapped = nn.parallel.DistributedDataParallel(nn.Linear(3, 2))
        assert list(wrapped.state_dict()) == ["module.weight", "module.bias"]
    finally:
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()


def test_numbers_are_no_weights(raises):
    """A number instead of a tensor raises; torch.as_tensor makes it loadable."""
    model = nn.BatchNorm1d(1, affine=False)
    state = {**model.state_dict(), "running_mean": [3.0]}
    with raises(RuntimeError, "expected torch.Tensor or Tensor-like object from checkpoint but received <class 'list'>"):
        model.load_state_dict(state)
    model.load_state_dict({key: torch.as_tensor(value) for key, value in state.items()})
    assert model.running_mean.tolist() == [3]


def test_a_model_is_no_state_dict(raises):
    """load_state_dict refuses a model or an optimizer and takes its state_dict; that of an optimizer refuses None, too."""
    net, other = nn.Linear(2, 3), nn.Linear(2, 3)
    with raises(TypeError, "Expected state_dict to be dict-like"):
        net.load_state_dict(other)
    first, second = torch.optim.Adam(net.parameters()), torch.optim.Adam(other.parameters(), lr=0.5)
    with raises(AttributeError, "'Adam' object has no attribute 'copy'"):
        first.load_state_dict(second)
    with raises(AttributeError, "'NoneType' object has no attribute 'copy'"):
        first.load_state_dict(None)
    first.load_state_dict(second.state_dict())
    assert first.param_groups[0]["lr"] == 0.5
    net.load_state_dict(other.state_dict())
    assert torch.equal(net.weight, other.weight)


def test_expanded_parameters_cannot_be_loaded(raises):
    """A parameter that was expanded shares its memory and cannot be loaded into; its clone can. A model created in
    inference_mode cannot be loaded into either, outside of it."""
    net, other = nn.Linear(2, 3), nn.Linear(2, 3)
    net.weight = nn.Parameter(torch.ones(1).expand(3, 2))
    with raises(RuntimeError, "whose dimensions in the checkpoint are torch.Size([3, 2]), an exception occurred"):
        net.load_state_dict(other.state_dict())
    net.weight = nn.Parameter(torch.ones(1).expand(3, 2).clone())
    net.load_state_dict(other.state_dict())
    assert torch.equal(net.weight, other.weight)
    with torch.inference_mode():
        net = nn.Linear(2, 3)
    with raises(RuntimeError, "an exception occurred : ('Inplace update to inference tensor"):
        net.load_state_dict(other.state_dict())


def test_assign_leaves_the_optimizer_behind():
    """After assign=True, an optimizer built before moves no weight of the model; one built after it does."""
    model = nn.Linear(3, 2)
    before = torch.optim.SGD(model.parameters(), lr=1.0)
    state = {"weight": torch.ones(2, 3), "bias": torch.ones(2)}
    model.load_state_dict(state, assign=True)
    for optimizer, moves in (before, False), (torch.optim.SGD(model.parameters(), lr=1.0), True):
        model(torch.ones(4, 3)).sum().backward()
        optimizer.step()
        assert (model.weight[0, 0].item() != 1) is moves
