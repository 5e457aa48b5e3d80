"""Proofs of datasets."""

import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler, SequentialSampler, random_split


class MyDataset(Dataset):
    def __init__(self, files, labels, transform):
        self.files, self.labels, self.transform = files, labels, transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return self.transform(torch.tensor(self.files[i])), self.labels[i]


def given():
    return {
        "MyDataset": MyDataset, "DataLoader": DataLoader, "device": "cpu",
        "train_files": [float(i) for i in range(70)], "val_files": [-1.0, -2.0],
        "train_labels": [i % 2 for i in range(70)], "val_labels": [0, 1],
        "train_transform": lambda x: x + 0.25, "val_transform": lambda x: x,
    }  # fmt: skip


def test_answer(answer):
    """Training data are shuffled and augmented, validation data come in order and as they are."""
    assert isinstance(answer.train_loader.sampler, RandomSampler) and answer.train_loader.batch_size == 64
    assert isinstance(answer.val_loader.sampler, SequentialSampler) and answer.val_loader.batch_size == 64
    ((x, y),) = answer.val_loader
    assert x.tolist() == [-1, -2] and y.tolist() == [0, 1]
    assert sorted(v for x, _ in answer.train_loader for v in x.tolist()) == [i + 0.25 for i in range(70)]
    assert answer.x.shape == answer.y.shape == (70 - 64,)


def test_default(default):
    """The two parts have no sample in common, and only the training part is augmented."""
    assert sorted(default.train_set.indices + default.val_set.indices) == list(range(10))
    assert [x.item() for x, _ in default.val_set] == default.order[7:]
    augmented = [x.item() - i for (x, _), i in zip(default.train_set, default.order[:7], strict=True)]
    assert all(0 < abs(noise) < 0.5 for noise in augmented)
    assert len(default.train_set) == 7


def test_who_does_what(who_does_what):
    """A list of indices will do as a sampler; collate_fn receives a list of samples and returns the batch."""
    assert who_does_what.order == [0, 2, 4, 1, 3]
    last = who_does_what.pad([torch.tensor([1, 2, 3]), torch.tensor([4])])
    assert last.tolist() == [[1, 2, 3], [4, 0, 0]]


def test_splits_share_the_dataset():
    """Both parts of a split read the same dataset, so both get its transform."""
    data = MyDataset([1.0, 2.0, 3.0], [0, 1, 0], lambda x: x + 0.25)
    train, val = random_split(data, [2, 1])
    assert train.dataset is val.dataset is data and val[0][0] % 1 == 0.25


def test_no_shuffle_by_default():
    """A DataLoader gives the samples in the order of the dataset unless shuffle=True."""
    assert torch.cat(list(DataLoader(range(9), batch_size=4))).tolist() == list(range(9))


def test_shuffled_predictions():
    """With shuffle=True the order of the batches is not the order of the dataset."""
    torch.manual_seed(0)
    assert torch.cat(list(DataLoader(range(99), batch_size=4, shuffle=True))).tolist() != list(range(99))


def test_workers_fetch():
    """With num_workers=1 the samples are read in another process, with 0 in this one."""
    import os
    import warnings

    class Who(Dataset):
        def __len__(self):
            return 1

        def __getitem__(self, i):
            return os.getpid()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fork beside threads, since Python 3.12
        (other,) = DataLoader(Who(), num_workers=1, multiprocessing_context="fork")
    (own,) = DataLoader(Who())
    assert own.item() == os.getpid() != other.item()
