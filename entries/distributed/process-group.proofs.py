"""Proofs of process-group."""

import datetime
import os
import socket
import subprocess
import sys
import tempfile

import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing import ProcessExitedException, ProcessRaisedException, start_processes
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler

NAMES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
KEPT = []  # deleting a group can deadlock


class Environment:
    """What torchrun sets, or a part of it, while the block lasts."""

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        self.before = {name: os.environ.pop(name, None) for name in NAMES}
        os.environ.update(self.values)

    def __exit__(self, *error):
        if dist.is_initialized():
            leave()
        for name, value in self.before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def leave():
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()


def alone():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)


def free_port():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return str(free.getsockname()[1])


class Spy:
    """torch.distributed, which remembers what was called."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return getattr(dist, name)

    def init_process_group(self, **options):
        self.calls.append(sorted(options))
        dist.init_process_group(**options)
        self.calls.append((dist.get_rank(), dist.get_world_size()))

    def destroy_process_group(self):
        leave()
        self.calls.append("destroyed")


def given():
    os.environ.pop("RANK", None)
    return {"os": os, "dist": Spy()}


def test_answer(answer):
    """Without torchrun, it makes a group of one, and leaves it at the end."""
    assert answer.dist.calls == [["rank", "store", "world_size"], (0, 1), "destroyed"]
    assert not dist.is_initialized()


def test_both(both):
    """The mean leaves its argument as it was, with a group or without."""
    alone()
    halved = both.mean_over_ranks(both.loss)
    leave()
    assert halved.item() == both.loss.item() == 7 and halved is not both.loss


def test_mean_over_two(both, in_ranks):
    """In a group of two, it is the mean over both."""

    def work(rank):
        return both.mean_over_ranks(torch.tensor([rank + 1.0, 10.0 * rank])).tolist()

    assert in_ranks(work) == [[1.5, 5]] * 2


def test_who_needs_a_group(raises):
    """Collectives, get_rank, DDP, and a DistributedSampler without a rank raise without a group."""
    calls = [
        lambda: dist.all_reduce(torch.ones(1)),
        dist.barrier,
        dist.get_rank,
        dist.get_world_size,
        lambda: DistributedDataParallel(nn.Linear(2, 2)),
        lambda: DistributedSampler(range(4)),
    ]
    for call in calls:
        with raises(ValueError, "Default process group has not been initialized"):
            call()
    alone()
    for call in calls:
        KEPT.append(call())
    leave()


def test_a_sampler_with_a_rank():
    """A DistributedSampler that is told num_replicas and rank needs no group."""
    assert list(DistributedSampler(range(4), num_replicas=2, rank=1, shuffle=False)) == [1, 3]


def test_four_variables(raises):
    """init_process_group() asks for RANK, WORLD_SIZE, MASTER_ADDR, and MASTER_PORT, and with all four it works."""
    values = dict(zip(NAMES, ("0", "1", "localhost", free_port()), strict=True))
    for name in NAMES:
        with Environment(**{key: values[key] for key in NAMES[: NAMES.index(name)]}):
            with raises(ValueError, f"environment variable {name} expected, but not set"):
                dist.init_process_group()
    with Environment(**values):
        dist.init_process_group()
        assert (dist.get_rank(), dist.get_world_size()) == (0, 1)


def test_waits_for_the_second(raises):
    """With WORLD_SIZE=2 in a single process, init_process_group waits for the second until the timeout."""
    with Environment(RANK="0", WORLD_SIZE="2", MASTER_ADDR="localhost", MASTER_PORT=free_port()):
        with raises(RuntimeError, "1/2 clients joined"):
            dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=1))


def test_twice(raises):
    """A second init_process_group raises; after destroy_process_group it works, and get_rank() raises until then."""
    alone()
    with raises(ValueError, "trying to initialize the default process group twice!"):
        alone()
    leave()
    with raises(ValueError, "Default process group has not been initialized"):
        dist.get_rank()
    alone()
    leave()


class Ranks(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return dist.is_initialized(), dist.get_rank()


def test_workers_are_not_ranks(in_ranks):
    """A forked worker has a copy of the group, and all workers have the rank of their parent."""

    def work(rank):
        loader = DataLoader(Ranks(), batch_size=None, num_workers=2, multiprocessing_context="fork")
        return [tuple(sample) for sample in loader]

    assert in_ranks(work) == [[(True, rank)] * 4 for rank in range(2)]


def leave_by_sys_exit(_):
    sys.exit(3)


def fail(_):
    raise ValueError("the cause")


def test_exit_codes_of_spawn(raises):
    """After sys.exit, spawn reports the exit code; after an exception, its traceback."""
    for work, kind, said in (
        (leave_by_sys_exit, ProcessExitedException, "process 0 terminated with exit code 3"),
        (fail, ProcessRaisedException, "ValueError: the cause"),
    ):
        with raises(kind, said):
            start_processes(work, nprocs=1, start_method="fork")


def test_spawn_without_a_guard():
    """A process that is spawned without the __main__ guard prints its own traceback and ends with exit code 1."""
    code = """
import multiprocessing
def work():
    pass
process = multiprocessing.get_context("spawn").Process(target=work)
process.start()
process.join()
print("exit code", process.exitcode)
"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "train.py")
        with open(path, "w") as file:
            file.write(code)
        done = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert done.stdout == "exit code 1\n" and "RuntimeError" in done.stderr
