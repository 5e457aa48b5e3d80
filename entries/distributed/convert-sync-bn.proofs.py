"""Proofs of convert-sync-bn."""

import copy

import torch
from torch import nn

convert = nn.SyncBatchNorm.convert_sync_batchnorm


class Net(nn.Sequential):
    """A model that stays on the CPU where there is no GPU."""

    def cuda(self):
        return super().cuda() if torch.cuda.is_available() else self


class Wrapped(nn.Module):
    """Stands for DDP, which refuses SyncBatchNorm on a CPU."""

    def __init__(self, module):
        super().__init__()
        self.module = module


def given():
    model = Net(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    return {"nn": nn, "model": model, "DistributedDataParallel": Wrapped}


def test_answer(answer):
    """The converted model is wrapped."""
    assert isinstance(answer.model.module, Net)
    assert [type(m) for m in answer.model.module] == [nn.Conv2d, nn.SyncBatchNorm]


def test_default(default):
    """Conversion keeps the options, the counter, and the keys of every BatchNorm of a nested model."""
    first, second = default.model[1], default.block[1]
    assert type(first) is type(second) is nn.SyncBatchNorm
    assert (first.eps, second.eps) == (0.5, 1e-5)
    assert first.num_batches_tracked == second.num_batches_tracked == 1
    mean = 0.1 * default.model[0](default.x).mean(dim=(0, 2, 3))  # momentum 0.1, one batch
    torch.testing.assert_close(first.running_mean, mean)
    assert default.before.shape == (8, 6, 3, 5)


def test_right(right):
    """set_submodule replaces nested layers too, each with as many channels as the old one."""
    assert [(m.num_groups, m.num_channels) for m in right.model.modules() if isinstance(m, nn.GroupNorm)] == [
        (2, 6),
        (2, 8),
    ]
    assert right.model(torch.ones(1, 3, 9, 9)).shape == (1, 8, 5, 5)


def test_every_batchnorm():
    """BatchNorm1d, 2d, and 3d are converted, in the same model, with all their options and states."""
    model = nn.Sequential(
        nn.BatchNorm1d(3, momentum=0.3),
        nn.BatchNorm2d(4, affine=False),
        nn.BatchNorm3d(5, track_running_stats=False),
    )
    model[0].requires_grad_(False)
    model[1].eval()
    held = [*model.parameters(), *model.buffers()]
    keys = list(model.state_dict())
    converted = convert(model)
    assert converted is model and {type(layer) for layer in model} == {nn.SyncBatchNorm}
    assert all(a is b for a, b in zip(held, [*model.parameters(), *model.buffers()], strict=True))
    assert list(model.state_dict()) == keys
    assert (model[0].momentum, model[1].affine, model[2].track_running_stats) == (0.3, False, False)
    assert [layer.training for layer in model] == [True, False, True]
    assert not model[0].weight.requires_grad


def test_checkpoints_fit_both():
    """The state_dict of a converted model loads into the plain one and back."""
    plain = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    converted = convert(copy.deepcopy(plain))
    plain[1].running_mean.fill_(2.0)
    converted.load_state_dict(plain.state_dict())
    assert converted[1].running_mean.tolist() == [2.0] * 4
    converted[1].bias.data.fill_(3.0)
    plain.load_state_dict(converted.state_dict())
    assert plain[1].bias.tolist() == [3.0] * 4


def test_an_earlier_optimizer_works():
    """An optimizer that was built before the conversion still trains the parameters."""
    model = nn.Sequential(nn.BatchNorm1d(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model = convert(model)
    model(torch.arange(12.0).view(4, 3)).square().sum().backward()
    optimizer.step()
    assert (model[0].weight != 1).all()


def test_a_batchnorm_itself():
    """If the model itself is a BatchNorm, a new object is returned, and the old one stays as it was."""
    norm = nn.BatchNorm2d(3)
    converted = convert(norm)
    assert converted is not norm and type(converted) is nn.SyncBatchNorm and type(norm) is nn.BatchNorm2d
    assert converted.weight is norm.weight


def test_setattr_on_the_parent():
    """setattr on the parent replaces a layer too."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    for name, layer in list(model.named_children()):
        if isinstance(layer, nn.BatchNorm1d):
            setattr(model, name, nn.LayerNorm(3))
    assert [type(m) for m in model] == [nn.Linear, nn.LayerNorm]


def test_a_replaced_layer_is_new():
    """A layer that was replaced by hand is created on the CPU and missing from an optimizer built before."""
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4)).to("meta")  # stands for a GPU
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.set_submodule("1", nn.GroupNorm(2, 4))
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert [id(p) in held for p in model.parameters()] == [True, True, False, False]
    assert model[1].weight.device.type == "cpu" and model[0].weight.is_meta


def test_hooks_are_lost():
    """A forward hook of a BatchNorm layer does not run after the conversion, and the old layer is not in the model."""
    model, seen = nn.Sequential(nn.BatchNorm1d(3)), []
    norm = model[0]
    norm.register_forward_hook(lambda *_: seen.append("old"))
    model(torch.ones(2, 3))
    model = convert(model)
    model(torch.ones(2, 3))
    assert seen == ["old"] and norm not in list(model.modules())


def test_subclasses_lose_their_forward():
    """A subclass of BatchNorm2d is converted too, and its own forward is no longer called."""

    class Doubled(nn.BatchNorm2d):
        def forward(self, x):
            return 2 * super().forward(x)

    model, x = nn.Sequential(Doubled(3)), torch.arange(24.0).view(2, 3, 2, 2)
    doubled = model(x)
    torch.testing.assert_close(2 * convert(model)(x), doubled)


def test_what_it_misses():
    """A BatchNorm that stands twice in one container is converted once, one in a plain list not; a lazy one loses its size."""
    twice = nn.BatchNorm2d(3)
    model = convert(nn.Sequential(twice, nn.ReLU(), twice))
    assert [type(m) for m in model] == [nn.SyncBatchNorm, nn.ReLU, nn.BatchNorm2d]
    holder = nn.Module()
    holder.layers = [nn.BatchNorm2d(3)]
    assert type(convert(holder).layers[0]) is nn.BatchNorm2d
    assert convert(nn.Sequential(nn.LazyBatchNorm2d()))[0].num_features == 0
    lazy = nn.Sequential(nn.LazyBatchNorm2d())
    lazy(torch.ones(2, 3, 4, 4))
    assert convert(lazy)[0].num_features == 3


def test_other_norms_stay():
    """GroupNorm, LayerNorm, and InstanceNorm are not converted, and their output for a sample ignores the others."""
    model = nn.Sequential(nn.GroupNorm(2, 4), nn.LayerNorm([4, 3, 3]), nn.InstanceNorm2d(4, affine=True))
    layers = list(model)
    assert list(convert(model)) == layers
    torch.manual_seed(0)
    x = torch.randn(5, 4, 3, 3)
    for layer in layers:
        torch.testing.assert_close(layer(x)[:2], layer(x[:2]))


def test_a_shared_layer_has_two_names():
    """named_modules() gives a layer of two places once; with remove_duplicate=False, both places can be replaced."""
    for duplicates, left in (True, 1), (False, 0):
        norm = nn.BatchNorm2d(4)
        model = nn.Sequential(norm, nn.Sequential(norm))
        for name, layer in list(model.named_modules(remove_duplicate=duplicates)):
            if isinstance(layer, nn.BatchNorm2d):
                model.set_submodule(name, nn.GroupNorm(2, layer.num_features))
        assert sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()) == left
