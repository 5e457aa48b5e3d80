"""Proofs of model-summary."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


class Notes(nn.Module):
    """Notes the inputs that it gets."""

    def __init__(self):
        super().__init__()
        self.conv, self.seen = nn.Conv2d(3, 2, 3), []

    def forward(self, x):
        self.seen.append((tuple(x.shape), self.training))
        return self.conv(x)


def given():
    import torchinfo  # noqa: F401

    return {"model": Notes(), "B": 2, "C": 3, "H": 5, "W": 6, "x": torch.ones(4, 3, 7, 8)}


def test_answer(answer):
    """summary runs the model in eval mode on an input of input_size or on input_data, and restores the mode."""
    assert answer.model.seen == [((2, 3, 5, 6), False), ((4, 3, 7, 8), False)]
    assert answer.model.training


def rows_of(model, *args):
    """What leaf hooks see: names, shapes of the outputs, numbers of parameters."""
    rows, probe = [], copy.deepcopy(model).eval()

    def add(name):
        def hook(module, args, output):
            output = output[0] if isinstance(output, tuple) else output
            rows.append((name, tuple(output.shape), sum(p.numel() for p in module.parameters())))

        return hook

    for name, module in probe.named_modules():
        if not list(module.children()):
            module.register_forward_hook(add(name))
    with torch.no_grad():
        probe(*args)
    return rows


def test_default(default):
    """Hooks on the leaves of a copy print their shapes and parameters, and leave the model as it was."""
    rows = rows_of(default.model, torch.ones(2, 3, 8, 10))
    assert [row[2] for row in rows] == [3 * 9 * 4 + 4, 4 + 4, 0, 0, 192 * 5 + 5]
    assert rows[0][1] == (2, 4, 8 - 2, 10 - 2) and rows[3][1] == (2, 4 * 6 * 8)
    assert default.model.training and not default.probe.training
    assert default.model[0][1].num_batches_tracked == 0 == default.probe[0][1].num_batches_tracked
    assert not any(m._forward_hooks for m in default.model.modules())


def test_print_shows_no_shapes():
    """print(model) names layers and sizes of weights, not the shapes of outputs."""
    text = str(nn.Sequential(nn.Conv2d(3, 4, 5), nn.Flatten()))
    assert "Conv2d(3, 4, kernel_size=(5, 5)" in text and "Flatten(" in text


def test_a_pass_in_training_mode():
    """A forward pass in training mode changes BatchNorm's statistics, under no_grad as well, and not in eval mode."""
    norm, x = nn.BatchNorm1d(2), torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    with torch.no_grad():
        norm.eval()(x)
        assert norm.running_mean.tolist() == [0, 0]
        norm.train()(x)
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.2, 0.4]))


def test_torchinfo(torchinfo):
    """torchinfo counts the parameters and the multiply-adds of a pass over the whole batch."""
    info = torchinfo.summary(torchinfo.model, input_size=(2, 3, 8, 10), verbose=0)
    assert info.total_params == (3 * 9 * 4 + 4) + (4 + 4) + (192 * 5 + 5)
    convolution = 2 * 6 * 8 * (3 * 9 * 4 + 4)
    assert info.total_mult_adds == convolution + 2 * (4 + 4) + 2 * (192 * 5 + 5)


def test_torchinfo_takes_more_models():
    """torchinfo takes several inputs, an LSTM, and a model that returns a dict."""
    from torchinfo import summary

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.fc = nn.LSTM(3, 4, batch_first=True), nn.Linear(3, 4)

        def forward(self, x, y):
            return {"sum": self.lstm(x)[0] + self.fc(y).unsqueeze(1)}

    weights = 4 * (3 * 4 + 4 * 4 + 4 + 4) + (3 * 4 + 4)
    info = summary(Two(), input_size=[(2, 5, 3), (2, 3)], verbose=0)
    assert info.total_params == weights
    info = summary(Two(), input_data=[torch.ones(2, 5, 3), torch.ones(2, 3)], verbose=0)
    assert [row.class_name for row in info.summary_list] == ["Two", "LSTM", "Linear"]


def test_a_layer_that_runs_twice():
    """torchinfo gives a layer that runs twice two rows and counts its parameters once."""
    from torchinfo import summary

    fc = nn.Linear(3, 3)
    info = summary(nn.Sequential(fc, nn.ReLU(), fc), input_size=(2, 3), verbose=0)
    assert [row.class_name for row in info.summary_list[1:]] == ["Linear", "ReLU", "Linear"]
    assert info.total_params == 3 * 3 + 3


def test_token_ids(right, raises):
    """input_size makes random float32 values, which an Embedding and a bfloat16 model reject; input_data works for
    both, and dtypes=[torch.long] for ids."""
    assert right.info.total_params == 10 * 4 + (4 * 3 + 3)
    info = right.summary(right.model, input_size=(2, 7), dtypes=[torch.long], verbose=0)
    assert info.total_params == 10 * 4 + (4 * 3 + 3)
    seen = []
    right.summary(nn.ReLU().requires_grad_(), input_size=(2, 7), verbose=0)
    spy = nn.Linear(7, 1)
    spy.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    right.summary(spy, input_size=(2, 7), verbose=0)
    assert seen[0].dtype == torch.float32 and seen[0].unique().numel() > 1
    half = nn.Linear(7, 1).bfloat16()
    with raises(RuntimeError, "Failed to run torchinfo"):
        right.summary(half, input_size=(2, 7), verbose=0)
    assert right.summary(half, input_data=torch.ones(2, 7).bfloat16(), verbose=0).total_params == 8


def test_torchinfo_unfreezes(wrong_frozen):
    """torchinfo puts a model that was training, and every module in it, back into training mode."""
    assert wrong_frozen.model[1].training and wrong_frozen.model.training
    assert wrong_frozen.model[1].num_batches_tracked == 0


def test_right_frozen(right_frozen):
    """A copy keeps the modes of the model's modules."""
    assert not right_frozen.model[1].training and right_frozen.model.training


def test_input_size_includes_the_batch(raises):
    """For torchinfo, (3, 8, 8) is one image without a batch, and a Linear behind Flatten fails."""
    from torchinfo import summary

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2))
    assert summary(model, input_size=(1, 3, 8, 8), verbose=0).summary_list[-1].output_size == [1, 2]
    with raises(RuntimeError, "Failed to run torchinfo"):
        summary(model, input_size=(3, 8, 8), verbose=0)


def test_leaf_hooks_miss():
    """Hooks on leaves miss functions, a parent's own parameters, and MultiheadAttention."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.shift = nn.Linear(4, 4), nn.Parameter(torch.ones(4))

        def forward(self, x):
            return F.relu(self.fc(x)) + self.shift

    assert rows_of(Net(), torch.ones(2, 4)) == [("fc", (2, 4), 4 * 4 + 4)]
    x = torch.ones(2, 3, 4)
    assert rows_of(nn.MultiheadAttention(4, 2), x, x, x) == []


def test_recurrent_layers_return_tuples():
    """nn.LSTM returns a tuple whose first item is the output of every step."""
    assert rows_of(nn.LSTM(3, 4, batch_first=True), torch.ones(2, 5, 3))[0][1] == (2, 5, 4)
