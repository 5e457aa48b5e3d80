"""Proofs of lightning."""

import pickle
from pathlib import Path

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 1)
        self.modes = []

    def training_step(self, batch, i):
        self.modes.append((self.training, torch.is_grad_enabled()))
        return (self.net(batch[0]) - batch[1]).square().mean()

    validation_step = training_step

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def batches():
    torch.manual_seed(0)
    return [(torch.randn(n, 3), torch.randn(n, 1)) for n in (4, 5, 2)]


def given():
    torch.manual_seed(1)
    model = Net()
    start = [p.detach().clone() for p in model.parameters()]
    return {"model": model, "loader": batches(), "max_epochs": 2, "start": start}


def descend(weight, bias, loader, epochs):
    """Gradient descent on the mean squared error, by the formula."""
    for _ in range(epochs):
        for x, y in loader:
            error = x @ weight.T + bias - y
            weight = weight - 0.1 * 2 * (error * x).mean(dim=0, keepdim=True)
            bias = bias - 0.1 * 2 * error.mean(dim=0)
    return weight, bias


def test_answer(answer):
    """The loop is gradient descent on each batch in turn, in train mode."""
    weight, bias = descend(*answer.start, answer.loader, 2)
    torch.testing.assert_close(answer.model.net.weight.detach(), weight)
    torch.testing.assert_close(answer.model.net.bias.detach(), bias)
    assert answer.model.modes == [(True, True)] * 6


def test_default(default):
    """Three epochs of the loop are nine steps of gradient descent on the batches in turn."""
    torch.manual_seed(0)
    layer, x = nn.Linear(3, 1), torch.randn(11, 3)
    data = [(part, part.sum(dim=1, keepdim=True)) for part in (x[:4], x[4:8], x[8:])]
    weight, bias = descend(layer.weight.detach(), layer.bias.detach(), data, 3)
    torch.testing.assert_close(default.model.net.weight.detach(), weight)
    torch.testing.assert_close(default.model.net.bias.detach(), bias)


def test_validate(validate):
    """In eval mode, the losses of the batches weighted by their sizes are the loss over all samples."""
    linear, x = validate.model[0], validate.x
    expected = (x @ linear.weight.T + linear.bias - x.sum(dim=1, keepdim=True)).square().mean().item()
    torch.testing.assert_close(validate.total / validate.count, expected, rtol=1e-5, atol=1e-6)
    assert validate.model.training and not validate.loss.requires_grad
    assert [len(y) for _, y in validate.loader] == [4, 4, 3]


def test_checkpoint(checkpoint):
    """Without the name of the attribute, the weights of the checkpoint fit a plain layer."""
    assert checkpoint.model(torch.tensor([[1.0, 2.0, 4.0]])).item() == 7
    assert set(checkpoint.state) == {"weight", "bias"}


def test_the_prefix_does_not_fit(checkpoint, raises):
    """With the name of the attribute in front, load_state_dict raises."""
    with raises(RuntimeError, "Unexpected key(s) in state_dict: \"net.weight\", \"net.bias\""):
        nn.Linear(3, 1).load_state_dict(checkpoint.ckpt["state_dict"])


def test_hyperparameters(checkpoint, raises):
    """torch.load raises for hyperparameters of other classes such as Path, and takes plain ones."""
    state = checkpoint.ckpt["state_dict"]
    torch.save({"state_dict": state, "hyper_parameters": {"root": Path("data")}}, "hyper.ckpt")
    with raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("hyper.ckpt")
    assert torch.load("hyper.ckpt", weights_only=False)["hyper_parameters"] == {"root": Path("data")}
    torch.save({"state_dict": state, "hyper_parameters": {"lr": 0.1, "name": "a"}}, "plain.ckpt")
    assert torch.load("plain.ckpt")["hyper_parameters"] == {"lr": 0.1, "name": "a"}


def test_accumulate(accumulate):
    """Each pair of batches is one clipped step on the mean of both losses, and the rest is a step too."""
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    weight, bias = model.weight.detach(), model.bias.detach()
    for pair in accumulate.batches.split(2):
        out = pair @ weight.T + bias
        n = 2 * pair.shape[1]  # also for the last, which is alone
        grads = [(2 * out * pair).sum(dim=(0, 1))[None] / n, (2 * out).sum(dim=(0, 1)) / n]
        norm = sum(g.square().sum() for g in grads).sqrt()
        scale = min(1.0, 0.5 / (norm.item() + 1e-6))
        weight, bias = weight - 0.1 * scale * grads[0], bias - 0.1 * scale * grads[1]
    torch.testing.assert_close(accumulate.model.weight.detach(), weight)
    torch.testing.assert_close(accumulate.model.bias.detach(), bias)


def test_the_mean_is_weighted():
    """The mean over all samples is the mean over the batches weighted by size, not their plain mean."""
    torch.manual_seed(0)
    losses = torch.rand(10)
    parts = losses.split(4)
    means, sizes = [p.mean().item() for p in parts], [len(p) for p in parts]
    weighted = sum(m * n for m, n in zip(means, sizes, strict=True)) / sum(sizes)
    torch.testing.assert_close(weighted, losses.mean().item())
    assert abs(sum(means) / 3 - losses.mean().item()) > 0.005
