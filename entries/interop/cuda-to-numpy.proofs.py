"""Proofs of cuda-to-numpy."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SAYS = "can't convert meta device type tensor to numpy. Use Tensor.cpu()"


def given():
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(torch.randn(7, 3), torch.arange(7)), batch_size=3)
    y = torch.tensor([1.0, 4.0], requires_grad=True).sqrt()
    return {"torch": torch, "y": y, "loader": loader, "model": nn.Linear(3, 2), "device": "cpu"}


def test_answer(answer):
    """torch.cat joins the outputs of all batches in order, and one copy makes an array of them."""
    inputs = answer.loader.dataset.tensors[0]
    assert isinstance(answer.array, np.ndarray) and answer.array.shape == (7, 2)
    torch.testing.assert_close(torch.from_numpy(answer.array), answer.model(inputs).detach())
    assert not any(t.requires_grad for t in answer.outputs) and len(answer.outputs) == 3
    assert not answer.model.training


def test_default(default):
    """The array has one row per sample, as the model gives for all samples at once."""
    assert default.array[:, 0].tolist() == [4.0 * i + 1 for i in range(5)]
    assert [len(t) for t in default.outputs] == [2, 2, 1]


def test_plot(plot):
    """The curve shows the values of the tensor."""
    (line,) = plot.plt.gca().lines
    assert line.get_ydata().tolist() == [0, 1 / 16, 1 / 4, 9 / 16, 1]
    plot.plt.close()


def test_right(right):
    """.cpu() brings the tensor to the CPU."""
    assert right.x.cpu().device.type == "cpu" and right.x.numpy(force=True).tolist() == [2, 2, 2]


def test_libraries_call_numpy(raises):
    """np.asarray, and with it every library that calls it, raises the same message."""
    x = torch.zeros(3, device="meta")
    for call in (lambda: np.asarray(x), lambda: np.mean([x[0], x[1]]), lambda: np.sqrt(x)):
        with raises(TypeError, SAYS):
            call()


def test_a_list_of_tensors():
    """A list of 0-dim tensors becomes an array by way of stack."""
    losses = [torch.tensor(v, requires_grad=True) * 2 for v in (1.0, 3.0)]
    assert torch.stack(losses).detach().cpu().numpy().tolist() == [2, 6]


def test_matplotlib(raises):
    """plt.plot raises the same message."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with raises(TypeError, SAYS):
        plt.plot(torch.zeros(3, device="meta"))
    plt.close()


def test_force_detaches():
    """numpy(force=True) takes a tensor that requires grad."""
    y = torch.tensor([1.0, 4.0], requires_grad=True).sqrt()
    assert y.numpy(force=True).tolist() == [1, 2]


def test_cpu_of_a_cpu_tensor():
    """cpu() of a tensor on the CPU is that tensor, so the array shares its memory; a copy does not."""
    x = torch.zeros(3)
    assert x.cpu() is x
    x.cpu().numpy()[0] = 7
    x.cpu().numpy().copy()[1] = 7
    assert x.tolist() == [7, 0, 0]


def test_types_that_numpy_lacks(raises):
    """bfloat16 and float8 raise, with force=True as well; float() makes them float32."""
    for dtype, name in (torch.bfloat16, "BFloat16"), (torch.float8_e4m3fn, "Float8_e4m3fn"):
        x = torch.tensor([1.0, 2.0]).to(dtype)
        for force in False, True:
            with raises(TypeError, f"Got unsupported ScalarType {name}"):
                x.numpy(force=force)
        assert x.float().numpy().tolist() == [1, 2]


class Saved:
    """Counts the tensors that the graphs hold."""

    count = 0

    def __init__(self, tensor):
        self.tensor = tensor
        Saved.count += 1

    def __del__(self):
        Saved.count -= 1


def test_outputs_keep_their_graphs():
    """Outputs that are collected without detach() keep what the graph of each step has saved; detached ones do not."""
    x = torch.ones(2, requires_grad=True)
    for detach, held in (True, 0), (False, 6):
        outputs = []
        for _ in range(3):
            with torch.autograd.graph.saved_tensors_hooks(Saved, lambda saved: saved.tensor):
                y = x.sin().sin()
            outputs.append(y.detach() if detach else y)
            del y
        assert Saved.count == held and len(outputs) == 3
