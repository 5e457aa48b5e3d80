"""Proofs of data-parallel."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return {
        "torch": torch,
        "nn": nn,
        "model": nn.Linear(3, 2),
        "device": device,
        "criterion": nn.MSELoss(),
        "loader": [(torch.full((4, 3), float(i)), torch.ones(4, 2)) for i in range(3)],
    }


def test_answer(answer):
    """Training a DataParallel model moves the wrapped model, whose state_dict has keys without module."""
    net = given()["model"]
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for x, y in answer.loader:  # the same without the wrapper
        optimizer.zero_grad()
        ((net(x) - y) ** 2).mean().backward()
        optimizer.step()
    saved = torch.load("model.pt", map_location="cpu")
    assert list(saved) == ["weight", "bias"] and answer.loss.ndim == 0
    torch.testing.assert_close(saved["weight"], net.weight.detach())
    torch.testing.assert_close(saved["bias"], net.bias.detach())


def test_default(default):
    """The keys of the wrapper begin with module., and the saved inner model loads into a plain one."""
    assert list(default.model.state_dict()) == ["module.weight", "module.bias"]
    torch.testing.assert_close(default.plain.weight, default.model.module.weight.cpu())
    loss = ((default.x @ default.plain.weight.T + default.plain.bias - default.y) ** 2).sum() / 24
    assert loss < 0.5 * ((default.y**2).sum() / 24)
    assert torch.equal(default.y, default.x[:, :2] - 1)


def test_right(right):
    """module is the model that was wrapped, and its state_dict has no prefix."""
    torch.testing.assert_close(right.plain.weight, right.model.module.weight.cpu())


def test_old_checkpoint(old_checkpoint):
    """consume_prefix_in_state_dict_if_present removes the prefix in place."""
    torch.testing.assert_close(old_checkpoint.plain.weight, old_checkpoint.source.module.weight.cpu())
    assert list(old_checkpoint.saved) == ["weight", "bias"]


def test_without_a_gpu():
    """Without a GPU, the wrapper has no device ids and calls the wrapped model."""
    calls = []

    class Net(nn.Linear):
        def forward(self, x):
            calls.append(len(x))
            return super().forward(x)

    model = nn.DataParallel(Net(3, 2))
    model(torch.ones(5, 3).to(next(model.parameters()).device))
    assert sum(calls) == 5
    if not torch.accelerator.is_available():
        assert model.device_ids == [] and calls == [5]


def test_chunks_of_the_batch():
    """A batch of 128 split over 4 GPUs leaves 32 samples to each."""
    assert [len(chunk) for chunk in torch.ones(128, 3).chunk(4, dim=0)] == [32] * 4


def test_attributes_are_in_module(raises):
    """The wrapper lacks the attributes of the wrapped model; module has them."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)

    net = Net()
    model = nn.DataParallel(net)
    with raises(AttributeError, "'DataParallel' object has no attribute 'fc'"):
        model.fc
    assert model.module is net and model.module.fc is net.fc


def test_the_optimizer_takes_the_same_parameters():
    """model.parameters() of the wrapper are the parameters of the wrapped model."""
    net = nn.Linear(3, 2)
    wrapped = list(nn.DataParallel(net).parameters())
    assert [p is q for p, q in zip(wrapped, net.parameters(), strict=True)] == [True, True]
