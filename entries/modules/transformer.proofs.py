"""Proofs of transformer."""

import inspect
import warnings

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "nn": nn,
        "E": 16,
        "T": 5,
        "tokens": torch.tensor([[5, 1, 2, 0, 0], [8, 3, 4, 9, 6], [7, 0, 0, 0, 0]]),
        "pad": 0,
        "embed": nn.Embedding(10, 16),
        "position": torch.randn(20, 16),
    }


def test_answer(answer):
    """Initialized again, the six layers have different weights."""
    weights = [layer.linear1.weight for layer in answer.encoder.layers]
    assert len(weights) == 6 and not any(torch.equal(weights[0], w) for w in weights[1:])
    assert all(layer.self_attn.num_heads == 8 for layer in answer.encoder.layers)
    bound = (6 / (16 + 2048)) ** 0.5  # of xavier_uniform_
    assert 0.99 * bound < weights[2].abs().max() <= bound
    names = given()  # the same seed: the same weights and dropout
    layer = nn.TransformerEncoderLayer(16, 8, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 6, enable_nested_tensor=answer.encoder.enable_nested_tensor)
    for p in encoder.parameters():
        if p.dim() > 1:
            nn.init.xavier_uniform_(p)
    tokens, position = names["tokens"], names["position"].unsqueeze(0).expand(3, 20, 16)
    hidden = torch.tensor([[t == 0 for t in row] for row in tokens.tolist()])
    h = encoder(torch.add(names["embed"](tokens), position[:, :5]), src_key_padding_mask=hidden)
    torch.testing.assert_close(answer.h, h)
    assert answer.encoder.enable_nested_tensor is False


def test_default(default):
    """The logits do not depend on padding, and they depend on the order of the tokens."""
    model, row = default.model, torch.tensor([[5, 17, 2]])
    torch.testing.assert_close(model(row), default.logits[:1], rtol=1e-4, atol=1e-5)
    assert (model(row[:, [0, 2, 1]]) - model(row)).abs().max() > 1e-3
    assert [p.shape for p in model.body.parameters()] == 2 * [
        (48, 16), (48,), (16, 16), (16,), (2048, 16), (2048,), (16, 2048), (16,), (16,), (16,), (16,), (16,)
    ]  # fmt: skip
    first, second = (layer.linear1.weight for layer in model.body.layers)
    assert not torch.equal(first, second)
    assert model.body.layers[0].self_attn.num_heads == 4
    assert (model.embed.num_embeddings, model.position.shape) == (100, (50, 16))


def test_seq2seq(seq2seq):
    """nn.Transformer returns the shape of tgt, and with a causal mask later target tokens change nothing before them."""
    model, src, tgt = seq2seq.model, seq2seq.src, seq2seq.tgt
    assert seq2seq.out.shape == tgt.shape == (3, 4, 8)
    later = tgt.clone()
    later[:, 2:] = 0
    a, b = (model(src, t, tgt_mask=seq2seq.causal) for t in (tgt, later))
    torch.testing.assert_close(a[:, :2], b[:, :2])
    assert (a[:, 2:] - b[:, 2:]).abs().max() > 1e-3
    assert (len(model.encoder.layers), len(model.decoder.layers)) == (1, 1)
    assert model.encoder.layers[0].linear1.out_features == 16
    assert model.encoder.layers[0].self_attn.num_heads == 2


def test_attention(attention):
    """scaled_dot_product_attention is softmax(q k^T / sqrt(E)) v."""
    torch.testing.assert_close(attention.out, attention.by_hand)
    for n in range(2):
        for t in range(4):
            scores = [sum(a * b for a, b in zip(attention.q[n, t], key)) / 6**0.5 for key in attention.k[n]]
            weights = torch.stack(scores).softmax(0)
            torch.testing.assert_close(attention.out[n, t], weights @ attention.v[n])


def test_samples_mix_without_batch_first(wrong):
    """Without batch_first, changing one sample of a (N, T, E) batch changes the outputs of the others."""
    assert wrong.moved.tolist() == [True, True, True]
    assert wrong.layer.self_attn.batch_first is False
    assert (wrong.x.shape, wrong.other[0].abs().max()) == ((3, 5, 8), 0)
    assert torch.equal(wrong.x[1:], wrong.other[1:])


def test_right(right):
    """With batch_first=True, a sample does not change the outputs of the others."""
    assert right.moved.tolist() == [True, False, False]
    assert (right.x.shape, right.other[0].abs().max()) == ((3, 5, 8), 0)
    assert torch.equal(right.x[1:], right.other[1:])


def test_rows_of_padding():
    """With enable_nested_tensor=False, a row of padding gives NaN in eval() under no_grad() or with frozen parameters,
    not in training, with gradients, or without the fast path; with nested tensors it gives zeros."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    x, pad = torch.randn(2, 4, 8), torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]]).bool()

    def broken(training, grad):
        with torch.set_grad_enabled(grad):
            return encoder.train(training)(x, src_key_padding_mask=pad).isnan().any(dim=(1, 2)).tolist()

    assert broken(training=False, grad=False) == [False, True]
    for training, grad in ((True, True), (True, False), (False, True)):
        assert broken(training, grad) == [False, False]
    encoder.requires_grad_(False)
    assert broken(training=False, grad=True) == [False, True] and broken(training=True, grad=True) == [False, False]
    x.requires_grad_()  # as behind an embedding that is trained
    assert broken(training=False, grad=True) == [False, False]
    x.requires_grad_(False)
    nested = nn.TransformerEncoder(layer, 2).eval()  # enable_nested_tensor=True, which is the default
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nested tensors are a prototype
        assert (nested(x, src_key_padding_mask=pad)[1] == 0).all()
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        assert broken(training=False, grad=False) == [False, False]
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)


def test_padding_on_the_left():
    """In eval() under no_grad(), padding on the left with a causal mask makes a whole sample NaN; on the right it does not,
    nor in training or without the fast path."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    x, pad = torch.randn(2, 4, 8), torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1]]).bool()
    causal = torch.ones(4, 4, dtype=torch.bool).triu(1)
    with torch.no_grad():
        assert not encoder(x, mask=causal, src_key_padding_mask=pad).isnan().any()
        y = encoder.eval()(x, mask=causal, src_key_padding_mask=pad)
        assert y[0].isnan().all() and not y[1].isnan().any()
        enabled = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            assert not encoder(x, mask=causal, src_key_padding_mask=pad).isnan().any()
        finally:
            torch.backends.mha.set_fastpath_enabled(enabled)


def test_an_odd_number_of_heads_gives_no_nan():
    """With an odd number of heads, a row of padding gives no NaN, because the fast path is not taken."""
    torch.manual_seed(0)
    pad = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]]).bool()
    for heads, broken in ((2, True), (1, False)):
        layer = nn.TransformerEncoderLayer(8, heads, 16, batch_first=True)
        encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
        with torch.no_grad():
            assert encoder(torch.randn(2, 4, 8), src_key_padding_mask=pad).isnan().any() == broken


def test_a_mask_reveals_the_layout(raises):
    """Without batch_first, a padding mask or a causal mask raises for an (N, T, E) batch, if N and T differ."""
    layer, x = nn.TransformerEncoderLayer(8, 2, 16), torch.ones(3, 5, 8)
    assert layer(x).shape == x.shape
    with raises(AssertionError, "Expected key_padded_mask.shape[0] to be 5, but got 3"):
        layer(x, src_key_padding_mask=torch.zeros(3, 5).bool())
    with raises(RuntimeError, "The shape of the 2D attn_mask is torch.Size([5, 5]), but should be (3, 3)."):
        layer(x, src_mask=nn.Transformer.generate_square_subsequent_mask(5))


def test_the_last_norm():
    """nn.Transformer normalizes its outputs without being asked and takes no norm=; nn.TransformerEncoder takes one."""
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    assert isinstance(model.encoder.norm, nn.LayerNorm) and isinstance(model.decoder.norm, nn.LayerNorm)
    assert "norm" not in inspect.signature(nn.Transformer).parameters
    layer = nn.TransformerEncoderLayer(8, 2, 16, norm_first=True, batch_first=True)
    plain = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
    assert plain.norm is None
    encoder = nn.TransformerEncoder(layer, 1, norm=nn.LayerNorm(8), enable_nested_tensor=False)
    x = torch.randn(2, 5, 8)
    assert encoder(x).mean(-1).abs().max() < 1e-5 < plain(x).mean(-1).abs().max()


def test_layers_start_alike():
    """The layers of a new nn.TransformerEncoder are equal; those of an nn.Transformer are not."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 3)
    first, *others = (list(layer.parameters()) for layer in encoder.layers)
    assert all(torch.equal(a, b) and a is not b for other in others for a, b in zip(first, other))
    encoder = nn.Transformer(8, 2, 2, 2, 16, batch_first=True).encoder
    assert not torch.equal(encoder.layers[0].linear1.weight, encoder.layers[1].linear1.weight)


def test_sdpa_ignores_eval():
    """dropout_p of scaled_dot_product_attention acts in eval() as well; the dropout of a layer does not."""

    class Head(nn.Module):
        def forward(self, x):
            return F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)

    torch.manual_seed(0)
    x, head = torch.randn(2, 9, 4), Head().eval()
    assert not torch.allclose(head(x), head(x))
    layer = nn.TransformerEncoderLayer(4, 2, 16, dropout=0.5, batch_first=True)
    assert not torch.allclose(layer(x), layer(x))
    layer.eval()
    assert torch.equal(layer(x), layer(x))


def test_the_encoder_adds_no_positions():
    """Without a mask, permuted tokens give permuted outputs; with a causal mask or with positions they do not."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    x, position, order = torch.randn(2, 5, 8), torch.randn(5, 8), [4, 2, 0, 1, 3]
    causal = nn.Transformer.generate_square_subsequent_mask(5)
    torch.testing.assert_close(encoder(x[:, order]), encoder(x)[:, order])
    assert (encoder(x[:, order], mask=causal) - encoder(x, mask=causal)[:, order]).abs().max() > 0.1
    assert (encoder(x[:, order] + position) - encoder(x + position)[:, order]).abs().max() > 0.1


def test_sizes_by_default():
    """By default nn.Transformer has 6 + 6 layers, d_model 512, 8 heads, dropout 0.1, and the batch second."""
    defaults = {name: p.default for name, p in inspect.signature(nn.Transformer).parameters.items()}
    assert [defaults[n] for n in ("num_encoder_layers", "num_decoder_layers", "d_model", "nhead")] == [6, 6, 512, 8]
    assert (defaults["dropout"], defaults["batch_first"], defaults["norm_first"]) == (0.1, False, False)


def test_norm_first():
    """With norm_first=True, LayerNorm comes before attention and feed-forward, and the output is not normalized."""
    torch.manual_seed(0)
    x = torch.randn(2, 5, 8)
    for norm_first in (True, False):
        layer = nn.TransformerEncoderLayer(8, 2, 16, norm_first=norm_first, batch_first=True).eval()

        def attend(h, layer=layer):
            return layer.self_attn(h, h, h, need_weights=False)[0]

        def feed(h, layer=layer):
            return layer.linear2(layer.linear1(h).relu())

        if norm_first:
            h = x + attend(layer.norm1(x))
            h = h + feed(layer.norm2(h))
        else:
            h = layer.norm1(x + attend(x))
            h = layer.norm2(h + feed(h))
        torch.testing.assert_close(layer(x), h, rtol=1e-4, atol=1e-5)
        assert (layer(x).mean(-1).abs().max() < 1e-5) is not norm_first


def test_the_warning_is_harmless():
    """The warning about enable_nested_tensor names batch_first, norm_first, or odd heads; the results do not change."""
    for options in ({"norm_first": True, "batch_first": True}, {}, {"nhead": 1, "batch_first": True}):
        torch.manual_seed(0)
        layer = nn.TransformerEncoderLayer(8, **{"nhead": 2} | options).eval()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warned = nn.TransformerEncoder(layer, 2)
            silent = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        assert len(caught) == 1 and "use_nested_tensor is False because" in str(caught[0].message)
        x = torch.randn(3, 4, 8)
        assert torch.equal(warned(x), silent(x))


def test_nn_transformer_cannot_turn_it_off():
    """nn.Transformer takes no enable_nested_tensor; with batch_first=True it warns only for norm_first=True."""
    assert "enable_nested_tensor" not in inspect.signature(nn.Transformer).parameters
    for options, count in (({}, 1), ({"batch_first": True}, 0), ({"batch_first": True, "norm_first": True}, 1)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            nn.Transformer(8, 2, 1, 1, 16, **options)
        assert len(caught) == count


def test_batch_first_and_lengths(raises):
    """Without batch_first, nn.Transformer raises if src and tgt differ in length, and is silent if they do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nn.Transformer(8, 2, 1, 1, 16)
    with raises(RuntimeError, "the batch number of src and tgt must be equal"):
        model(torch.ones(3, 5, 8), torch.ones(3, 4, 8))
    assert model(torch.ones(3, 5, 8), torch.ones(3, 5, 8)).shape == (3, 5, 8)


def test_heads_divide_the_width(raises):
    """d_model must be a multiple of nhead, and nn.MultiheadAttention raises the same message."""
    for make in (lambda e: nn.TransformerEncoderLayer(e, 8), lambda e: nn.MultiheadAttention(e, 8)):
        with raises(AssertionError, "embed_dim must be divisible by num_heads"):
            make(100)
        make(96)
