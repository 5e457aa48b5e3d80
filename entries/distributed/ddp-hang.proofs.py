"""Proofs of ddp-hang. Some start processes of their own."""

import datetime
import os
import socket
import subprocess
import sys
import time

import torch
import torch._dynamo.utils  # DDP imports it, which takes seconds: once, rather than in each process
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.join import Join
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data.distributed import DistributedSampler

KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


def given():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    dist.init_process_group("gloo", init_method=f"tcp://localhost:{port}", rank=0, world_size=1)
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Linear(2, 1))
    return {
        "torch": torch, "dist": dist, "Join": Join, "model": model, "criterion": nn.MSELoss(),
        "loader": [(torch.full((3, 2), float(i)), torch.ones(3, 1)) for i in range(4)],
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1), "before": model.module.weight.detach().clone(),
    }  # fmt: skip


def test_answer(answer):
    """Inside Join the usual loop trains the model, and rank 0 saves the inner model."""
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    saved = torch.load("model.pt")
    assert list(saved) == ["weight", "bias"] and not torch.equal(saved["weight"], answer.before)
    torch.manual_seed(0)
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in answer.loader:  # the same in one process
        optimizer.zero_grad()
        ((net(x) - y) ** 2).mean().backward()
        optimizer.step()
    torch.testing.assert_close(saved["weight"], net.weight.detach())


DATA = torch.tensor([[[1.0, 2.0]], [[3.0, 5.0]], [[7.0, 4.0]]])  # (steps, N, D): three on rank 0, the last two on rank 1


def timed_out(message):
    """Whether gloo reports the timeout, in the words of either side of the connection."""
    return "Timed out waiting" in message or "Application timeout caused pair closure" in message


def uneven(rank, join):
    net = nn.Linear(2, 1, bias=False)
    model = DistributedDataParallel(net)
    gradients = []
    with join(model):
        for x in DATA[rank:]:
            model.zero_grad()
            model(x).sum().backward()
            gradients.append(net.weight.grad[0].tolist())
    return gradients


def test_join_averages(in_ranks):
    """In Join a rank that is done counts as zeros, or with divide_by_initial_world_size=False not at all."""
    both = [((DATA[i] + DATA[i + 1]) / 2)[0].tolist() for i in range(2)]
    last = DATA[2, 0]
    zeros = in_ranks(lambda rank: uneven(rank, lambda model: Join([model])))
    assert zeros == [[*both, (last / 2).tolist()], both]
    active = in_ranks(lambda rank: uneven(rank, lambda m: Join([m], divide_by_initial_world_size=False)))
    assert active == [[*both, last.tolist()], both]


def test_join_leaves_other_collectives_alone(in_ranks):
    """In Join, a rank that is done does not answer for an all_reduce of your own, so the other waits until the timeout."""

    def work(rank):
        own = dist.new_group(timeout=datetime.timedelta(seconds=0.3))
        KEPT.append(own)
        model = DistributedDataParallel(nn.Linear(2, 1))
        with Join([model]):
            for x in DATA[rank:]:
                loss = model(x).sum()
                loss.backward()
                dist.all_reduce(loss.detach(), group=own)

    first, second = in_ranks(work)
    assert timed_out(first)


def test_a_smaller_tensor(in_ranks):
    """With a smaller tensor on one rank, that rank finishes an all_reduce of gloo, and the other one waits."""

    def work(rank):
        own = dist.new_group(timeout=datetime.timedelta(seconds=1))
        KEPT.append(own)
        x = torch.ones(3 + rank)
        dist.barrier()  # begin together
        dist.all_reduce(x, group=own)
        return x.tolist()

    first, second = in_ranks(work)
    assert first == [2, 2, 2] and timed_out(second)


def test_join_keeps_the_ranks_equal(in_ranks):
    """After Join, all ranks hold the same weights."""

    def work(rank):
        torch.manual_seed(rank)
        model = DistributedDataParallel(nn.Linear(2, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with Join([model]):
            for x in DATA[rank:]:
                optimizer.zero_grad()
                model(x).sum().backward()
                optimizer.step()
        return model.module.weight.tolist()

    first, second = in_ranks(work)
    assert first == second


def test_join_leaves_the_state_of_adam(in_ranks):
    """After Join the weights agree and Adam's averages do not, so in the next epoch the ranks take different steps."""

    def work(rank):
        found = []
        for make in torch.optim.SGD, torch.optim.Adam:
            torch.manual_seed(0)
            model = DistributedDataParallel(nn.Linear(2, 1))
            KEPT.append(model)
            optimizer = make(model.parameters(), lr=0.01)
            for _ in range(2):
                with Join([model]):
                    for i, x in enumerate(DATA[rank:]):
                        optimizer.zero_grad()
                        model(x).square().sum().backward()
                        optimizer.step()
                        if i == 0:
                            found.append(model.module.weight.tolist())
                found.append(model.module.weight.tolist())
        return found

    equal = [a == b for a, b in zip(*in_ranks(work), strict=True)]
    assert equal == [True] * 4 + [True, True, False, True]


def test_without_join_it_hangs(in_ranks):
    """Without Join, the rank with more batches waits in backward() until the timeout."""

    class Nothing:
        def __init__(self, model):
            pass

        def __enter__(self):
            pass

        def __exit__(self, *error):
            pass

    def work(rank):
        return len(uneven(rank, Nothing))

    waited, done = in_ranks(work, seconds=2)
    assert timed_out(waited) and done == 2


def test_a_longer_timeout(in_ranks):
    """When the calls do not match, the waiting rank waits for the whole timeout, whatever it is."""

    def work(rank):
        groups = {s: dist.new_group(timeout=datetime.timedelta(seconds=s)) for s in (0.4, 1.0)}
        if rank == 1:
            return None
        waited = {}
        for seconds, group in groups.items():
            start = time.perf_counter()
            try:
                dist.barrier(group)
            except RuntimeError as error:
                waited[seconds] = time.perf_counter() - start, timed_out(str(error))
        return waited

    waited, _ = in_ranks(work)
    for seconds in 0.4, 1.0:
        took, expired = waited[seconds]
        assert expired and took > seconds - 0.1  # a busy machine may take longer


def evaluate(in_ranks, inner, *layers):
    """What happens when only rank 0 calls a DDP model in eval mode."""

    def work(rank):
        model = DistributedDataParallel(nn.Sequential(nn.Linear(2, 3), *layers)).eval()
        with torch.no_grad():
            if rank == 0:
                (model.module if inner else model)(torch.ones(4, 2))
        return "fine"

    return in_ranks(work, seconds=2)


def test_batchnorm_on_rank_0(in_ranks):
    """In eval mode a DDP model with BatchNorm still broadcasts in forward, so rank 0 alone waits; module does not."""
    assert timed_out(evaluate(in_ranks, False, nn.BatchNorm1d(3))[0])
    assert evaluate(in_ranks, True, nn.BatchNorm1d(3)) == ["fine", "fine"]


def test_a_rank_that_died(in_ranks):
    """When a process ends, the others lose the connection to it."""

    def work(rank):
        if rank == 1:
            raise ValueError("the cause")
        dist.all_reduce(torch.ones(2))

    lost, cause = in_ranks(work)
    assert "by peer" in lost and cause == "the cause"


def test_debug_detail(in_ranks):
    """With TORCH_DISTRIBUTED_DEBUG=DETAIL, a mismatch of collectives or shapes is reported."""

    def work(rank):
        if rank == 0:
            dist.all_reduce(torch.ones(2))
        else:
            dist.broadcast(torch.ones(2), 0)

    os.environ["TORCH_DISTRIBUTED_DEBUG"] = "DETAIL"
    dist.set_debug_level_from_env()  # the processes below inherit it
    for message in in_ranks(work):
        assert message.startswith("Detected mismatch between collectives on ranks. Rank ")
        assert "OpType=ALLREDUCE" in message and "OpType=BROADCAST" in message
    shapes = in_ranks(lambda rank: dist.all_reduce(torch.ones(2 + rank)))
    assert all("Detected mismatch" in message for message in shapes)
    del os.environ["TORCH_DISTRIBUTED_DEBUG"]
    dist.set_debug_level_from_env()


def test_monitored_barrier(in_ranks):
    """monitored_barrier with wait_all_ranks=True names the missing ranks."""

    def work(rank):
        if rank > 0:
            return None
        dist.monitored_barrier(timeout=datetime.timedelta(seconds=0.4), wait_all_ranks=True)

    told = in_ranks(work, ranks=3)[0]
    assert "Ranks 1, 2 failed to pass monitoredBarrier in 400 ms" in told


def test_the_sampler_evens_out():
    """DistributedSampler gives every rank the same number of samples."""
    sizes = [len(list(DistributedSampler(range(7), num_replicas=3, rank=rank))) for rank in range(3)]
    assert sizes == [3, 3, 3]


def test_default_timeouts():
    """The default timeout of a group is 30 minutes with gloo."""
    assert dist.distributed_c10d.default_pg_timeout == datetime.timedelta(minutes=30)


def test_a_rank_that_was_killed():
    """When a process is killed, the other loses the connection to it, and the killed one leaves no traceback."""
    program = (
        "import os, signal, sys, torch, torch.distributed as dist\n"
        "rank = int(sys.argv[1])\n"
        "dist.init_process_group('gloo', init_method='file://' + sys.argv[2], rank=rank, world_size=2)\n"
        "dist.all_reduce(torch.ones(2))\n"
        "if rank == 1: os.kill(os.getpid(), signal.SIGKILL)\n"
        "dist.all_reduce(torch.ones(2))\n"
    )
    meeting = os.path.abspath("meeting")
    ranks = [
        subprocess.Popen([sys.executable, "-c", program, str(rank), meeting], stderr=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    lost, killed = [process.communicate(timeout=300)[1] for process in ranks]
    assert ("by peer" in lost or "Broken pipe" in lost) and "Traceback" not in killed
