"""Proofs of pruning."""

import copy
import io

import torch
from torch import nn
from torch.nn.utils import prune
from torch.utils.flop_counter import FlopCounterMode


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 4))
    return {"nn": nn, "model": model, "dense": copy.deepcopy(model)}


def smallest(weights, count):
    """Which elements of several tensors are the `count` smallest by absolute value."""
    ranked = sorted(abs(v) for w in weights for v in w.flatten().tolist())
    return [w.abs() <= ranked[count - 1] for w in weights]


def test_answer(answer):
    """global_unstructured prunes the smallest weights of all the layers together, and remove restores the names."""
    dense = [answer.dense[i].weight.detach() for i in (0, 2)]
    pruned = smallest(dense, round(0.4 * (30 + 24)))
    for i, w, gone in zip((0, 2), dense, pruned, strict=True):
        assert torch.equal(answer.model[i].weight, w.masked_fill(gone, 0))
        assert answer.model[i].bias.count_nonzero() == answer.model[i].bias.numel()
    assert pruned[0].sum() != 12  # not 40 % of each layer
    assert sorted(answer.model.state_dict()) == sorted(answer.dense.state_dict())


def test_default(default):
    """l1_unstructured prunes the 40 % smallest of a layer, and remove makes weight a parameter again."""
    torch.manual_seed(0)
    dense = nn.Linear(5, 4).weight.detach()
    (gone,) = smallest([dense], 8)
    assert torch.equal(default.layer.weight, dense.masked_fill(gone, 0))
    assert isinstance(default.layer.weight, nn.Parameter)


def test_the_three_tensors():
    """weight is weight_orig times weight_mask, computed again before each forward pass."""
    layer = nn.Linear(5, 4)
    prune.l1_unstructured(layer, "weight", amount=0.4)
    assert torch.equal(layer.weight, layer.weight_orig * layer.weight_mask)
    with torch.no_grad():
        layer.weight_orig.mul_(2)
        assert not torch.equal(layer.weight, layer.weight_orig * layer.weight_mask)
        layer(torch.ones(1, 5))
        assert torch.equal(layer.weight, layer.weight_orig * layer.weight_mask)
    layer(torch.ones(3, 5)).sum().backward()
    assert torch.equal(layer.weight_orig.grad, 3 * layer.weight_mask)  # 0 at the pruned places


def test_out_proj_is_never_called(raises):
    """Pruning out_proj of a Transformer layer makes the second backward raise; the answer, by type(), leaves it out."""

    def train(model, parts):
        prune.global_unstructured(parts, prune.L1Unstructured, amount=0.4)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(2, 3, 8)).square().sum().backward()
            optimizer.step()

    for kinds in (lambda m: isinstance(m, nn.Linear)), (lambda m: type(m) is nn.Linear):
        model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        parts = [(m, "weight") for m in model.modules() if kinds(m)]
        if (model.self_attn.out_proj, "weight") in parts:
            with raises(RuntimeError, "Trying to backward through the graph a second time"):
                train(model, parts)
        else:
            train(model, parts)
            assert sum((m.weight == 0).sum() for m, _ in parts) == round(0.4 * 2 * 8 * 16)


def test_zeros_save_nothing():
    """Zeros change neither the multiplications nor the file; before remove the file is about twice as large."""

    def file_of(module):
        buffer = io.BytesIO()
        torch.save(module.state_dict(), buffer)
        return buffer.tell()

    def work_of(module):
        with FlopCounterMode(display=False) as counter:
            module(torch.ones(7, 200))
        return counter.get_total_flops()

    layer = nn.Linear(200, 200)
    size, work = file_of(layer), work_of(layer)
    prune.l1_unstructured(layer, "weight", amount=0.9)
    assert 1.9 < file_of(layer) / size < 2.1 and work_of(layer) == work
    prune.remove(layer, "weight")
    assert (layer.weight == 0).sum() == 36000
    assert abs(file_of(layer) / size - 1) < 0.01 and work_of(layer) == work == 2 * 7 * 200 * 200


def one_step():
    """The weights after a step of SGD from pruned ones, by hand, and which were pruned."""
    torch.manual_seed(0)
    layer = nn.Linear(5, 4)
    (gone,) = smallest([layer.weight.detach()], 8)
    with torch.no_grad():
        layer.weight[gone] = 0
    layer(torch.randn(3, 5)).square().sum().backward()
    return layer.weight.detach() - 0.1 * layer.weight.grad, gone


def test_zeros_go_after_remove(wrong):
    """A step of SGD after remove moves the pruned weights too, and no zeros are left."""
    stepped, gone = one_step()
    torch.testing.assert_close(wrong.layer.weight.detach(), stepped)
    assert (wrong.layer.weight == 0).sum() == 0


def test_right(right):
    """A step of SGD before remove moves the weights that are left, and the zeros stay."""
    stepped, gone = one_step()
    torch.testing.assert_close(right.layer.weight.detach(), stepped.masked_fill(gone, 0))
    assert torch.equal(right.layer.weight == 0, gone)


def test_shrink(shrink):
    """ln_structured keeps the rows of the largest norm, and a network of those neurons computes the same."""
    norms = shrink.first.weight_orig.norm(dim=1)
    assert shrink.keep.sum() == 2 and norms[shrink.keep].min() > norms[~shrink.keep].max()
    hidden = (shrink.x @ shrink.first.weight_orig.T + shrink.first.bias_orig).relu()[:, shrink.keep]
    expected = hidden @ shrink.last.weight[:, shrink.keep].T + shrink.last.bias
    torch.testing.assert_close(shrink.small(shrink.x), expected)
    assert shrink.x.shape == (4, 3) and shrink.last.weight.shape == (2, 6)
    assert sum(p.numel() for p in shrink.small.parameters()) == 14  # instead of 38


def test_channels():
    """ln_structured with dim=0 of a convolution prunes whole output channels."""
    conv = nn.Conv2d(3, 4, 2)
    prune.ln_structured(conv, "weight", amount=0.5, n=2, dim=0)
    assert sorted(conv.weight_mask.flatten(1).sum(dim=1).tolist()) == [0, 0, 12, 12]


def test_keys_before_remove(raises):
    """The keys before remove are weight_orig and weight_mask, which a plain layer refuses."""
    layer = nn.Linear(5, 4)
    prune.l1_unstructured(layer, "weight", amount=0.4)
    assert sorted(layer.state_dict()) == ["bias", "weight_mask", "weight_orig"]
    with raises(RuntimeError, 'Missing key(s) in state_dict: "weight"'):
        nn.Linear(5, 4).load_state_dict(layer.state_dict())
    prune.remove(layer, "weight")
    nn.Linear(5, 4).load_state_dict(layer.state_dict())


def test_what_amount_means():
    """An integer amount counts weights, a float is a share, and pruning again takes its share of what is left."""
    for amount, zeros in (1, 1), (1.0, 48), (0.5, 24):
        layer = nn.Linear(6, 8)
        prune.l1_unstructured(layer, "weight", amount=amount)
        assert (layer.weight == 0).sum() == zeros
    prune.l1_unstructured(layer, "weight", amount=0.5)
    assert (layer.weight == 0).sum() == 24 + 12


def test_deepcopy(raises):
    """deepcopy raises after pruning, until a forward pass under no_grad."""
    layer = nn.Linear(5, 4)
    prune.l1_unstructured(layer, "weight", amount=0.4)
    with raises(
        RuntimeError, "Only Tensors created explicitly by the user (graph leaves) support the deepcopy"
    ):
        copy.deepcopy(layer)
    with torch.no_grad():
        layer(torch.ones(1, 5))
    assert torch.equal(copy.deepcopy(layer).weight, layer.weight)


def test_semi_structured(raises):
    """2:4 sparsity is for tensors on CUDA."""
    with raises(RuntimeError, "Only CUDA tensors are currently supported"):
        torch.sparse.to_sparse_semi_structured(torch.ones(4, 4))
