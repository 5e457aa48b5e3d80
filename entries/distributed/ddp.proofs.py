"""Proofs of ddp. Some start processes of their own."""

import copy
import datetime
import os
import socket
import threading
from unittest import mock

import torch
import torch._dynamo.utils  # DDP imports it, which takes seconds: once, rather than in each process
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


class Net(nn.Linear):
    """A layer that stays on the CPU where there is no GPU."""

    def cuda(self):
        return super().cuda() if torch.cuda.is_available() else self


def given():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    group_of_one = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}  # as torchrun would describe it
    os.environ.update(group_of_one, MASTER_ADDR="localhost", MASTER_PORT=str(port))
    chosen = []
    if not torch.cuda.is_available():
        torch.cuda.set_device = lambda gpu: chosen.append((gpu, dist.is_initialized()))
    return {
        "os": os, "torch": torch, "dist": dist, "DistributedDataParallel": DistributedDataParallel,
        "DistributedSampler": DistributedSampler, "DataLoader": DataLoader,
        "model": Net(3, 2), "dataset": torch.arange(100), "chosen": chosen,
    }  # fmt: skip


def test_answer(answer):
    """Each process picks its GPU before it joins the group, and the sampler takes its rank from the group."""
    rank, ranks, backend = dist.get_rank(), dist.get_world_size(), dist.get_backend_config()
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert (rank, ranks) == (0, 1) == (answer.sampler.rank, answer.sampler.num_replicas)
    if not torch.accelerator.is_available():
        assert backend == "cpu:gloo" and answer.chosen == [(0, False)]
    assert isinstance(answer.model.module, Net)
    assert [len(batch) for batch in answer.loader] == [64, 36]
    assert answer.loader.sampler is answer.sampler


def test_collectives_wait_for_all_ranks(in_ranks):
    """A collective, or the backward of a DDP model, ends on one rank only after the others have called it."""

    def work(rank):
        looked = dist.FileStore(os.path.abspath("looked"), 2)
        model = DistributedDataParallel(nn.Linear(3, 2))
        loss = model(torch.ones(1, 3)).sum()
        total = torch.tensor(rank + 5.0)
        alone = []
        for number, act in enumerate([loss.backward, lambda: dist.all_reduce(total)]):
            if rank == 1:
                looked.wait([str(number)])  # until rank 0 has seen that it is alone
            thread = threading.Thread(target=act)
            thread.start()
            thread.join(0.1)
            alone.append(thread.is_alive())
            looked.set(str(number), "")
            thread.join()
        return alone, total.item()

    first, second = in_ranks(work)
    assert first == ([True, True], 5 + 6) and second[1] == 5 + 6


def test_skipping_ends_in_the_timeout(in_ranks):
    """A rank whose partner never calls the collective gets an error after the timeout."""

    def work(rank):
        group = dist.new_group(timeout=datetime.timedelta(seconds=1))
        KEPT.append(group)
        return dist.all_reduce(torch.ones(1), group=group) if rank == 0 else "elsewhere"

    waited, other = in_ranks(work)
    assert "Timed out" in waited and other == "elsewhere"


def test_collectives_pair_up_in_order(in_ranks):
    """If rank 1 skips a collective, rank 0 adds the tensor of its next one, without an error."""

    def work(rank):
        losses, counts = torch.tensor(10.0 + rank), torch.tensor(2.0 + rank)
        if rank == 0:
            dist.all_reduce(losses)
        else:
            dist.all_reduce(counts)
        return losses.item(), counts.item()

    assert in_ranks(work) == [(10 + 3, 2), (11, 10 + 3)]


def test_gradient_of_the_whole_batch(in_ranks):
    """Ranks with equal shares get the gradient of the whole batch for a plain mean, without BatchNorm or weights."""
    x = torch.arange(24.0).view(8, 3).sin()
    plain, norm = nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    factors = torch.tensor([1.0, 1, 1, 9, 1, 1, 1, 1])  # one sample is heavy, as with class weights
    cases = [
        (plain, lambda out: out.square().mean()),
        (plain, lambda out: out.square().sum()),
        (norm, lambda out: out.exp().mean()),
        (plain, lambda out: (out.square().sum(1) * factors[pick]).sum() / factors[pick].sum()),
    ]
    pick = slice(None)
    whole = [torch.autograd.grad(loss(net(x)), list(net.parameters()))[0] for net, loss in cases]

    def work(rank):
        nonlocal pick
        pick, found = slice(rank, None, 2), []
        for net, loss in cases:
            model = DistributedDataParallel(copy.deepcopy(net))
            loss(model(x[pick])).backward()
            found.append(next(model.parameters()).grad.tolist())
        return found

    first, second = in_ranks(work)
    assert first == second
    mean, total, normed, weighted = map(torch.tensor, first)
    torch.testing.assert_close(mean, whole[0])
    torch.testing.assert_close(total, whole[1] / 2)
    assert not torch.allclose(normed, whole[2]) and not torch.allclose(weighted, whole[3])
    alone = torch.autograd.grad(plain(x[::2]).square().mean(), plain.weight)[0]
    assert not torch.allclose(alone, whole[0])


def test_keys_begin_with_module(in_ranks):
    """Every key of a DDP model begins with module., and the wrapped module keeps the plain names."""

    def work(_):
        model = DistributedDataParallel(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))
        return list(model.state_dict()), list(model.module.state_dict())

    for wrapped, bare in in_ranks(work):
        assert bare == list(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict())
        assert wrapped == ["module." + key for key in bare]


def test_ranks_start_equal_and_stay_equal(in_ranks):
    """DDP gives every rank the weights of rank 0, and after steps on different data they are still equal."""

    def work(rank):
        torch.manual_seed(rank)
        model = nn.Linear(3, 2)
        own = model.weight.tolist()
        model = DistributedDataParallel(model)
        start = model.module.weight.tolist()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(4, 3)).square().mean().backward()
            optimizer.step()
        return own, start, model.module.weight.tolist()

    (own, start, end), (other, other_start, other_end) = in_ranks(work)
    assert own != other and start == other_start == own
    assert end == other_end != start


def test_ranks_freeze_alike(in_ranks):
    """DDP counts the tensors that require a gradient, and raises if a rank has frozen a layer that another has not."""

    def work(rank):
        model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
        model[0].requires_grad_(rank == 0)
        DistributedDataParallel(model)

    first, second = in_ranks(work)
    assert "Rank 0 has 4 params, while rank 1 has inconsistent 2 params" in first
    assert "Rank 1 has 2 params, while rank 0 has inconsistent 4 params" in second


def test_shapes_are_compared(in_ranks):
    """The number of a parameter whose shape differs from that on rank 0 counts only parameters that require a gradient."""

    def work(rank):
        model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4 + rank))
        model[0].requires_grad_(False)
        DistributedDataParallel(model)

    assert "params[0] in this process with sizes [5, 2]" in in_ranks(work)[1]


def test_set_epoch_shuffles(sampler):
    """set_epoch gives each epoch an order of its own; without it, the orders are the same."""
    assert sampler.epochs[0] != sampler.epochs[1]
    same = DistributedSampler(sampler.dataset, num_replicas=2, rank=0)
    assert list(same) == list(same) == sampler.epochs[0][0]


def test_shares_do_not_overlap(sampler):
    """The ranks share all samples among them, each sample on one rank."""
    for first, second in sampler.epochs:
        assert sorted(first + second) == list(range(10)) and len(first) == len(second)


def test_sampler_repeats_a_few():
    """DistributedSampler gives every rank equally many samples: it repeats a few, or drops some."""
    shares = [list(DistributedSampler(range(10), num_replicas=4, rank=rank)) for rank in range(4)]
    assert [len(share) for share in shares] == [3, 3, 3, 3]
    assert {i for share in shares for i in share} == set(range(10))
    shares = [list(DistributedSampler(range(10), 4, rank, drop_last=True)) for rank in range(4)]
    assert [len(share) for share in shares] == [2, 2, 2, 2]
    assert len({i for share in shares for i in share}) == 8


def test_device_ids_are_for_gpus(raises):
    """A model on the CPU is wrapped without device_ids; with them, DDP raises."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        with raises(ValueError, "device_ids and output_device arguments only work with"):
            DistributedDataParallel(nn.Linear(2, 2), device_ids=[0])
        assert DistributedDataParallel(nn.Linear(2, 2))(torch.ones(3, 2)).shape == (3, 2)
    finally:
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()


def test_processes_of_torchrun():
    """torchrun starts one process unless --nproc-per-node tells another number; gpu means one per GPU."""
    from torch.distributed.run import determine_local_world_size, get_args_parser

    assert determine_local_world_size(get_args_parser().parse_args(["train.py"]).nproc_per_node) == 1
    with mock.patch("torch.cuda.is_available", lambda: True), mock.patch("torch.cuda.device_count", lambda: 3):
        assert determine_local_world_size("gpu") == 3
