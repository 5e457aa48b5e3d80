"""Proofs of ddp-unused-parameters. All run in a group of one process."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.checkpoint import checkpoint

UNFINISHED = "Expected to have finished reduction in the prior iteration"
KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


class Group:
    """A process group of one process, while the block lasts."""

    def __enter__(self):
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)

    def __exit__(self, *error):
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(3, 5)
        self.heads = nn.ModuleList([nn.Linear(5, 2), nn.Linear(5, 2)])

    def forward(self, x, task=0):
        return self.heads[task](self.backbone(x))


def steps(model, tasks):
    for task in tasks:
        model.zero_grad()
        model(torch.ones(4, 3), task).square().mean().backward()


def given():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    shown = []
    return {
        "model": Net(), "x": torch.ones(4, 3), "y": torch.zeros(4, 2), "criterion": nn.MSELoss(), "shown": shown,
        "print": shown.append, "DistributedDataParallel": DistributedDataParallel,
    }  # fmt: skip


def test_answer(answer):
    """One step of the bare model shows the unused parameters, and the wrapped model trains with each head in turn."""
    steps(answer.model, (0, 1, 0))
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert answer.shown == ["heads.1.weight", "heads.1.bias"]
    assert not any(p.requires_grad for p in answer.model.module.backbone.parameters())


def test_default(default):
    """Once the unused parameters are frozen, DDP trains without complaints."""
    model = default.model.module
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == ["0.old.weight", "0.old.bias"]
    log = (model[0](default.x).tanh() @ model[2].weight.T + model[2].bias).log_softmax(dim=1)
    assert -log[range(5), default.y.tolist()].mean() < default.loss < 0.65


def test_right(right):
    """With find_unused_parameters=True each head gets gradients in the step that uses it."""
    out = right.model.module.heads[1](torch.ones(5, 3)).detach()
    torch.testing.assert_close(right.model.module.heads[1].bias.grad, 2 * out[0] / 4)


def test_the_next_forward_raises(raises):
    """The step that leaves a parameter out works, and the next forward pass raises."""
    with Group():
        model = DistributedDataParallel(Net())
        steps(model, (0,))
        with raises(RuntimeError, UNFINISHED):
            model(torch.ones(4, 3), 0)


def test_unused_outputs(raises):
    """An output that is returned and not used in the loss raises; added to the loss, it does not."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, x):
            return self.a(x), self.b(x)

    with Group():
        model = DistributedDataParallel(Two())
        model(torch.ones(4, 3))[0].sum().backward()
        with raises(RuntimeError, UNFINISHED):
            model(torch.ones(4, 3))
        model = DistributedDataParallel(Two())
        for _ in range(2):
            a, b = model(torch.ones(4, 3))
            (a.sum() + b.sum()).backward()


def test_static_graph(raises):
    """static_graph=True works if each step leaves out the same parameters, and raises if they change."""
    with Group():
        steps(DistributedDataParallel(Net(), static_graph=True), (0, 0, 0))
        with raises(RuntimeError, "training graph has changed in this iteration"):
            steps(DistributedDataParallel(Net(), static_graph=True), (0, 1))


def test_the_numbers_are_named_parameters(raises):
    """The numbers in the message count the parameters that require a gradient."""
    with Group():
        net = Net()
        net.backbone.weight.requires_grad_(False)
        model = DistributedDataParallel(net)
        names = [name for name, p in model.module.named_parameters() if p.requires_grad]
        missing = [names.index(name) for name in ("heads.1.weight", "heads.1.bias")]
        with raises(RuntimeError, f"did not receive grad for rank 0: {missing[0]} {missing[1]}"):
            steps(model, (0, 0))


def test_debug_info_names_them(raises):
    """With TORCH_DISTRIBUTED_DEBUG=INFO the message names the parameters."""
    dist.set_debug_level(dist.DebugLevel.INFO)
    try:
        with Group(), raises(RuntimeError, "did not receive grad for rank 0: heads.1.bias, heads.1.weight"):
            steps(DistributedDataParallel(Net()), (0, 0))
    finally:
        dist.set_debug_level(dist.DebugLevel.OFF)


def test_a_forgotten_layer_never_trains():
    """find_unused_parameters=True accepts a layer that no step calls, and it never gets a gradient."""
    with Group():
        model = DistributedDataParallel(Net(), find_unused_parameters=True)
        steps(model, (0, 0, 0))
    assert model.module.heads[1].weight.grad is None


def test_freezing_after_wrapping(raises):
    """Freezing parameters raises after wrapping, and not before; replacing a layer after wrapping raises too."""
    for before in (True, False):
        with Group():
            net = Net()
            if before:
                net.heads[1].requires_grad_(False)
            model = DistributedDataParallel(net)
            if before:
                steps(model, (0, 0))
            else:
                net.heads[1].requires_grad_(False)
                with raises(RuntimeError, UNFINISHED):
                    steps(model, (0, 0))
    with Group():
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
        model = DistributedDataParallel(net)
        net[1] = nn.Linear(3, 4)
        model(torch.ones(5, 3)).sum().backward()
        with raises(RuntimeError, UNFINISHED):
            model(torch.ones(5, 3))


def test_everything_frozen(raises):
    """DDP refuses a model without any parameter that requires a gradient."""
    with Group(), raises(RuntimeError, "is not needed when a module doesn't have any parameter"):
        DistributedDataParallel(nn.Linear(3, 2).requires_grad_(False))


def test_reentrant_checkpoints(raises):
    """Re-entrant checkpoints raise with find_unused_parameters=True; without it, or not re-entrant, they work."""

    class Checkpointed(nn.Module):
        def __init__(self, reentrant):
            super().__init__()
            self.fc, self.reentrant = nn.Linear(3, 3), reentrant

        def forward(self, x, task=0):
            return checkpoint(self.fc, x.requires_grad_(), use_reentrant=self.reentrant)

    with Group():
        with raises(RuntimeError, "Expected to mark a variable ready only once"):
            steps(DistributedDataParallel(Checkpointed(True), find_unused_parameters=True), (0, 0))
        steps(DistributedDataParallel(Checkpointed(False), find_unused_parameters=True), (0, 0))
        steps(DistributedDataParallel(Checkpointed(True)), (0, 0))
        steps(DistributedDataParallel(Checkpointed(True), static_graph=True), (0, 0))


class Interrupted(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        raise MemoryError("out of memory")


def test_an_interrupted_backward(raises):
    """After a backward that raised, the next forward pass raises, with find_unused_parameters=True as well."""
    with Group():
        for options in {}, {"find_unused_parameters": True}:
            model = DistributedDataParallel(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)), **options)
            hook = model.module[0].register_forward_hook(lambda module, args, out: Interrupted.apply(out))
            with raises(MemoryError, "out of memory"):
                model(torch.ones(4, 3)).sum().backward()
            hook.remove()
            with raises(RuntimeError, "Expected to have finished reduction in the prior iteration"):
                model(torch.ones(4, 3))


def test_a_part_under_no_grad(raises):
    """A part that runs under no_grad raises too, unless it was frozen before wrapping."""

    class Part(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone, self.head = nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x):
            with torch.no_grad():
                x = self.backbone(x)
            return self.head(x)

    with Group():
        for frozen in False, True:
            net = Part()
            net.backbone.requires_grad_(not frozen)
            model = DistributedDataParallel(net)
            model(torch.ones(4, 3)).sum().backward()
            if frozen:
                model(torch.ones(4, 3))
            else:
                with raises(RuntimeError, "Expected to have finished reduction in the prior iteration"):
                    model(torch.ones(4, 3))


def test_parameters_outside_of_forward(raises):
    """With find_unused_parameters=True, a loss that uses a parameter outside of forward, or two calls that use different
    layers, raises; without it, or with static_graph=True, both work."""

    def penalty(model):
        return model(torch.ones(4, 3), 0).mean() + sum(p.norm() for p in model.module.heads[1].parameters())

    def two_calls(model):
        return model(torch.ones(4, 3), 0).mean() + model(torch.ones(4, 3), 1).mean()

    with Group():
        for loss in penalty, two_calls:
            model = DistributedDataParallel(Net(), find_unused_parameters=True)
            with raises(RuntimeError, "Expected to mark a variable ready only once"):
                loss(model).backward()
            for options in {}, {"static_graph": True}:
                model = DistributedDataParallel(Net(), **options)
                for _ in range(2):
                    loss(model).backward()


def test_zero_gradients_still_move():
    """0 * sum in the loss avoids the error, and weight decay and Adam's momentum still move the weights."""
    with Group():
        for options in ({"weight_decay": 0.5}, {"weight_decay": 0.0}):
            net = Net()
            model = DistributedDataParallel(net)
            optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, **options)
            for step in range(2):
                optimizer.zero_grad()
                used = net.heads[1].weight.sum() * (1 - step)  # in the second step, times 0
                before = net.heads[1].weight.clone()
                (model(torch.ones(4, 3)).mean() + used + 0 * net.heads[1].bias.sum()).backward()
                optimizer.step()
            assert not net.heads[1].weight.grad.any() and not torch.equal(before, net.heads[1].weight)
