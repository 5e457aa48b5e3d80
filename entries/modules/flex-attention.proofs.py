"""Proofs of flex-attention."""

import warnings

import torch
import torch.nn.functional as F
from torch.nn.attention import flex_attention as flex

warnings.filterwarnings("ignore", "flex_attention called without")


def causal(b, h, i, j):
    return i >= j


def attend(q, k, v, visible):
    """Attention by its formula; visible is (…, T, T) bool."""
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    return scores.masked_fill(~visible, -1e9).softmax(-1) @ v


def table(T, rule):
    return torch.tensor([[rule(i, j) for j in range(T)] for i in range(T)])


def three(*shape):
    return torch.randn(3, *shape).unbind()


def given():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 2, 150, 4)
    return {"torch": torch, "q": q, "k": k, "v": v, "T": 150}


def test_answer(answer):
    """The window leaves each query the last 128 keys, itself included."""
    visible = table(150, lambda i, j: i >= j > i - 128)
    torch.testing.assert_close(answer.out, attend(answer.q, answer.k, answer.v, visible), atol=1e-5, rtol=1e-4)


def test_default(default):
    """flex_attention gives the numbers of scaled_dot_product_attention with the same dense mask."""
    visible = table(6, lambda i, j: 0 <= i - j < 3)
    assert torch.equal(default.dense[0, 0], visible)
    torch.testing.assert_close(default.out, attend(default.q, default.k, default.v, visible), atol=1e-5, rtol=1e-4)


def test_documents(documents):
    """A mask function may read other tensors; and_masks is True where both are."""
    ids = [0, 0, 0, 1, 1, 2]
    visible = table(6, lambda i, j: i >= j and ids[i] == ids[j])
    assert torch.equal(flex.create_mask(documents.both, None, None, 6, 6, device="cpu")[0, 0], visible)
    q, k, v = three(1, 2, 6, 4)
    out = flex.flex_attention(q, k, v, block_mask=documents.mask)
    torch.testing.assert_close(out, attend(q, k, v, visible), atol=1e-5, rtol=1e-4)


def test_or_masks():
    """or_masks is True where one of the functions is, as in a prefix language model."""
    prefix = flex.or_masks(causal, lambda b, h, i, j: j < 2)
    assert torch.equal(flex.create_mask(prefix, None, None, 5, 5, device="cpu")[0, 0], table(5, lambda i, j: i >= j or j < 2))


def test_bias(bias):
    """score_mod changes the scores before the softmax."""
    scores = bias.q @ bias.k.transpose(-2, -1) / 2
    for h, slope in enumerate((0.5, 0.25)):
        for i in range(5):
            row = torch.stack([scores[0, h, i, j] - slope * (i - j) for j in range(i + 1)])
            torch.testing.assert_close(bias.out[0, h, i], row.softmax(0) @ bias.v[0, h, : i + 1], atol=1e-5, rtol=1e-4)


def test_per_sample():
    """With a batch size instead of None, the mask may differ from sample to sample."""
    lengths = torch.tensor([5, 3])
    mask = flex.create_block_mask(lambda b, h, i, j: j < lengths[b], 2, None, 5, 5, device="cpu")
    q, k, v = torch.randn(3, 2, 3, 5, 4)
    out = flex.flex_attention(q, k, v, block_mask=mask)
    for b, n in enumerate((5, 3)):
        torch.testing.assert_close(out[b], F.scaled_dot_product_attention(q[b], k[b, :, :n], v[b, :, :n]), atol=1e-5, rtol=1e-4)


def test_right(right):
    """The comparison needs its parentheses: & binds more tightly than >=."""
    dense = flex.create_mask(right.window, None, None, 4, 4, device="cpu")[0, 0]
    assert torch.equal(dense, table(4, lambda i, j: 0 <= i - j < 3))


def test_no_control_flow(raises):
    """if, and, or, and chained comparisons on the positions raise in create_block_mask, and if in a score_mod too."""
    def branch(b, h, i, j):
        if i >= j:
            return True
        return False

    for function in (branch, lambda b, h, i, j: i >= j and i - j < 3, lambda b, h, i, j: 0 <= i - j < 3, lambda b, h, i, j: i == j or j < 2):
        with raises(RuntimeError, "data-dependent control flow"):
            flex.create_block_mask(function, None, None, 4, 4, device="cpu")
    with raises(Exception, "…"):
        flex.flex_attention(*three(1, 2, 4, 8), score_mod=lambda score, b, h, i, j: score if h == 0 else 2 * score)


def test_forward_only_on_cpu(raises):
    """On a CPU, q, k, and v that require a gradient raise, under no_grad too, but not in 2.6; detached they do not; SDPA with create_mask trains."""
    q, k, v = three(1, 2, 5, 4)
    q.requires_grad_()
    if torch.__version__.startswith("2.6."):
        assert flex.flex_attention(q, k, v).requires_grad
        return
    with raises(NotImplementedError, "FlexAttention does not support backward on CPU"):
        flex.flex_attention(q, k, v)
    for place in range(3):
        inputs = list(three(1, 2, 5, 4))
        inputs[place].requires_grad_()
        with raises(NotImplementedError, "FlexAttention does not support backward on CPU"):
            flex.flex_attention(*inputs)
    with torch.no_grad():
        with raises(NotImplementedError, "FlexAttention does not support backward on CPU"):
            flex.flex_attention(q, k, v)
        project = torch.nn.Linear(4, 4)
        out = flex.flex_attention(project(k), k, v)
    assert out.shape == flex.flex_attention(q.detach(), k, v).shape == (1, 2, 5, 4)
    dense = flex.create_mask(causal, None, None, 5, 5, device="cpu")
    F.scaled_dot_product_attention(q, k, v, attn_mask=dense).sum().backward()
    assert q.grad is not None


def test_warns_without_compile():
    """Called without torch.compile, it warns that it computes the full score matrix, but not in 2.6."""
    getattr(flex, "_WARNINGS_SHOWN", set()).clear()  # it warns once in a process
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        flex.flex_attention(*three(1, 1, 5, 4))
    assert any("materializes the full scores matrix" in str(w.message) for w in caught) is not torch.__version__.startswith("2.6.")


def test_one_length(raises):
    """A block mask for another length, or a tensor of bools, raises; since torch 2.14 the message names no sizes."""
    mask = flex.create_block_mask(causal, None, None, 300, 300, device="cpu")
    for T, size in (200, "larger"), (400, "smaller"):
        q, k, v = three(1, 1, T, 4)
        kind, said = ValueError, f"block_mask was created for block_mask.shape=(1, 1, 300, 300)…{size} length than"
        if torch.__version__ >= (2, 14):
            kind, said = RuntimeError, f"block_mask was created for a {size} length than you're using it for"
        with raises(kind, said):
            flex.flex_attention(q, k, v, block_mask=mask)
    q, k, v = three(1, 1, 5, 4)
    with raises(AttributeError):
        flex.flex_attention(q, k, v, block_mask=torch.ones(5, 5).tril().bool())


def test_nothing_visible():
    """A query that sees nothing gives zeros, in SDPA too."""
    q, k, v = three(1, 2, 5, 4)
    mask = flex.create_block_mask(lambda b, h, i, j: (i > 0) & (i >= j), None, None, 5, 5, device="cpu")
    dense = flex.create_mask(lambda b, h, i, j: (i > 0) & (i >= j), None, None, 5, 5, device="cpu")
    for out in flex.flex_attention(q, k, v, block_mask=mask), F.scaled_dot_product_attention(q, k, v, attn_mask=dense):
        assert out[:, :, 0].abs().max() == 0 and out[:, :, 1].abs().min() > 0


def test_blocks():
    """Blocks are 128 x 128 by default; of 3 x 3 blocks, a causal mask needs the lower 6, a short window 5."""
    for rule, needed in (causal, 6), (lambda b, h, i, j: (i >= j) & (i - j < 100), 5):
        mask = flex.create_block_mask(rule, None, None, 384, 384, device="cpu")
        assert mask.BLOCK_SIZE == (128, 128)
        assert mask.to_dense().sum() == needed


def test_grouped_heads(raises):
    """Fewer key heads than query heads need enable_gqa=True."""
    q, k, v = torch.randn(2, 4, 5, 8), torch.randn(2, 2, 5, 8), torch.randn(2, 2, 5, 8)
    with raises(ValueError, "Try setting enable_gqa=True for GQA"):
        flex.flex_attention(q, k, v)
    many_k, many_v = (t.repeat_interleave(2, dim=1) for t in (k, v))
    same = F.scaled_dot_product_attention(q, many_k, many_v)
    torch.testing.assert_close(flex.flex_attention(q, k, v, enable_gqa=True), same, atol=1e-5, rtol=1e-4)


def test_heads_in_the_wrong_dimension(raises):
    """With (B, T, H, E), flex_attention takes the lengths for the heads; transpose(1, 2) mends it."""
    q, k, v = torch.randn(1, 7, 3, 4), torch.randn(1, 5, 3, 4), torch.randn(1, 5, 3, 4)
    with raises(ValueError, "got Hq=7 and Hkv=5"):
        flex.flex_attention(q, k, v)
    mask = flex.create_block_mask(causal, None, None, 7, 7, device="cpu")
    with raises((ValueError, RuntimeError), "block_mask was created for"):
        flex.flex_attention(q, q, q, block_mask=mask)
    t = q.transpose(1, 2)
    assert flex.flex_attention(t, t, t, block_mask=mask).shape == (1, 3, 7, 4)
    assert flex.flex_attention(t, k.transpose(1, 2), v.transpose(1, 2)).shape == (1, 3, 7, 4)
