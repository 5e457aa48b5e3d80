"""Proofs of transformer-masks."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn


def encoder(layers=2, **options):
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True, dropout=0.0)
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False, **options)


def given():
    ids = torch.tensor([[5, 3, 8, 6, 1], [7, 4, 0, 0, 0]])
    model = encoder()
    return {"torch": torch, "encoder": model, "ids": ids, "pad_id": 0, "x": torch.randn(2, 5, 8)}


def test_answer(answer):
    """With a causal mask a token's output is that of the sequence cut after it, and padding changes nothing."""
    assert answer.causal.tolist() == [[k > q for k in range(5)] for q in range(5)]
    for n, length in ((0, 5), (1, 2)):
        for t in range(length):
            cut = answer.x[n : n + 1, : t + 1]
            hidden = torch.ones(t + 1, t + 1).triu(1).bool()
            torch.testing.assert_close(answer.encoder(cut, mask=hidden)[0, -1], answer.y[n, t])


def test_default(default):
    """Another token at the end changes the output there, and nowhere before."""
    assert ((default.y - default.z).abs().amax(dim=2) > 1e-4).tolist() == [[False] * 3 + [True], [False] * 4]
    assert [layer.linear1.out_features for layer in default.encoder.layers] == [16, 16]
    alone = default.encoder(default.embedding(torch.tensor([[7, 4]])), mask=torch.ones(2, 2).triu(1).bool())
    torch.testing.assert_close(default.y[1, :2], alone[0])


def test_decoder(decoder):
    """With all masks, the second sample gives what it gives without its padding."""
    model = decoder.model.eval()
    source, target, embed = decoder.source, decoder.target, decoder.embedding
    masks = {"tgt_mask": torch.ones(3, 3).triu(1).bool(), "src_key_padding_mask": source == 0}
    masks |= {"tgt_key_padding_mask": target == 0, "memory_key_padding_mask": source == 0}
    y = model(embed(source), embed(target), **masks)
    alone = model(embed(source[1:, :2]), embed(target[1:, :2]), tgt_mask=torch.ones(2, 2).triu(1).bool())
    torch.testing.assert_close(y[1, :2], alone[0])
    assert decoder.y.shape == (2, 3, 8) and target.tolist() == [[1, 9, 2], [1, 2, 0]]
    assert len(model.encoder.layers) == len(model.decoder.layers) == 1
    assert model.decoder.layers[0].linear1.out_features == 16


def test_wrong(wrong):
    """A padding mask passed to scaled_dot_product_attention hides everything but the padding."""
    assert wrong.q.shape == (1, 4, 6) and wrong.padding.tolist() == [False, False, False, True]
    torch.testing.assert_close(wrong.out, wrong.v[:, 3:].expand(1, 4, 6))


def test_right(right):
    """The inverted mask hides the padding."""
    expected = F.scaled_dot_product_attention(right.q, right.k[:, :3], right.v[:, :3])
    assert right.out.shape == (1, 4, 6)
    torch.testing.assert_close(right.out, expected)


def test_sdpa_is_the_opposite():
    """True hides in MultiheadAttention and takes part in scaled_dot_product_attention."""
    torch.manual_seed(0)
    x, mask = torch.randn(1, 4, 6), torch.tensor([False, True, True, False]).expand(4, 4)
    mha = nn.MultiheadAttention(6, 1, batch_first=True)
    y = mha(x, x, x, attn_mask=mask)[0]
    torch.testing.assert_close(y, mha(x, x[:, [0, 3]], x[:, [0, 3]])[0])
    out = F.scaled_dot_product_attention(x, x, x, attn_mask=mask)
    torch.testing.assert_close(out, F.scaled_dot_product_attention(x, x[:, 1:3], x[:, 1:3]))


def test_is_causal_is_a_hint(raises):
    """Without a mask, is_causal=True raises; with batch_first=True in eval() it is ignored under no_grad() or if frozen."""
    x, model = torch.randn(2, 5, 8), encoder()
    mha = nn.MultiheadAttention(8, 2, batch_first=True)
    with raises(RuntimeError, "Need attn_mask if specifying the is_causal hint"):
        mha(x, x, x, is_causal=True)
    with raises(RuntimeError, "Need attn_mask if specifying the is_causal hint"):
        model(x, is_causal=True)
    model.eval()
    with raises(RuntimeError, "Need attn_mask if specifying the is_causal hint"):
        model(x, is_causal=True)
    with torch.no_grad():
        torch.testing.assert_close(model(x, is_causal=True), model(x))
        mha.eval()
        torch.testing.assert_close(mha(x, x, x, is_causal=True)[0], mha(x, x, x)[0])
        decoder = nn.TransformerDecoderLayer(8, 2, dim_feedforward=16, batch_first=True).eval()
        torch.testing.assert_close(decoder(x, x, tgt_is_causal=True), decoder(x, x))
        with raises(RuntimeError, "Need attn_mask if specifying the is_causal hint"):
            nn.TransformerEncoderLayer(8, 2, dim_feedforward=16).eval()(x, is_causal=True)
    model.requires_grad_(False)
    torch.testing.assert_close(model(x, is_causal=True), model(x))


def test_is_causal_of_sdpa():
    """is_causal=True alone hides later tokens in scaled_dot_product_attention."""
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 5, 8).unbind()
    causal = torch.ones(5, 5).tril().bool()  # there, True takes part
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=causal)
    torch.testing.assert_close(torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True), expected)


def test_nothing_to_look_at():
    """With all keys hidden: NaN; with need_weights=False the output bias, but NaN with batch_first and eval() under
    no_grad() or with frozen parameters."""
    torch.manual_seed(0)
    x, hidden = torch.randn(2, 5, 8), torch.tensor([[False] * 5, [True] * 5])
    mha = nn.MultiheadAttention(8, 2, batch_first=True)
    nn.init.normal_(mha.out_proj.bias)
    y = mha(x, x, x, key_padding_mask=hidden)[0]
    assert y[1].isnan().all() and not y[0].isnan().any()
    y = mha(x, x, x, key_padding_mask=hidden, need_weights=False)[0]
    torch.testing.assert_close(y[1], mha.out_proj.bias.expand(5, 8))  # of zeros
    mha.eval()
    y = mha(x, x, x, key_padding_mask=hidden, need_weights=False)[0]
    assert not y.isnan().any()
    assert mha.requires_grad_(False)(x, x, x, key_padding_mask=hidden, need_weights=False)[0][1].isnan().all()
    mha.requires_grad_(True)
    with torch.no_grad():
        assert mha(x, x, x, key_padding_mask=hidden, need_weights=False)[0][1].isnan().all()
        mha, x = nn.MultiheadAttention(8, 2).eval(), x.transpose(0, 1)
        assert not mha(x, x, x, key_padding_mask=hidden, need_weights=False)[0].isnan().any()


def test_the_decoder_sees_padding():
    """Without memory_key_padding_mask, the output of nn.Transformer depends on the padding of the source."""
    torch.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, dim_feedforward=16, batch_first=True).eval()
    source, target = torch.randn(1, 4, 8), torch.randn(1, 3, 8)
    padding, other = torch.tensor([[False, False, True, True]]), source.clone()
    other[:, 2:] += 1
    for masks, same in (({}, False), ({"memory_key_padding_mask": padding}, True)):
        a, b = (model(s, target, src_key_padding_mask=padding, **masks) for s in (source, other))
        assert torch.allclose(a, b) == same


def test_float_masks():
    """A float mask is added to the scores before the softmax, and -inf hides."""
    torch.manual_seed(0)
    x, mask = torch.randn(1, 4, 6), torch.randn(4, 4)
    mask[0, 2] = -torch.inf
    mha = nn.MultiheadAttention(6, 1, batch_first=True)
    q, k, _ = F.linear(x, mha.in_proj_weight, mha.in_proj_bias).chunk(3, dim=-1)
    weights = mha(x, x, x, attn_mask=mask)[1]
    torch.testing.assert_close(weights, (q @ k.mT / 6**0.5 + mask).softmax(dim=-1))
    assert weights[0, 0, 2] == 0
    torch.testing.assert_close(mha(x, x, x, attn_mask=torch.zeros(4, 4))[1], mha(x, x, x)[1])


def test_square_subsequent_mask():
    """generate_square_subsequent_mask gives 0 up to the token itself and -inf after it."""
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    assert mask.tolist() == [[0, -torch.inf, -torch.inf], [0, 0, -torch.inf], [0, 0, 0]]


def test_mixed_masks_warn():
    """A bool padding mask beside a float mask warns that the mixture is deprecated, and two bool masks do not."""
    x, padding, model = torch.randn(2, 5, 8), torch.zeros(2, 5).bool(), encoder()
    causal = nn.Transformer.generate_square_subsequent_mask(5)
    for mask, warned in ((causal, True), (causal == -torch.inf, False)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model(x, mask=mask, src_key_padding_mask=padding)
        assert any("mismatched src_key_padding_mask and mask is deprecated" in str(w.message) for w in caught) == warned


def test_masks_per_sample(raises):
    """A mask per sample has the shape (N * num_heads, T, T), sample by sample; one for all samples is (T, T)."""
    torch.manual_seed(0)
    x, masks = torch.randn(2, 5, 8), torch.rand(2, 5, 5) > 0.7
    masks[:, range(5), range(5)] = False
    mha = nn.MultiheadAttention(8, 4, batch_first=True)
    with raises(RuntimeError, "The shape of the 3D attn_mask is torch.Size([2, 5, 5]), but should be (8, 5, 5)"):
        mha(x, x, x, attn_mask=masks)
    y = mha(x, x, x, attn_mask=masks.repeat_interleave(4, dim=0))[0]
    for n in range(2):
        torch.testing.assert_close(y[n], mha(x[n], x[n], x[n], attn_mask=masks[n])[0])
    with raises(RuntimeError, "The shape of the 3D attn_mask is torch.Size([1, 5, 5]), but should be (8, 5, 5)"):
        mha(x, x, x, attn_mask=masks[:1])
    y = mha(x, x, x, attn_mask=masks[:1].squeeze(0))[0]
    torch.testing.assert_close(y[1], mha(x[1], x[1], x[1], attn_mask=masks[0])[0])


def test_shapes_of_masks(raises):
    """A (T, T) mask of another size and a transposed padding mask raise."""
    x, mha = torch.randn(2, 5, 8), nn.MultiheadAttention(8, 2, batch_first=True)
    with raises(RuntimeError, "The shape of the 2D attn_mask is torch.Size([4, 4]), but should be (5, 5)"):
        mha(x, x, x, attn_mask=torch.zeros(4, 4).bool())
    with raises(AssertionError, "Expected key_padded_mask.shape[0] to be 2, but got 5"):
        mha(x, x, x, key_padding_mask=torch.zeros(5, 2).bool())


def test_padding_on_the_left():
    """Causal mask, padding on the left: an encoder with batch_first=True gives NaN in eval() under no_grad() or if frozen,
    else not."""
    torch.manual_seed(0)
    model, x = encoder(), torch.randn(2, 5, 8)
    causal = torch.ones(5, 5, dtype=torch.bool).triu(1)
    left = torch.tensor([[True, True, False, False, False], [False] * 5])
    trained = model(x, mask=causal, src_key_padding_mask=left)
    assert not trained.isnan().any()
    model.eval()
    with torch.no_grad():
        y = model(x, mask=causal, src_key_padding_mask=left)
        assert y[0].isnan().all() and not y[1].isnan().any()
        y = model(x, mask=causal, src_key_padding_mask=left.flip(1))
        assert not y.isnan().any()
        layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16).eval()
        y = layer(x.transpose(0, 1), src_mask=causal, src_key_padding_mask=left)
        assert not y.isnan().any()
    assert not model(x, mask=causal, src_key_padding_mask=left).isnan().any()
    assert model.requires_grad_(False)(x, mask=causal, src_key_padding_mask=left)[0].isnan().all()


def test_integer_masks(raises):
    """Integer masks raise; where 1 means that a token takes part, mask == 0 is the mask to pass."""
    torch.manual_seed(0)
    x, attention = torch.randn(2, 5, 8), nn.MultiheadAttention(8, 2, batch_first=True)
    tokens = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])  # 0 is padding
    with raises(AssertionError, "only bool and floating types of key_padding_mask are supported"):
        attention(x, x, x, key_padding_mask=tokens)
    out = attention(x, x, x, key_padding_mask=tokens == 0)[0]
    torch.testing.assert_close(out[1], attention(x[1:], x[1:, :3], x[1:, :3])[0][0])
    causal = torch.ones(5, 5, dtype=torch.long).tril()
    with raises(AssertionError, "only bool and floating types of attn_mask are supported"):
        attention(x, x, x, attn_mask=causal)
    out = attention(x, x, x, attn_mask=causal == 0)[0]
    torch.testing.assert_close(out[:, 0], attention(x[:, :1], x[:, :1], x[:, :1])[0][:, 0])


def test_an_odd_number_of_heads(raises):
    """With an odd number of heads nothing takes the fast path: hidden keys give no NaN, and is_causal=True alone raises."""
    torch.manual_seed(0)
    for heads in 2, 3:
        mha, x = nn.MultiheadAttention(6, heads, batch_first=True).eval(), torch.randn(2, 4, 6)
        with torch.no_grad():
            y = mha(x, x, x, key_padding_mask=torch.ones(2, 4).bool(), need_weights=False)[0]
            assert y.isnan().any() == (heads == 2)
            if heads == 2:
                torch.testing.assert_close(mha(x, x, x, is_causal=True)[0], mha(x, x, x)[0])
            else:
                with raises(RuntimeError, "Need attn_mask if specifying the is_causal hint"):
                    mha(x, x, x, is_causal=True)
