"""Proofs of k-fold."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

seen = []


def given():
    torch.manual_seed(0)
    dataset = TensorDataset(torch.arange(37))

    def make_model():
        import inspect

        names = inspect.currentframe().f_back.f_globals
        seen.append((list(names["train_ids"]), list(names["val_ids"]), names["val_loader"]))

    return {
        "torch": torch, "dataset": dataset, "K": 4, "Subset": Subset,
        "DataLoader": DataLoader, "make_model": make_model,
    }  # fmt: skip


def test_answer(answer):
    """Each sample is held out in one fold and trained on in the K - 1 others."""
    held = [i for _, val, _ in seen[-4:] for i in val]
    assert sorted(held) == list(range(37)) and held != list(range(37))
    for train, val, loader in seen[-4:]:
        assert sorted(train + val) == list(range(37)) and len(val) in (9, 10)
        assert [i for (batch,) in loader for i in batch.tolist()] == val
    assert len(answer.train_loader.dataset) == 28
    assert answer.train_loader.batch_size == answer.val_loader.batch_size == 32
    assert [i for (b,) in answer.train_loader for i in b.tolist()] != answer.train_ids
    assert sorted(i for (b,) in answer.train_loader for i in b.tolist()) == sorted(answer.train_ids)


def test_default(default):
    """The mean over the folds is the score; a small linear model reaches a high one."""
    assert len(default.scores) == 5 and sum(default.scores) / 5 > 0.85
    folds = [default.order[f::5] for f in range(5)]
    assert sorted(sum(folds, [])) == list(range(103)) and sorted(map(len, folds)) == [20, 20, 21, 21, 21]
    assert default.train_ids == [i for f in folds[:4] for i in f] and default.val_ids == folds[4]
    guess = default.model(default.x).argmax(dim=1)
    assert default.scores[-1] == (guess == default.y).float().mean()


def test_stratified(stratified):
    """Dealing out the indices sorted by class gives each fold the same number of each class."""
    for fold in range(3):
        ids = stratified.order[fold::3]
        assert [(stratified.labels[ids] == c).sum().item() for c in range(3)] == [4, 2, 1]
    assert sorted(stratified.order.tolist()) == list(range(21)) != stratified.order.tolist()


def test_groups(groups):
    """No patient is in the training and the validation part of one fold."""
    held = []
    for fold in range(3):
        inside = torch.isin(groups.patients, groups.names[fold::3])
        assert not set(groups.patients[inside].tolist()) & set(groups.patients[~inside].tolist())
        held += inside.nonzero().flatten().tolist()
    assert sorted(held) == list(range(11))
    assert sorted(groups.train_ids + groups.val_ids) == list(range(11))
    assert set(groups.patients[groups.val_ids].tolist()) == set(groups.names[2::3].tolist())


def test_wrong(wrong, right):
    """On labels that are noise, one model for all folds seems to be right; with new models it is at chance."""

    def score(model, x, y, fold):
        held_out = torch.arange(60) % 3 == fold
        return (model(x[held_out]).argmax(dim=1) == y[held_out]).float().mean()

    assert score(wrong.model, wrong.x, wrong.y, 2) > 0.85
    assert 0.2 < score(right.model, right.x, right.y, 2) < 0.75
    for names in (wrong, right):
        assert names.held_out.tolist() == [i % 3 == 2 for i in range(60)]
        assert (names.model(names.x[~names.held_out]).argmax(dim=1) == names.y[~names.held_out]).all()


def test_consecutive_folds_of_sorted_data():
    """Of labels sorted by class, the first of three consecutive folds is one class that is missing in the rest."""
    labels = torch.tensor([0] * 4 + [1] * 4 + [2] * 4)
    fold, rest = labels[:4], labels[4:]
    assert fold.unique().tolist() == [0] and 0 not in rest


def test_statistics_leak():
    """The mean over all data is another than that of the training part."""
    x = torch.tensor([1.0, 2.0, 3.0, 10.0])
    assert x.mean() == 4 and x[:3].mean() == 2


class Noisy(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return i + torch.rand(()).item()


def test_subset_shares_the_transform():
    """A Subset calls __getitem__ of the dataset, with all of its random augmentation."""
    part = Subset(Noisy(), [2, 3])
    assert part[0] != part[0] and 2 <= part[0] < 3


def test_new_models_have_new_weights():
    """Each nn.Linear starts with other weights."""
    assert not torch.equal(nn.Linear(3, 2).weight, nn.Linear(3, 2).weight)
