"""Proofs of vit-patches."""

import torch
import torch.nn.functional as F
from torch import nn


def cut(x, p, step=None):
    """Patches (N, L, C, P, P) by slicing, row by row."""
    step = step or p
    rows, columns = range(0, x.shape[2] - p + 1, step), range(0, x.shape[3] - p + 1, step)
    return torch.stack([x[:, :, i : i + p, j : j + p] for i in rows for j in columns], dim=1)


def given():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, 12)
    return {"torch": torch, "nn": nn, "F": F, "x": x, "C": 3, "E": 5, "P": 4, "H": 8, "W": 12}


def test_answer(answer):
    """The convolution with stride P is a linear layer on each patch; unfold gives the patches, and fold restores them."""
    patches = cut(answer.x, 4).flatten(2)  # (N, L, C*P*P)
    weight = answer.embed.weight.reshape(5, -1)
    torch.testing.assert_close(answer.tokens, patches @ weight.T + answer.embed.bias)
    assert torch.equal(answer.patches.transpose(1, 2), patches)
    assert torch.equal(answer.image, answer.x)


def test_default(default):
    """The class token after the encoder goes to the classifier; positions are added to all tokens."""
    torch.manual_seed(0)
    model, x = default.model.eval(), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        model.cls.normal_()
        weight = model.embed.weight.reshape(48, -1)
        tokens = cut(x, 8).flatten(2) @ weight.T + model.embed.bias
        tokens = torch.cat([model.cls.repeat(2, 1, 1), tokens], dim=1) + model.pos
        expected = model.head(model.encoder(tokens)[:, 0])
        torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-4)
    assert expected.shape == (2, 10) and model.pos.shape == (1, 17, 48)
    assert len(model.encoder.layers) == 2 and model.encoder.layers[0].self_attn.num_heads == 4
    assert model.encoder.layers[0].linear1.out_features == 4 * 48 and model.pos.std() < 0.03
    assert (224 // 16) ** 2 == 196


def test_reshape(reshape):
    """Splitting H and W, and permuting, gives the same patches as slicing, and the way back restores the image."""
    assert torch.equal(reshape.patches, cut(reshape.x, 2))
    assert torch.equal(reshape.image, reshape.x)
    unfolded = F.unfold(reshape.x.float(), kernel_size=2, stride=2).transpose(1, 2)
    assert torch.equal(reshape.patches.flatten(2).float(), unfolded)


def test_overlap(overlap):
    """Dividing the fold of overlapping patches by the fold of ones averages them."""
    assert torch.equal(overlap.patches.transpose(1, 2), cut(overlap.x, 5, 3).flatten(2))
    assert overlap.patches.shape == (1, 75, 2 * 3)
    torch.testing.assert_close(overlap.image, 2 * overlap.x)


def test_positions(positions):
    """Position embeddings are resized like an image; the class token stays."""
    grid = positions.pos[0, 1:].reshape(4, 4, 6).permute(2, 0, 1)[None]
    wanted = F.interpolate(grid, size=(7, 5), mode="bicubic")[0].permute(1, 2, 0).reshape(35, 6)
    torch.testing.assert_close(positions.grid[0], wanted)
    assert torch.equal(positions.cls[0, 0], positions.pos[0, 0])


def test_reshape_alone_gives_strips():
    """reshape without permute returns strips of one row where a patch should have several rows."""
    x = torch.arange(24.0).reshape(1, 1, 4, 6)
    assert x.reshape(1, 6, 4)[0, 0].tolist() == [0, 1, 2, 3]
    assert cut(x, 2)[0, 0].flatten().tolist() == [0, 1, 6, 7]


def test_the_rest_is_dropped():
    """With 11 columns and P = 4 the last 3 columns do not change the result of the convolution or of unfold."""
    torch.manual_seed(0)
    x, embed = torch.randn(1, 3, 9, 11), nn.Conv2d(3, 5, kernel_size=4, stride=4)
    assert embed(x).shape == (1, 5, 2, 2)
    torch.testing.assert_close(embed(x), embed(x[:, :, :8, :8]))
    whole, part = (F.unfold(v, kernel_size=4, stride=4) for v in (x, x[:, :, :8, :8]))
    assert torch.equal(whole, part)


def test_fold_sums():
    """fold adds up the values of overlapping patches: the middle of three columns counts twice."""
    patches = F.unfold(torch.ones(1, 1, 2, 3), kernel_size=2, stride=1)
    assert F.fold(patches, (2, 3), kernel_size=2, stride=1)[0, 0, 0].tolist() == [1, 2, 1]


def test_pixels_without_a_patch():
    """Where no patch reaches, the fold divided by the fold of ones is NaN; with clamp(min=1) it is 0."""
    x = torch.ones(1, 1, 4, 6)
    patches = F.unfold(x, kernel_size=3, stride=2)  # columns 0 to 4, rows 0 to 2
    total, count = F.fold(patches, (4, 6), 3, stride=2), F.fold(torch.ones_like(patches), (4, 6), 3, stride=2)
    assert (total / count).isnan().sum() == 6 + 3
    image = total / count.clamp(min=1)
    assert image[0, 0, :3, :5].min() == 1 and image[0, 0, 3].max() == 0


def test_without_positions_order_is_lost():
    """Without positions, the class token is the same for shuffled patches; with positions it is not."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    encoder = nn.TransformerEncoder(layer, num_layers=1).eval()
    tokens, pos = torch.randn(1, 5, 8), torch.randn(1, 5, 8)
    shuffled = tokens[:, [0, 3, 1, 4, 2]]
    torch.testing.assert_close(encoder(tokens)[:, 0], encoder(shuffled)[:, 0], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(encoder(tokens + pos)[:, 0], encoder(shuffled + pos)[:, 0], atol=1e-2)


def test_tensor_unfold():
    """Tensor.unfold(dim, size, step) returns windows along one dimension, as a view."""
    x = torch.arange(6)
    windows = x.unfold(0, 3, 2)
    assert windows.tolist() == [[0, 1, 2], [2, 3, 4]]
    assert windows.data_ptr() == x.data_ptr()
