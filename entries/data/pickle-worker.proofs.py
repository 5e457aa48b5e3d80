"""Proofs of pickle-worker."""

import functools
import multiprocessing
import pickle
import sqlite3
import subprocess
import sys
import threading
import types
import warnings
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Samples(list):
    """A list that can carry a transform, as a dataset does."""


def partial(function, **arguments):
    """functools.partial of a function that pickle finds, as it does if the answer stands in a file."""
    setattr(sys.modules["__main__"], function.__name__, function)
    return functools.partial(function, **arguments)


def given():
    own = types.SimpleNamespace(partial=partial)
    return {"functools": own, "pickle": pickle, "DataLoader": DataLoader, "dataset": TensorDataset(torch.ones(2))}


def test_answer(answer):
    """functools.partial fixes an argument of a function and can be pickled, unlike a lambda."""
    assert pickle.loads(pickle.dumps(answer.dataset)).transform(5.0) == 10.0
    assert (answer.loader.batch_size, answer.loader.num_workers) == (32, 2)


def test_default(default):
    """The dataset that workers receive gives the same samples."""
    received = pickle.loads(pickle.dumps(default.dataset))
    assert [received[i] for i in range(5)] == [3 * i for i in range(5)]


def test_find(find):
    """pickle.dumps of each attribute tells which one fails."""
    assert find.dataset.files == pickle.loads(pickle.dumps(find.dataset.files)) == ["a.png", "b.png"]
    assert find.dataset.transform(255) == 1


def test_right(right):
    """A partial of a top-level function survives pickling, with its argument."""
    assert right.data.transform(7) == 21


def test_right_file(right_file):
    """A dataset that keeps the path is pickled before it has opened the file, and opens it where it is read."""
    assert right_file.data.file.closed
    fresh = right_file.Bytes("data.bin")
    assert fresh.file is None and [fresh[i] for i in range(3)] == [7, 9, 4]
    fresh.file.close()


FAIL = (TypeError, AttributeError, pickle.PicklingError)


def test_what_cannot_be_pickled(raises):
    """Lambdas, local functions and classes, open files, database connections, locks, and generators are refused."""

    def local(x):
        return x

    class Local:
        pass

    with open(__file__) as file:
        things = [lambda x: x, local, Local(), file, sqlite3.connect(":memory:"), threading.Lock(), (i for i in "ab")]
        for thing in things:
            with raises(FAIL):
                pickle.dumps(thing)
    assert pickle.loads(pickle.dumps(list(i for i in "ab"))) == ["a", "b"]


def test_a_lambda_anywhere(raises):
    """A partial of a lambda, and an object with a lambda as an attribute, are refused as well; a lambda in the body of a
    top-level class does no harm."""
    samples = Samples([1])
    samples.transform = lambda x: x
    for thing in functools.partial(lambda x, y: x, y=1), samples, [lambda: 0]:
        with raises(FAIL):
            pickle.dumps(thing)
    module = types.ModuleType("top_level")
    sys.modules["top_level"] = module
    module.Double = type("Double", (), {"__module__": "top_level", "transform": lambda self, x: 2 * x})
    assert pickle.loads(pickle.dumps(module.Double())).transform(3) == 6
    del sys.modules["top_level"]


def test_spawn_pickles_and_fork_does_not(raises):
    """Workers started by spawn need a collate_fn and a worker_init_fn that can be pickled; fork takes lambdas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for options in {"collate_fn": lambda batch: batch}, {"worker_init_fn": lambda worker: None}:
            with raises(FAIL):
                list(DataLoader([1, 2], num_workers=1, multiprocessing_context="spawn", **options))
        loader = DataLoader([1, 2], num_workers=1, multiprocessing_context="fork", collate_fn=lambda batch: batch)
        assert list(loader) == [[1], [2]]


def test_the_start_method_of_this_python():
    """Linux forks before Python 3.14 and uses forkserver from then on; Windows and macOS spawn."""
    expected = "spawn" if sys.platform in ("win32", "darwin") else "fork" if sys.version_info < (3, 14) else "forkserver"
    assert multiprocessing.get_all_start_methods()[0] == expected


class Bytes(Dataset):
    def __init__(self, path, forget):
        self.path, self.file, self.forget = path, None, forget

    def __getitem__(self, i):
        self.file = self.file or open(self.path, "rb")
        self.file.seek(i)
        return self.file.read(1)[0]

    def __getstate__(self):
        return {**vars(self), "file": None} if self.forget else vars(self)


def test_getstate_leaves_the_file_out(raises):
    """Once a sample was read, the open file cannot be pickled; a __getstate__ that leaves it out can."""
    with open("data.bin", "wb") as file:
        file.write(bytes([7, 9, 4]))
    Bytes.__module__, module = "readers", types.ModuleType("readers")  # where pickle will look for it
    sys.modules["readers"], module.Bytes = module, Bytes
    data = Bytes("data.bin", forget=False)
    pickle.dumps(data)
    assert data[1] == 9
    with raises(TypeError, "cannot pickle '_io.BufferedReader' object"):
        pickle.dumps(data)
    data.forget = True
    received = pickle.loads(pickle.dumps(data))
    assert received.file is None and received[2] == 4
    data.file.close()
    received.file.close()


def test_classes_are_found_by_name(raises):
    """A pickle names the module and the class, so a process whose __main__ lacks the class cannot load it."""
    module = types.ModuleType("cells")
    sys.modules["cells"] = module
    module.Numbers = type("Numbers", (), {"__module__": "cells"})
    data = pickle.dumps(module.Numbers())
    assert b"cells" in data and b"Numbers" in data
    pickle.loads(data)
    del module.Numbers  # as in another process
    with raises(AttributeError, "Can't get attribute 'Numbers' on <module 'cells'"):
        pickle.loads(data)
    del sys.modules["cells"]


def test_start_method_twice(raises):
    """set_start_method raises when it is called a second time, or after a Queue or a Lock was made."""
    for first in lambda c: c.set_start_method("spawn"), lambda c: c.Queue(), lambda c: c.Lock():
        context = multiprocessing.context.DefaultContext(multiprocessing.get_context("spawn"))
        first(context)
        with raises(RuntimeError, "context has already been set"):
            context.set_start_method("spawn")


def test_locks_of_multiprocessing_reach_the_workers(raises):
    """A lock or Value of multiprocessing raises in pickle.dumps, but a spawned worker receives it."""
    spawn = multiprocessing.get_context("spawn")
    for thing in spawn.Lock(), spawn.Value("i", 3):
        with raises(RuntimeError, "should only be shared between processes through inheritance"):
            pickle.dumps(thing)
    Path("train.py").write_text(
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    value = spawn.Value('i', 3)\n"
        "    worker = spawn.Process(target=setattr, args=(value, 'value', 5))\n"
        "    worker.start()\n"
        "    worker.join()\n"
        "    print(value.value)\n"
    )
    run = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["5"]


def test_torch_save_pickles_too(raises):
    """torch.save raises for a model with a lambda as an attribute, and saves its state_dict."""
    model = torch.nn.Linear(2, 3)
    model.transform = lambda x: x
    with raises(FAIL, "local object"):
        torch.save(model, "model.pt")
    torch.save(model.state_dict(), "model.pt")
    assert sorted(torch.load("model.pt")) == ["bias", "weight"]
