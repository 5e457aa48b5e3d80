"""Proofs of weights-only."""

import argparse
import os
import pathlib
import pickle
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from fractions import Fraction
from logging.config import ConvertingDict, ConvertingList

import numpy as np
import torch
from torch import nn
from torch.serialization import add_safe_globals, clear_safe_globals, get_unsafe_globals_in_checkpoint, safe_globals


def given():
    torch.save({"args": argparse.Namespace(lr=0.1), "w": torch.tensor([2.0])}, "old.pt")
    return {"torch": torch, "argparse": argparse}


def test_answer(answer, raises):
    """safe_globals allows a class while it is open, and weights_only=False reads the file as well."""
    assert answer.ckpt["args"].lr == 0.1 and answer.ckpt["w"].item() == 2
    with raises(pickle.UnpicklingError, "GLOBAL argparse.Namespace was not an allowed global"):
        torch.load("old.pt")


def test_default(default):
    """A copy with plain values in place of the objects loads by default."""
    assert default.ckpt["args"] == {"lr": 0.1, "depth": 18}
    assert get_unsafe_globals_in_checkpoint("old.pt") == ["argparse.Namespace"]
    assert get_unsafe_globals_in_checkpoint("clean.pt") == []


def test_list_classes(list_classes):
    """get_unsafe_globals_in_checkpoint lists the classes that are not allowed."""
    with safe_globals([argparse.Namespace, pathlib.Path]):
        assert torch.load("old.pt")["args"] == argparse.Namespace(lr=0.1, parent=pathlib.Path)


def test_right(right):
    """A float in place of a NumPy number is accepted."""
    assert type(right.best) is np.float64 and torch.load("checkpoint.pt") == {"epoch": 3, "best": 0.75}


def test_right_not_allowed(right_not_allowed):
    """A class that safe_globals allows is built."""
    assert right_not_allowed.ckpt["args"].lr == 0.1


def test_plain_values():
    """Tensors, numbers, strings, lists, tuples, sets, dicts, and a few more types pass, OrderedDict and Counter among them."""
    value = {"t": (1, [2.5, {"x"}, 3j]), 4: "text", "b": b"bytes", "n": None, "y": True, "o": OrderedDict(a=1)}
    value |= {"c": Counter("aab"), "size": torch.Size([2]), "dtype": torch.float16, "device": torch.device("cpu")}
    torch.save({**value, "w": torch.ones(2)}, "plain.pt")
    loaded = torch.load("plain.pt")
    assert loaded.pop("w").tolist() == [1, 1] and loaded == value


def test_refused_objects(raises):
    """NumPy values, Namespace, paths, defaultdict, models, fractions, and functions are refused and named."""
    for value, name in (
        (np.float64(1), "multiarray.scalar"),
        (np.ones(2), "multiarray._reconstruct"),
        (argparse.Namespace(), "argparse.Namespace"),
        (pathlib.PurePosixPath("a"), "pathlib.PurePosixPath"),
        (defaultdict(list), "collections.defaultdict"),
        (nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (Fraction(1, 3), "fractions.Fraction"),
        (os.path.join, "posixpath.join"),
    ):
        torch.save({"x": value}, "x.pt")
        with raises(pickle.UnpicklingError, f"GLOBAL …{name} was not an allowed global by default"):
            torch.load("x.pt")


def test_plain_replacements():
    """float, torch.from_numpy, vars, str, dict, and state_dict() give values that are accepted."""
    counts = defaultdict(int, a=2)
    torch.save(
        [float(np.float64(0.5)), torch.from_numpy(np.ones(2)), vars(argparse.Namespace(a=1)), str(pathlib.Path("a"))]
        + [dict(counts), nn.Linear(2, 3).state_dict()],
        "x.pt",
    )
    loaded = torch.load("x.pt")
    assert (loaded[0], loaded[1].tolist(), *loaded[2:5]) == (0.5, [1, 1], {"a": 1}, "a", {"a": 2})
    assert loaded[5]["weight"].shape == (3, 2)


def test_add_safe_globals():
    """add_safe_globals allows a class for the rest of the program."""
    torch.save(argparse.Namespace(a=1), "x.pt")
    add_safe_globals([argparse.Namespace])
    try:
        assert torch.load("x.pt").a == torch.load("x.pt").a == 1
    finally:
        clear_safe_globals()


class Payload:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_unpickling_runs_code(raises):
    """With weights_only=False a file runs the function that it names; by default it is refused and nothing runs, one of the
    module os even if safe_globals names it."""
    torch.save(Payload(), "payload.pt")
    with raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("payload.pt")
    assert not os.path.exists("ran")
    with safe_globals([os.mkdir]), raises(pickle.UnpicklingError, "is blocked"):
        torch.load("payload.pt")
    torch.load("payload.pt", weights_only=False)
    assert os.path.exists("ran")


def test_numpy_needs_the_dtype_class(raises):
    """A NumPy number needs the class of its dtype among the allowed ones, which the list of classes leaves out."""
    torch.save({"best": np.float64(0.5)}, "x.pt")
    names = get_unsafe_globals_in_checkpoint("x.pt")
    assert any(name.endswith("multiarray.scalar") for name in names)
    assert not any("Float64DType" in name for name in names)
    allowed = [np.dtype, np.float64(0).__reduce__()[0]]
    with safe_globals(allowed), raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("x.pt")
    with safe_globals([*allowed, type(np.dtype("float64"))]):
        assert torch.load("x.pt") == {"best": 0.5}


def test_files_of_another_kind(raises):
    """Unsupported operand 60 is a web page, 118 a Git LFS pointer, and 149 a plain pickle."""
    for data, number in (
        (b"<!DOCTYPE html><html>", ord("<")),
        (b"version https://git-lfs.github.com/spec/v1\n", ord("v")),
        (pickle.dumps({"a": 1}, protocol=4), 149),
    ):
        with open("x.pt", "wb") as file:
            file.write(data)
        with warnings.catch_warnings(), raises(pickle.UnpicklingError, f"Unsupported operand {number}"):
            warnings.simplefilter("ignore")  # of the pickle protocol
            torch.load("x.pt")


def test_pickle_protocols(raises):
    """torch.save with pickle_protocol=4 or 5 gives Unsupported operand 149 too; weights_only=False reads that file."""
    for protocol in (4, 5):
        torch.save({"w": torch.ones(2)}, "x.pt", pickle_protocol=protocol)
        with warnings.catch_warnings(), raises(pickle.UnpicklingError, "Unsupported operand 149"):
            warnings.simplefilter("ignore")
            torch.load("x.pt")
        assert torch.load("x.pt", weights_only=False)["w"].tolist() == [1, 1]


def test_subclasses_of_dict_and_list_stay_refused(raises):
    """A deque is refused even if its class is allowed, so are a defaultdict and other subclasses of dict since torch 2.10,
    and before torch 2.14 subclasses of list."""
    for value, classes, what in (
        (defaultdict(int, a=2), [defaultdict, int], "Can only SETITEM"),
        (ConvertingDict(a=2), [ConvertingDict], "Can only SETITEM"),
        (ConvertingList([1]), [ConvertingList], "Can only append"),
        (deque([1]), [deque], "Can only append"),
    ):
        torch.save(value, "x.pt")
        with safe_globals(classes):
            if isinstance(value, list) and torch.__version__ >= (2, 14) or isinstance(value, dict) and torch.__version__ < (2, 10):
                found = torch.load("x.pt")
                assert type(found) is type(value) and found == value
            else:
                with raises(pickle.UnpicklingError, what):
                    torch.load("x.pt")


def test_torchscript_is_refused(raises):
    """torch.load refuses a TorchScript program, and torch.jit.load reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.script(nn.Linear(2, 3)).save("script.pt")
        with raises(RuntimeError, "Cannot use ``weights_only=True`` with TorchScript archives"):
            torch.load("script.pt")
        assert torch.jit.load("script.pt")(torch.ones(4, 2)).shape == (4, 3)
