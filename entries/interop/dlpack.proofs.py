"""Proofs of dlpack."""

import subprocess
import sys
import weakref

import numpy as np
import torch
from torch.utils import dlpack


def given():
    return {"torch": torch, "np": np, "array": np.arange(3.0)}


def test_answer(answer):
    """from_dlpack shares memory in both directions, and a clone does not."""
    answer.array[1] = 70
    assert answer.t.tolist() == [0, 70, 2] and answer.a.tolist() == [0, 70, 2]
    assert answer.own.tolist() == [0, 1, 2]
    assert answer.t.dtype == torch.float64


def test_default(default):
    """A write on either side shows on the other; shape, dtype, and strides stay."""
    assert default.array.tolist() == [[-1, 1, 2], [3, 4, 50]] == default.t.tolist()
    assert default.own.tolist() == [[0, 1, 2], [3, 4, 5]]
    t = torch.from_dlpack(np.arange(6.0).reshape(2, 3).T)
    assert t.shape == (3, 2) and t.stride() == (1, 3)
    assert np.from_dlpack(torch.arange(6).reshape(2, 3)[:, 1:]).tolist() == [[1, 2], [4, 5]]
    for name in ("bool", "uint8", "int8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64", "complex64"):
        assert str(torch.from_dlpack(np.zeros(2, dtype=name)).dtype) == "torch." + name


def test_numpy_may_write():
    """NumPy gets a writable array from PyTorch 2.13, and a read-only one from 2.6."""
    a = np.from_dlpack(torch.zeros(2))
    if torch.__version__.startswith("2.6."):
        assert not a.flags.writeable
    elif torch.__version__.startswith("2.13.") and tuple(map(int, np.__version__.split(".")[:2])) >= (2, 3):
        assert a.flags.writeable


def test_own_class(own_class):
    """from_dlpack takes any object with __dlpack__ and __dlpack_device__."""
    assert own_class.frame.pixels.tolist() == [[10, 20, 30], [40, 50, 60]]


def test_gradient(gradient):
    """An autograd.Function with a backward of its own carries gradients through another library."""
    expected = 3 * torch.cos(torch.tensor([0.0, 1.0, 2.0]))
    torch.testing.assert_close(gradient.x.grad, expected)
    x = torch.tensor([0.3, -2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gradient.NumpySin.apply, (x,))


def test_right(right):
    """A detached tensor exports the memory of the parameter."""
    right.weight.data.fill_(3)
    assert right.a.tolist() == [[3, 3]]


def test_what_cannot_be_exported(raises):
    """Tensors that require grad, lazy conjugates, and sparse tensors raise; resolve_conj helps the second."""
    with raises(Exception, "Can't export tensors that require gradient"):
        torch.from_dlpack(torch.ones(2, requires_grad=True))
    x = torch.tensor([1 + 2j])
    with raises(Exception, "conjugate bit set"):
        np.from_dlpack(x.conj())
    assert np.from_dlpack(x.conj().resolve_conj()).tolist() == [1 - 2j]
    with raises(Exception, "layout other than torch.strided"):
        np.from_dlpack(torch.eye(2).to_sparse())
    assert np.from_dlpack(torch.eye(2).to_sparse().to_dense()).tolist() == [[1, 0], [0, 1]]


def test_a_capsule_works_once(raises):
    """A capsule of to_dlpack is used up by from_dlpack; a list is no capsule."""
    x = torch.arange(3)
    capsule = dlpack.to_dlpack(x)
    dlpack.from_dlpack(capsule)[0] = 9
    assert x.tolist() == [9, 1, 2]
    for what in (capsule, [1, 2]):
        with raises(RuntimeError, "from_dlpack received an invalid capsule"):
            torch.from_dlpack(what)


def test_the_memory_stays_alive():
    """The tensor keeps the array alive until it goes itself."""

    class Array(np.ndarray):
        pass

    array = np.arange(3.0).view(Array)
    alive = weakref.ref(array)
    t = torch.from_dlpack(array)
    del array
    assert alive() is not None and t.tolist() == [0, 1, 2]
    del t
    assert alive() is None


def test_autograd_does_not_notice(raises):
    """A write through DLPack spoils the gradient silently, where the same write through detach() raises."""
    for share, notices in ((torch.from_dlpack, False), (lambda x: x, True)):
        p = torch.ones(3, requires_grad=True)
        h = p * 2
        out = (h * h).sum()
        share(h.detach()).zero_()
        if notices:
            with raises(RuntimeError, "modified by an inplace operation"):
                out.backward()
        else:
            out.backward()
            assert p.grad.tolist() == [0, 0, 0]  # 8 would be right


def test_read_only_arrays(raises):
    """In 2.13 and with NumPy 2, a tensor made of a read-only array writes into it, its clone does not; 2.6 raises."""
    array = np.arange(3.0)
    array.flags.writeable = False
    if torch.__version__.startswith("2.13.") and tuple(map(int, np.__version__.split(".")[:2])) >= (2, 3):
        torch.from_dlpack(array)[0] = 5
        assert array.tolist() == [5, 1, 2]
        torch.from_dlpack(array).clone()[0] = 8
        assert array.tolist() == [5, 1, 2]
    elif torch.__version__.startswith("2.6."):
        with raises(BufferError, "readonly"):
            torch.from_dlpack(array)
        assert torch.from_dlpack(array.copy()).tolist() == [0, 1, 2]


def test_negative_strides_abort():
    """In 2.6 and 2.13, from_dlpack of a reversed array ends the process with SIGABRT; a copy of it works."""
    assert torch.from_dlpack(np.arange(3.0)[::-1].copy()).tolist() == [2, 1, 0]
    if torch.__version__.startswith(("2.6.", "2.13.")) and sys.platform == "linux":
        program = (
            "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
            "import numpy as np, torch\n"
            "try:\n    torch.from_dlpack(np.arange(4.0)[::-1])\nexcept BaseException:\n    pass\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
        assert done.returncode == -6


def test_no_bfloat16_in_numpy(raises):
    """np.from_dlpack of bfloat16 or float8 raises; after float() it works on a copy."""
    for dtype in (torch.bfloat16, torch.float8_e4m3fn):
        x = torch.ones(2, dtype=dtype)
        with raises(RuntimeError, "Unsupported dtype in DLTensor" if dtype == torch.bfloat16 else "…"):
            np.from_dlpack(x)
        assert np.from_dlpack(x.float()).tolist() == [1, 1]
    x = torch.ones(2, dtype=torch.bfloat16)
    assert torch.from_dlpack(x).dtype == torch.bfloat16


def test_from_numpy_is_the_same():
    """from_numpy and numpy() share memory as from_dlpack does."""
    array = np.arange(3.0)
    for t in (torch.from_numpy(array), torch.from_dlpack(array)):
        assert t.data_ptr() == array.ctypes.data == t.numpy().ctypes.data


def test_imag_of_a_lazy_conjugate():
    """The imaginary part of a lazy conjugate is exported with the wrong sign; after resolve_conj() it is right."""
    x = torch.tensor([1 + 2j]).conj()
    assert x.imag.tolist() == [-2.0]
    assert np.from_dlpack(x.imag).tolist() == [2.0]
    assert np.from_dlpack(x.resolve_conj().imag).tolist() == [-2.0]


def test_strides_of_dims_of_size_one():
    """from_dlpack keeps all strides; 2.6 makes the stride of a dim of size 1 a 1."""
    x = torch.ones(3, 1, 5)
    middle = torch.from_dlpack(x).stride()
    if torch.__version__.startswith("2.6."):
        assert middle == (5, 1, 1)
    elif torch.__version__.startswith("2.13."):
        assert middle == (5, 5, 1)


def test_capsules_are_not_checked():
    """to_dlpack exports a tensor that requires grad, and a lazy conjugate without the conjugation, with no error."""
    w = torch.ones(2, requires_grad=True)
    shared = dlpack.from_dlpack(dlpack.to_dlpack(w))
    assert shared.data_ptr() == w.data_ptr() and not shared.requires_grad
    x = torch.tensor([1 + 2j])
    assert dlpack.from_dlpack(dlpack.to_dlpack(x.conj())).tolist() == [1 + 2j]
