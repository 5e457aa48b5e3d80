"""Proofs of hdf5."""

import os
import pickle
import subprocess
import sys

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


def write(path):
    """Nine rows of (i, i, i) with the label i % 4."""
    import h5py

    with h5py.File(path, "w") as file:
        file["x"] = np.arange(9, dtype=np.float32).repeat(3).reshape(9, 3)
        file["y"] = np.arange(9) % 4


def given():
    import h5py

    return {"Dataset": Dataset, "h5py": h5py, "torch": torch}


def test_answer(answer):
    """The dataset holds only the path until a sample is read, so it can be pickled; then it reads row i and its label."""
    write("data.h5")
    data = answer.H5Dataset("data.h5")
    assert len(data) == 9 and data.file is None
    copy = answer.H5Dataset.__new__(answer.H5Dataset)
    copy.__dict__ = pickle.loads(pickle.dumps(vars(data)))
    assert [(x.tolist(), y) for x, y in (copy[i] for i in (5, 2))] == [([5.0] * 3, 1), ([2.0] * 3, 2)]
    first = copy.file
    assert copy[3][1] == 3 and copy.file is first
    with answer.h5py.File("flat.h5", "w") as file:  # one number a row
        file["x"], file["y"] = np.arange(5.0), np.arange(5)
    assert answer.H5Dataset("flat.h5")[3][0].item() == 3
    x, y = next(iter(DataLoader(data, batch_size=9)))
    assert x.shape == (9, 3) and y.tolist() == [i % 4 for i in range(9)]


def test_default(default):
    """A file opened at the first read is opened once, and before that the dataset holds no file."""
    data = default.FileDataset("x.bin", width=5)
    assert data.file is None and len(data) == 3
    np.arange(15, dtype=np.float32).tofile("x.bin")
    assert data[2].tolist() == [10, 11, 12, 13, 14] and data[0].tolist() == [0, 1, 2, 3, 4]
    assert len(default.FileDataset("x.bin", 3)) == 5 and default.loader.num_workers == 2
    assert default.loader.batch_size == 2


def test_batches(batches):
    """__getitems__ receives the indices of a whole batch, in the order of the sampler."""
    asked = []

    class Spy(batches.Rows):
        def __getitems__(self, indices):
            asked.append(indices)
            return super().__getitems__(indices)

    rows = torch.cat(list(DataLoader(Spy(batches.table), batch_size=3, sampler=[5, 0, 5, 7, 2])))
    assert asked == [[5, 0, 5], [7, 2]]
    assert torch.equal(rows, batches.table[[5, 0, 5, 7, 2]])


def test_h5py_files_cannot_be_pickled(raises):
    """Neither an open h5py file nor one of its datasets can be pickled."""
    import h5py

    write("data.h5")
    with h5py.File("data.h5", "r") as file:
        for one in file, file["x"]:
            with raises(TypeError, "h5py objects cannot be pickled"):
                pickle.dumps(one)


def test_indexing_opens_the_file(default, raises):
    """Once a sample was read, the dataset holds an open file, which cannot be pickled."""
    data = default.FileDataset("x.bin", width=5)
    pickle.dumps(vars(data))
    assert data[0].shape == (5,)
    with raises(TypeError, "cannot pickle"):
        pickle.dumps(vars(data))


def test_index_lists_must_increase(raises):
    """h5py takes a sorted list of indices and rejects one that is unsorted or repeats an index."""
    import h5py

    write("data.h5")
    with h5py.File("data.h5", "r") as file:
        assert file["x"][[1, 4]].tolist() == [[1.0] * 3, [4.0] * 3]
        for indices in [4, 1], [1, 1]:
            with raises(TypeError, "Indexing elements must be in increasing order"):
                file["x"][indices]


def test_open_files_cannot_be_written(raises):
    """A file that is open for reading cannot be opened for appending; another process that tries mode "w" fails, but the
    file is empty afterwards."""
    import h5py

    write("data.h5")
    with h5py.File("data.h5", "r"), raises(OSError, "already open for read-only"):
        h5py.File("data.h5", "a")
    with h5py.File("data.h5", "r") as file:
        size = file.id.get_filesize()
        code = "import h5py; h5py.File('data.h5', {!r})"
        for mode, left in ("a", size), ("w", 0):
            tried = subprocess.run([sys.executable, "-c", code.format(mode)], capture_output=True, text=True, check=False)
            if "unable to lock file" not in tried.stderr:  # a file system or a setting without locks
                return
            assert os.path.getsize("data.h5") == left


def test_tiny_chunks_double_the_file():
    """With a chunk for each sample of 40 bytes, the file has more than twice the size of the numbers; of 4 KB, it has not."""
    import h5py

    for width, more in (10, True), (1000, False):
        rows = np.zeros((2000, width), dtype=np.float32)
        with h5py.File("chunks.h5", "w") as file:
            file.create_dataset("x", data=rows, chunks=(1, width))
        assert (os.path.getsize("chunks.h5") > 2 * rows.nbytes) is more
