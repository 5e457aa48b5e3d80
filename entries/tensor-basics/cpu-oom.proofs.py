"""Proofs of cpu-oom."""

import os
import signal

import numpy as np
import torch


def given():
    torch.save({"weight": torch.arange(5.0)}, "model.pt")
    return {"torch": torch, "x": torch.arange(5000.0), "f": lambda chunk: chunk * 2, "path": "model.pt"}


def test_answer(answer):
    """Chunks joined by cat equal the whole; half() halves the bytes; load with mmap=True gives the same tensors."""
    assert answer.gib == 5000 * 4 / 1024**3
    assert [len(part) for part in answer.parts] == [1024] * 4 + [5000 - 4 * 1024]
    assert torch.equal(answer.y, torch.arange(5000.0) * 2)
    assert answer.x.nbytes == 5000 * 2
    weight = answer.state["weight"]
    assert weight.tolist() == [0, 1, 2, 3, 4]
    if os.path.exists("/proc/self/maps"):  # Linux: the file is mapped into memory
        assert "model.pt" in open("/proc/self/maps").read()


def test_chunks_keep_their_graphs():
    """Outside no_grad(), the results of the chunks keep the graph, so that chunks save nothing in training."""
    layer, x = torch.nn.Linear(3, 2), torch.ones(10, 3)
    assert torch.cat([layer(chunk) for chunk in x.split(4)]).requires_grad
    with torch.no_grad():
        assert not torch.cat([layer(chunk) for chunk in x.split(4)]).requires_grad


def test_default(default):
    """The chunks give the same distances as cdist of all points at once."""
    full = torch.cdist(default.points, default.points)
    torch.testing.assert_close(default.farthest, full.amax(dim=1))
    assert default.block.shape == (1000 % 128, 1000) and full.nbytes == 1000 * 1000 * 4


def test_size_beforehand(size_beforehand):
    """(N, 1) minus (N,) is (N, N), which is 149 GiB for N = 200,000; a meta tensor knows its size and holds no data."""
    assert size_beforehand.wrong.shape == (200_000, 200_000) and size_beforehand.right.shape == (200_000,)
    assert round(size_beforehand.wrong.nbytes / 2**30) == round(200_000**2 * 4 / 1024**3) == 149
    assert size_beforehand.wrong.device.type == "meta"


def test_other_large_results():
    """cdist of N and M points, one-hot vectors of ids, and attention scores grow with the product of two sizes."""
    with torch.device("meta"):
        assert torch.cdist(torch.empty(70, 3), torch.empty(90, 3)).numel() == 70 * 90
        q = torch.empty(2, 4, 50, 8)
        assert (q @ q.transpose(2, 3)).shape == (2, 4, 50, 50)
    ids = torch.tensor([3, 9_999])
    assert torch.nn.functional.one_hot(ids).shape == (2, 10_000)


def test_right(right):
    """unique(return_inverse=True) numbers the ids that occur from 0."""
    assert right.known.tolist() == [3, 10**15] and right.ids.tolist() == [0, 1, 0]
    assert right.known[right.ids].tolist() == [3, 10**15, 3] and right.table.tolist() == [1, 1]
    assert right.table.nbytes == 2 * 4


def test_copies():
    """repeat holds n copies, expand one; float64 takes twice the memory of float32."""
    x = torch.zeros(1, 100)
    assert x.repeat(7, 1).untyped_storage().nbytes() == 7 * x.untyped_storage().nbytes()
    assert x.expand(7, -1).untyped_storage().nbytes() == x.untyped_storage().nbytes() == 400
    assert x.double().nbytes == 2 * x.nbytes and x.expand(7, -1).shape == (7, 100)


def test_no_grad_keeps_nothing():
    """Under no_grad, no graph keeps the intermediate results."""
    w = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        assert (w * 2).exp().grad_fn is None
    assert (w * 2).exp().grad_fn is not None


def test_memmap():
    """np.memmap reads an array from a file, and from_numpy makes a tensor of it."""
    np.arange(6, dtype=np.float32).tofile("data.bin")
    data = np.memmap("data.bin", dtype=np.float32, mode="r+", shape=(2, 3))
    assert torch.from_numpy(data).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_exit_code():
    """Exit code 137 is 128 plus the number of SIGKILL, 9."""
    assert getattr(signal, "SIGKILL", 9) == 9 and 137 == 128 + 9


def test_the_message_counts_bytes(raises):
    """The message gives the bytes of one tensor: 4 for each float32 element."""
    with raises(RuntimeError, f"you tried to allocate {4 * 10**15} bytes"):
        torch.empty(10**15)


def test_absurd_sizes(raises):
    """A shape whose bytes do not fit into 64 bits raises before any memory is asked for."""
    with raises(RuntimeError, "Storage size calculation overflowed with sizes=[1000000000000000000, 1000]"):
        torch.empty(10**18, 1000)
