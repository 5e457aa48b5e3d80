"""Proofs of rank-zero-first. Some start processes of their own."""

import contextlib
import os
import subprocess
import sys
import time

import torch.distributed as dist

KEPT = []  # deleting a group can deadlock


def given():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    os.environ["LOCAL_RANK"] = "0"
    done = []
    return {
        "os": os, "dist": dist, "done": done,
        "prepare_data": lambda: done.append("prepared"), "load_data": lambda: [*done, "loaded"],
    }  # fmt: skip


def test_answer(answer):
    """Local rank 0 prepares before anything is loaded."""
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert answer.dataset == ["prepared", "loaded"]


@contextlib.contextmanager
def zero_first(rank, release=True):
    if rank != 0:
        dist.barrier()
    try:
        yield
    except ValueError:
        if not release:
            raise
    if rank == 0:
        dist.barrier()


def test_one_prepares(in_ranks):
    """With a barrier after it, one rank prepares, and all others find the file complete."""

    def work(rank):
        if rank == 0:
            time.sleep(0.3)
            with open("prepared.txt", "w") as file:
                file.write("complete")
        dist.barrier()
        with open("prepared.txt") as file:
            return file.read()

    assert in_ranks(work, ranks=3) == ["complete"] * 3


def test_rank_zero_first(in_ranks):
    """When the others call barrier before the block and rank 0 after it, rank 0 runs it first."""

    def work(rank):
        with zero_first(rank):
            found = os.path.exists("cache.txt")
            time.sleep(0.2)
            open("cache.txt", "w").close()
        return found

    assert in_ranks(work, ranks=3) == [False, True, True]


def test_an_error_on_rank_zero(in_ranks):
    """If rank 0 raises in the block, the others go on if it still calls barrier, and wait if not."""

    def work(rank, release):
        with zero_first(rank, release):
            if rank == 0:
                raise ValueError("no connection")
        return "went on"

    assert in_ranks(lambda rank: work(rank, True), seconds=2)[1] == "went on"
    raised, other = in_ranks(lambda rank: (time.sleep(rank), work(rank, False)), seconds=2)
    assert raised == "no connection" and other != "went on"


def test_barrier_waits_for_all(in_ranks):
    """A barrier ends only when the slowest rank has reached it."""

    def work(rank):
        open(f"reached-{rank}", "w").close()
        dist.barrier()
        return [os.path.exists(f"reached-{other}") for other in range(3)]

    assert in_ranks(work, ranks=3) == [[True] * 3] * 3


def test_on_one_rank_alone(in_ranks):
    """A barrier that only rank 0 calls waits until the timeout if the other process goes on."""

    def work(rank):
        return dist.barrier() if rank == 0 else "elsewhere"

    waited, other = in_ranks(work, seconds=1)
    assert "Timed out" in waited and other == "elsewhere"


def test_the_next_barrier_answers(in_ranks):
    """A barrier that only rank 0 calls is answered by a later barrier of the other rank, so rank 0 is one ahead."""

    def work(rank):
        if rank == 0:
            dist.barrier()
        else:
            open("far-along", "w").close()
            dist.barrier()  # another place in the program
        return os.path.exists("far-along")

    assert in_ranks(work) == [True, True]


def test_a_process_that_ends_releases_a_barrier():
    """With gloo, a barrier raises as soon as the process of another rank ends; it does not wait for the timeout."""
    program = (
        "import sys, torch.distributed as dist\n"
        "rank = int(sys.argv[1])\n"
        "dist.init_process_group('gloo', init_method='file://' + sys.argv[2], rank=rank, world_size=2)\n"
        "if rank == 0: raise ValueError('no connection')\n"
        "dist.barrier()\n"
    )
    meeting = os.path.abspath("meeting")
    ranks = [
        subprocess.Popen([sys.executable, "-c", program, str(rank), meeting], stderr=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    told = [process.communicate(timeout=300)[1] for process in ranks]  # the timeout of the barrier is 30 minutes
    assert "ValueError: no connection" in told[0] and "RuntimeError" in told[1]


def test_longer_than_the_timeout(in_ranks):
    """If rank 0 reaches the barrier later than the timeout, the others raise; with a longer timeout they do not."""

    def work(rank):
        if rank == 0:
            time.sleep(2)
        dist.barrier()
        return "passed"

    assert "Timed out" in in_ranks(work, seconds=1)[1]
    assert in_ranks(work, seconds=30) == ["passed", "passed"]


def test_only_one_of_all():
    """dist.get_rank() is the rank over all machines, whatever LOCAL_RANK says."""
    kept = os.environ.get("LOCAL_RANK")
    os.environ["LOCAL_RANK"] = "5"
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    KEPT.append(dist.group.WORLD)
    rank = dist.get_rank()
    dist.destroy_process_group()
    if kept is None:
        del os.environ["LOCAL_RANK"]
    else:
        os.environ["LOCAL_RANK"] = kept
    assert rank == 0
