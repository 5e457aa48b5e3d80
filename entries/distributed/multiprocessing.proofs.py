"""Proofs of multiprocessing. They start processes with fork where they can, because spawn imports torch anew."""

import contextlib
import io
import queue
import subprocess
import sys
import tempfile
import textwrap
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import torch
import torch.multiprocessing as mp
from torch import nn


def fork(work, *args, nprocs=2):
    mp.start_processes(work, args, nprocs=nprocs, start_method="fork")


def given():
    mp.spawn = lambda work, args=(), nprocs=1: fork(work, *args, nprocs=nprocs)  # the answer is no file that spawn could import
    model = nn.Linear(2, 1)
    return {"__name__": "__main__", "torch": torch, "evaluate": lambda model, rank: model.weight.sum() + rank, "model": model}


def test_answer(answer):
    """Each process writes its element of a shared tensor."""
    torch.testing.assert_close(answer.results, answer.model.weight.sum().detach() + torch.arange(4))
    assert answer.model.weight.is_shared()


def test_default(default):
    """start_processes calls the function with the rank first, and returns when all have ended."""
    for rank, seed in enumerate([7, 8, 9]):
        torch.manual_seed(seed)
        assert default.results[rank, 0] == rank
        torch.testing.assert_close(default.results[rank, 1], torch.randn(1000).mean())


def test_queue(queue):
    """Tensors of several workers arrive through a queue."""
    assert [queue.results[rank].tolist() for rank in range(3)] == [[k * rank for k in range(4)] for rank in range(3)]
    assert all(worker.exitcode == 0 for worker in queue.workers)


def test_hogwild(hogwild):
    """Processes that train a shared model change its parameters in the parent, whose gradients stay None."""
    torch.testing.assert_close(hogwild.model.weight.detach(), hogwild.w.T, atol=0.01, rtol=0)
    assert hogwild.model.weight.is_shared() and hogwild.model.bias.is_shared()
    assert hogwild.model.weight.grad is None and hogwild.steps.item() == 600


def test_right(wrong, right):
    """A forked process changes a shared tensor of its parent, and only a copy of a plain one."""
    assert wrong.results.tolist() == [0, 0] and not wrong.results.is_shared()
    assert right.results.tolist() == [5, 5] and right.results.is_shared()


def test_share_memory():
    """share_memory_() works in place and returns the tensor; model.share_memory() shares buffers as well."""
    x = torch.zeros(3)
    assert not x.is_shared()
    assert x.share_memory_() is x and x.is_shared() and x[1:].is_shared() and not x.clone().is_shared()
    norm = nn.BatchNorm1d(2).share_memory()
    assert norm.weight.is_shared() and norm.running_mean.is_shared()


def test_gradients_are_shared_if_they_exist():
    """share_memory() shares the gradients that exist; those that arise later are not shared."""
    for early in (True, False):
        model = nn.Linear(2, 1)
        if early:
            model(torch.ones(3, 2)).sum().backward()
        model.share_memory()
        if not early:
            model(torch.ones(3, 2)).sum().backward()
        assert model.weight.grad.is_shared() is early


def test_a_slice_takes_its_storage():
    """Sending a slice moves the whole storage behind it to shared memory; sending its clone does not."""
    x = torch.zeros(1000)
    ForkingPickler.dumps(x[:1].clone())
    assert not x.is_shared()
    ForkingPickler.dumps(x[:1])
    assert x.is_shared()


def test_spawn():
    """With spawn, a plain CPU tensor among the arguments becomes shared, and what the processes write shows in the parent."""
    program = """
        import torch
        import torch.multiprocessing as mp

        def work(rank, x):
            x[rank] = rank + 5

        if __name__ == "__main__":
            x = torch.zeros(2)
            assert not x.is_shared()
            mp.spawn(work, args=(x,), nprocs=1)
            print(x.tolist(), x.is_shared())
    """
    path = Path(tempfile.mkdtemp()) / "main.py"
    path.write_text(textwrap.dedent(program))
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[5.0, 0.0] True\n"


def test_a_function_must_be_importable(raises):
    """spawn cannot pickle a lambda."""
    with raises(Exception, "Can't pickle"):
        mp.get_context("spawn").Process(target=lambda: None).start()


def test_failures_are_raised(raises):
    """If one process fails, start_processes raises an exception that holds its traceback."""

    def work(rank):
        if rank == 1:
            raise ValueError("boom")

    with raises(mp.ProcessRaisedException, "ValueError: boom"):
        fork(work)


def test_the_sender_must_live(raises):
    """get() of a tensor whose sender has ended raises an OSError, with file descriptors as on Linux; a list arrives."""
    context = mp.get_context("fork")
    for what, arrives in ((torch.arange(3), False), ([0, 1, 2], True)):
        queue = context.Queue()
        process = context.Process(target=lambda q, value: q.put(value), args=(queue, what))
        process.start()
        process.join()
        if arrives:
            assert queue.get(timeout=20) == what
        elif mp.get_sharing_strategy() == "file_descriptor":
            with raises(OSError, "…"):
                queue.get(timeout=20)


def test_join_before_get():
    """A process that has put a large object or many tensors does not end before it is taken; after one large tensor it does."""
    context = mp.get_context("fork")

    def ends(number, size):
        queue = context.Queue()
        process = context.Process(target=lambda: [queue.put(torch.ones(size)) for _ in range(number)])
        process.start()
        process.join(timeout=30 if number == 1 else 2)
        ended = not process.is_alive()
        process.kill()
        return ended

    assert ends(1, 5_000_000) and not ends(1000, 3)
    queue = context.Queue()
    process = context.Process(target=lambda: queue.put("x" * 10_000_000))
    process.start()
    process.join(timeout=2)
    assert process.is_alive()
    assert len(queue.get()) == 10_000_000
    process.join(timeout=30)
    assert not process.is_alive()


def test_sent_tensors_are_shared():
    """A tensor sent through a queue is shared from then on: the receiver's write shows in the sender; a clone's does not."""
    context = mp.get_context("fork")
    for clone in (False, True):
        inbox, back = context.Queue(), context.Queue()

        def work(inbox=inbox, back=back):
            inbox.get()[0] = 9
            back.put(1)

        process = context.Process(target=work)
        process.start()
        x = torch.zeros(2)
        sent = x.clone() if clone else x
        inbox.put(sent)
        back.get()
        process.join()
        assert x.tolist() == ([0, 0] if clone else [9, 0])
        assert x.is_shared() is not clone


def test_graphs_stay_home(raises):
    """A tensor with a graph cannot be pickled for another process; detached, or as a leaf, it can."""
    x = torch.ones(2, requires_grad=True)
    with raises(RuntimeError, "Cowardly refusing to serialize non-leaf tensor which requires_grad"):
        ForkingPickler.dumps(x * 2)
    ForkingPickler.dumps((x * 2).detach())
    ForkingPickler.dumps(x)


def test_put_does_not_raise(raises):
    """put() of a tensor with a graph does not raise, and the queue stays empty: get() with a timeout finds nothing."""
    inbox, printed = mp.get_context("fork").Queue(), io.StringIO()
    with contextlib.redirect_stderr(printed):
        inbox.put(torch.ones(2, requires_grad=True) * 2)
        with raises(queue.Empty, ""):
            inbox.get(timeout=2)
    assert "Cowardly refusing" in printed.getvalue()


def test_fork_after_threads():
    """A process forked after its parent computed with two threads hangs, on Linux; with set_num_threads(1) it does not."""
    program = """
        import torch
        import torch.multiprocessing as mp

        def work(one):
            if one:
                torch.set_num_threads(1)
            torch.ones(1000, 1000).add(1).sum()

        torch.set_num_threads(2)
        torch.ones(1000, 1000).add(1).sum()
        for one in (True, False):
            process = mp.get_context("fork").Process(target=work, args=(one,))
            process.start()
            process.join(60 if one else 2)
            print(process.is_alive())
            process.kill()
    """
    if sys.platform == "linux" and "OpenMP" in torch.__config__.parallel_info():
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
        assert done.stdout == "False\nTrue\n"


def test_a_lock_keeps_every_update():
    """With a lock, no addition of two processes to a shared tensor is lost."""
    x, lock = torch.zeros(1).share_memory_(), mp.get_context("fork").Lock()

    def work(rank):
        for _ in range(300):
            with lock:
                x.add_(1)

    fork(work)
    assert x.item() == 600
