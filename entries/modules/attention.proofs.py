"""Proofs of attention."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


def given():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 3, 5, 4).unbind()
    return {"F": F, "q": q, "k": k, "v": v, "ids": torch.tensor([[7, 8, 9, 7, 8], [8, 7, 0, 0, 0]]), "pad_id": 0}


def by_hand(q, k, v, may_look):
    """The result for each query from the keys that it may look at, one query at a time."""
    out = torch.zeros(*q.shape[:-1], v.shape[-1])
    for n, h, i in torch.cartesian_prod(*map(torch.arange, q.shape[:3])).tolist():
        seen = [j for j in range(k.shape[2]) if may_look(n, i, j)]
        scores = [math.exp((q[n, h, i] @ k[n, h, j]).item() / q.shape[-1] ** 0.5) for j in seen]
        for s, j in zip(scores, seen, strict=True):
            out[n, h, i] += s / sum(scores) * v[n, h, j]
    return out


def test_answer(answer):
    """Without a mask all keys take part, is_causal hides later ones, and a bool mask is True for keys that take part."""
    q, k, v = answer.q, answer.k, answer.v
    torch.testing.assert_close(answer.out, by_hand(q, k, v, lambda n, i, j: True))
    torch.testing.assert_close(answer.causal, by_hand(q, k, v, lambda n, i, j: j <= i))
    torch.testing.assert_close(answer.masked, by_hand(q, k, v, lambda n, i, j: j < (5, 2)[n]))


def test_default(default):
    """scaled_dot_product_attention is softmax(Q K^T / sqrt(E)) V."""
    expected = by_hand(default.q, default.k, default.v, lambda n, i, j: True)
    torch.testing.assert_close(default.out, expected)
    torch.testing.assert_close(default.weights @ default.v, expected)


def test_self_attention(self_attention):
    """A qkv layer, causal attention, and an output layer are nn.MultiheadAttention with a causal mask."""
    layer = self_attention.layer.eval()
    mha = nn.MultiheadAttention(12, 3, batch_first=True)
    mha.in_proj_weight, mha.in_proj_bias = layer.qkv.weight, layer.qkv.bias
    mha.out_proj.weight, mha.out_proj.bias = layer.out.weight, layer.out.bias
    x = torch.randn(2, 5, 12)
    later = torch.ones(5, 5).triu(1).bool()
    torch.testing.assert_close(layer(x), mha(x, x, x, attn_mask=later)[0])
    assert layer.dropout == 0.1
    layer.train()
    assert not torch.allclose(layer(x), layer(x))


def test_weights(weights):
    """MultiheadAttention returns its weights averaged over the heads, or per head, and padding gets 0."""
    mha, x, each = weights.mha, weights.x, weights.each
    torch.testing.assert_close(each.mean(dim=1), weights.mean)
    torch.testing.assert_close(each.sum(dim=-1), torch.ones(2, 3, 4))
    assert (each[1, :, :, 2:] == 0).all() and (each[1, :, :, :2] > 0).all() and (each[0] > 0).all()
    q, k, v = F.linear(x, mha.in_proj_weight, mha.in_proj_bias).view(2, 4, 3, 3, 4).permute(2, 0, 3, 1, 4)
    torch.testing.assert_close(weights.y, mha.out_proj((each @ v).transpose(1, 2).reshape(2, 4, 12)))


def test_right(right):
    """A mask of padding and triangle does what is_causal does, and hides the padding as well."""
    assert right.real.tolist() == [[True] * 4, [True, True, False, False]]
    causal = F.scaled_dot_product_attention(right.q, right.k, right.v, is_causal=True)
    torch.testing.assert_close(right.out[0], causal[0])
    expected = by_hand(right.q[:, None], right.k[:, None], right.v[:, None], lambda n, i, j: j <= i and j < (4, 2)[n])
    torch.testing.assert_close(right.out, expected[:, 0])


def test_heads_before_tokens():
    """With (N, T, H, E), the result of a token does not depend on the other tokens."""
    torch.manual_seed(0)
    x = torch.randn(2, 5, 3, 4)  # (N, T, H, E)
    other = x.clone()
    other[:, 1] += 1
    for right, tokens in ((False, x), (True, x.transpose(1, 2))):
        changed = other.transpose(1, 2) if right else other
        out = F.scaled_dot_product_attention(tokens, tokens, tokens)
        again = F.scaled_dot_product_attention(changed, changed, changed)
        first = (out[:, :, 0], again[:, :, 0]) if right else (out[:, 0], again[:, 0])
        assert torch.allclose(*first) != right


def test_opposite_masks(raises):
    """True takes part in scaled_dot_product_attention and hides in both masks of MultiheadAttention, which takes no 4-D."""
    torch.manual_seed(0)
    x = torch.randn(2, 4, 6)
    keep = torch.tensor([True, True, False, False])
    out = F.scaled_dot_product_attention(x, x, x, attn_mask=keep.expand(4, 4))
    torch.testing.assert_close(out, F.scaled_dot_product_attention(x, x[:, :2], x[:, :2]))
    mha = nn.MultiheadAttention(6, 2, batch_first=True)
    expected = mha(x, x[:, :2], x[:, :2])[0]
    torch.testing.assert_close(mha(x, x, x, key_padding_mask=~keep.expand(2, 4))[0], expected)
    torch.testing.assert_close(mha(x, x, x, attn_mask=~keep.expand(4, 4))[0], expected)
    with raises(AssertionError, "but found 4-D tensor instead"):
        mha(x, x, x, attn_mask=~keep.expand(2, 1, 1, 4))
    assert mha(x, x, x, key_padding_mask=torch.ones(2, 4).bool())[1].isnan().all()


def test_padding_mask_needs_two_dims(raises):
    """An (N, S) mask is read as (L, S): it raises, or if L equals N, hides other keys."""
    torch.manual_seed(0)
    q, k = torch.randn(2, 3, 4, 6), torch.randn(2, 3, 5, 6)
    real = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]).bool()  # (N, S)
    with raises(RuntimeError, "must match the size of tensor"):
        F.scaled_dot_product_attention(q, k, k, attn_mask=real)
    wrong = F.scaled_dot_product_attention(q[:, :, :2], k, k, attn_mask=real)
    torch.testing.assert_close(wrong, by_hand(q[:, :, :2], k, k, lambda n, i, j: real[i, j]))
    right = F.scaled_dot_product_attention(q, k, k, attn_mask=real[:, None, None, :])
    torch.testing.assert_close(right, by_hand(q, k, k, lambda n, i, j: real[n, j]))


def test_causal_starts_upper_left():
    """With is_causal, a single query sees key 0 only, however many keys there are."""
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 3, 1, 6), torch.randn(2, 3, 5, 6), torch.randn(2, 3, 5, 7)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(out, v[:, :, :1])


def test_float_mask():
    """A float mask is added to the scores before the softmax."""
    torch.manual_seed(0)
    q, k, v, mask = torch.randn(2, 4, 6), torch.randn(2, 5, 6), torch.randn(2, 5, 7), torch.randn(4, 5)
    expected = (q @ k.mT / 6**0.5 + mask).softmax(dim=-1) @ v
    torch.testing.assert_close(F.scaled_dot_product_attention(q, k, v, attn_mask=mask), expected)


def test_a_query_that_looks_nowhere():
    """A query whose row of the mask is False or -inf everywhere gives zeros."""
    mask = torch.ones(4, 4).bool()
    mask[1] = False
    floats = torch.zeros(4, 4).masked_fill(~mask, -math.inf)
    for shape, mask in (((2, 3, 4, 6), mask), ((3, 4, 6), mask), ((2, 3, 4, 6), floats), ((3, 4, 6), floats)):
        q = torch.ones(shape)
        out = F.scaled_dot_product_attention(q, q, q, attn_mask=mask)
        assert (out[..., 1, :] == 0).all() and (out[..., 0, :] == 1).all()


def test_dropout_ignores_eval():
    """dropout_p drops weights whenever it is not 0; the function does not know of eval()."""
    torch.manual_seed(0)
    q = torch.ones(1, 2, 50, 4)
    assert (F.scaled_dot_product_attention(q, q, q) - 1).abs().max() < 1e-5
    assert (F.scaled_dot_product_attention(q, q, q, dropout_p=0.5) - 1).abs().max() > 0.1


def test_fused_kernel(raises):
    """On a CPU (N, H, T, E) runs by the FlashAttention kernel, (N, T, E) only since torch 2.14, and (T, E) not at all."""
    q = torch.ones(2, 3, 4, 6)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        assert F.scaled_dot_product_attention(q, q, q).shape == q.shape
        if torch.__version__ >= (2, 14):
            assert F.scaled_dot_product_attention(q[0], q[0], q[0]).shape == (3, 4, 6)
        else:
            with raises(RuntimeError, "No available kernel"):
                F.scaled_dot_product_attention(q[0], q[0], q[0])
        with raises(RuntimeError, "No available kernel"):
            F.scaled_dot_product_attention(q[0, 0], q[0, 0], q[0, 0])


def test_dtype_of_the_mask(raises):
    """Integer and float64 masks raise; .bool() mends 0/1 and inverts 0/-inf, .to(q.dtype) mends 0/-inf and spoils 0/1."""
    q = torch.ones(2, 3, 4, 6)
    with raises(RuntimeError, "Expected attn_mask dtype to be bool or float"):
        F.scaled_dot_product_attention(q, q, q, attn_mask=torch.ones(4, 4).long())
    torch.manual_seed(0)
    q, tri = torch.randn(2, 3, 4, 6), torch.ones(4, 4).tril()
    ones, floats = tri.long(), torch.zeros(4, 4).double().masked_fill(tri == 0, -math.inf)
    for mask, cures in ((ones, (True, False)), (floats, (False, True))):
        with raises(RuntimeError, "Expected attn_mask dtype to be bool or float"):
            F.scaled_dot_product_attention(q, q, q, attn_mask=mask)
        for cast, right in zip((mask.bool(), mask.to(q.dtype)), cures, strict=True):
            out = F.scaled_dot_product_attention(q, q, q, attn_mask=cast)
            assert torch.allclose(out, by_hand(q, q, q, lambda n, i, j: j <= i), atol=1e-5) == right
    assert torch.equal(floats.bool(), ~ones.bool())


def test_mask_beside_is_causal(raises):
    """Since torch 2.14, the CPU refuses attn_mask beside is_causal; before, its fused kernel accepts both and hides both,
    and the math kernel, which takes dropout, raises."""
    torch.manual_seed(0)
    q, mask = torch.randn(2, 3, 4, 6), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool()[:, None, None, :]
    both = by_hand(q, q, q, lambda n, i, j: j <= i and j < (4, 2)[n])
    if torch.__version__ >= (2, 14):
        with raises(RuntimeError, "Explicit attn_mask should not be set when is_causal=True"):
            F.scaled_dot_product_attention(q, q, q, attn_mask=mask, is_causal=True)
    else:
        torch.testing.assert_close(F.scaled_dot_product_attention(q, q, q, attn_mask=mask, is_causal=True), both)
    with raises(RuntimeError, "Explicit attn_mask should not be set when is_causal=True"):
        F.scaled_dot_product_attention(q, q, q, attn_mask=mask, is_causal=True, dropout_p=0.1)
    tri = torch.ones(4, 4, device=mask.device).tril().bool()
    floats = torch.zeros(mask.shape).masked_fill(~mask, -math.inf)
    for cure in (mask & tri, floats.masked_fill(~tri, -math.inf)):
        torch.testing.assert_close(F.scaled_dot_product_attention(q, q, q, attn_mask=cure), both)


def test_embed_dim(raises):
    """MultiheadAttention and Transformer layers raise for a last dim that is not embed_dim; a Linear or transpose mends it."""
    x, mha = torch.ones(2, 3, 6), nn.MultiheadAttention(8, 2, batch_first=True)
    with raises(AssertionError, "was expecting embedding dimension of 8, but got 6"):
        mha(x, x, x)
    with raises(AssertionError, "was expecting embedding dimension of 8, but got 6"):
        nn.TransformerEncoderLayer(8, 2, batch_first=True)(x)
    for x in (nn.Linear(6, 8)(x), nn.Conv1d(4, 8, 1)(torch.ones(2, 4, 3)).transpose(1, 2)):
        assert mha(x, x, x)[0].shape == (2, 3, 8)


def test_transposed_inputs_need_batch_first(raises):
    """(N, E, T) raises; after transpose(1, 2), a sample is alone with batch_first=True, and mixed with others without it."""
    torch.manual_seed(0)
    x = torch.randn(2, 8, 3)  # (N, E, T)
    for batch_first in (True, False):
        mha, other = nn.MultiheadAttention(8, 2, batch_first=batch_first), x.clone()
        with raises(AssertionError, "was expecting embedding dimension of 8, but got 3"):
            mha(x, x, x)
        other[0] = 0
        a, b = (mha(t, t, t)[0][1] for t in (x.transpose(1, 2), other.transpose(1, 2)))
        assert torch.allclose(a, b, atol=1e-6) == batch_first


def test_no_kernel_until_math_is_allowed(raises):
    """FlashAttention on the CPU refuses 2-D inputs (before torch 2.14 3-D ones too), dropout, and a narrower v, takes
    masks, and MATH beside it helps."""
    q = torch.randn(2, 3, 4)
    for q in (q[0],) if torch.__version__ >= (2, 14) else (q, q[0]):
        with sdpa_kernel(SDPBackend.FLASH_ATTENTION), raises(RuntimeError, "No available kernel"):
            F.scaled_dot_product_attention(q, q, q)
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):
            out = F.scaled_dot_product_attention(q, q, q)
        assert torch.allclose(out, (q @ q.mT / 2).softmax(-1) @ q, atol=1e-6)
    q4, mask = torch.randn(1, 2, 3, 4), torch.ones(3, 3).bool()
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        assert F.scaled_dot_product_attention(q4, q4, q4, attn_mask=mask).shape == q4.shape
        for v, p in ((q4, 0.1), (q4[..., :3], 0.0)):
            with raises(RuntimeError, "No available kernel"):
                F.scaled_dot_product_attention(q4, q4, v, dropout_p=p)
    with sdpa_kernel([]), raises(RuntimeError, "No viable backend"):
        F.scaled_dot_product_attention(q, q, q)
