"""Proofs of tensor-numpy."""

import warnings

import numpy as np
import torch
from torch import nn


def given():
    return {"torch": torch, "x": torch.tensor([[0.25, -3.0]], dtype=torch.float64, requires_grad=True) * 2}


def test_answer(answer):
    """detach, cpu, and numpy take a tensor out of its graph, and float makes a float64 array float32."""
    assert type(answer.array) is np.ndarray and answer.array.dtype == np.float64
    assert answer.array.tolist() == answer.x.tolist() == [[0.5, -6.0]]
    assert answer.x.dtype == torch.float32 and not answer.x.requires_grad


def test_force():
    """numpy(force=True) works on a tensor of a graph, and on one with the conjugate bit set."""
    x = torch.tensor([2.0, 5.0], requires_grad=True) * 3
    assert x.numpy(force=True).tolist() == [6.0, 15.0]
    assert torch.tensor([1 + 2j]).conj().numpy(force=True).tolist() == [1 - 2j]


def test_default(default):
    """A float64 array becomes the float32 input of a layer, and the output an array of the same dtype."""
    assert default.array.dtype == np.float32 and default.y.requires_grad
    np.testing.assert_allclose(default.array, default.a @ np.full((3, 2), 0.5))


def test_no_cost():
    """detach() shares memory, and cpu() returns a CPU tensor itself."""
    x = torch.ones(3)
    assert x.cpu() is x and x.detach().data_ptr() == x.data_ptr()


def test_shared(shared):
    """from_numpy, as_tensor, and numpy share memory; torch.tensor copies."""
    assert shared.a.tolist() == shared.shared.tolist() == shared.alias.tolist() == [0, 20, -6]
    assert shared.copied.tolist() == [0, 0, 0]
    assert np.shares_memory(shared.a, shared.shared.numpy())
    assert not np.shares_memory(shared.a, shared.copied.numpy())


def test_as_tensor_may_copy():
    """as_tensor copies when it has to change the dtype or the device."""
    a = np.array([1.0, 2.0])
    changed = torch.as_tensor(a, dtype=torch.float32)
    a[0] = 9
    assert changed.tolist() == [1.0, 2.0] and torch.as_tensor(a, dtype=torch.float64)[0] == 9
    assert torch.as_tensor(a, device="meta").is_meta


def test_bfloat16(bfloat16, raises):
    """bfloat16 has no NumPy type, with force=True or without; after float() it converts."""
    for force in False, True:
        with raises(TypeError, "Got unsupported ScalarType BFloat16"):
            bfloat16.x.numpy(force=force)
    assert bfloat16.array.dtype == np.float32 and bfloat16.array.tolist() == bfloat16.x.tolist()


def test_image(image):
    """Scaling to 255, rounding, and permute(1, 2, 0) turn (C, H, W) floats into (H, W, C) bytes."""
    assert image.array.tolist() == [[[0] * 3, [51] * 3], [[102] * 3, [255] * 3]]
    assert image.array.dtype == np.uint8


def test_right(right):
    """A copy of a reversed view has positive strides and converts."""
    assert right.x.tolist() == [row[::-1] for row in right.image.tolist()]


def test_negative_strides(raises):
    """A negative stride is rejected by from_numpy, as_tensor, and torch.tensor."""
    for array in np.arange(4)[::-1], np.flip(np.arange(6).reshape(2, 3)):
        for convert in torch.from_numpy, torch.as_tensor, torch.tensor:
            with raises(ValueError, "At least one stride in the given numpy array is negative"):
                convert(array)
        assert torch.from_numpy(array.copy()).tolist() == array.tolist()


def test_writing_changes_the_weights():
    """Writing into the array changes the tensor, and backward() then returns wrong gradients without an error."""
    w = nn.Parameter(torch.tensor([2.0, 3.0]))
    loss = (w * w).sum()
    version = w._version
    w.detach().cpu().numpy()[1] = 50
    assert w.tolist() == [2.0, 50.0] and w._version == version
    loss.backward()
    assert w.grad.tolist() == [4.0, 100.0]  # the loss was computed with 3, so 6 would be right
    w.detach().numpy().copy()[0] = 7
    assert w.tolist() == [2.0, 50.0]


def test_float64_stays(raises):
    """A float64 array makes a float64 tensor, and a float32 layer rejects it; int64 labels stay int64."""
    a = np.array([[1.0, 2.0]])
    labels = np.array([2, 0], dtype=np.int64)
    assert a.dtype == np.float64 and torch.from_numpy(labels).dtype == torch.int64
    with raises(RuntimeError, "expected … Long"):
        nn.functional.cross_entropy(torch.zeros(2, 3), torch.from_numpy(labels).float())
    assert torch.from_numpy(a).dtype == torch.as_tensor(a).dtype == torch.tensor(a).dtype == torch.float64
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype"):
        nn.Linear(2, 1)(torch.from_numpy(a))
    assert nn.Linear(2, 1)(torch.from_numpy(a).float()).dtype == torch.float32


def test_read_only_arrays_warn():
    """A read-only array warns the first time in a process; np.asarray of a PIL image is one, np.array is not."""
    from PIL import Image

    picture = Image.new("L", (2, 3))
    assert not np.asarray(picture).flags.writeable and np.array(picture).flags.writeable
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.from_numpy(np.array(picture))
        assert caught == []
        for _ in range(3):
            torch.from_numpy(np.asarray(picture))
    assert len(caught) == 1 and "The given NumPy array is not writable" in str(caught[0].message)


def test_values_of_a_table_are_read_only():
    """Since pandas 3, the values of a table can be read-only; those of columns of two types, and copies, are not."""
    import pandas as pd

    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    for values in table.values, table["a"].values:
        assert values.flags.writeable == (int(pd.__version__.split(".")[0]) < 3)
        assert values.copy().flags.writeable
    assert pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}).values.flags.writeable


def test_array_methods_for_tensor_methods():
    """np.expand_dims does what unsqueeze does, and transpose of an array takes the numbers of permute."""
    a = np.arange(24).reshape(2, 3, 4)
    for dim in 0, 1, -1:
        assert np.array_equal(np.expand_dims(a, dim), torch.from_numpy(a).unsqueeze(dim).numpy())
    assert np.array_equal(a.transpose(2, 0, 1), torch.from_numpy(a).permute(2, 0, 1).numpy())
