"""Proofs of dataloader-hang."""

import faulthandler
import multiprocessing
import pickle
import threading
import time
import warnings

import torch
from torch.utils.data import DataLoader, Dataset


class Slow(Dataset):
    """Sample 3 takes a second."""

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 3:
            time.sleep(1)
        return i


def given():
    return {"faulthandler": faulthandler, "DataLoader": DataLoader, "dataset": Slow()}


def forked(**options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few cores, and of fork beside threads since Python 3.12
        return DataLoader(Slow(), batch_size=2, num_workers=1, multiprocessing_context="fork", **options)


def test_answer(answer):
    """The loader starts 2 spawned workers, waits 120 s for a batch, and calls the function in each worker."""
    loader = answer.loader
    assert (loader.num_workers, loader.timeout, loader.batch_size) == (2, 120, 32)
    assert loader.worker_init_fn is answer.show_stack
    assert loader.multiprocessing_context.get_start_method() == "spawn"
    delays, later = [], faulthandler.dump_traceback_later
    faulthandler.dump_traceback_later = lambda *args, **options: delays.append((args, options))
    try:
        answer.show_stack(0)
    finally:
        faulthandler.dump_traceback_later = later
    assert delays == [((60,), {"repeat": True})]


def test_stack_of_a_worker():
    """faulthandler.dump_traceback_later prints the line where a process waits."""
    with open("stack.txt", "w+") as file:
        faulthandler.dump_traceback_later(0.05, file=file)
        Slow()[3]
        file.seek(0)
        assert "in __getitem__" in file.read()


def test_default(default):
    """The stack of a thread that still runs names the line where it is."""
    assert default.thread.ident and default.stack[-1].name == "__getitem__"


def test_opencv(opencv):
    """cv2.setNumThreads(0) leaves OpenCV a single thread."""
    assert opencv.cv2.getNumThreads() <= 1
    assert opencv.load(4).unique().tolist() == [4] and opencv.load(1).shape == (2, 3, 3)


def test_forked_locks_stay_locked():
    """A forked process cannot take a lock that was held when it was forked, even after the parent releases it."""
    lock, start = threading.Lock(), multiprocessing.get_context("fork").Event()

    def child():
        start.wait(5)
        raise SystemExit(0 if lock.acquire(timeout=0.3) else 7)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with lock:
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
        assert lock.acquire(timeout=1)  # free in the parent
        start.set()
        process.join()
    assert process.exitcode == 7


def test_timeout_per_batch(raises):
    """timeout limits the wait for each batch: a worker that takes longer for one raises, and a long sum does not."""
    with raises(RuntimeError, "DataLoader timed out after 0.5 seconds"):
        for _ in forked(timeout=0.5):
            pass
    batches = []
    for batch in forked(timeout=5):
        batches.append(batch.tolist())
    assert batches == [[0, 1], [2, 3], [4, 5]]
    assert DataLoader(Slow(), num_workers=2).timeout == 0  # waits without end


class Stuck(Dataset):
    """Sample 3 does not come before `go`; `first` says that batch [0, 1] has been sent."""

    def __init__(self):
        fork = multiprocessing.get_context("fork")
        self.first, self.go = fork.Event(), fork.Event()

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 2:
            self.first.set()
        if i == 3:
            self.go.wait(60)
        return i


def test_batches_arrive_in_order():
    """Batches arrive in the order of the sampler, so the one that times out follows the last one received."""
    dataset, received = Stuck(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batches = iter(DataLoader(dataset, 2, num_workers=1, timeout=0.5, multiprocessing_context="fork"))
    assert dataset.first.wait(60)
    try:
        for batch in batches:
            received.append(batch.tolist())
    except RuntimeError as error:
        assert "DataLoader timed out after 0.5 seconds" in str(error)
    dataset.go.set()
    assert received == [[0, 1]]


def test_lambdas_do_not_travel(raises):
    """A lambda cannot be pickled, as spawn requires."""
    with raises((pickle.PicklingError, AttributeError), "pickle"):
        pickle.dumps(lambda batch: batch)


def test_no_workers_no_timeout(raises):
    """With num_workers=0, a timeout and a multiprocessing_context raise, and worker_init_fn is not called."""
    old = torch.__version__ < (2, 9)
    with raises(AssertionError, "" if old else "requires timeout == 0"):
        list(DataLoader(range(3), timeout=5))
    with raises(ValueError, "multiprocessing_context can only be used with multi-process loading"):
        DataLoader(range(3), multiprocessing_context="spawn")
    called = []
    assert len(list(DataLoader(range(3), worker_init_fn=called.append))) == 3 and called == []


def test_the_stack_is_printed_again():
    """dump_traceback_later with repeat=True prints the stack again and again; without it, once."""
    for repeat, least, most in (True, 2, 99), (False, 1, 1):
        with open("stack.txt", "w+") as file:
            faulthandler.dump_traceback_later(0.05, repeat=repeat, file=file)
            for _ in range(600):  # a busy machine may take longer
                time.sleep(0.1)
                file.seek(0)
                printed = file.read().count("Timeout (")
                if printed >= least:
                    break
            faulthandler.cancel_dump_traceback_later()
            assert least <= printed <= most
