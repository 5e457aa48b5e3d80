"""Proofs of new-tensors."""

import numpy as np
import torch


def given():
    return {"torch": torch, "x": torch.ones(3, 2, dtype=torch.bfloat16), "B": 3}


def test_answer(answer):
    """Each method takes any size and gives the dtype of x, unless dtype says otherwise."""
    assert answer.zeros.tolist() == [[0.0] * 8] * 3 and answer.ones.tolist() == [[1.0]] * 3
    assert answer.padding.tolist() == [[-1.0] * 4] * 3 and answer.buffer.shape == (3, 8)
    assert torch.equal(answer.weights, torch.tensor([0.3, 0.7]).bfloat16())
    for t in answer.zeros, answer.ones, answer.padding, answer.weights, answer.buffer:
        assert t.dtype == torch.bfloat16
    assert answer.mask.dtype == torch.bool and answer.mask.shape == (3, 8) and not answer.mask.any()


def test_default(default):
    """The new tensors are on the device of x and do not require grad, although x does."""
    assert default.x.requires_grad
    assert all(t.device == default.x.device and not t.requires_grad for t in default.made.values())
    assert default.made["from int"].tolist() == [int(1.5), int(-2.5)]
    assert default.x.tolist() == [[1.0, 2.0]]


def test_device():
    """The methods inherit the device, and device= overrides it."""
    x = torch.zeros(2, device="meta")  # a device that every build of PyTorch has
    for t in x.new_zeros(3), x.new_ones(3), x.new_full((3,), 1), x.new_empty(3), x.new_tensor([1, 2]):
        assert t.device.type == "meta"
    assert x.new_zeros(3, device="cpu").device.type == "cpu"


def test_wrong(wrong):
    """cat with a tensor in the default dtype turns bf16 into float32."""
    assert wrong.y.dtype == torch.float32


def test_right(right):
    """new_full keeps the dtype of the input."""
    assert right.y.dtype == right.x.dtype and right.y[:2].equal(right.x)
    assert right.y[2].tolist() == [1 / 2, 1 / 2]


def test_data():
    """new_tensor takes numbers, lists, and NumPy arrays, and copies them."""
    x, array = torch.ones(1, dtype=torch.float16), np.array([1.0, 2.0])
    made = x.new_tensor(array)
    array[0] = 9
    assert made.tolist() == [1.0, 2.0] and made.dtype == torch.float16
    assert x.new_tensor(3).shape == () and x.new_tensor([[1], [2]]).shape == (2, 1)


def test_zeros_like():
    """zeros_like takes dtype, device, and shape from x."""
    x = torch.ones(2, 3, dtype=torch.float16)
    assert torch.zeros_like(x).tolist() == x.new_zeros(2, 3).tolist()
    assert torch.zeros_like(x).dtype == torch.float16


def test_integers_cut_off():
    """From an integer tensor, new_tensor and new_full drop the fraction; from a bool tensor, 0.5 becomes True."""
    x = torch.arange(2)
    assert x.new_tensor([1.5, -2.5]).tolist() == [1, -2] and x.new_full((2,), 0.9).tolist() == [0, 0]
    assert x.new_full((2,), 0.5).tolist() == [0, 0] and x.new_tensor([0.5]).tolist() == [0]
    assert (x > 0).new_full((2,), 0.5).tolist() == [True, True] and (x > 0).new_tensor([0.5]).tolist() == [True]
    assert x.new_full((2,), 0.5, dtype=torch.float32).tolist() == [0.5, 0.5]


def test_new_tensor_of_a_tensor():
    """new_tensor and torch.tensor warn if they get a tensor; detach().clone().to(x) does not."""
    import warnings

    x, t = torch.ones(1, dtype=torch.float16), torch.tensor([1.0, 2.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x.new_tensor(t), torch.tensor(t)
        assert len(caught) == 2 and all("To copy construct from a tensor" in str(w.message) for w in caught)
        made = t.detach().clone().to(x)
        assert made.dtype == torch.float16 and made.tolist() == [1.0, 2.0] and len(caught) == 2


def test_legacy_new():
    """x.new(2, 3) takes a size, x.new([2, 3]) takes data, and both have the dtype of x."""
    x = torch.ones(1, dtype=torch.float16)
    assert x.new(2, 3).shape == (2, 3) and x.new([2, 3]).tolist() == [2.0, 3.0]
    assert x.new(2, 3).dtype == x.new([2, 3]).dtype == torch.float16


def test_new_full_takes_a_tuple(raises):
    """new_full raises for a size that is not a tuple; new_zeros takes both forms."""
    x = torch.ones(1)
    with raises(TypeError, "new_full(): argument 'size' (position 1) must be tuple of ints, not int"):
        x.new_full(2, 0.5)
    assert x.new_full((2,), 0.5).tolist() == [0.5, 0.5]
    assert x.new_zeros(2, 3).shape == x.new_zeros((2, 3)).shape == (2, 3)
