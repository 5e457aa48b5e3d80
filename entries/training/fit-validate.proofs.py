"""Proofs of fit-validate."""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, RandomSampler, TensorDataset


def given():
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(11, 3), torch.arange(11) % 4)
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Dropout(), nn.Linear(6, 4))
    return {
        "torch": torch,
        "model": model,
        "criterion": nn.CrossEntropyLoss(),
        "val_loader": DataLoader(data, batch_size=4),
        "device": "cpu",
        "best_loss": float("inf"),
    }


def test_answer(answer):
    """The batch means, weighted by len(y), give the loss of the whole set in one batch; the first loss is saved."""
    x, y = answer.val_loader.dataset.tensors
    assert not answer.model.training
    whole = F.cross_entropy(answer.model(x), y).item()
    assert abs(answer.val_loss - whole) < 1e-5 and answer.best_loss == answer.val_loss
    saved = torch.load("best.pt")
    assert all(torch.equal(saved[name], t) for name, t in answer.model.state_dict().items())


def test_default(default):
    """best.pt holds the weights of the epoch with the lowest validation loss, not those of the last."""
    x, y = (torch.stack(part) for part in zip(*default.val, strict=True))
    last = F.mse_loss(default.model(x), y).item()
    default.model.load_state_dict(torch.load("best.pt"))
    best = F.mse_loss(default.model(x), y).item()
    assert abs(best - default.best_loss) < 1e-4 and abs(last - default.val_loss) < 1e-4
    assert best < last
    noise = default.noise[default.val.indices]
    torch.testing.assert_close(y - noise, x[:, :1])


def test_one_function(one_function):
    """With an optimizer the function trains in train mode; without one it changes nothing and is in eval mode."""
    w = torch.zeros(2, 1)
    for x, y in one_function.loader:
        w = w - 0.1 * 2 * x.T @ (x @ w - y) / len(x)
    torch.testing.assert_close(one_function.model.weight.detach().T, w)
    assert not one_function.model.training
    total = sum(((x @ w - y) ** 2).sum().item() for x, y in one_function.loader)
    validated = one_function.run_epoch(one_function.model, one_function.loader, nn.MSELoss())
    assert abs(validated - total / 6) < 1e-6
    torch.testing.assert_close(one_function.model.weight.detach().T, w)


def test_best_and_last(best_and_last):
    """One file holds the weights of the lowest validation loss, the other the state of the last epoch."""
    last = torch.load("last.pt")
    assert last["best_loss"] == 0.5  # or a worse epoch would replace best.pt after resuming
    assert last["epoch"] == 2 and last["model"]["weight"].tolist() == [[2.0, 2.0]]
    (group,) = last["optimizer"]["param_groups"]
    assert (group["lr"], group["momentum"]) == (0.1, 0.9)
    assert best_and_last.model.weight.tolist() == [[1.0, 1.0]]


def test_wrong(wrong):
    """The mean of batch means counts the single sample of the last batch as much as two others."""
    assert wrong.total / wrong.count == (1 + 1 + 7) / 3


def test_right(right):
    """Weighted by batch size, the mean is that over the samples."""
    assert right.total / right.count == (4 * 1 + 7) / 5


def test_wrong_copy(wrong_copy):
    """state_dict() holds references: a step changes what it returned before."""
    assert wrong_copy.best["weight"].tolist() == [[3 - 0.5 * 1, 3 - 0.5 * 4]]


def test_right_copy(right_copy):
    """A deep copy of state_dict() keeps the values of its moment."""
    assert right_copy.best["weight"].tolist() == [[3.0, 3.0]]
    assert right_copy.model.weight.tolist() == [[3 - 0.5 * 1, 3 - 0.5 * 4]]


def test_eval_mode_stays():
    """A model that eval() was called on stays in eval mode, with Dropout off, until train() is called."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout())
    model.eval()
    model(torch.ones(4, 2)).sum().backward()
    assert not model.training and not model[1].training
    model.train()
    assert model[1].training


def test_dropout_raises_the_training_loss():
    """A model that fits its data has a higher loss on them with Dropout on than in eval mode."""
    torch.manual_seed(0)
    x = torch.randn(200, 8)
    model = nn.Sequential(nn.Dropout(0.1), nn.Linear(8, 1))
    y = model.eval()(x).detach()
    evaluated = F.mse_loss(model(x), y)
    assert evaluated < 1e-6 < F.mse_loss(model.train()(x), y)


def _share(rank):
    from torch import distributed

    errors = torch.tensor([[1.0, 1.0, 1.0, 1.0], [7.0, 0.0, 0.0, 0.0]][rank])[: 4 - 3 * rank]
    sums = torch.tensor([errors.sum().item(), len(errors)])
    distributed.all_reduce(sums)
    mean = errors.mean()
    distributed.all_reduce(mean)
    return (sums[0] / sums[1]).item(), mean.item() / 2


def test_ranks_add_totals_and_counts(in_ranks):
    """Totals and counts summed over the ranks give the mean over all samples; the mean of the ranks' means does not."""
    for exact, of_means in in_ranks(_share, ranks=2):
        assert abs(exact - (4 * 1 + 7) / 5) < 1e-6 and of_means == (1 + 7) / 2


def test_dataset_counts_what_is_dropped():
    """With drop_last or a sampler, a loader visits another number of samples than its dataset has."""
    data = torch.arange(7)
    for loader, visited in (
        (DataLoader(data, batch_size=3, drop_last=True), 6),
        (DataLoader(data, batch_size=3, sampler=RandomSampler(data, num_samples=5)), 5),
    ):
        assert sum(len(batch) for batch in loader) == visited and len(loader.dataset) == 7


def test_other_divisors():
    """With class weights or ignore_index, len(y) is the wrong weight; sums over sums give the loss of the whole set."""
    torch.manual_seed(0)
    logits, y = torch.randn(10, 3), torch.tensor([0, 1, 2, 0, 1, 2, 0, 0, -100, 1])
    weight = torch.tensor([1.0, 2.0, 5.0])
    for options in {"weight": weight}, {}:
        counts = torch.where(y >= 0, options.get("weight", torch.ones(3))[y.clamp(min=0)], 0.0)
        whole = F.cross_entropy(logits, y, **options).item()
        parts = list(zip(logits.split(4), y.split(4), strict=True))
        by_size = sum(F.cross_entropy(a, b, **options).item() * len(b) for a, b in parts) / 10
        by_sum = sum(F.cross_entropy(a, b, reduction="sum", **options).item() for a, b in parts) / counts.sum().item()
        assert abs(by_sum - whole) < 1e-5 < abs(by_size - whole)


def test_no_graph_while_validating():
    """Under no_grad and inference_mode, outputs have no graph."""
    model = nn.Linear(2, 1)
    for mode in torch.no_grad, torch.inference_mode:
        with mode():
            assert model(torch.ones(1, 2)).grad_fn is None


def test_the_lowest_of_many_is_too_good():
    """Of models that are equally good, the lowest validation loss is below their true loss on average."""
    torch.manual_seed(0)
    lowest = (1 + torch.randn(500, 20) / 50**0.5).min(dim=1).values  # 20 models, 50 validation samples, true loss 1
    assert lowest.mean() < 1 - 0.2


def test_load_state_dict_restores():
    """load_state_dict copies the values into the model's parameters."""
    model = nn.Linear(2, 1)
    best = copy.deepcopy(model.state_dict())
    nn.init.zeros_(model.weight)
    model.load_state_dict(best)
    assert torch.equal(model.weight, best["weight"]) and model.weight is not best["weight"]
