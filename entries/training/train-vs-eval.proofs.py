"""Proofs of train-vs-eval."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5))
    return {"torch": torch, "model": model, "x": torch.arange(12.0).view(4, 3)}


def test_answer(answer):
    """eval() uses running statistics and no Dropout, no_grad() records no graph, and train() switches back."""
    torch.testing.assert_close(answer.logits, answer.x / (1 + 1e-5) ** 0.5)
    assert not answer.logits.requires_grad
    assert all(module.training for module in answer.model.modules())


def test_default(default):
    """In train mode BatchNorm uses the batch and Dropout zeroes values; in eval mode a sample alone gets the same result."""
    model, x = default.model, default.x
    mean, var = x.mean(dim=0), x.var(dim=0)
    left = 0.9**2  # after two forward passes in train mode
    torch.testing.assert_close(model[0].running_mean, (1 - left) * mean)
    torch.testing.assert_close(model[0].running_var, left + (1 - left) * var)
    by_hand = (x - model[0].running_mean) / (model[0].running_var + 1e-5).sqrt()
    torch.testing.assert_close(model(x), by_hand)
    torch.testing.assert_close(model(x[:1]), by_hand[:1])
    model.train()
    normal = (x - mean) / (x.var(dim=0, correction=0) + 1e-5).sqrt()
    out = model(x)
    torch.testing.assert_close(out, torch.where(out == 0, 0.0, 2 * normal))


def test_validate(validate):
    """A validation in eval mode changes neither parameters nor buffers and gives the same result twice."""
    model, x, y = validate.model, validate.x, validate.y
    before = {name: t.clone() for name, t in model.state_dict().items()}
    first = validate.validate(model, x, y)
    hits = [model.eval()(row[None]).argmax().item() == int(label) for row, label in zip(x, y, strict=True)]
    assert abs(first - sum(hits) / 50) < 1e-6
    assert validate.validate(model, x, y) == first and not model.training
    model.train()
    assert validate.validate(model, x, y) == first and model.training
    assert all(torch.equal(before[name], t) for name, t in model.state_dict().items())


def test_train_switches_every_layer(validate):
    """model.train() also switches layers that were to stay in eval mode; restoring each layer's mode does not."""
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    model[1].eval()
    validate.validate(model, validate.x, validate.y)
    assert [layer.training for layer in model] == [True, False, True] and model.training
    assert model.train()[1].training


def test_eval_learns(eval_learns):
    """In eval mode gradients are recorded, and step() changes the weights."""
    assert abs(eval_learns.model.bias.item() - eval_learns.before + 0.5 * 4) < 1e-6
    assert eval_learns.model.weight.shape == (1, 2)


def test_functional_dropout_ignores_eval(wrong):
    """F.dropout has training=True by default, so it zeroes values in eval mode as well."""
    torch.manual_seed(0)
    out = wrong.Net().eval()(torch.ones(1000))
    assert set(out.tolist()) == {0.0, 2.0}


def test_right(right):
    """With training=self.training, F.dropout follows train() and eval()."""
    net = right.Net()
    assert net.eval()(torch.ones(1000)).tolist() == [1.0] * 1000
    assert set(net.train()(torch.ones(1000)).tolist()) == {0.0, 2.0}


def test_eval_mode_stays():
    """A new module is in training mode; eval() puts all its children in eval mode until train() is called."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4), nn.Dropout()))
    assert all(m.training for m in model.modules())
    model.eval()
    for _ in range(2):
        model(torch.randn(5, 3))
        assert not any(m.training for m in model.modules())
    assert torch.equal(model[1][0].running_mean, torch.zeros(4))
    assert torch.equal(model[1][1](torch.ones(9)), torch.ones(9))


def test_no_grad_does_not_stop_batchnorm():
    """A forward pass in train mode updates BatchNorm's running statistics under no_grad() and inference_mode() too."""
    for context in torch.no_grad, torch.inference_mode:
        norm = nn.BatchNorm1d(2)
        with context():
            norm(torch.tensor([[2.0, 4.0], [6.0, 8.0]]))
        torch.testing.assert_close(norm.running_mean, torch.tensor([0.4, 0.6]))


def test_no_grad_leaves_layers_alone():
    """no_grad() and inference_mode() leave Dropout and BatchNorm in training mode."""
    x = torch.tensor([[1.0], [2.0], [9.0]])
    for context in torch.no_grad, torch.inference_mode:
        with context():
            assert set(nn.Dropout()(torch.ones(1000)).tolist()) == {0.0, 2.0}
            assert abs(nn.BatchNorm1d(1)(x).mean().item()) < 1e-6  # normalized with the batch


def test_running_statistics_need_batches():
    """With the default momentum, 35 % of the initial running mean is left after 10 batches and 0.5 % after 50."""
    for batches, left in (10, 0.35), (50, 0.005):
        norm = nn.BatchNorm1d(1)
        norm.running_mean.fill_(1.0)
        for _ in range(batches):
            norm(torch.tensor([[-1.0], [1.0]]))  # mean 0
        assert abs(norm.running_mean.item() - left) < 0.002


def test_batchnorm_sees_the_other_samples():
    """In train mode, a sample's BatchNorm output depends on the other samples of the batch; in eval mode it does not."""
    x = torch.tensor([[1.0], [2.0], [9.0]])
    norm = nn.BatchNorm1d(1)
    assert not torch.allclose(norm(x)[0], norm(x[:2])[0])
    norm.eval()
    torch.testing.assert_close(norm(x)[0], norm(x[:2])[0])


def test_layer_norm_has_one_mode():
    """LayerNorm and GroupNorm compute the same in both modes."""
    torch.manual_seed(0)
    x = torch.randn(5, 6)
    for norm in nn.LayerNorm(6), nn.GroupNorm(2, 6):
        assert torch.equal(norm.train()(x), norm.eval()(x))
