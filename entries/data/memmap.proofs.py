"""Proofs of memmap."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import torch
from torch.utils.data import DataLoader


def given():
    torch.save({"w": torch.arange(5.0)}, "model.pt")
    rows = np.arange(1000.0).repeat(3).reshape(1000, 3)
    torch.arange(1200 * 3, dtype=torch.bfloat16).view(torch.uint8).numpy().tofile("x.bin")
    return {"np": np, "torch": torch, "N": 1200, "D": 3, "i": 7, "first_rows": rows}


def test_answer(answer):
    """open_memmap writes a .npy file that np.load maps, torch.load maps weights, and from_file reads bfloat16."""
    assert isinstance(answer.x, np.memmap) and answer.x.shape == (1200, 3) and answer.x.dtype == np.float32
    assert answer.row.tolist() == [7.0] * 3
    answer.row.add_(1)
    assert answer.x[7].tolist() == [7.0] * 3
    with open("model.pt", "r+b") as file:  # the weights are read from the file when they are used
        data = file.read()
        file.seek(data.index(np.arange(5, dtype=np.float32).tobytes()))
        file.write(np.full(5, 8, dtype=np.float32).tobytes())
    assert answer.state["w"].tolist() == [8.0] * 5
    assert torch.equal(answer.t, torch.arange(3600, dtype=torch.bfloat16).view(1200, 3))


def test_default(default):
    """__getitems__ receives the indices of a batch, and indexing a memmap with a list copies those rows."""
    assert default.out.tolist() == [[10 * i + j for j in range(4)] for i in range(7)]
    data = default.Rows("x.npy")
    rows = data.__getitems__([5, 2])
    assert [row.tolist() for row in rows] == [[50, 51, 52, 53], [20, 21, 22, 23]]
    assert isinstance(data.rows, np.memmap)
    assert torch.cat(list(DataLoader(default.Rows("x.npy"), batch_size=2))).tolist() == default.out.tolist()


def test_memmaps_are_pickled_whole():
    """A pickled memmap holds all its data; a path is a few bytes."""
    np.save("x.npy", np.zeros((1000, 100), dtype=np.float32))
    assert len(pickle.dumps(np.load("x.npy", mmap_mode="r"))) > 1000 * 100 * 4


def test_rows_are_read_only():
    """A row of a map opened with "r" is not writable: from_numpy warns, and writing kills the process; copy() avoids both."""
    np.save("x.npy", np.zeros((4, 3), dtype=np.float32))
    x = np.load("x.npy", mmap_mode="r")
    assert not x[1].flags.writeable and x[1].copy().flags.writeable
    for row, warned in ((x[1], True), (x[1].copy(), False)):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            torch.from_numpy(row)
        assert any("not writable" in str(one.message) for one in seen) or not warned
        assert len(seen) <= warned
    code = "import numpy as np, torch; x = np.load('x.npy', mmap_mode='r'); torch.from_numpy(x[1].copy())[0] = 1\n"
    code += "print('alive', flush=True); torch.from_numpy(x[1])[0] = 1; print('alive', flush=True)"
    tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert tried.stdout.split() == ["alive"] and tried.returncode != 0


def test_raw_files_hold_no_dtype():
    """The same raw bytes mapped as another dtype give other numbers and no error."""
    np.arange(4, dtype=np.float64).tofile("x.bin")
    assert np.memmap("x.bin", dtype=np.float64, mode="r").tolist() == [0, 1, 2, 3]
    assert len(np.memmap("x.bin", dtype=np.float32, mode="r")) == 8
    np.save("x.npy", np.arange(4, dtype=np.float64))
    assert np.load("x.npy", mmap_mode="r").tolist() == [0, 1, 2, 3]


def test_archives_are_not_mapped():
    """An array of an .npz archive is an ordinary array, also with mmap_mode."""
    np.savez("x.npz", x=np.zeros((4, 3)))
    with np.load("x.npz", mmap_mode="r") as archive:
        assert not isinstance(archive["x"], np.memmap)


def test_tensors(tensors):
    """Writes to from_file(shared=False) and to weights loaded with mmap=True do not reach the file."""
    assert np.fromfile("x.bin", dtype=np.float32).tolist() == [0, 1, 2, 3, 4, 200]
    assert tensors.private.shape == (2, 3) == tensors.shared.shape
    assert torch.load("model.pt")["w"].tolist() == [0, 1, 2]


def test_files_can_be_too_small(raises):
    """from_file raises if the file has fewer bytes than size elements need."""
    np.arange(6, dtype=np.float32).tofile("x.bin")
    with raises(RuntimeError, "size <24> is smaller than the required mapping size <28>"):
        torch.from_file("x.bin", size=7)
    storage = torch.UntypedStorage.from_file("x.bin", shared=False, nbytes=24)
    assert torch.tensor([], dtype=torch.float32).set_(storage).tolist() == [0, 1, 2, 3, 4, 5]


def test_a_shared_file_grows():
    """from_file(shared=True) makes a file that is too short as long as size elements need, and raises nothing."""
    np.arange(6, dtype=np.float32).tofile("short.bin")
    assert torch.from_file("short.bin", size=8, shared=True).tolist() == [0, 1, 2, 3, 4, 5, 0, 0]
    assert len(np.fromfile("short.bin", dtype=np.float32)) == 8
