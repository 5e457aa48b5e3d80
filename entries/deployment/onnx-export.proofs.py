"""Proofs of onnx-export."""

import copy
import inspect
import os
import warnings

import onnx
import onnxruntime
import onnxscript  # noqa: F401
import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 5))
    return {"torch": torch, "onnxruntime": onnxruntime, "model": model, "x": torch.randn(4, 3)}


def run(session, x):
    return torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


def test_answer(answer):
    """The file computes what the model computes in eval mode, for each batch size, and holds the weights."""
    weight, bias = answer.model[1].weight.detach(), answer.model[1].bias.detach()
    torch.testing.assert_close(torch.from_numpy(answer.logits), answer.x @ weight.T + bias)
    more = torch.randn(6, 3)
    torch.testing.assert_close(run(answer.session, more), more @ weight.T + bias)
    names = {"batch"} if torch.__version__ >= (2, 7) else {"batch", "s0"}
    assert os.listdir() == ["model.onnx"] and answer.session.get_inputs()[0].shape[0] in names


def test_default(default):
    """A named dimension is free, the others keep the size of the example, and the results agree."""
    assert default.session.get_inputs()[0].shape == ["batch", 3, 8, 8] and default.x.shape[0] == 2
    assert default.logits.shape == (7, 5) and default.difference < 1e-5
    assert default.model[1].running_mean.abs().max() > 0.1 and os.listdir() == ["model.onnx"]


def test_training_mode_differs(default):
    """The same model in training mode gives other results than the file."""
    training = copy.deepcopy(default.model).train()(default.new)
    assert (training - torch.from_numpy(default.logits)).abs().max() > 0.1 and not default.model.training


def test_dropout_stays_in_the_file():
    """Exported in training mode, which warns since 2.10, the file has a Dropout, and two runs on one input differ."""
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(6, 60), nn.Dropout(0.5)), torch.randn(4, 6)
    operators, outputs = {}, {}
    for training in (True, False):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.onnx.export(model.train(training), (x,), "mode.onnx", input_names=["x"], dynamo=True, verbose=False)
        if torch.__version__ >= (2, 10):
            assert any("in training mode" in str(w.message) for w in caught) == training
        operators[training] = [node.op_type for node in onnx.load("mode.onnx").graph.node]
        session = onnxruntime.InferenceSession("mode.onnx")
        outputs[training] = run(session, x), run(session, x)
    assert "Dropout" in operators[True] and "Dropout" not in operators[False]
    assert not torch.equal(*outputs[True]) and torch.equal(*outputs[False])


def test_one_item_per_input(raises):
    """dynamic_shapes has one item per input; with one for two inputs, torch.export raises."""

    class Add(nn.Module):
        def forward(self, a, b):
            return a + b

    batch, inputs = torch.export.Dim("batch"), (torch.ones(4, 3), torch.ones(4, 3))
    program = torch.export.export(Add(), inputs, dynamic_shapes=({0: batch}, {0: batch})).module()
    assert program(torch.ones(7, 3), torch.ones(7, 3)).tolist() == [[2, 2, 2]] * 7
    with raises(Exception, "dynamic_shapes"):
        torch.export.export(Add(), inputs, dynamic_shapes=({0: batch},))


def test_only_forward_is_in_the_file(default):
    """The file expects the input of forward, so an input that was not normalized gives other results."""
    raw = 3 + 2 * default.new
    with torch.inference_mode():
        expected = default.model((raw - 3) / 2)
    torch.testing.assert_close(run(default.session, (raw - 3) / 2), expected, rtol=0, atol=1e-4)
    assert (run(default.session, raw) - expected).abs().max() > 0.1


def test_weights_in_a_second_file(right, raises):
    """By default the weights are in model.onnx.data, and without that file loading fails."""
    assert sorted(os.listdir()) == ["model.onnx", "model.onnx.data"]
    assert os.path.getsize("model.onnx.data") >= 4 * 30 * 20 and right.logits.shape == (1, 20)
    os.rename("model.onnx.data", "elsewhere.data")
    with raises(Exception, "model.onnx.data"):
        onnxruntime.InferenceSession("model.onnx")
    os.rename("elsewhere.data", "model.onnx.data")
    assert onnxruntime.InferenceSession("model.onnx").get_inputs()[0].shape[1] == 30


def test_batch_size_is_fixed(wrong, raises):
    """The batch size is fixed without dynamic_shapes, and for an LSTM or a Transformer layer from a batch of 1."""
    lstm, transformer = nn.LSTM(8, 4, batch_first=True), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    layers = (lstm, 1, 1), (lstm, 2, "batch"), (transformer, 1, 1)
    for layer, size, found in layers if torch.__version__ >= (2, 10) else ():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the LSTM's weights are attributes, too
            torch.onnx.export(
                layer.eval(), (torch.randn(size, 6, 8),), "layer.onnx", input_names=["x"], dynamo=True, verbose=False,
                dynamic_shapes=({0: torch.export.Dim("batch")},), external_data=False,
            )  # fmt: skip
        assert onnxruntime.InferenceSession("layer.onnx").get_inputs()[0].shape == [found, 6, 8]
    assert wrong.session.get_inputs()[0].shape == [4, 30]
    assert run(wrong.session, wrong.x).shape == (4, 20)
    with raises(Exception, "Got invalid dimensions for input: x for the following indices"):
        run(wrong.session, torch.randn(5, 30))


def test_documented():
    """dynamo=True is the default since 2.9, external_data=True is the default, and dynamic_axes is deprecated since 2.11."""
    text = " ".join(inspect.getdoc(torch.onnx.export).split())
    parameters = inspect.signature(torch.onnx.export).parameters
    if torch.__version__ >= (2, 7):
        assert "Prefer specifying ``dynamic_shapes``" in text
        assert "file size limit (2GB)" in text and parameters["external_data"].default is True
    assert parameters["dynamo"].default is (torch.__version__ >= (2, 9))
    assert "Deprecated: Prefer specifying" in text or torch.__version__ < (2, 11)


def test_if_on_values(raises):
    """torch.export raises for an if on the values of a tensor, and captures torch.where and torch.cond."""

    class Branch(nn.Module):
        def forward(self, x):
            return 2 * x if x.sum() > 0 else -x

    class Where(nn.Module):
        def forward(self, x):
            return torch.where(x.sum() > 0, 2 * x, -x)

    class Cond(nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, lambda x: 2 * x, lambda x: -x, (x,))

    ones = torch.ones(3)
    for model in (Where(), Cond()):
        program = torch.export.export(model, (ones,)).module()
        assert program(ones).tolist() == [2, 2, 2] and program(-ones).tolist() == [1, 1, 1]
    with raises(Exception, "Could not guard on data-dependent expression" if torch.__version__ >= (2, 8) else "…"):
        torch.export.export(Branch(), (ones,))


def test_features_stay_fixed(right, raises):
    """A file whose batch size is free still refuses another number of features, and get_inputs() shows what it wants."""
    assert right.session.get_inputs()[0].shape == ["batch", 30] or torch.__version__ < (2, 7)
    with raises(Exception, "Got invalid dimensions for input: x for the following indices…index: 1 Got: 31 Expected: 30"):
        run(right.session, torch.randn(4, 31))
