"""Proofs of multi-gpu. Some start processes of their own."""

import datetime
import multiprocessing
import os
import socket

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

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
    chosen, shown = [], []
    if not torch.cuda.is_available():
        torch.cuda.set_device = chosen.append
    return {
        "os": os, "torch": torch, "dist": dist, "DistributedDataParallel": DistributedDataParallel,
        "model": Net(3, 2), "correct": 6, "seen": 8, "chosen": chosen, "shown": shown, "print": shown.append,
        "device": "cuda" if torch.cuda.is_available() else "cpu",
    }  # fmt: skip


def test_answer(answer):
    """The process picks its GPU, joins the group, and rank 0 prints the accuracy of all ranks."""
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert answer.shown == ["accuracy 0.7500"] and isinstance(answer.model.module, Net)
    assert torch.cuda.is_available() or answer.chosen == [0]


def test_mean_of_means(in_ranks):
    """The mean of the accuracies of 5 and of 2 samples is not the accuracy of all 7; the summed counts give it."""

    def work(rank):
        right = torch.tensor([1, 1, 0, 1, 1] if rank == 0 else [0, 0])
        means, counts = torch.tensor([right.float().mean(), 1]), torch.tensor([right.sum(), len(right)])
        dist.all_reduce(means)
        dist.all_reduce(counts)
        return means.tolist(), counts.tolist()

    for means, counts in in_ranks(work):
        assert abs(means[0] / means[1] - (4 / 5 + 0 / 2) / 2) < 1e-6
        assert counts == [4 + 0, 5 + 2]


def test_layers(layers):
    """Moving a result to the next device keeps the graph, so both halves get gradients."""
    first, second = layers.model.lower, layers.model.upper
    assert [p.grad is not None for p in (*first.parameters(), *second.parameters())] == [True] * 4
    x = torch.ones(1, 3)
    expected = (x @ first.weight.T.cpu() + first.bias.cpu()).clamp(min=0) @ second.weight.T.cpu() + second.bias.cpu()
    torch.testing.assert_close(layers.model(x).cpu(), expected)


def test_every_rank_runs_everything(in_ranks):
    """Each rank runs the same code with its own number, and all_reduce sums over them."""

    def work(rank):
        total = torch.tensor([10 + rank, 1])
        dist.all_reduce(total)
        return dist.get_rank(), dist.get_world_size(), total.tolist()

    assert in_ranks(work, ranks=3) == [(rank, 3, [10 + 11 + 12, 3]) for rank in range(3)]


def test_a_rank_that_skips(in_ranks):
    """When one rank skips a collective, the other waits until the timeout, or gets the numbers of its next call."""

    def work(rank):
        group = dist.new_group(timeout=datetime.timedelta(seconds=1))
        KEPT.append(group)
        return "done" if rank == 1 else dist.all_reduce(torch.ones(2), group=group)

    waited, done = in_ranks(work)
    assert "Timed out" in waited and done == "done"

    def mixed(rank):
        counts = torch.tensor([10.0, 20.0]) + rank
        if rank == 0:
            dist.all_reduce(torch.tensor([1.0, 2.0]))  # only here
        else:
            dist.all_reduce(counts)
        return counts.tolist()

    assert in_ranks(mixed)[1] == [11 + 1, 21 + 2]  # rather than 10 + 11 and 20 + 21


def test_the_slowest_sets_the_pace(in_ranks):
    """A collective ends for a fast rank only when the slowest has called it."""

    fork = multiprocessing.get_context("fork")
    arrived, called = fork.Event(), fork.Event()

    def work(rank):
        if rank == 0:
            arrived.set()
        else:  # the slow one
            assert arrived.wait(60)
            called.set()
        dist.all_reduce(torch.ones(2))
        return called.is_set()

    assert in_ranks(work) == [True, True]


def test_rank_is_needed(raises):
    """Without RANK in the environment, init_process_group() raises."""
    kept = {name: os.environ.pop(name, None) for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")}
    try:
        with raises(ValueError, "environment variable RANK expected, but not set"):
            dist.init_process_group("gloo")
    finally:
        os.environ.update({name: value for name, value in kept.items() if value is not None})
