"""Proofs of fsdp2. Most start processes of their own."""

import copy
import warnings

import torch
import torch._dynamo.utils  # imported once, rather than in each process
import torch.distributed as dist
import torch.distributed.checkpoint.state_dict as dcs
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import (
    FullyShardedDataParallel,
    MixedPrecisionPolicy,
    fully_shard,
    register_fsdp_forward_method,
)
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_

MIXED = "got mixed torch.Tensor and DTensor"
KEPT = []  # deleting a group can deadlock
OLD = torch.__version__ < (2, 9)  # a forward pass on a CPU raises, or gradients are added up and not averaged


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 7), nn.Linear(7, 4)])
        self.head = nn.Linear(4, 3)
        self.tag = "mine"

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).tanh()
        return self.head(x)

    def generate(self, x):
        return self.head(x) + 1


def seeded(seed=0):
    torch.manual_seed(seed)
    return Net()


def sharded(model, blocks=True, root=True, **options):
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for block in model.layers if blocks else ():
        fully_shard(block, mesh=mesh, **options)
    return fully_shard(model, mesh=mesh, **options) if root else model


def given():
    # a first backward pass through FSDP may start autograd's threads, and then in_ranks cannot fork; a plain one does not
    torch.ones(1, requires_grad=True).sum().backward()
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    mesh = init_device_mesh("cpu", (1,))
    return {
        "torch": torch, "model": seeded(), "fully_shard": lambda module: fully_shard(module, mesh=mesh),
    }  # fmt: skip


def test_answer(answer):
    """Every parameter is sharded, and the optimizer trains the sharded ones."""
    model, optimizer = answer.model, answer.optimizer
    (group,) = optimizer.param_groups
    assert (type(optimizer), group["lr"]) == (torch.optim.AdamW, 3e-4)
    assert all(a is b for a, b in zip(group["params"], model.parameters(), strict=True))
    assert all(isinstance(p, DTensor) for p in model.parameters())
    before = model.head.weight.full_tensor().clone()
    if not OLD:
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        assert (model.head.weight.full_tensor() != before).all()
    KEPT.extend([dist.group.WORLD, model])
    dist.destroy_process_group()


def test_a_step_as_in_one_process(in_ranks):
    """A step on two halves of a batch is the step of one process on the whole batch, and states are sharded too."""
    if OLD:
        return
    x = torch.arange(24.0).view(6, 4).sin()
    single = seeded()
    adam = torch.optim.Adam(single.parameters(), lr=0.1)
    single(x).square().mean().backward()
    grads = [p.grad.clone() for p in single.parameters()]
    adam.step()

    def work(rank):
        model = sharded(seeded())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        model(x[rank::2]).square().mean().backward()
        found = [p.grad.full_tensor().tolist() for p in model.parameters()]
        parts = [[tuple(t.to_local().shape) for t in (p, p.grad)] for p in model.parameters()]
        optimizer.step()
        states = [tuple(optimizer.state[p]["exp_avg"].to_local().shape) for p in model.parameters()]
        return found, [p.full_tensor().tolist() for p in model.parameters()], parts, states

    for rank, (found, after, parts, states) in enumerate(in_ranks(work)):
        for mine, right, moved, p in zip(found, grads, after, single.parameters(), strict=True):
            torch.testing.assert_close(torch.tensor(mine), right)
            torch.testing.assert_close(torch.tensor(moved), p.data)
        assert parts[0] == [(4 - rank, 4)] * 2 and parts[-1] == [(2 - rank,)] * 2
        assert states == [part[0] for part in parts]


def test_the_model_keeps_its_names(in_ranks):
    """fully_shard returns the same model, with its attributes and the keys of its state_dict; parameters are DTensors."""

    def work(_):
        net = seeded()
        keys, weight = list(net.state_dict()), net.head.weight.detach().clone()
        model = sharded(net)
        whole = model.head.weight.full_tensor()
        return (
            model is net, isinstance(model, Net), model.tag, list(model.state_dict()) == keys,
            all(isinstance(p, DTensor) for p in model.parameters()), torch.equal(whole, weight),
        )  # fmt: skip

    assert in_ranks(work) == [(True, True, "mine", True, True, True)] * 2


def test_root_alone_gathers_everything(in_ranks):
    """While the first layer runs, the others are sharded; with the root alone sharded, all weights are gathered."""
    if OLD:
        return

    def work(_):
        found = []
        for blocks in (True, False):
            model = sharded(seeded(), blocks=blocks)
            layer, other = model.layers
            model(torch.ones(2, 4))  # once, to set up
            layer.register_forward_hook(lambda *_, other=other: found.append(isinstance(other.weight, DTensor)))
            model.reshard()
            model(torch.ones(2, 4))
        return found

    assert in_ranks(work) == [[True, False]] * 2


def test_reshard_after_forward(in_ranks):
    """With reshard_after_forward=False, a block stays gathered after its forward pass; by default it does not."""
    if OLD:
        return

    def work(_):
        found = []
        for options in ({}, {"reshard_after_forward": False}):
            model = sharded(seeded(), **options)
            out = model(torch.ones(2, 4))
            found.append(isinstance(model.layers[0].weight, DTensor))
            out.sum().backward()
            found.append(isinstance(model.layers[0].weight, DTensor))
        return found

    assert in_ranks(work) == [[True, True, False, True]] * 2


def test_mixed_precision(in_ranks):
    """With param_dtype=torch.bfloat16 the output is bfloat16, and weights and gradients stay float32."""
    if OLD:
        return

    def work(_):
        model = sharded(seeded(), mp_policy=MixedPrecisionPolicy(param_dtype=torch.bfloat16))
        out = model(torch.ones(2, 4))
        out.sum().backward()
        weight = model.layers[0].weight
        return [str(t.dtype) for t in (out, weight, weight.grad)]

    assert in_ranks(work) == [["torch.bfloat16", "torch.float32", "torch.float32"]] * 2


def test_other_methods(in_ranks):
    """model.forward(x) and other methods raise, and register_fsdp_forward_method makes a method gather the weights."""
    if OLD:
        return
    x = torch.ones(2, 4)
    right = seeded().generate(x).tolist()

    def work(_):
        messages = []
        for name in ("forward", "generate"):
            model = sharded(seeded(), blocks=False)
            try:
                getattr(model, name)(x)
            except RuntimeError as error:
                messages.append(MIXED in str(error))
        register_fsdp_forward_method(model, "generate")
        return messages, model.generate(x).tolist()

    for messages, out in in_ranks(work):
        assert messages == [True, True]
        torch.testing.assert_close(torch.tensor(out), torch.tensor(right))


def test_an_earlier_optimizer(in_ranks):
    """An optimizer built before fully_shard changes no weight; one built afterwards does."""
    if OLD:
        return

    def work(_):
        changed = []
        for early in (True, False):
            model = seeded()
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            sharded(model)
            if not early:
                optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            before = [p.full_tensor().clone() for p in model.parameters()]
            model(torch.ones(2, 4)).sum().backward()
            optimizer.step()
            after = [p.full_tensor() for p in model.parameters()]
            changed.append(any(not torch.equal(a, b) for a, b in zip(before, after, strict=True)))
        return changed

    assert in_ranks(work) == [[False, True]] * 2


def test_gathered_after_a_forward_pass(in_ranks):
    """After a forward pass without backward, the root's parameters are ordinary until reshard() or state_dict(), and an
    optimizer built there does not train them."""
    if OLD:
        return

    def work(_):
        found = []
        for prepare in (lambda m: m.state_dict(), lambda m: m.reshard(), lambda m: None):
            model = sharded(seeded())
            with torch.no_grad():
                model(torch.ones(2, 4))
            found.append(isinstance(model.head.weight, DTensor))
            prepare(model)
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0, foreach=False)
            model.reshard()
            before = model.head.weight.full_tensor().clone()
            model(torch.ones(2, 4)).sum().backward()
            optimizer.step()
            found.append(not torch.equal(model.head.weight.full_tensor(), before))
        return found

    assert in_ranks(work) == [[False, True, False, True, False, False]] * 2


def test_dtypes_in_one_group(in_ranks):
    """fully_shard takes frozen parameters of another dtype, integers included, and raises in the first forward pass for
    trainable ones, unless their modules were sharded separately."""
    if torch.__version__ < (2, 13):
        return

    class Mixed(nn.Module):
        def __init__(self, frozen):
            super().__init__()
            self.base = nn.Linear(4, 3).bfloat16().requires_grad_(not frozen)
            self.table = nn.Parameter(torch.arange(6), requires_grad=False)
            self.extra = nn.Linear(4, 3)

        def forward(self, x):
            return self.extra(x) + self.base(x.bfloat16()).float()

    def work(_):
        mesh, x, said = init_device_mesh("cpu", (2,)), torch.ones(2, 4), []
        fully_shard(Mixed(True), mesh=mesh)(x).sum().backward()
        try:
            fully_shard(Mixed(False), mesh=mesh)(x)
        except AssertionError as error:
            said.append(str(error).partition(" but got")[0])
        separate = Mixed(False)
        fully_shard(separate.base, mesh=mesh)
        fully_shard(separate, mesh=mesh)(x).sum().backward()
        return said

    assert in_ranks(work) == [["FSDP expects uniform original parameter dtype"]] * 2


def test_loading_whole_tensors(in_ranks):
    """load_state_dict of ordinary tensors into a sharded model raises; set_model_state_dict takes them."""
    weights = copy.deepcopy(seeded(5).state_dict())

    def work(_):
        warnings.simplefilter("ignore")  # of torch 2.6, about its own code
        model, said = sharded(seeded()), ""
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            said = str(error)
        dcs.set_model_state_dict(model, weights, options=dcs.StateDictOptions(full_state_dict=True))
        return MIXED in said, model.head.weight.full_tensor().tolist()

    assert in_ranks(work) == [(True, weights["head.weight"].tolist())] * 2


def test_no_deepcopy(in_ranks):
    """A sharded model cannot be copied with deepcopy; one that is sharded in the same way takes its state_dict."""

    def work(_):
        warnings.simplefilter("ignore")  # of torch 2.6, about its own code
        model, second, said = sharded(seeded()), sharded(seeded(1)), ""
        try:
            copy.deepcopy(model)
        except AssertionError as error:
            said = str(error)
        second.load_state_dict(model.state_dict())
        same = torch.equal(second.head.weight.full_tensor(), model.head.weight.full_tensor())
        return "FSDP does not support deepcopy" in said, same

    assert in_ranks(work) == [(True, True)] * 2


def test_weights_are_not_broadcast(in_ranks):
    """With different seeds, the whole weight has its first rows from rank 0 and the rest from rank 1; DDP takes rank 0's."""
    first, second = (seeded(seed).layers[0].weight for seed in (0, 1))

    def work(rank):
        ddp = DistributedDataParallel(seeded(rank))
        whole = sharded(seeded(rank)).layers[0].weight.full_tensor()
        return whole.tolist(), ddp.module.layers[0].weight.tolist()

    for whole, ddp in in_ranks(work):
        assert whole == first[:4].tolist() + second[4:].tolist() and ddp == first.tolist()


def test_full_tensor_needs_all_ranks(in_ranks):
    """full_tensor() on one rank waits until the timeout, and so does a full state dict."""

    def tensor(rank):
        model = sharded(seeded())
        return model.head.weight.full_tensor() if rank == 0 else "elsewhere"

    def state(rank):
        model = sharded(seeded())
        options = dcs.StateDictOptions(full_state_dict=True)
        return dcs.get_model_state_dict(model, options=options) if rank == 0 else "elsewhere"

    for work in (tensor, state):
        waited, other = in_ranks(work, seconds=3)
        assert "Timed out" in waited and other == "elsewhere"


def test_a_forward_pass_answers_full_tensor(in_ranks):
    """full_tensor() on one rank is answered by the forward pass of another one that gathers as many numbers."""
    if OLD:
        return

    def work(rank):
        mesh = init_device_mesh("cpu", (2,))
        torch.manual_seed(0)
        model = fully_shard(nn.Linear(4, 6, bias=False), mesh=mesh)
        return tuple((model.weight.full_tensor() if rank == 0 else model(torch.ones(2, 4))).shape)

    assert in_ranks(work) == [(6, 4), (2, 6)]  # nothing raises, and rank 0 has yet to run its forward pass


def test_what_is_left(in_ranks):
    """Parameters outside the sharded blocks are ordinary, get the gradients of their own rank, and cannot be clipped with the others."""
    if OLD:
        return

    def work(rank):
        model = sharded(seeded(), root=False)
        model(torch.full((2, 4), rank + 1.0)).square().sum().backward()
        try:
            clip_grad_norm_(model.parameters(), 1.0)
        except RuntimeError as error:
            message = str(error)
        full = sharded(seeded())
        full(torch.ones(2, 4)).sum().backward()
        clip_grad_norm_(full.parameters(), 1.0)
        head = model.head
        return MIXED in message, isinstance(head.weight, DTensor), head.weight.grad.tolist()

    (mixed, is_sharded, own), (_, _, other) = in_ranks(work)
    assert mixed and not is_sharded and own != other


def test_clipping(in_ranks):
    """clip_grad_norm_ clips the norm of the whole gradient, over all ranks."""
    if OLD:
        return
    single, x = seeded(), torch.ones(2, 4)
    single(x).sum().backward()
    norm = sum((p.grad**2).sum() for p in single.parameters()) ** 0.5

    def work(_):
        model = sharded(seeded())
        model(x).sum().backward()
        total = clip_grad_norm_(model.parameters(), 1.0).full_tensor().item()
        return total, sum((p.grad.full_tensor() ** 2).sum() for p in model.parameters()).item()

    for total, clipped in in_ranks(work):
        assert abs(total - norm.item()) < 1e-4 and abs(clipped - 1) < 1e-3


def test_one_file(in_ranks):
    """With cpu_offload the full state dict is on rank 0 alone, as ordinary tensors; broadcast_from_rank0 loads it everywhere."""
    weights = copy.deepcopy(seeded(5).state_dict())

    def work(rank):
        model = sharded(seeded())
        options = dcs.StateDictOptions(full_state_dict=True, cpu_offload=True)
        full = dcs.get_model_state_dict(model, options=options)
        options = dcs.StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
        dcs.set_model_state_dict(model, weights if rank == 0 else {}, options=options)
        whole = model.head.weight.full_tensor().tolist()
        return len(full), any(isinstance(t, DTensor) for t in full.values()), whole

    right = weights["head.weight"].tolist()
    assert in_ranks(work) == [(6, False, right), (0, False, right)]


def test_frozen_and_trainable_in_one_module(raises):
    """FSDP1 wraps a module with frozen and trainable parameters only with use_orig_params=True; fully_shard takes
    it as it is."""

    def half_frozen():
        return nn.Sequential(nn.Linear(3, 4).requires_grad_(False), nn.Linear(4, 2))

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    cpu = torch.device("cpu")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that one rank has nothing to shard
            with raises(ValueError, "Must flatten tensors with uniform `requires_grad`"):
                FullyShardedDataParallel(half_frozen(), device_id=cpu)
            old = FullyShardedDataParallel(half_frozen(), device_id=cpu, use_orig_params=True)
        new = fully_shard(half_frozen(), mesh=init_device_mesh("cpu", (1,)))
        for model in (old, new):
            assert sorted({p.requires_grad for p in model.parameters()}) == [False, True]
        if OLD:
            return
        new(torch.ones(5, 3)).sum().backward()
        assert [p.grad is not None for p in new.parameters()] == [False, False, True, True]
    finally:
        dist.destroy_process_group()


def test_tensors_are_not_sharded(raises):
    """Only a DTensor has full_tensor() and device_mesh."""
    for name in ("full_tensor", "device_mesh"):
        assert hasattr(DTensor, name)
        with raises(AttributeError, f"'Tensor' object has no attribute '{name}'"):
            getattr(torch.ones(2), name)
