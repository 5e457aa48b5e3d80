"""Proofs of dropout."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "in_features": 7, "num_classes": 3}


def test_answer(answer):
    """A Dropout layer between two linear layers acts in train() and is skipped in eval()."""
    model, x = answer.model, torch.arange(14.0).view(2, 7)
    assert [tuple(p.shape) for p in model.parameters()] == [(256, 7), (256,), (3, 256), (3,)]
    assert model[2].p == 0.5
    assert not torch.equal(model(x), model(x))
    model.eval()
    by_hand = (x @ model[0].weight.T + model[0].bias).clamp(min=0) @ model[3].weight.T + model[3].bias
    torch.testing.assert_close(model(x), by_hand)


def test_default(default):
    """Each element is zeroed with probability p or multiplied by 1 / (1 - p), which keeps the mean."""
    assert set(default.y.tolist()) == {0.0, 4 / (1 - 0.2)}
    assert abs((default.y == 0).float().mean() - 0.2) < 0.01
    assert abs(default.y.mean() - 4) < 0.05
    assert nn.Dropout().p == 0.5


def test_drawn_anew():
    """Each forward pass draws again which elements are zeroed."""
    torch.manual_seed(0)
    dropout, x = nn.Dropout(0.5), torch.ones(200)
    assert not torch.equal(dropout(x), dropout(x))


def test_channels(channels):
    """Dropout2d zeroes whole channels and multiplies the others by 1 / (1 - p)."""
    assert channels.y.shape == (2, 64, 3, 5) and channels.means.shape == (2, 64)
    for channel in channels.y.flatten(0, 1):
        assert len(channel.unique()) == 1 and channel[0, 0].item() in (0.0, 1 / (1 - 0.5))
    torch.manual_seed(1)
    y = nn.Dropout2d(p=0.2)(torch.ones(100, 100, 1, 2))
    assert abs((y[:, :, 0, 0] == 0).float().mean() - 0.2) < 0.02


def test_functional(functional):
    """F.dropout with training=self.training acts in train() and does nothing in eval()."""
    model, x = functional.model, torch.ones(50, 3)
    torch.testing.assert_close(model(x), model.fc(x))
    model.train()
    torch.manual_seed(0)
    y = model(x)
    torch.manual_seed(0)
    torch.testing.assert_close(y, model.fc(nn.Dropout(0.4)(x)))
    assert not torch.allclose(y, model.fc(x))


def test_keep_on(keep_on):
    """Calling train() on the Dropout modules alone makes predictions vary while the model stays in eval mode."""
    assert [m.training for m in keep_on.model] == [False, True, False]
    assert not keep_on.model.training
    assert keep_on.samples.shape == (30, 1, 2) and keep_on.samples.std(dim=0).min() > 0.01
    assert keep_on.model[1].p == 0.5
    torch.testing.assert_close(keep_on.mean, sum(keep_on.samples) / 30)


def test_wrong(wrong):
    """In training mode, the same input gives two different predictions."""
    assert wrong.model(wrong.x).shape == (2, 3) and wrong.model[1].p == 0.5
    assert not torch.equal(wrong.model(wrong.x), wrong.model(wrong.x))


def test_right(right):
    """In eval mode, a model with dropout is the model without it."""
    assert right.model(right.x).shape == (2, 3)
    torch.testing.assert_close(right.model(right.x), right.model[2](right.model[0](right.x)))


def test_no_grad_leaves_dropout_on():
    """torch.no_grad() does not switch dropout off."""
    torch.manual_seed(0)
    with torch.no_grad():
        assert (nn.Dropout(0.5)(torch.ones(100)) == 0).any()


def test_functional_default():
    """F.dropout zeroes elements unless training=False is passed, in a model in eval mode too."""

    class Model(nn.Module):
        def forward(self, x):
            return F.dropout(x)

    torch.manual_seed(0)
    x = torch.ones(100)
    assert (Model().eval()(x) == 0).any()
    assert torch.equal(F.dropout(x, training=False), x)


def test_before_batchnorm():
    """BatchNorm after Dropout(0.5) gives a standard deviation of 1 in training and 0.71 in eval."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(100, momentum=1.0))
    x = torch.randn(2000, 100)
    assert abs(model(x).std() - 1) < 0.01
    model.eval()
    assert abs(model(x).std() - 0.5**0.5) < 0.01  # the variance that BatchNorm saw was 1 / (1 - p) = 2


def test_integers(raises):
    """Dropout on integers raises in training and returns them in eval."""
    for dtype in (torch.int64, torch.int32, torch.bool):
        ids = torch.ones(5, dtype=dtype)
        with raises(RuntimeError, "result type Float can't be cast"):
            nn.Dropout(0.5)(ids)
        assert torch.equal(nn.Dropout(0.5).eval()(ids), ids)


def test_probability(raises):
    """p outside 0 to 1 raises, in the module and in the function, whose second argument is p."""
    for call in (lambda: nn.Dropout(20), lambda: nn.Dropout(-0.1), lambda: F.dropout(torch.ones(2), 20)):
        with raises(ValueError, "dropout probability has to be between 0 and 1"):
            call()
    assert nn.Dropout(1.0)(torch.ones(9)).sum() == 0
    assert torch.equal(nn.Dropout(0.0)(torch.ones(9)), torch.ones(9))


def test_transformer_default():
    """The Transformer layers of PyTorch use dropout with p = 0.1 by default."""
    for cls in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer):
        assert {m.p for m in cls(8, 2).modules() if isinstance(m, nn.Dropout)} == {0.1}


def test_alpha_dropout():
    """AlphaDropout keeps mean 0 and standard deviation 1, but not 5 and 2; Dropout makes the standard deviation larger."""
    torch.manual_seed(0)
    x = torch.randn(1_000_000)
    y = nn.AlphaDropout(0.3)(x)
    assert abs(y.mean()) < 0.01 and abs(y.std() - 1) < 0.01
    assert abs(nn.Dropout(0.3)(x).std() - (1 / 0.7) ** 0.5) < 0.01
    shifted = nn.AlphaDropout(0.3)(5 + 2 * x)
    assert abs(shifted.mean() - 5) > 1 and abs(shifted.std() - 2) > 0.5


def test_dropout2d_is_another_class():
    """Dropout2d and AlphaDropout are not subclasses of Dropout, so a search for nn.Dropout does not find them."""
    for cls in (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout):
        assert not issubclass(cls, nn.Dropout)


def test_dropout_that_keep_on_misses():
    """dropout= of an LSTM and of MultiheadAttention has no module; an encoder layer with batch_first=True in eval() skips
    its own under no_grad() and when it is frozen."""
    torch.manual_seed(0)
    for layer in nn.LSTM(3, 4, 2, dropout=0.9), nn.MultiheadAttention(4, 2, dropout=0.9):
        assert not any(isinstance(m, nn.Dropout) for m in layer.modules())
    x = torch.randn(2, 5, 8)
    for batch_first in True, False:
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=batch_first).eval()
        for module in layer.modules():
            if isinstance(module, nn.Dropout):
                module.train()
        assert not torch.equal(layer(x), layer(x))
        with torch.no_grad():
            assert torch.equal(layer(x), layer(x)) == batch_first
        layer.requires_grad_(False)
        assert torch.equal(layer(x), layer(x)) == batch_first
