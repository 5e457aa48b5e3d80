"""Proofs of tensor-parallel."""

import copy
import warnings

import torch
import torch.distributed as dist
from torch import nn

KEEP = []


def given():
    class Mesh:
        pass

    def parallelize_module(module, mesh, plan):
        Mesh.calls = (module, mesh, plan)

    class Style:
        pass

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mlp = nn.Linear(3, 2)

        def forward(self, x):
            return self.mlp(x)

    return {
        "torch": torch,
        "model": Net(),
        "x": torch.ones(4, 3),
        "calls": Mesh,
        "init_device_mesh": lambda device, shape: (device, shape),
        "parallelize_module": parallelize_module,
        "ColwiseParallel": type("Col", (Style,), {}),
        "RowwiseParallel": type("Row", (Style,), {}),
    }


def start():
    """A mesh of the two ranks, and the names that the proofs use."""
    from torch.distributed.device_mesh import init_device_mesh

    warnings.filterwarnings("ignore", "DTensor random operators may not have complete support")  # PyTorch 2.6
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    KEEP.append(mesh)
    return mesh


def split(model, mesh):
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    return parallelize_module(model, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})


def mlp(hidden=8):
    return nn.Sequential(nn.Linear(6, hidden), nn.ReLU(), nn.Linear(hidden, 3))


def test_answer(answer, in_ranks):
    """The plan of the answer: columns of the first layer and rows of the second give the output of one process."""
    module, mesh, plan = answer.calls.calls
    assert module is answer.model.mlp and mesh == ("cuda", (8,)) and sorted(plan) == ["w1", "w2"]

    def work(rank):
        torch.manual_seed(0)
        model = mlp()
        x, expected = torch.randn(5, 6), None
        expected = model(x)
        split(model, start())
        KEEP.append(model)
        return torch.allclose(model(x), expected, atol=1e-6), tuple(model[0].weight.to_local().shape), tuple(model[2].weight.to_local().shape)

    assert in_ranks(work) == [(True, (4, 6), (3, 4))] * 2


def test_gradients(in_ranks):
    """The gradients, put together, are those of the whole model, and so are the weights after a step of AdamW."""

    def work(rank):
        torch.manual_seed(0)
        model, x = mlp(), torch.randn(5, 6)
        whole = copy.deepcopy(model)
        split(model, start())
        KEEP.append(model)
        for net in (model, whole):
            optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
            net(x).square().mean().backward()
            optimizer.step()
        pairs = list(zip(model.parameters(), whole.parameters(), strict=True))
        full = [(p.full_tensor(), p.grad.full_tensor(), q, q.grad) for p, q in pairs]
        return all(torch.allclose(a, c, atol=1e-6) and torch.allclose(b, d, atol=1e-6) for a, b, c, d in full)

    assert in_ranks(work) == [True, True]


def test_placements(in_ranks):
    """A sum over the sharded dim is Partial, one over another dim stays Shard, and full_tensor and redistribute put together."""

    def work(rank):
        from torch.distributed.tensor import Partial, Replicate, Shard, distribute_tensor

        mesh = start()
        x = torch.arange(12.0).reshape(4, 3)
        w = distribute_tensor(x, mesh, [Shard(0)])
        assert w.shape == (4, 3) and torch.equal(w.to_local(), x.chunk(2)[rank])
        assert w.sum(0).placements == (Partial(),) and torch.equal(w.sum(0).to_local(), x.chunk(2)[rank].sum(0))
        assert torch.equal(w.sum(0).full_tensor(), x.sum(0))
        assert w.sum(1).placements == (Shard(0),)
        assert torch.equal(w.redistribute(mesh, [Replicate()]).to_local(), x)
        uneven = distribute_tensor(torch.arange(5.0), mesh, [Shard(0)])
        return tuple(uneven.to_local().shape), torch.equal(uneven.full_tensor(), torch.arange(5.0))

    assert in_ranks(work) == [((3,), True), ((2,), True)]


def test_weights_come_from_rank_0(in_ranks):
    """If the ranks were built with different weights, those of rank 0 are taken."""

    def work(rank):
        torch.manual_seed(rank)
        model = mlp()
        own = model[0].weight.detach().clone()
        split(model, start())
        KEEP.append(model)
        return torch.equal(model[0].weight.full_tensor(), own)

    assert in_ranks(work) == [True, False]


def test_other_layers(in_ranks):
    """Layers outside the plan keep the weights of each rank; with both kinds of parameters, AdamW steps, but fused=True and clip_grad_norm_ raise."""

    def work(rank):
        torch.manual_seed(rank)
        model = nn.Sequential(mlp(), nn.Linear(3, 2))
        own = model[1].weight.detach().clone()
        split(model[0], start())
        KEEP.append(model)
        model(torch.ones(4, 6)).sum().backward()
        torch.optim.AdamW(model.parameters(), lr=0.0, weight_decay=0.0).step()
        messages = []
        for call in (torch.optim.AdamW(model.parameters(), fused=True).step, lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0)):
            try:
                call()
            except RuntimeError as error:
                messages.append("got mixed torch.Tensor and DTensor" in str(error))
        return torch.equal(model[1].weight, own), own.sum().item(), messages

    first, second = in_ranks(work)
    assert first[0] and second[0] and first[1] != second[1]
    assert first[2] == second[2] == [True, True]


def test_plain_tensors(in_ranks):
    """A DTensor plus a plain tensor of several elements raises; plus one number or a 0-d tensor it does not."""

    def work(rank):
        from torch.distributed.tensor import Shard, distribute_tensor

        w = distribute_tensor(torch.ones(4, 3), start(), [Shard(0)])
        assert (w + 2).to_local().tolist() == (w + torch.tensor(2.0)).to_local().tolist() == [[3.0] * 3] * 2
        try:
            w + torch.ones(4, 3)
        except RuntimeError as error:
            return "got mixed torch.Tensor and DTensor" in str(error)

    assert in_ranks(work) == [True, True]


def test_different_inputs(in_ranks):
    """With other inputs on each rank, no rank gets the output of its own input, and nothing raises."""

    def work(rank):
        torch.manual_seed(0)
        model = mlp()
        x = torch.randn(5, 6) + rank
        expected = model(x)
        split(model, start())
        KEEP.append(model)
        return torch.allclose(model(x), expected, atol=1e-3)

    assert in_ranks(work) == [False, False]


def test_an_optimizer_from_before(in_ranks):
    """An optimizer built before parallelize_module leaves the weights as they are, for SGD and AdamW; one built after moves them."""

    def work(rank):
        mesh, moved = start(), []
        for make in (torch.optim.SGD, torch.optim.AdamW):
            for early in (True, False):
                model = mlp()
                if early:
                    optimizer = make(model.parameters(), lr=0.1)
                split(model, mesh)
                KEEP.append(model)
                if not early:
                    optimizer = make(model.parameters(), lr=0.1)
                before = model[2].weight.to_local().detach().clone()
                torch.manual_seed(0)
                model(torch.randn(5, 6)).sum().backward()
                optimizer.step()
                moved.append(not torch.equal(model[2].weight.to_local(), before))
        return moved

    assert in_ranks(work) == [[False, True, False, True]] * 2


def test_partial_to_a_number(in_ranks):
    """float() and item() of a Partial sum give the part of the rank; full_tensor() gives the sum."""

    def work(rank):
        from torch.distributed.tensor import Shard, distribute_tensor

        total = distribute_tensor(torch.arange(6.0), start(), [Shard(0)]).sum()
        return float(total), total.item(), total.full_tensor().item()

    assert in_ranks(work) == [(3.0, 3.0, 15.0), (12.0, 12.0, 15.0)]


def test_a_name_that_matches_nothing(in_ranks):
    """A plan with an unknown name warns, but not in 2.6, and leaves the layer as it is."""

    def work(rank):
        from torch.distributed.tensor import DTensor
        from torch.distributed.tensor.parallel import ColwiseParallel, parallelize_module

        model, mesh = mlp(), start()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parallelize_module(model, mesh, {"fc9": ColwiseParallel()})
        return any("fc9" in str(w.message) for w in caught) is not torch.__version__.startswith("2.6."), any(isinstance(p, DTensor) for p in model.parameters())

    assert in_ranks(work) == [(True, False)] * 2


def test_hidden_size_must_be_divisible(in_ranks):
    """A hidden size of 7 on two ranks raises in the forward pass, and so does a second ColwiseParallel in place of the RowwiseParallel."""

    def work(rank):
        from torch.distributed.tensor.parallel import ColwiseParallel, parallelize_module

        mesh, messages = start(), []
        for hidden, plan in ((7, None), (8, {"0": ColwiseParallel(), "2": ColwiseParallel()})):
            model = mlp(hidden)
            if plan is None:
                split(model, mesh)
            else:
                parallelize_module(model, mesh, plan)
            KEEP.append(model)
            try:
                model(torch.ones(5, 6))
            except RuntimeError as error:
                old = torch.__version__.startswith("2.6.")
                messages.append(("must have same reduction dim" if old else "Sharding propagation failed for aten.addmm.default(") in str(error))
        return messages

    assert in_ranks(work) == [[True, True]] * 2
