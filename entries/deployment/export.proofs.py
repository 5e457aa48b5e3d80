"""Proofs of export."""

import os

import onnx  # noqa: F401
import onnxruntime
import onnxscript  # noqa: F401
import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 5))
    return {"torch": torch, "model": model, "x": torch.randn(4, 3)}


def test_answer(answer):
    """The weights, the exported program, and the ONNX file all compute what the model computes in eval mode."""
    weights = torch.load("model.pt")
    for x in answer.x, torch.randn(7, 3):
        expected = x @ weights["1.weight"].T + weights["1.bias"]
        torch.testing.assert_close(torch.export.load("model.pt2").module()(x), expected)
        session = onnxruntime.InferenceSession("model.onnx")
        (result,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        torch.testing.assert_close(torch.from_numpy(result), expected)
        torch.testing.assert_close(answer.model(x), expected)
    assert not os.path.exists("model.onnx.data")


def test_default(default):
    """The exported program takes uint8 images of shape (N, H, W, C) and applies the preprocessing itself."""
    state = default.program.state_dict
    assert state["mean"].flatten().tolist() == torch.tensor([0.5, 0.4, 0.3]).tolist()
    assert state["std"].flatten().tolist() == torch.tensor([0.2, 0.25, 0.5]).tolist()
    images = torch.randint(0, 256, (7, 4, 5, 3), dtype=torch.uint8)
    x = torch.stack([(images[..., c] / 255 - m) / s for c, m, s in ((0, 0.5, 0.2), (1, 0.4, 0.25), (2, 0.3, 0.5))], dim=1)
    expected = default.network(x).softmax(1)
    torch.testing.assert_close(default.run(images), expected)
    torch.testing.assert_close(default.run(images).sum(dim=1), torch.ones(7))
    assert default.images.dtype == torch.uint8 and default.images.max() > 240
    assert not default.model.training and default.images.shape == (3, 4, 5, 3)


def test_other_preprocessing_raises_nothing(default):
    """Channels in BGR order give other predictions without an error."""
    flipped = default.images.flip(dims=[3])
    assert (default.run(flipped) - default.run(default.images)).abs().max() > 0.01


def test_training_mode_is_exported(raises):
    """A program exported in training mode applies Dropout, and its eval() raises; after model.eval() it does not."""
    x, model = torch.ones(2, 50), nn.Dropout(0.5)
    trained = torch.export.export(model, (x,)).module()
    assert (trained(x) == 0).any()
    with raises(NotImplementedError, "Calling eval() is not supported yet"):
        trained.eval()
    assert torch.equal(torch.export.export(model.eval(), (x,)).module()(x), x)


def test_other_sizes_are_refused(raises):
    """Without dynamic_shapes, the exported program refuses another batch size."""
    program = torch.export.export(nn.Linear(3, 5), (torch.ones(4, 3),)).module()
    assert program(torch.ones(4, 3)).shape == (4, 5)
    with raises((AssertionError, RuntimeError), "Guard failed" if torch.__version__ >= (2, 9) else "Expected input at"):
        program(torch.ones(5, 3))


def test_inference_mode():
    """Under torch.inference_mode() the output does not require gradients and holds no graph."""
    model = nn.Linear(3, 2).eval()
    assert model(torch.ones(1, 3)).requires_grad
    with torch.inference_mode():
        out = model(torch.ones(1, 3))
    assert not out.requires_grad and out.grad_fn is None and out.is_inference()


def test_aoti_is_there():
    """torch._inductor.aoti_compile_and_package takes an exported program."""
    import inspect

    import torch._inductor

    assert next(iter(inspect.signature(torch._inductor.aoti_compile_and_package).parameters)) == "exported_program"


def test_the_weights_are_in_the_program(default):
    """An exported program holds the weights and the buffers, and loads without the model's class."""
    assert {"mean", "std", "model.0.weight", "model.2.bias"} <= set(default.program.state_dict)
    assert os.path.exists("model.pt2")
    assert "Deployed" not in type(default.run).__name__
