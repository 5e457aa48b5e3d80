"""Proofs of init-named-params."""

import copy

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.ModuleDict({"conv": nn.Conv2d(3, 8, 3), "bn": nn.BatchNorm2d(8), "lstm": nn.LSTM(5, 4)})
    return {"nn": nn, "model": model, "old": copy.deepcopy(model)}


def test_answer(answer):
    """Kernels and matrices get new values, biases get zero, and the scale of BatchNorm stays at one."""
    old = dict(answer.old.named_parameters())
    for name, p in answer.model.named_parameters():
        if name == "bn.weight":
            assert torch.equal(p, torch.ones(8))
        elif "bias" in name:
            assert p.count_nonzero() == 0
        else:
            assert not torch.equal(p, old[name])
        assert p.requires_grad
    names = [name for name in old if name.startswith("lstm")]
    assert names == ["lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0"]
    assert answer.model.conv.weight.abs().max() < (6 / (27 + 72)) ** 0.5  # the bound of Xavier


def test_default(default):
    """normal_ draws with the given standard deviation."""
    for layer in default.model[0], default.model[3]:
        assert abs(layer.weight.std() / 0.02 - 1) < 0.1
        assert layer.bias.count_nonzero() == 0
    assert torch.equal(default.model[1].weight, torch.ones(8))


def test_by_type(by_type):
    """Chosen by type, a LayerNorm over two dimensions keeps its scale of one."""
    conv, norm, _, fc = by_type.model
    assert torch.equal(norm.weight, torch.ones(6, 5))
    assert abs(conv.weight.std() / (2 / (8 * 9)) ** 0.5 - 1) < 0.1  # kaiming, fan_out
    assert abs(fc.weight.std() / 0.02 - 1) < 0.1
    assert conv.bias.count_nonzero() == fc.bias.count_nonzero() == 0
    assert by_type.model(torch.ones(2, 3, 8, 7)).shape == (2, 50)


def test_the_name_matches_batchnorm(wrong):
    """A scale near 0 makes the output of BatchNorm nearly 0."""
    assert wrong.y.std() < 0.05
    assert wrong.model[1].weight.abs().max() < 0.1
    assert wrong.y.shape == (4, 8, 4, 4)


def test_right(right):
    """With its scale of 1, the output of BatchNorm has a standard deviation near 1."""
    assert abs(right.y.std() - 1) < 0.05
    assert abs(right.model[0].weight.std() / 0.02 - 1) < 0.1
    assert right.y.shape == (4, 8, 4, 4)


def test_names_of_scales():
    """The scale of BatchNorm and LayerNorm is called weight and starts at 1."""
    for norm in nn.BatchNorm1d(3), nn.BatchNorm2d(3), nn.LayerNorm(3), nn.GroupNorm(1, 3):
        assert torch.equal(dict(norm.named_parameters())["weight"], torch.ones(3))


def test_one_dimension_is_too_few(raises):
    """xavier_uniform_ and kaiming_normal_ raise ValueError for a tensor of one dimension."""
    for init in nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.kaiming_normal_, nn.init.kaiming_uniform_:
        with raises(ValueError, "Fan in and fan out can not be computed"):
            init(torch.empty(3))


def test_no_grad_is_built_in():
    """The functions of nn.init change a parameter that requires gradients without no_grad."""
    p = nn.Parameter(torch.ones(2, 3))
    nn.init.zeros_(p)
    assert p.count_nonzero() == 0 and p.requires_grad and p.grad_fn is None


def test_the_padding_row_is_overwritten():
    """Initializing an embedding overwrites the zeros of padding_idx."""
    embedding = nn.Embedding(4, 3, padding_idx=1)
    assert embedding.weight[1].count_nonzero() == 0
    nn.init.normal_(embedding.weight)
    assert embedding.weight[1].count_nonzero() == 3


def test_a_layer_norm_over_two_dimensions():
    """The scale of an nn.LayerNorm over two dimensions and the lengths that weight_norm stores have two dimensions."""
    assert nn.LayerNorm((4, 5)).weight.shape == (4, 5)
    linear = torch.nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    lengths = dict(linear.named_parameters())["parametrizations.weight.original0"]
    torch.testing.assert_close(lengths, linear.weight.norm(dim=1, keepdim=True))
    assert lengths.dim() == 2
    assert nn.LayerNorm(5).weight.dim() == 1


def test_buffers_stay():
    """The running statistics of BatchNorm are buffers, and reset_parameters() resets them."""
    bn = nn.BatchNorm1d(3)
    bn(torch.arange(6.0).view(2, 3))
    assert [name for name, _ in bn.named_parameters()] == ["weight", "bias"]
    assert bn.running_mean.abs().min() > 0
    bn.reset_parameters()
    assert bn.running_mean.tolist() == [0, 0, 0] and bn.running_var.tolist() == [1, 1, 1]
