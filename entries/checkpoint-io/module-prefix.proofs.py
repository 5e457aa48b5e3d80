"""Proofs of module-prefix."""

import torch
from torch import nn
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


def compiled_(model):
    return torch.compile(model, backend="eager")


def given():
    torch.manual_seed(0)
    trained = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    torch.save(compiled_(nn.DataParallel(trained)).state_dict(), "weights.pt")
    return {"torch": torch, "trained": trained, "model": nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))}


def test_answer(answer):
    """The prefixes of torch.compile, DataParallel, and DDP can be stripped in turn, whatever their order."""
    assert torch.equal(answer.model[0].weight, answer.trained[0].weight)
    plain = answer.trained.state_dict()
    for wrap in (
        lambda m: m,
        nn.DataParallel,
        compiled_,
        lambda m: compiled_(nn.DataParallel(m)),
        lambda m: nn.DataParallel(compiled_(m)),
    ):
        torch.save(wrap(answer.trained).state_dict(), "weights.pt")
        model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        lines = (
            'state = torch.load("weights.pt", map_location="cpu")\n'
            'for prefix in "_orig_mod.", "module.", "_orig_mod.":\n'
            "    if all(key.startswith(prefix) for key in state):\n"
            "        state = {key.removeprefix(prefix): t for key, t in state.items()}\n"
            "model.load_state_dict(state)\n"
        )
        exec(lines, {"torch": torch, "model": model})
        assert all(torch.equal(t, plain[key]) for key, t in model.state_dict().items())


def test_default(default):
    """Without the prefix, the weights of the wrapped model fit the bare one."""
    assert torch.equal(default.model.weight, default.wrapped.module.weight)
    assert default.model.weight.shape == (2, 3)


def test_save_inner(save_inner):
    """The inner model's state_dict has no prefix."""
    assert save_inner.wrapped.module is save_inner.model and save_inner.model.weight.shape == (2, 3)


def test_right(right):
    """consume_prefix_in_state_dict_if_present strips the prefix in place and returns None."""
    assert torch.equal(right.model.weight, right.trained.weight) and right.model.weight.shape == (2, 3)
    state = {"module.weight": 1}
    assert consume_prefix_in_state_dict_if_present(state, "module.") is None and state == {"weight": 1}


def test_right_wrapped(right_wrapped):
    """Bare weights go into wrapped.module."""
    assert torch.equal(right_wrapped.wrapped.state_dict()["module.weight"], right_wrapped.trained.weight)
    assert right_wrapped.trained.weight.shape == (2, 3)


def test_which_prefix():
    """DataParallel adds module., torch.compile adds _orig_mod., both together both, the outer one first."""
    model = nn.Linear(3, 2, bias=False)
    assert list(nn.DataParallel(model).state_dict()) == ["module.weight"]
    assert list(compiled_(model).state_dict()) == ["_orig_mod.weight"]
    assert list(nn.DataParallel(compiled_(model)).state_dict()) == ["module._orig_mod.weight"]
    assert list(compiled_(nn.DataParallel(model)).state_dict()) == ["_orig_mod.module.weight"]


def test_ddp_prefix():
    """DistributedDataParallel adds module. and holds the model in wrapped.module."""
    import torch.distributed as dist

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        model = nn.Linear(3, 2, bias=False)
        wrapped = nn.parallel.DistributedDataParallel(model)
        assert list(wrapped.state_dict()) == ["module.weight"] and wrapped.module is model
    finally:
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()


def test_load_into_a_compiled_model(raises):
    """Bare weights do not fit torch.compile(model); they fit compiled._orig_mod, or the model before it is compiled."""
    state, model = nn.Linear(3, 2).state_dict(), nn.Linear(3, 2)
    compiled = compiled_(model)
    with raises(RuntimeError, 'Missing key(s) in state_dict: "_orig_mod.weight"'):
        compiled.load_state_dict(state)
    compiled._orig_mod.load_state_dict(state)
    assert compiled._orig_mod is model and torch.equal(model.weight, state["weight"])


def test_strict_false_loads_nothing():
    """With a prefix in the way, strict=False loads nothing and raises nothing."""
    model = nn.Linear(3, 2)
    before = model.weight.detach().clone()
    report = model.load_state_dict(nn.DataParallel(nn.Linear(3, 2)).state_dict(), strict=False)
    assert report.missing_keys == ["weight", "bias"] and torch.equal(model.weight, before)


def test_replace_hits_the_middle():
    """str.replace changes the middle of a key, removeprefix only its beginning."""
    key = "module.submodule.bias"
    assert key.replace("module.", "") == "subbias" and key.removeprefix("module.") == "submodule.bias"


def test_averaged_model():
    """AveragedModel puts module. before the keys and adds n_averaged."""
    ema_model = torch.optim.swa_utils.AveragedModel(nn.Linear(3, 2))
    assert sorted(ema_model.state_dict()) == ["module.bias", "module.weight", "n_averaged"]
    assert list(ema_model.module.state_dict()) == ["weight", "bias"]


def test_compile_in_place_keeps_the_names():
    """model.compile() keeps the names of the state_dict."""
    model = nn.Linear(3, 2)
    model.compile(backend="eager")
    assert list(model.state_dict()) == ["weight", "bias"]


def test_compiled_layers():
    """If only a layer is compiled, _orig_mod. stands inside the keys; replace takes it out. strict=False skips that layer."""
    model, plain = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)), nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    model[1] = compiled_(model[1])
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "1._orig_mod.weight", "1._orig_mod.bias"]
    before = plain[1].weight.detach().clone()
    plain.load_state_dict(state, strict=False)
    assert torch.equal(plain[0].weight, state["0.weight"]) and torch.equal(plain[1].weight, before)
    plain.load_state_dict({key.replace("_orig_mod.", ""): t for key, t in state.items()})
    assert torch.equal(plain[1].weight, state["1._orig_mod.weight"])
