"""Proofs of tb-graph."""

import os
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore", "`torch.jit")  # torch 2.13 calls torch.jit.trace deprecated
warnings.simplefilter("ignore", torch.jit.TracerWarning)


def given():
    warnings.filterwarnings("ignore", "`torch.jit")
    return {"model": nn.Sequential(nn.Linear(3, 4), nn.ReLU()), "x": torch.ones(2, 3)}


def graph(folder):
    """Operator and shape of its result, of each operator that was written."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventAccumulator(folder)
    log.Reload()
    nodes = [node for node in log.Graph().node if node.op.startswith("aten::")]
    shapes = [node.attr["_output_shapes"].list.shape for node in nodes]
    return [(node.op, [d.size for d in s[0].dim] if s else None) for node, s in zip(nodes, shapes, strict=True)]


def write(model, x, folder="runs/proof", **options):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder) as writer:
        writer.add_graph(model, x, **options)
    return [op for op, _ in graph(folder)]


def test_answer(answer):
    """add_graph writes the operators of one forward pass with the shapes of their results."""
    assert graph("runs/graph") == [("aten::linear", [2, 4]), ("aten::relu", [2, 4])]


def test_default(default):
    """The name of an operator holds the path of modules that called it."""
    assert graph("runs/graph") == [("aten::linear", [5, 4]), ("aten::relu", [5, 4]), ("aten::linear", [5, 2])]
    assert default.model(default.x).shape == (5, 2)
    assert default.log.Tags()["graph"]


def test_wrapper(wrapper, raises):
    """A wrapper that takes only tensors can be traced where the model itself cannot."""
    assert graph("runs/wrapped") == [("aten::linear", [5, 2])]
    assert wrapper.Traced(wrapper.Net(3, 2))(torch.ones(4, 3)).shape == (4, 2)
    with raises(RuntimeError, "cannot be traced. Only Tensors"):
        write(wrapper.Net(3, 2), (torch.zeros(5, 3), "train"))
    with raises(RuntimeError, "cannot be traced. Only Tensors"):
        write(wrapper.Net(3, 2), (torch.zeros(5, 3), None))


def test_one_path(one_path):
    """A trace of a function with an if repeats the branch of the example."""
    assert (one_path.traced(one_path.x) - one_path.forward(one_path.x)).tolist() == [20, 20]
    assert one_path.forward(torch.ones(2)).tolist() == [11, 11]
    assert one_path.forward(torch.tensor([0.25, 0.25])).tolist() == [10.25, 10.25]


class Add(nn.Module):
    def forward(self, x, mask):
        return (x + mask).sqrt()


class Batch(nn.Module):
    def forward(self, batch):
        return batch["x"].relu()


def test_several_inputs(raises):
    """A tuple holds several inputs; a dict is one input, and its keys are not names of arguments."""
    assert write(Add(), (torch.ones(2), torch.ones(2))) == ["aten::add", "aten::sqrt"]
    assert write(Batch(), {"x": torch.ones(2)}, "runs/dict-in")[-1] == "aten::relu"
    with raises(TypeError, "missing 1 required positional argument"):
        write(Add(), {"x": torch.ones(2), "mask": torch.ones(2)})


class Returns(nn.Module):
    def __init__(self, pack):
        super().__init__()
        self.pack = pack

    def forward(self, x):
        return self.pack(x.relu())


def test_dicts(raises):
    """A model that returns a dict of tensors raises unless use_strict_trace=False; None, a number, or a tuple beside
    the tensors raises still."""
    model = Returns(lambda x: {"y": x})
    with raises(RuntimeError, "Encountering a dict at the output"):
        write(model, torch.ones(2))
    assert write(model, torch.ones(2), "runs/dict-out", use_strict_trace=False) == ["aten::relu"]
    assert write(Returns(lambda x: (x, x)), torch.ones(2), "runs/tuple-out") == ["aten::relu"]
    for other in None, 3, (torch.ones(1), torch.ones(1)):
        with raises(RuntimeError, ""):
            write(Returns(lambda x, other=other: {"y": x, "loss": other}), torch.ones(2), use_strict_trace=False)


def test_right(right):
    """With use_strict_trace=False the operators of a model that returns a dict are written."""
    assert graph("runs/dict") == [("aten::mul", [2])]
    assert right.Net()(torch.ones(2))["logits"].tolist() == [2, 2]


def test_compiled_models(raises):
    """A compiled model, or a part, raises, also after model.compile(); its _orig_mod is the model that can be traced."""
    model = nn.Linear(3, 2)
    compiled = torch.compile(model, backend="eager")
    with raises(RuntimeError, "torch.jit.trace a dynamo-optimized function"):
        write(compiled, torch.ones(2, 3))
    with raises(RuntimeError, "torch.jit.trace a dynamo-optimized function"):
        write(nn.Sequential(compiled), torch.ones(2, 3))
    in_place = nn.Linear(3, 2)
    in_place.compile(backend="eager")
    assert not hasattr(in_place, "_orig_mod")
    with raises(RuntimeError, "torch.jit.trace a dynamo-optimized function"):
        write(in_place, torch.ones(2, 3))
    assert compiled._orig_mod is model and nn.DataParallel(model).module is model
    assert write(model, torch.ones(2, 3), "runs/plain") == ["aten::linear"]


def test_nothing_before_the_flush():
    """The graph is in the file at the latest after close()."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter("runs/flush")
    writer.add_graph(nn.Linear(3, 2), torch.ones(2, 3))
    (name,) = os.listdir("runs/flush")
    before = os.path.getsize(f"runs/flush/{name}")
    writer.close()
    assert os.path.getsize(f"runs/flush/{name}") >= before
    assert graph("runs/flush") == [("aten::linear", [2, 2])]


def test_the_model_is_left_alone():
    """add_graph leaves the running statistics of BatchNorm and train() mode as they were."""
    model = nn.BatchNorm1d(3).train()
    write(model, torch.tensor([[1.0, 2.0, 3.0], [4.0, 0.0, 9.0]]), "runs/bn")
    assert model.training and model.num_batches_tracked == 0
    assert torch.equal(model.running_mean, torch.zeros(3))


def test_frozen_layers_return_to_train_mode():
    """The model runs several times in eval mode; afterwards a layer that was in eval mode on its own trains again."""
    modes = []
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    model.register_forward_pre_hook(lambda *_: modes.append(model.training))
    model[1].eval()
    write(model, torch.ones(4, 3), "runs/frozen")
    assert len(modes) > 1 and not any(modes)
    assert model.training and model[1].training
    model.eval()
    write(model, torch.ones(4, 3), "runs/eval")
    assert not model.training and not model[1].training


def test_numbers_cannot_be_traced(raises):
    """A number among the inputs raises."""
    with raises(RuntimeError, "cannot be traced. Only Tensors"):
        write(Add(), (torch.ones(2), 2.0))


def test_the_fast_path(raises):
    """A batch-first TransformerEncoder fails the check of the trace unless the fast path is off."""
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=4, batch_first=True)
    with raises(Exception, "Graphs differed across invocations!"):
        write(layer, torch.ones(2, 3, 8))
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        assert "aten::layer_norm" in write(layer, torch.ones(2, 3, 8), "runs/transformer")
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def test_the_device(raises):
    """A sample on another device than the model raises."""
    with raises(RuntimeError, "device"):
        write(nn.Linear(3, 2, device="meta"), torch.ones(2, 3))


def test_a_sample_is_needed(raises):
    """add_graph without a sample raises."""
    with raises(RuntimeError, "example_kwarg_inputs should be a dict"):
        write(nn.Linear(3, 2), None)
