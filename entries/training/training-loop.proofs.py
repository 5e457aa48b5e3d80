"""Proofs of training-loop."""

import gc
import io
import weakref

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def given():
    torch.manual_seed(1)
    model = nn.Linear(3, 1)
    model.eval()  # as a validation pass leaves it
    model(torch.ones(2, 3)).sum().backward()  # an old gradient
    data = TensorDataset(torch.randn(7, 3), torch.randn(7, 1))
    return {
        "model": model,
        "loader": DataLoader(data, batch_size=4),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "criterion": nn.MSELoss(),
        "device": "cpu",
        "num_epochs": 3,
    }


def test_answer(answer):
    """Each batch of each epoch makes one step against the gradient of its own loss."""
    before = given()
    weight, bias = (p.detach().clone() for p in before["model"].parameters())
    for _ in range(3):
        for x, y in before["loader"]:
            error = x @ weight.T + bias - y  # (B, 1)
            weight = weight - 0.1 * 2 * (error.T @ x) / len(x)
            bias = bias - 0.1 * 2 * error.mean(dim=0)
    torch.testing.assert_close(answer.model.weight.detach(), weight)
    torch.testing.assert_close(answer.model.bias.detach(), bias)
    assert answer.model.training
    assert (len(answer.loader), len(answer.x)) == (2, 3)


def test_default(default):
    """An epoch visits every sample once, and training lowers the loss."""
    assert sum(len(x) for x, _ in default.loader) == 100
    assert len(default.loader) == 7  # six batches of 16 and one of 4
    points, labels = default.points, default.labels
    assert labels.tolist() == [int(a > 2 * b) for a, b in points.tolist()]
    guess = default.model.cpu()(points).argmax(dim=1)
    assert (guess == labels).float().mean() > 0.9


def test_five_steps(five_steps):
    """Gradient descent on all the data finds the line that made the data."""
    torch.testing.assert_close(five_steps.model.weight.detach(), torch.tensor([[2.0, -3.0]]))
    torch.testing.assert_close(five_steps.model.bias.detach(), torch.tensor([0.5]))
    torch.testing.assert_close(five_steps.y[:, 0], 2 * five_steps.x[:, 0] - 3 * five_steps.x[:, 1] + 0.5)


def test_without_zero_grad(wrong):
    """Without zero_grad, each step uses the sum of all gradients so far."""
    w, gradients, path = 4.0, [], []
    for _ in range(4):
        gradients.append(w)  # of w * w / 2
        w -= 0.5 * sum(gradients)
        path.append(w)
    assert wrong.path == path


def test_right(right):
    """With zero_grad, each step uses the gradient of its own loss."""
    assert right.path == [4 / 2**k for k in (1, 2, 3, 4)]


class Kept:
    """What the graph keeps instead of a tensor."""

    def __init__(self, tensor):
        self.tensor = tensor


def test_a_kept_loss_keeps_its_graph():
    """A loss in a list keeps its graph, after backward() without the tensors it saved; loss.item() keeps nothing."""
    model, alive = nn.Linear(3, 1), {}
    for read in (lambda loss: loss, torch.Tensor.item):
        references, history = [], []

        def pack(tensor, references=references):
            kept = Kept(tensor)
            references.append(weakref.ref(kept))
            return kept

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
            for _ in range(3):
                history.append(read(model(torch.ones(2, 3)).square().mean()))
        gc.collect()
        alive[read] = [reference() is not None for reference in references]
    (kept, dropped) = alive.values()
    assert len(kept) == len(dropped) >= 3
    assert all(kept) and not any(dropped)

    references.clear()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
        loss = model(torch.ones(2, 3)).square().mean()
    assert references and all(reference() is not None for reference in references)
    loss.backward()  # frees the tensors that the graph saved, not the graph
    gc.collect()
    assert all(reference() is None for reference in references)
    assert loss.grad_fn.next_functions[0][0].name() == "PowBackward0"


def test_eval_stays_until_train():
    """A model stays in eval mode, also while it trains, until train() is called."""
    model = nn.Sequential(nn.Linear(3, 1), nn.Dropout())
    model.eval()
    model(torch.ones(2, 3)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert not model.training and not model[1].training
    model.train()
    assert model.training and model[1].training


def test_to_returns_a_tensor(raises):
    """x.to() leaves x where it was, model.to() moves the model, and a layer raises for an input elsewhere."""
    x, model = torch.ones(2, 3), nn.Linear(3, 1)
    moved = x.to("meta")  # a device that every build of PyTorch has
    model.to("meta")
    assert (x.device.type, moved.device.type, model.weight.device.type) == ("cpu", "meta", "meta")
    with raises(RuntimeError, "device"):
        nn.Linear(3, 1)(moved)


def test_mean_of_batch_means():
    """With a smaller last batch, the mean of the batch means differs from the mean over the samples."""
    values = torch.tensor([1.0, 2.0, 3.0, 10.0])
    batches = [batch for (batch,) in DataLoader(TensorDataset(values), batch_size=3)]
    weighted = sum(batch.mean().item() * len(batch) for batch in batches) / len(values)
    plain = sum(batch.mean().item() for batch in batches) / len(batches)
    assert (weighted, plain) == (values.mean().item(), 6.0) == (4.0, 6.0)


def test_tqdm_passes_the_batches_on():
    """tqdm(loader, desc=...) yields the batches of the loader and shows the description."""
    from tqdm import tqdm

    loader, shown = given()["loader"], io.StringIO()
    sizes = [len(x) for x, y in tqdm(loader, desc="epoch 3", file=shown)]
    assert sizes == [4, 3]
    assert "epoch 3" in shown.getvalue()
