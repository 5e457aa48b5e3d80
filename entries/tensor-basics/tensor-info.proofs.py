"""Proofs of tensor-info."""

import torch


def given():
    return {"x": torch.zeros(2, 3, 5, 7, dtype=torch.float64)}


def test_answer(answer):
    """shape unpacks into its sizes, numel is their product, ndim their number, nbytes numel times 8 for float64."""
    assert (answer.N, answer.C, answer.H, answer.W) == (2, 3, 5, 7)
    assert answer.count == 2 * 3 * 5 * 7 and answer.dims == 4
    assert answer.mib == 2 * 3 * 5 * 7 * 8 / 1024**2
    assert answer.on_gpu is False and answer.x.is_cuda is False


def test_default(default):
    """permute changes shape and contiguity, while dtype, numel, and nbytes stay."""
    x, y = default.images, default.shown["permuted"]
    assert y.shape == (4, 5, 2, 3) and x.numel() == y.numel() == 4 * 3 * 5 * 2
    assert x.nbytes == y.nbytes == 4 * 3 * 5 * 2 * 2 and not y.is_contiguous()
    assert default.shown["scalar"].shape == ()


def test_describe(describe):
    """The input is float64 while the parameters are float32."""
    assert describe.x.dtype == torch.float64 and describe.model.weight.dtype == torch.float32


def test_size_is_a_tuple():
    """shape and size() give the same torch.Size, a tuple; ndim equals dim(); nbytes is numel() * element_size()."""
    for dtype in torch.bool, torch.float16, torch.int64, torch.complex128:
        x = torch.zeros(2, 3, 4, dtype=dtype)
        assert x.shape == x.size() == (2, 3, 4) and isinstance(x.shape, tuple) and type(x.shape) is torch.Size
        assert x.ndim == x.dim() == len(x.shape) == 3
        assert x.nbytes == x.numel() * x.element_size()
        assert [x.size(d) for d in (0, 1, -1)] == [2, 3, 4]


def test_dtype_and_device_are_objects():
    """x.dtype and x.device compare equal to objects and unequal to strings; x.type() is a string."""
    x = torch.zeros(2)
    assert x.dtype == torch.float32 and x.device == torch.device("cpu")
    assert (x.dtype == "torch.float32", x.device == "cpu") == (False, False)
    assert x.type() == "torch.FloatTensor"


def test_right(right):
    """view(x.size(0), -1) keeps the first dim and flattens the rest."""
    assert right.flat.shape == (4, 3 * 2)


def test_attributes_are_not_called(raises):
    """x.size[0], x.shape(), x.dtype(), and x.device() raise TypeError."""
    x = torch.zeros(2)
    with raises(TypeError, "'builtin_function_or_method' object is not subscriptable"):
        x.size[0]
    with raises(TypeError, "'torch.Size' object is not callable"):
        x.shape()
    with raises(TypeError, "'torch.dtype' object is not callable"):
        x.dtype()
    with raises(TypeError, "'torch.device' object is not callable"):
        x.device()


def test_a_tuple_is_not_a_list():
    """x.shape == [2, 3] is False and x.shape == (2, 3) is True."""
    x = torch.zeros(2, 3)
    assert (x.shape == [2, 3]) is False and (x.shape == (2, 3)) is True


def test_cuda_is_not_cuda_zero():
    """torch.device('cuda') and torch.device('cuda:0') differ, and both have the type cuda."""
    assert torch.device("cuda") != torch.device("cuda:0")
    assert torch.device("cuda").type == torch.device("cuda:0").type == "cuda"


def test_len_is_the_first_dim(raises):
    """len(x) is the size of the first dim, and raises for a 0-d tensor, whose numel() is 1."""
    assert len(torch.zeros(4, 3)) == 4
    with raises(TypeError, "len() of a 0-d tensor"):
        len(torch.tensor(7))
    assert torch.tensor(7).numel() == 1 == len(torch.tensor(7).reshape(-1))


def test_a_view_keeps_more():
    """A slice of 10 of 1000 numbers reports 40 bytes and keeps 4000; one number expanded to 10 reports 40 and keeps 4."""
    part = torch.zeros(1000)[:10]
    assert part.nbytes == 40 and part.untyped_storage().nbytes() == 4000
    many = torch.zeros(1).expand(10)
    assert many.nbytes == 40 and many.untyped_storage().nbytes() == 4


def test_float_after_a_star_import(raises):
    """After from torch import *, float is a dtype, and calling it raises the message of x.dtype()."""
    names = {}
    exec("from torch import *", names)
    assert names["float"] is torch.float32 and names["int"] is torch.int32
    for call in lambda: names["float"](1), lambda: torch.ones(2).dtype(), lambda: torch.float32(torch.ones(2)):
        with raises(TypeError, "'torch.dtype' object is not callable"):
            call()


def test_brackets_behind_a_function(raises):
    """Square brackets behind torch.tensor or a method raise the same message."""
    for call in lambda: torch.tensor[1, 2], lambda: torch.ones(2).size[0]:
        with raises(TypeError, "'builtin_function_or_method' object is not subscriptable"):
            call()
