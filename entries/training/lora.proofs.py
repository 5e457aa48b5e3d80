"""Proofs of lora."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"torch": torch, "nn": nn}


def test_answer(answer):
    """The layer starts as the frozen one, and only A and B receive gradients."""
    torch.manual_seed(0)
    base = nn.Linear(6, 5)
    layer = answer.LoRA(base, r=2, alpha=3)
    x = torch.randn(4, 6)
    assert torch.equal(layer(x), base(x))
    with torch.no_grad():
        layer.B.copy_(torch.randn(5, 2))
    weight = base.weight + 3 / 2 * (layer.B @ layer.A)
    torch.testing.assert_close(layer(x), F.linear(x, weight, base.bias))
    layer(x).sum().backward()
    assert [name for name, p in layer.named_parameters() if p.grad is not None] == ["A", "B"]
    assert answer.LoRA(base).A.shape == (8, 6) and answer.LoRA(base).scale == 16 / 8
    assert 0.01 < answer.LoRA(nn.Linear(999, 3)).A.std() < 0.03


def test_default(default):
    """r times (inputs + outputs) numbers are trained for each layer."""
    assert sum(p.numel() for p in default.trained) == 2 * (20 + 30) + 2 * (30 + 3)
    layer, x = default.model[0], torch.randn(3, 20)
    assert layer.scale == 2 and torch.equal(layer.base(x), layer(x))
    assert 0.01 < layer.A.std() < 0.03
    frozen = layer.base.weight.clone()
    loss = F.cross_entropy(default.model(x), torch.tensor([0, 2, 1]))
    loss.backward()
    default.optimizer.step()
    assert torch.equal(layer.base.weight, frozen) and layer.B.abs().sum() > 0
    assert F.cross_entropy(default.model(x), torch.tensor([0, 2, 1])) < loss
    weight = layer.base.weight + 2 * layer.B @ layer.A
    torch.testing.assert_close(layer(x), F.linear(x, weight, layer.base.bias))


def test_numbers():
    """For a layer of 4096 x 4096 and r = 8, A and B hold 65,536 numbers, and W holds 16.8 million."""
    layer = nn.Linear(4096, 4096, bias=False, device="meta")
    assert layer.weight.numel() == 16_777_216
    assert torch.empty(8, 4096, device="meta").numel() + torch.empty(4096, 8, device="meta").numel() == 65_536


def test_merge(merge):
    """W + alpha / r * B A gives the same output as the unmerged layer, with as many parameters as W and its bias."""
    torch.testing.assert_close(merge.base(merge.x), merge.before)
    assert sum(p.numel() for p in merge.base.parameters()) == 5 * 4 + 4


def test_nested(nested):
    """set_submodule replaces a layer by its dotted name, and the model computes as before while B is zero."""
    layer = nested.model.get_submodule("body.0")
    assert type(layer).__name__ == "LoRA" and layer.A.shape == (2, 8)
    assert type(nested.model.head) is nn.Linear and nested.model.body[2].A.shape == (2, 16)
    assert nested.model.head.out_features == 3
    x = torch.randn(3, 8)
    torch.testing.assert_close(layer(x), layer.base(x))
    with torch.no_grad():
        layer.B.copy_(torch.randn(16, 2))
    torch.testing.assert_close(layer(x), F.linear(x, layer.base.weight + layer.B @ layer.A, layer.base.bias))
    assert 0.005 < layer.A.std() < 0.05


def test_save(save):
    """strict=False loads the adapter and leaves the weights that are not in the file alone."""
    assert sorted(save.adapter) == ["A", "B"]
    assert save.result.missing_keys == ["weight", "bias"] and save.result.unexpected_keys == []
    assert {k: tuple(v.shape) for k, v in save.adapter.items()} == {"A": (2, 4), "B": (3, 2)}


def test_optimizer_made_before():
    """An optimizer made before the layers were wrapped does not hold A and B, so they do not move."""
    base = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(base.parameters(), lr=0.1)
    base.requires_grad_(False)
    a, b = nn.Parameter(torch.ones(1, 3)), nn.Parameter(torch.zeros(2, 1))
    (base(torch.ones(4, 3)) + torch.ones(4, 3) @ a.T @ b.T).sum().backward()
    before = base.weight.clone()
    optimizer.step()
    assert b.grad.abs().sum() > 0 and torch.equal(b, torch.zeros(2, 1)) and torch.equal(base.weight, before)


def test_both_zero_never_learn():
    """With A and B both zero, both gradients are zero; with only B zero, B receives one."""
    x = torch.ones(4, 3)
    for start in 0.0, 1.0:
        a, b = nn.Parameter(torch.full((1, 3), start)), nn.Parameter(torch.zeros(2, 1))
        (x @ a.T @ b.T).sum().backward()
        assert a.grad.count_nonzero() == 0
        assert (b.grad.count_nonzero() > 0) == (start == 1.0)


def test_merged_and_added_counts_twice():
    """A layer that was merged and still adds B A has its update counted twice."""
    torch.manual_seed(0)
    w, a, b, x = torch.randn(4, 5), torch.randn(2, 5), torch.randn(4, 2), torch.randn(3, 5)
    merged = w + b @ a
    torch.testing.assert_close(x @ merged.T + x @ a.T @ b.T, x @ (w + 2 * b @ a).T)


def test_bfloat16_loses_small_updates():
    """bfloat16 weights lose changes below about 1/500 of a weight, also if they are added in float32 and rounded once."""
    torch.manual_seed(0)
    w = torch.randn(10_000).bfloat16()
    for kept, share in ((False, 1 / 520), (True, 1 / 125)):
        merged = (w.float() * (1 + share)).bfloat16()
        assert (merged != w).all() if kept else torch.equal(merged, w)
    assert torch.equal(w * 0 + 1 + torch.tensor(0.001).bfloat16(), w * 0 + 1)


def test_saved_memory():
    """Frozen weights have neither gradients nor optimizer state."""
    base = nn.Linear(30, 20).requires_grad_(False)
    a, b = nn.Parameter(torch.ones(2, 30)), nn.Parameter(torch.ones(20, 2))
    optimizer = torch.optim.AdamW([p for p in [*base.parameters(), a, b] if p.requires_grad])
    (base(torch.ones(4, 30)) + torch.ones(4, 30) @ a.T @ b.T).sum().backward()
    optimizer.step()
    assert base.weight.grad is None and len(optimizer.state) == 2


def test_attention_reads_the_weight(answer, raises):
    """MultiheadAttention reads out_proj.weight, and TransformerEncoderLayer in eval mode with batch_first reads linear1.weight."""
    attention = nn.MultiheadAttention(8, 2)
    attention.out_proj = answer.LoRA(attention.out_proj)
    x = torch.ones(3, 1, 8)
    with raises(AttributeError, "has no attribute 'weight'"):
        attention(x, x, x)
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder.linear1 = answer.LoRA(encoder.linear1)
    assert encoder(x).shape == (3, 1, 8)
    with raises(AttributeError, "has no attribute 'weight'"):
        encoder.eval()(x)


def test_dtype_and_device(answer, raises):
    """module.to(tensor) gives a module the dtype and device of the tensor; A and B in float32 do not work with a bfloat16 W."""
    base, x = nn.Linear(6, 3).bfloat16(), torch.ones(2, 6, dtype=torch.bfloat16)
    with raises(RuntimeError, "same dtype"):
        answer.LoRA(base)(x)
    layer = answer.LoRA(base).to(base.weight)
    assert layer(x).dtype == layer.A.dtype == layer.B.dtype == torch.bfloat16
    assert torch.equal(layer(x), base(x))
    assert answer.LoRA(nn.Linear(3, 2)).to(torch.empty(1, device="meta")).A.is_meta


def test_quantized_weights_have_no_such_dtype(answer, raises):
    """module.to(tensor) raises for a tensor of integers, as quantized weights are."""
    with raises(TypeError, "nn.Module.to only accepts floating point or complex dtypes"):
        answer.LoRA(nn.Linear(3, 2)).to(torch.zeros(2, 3, dtype=torch.uint8))


def test_the_rest_must_be_frozen_too(answer):
    """Wrapping a layer freezes this layer alone; the others train unless the model is frozen before."""
    for freeze, trained in (False, ["0.A", "0.B", "1.weight", "1.bias"]), (True, ["0.A", "0.B"]):
        model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        if freeze:
            model.requires_grad_(False)
        model[0] = answer.LoRA(model[0])
        assert [name for name, p in model.named_parameters() if p.requires_grad] == trained


def test_a_layer_with_two_names(nested):
    """named_modules() gives a layer of two places once; with remove_duplicate=False, both places get an adapter."""
    assert len(nested.layers) == 6
    for duplicates, wrapped in (True, 1), (False, 2):
        shared = nn.Linear(4, 4)
        model = nn.Sequential(shared, nn.ReLU(), shared)
        for name, layer in list(model.named_modules(remove_duplicate=duplicates)):
            if isinstance(layer, nn.Linear):
                model.set_submodule(name, nested.LoRA(layer))
        assert sum(isinstance(layer, nested.LoRA) for layer in model) == wrapped


def test_an_adapter_saved_under_ddp(save):
    """With the names of a wrapped model, strict=False loads nothing and does not raise; unexpected_keys lists them."""
    wrapped = {f"module.{name}": torch.full_like(t, 9.0) for name, t in save.adapter.items()}
    result = save.model.load_state_dict(wrapped, strict=False)
    assert sorted(result.unexpected_keys) == ["module.A", "module.B"]
    assert not (save.model.A == 9).any() and not (save.model.B == 9).any()
