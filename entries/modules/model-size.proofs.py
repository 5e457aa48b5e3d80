"""Proofs of model-size."""

import io
import sys
import warnings

import torch
from torch import nn


def size(model):
    return sum(t.nbytes for t in [*model.parameters(), *model.buffers()])


def file_size(what):
    file = io.BytesIO()
    torch.save(what, file)
    return file.tell()


def given():
    return {"torch": torch, "model": nn.Sequential(nn.Linear(1000, 40), nn.BatchNorm1d(40))}


def test_answer(answer):
    """Parameters and buffers of float32 take 4 bytes per element, the int64 counter of BatchNorm 8."""
    parameters = 1000 * 40 + 40 + 40 + 40
    assert answer.mib == (4 * (parameters + 2 * 40) + 8) / 1024 / 1024
    assert answer.gib == 2 * parameters / 1024**3


def test_default(default):
    """For the usual dtypes, itemsize is the bits in the name divided by 8; bool takes a byte."""
    for name in default.names.split():
        bits = "".join(c for c in name.split("_")[0] if c.isdigit())
        assert getattr(torch, name).itemsize == (int(bits) // 8 if bits else 1), name
        x = torch.zeros(7, 3, dtype=getattr(torch, name))
        assert x.element_size() == x.dtype.itemsize and x.nbytes == 21 * x.dtype.itemsize
    assert default.x.nbytes == 3000 * 16
    assert torch.finfo(torch.bfloat16).bits == torch.iinfo(torch.int16).bits == 16


def test_model(model):
    """A model in bfloat16 takes half of what it takes in float32, apart from integer buffers."""
    elements = 64 * 3 * 25 + 64 + 4 * 64 + 64 * 144 * 50 + 50
    assert model.nbytes(model.model) == 2 * elements + 8
    assert model.nbytes(model.model.float()) == 4 * elements + 8


def test_file_size():
    """The file of a state dict is as large as the tensors plus a few hundred bytes each, zeros or not."""
    for fill in (torch.zeros_like, torch.randn_like):
        model = nn.Sequential(*[nn.Linear(100, 100) for _ in range(5)], nn.BatchNorm1d(100))
        for p in model.parameters():
            p.data = fill(p.data)
        n = len(model.state_dict())
        extra = file_size(model.state_dict()) - size(model)
        assert 100 * n < extra < 500 * n + 1000


def test_meta(meta):
    """A model on meta has its sizes without memory: the formula of one encoder layer of 8192."""
    d, f = 8192, 32768
    assert meta.n == 4 * (d * d + d) + 2 * d * f + f + d + 4 * d
    assert meta.size == 4 * meta.n
    assert all(p.device.type == "meta" for p in meta.block.parameters())


def test_billions():
    """7 billion parameters in bfloat16 are 14 GB, which is 13 GiB."""
    assert 7e9 * torch.bfloat16.itemsize == 14e9
    assert round(14e9 / 2**30) == 13


def test_right(wrong, right):
    """The clone of a slice has a storage of its own."""
    assert wrong.part.untyped_storage().nbytes() == 1000 * 300 * 4
    assert right.part.untyped_storage().nbytes() == 2 * 300 * 4


def test_a_slice_is_saved_whole():
    """torch.save of a slice writes the whole storage; of its clone only the slice."""
    x = torch.randn(500, 100)
    assert 200_000 < file_size(x[3:5]) < 205_000
    assert file_size(x[3:5].clone()) < 5_000
    assert file_size({"part": x[:, :1].contiguous()}) < 8_000


def test_getsizeof_of_a_module():
    """sys.getsizeof of a module does not grow with its weights."""
    assert sys.getsizeof(nn.Linear(1000, 1000)) == sys.getsizeof(nn.Linear(1, 1)) < 1000


def test_tied_weights():
    """A tied weight counts twice in state_dict(), once in parameters() and in the file; parameters() leave out buffers."""
    layer = nn.Linear(300, 300)
    tied = nn.ModuleList([layer, layer])
    assert sum(t.nbytes for t in tied.state_dict().values()) == 2 * size(tied)
    assert file_size(tied.state_dict()) < 1.1 * size(tied)
    norm = nn.BatchNorm1d(10)
    assert sum(p.nbytes for p in norm.parameters()) == 80
    assert size(norm) == 80 + 80 + 8


def test_expanded():
    """An expanded tensor reports all of its elements, while its storage holds one."""
    x = torch.zeros(1).expand(1000, 5)
    assert x.nbytes == 20_000 and x.untyped_storage().nbytes() == 4


def test_packed_weights_are_not_parameters():
    """After quantize_dynamic, the sum over parameters and buffers misses the packed weights; the file holds them."""
    if not {"fbgemm", "x86", "qnnpack"} & set(torch.backends.quantized.supported_engines):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(300, 300)))
        assert size(packed) == 0
        assert 300 * 300 < file_size(packed.state_dict()) < 2 * 300 * 300


def test_sparse(raises):
    """nbytes of a sparse tensor raises; its parts have theirs."""
    x = torch.eye(5).to_sparse()
    with raises(RuntimeError, "nbytes is not defined for sparse tensors"):
        x.nbytes
    assert x.indices().nbytes + x.values().nbytes == 2 * 5 * 8 + 5 * 4


def test_small_dtypes_take_a_byte():
    """An element of torch.uint4 takes a whole byte."""
    assert torch.uint4.itemsize == 1 and torch.empty(6, dtype=torch.uint4).nbytes == 6


def test_buffers_that_are_not_saved():
    """A buffer with persistent=False counts in buffers(), and the file does not hold it."""
    model = nn.Linear(10, 10)
    model.register_buffer("mask", torch.ones(200, 200), persistent=False)
    assert size(model) > 200 * 200 * 4 > 10 * file_size(model.state_dict())
