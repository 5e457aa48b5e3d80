"""Proofs of kv-cache."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def by_hand(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1) @ v


def given():
    torch.manual_seed(0)
    cache = tuple(torch.randn(2, 1, 3, 5, 4))
    q, k, v = torch.randn(3, 1, 3, 1, 4)
    return {"torch": torch, "F": F, "cache": cache, "q": q, "k": k, "v": v}


def test_answer(answer):
    """The new key and value go behind the cached ones, and the new query weighs all of them."""
    before = given()
    keys = torch.cat([before["cache"][0], before["k"]], dim=2)
    values = torch.cat([before["cache"][1], before["v"]], dim=2)
    assert torch.equal(answer.cache[0], keys) and torch.equal(answer.cache[1], values)
    torch.testing.assert_close(answer.out, by_hand(before["q"], keys, values))


def test_default(default):
    """With a cache, token after token gives what one causal pass over the whole text gives."""
    qkv = default.project(default.x).view(1, 7, 3, 2, 4).permute(2, 0, 3, 1, 4)
    whole = by_hand(*qkv, mask=torch.ones(7, 7, dtype=torch.bool).tril())
    torch.testing.assert_close(default.out, whole.transpose(1, 2).reshape(1, 7, 8))
    assert [tuple(t.shape) for t in default.cache] == [(1, 2, 7, 4)] * 2


def test_static(static):
    """A buffer of full length with a mask over its filled part gives the same."""
    torch.testing.assert_close(static.out, by_hand(static.q[:, :, -1:], static.k, static.v))
    first = F.scaled_dot_product_attention(
        static.q[:, :, :1], static.keys, static.values, attn_mask=(torch.arange(6) <= 0)[None]
    )
    torch.testing.assert_close(first, static.v[:, :, :1])
    assert torch.equal(static.keys, static.k) and torch.equal(static.values, static.v)


def test_chunk(chunk):
    """For several new tokens the causal mask is aligned at the bottom right, as causal_lower_right does it."""
    from torch.nn.attention.bias import causal_lower_right

    assert chunk.mask.tolist() == [[True, True, True, True, False], [True] * 5]
    bias = causal_lower_right(2, 5)
    torch.testing.assert_close(chunk.out, F.scaled_dot_product_attention(chunk.q, chunk.k, chunk.v, attn_mask=bias))
    torch.testing.assert_close(chunk.out, by_hand(chunk.q, chunk.k, chunk.v, chunk.mask))


def test_grouped(grouped):
    """enable_gqa shares each KV head among H / H_kv query heads, so the cache shrinks by that factor."""
    k, v = (t.repeat_interleave(3, dim=1) for t in (grouped.k, grouped.v))
    torch.testing.assert_close(grouped.out, by_hand(grouped.q, k, v))
    assert k.numel() == 3 * grouped.k.numel()


def test_one_query_sees_only_the_first(wrong, right):
    """is_causal aligns its mask at the top left, so one query against three keys sees the first key only."""
    assert F.scaled_dot_product_attention(wrong.q, wrong.k, wrong.v, is_causal=True).item() == 1.0
    assert F.scaled_dot_product_attention(right.q, right.k, right.v).item() == (1 + 2 + 6) / 3
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 4), torch.randn(5, 4), torch.randn(5, 4)
    top_left = torch.ones(2, 5, dtype=torch.bool).tril()
    torch.testing.assert_close(
        F.scaled_dot_product_attention(q, k, v, is_causal=True), by_hand(q, k, v, top_left)
    )


def test_positions_continue():
    """With position embeddings, a step equals the pass over the whole text if its position is the cache length."""
    torch.manual_seed(0)
    token, place = torch.randn(6, 4), nn.Embedding(6, 4).weight.detach()
    x = token + place
    whole = by_hand(x, x, x, torch.ones(6, 6, dtype=torch.bool).tril())[-1:]
    for position in range(6):
        new = token[-1:] + place[position]
        keys = torch.cat([x[:5], new])
        assert torch.allclose(by_hand(new, keys, keys), whole, atol=1e-5) == (position == 5)


def test_the_graph_hangs_on():
    """Outside inference_mode and no_grad the cache has a grad_fn, which keeps the graph of the earlier steps."""
    project = nn.Linear(4, 4)
    cache = torch.cat([project(torch.ones(1, 4)), project(torch.ones(1, 4))])
    assert cache.grad_fn is not None
    for mode in torch.inference_mode, torch.no_grad:
        with mode():
            cache = torch.cat([project(torch.ones(1, 4)), project(torch.ones(1, 4))])
        assert cache.grad_fn is None


def test_less_work():
    """With a cache, each step runs one token through the model; without one, it runs the whole text."""
    layer = nn.Linear(8, 8)

    def work(tokens):
        with FlopCounterMode(display=False) as counter:
            layer(torch.ones(tokens, 8))
        return counter.get_total_flops()

    assert work(1) * 100 == work(100)


def test_memory():
    """A cache takes 2 x layers x batch x tokens x KV heads x head size x bytes per number."""
    layers, N, T, H, E = 3, 2, 5, 4, 8
    cache = [torch.zeros(2, N, H, T, E, dtype=torch.bfloat16) for _ in range(layers)]
    assert sum(t.nbytes for t in cache) == 2 * layers * N * T * H * E * 2


def test_padding_needs_a_mask():
    """In a batch padded on the left, a mask over the padding gives each prompt and each next token what they give alone."""
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, 6, 4)  # (N, H, T, E): 2 of padding, 3 of the prompt, 1 new token
    real = torch.arange(6) >= 2
    causal = torch.ones(5, 5).tril().bool()
    sdpa = F.scaled_dot_product_attention
    prefill = sdpa(q[:, :, :5], k[:, :, :5], v[:, :, :5], attn_mask=causal & real[:5])
    decode = sdpa(q[:, :, 5:], k, v, attn_mask=real[None])
    alone = sdpa(q[:, :, 2:], k[:, :, 2:], v[:, :, 2:], is_causal=True)
    torch.testing.assert_close(prefill[:, :, 2:], alone[:, :, :3])
    torch.testing.assert_close(decode, alone[:, :, 3:])
    assert not torch.allclose(sdpa(q[:, :, 5:], k, v), decode)
    assert not torch.allclose(sdpa(q[:, :, :5], k[:, :, :5], v[:, :, :5], is_causal=True)[:, :, 2:], alone[:, :, :3])
