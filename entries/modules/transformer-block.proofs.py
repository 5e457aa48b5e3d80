"""Proofs of transformer-block."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    E, hidden = 6, 16
    values = {"F": F, "x": torch.randn(2, 3, E), "attention": nn.Linear(E, E, bias=False)}
    values |= {"norm1": nn.RMSNorm(E, eps=1e-5), "norm2": nn.RMSNorm(E, eps=1e-5)}
    values |= {"w1": nn.Linear(E, hidden, bias=False), "w3": nn.Linear(E, hidden, bias=False)}
    return values | {"w2": nn.Linear(hidden, E, bias=False), "start": values["x"].clone()}


def rms(x):
    return x / (x.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()


def silu(x):
    return x / (1 + (-x).exp())


def test_answer(answer):
    """A pre-norm block adds its branches to the unnormalized input."""
    x = answer.start + rms(answer.start) @ answer.attention.weight.T
    h = rms(x)
    gated = silu(h @ answer.w1.weight.T) * (h @ answer.w3.weight.T)
    torch.testing.assert_close(answer.x, x + gated @ answer.w2.weight.T)


def by_hand(block, x):
    """The block, one token and one head at a time."""
    N, T, E = x.shape
    D = E // block.heads
    wq, wk, wv = block.qkv.weight.split(E)
    h = rms(x)
    mixed = torch.zeros(N, T, E)
    for n in range(N):
        for t in range(T):
            for head in range(block.heads):
                part = slice(head * D, (head + 1) * D)
                q = wq[part] @ h[n, t]
                scores = torch.stack([q @ (wk[part] @ h[n, s]) / math.sqrt(D) for s in range(t + 1)]).softmax(0)
                mixed[n, t, part] = sum(w * (wv[part] @ h[n, s]) for s, w in enumerate(scores))
    x = x + mixed @ block.out.weight.T
    h = rms(x)
    return x + (silu(h @ block.w1.weight.T) * (h @ block.w3.weight.T)) @ block.w2.weight.T


def test_default(default):
    """The block equals its formula, computed token by token and head by head, also for a batch of one and one token."""
    torch.manual_seed(1)
    block = default.Block(12, heads=3, hidden=7)
    for shape in ((2, 5, 12), (1, 1, 12)):
        x = torch.randn(shape)
        torch.testing.assert_close(block(x), by_hand(block, x), atol=1e-5, rtol=1e-4)
    assert block.w1.weight.shape == (7, 12) and block.w2.weight.shape == (12, 7)
    assert block.norm1.eps == block.norm2.eps == 1e-5


def test_a_token_sees_only_the_past(default, model):
    """A change of token 3 changes the outputs of tokens 3 and later, and of no earlier one."""
    x = torch.randn(2, 5, 12)
    changed = x.clone()
    changed[:, 3] += 1
    block = default.Block(12, heads=3, hidden=32)
    assert (block(changed) != block(x)).any(dim=2).tolist() == [[False, False, False, True, True]] * 2
    ids = torch.randint(49, (2, 5))
    other = ids.clone()
    other[:, 3] = 49
    gap = (model.model(ids) - model.model(other)).abs().amax(dim=2) > 1e-6
    assert gap.tolist() == [[False, False, False, True, True]] * 2


def test_model(model):
    """The small GPT has the parameters of its parts, and gives one row of logits per token."""
    E, vocab, context = 24, 50, 16
    block = 4 * E * E + 4 * E + 8 * E * E + 5 * E + 4 * E
    expected = vocab * E + context * E + 2 * block + 2 * E + vocab * E + vocab
    assert sum(p.numel() for p in model.model.parameters()) == expected
    layer = model.model.blocks[0]
    assert layer.norm_first and layer.self_attn.batch_first and layer.self_attn.num_heads == 3
    assert layer.activation is F.gelu and layer.dropout.p == 0
    ids = torch.randint(50, (1, 4))
    h = model.model.tokens(ids) + model.model.positions(torch.arange(4))
    for layer in model.model.blocks:
        n = layer.norm1(h)
        h = h + layer.self_attn(n, n, n, attn_mask=torch.ones(4, 4).triu(1).bool())[0]
        h = h + layer.linear2(F.gelu(layer.linear1(layer.norm2(h))))
    torch.testing.assert_close(model.model(ids), model.model.head(model.model.norm(h)), atol=1e-5, rtol=1e-4)


def test_swiglu(swiglu):
    """With a hidden size of 8/3 E, SwiGLU has 8 E² parameters, as many as an MLP with 4 E."""
    assert sum(p.numel() for p in swiglu.SwiGLU(96).parameters()) == 8 * 96**2
    assert sum(p.numel() for p in swiglu.plain.parameters()) == 8 * 96**2
    for E, multiple in ((96, 64), (100, 1), (100, 256)):
        hidden = swiglu.SwiGLU(E, multiple).w1.out_features
        assert hidden == math.ceil(8 * E / 3 / multiple) * multiple
    mlp, x = swiglu.SwiGLU(9), torch.randn(4, 9)
    expected = (silu(x @ mlp.w1.weight.T) * (x @ mlp.w3.weight.T)) @ mlp.w2.weight.T
    torch.testing.assert_close(mlp(x), expected)


def test_right(wrong, right):
    """Transposed, each row holds the values of one token; reshaped alone, rows mix tokens."""
    assert right.y[0].tolist() == [[t] * 2 for t in range(3)]
    assert wrong.y[0].tolist() == [[0, 1], [2, 0], [1, 2]]


def test_reshape_leaks_the_future():
    """With the heads reshaped but not transposed, a later token changes earlier rows."""
    q = torch.randn(1, 2, 5, 3)
    v = torch.randn(1, 2, 5, 3)
    changed = v.clone()
    changed[:, :, 3] += 1
    a, b = (F.scaled_dot_product_attention(q, q, values, is_causal=True) for values in (v, changed))
    assert (a.reshape(1, 5, 6) != b.reshape(1, 5, 6)).any(dim=2)[0, :3].any()
    assert not (a.transpose(1, 2).flatten(2) != b.transpose(1, 2).flatten(2)).any(dim=2)[0, :3].any()


def test_no_positions_no_order(default):
    """Without positions, a permutation of the earlier tokens leaves the last output of a block as it was."""
    block, x = default.Block(12, heads=3, hidden=32), torch.randn(2, 5, 12)
    shuffled = x[:, [2, 0, 3, 1, 4]]
    torch.testing.assert_close(block(shuffled)[:, -1], block(x)[:, -1], atol=1e-5, rtol=1e-4)
    assert (block(shuffled)[:, 0] - block(x)[:, 0]).abs().max() > 0.1


def test_two_blocks_know_some_order(default):
    """Two causal blocks without positions do notice the order, because the middle tokens see different pasts."""
    torch.manual_seed(0)
    blocks = nn.Sequential(default.Block(12, 3, 32), default.Block(12, 3, 32))
    x = torch.randn(2, 5, 12)
    assert (blocks(x[:, [2, 0, 3, 1, 4]])[:, -1] - blocks(x)[:, -1]).abs().max() > 1e-3


def test_the_stream_grows(default):
    """The output of many fresh pre-norm blocks has a larger scale than their input, and a norm brings it back to 1."""
    torch.manual_seed(0)
    x = torch.randn(4, 20, 32)
    scales = [x.std().item()]
    for _ in range(6):
        for _ in range(4):
            x = default.Block(32, 4, 85)(x)
        scales.append(x.std().item())
    assert scales == sorted(scales) and scales[-1] > 1.2 * scales[0]
    assert math.isclose(nn.RMSNorm(32, eps=1e-5)(x).square().mean().item(), 1, rel_tol=1e-3)


def test_the_gate_is_w1():
    """silu(a) * b is not silu(b) * a."""
    a, b = torch.tensor([1.0, -2.0, 3.0]), torch.tensor([2.0, 3.0, -1.0])
    assert not torch.allclose(F.silu(a) * b, F.silu(b) * a)
    torch.testing.assert_close(F.silu(a), silu(a))
