"""Proofs of hub-zip-error."""

import io
import os
import pickle
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch.hub import load_state_dict_from_url

LOADS = ("new", "old")
FAILS = {
    "cut": (RuntimeError, "failed finding central directory"),
    "page": (pickle.UnpicklingError, "Unsupported operand 60"),
    "lfs": (pickle.UnpicklingError, "Unsupported operand 118"),
    "packed": (RuntimeError, "file in archive is not in a subdirectory"),
}


def given():
    """A web page in hub's cache, and the weights on the server."""
    torch.hub.set_dir("answer-hub")
    Path("answer-hub/checkpoints").mkdir(parents=True)
    Path("answer-hub/checkpoints/net.pth").write_text("<!DOCTYPE html>")
    torch.save({"weight": torch.tensor([3.0, 8.0])}, "net.pth")
    shown = []
    return {"os": os, "torch": torch, "url": Path("net.pth").resolve().as_uri(), "shown": shown, "print": shown.append}


def test_answer(answer):
    """The first bytes tell what the file is; once it is deleted, hub downloads the weights again."""
    assert answer.shown == [b"<!DOCTYPE html>"]
    assert answer.state["weight"].tolist() == [3, 8]
    assert Path("answer-hub/checkpoints/net.pth").read_bytes() == Path("net.pth").read_bytes()


def test_default(default):
    """The beginning of a file, its table of contents if it is a zip, and tarfile tell these kinds apart."""
    torch.save({"weight": torch.tensor([1.0, -2.0])}, "zip.pt")
    torch.save({"weight": torch.tensor([1.0, -2.0])}, "pickle.pt", _use_new_zipfile_serialization=False)
    with zipfile.ZipFile("around.pt", "w") as archive:
        archive.write("pickle.pt")
    with tarfile.open("tar.pt", "w") as archive:
        archive.add("pickle.pt")
    whole = Path("zip.pt").read_bytes()
    for name, content in (
        ("part", whole[:200]), ("html", b"\n <html>"), ("pointer", b"version https://git-lfs.github.com/spec/v1\n"),
        ("empty", b""), ("text", b"hello"),
    ):  # fmt: skip
        Path(f"{name}.pt").write_bytes(content)
    kinds = {
        "zip": "torch zip", "pickle": "torch before 1.6", "around": "other zip", "part": "zip, cut short",
        "html": "web page", "pointer": "Git LFS pointer", "tar": "tar", "empty": "empty", "text": "unknown",
    }  # fmt: skip
    assert {name: default.kind(f"{name}.pt") for name in kinds} == kinds


def test_files(files, raises):
    """A torch zip and an old pickle load; a cut zip, a page, a pointer, and a zip around a file each raise their own error."""
    for name in LOADS:
        assert torch.load(f"{name}.pt", weights_only=True)["weight"].tolist() == [1, -2, 4]
    for name, (kind, message) in FAILS.items():
        with raises(kind, message):
            torch.load(f"{name}.pt", weights_only=True)
    assert [zipfile.is_zipfile(f"{name}.pt") for name in LOADS] == [True, False]


def test_an_npz_is_a_zip_too(raises):
    """torch.load says of an .npz that a file is not in a subdirectory; NumPy reads it."""
    np.savez("a.npz", a=np.arange(3))
    with raises(RuntimeError, "file in archive is not in a subdirectory"):
        torch.load("a.npz")
    assert np.load("a.npz")["a"].tolist() == [0, 1, 2]


def test_right(right):
    """After the bad copy is deleted, hub downloads the file again."""
    assert right.cached.read_bytes() == Path("net.pt").read_bytes()


def test_the_cache_keeps_a_bad_file(raises):
    """hub opens the bad file in its cache again and again, and leaves it as it is."""
    torch.save({"weight": torch.tensor(5.0)}, "good.pt")
    Path("kept.pt").write_bytes(Path("good.pt").read_bytes()[:-1])
    for _ in range(2):
        with raises(RuntimeError, "failed finding central directory"):
            load_state_dict_from_url(Path("good.pt").resolve().as_uri(), ".", file_name="kept.pt", weights_only=True)
    assert Path("kept.pt").read_bytes() == Path("good.pt").read_bytes()[:-1]


def test_weights_only_does_not_help(files, raises):
    """With weights_only=False, a page, a Git LFS pointer, and a truncated zip raise as well."""
    for name, kind, message in (
        ("page", pickle.UnpicklingError, "invalid load key, '<'"),
        ("lfs", pickle.UnpicklingError, "invalid load key, 'v'"),
        ("cut", RuntimeError, "failed finding central directory"),
    ):
        with raises(kind, message):
            torch.load(f"{name}.pt", weights_only=False)


def test_check_hash_refuses(raises):
    """With check_hash=True, a download that does not fit the hash in its name raises, and the cache stays empty."""
    torch.save({"weight": torch.tensor(5.0)}, "net-0a1b2c3d.pt")
    url = Path("net-0a1b2c3d.pt").resolve().as_uri()
    with raises(RuntimeError, 'invalid hash value (expected "0a1b2c3d"'):
        load_state_dict_from_url(url, "checked", check_hash=True, weights_only=True)
    assert os.listdir("checked") == []


def test_empty_and_truncated_files(raises):
    """An empty file, or a buffer at its end, is an EOFError, and a truncated file of the old format an unexpected EOF."""
    buffer = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, buffer)
    with raises(EOFError, ""):
        torch.load(buffer)
    buffer.seek(0)
    assert torch.load(buffer)["weight"].tolist() == [1, 1]
    Path("nothing.pt").touch()
    with raises(EOFError, ""):
        torch.load("nothing.pt")
    torch.save(torch.ones(100), "short.pt", _use_new_zipfile_serialization=False)
    os.truncate("short.pt", os.path.getsize("short.pt") - 100)
    with raises(RuntimeError, "unexpected EOF, expected 100 more bytes"):
        torch.load("short.pt")


def test_an_exported_program_has_no_data_pkl(raises):
    """torch.load of a .pt2 misses data.pkl; torch.export.load reads the file."""
    program = torch.export.export(torch.nn.Linear(3, 2), (torch.ones(4, 3),))
    torch.export.save(program, "net.pt2")
    said = "PytorchStreamReader failed locating file data.pkl: file not found"
    with raises(RuntimeError, said if torch.__version__ >= (2, 8) else "file in archive is not in a subdirectory"):
        torch.load("net.pt2")
    assert torch.export.load("net.pt2").module()(torch.ones(4, 3)).shape == (4, 2)


def test_jit_load_of_no_zip(raises):
    """torch.jit.load says of a web page, a Git LFS pointer, and an old checkpoint what torch.load says of a truncated zip."""
    Path("jit-page.pt").write_text("<!DOCTYPE html>" * 10)
    Path("jit-lfs.pt").write_text("version https://git-lfs.github.com/spec/v1\n" * 3)
    torch.save({"weight": torch.ones(2)}, "jit-old.pt", _use_new_zipfile_serialization=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch.jit.load is deprecated
        for name in "jit-page.pt", "jit-lfs.pt", "jit-old.pt":
            with raises(RuntimeError, "PytorchStreamReader failed reading zip archive: failed finding central directory"):
                torch.jit.load(name)


def test_pickle_protocol_4(raises):
    """A checkpoint of pickle protocol 4 loads with weights_only=False, and a file of pickle.dump with pickle.load only."""
    torch.save({"a": torch.ones(2)}, "protocol.pt", pickle_protocol=4)
    with open("dumped.pt", "wb") as file:
        pickle.dump({"a": 1}, file, protocol=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the protocol is not 2
        for name in "protocol.pt", "dumped.pt":
            with raises(pickle.UnpicklingError, "Unsupported operand 149"):
                torch.load(name)
    assert torch.load("protocol.pt", weights_only=False)["a"].tolist() == [1, 1]
    with raises(RuntimeError, "Invalid magic number"):
        torch.load("dumped.pt", weights_only=False)
    with open("dumped.pt", "rb") as file:
        assert pickle.load(file) == {"a": 1}
