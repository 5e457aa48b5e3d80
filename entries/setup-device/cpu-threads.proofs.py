"""Proofs of cpu-threads."""

import glob
import logging
import os
import subprocess
import sys
import warnings
from multiprocessing import get_context

import torch
from torch.utils.data import DataLoader, Dataset


def given():
    return {"torch": torch}


def reported():
    """The number of threads as the library itself reports it."""
    lines = torch.__config__.parallel_info().splitlines()
    (line,) = [line for line in lines if "at::get_num_threads" in line]
    return int(line.split(":")[-1])


def test_answer(answer):
    """set_num_threads sets the number that torch.get_num_threads() and the build report."""
    assert answer.torch.get_num_threads() == reported() == 4


def test_default(default):
    """The number can be changed at any time."""
    assert default.x.numel() == default.total == 700 * 60_000
    assert torch.get_num_threads() == reported() == 3


def test_right(right):
    """set_num_interop_threads is accepted once."""
    assert "at::get_num_interop_threads() : 3\n" in torch.__config__.parallel_info()


def test_interop_only_once(wrong, raises):
    """A second call of set_num_interop_threads raises."""
    assert torch.get_num_interop_threads() == 3
    with raises(RuntimeError, "cannot set number of interop threads"):
        torch.set_num_interop_threads(3)


def test_the_shell_sets_it():
    """OMP_NUM_THREADS limits torch and the OpenBLAS of NumPy; where there is MKL, MKL_NUM_THREADS is stronger."""
    import numpy

    code = "import ctypes, sys, torch; print(torch.get_num_threads())\n"
    code += "for path in sys.argv[1:]: print(ctypes.CDLL(path).scipy_openblas_get_num_threads64_())"
    blas = glob.glob(f"{os.path.dirname(numpy.__path__[0])}/numpy.libs/libscipy_openblas64_*.so")
    settings = [{"OMP_NUM_THREADS": "1"}]
    if torch.backends.mkl.is_available():
        settings.append({"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "1"})
    rest = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    runs = [
        subprocess.Popen([sys.executable, "-c", code, *blas], env=rest | new, stdout=subprocess.PIPE)
        for new in settings
    ]
    threads = [[int(line) for line in run.communicate()[0].split()] for run in runs]
    assert threads[0] == [1] * (1 + len(blas))
    assert [found[0] for found in threads] == [1] * len(runs)


def test_the_environment_is_read_once():
    """OMP_NUM_THREADS set after the import changes nothing."""
    before = torch.get_num_threads()
    os.environ["OMP_NUM_THREADS"] = str(before + 2)
    torch.ones(3_000_000).sum()
    assert torch.get_num_threads() == reported() == before
    del os.environ["OMP_NUM_THREADS"]


def test_torchrun_sets_one():
    """torchrun sets OMP_NUM_THREADS=1 for several processes if it is unset, and not for one process."""
    from torch.distributed.run import config_from_args, get_args_parser

    logging.disable(logging.WARNING)
    for processes, wanted in (("1", None), ("2", "1")):
        os.environ.pop("OMP_NUM_THREADS", None)
        config_from_args(get_args_parser().parse_args(["--nproc-per-node", processes, "train.py"]))
        assert os.environ.pop("OMP_NUM_THREADS", None) == wanted
    os.environ["OMP_NUM_THREADS"] = "5"
    config_from_args(get_args_parser().parse_args(["--nproc-per-node", "2", "train.py"]))
    assert os.environ.pop("OMP_NUM_THREADS") == "5"


def large_sum(threads):
    if threads:
        torch.set_num_threads(threads)
    assert torch.ones(3_000_000).sum() == 3_000_000


class Threads(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return torch.get_num_threads()


def three_threads(worker):
    torch.set_num_threads(3)


def test_worker_init_fn_changes_it():
    """A DataLoader worker starts with one thread, and worker_init_fn can set another number."""
    if sys.platform != "linux":
        return  # there workers start by spawn, which does not find this file
    torch.set_num_threads(1)
    for init, wanted in ((None, [1, 1]), (three_threads, [3, 3])):
        loader = DataLoader(Threads(), batch_size=2, num_workers=1, worker_init_fn=init, multiprocessing_context="fork")
        assert [batch.tolist() for batch in loader] == [wanted]


def test_a_forked_child_hangs():
    """After the parent used several threads, a forked child hangs; with set_num_threads(1) it does not."""
    if sys.platform != "linux":
        return
    torch.set_num_threads(2)
    large_sum(0)
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork with threads
    for threads, seconds in ((1, 60), (0, 1)):
        child = get_context("fork").Process(target=large_sum, args=(threads,))
        child.start()
        child.join(seconds)
        assert child.is_alive() == (threads == 0)
        child.kill()
        child.join()
        assert threads == 0 or child.exitcode == 0


def test_last_digits():
    """The number of threads changes the last digits of a sum."""
    torch.manual_seed(0)
    x = torch.randn(1_000_003)
    sums = []
    for threads in (1, 2, 3, 4, 7):
        torch.set_num_threads(threads)
        sums.append(x.sum().item())
    assert len(set(sums)) > 1 and max(sums) - min(sums) < 0.01


def test_numbers_that_raise(raises):
    """A float and a number below 1 raise."""
    with raises(RuntimeError, "set_num_threads expects an int, but got float"):
        torch.set_num_threads(6 / 2)
    with raises(RuntimeError, "set_num_threads expects a positive integer"):
        torch.set_num_threads(2 // 3)
