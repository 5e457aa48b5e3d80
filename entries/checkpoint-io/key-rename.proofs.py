"""Proofs of key-rename."""

import re
from collections import OrderedDict

import torch
from torch import nn


def two_layers():
    torch.manual_seed(0)
    return nn.Sequential(OrderedDict(backbone=nn.Linear(3, 4), head=nn.Linear(4, 2)))


def given():
    state = {key.replace("backbone.", "encoder."): t + 1 for key, t in two_layers().state_dict().items()}
    assert list(state) == ["encoder.weight", "encoder.bias", "head.weight", "head.bias"]
    torch.save(state, "old.pt")
    return {"torch": torch, "model": two_layers()}


def test_answer(answer):
    """A renamed dict loads, and other keys stay as they are."""
    expected = {key: t + 1 for key, t in two_layers().state_dict().items()}
    torch.testing.assert_close(dict(answer.model.state_dict()), expected)
    assert re.sub(r"^encoder\.", "backbone.", "head.encoder.bias") == "head.encoder.bias"


def test_default(default):
    """re.sub with a captured number renames every layer; the tensors arrive under the new names."""
    values = {key: t.unique().item() for key, t in default.model.state_dict().items()}
    assert [round(v, 4) for v in values.values()] == [0.1, 0.2, 0.3, 0.4]
    assert [tuple(t.shape) for t in default.new.values()] == [(4, 3), (4,), (2, 4), (2,)]


def test_compare(compare):
    """load_state_dict(strict=False) reports what the file lacks and what the model lacks."""
    assert compare.model[0].weight.unique().item() == compare.model[0].bias.unique().item() == 1
    shapes = {key: tuple(t.shape) for key, t in compare.state.items()}
    assert shapes == {"0.weight": (4, 3), "0.bias": (4,), "fc.weight": (2, 4), "fc.bias": (2,)}
    own = {key: tuple(t.shape) for key, t in compare.model.state_dict().items()}
    assert list(own.values()) == list(shapes.values())


def test_by_order(by_order):
    """zip of the two lists of names loads the tensors in the order of the layers."""
    assert [t.unique().item() for t in by_order.model.state_dict().values()] == [1, 2, 3, 4]


def test_wrong(wrong):
    """str.replace changes the text everywhere in the key."""
    assert [t.tolist() for t in wrong.state.values()] == [[0, 0], [1, 1, 1]]


def test_right(right):
    """removeprefix changes the beginning only, and so does a pattern anchored with ^."""
    assert [t.tolist() for t in right.state.values()] == [[0, 0], [1, 1, 1]]
    keys = ["module.fc.weight", "module.submodule.bias"]
    assert [re.sub(r"^module\.", "", key) for key in keys] == list(right.state)


def test_strict_is_the_default(raises):
    """By default load_state_dict raises unless every name matches."""
    state = two_layers().state_dict()
    for change in ({"extra": torch.ones(1)}, {}):
        wrong = {**state, **change}
        if not change:
            del wrong["head.bias"]
        with raises(RuntimeError, "key(s) in state_dict"):
            two_layers().load_state_dict(wrong)


def test_strict_false_loads_nothing():
    """With strict=False a dict without a matching name loads, and the weights stay as they were."""
    model = two_layers()
    before = {key: t.clone() for key, t in model.state_dict().items()}
    model.load_state_dict({f"net.{key}": t + 1 for key, t in before.items()}, strict=False)
    torch.testing.assert_close(dict(model.state_dict()), before)


def test_two_keys_become_one():
    """If two keys become one, the dict keeps the last tensor."""
    old = {"a.1.weight": 1, "a.2.weight": 2}
    new = {re.sub(r"\.\d", "", key): t for key, t in old.items()}
    assert new == {"a.weight": 2} and len(new) != len(old)


def test_mutated_while_iterating(raises):
    """Renaming while looping over the dict raises, or silently skips keys of a plain dict; looping over list(state) works."""
    state = nn.Linear(3, 2).state_dict()
    with raises(RuntimeError, "OrderedDict mutated during iteration"):
        for key in state:
            state["net." + key] = state.pop(key)
    plain = dict(nn.Linear(3, 2).state_dict())
    with raises(RuntimeError, "dictionary keys changed during iteration"):
        for key in plain:
            plain["net." + key] = plain.pop(key)
    silent = 0
    for n in range(1, 40):  # how many keys decides
        plain = {f"module.{i}": i for i in range(n)}
        try:
            for key in plain:
                if key.startswith("module."):
                    plain[key.removeprefix("module.")] = plain.pop(key)
        except RuntimeError:
            continue
        silent += any(key.startswith("module.") for key in plain)
    assert silent > 0
    state = nn.Linear(3, 2).state_dict()
    for key in list(state):
        state["net." + key] = state.pop(key)
    assert list(state) == ["net.weight", "net.bias"]


def test_a_plain_dict_may_lack_num_batches_tracked(raises):
    """A plain dict may lack BatchNorm's num_batches_tracked with strict=True; what state_dict() returns may not, and no
    other name may be missing."""
    model = nn.BatchNorm1d(3)
    state = model.state_dict()
    del state["num_batches_tracked"]
    model.load_state_dict(dict(state))
    with raises(RuntimeError, 'Missing key(s) in state_dict: "num_batches_tracked"'):
        model.load_state_dict(state)
    del state["running_var"]
    with raises(RuntimeError, 'Missing key(s) in state_dict: "running_var"'):
        model.load_state_dict(dict(state))
