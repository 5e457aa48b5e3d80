"""Proofs of training-speed."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    return {
        "torch": torch, "model": model, "device": "cpu", "criterion": nn.CrossEntropyLoss(),
        "loader": [(torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))], "before": model.weight.detach().clone(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
    }  # fmt: skip


def test_answer(answer):
    """Under autocast the weights and their gradients stay float32, and the step follows the gradient."""
    weight = answer.model.weight
    assert torch.get_float32_matmul_precision() == "high"
    assert weight.dtype == weight.grad.dtype == torch.float32
    torch.testing.assert_close(weight.detach(), answer.before - 0.1 * weight.grad)
    x, y = given()["loader"][0]
    exact = answer.before.clone().requires_grad_()
    logits = x @ exact.T + given()["model"].bias.detach()
    nn.functional.cross_entropy(logits, y).backward()
    assert not torch.equal(weight.grad, exact.grad)  # rounded to bfloat16 on the way
    torch.testing.assert_close(weight.grad, exact.grad, rtol=0.05, atol=0.02)


def test_default(default):
    """24 samples that take 10 ms each take at least 240 ms, which is more than training on them takes."""
    assert default.data >= 24 * 0.01 > 0 and default.data > default.compute
    assert len(default.loader) == 3 and default.batch[1].tolist() == [i % 3 for i in range(8)]


def test_levers(levers):
    """With channels_last the channels are innermost in inputs, weights, and results."""
    assert levers.features.stride() == (8 * 3 * 3, 1, 8 * 3, 8)
    assert levers.x.stride() == (3 * 5 * 5, 1, 3 * 5, 3)
    assert levers.model[0].weight.stride() == (3 * 3 * 3, 1, 3 * 3, 3)
    assert levers.model[0].weight.grad.dtype == levers.loss.dtype == torch.float32


def test_lstm_at_once():
    """nn.LSTM on a whole sequence computes what the cell computes step by step."""
    torch.manual_seed(0)
    lstm, cell, x = nn.LSTM(3, 4), nn.LSTMCell(3, 4), torch.randn(7, 2, 3)  # (L, N, D)
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in lstm.state_dict().items()})
    state = torch.zeros(2, 4), torch.zeros(2, 4)
    for step in x:
        state = cell(step, state)
    torch.testing.assert_close(lstm(x)[0][-1], state[0])
