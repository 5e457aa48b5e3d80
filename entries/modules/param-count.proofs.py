"""Proofs of param-count."""

import torch
from torch import nn


def given():
    model = nn.Sequential(nn.Linear(1000, 30), nn.Linear(30, 700))
    model[0].requires_grad_(False)
    return {"model": model}


def test_answer(answer):
    """numel() summed over parameters() counts all of them, and with requires_grad those that train."""
    assert answer.total == (1000 * 30 + 30) + (30 * 700 + 700)
    assert answer.trainable == 30 * 700 + 700


def test_default(default):
    """A float32 parameter takes 4 bytes."""
    assert default.total == (10 * 5 + 5) + 2 * 5 + (5 * 3 + 3)
    assert default.total - default.trainable == 10 * 5 + 5
    assert default.size == 4 * default.total


def test_bytes():
    """A parameter takes 4 bytes in float32 and 2 in bfloat16 and float16, so 7 billion are 14 GB in bfloat16."""
    layer = nn.Linear(2, 3, bias=False)
    sizes = [layer.to(dtype).weight.nbytes / 6 for dtype in (torch.float32, torch.bfloat16, torch.float16)]
    assert sizes == [4, 2, 2] and 7e9 * sizes[1] == 14e9


def test_per_layer(per_layer):
    """A module's own parameters() counts what is inside it."""
    counts = [sum(p.numel() for p in m.parameters()) for m in per_layer.model]
    assert counts == [10 * 5 + 5, 5 + 5, 5 * 3 + 3] and per_layer.count == counts[-1]


def test_training_memory(training_memory):
    """In float32 the weight, its gradient, and two averages of Adam take 16 bytes: 112 GB for 7 billion."""
    assert training_memory.total == 20 * 30 + 30
    per = (training_memory.weights + training_memory.gradients + training_memory.states) / training_memory.total
    assert per == 4 + 4 + 2 * 4 and 7e9 * per == 112e9
    assert training_memory.weights == training_memory.gradients == 4 * 630


def test_state_dict_counts_more():
    """state_dict() lists a tied weight twice and includes buffers; parameters() counts the weight once."""
    encoder, decoder = nn.Linear(6, 6, bias=False), nn.Linear(6, 6, bias=False)
    decoder.weight = encoder.weight
    model = nn.Sequential(encoder, nn.BatchNorm1d(6), decoder)
    assert sum(p.numel() for p in model.parameters()) == 6 * 6 + 2 * 6
    buffers = 6 + 6 + 1  # running_mean, running_var, num_batches_tracked
    assert sum(t.numel() for t in model.state_dict().values()) == 2 * 6 * 6 + 2 * 6 + buffers


def test_lazy_layers(raises):
    """Before the first forward pass, numel() of a LazyLinear raises and nbytes is 0."""
    layer = nn.LazyLinear(3)
    assert sum(p.nbytes for p in layer.parameters()) == 0
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        sum(p.numel() for p in layer.parameters())
    layer(torch.ones(2, 4))
    assert sum(p.numel() for p in layer.parameters()) == 4 * 3 + 3


def test_work_grows_with_the_image():
    """A convolution of the same parameters computes four times as many outputs for four times as many pixels."""
    conv = nn.Conv2d(3, 8, 3, padding=1)
    assert conv(torch.ones(1, 3, 20, 20)).numel() == 4 * conv(torch.ones(1, 3, 10, 10)).numel() == 4 * 8 * 10 * 10


def test_frozen_parameters_take_their_weight_only():
    """A parameter that is frozen from the start has no gradient and no state in Adam; frozen later, it keeps its state."""
    model = nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    assert model.bias.grad is None and list(optimizer.state) == [model.weight]
    model.weight.requires_grad_(False)
    optimizer.zero_grad()
    assert model.weight.grad is None and optimizer.state[model.weight]["exp_avg"].shape == (2, 3)
