"""Proofs of amp-deprecated."""

import inspect
import warnings

import torch
from torch import nn


def given():
    return {
        "torch": torch,
        "device": torch.device("cpu"),
        "model": nn.Linear(3, 2),
        "criterion": lambda logits, y: logits.sum(),
        "x": torch.ones(4, 3),
        "y": torch.tensor([0, 1, 1, 0]),
    }


def test_answer(answer):
    """torch.amp.GradScaler and torch.autocast take the device type first."""
    assert answer.scaler.is_enabled() and answer.scaler.scale(torch.ones(1)).item() == 65536
    assert answer.loss.dtype == torch.float16


def test_default(default):
    """A step with the current names moves the weights by the learning rate times the gradient."""
    grad = [(1 + 0.5) / 4, (0.5 + 0) / 4, (0.25 + 0.5) / 4]
    assert default.model.weight.tolist() == [[1 - 0.5 * g for g in grad]] * 2
    assert default.y.tolist() == [[1.75] * 2, [1] * 2]


def test_the_old_names_work_and_warn():
    """The old names warn with a FutureWarning and still work."""
    old = {
        "cuda": ("GradScaler", "autocast", "custom_fwd", "custom_bwd"),
        "cpu": ("GradScaler", "autocast"),
    }
    for device, names in old.items():
        for name in names:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                call = getattr(getattr(torch, device).amp, name)
                call(lambda ctx, x: x) if name.startswith("custom") else call()
            (text,) = [str(w.message) for w in caught if w.category is FutureWarning]
            assert f"`torch.{device}.amp.{name}(args...)` is deprecated" in text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        with torch.cpu.amp.autocast(True):
            assert (torch.ones(2, 3) @ torch.ones(3, 4)).dtype == torch.bfloat16
        with torch.cpu.amp.autocast(False):
            assert (torch.ones(2, 3) @ torch.ones(3, 4)).dtype == torch.float32


def test_the_order_of_the_arguments_changed():
    """The old autocast takes enabled first, the old scaler init_scale; the new ones take the device first."""

    def first(thing):
        return list(inspect.signature(thing).parameters)[:2]

    for device in (torch.cuda, torch.cpu):
        assert first(device.amp.autocast)[0] == "enabled"
        assert first(device.amp.GradScaler)[0] == "init_scale"
    assert first(torch.autocast) == ["device_type", "dtype"]
    assert first(torch.amp.GradScaler) == ["device", "init_scale"]
    assert torch.amp.autocast is torch.autocast


def test_custom_fwd_takes_the_device_type(raises):
    """torch.amp.custom_fwd and custom_bwd need device_type by name."""
    for decorate in (torch.amp.custom_fwd, torch.amp.custom_bwd):
        with raises(TypeError, "device_type"):
            decorate(lambda ctx, x: x)
        assert callable(decorate(device_type="cuda")(lambda ctx, x: x))


def test_the_second_argument_is_dtype(raises):
    """A flag as autocast's second argument is taken as the dtype and raises a TypeError."""
    for device in ("cpu", "cuda"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with raises(TypeError, "must be torch.dtype, not bool"), torch.autocast(device, True):
                pass


def test_cuda_autocast_leaves_the_cpu_alone():
    """autocast("cuda") does not change what CPU tensors compute; without a GPU it warns and disables itself."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with torch.autocast("cuda"):
            assert (torch.ones(2, 3) @ torch.ones(3, 4)).dtype == torch.float32
            assert torch.is_autocast_enabled("cuda") == torch.cuda.is_available()
    if not torch.cuda.is_available():
        assert "Disabling" in str(caught[0].message)


def test_default_dtypes(right):
    """autocast uses bfloat16 on the CPU and float16 on CUDA unless dtype is given."""
    assert torch.get_autocast_dtype("cpu") == torch.bfloat16
    assert torch.get_autocast_dtype("cuda") == torch.float16
    assert not torch.is_autocast_enabled("cpu") and (right.x @ right.w).tolist() == [[3.0] * 4] * 2
