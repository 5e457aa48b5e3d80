"""Proofs of modules-vs-children."""

import torch
from torch import nn


class Collector:
    """Stands in for print."""

    def __init__(self):
        self.calls = []

    def __call__(self, *args):
        self.calls.append(args)


def given():
    convs = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Sequential(nn.Conv2d(8, 4, 1)))
    return {"nn": nn, "model": nn.Sequential(convs, nn.Flatten()), "print": Collector()}


def test_answer(answer):
    """named_modules() gives every level with its dotted path, and named_children() the top level."""
    first, second, *children = answer.print.calls
    assert first == ("0.0", answer.model[0][0]) and second == ("0.2.0", answer.model[0][2][0])
    assert children == [("0", "Sequential"), ("1", "Flatten")]


def walk(module, path=""):
    """All modules by hand, depth first."""
    found = [(path, module)]
    for name, child in module._modules.items():
        found += walk(child, f"{path}.{name}" if path else name)
    return found


def test_default(default):
    """modules() gives the model first and then everything below it, depth first."""
    model = default.model
    by_hand = walk(model)
    assert list(model.named_modules()) == by_hand and by_hand[0] == ("", model)
    assert list(model.modules()) == [m for _, m in by_hand]
    assert list(model.named_children()) == [("0", model[0]), ("1", model[1])]
    assert list(model.children()) == [model[0], model[1]]
    assert [type(m) for m in default.leaves] == [nn.Conv2d, nn.ReLU, nn.Conv2d, nn.Dropout]
    assert (model[0][0].kernel_size, model[1][0].kernel_size, model[1][1][0].p) == ((3, 3), (3, 3), 0.5)


def test_replace(replace):
    """set_submodule puts a new module at the path that named_modules() gave, and get_submodule returns it."""
    assert not any(isinstance(m, nn.ReLU) for m in replace.model.modules())
    x = torch.tensor([-4.0, 6.0, -2.0])
    for path in "0", "1.1.0":
        assert replace.model.get_submodule(path)(x).tolist() == [-2.0, 6.0, -1.0]
    assert replace.model[1][0].weight.shape == (2, 3)


def test_wrong(wrong, right):
    """children() misses layers inside a child, and modules() finds them."""
    assert wrong.linears == [wrong.model[1]]
    assert right.linears == [right.model[0][0], right.model[1]]


def test_wrapping_inside_the_loop(raises):
    """A loop over modules() that wraps the children of each module raises RecursionError; over a list it ends."""

    def wrapped(model, modules):
        count = 0
        for m in modules:
            for name, child in m.named_children():
                if isinstance(child, nn.ReLU):
                    setattr(m, name, nn.Sequential(child))
                    count += 1
        return count

    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    with raises(RecursionError, "maximum recursion depth exceeded"):
        wrapped(model, model.modules())
    model = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    assert wrapped(model, list(model.modules())) == 1
    assert [name for name, _ in model.named_modules()] == ["", "0", "0.0", "1"]


def test_modules_count_containers():
    """modules() of two layers in two containers has five elements, of which two are layers."""
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2)))
    assert len(list(model.modules())) == 5
    assert sum(isinstance(m, nn.Linear) for m in model.modules()) == 2


def test_shared_modules_come_once():
    """A module under two names comes once in one call, and twice with remove_duplicate=False."""
    shared = nn.ReLU()
    model = nn.Sequential(nn.Sequential(shared, nn.Linear(2, 2), shared), nn.Sequential(shared))
    assert [name for name, m in model.named_modules() if m is shared] == ["0.0"]
    assert [m is shared for m in model[0].children()] == [True, False]
    assert list(model[1].children()) == [shared]  # another call
    names = [name for name, m in model.named_modules(remove_duplicate=False) if m is shared]
    assert names == ["0.0", "0.2", "1.0"]
    for name, m in list(model.named_modules(remove_duplicate=False)):
        if isinstance(m, nn.ReLU):
            model.set_submodule(name, nn.Tanh())
    assert not any(isinstance(m, nn.ReLU) for m in model.modules())


def test_plain_lists_are_not_seen():
    """Layers in a plain list or dict are not registered, and those in ModuleList and ModuleDict are."""

    class Net(nn.Module):
        def __init__(self, as_list, as_dict):
            super().__init__()
            self.layers = as_list([nn.Linear(2, 2)])
            self.heads = as_dict({"a": nn.Linear(2, 2)})

    plain, registered = Net(list, dict), Net(nn.ModuleList, nn.ModuleDict)
    assert list(plain.children()) == [] and list(plain.modules()) == [plain] and not list(plain.parameters())
    assert [name for name, _ in registered.named_modules()] == ["", "layers", "layers.0", "heads", "heads.a"]


def test_a_parametrized_layer_has_children():
    """A layer under weight_norm has children, so it is not among the modules without children."""
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), nn.Linear(2, 2))
    leaves = [m for m in model.modules() if not list(m.children())]
    assert model[0] not in leaves and model[1] in leaves
