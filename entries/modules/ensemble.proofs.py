"""Proofs of ensemble."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    models = [nn.Sequential(nn.Dropout(), nn.Linear(4, 3)) for _ in range(2)]
    return {"torch": torch, "models": models, "x": torch.randn(5, 4), "device": "cpu"}


def test_answer(answer):
    """The ensemble predicts the class with the largest mean probability, in eval mode."""
    a, b = (F.linear(answer.x, m[1].weight, m[1].bias).exp() for m in answer.models)
    mean = (a / a.sum(dim=1, keepdim=True) + b / b.sum(dim=1, keepdim=True)) / 2
    torch.testing.assert_close(answer.mean, mean)
    assert answer.pred.tolist() == mean.argmax(dim=1).tolist()
    assert not answer.mean.requires_grad and not any(m.training for m in answer.models)


def test_default(default):
    """The mean of probabilities is again a distribution."""
    assert default.probs.shape == (3, 2, 3)
    torch.testing.assert_close(default.mean.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(default.mean, sum(m(default.x).softmax(dim=1) for m in default.models).detach() / 3)
    assert not default.probs.requires_grad and not any(m.training for m in default.models)


def test_features(features):
    """A head on the concatenated features is the only part that trains."""
    model, x = features.model, torch.ones(4, 7)
    torch.testing.assert_close(model(x), model.head(torch.cat([model.a(x), model.b(x)], dim=1)))
    model(x).sum().backward()
    assert [p.grad is not None for p in model.parameters()] == [False] * 4 + [True] * 2
    assert [p is q for p, q in zip(features.optimizer.param_groups[0]["params"], model.head.parameters())] == [True] * 2
    assert model(x).shape == (4, 3)


def test_train_reaches_frozen_backbones(features):
    """train() moves the BatchNorm statistics of frozen backbones; eval() on the backbone keeps them."""
    backbone = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout())
    model, x = features.Both(backbone.eval(), nn.Linear(3, 4), features=6, classes=2), torch.randn(8, 3)
    model.train()
    backbone.eval()
    model(x)
    assert backbone[1].num_batches_tracked == 0 and model.head.training
    model.train()
    model(x)
    assert backbone[1].num_batches_tracked == 1 and backbone[2].training


def test_weights(weights):
    """The mean of floating-point tensors and a copy of the integers load into the model."""
    expected = sum(m[0].weight.detach() for m in weights.models) / 3
    torch.testing.assert_close(weights.base[0].weight.detach(), expected)
    assert weights.base[1].num_batches_tracked.dtype == torch.int64
    assert weights.base[0].weight.shape == (2, 2) and len(weights.models) == 3


def test_wrong(wrong):
    """A plain list registers none of its models."""
    assert len(wrong.model.models) == 2 and [m.weight.shape for m in wrong.model.models] == [(3, 2), (3, 2)]
    assert not list(wrong.model.children())


def test_right(right):
    """ModuleList registers all of its models."""
    assert [p.shape for p in right.model.parameters()] == [(3, 2), (3,), (3, 2), (3,)]


def test_a_plain_list_hides_the_models():
    """parameters(), to(), and eval() do not reach models in a plain list."""
    outer = nn.Module()
    outer.models = [nn.Linear(2, 3)]
    outer.to(torch.float64).eval()
    assert not list(outer.parameters()) and outer.models[0].training
    assert outer.models[0].weight.dtype == torch.float32


def test_mean_probability_has_the_smaller_loss():
    """The cross-entropy of the mean probabilities is at most the mean of the models' cross-entropies."""
    torch.manual_seed(0)
    for _ in range(50):
        logits, y = 3 * torch.randn(4, 6, 5), torch.randint(5, (6,))
        each = torch.stack([F.cross_entropy(row, y) for row in logits])
        together = F.nll_loss(logits.softmax(dim=2).mean(dim=0).log(), y)
        assert together <= each.mean() + 1e-6


def test_permuted_units():
    """Two models with permuted hidden units compute the same, and the average of their weights does not."""
    torch.manual_seed(0)
    a, b, c = (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)) for _ in range(3))
    order = torch.tensor([2, 0, 3, 1])
    state = a.state_dict()
    permuted = {"0.weight": state["0.weight"][order], "0.bias": state["0.bias"][order]}
    permuted |= {"2.weight": state["2.weight"][:, order], "2.bias": state["2.bias"]}
    b.load_state_dict(permuted)
    c.load_state_dict({name: (state[name] + permuted[name]) / 2 for name in state})
    x = torch.randn(6, 3)
    torch.testing.assert_close(a(x), b(x))
    assert (a(x) - c(x)).abs().max() > 0.1


def test_integers_have_no_mean(raises):
    """num_batches_tracked of BatchNorm is int64, and mean() of integers raises."""
    count = nn.BatchNorm1d(2).num_batches_tracked
    assert count.dtype == torch.int64
    with raises(RuntimeError, "could not infer output dtype"):
        torch.stack([count, count]).mean(dim=0)


def test_larger_logits_count_more():
    """Averaged logits follow the model with the larger logits, where averaged probabilities follow two others."""
    logits = torch.tensor([[0.0, 2.0], [0.0, 2.0], [20.0, 0.0]])  # of three models
    assert logits.mean(dim=0).argmax() == 0
    assert logits.softmax(dim=1).mean(dim=0).argmax() == 1
