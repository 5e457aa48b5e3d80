"""Proofs of sampler."""

import torch
from torch.utils.data import DataLoader, DistributedSampler, RandomSampler, SequentialSampler
from torch.utils.data import WeightedRandomSampler


def given():
    dataset, batches = [10, 11, 12, 13], [[3, 0], [1], [2, 1, 0]]
    return {
        "DataLoader": DataLoader, "RandomSampler": RandomSampler,
        "dataset": dataset, "batches": batches, "B": 300,
    }


def test_answer(answer):
    """RandomSampler with replacement draws num_samples indices; batch_sampler decides each batch."""
    sizes = [len(batch) for batch in answer.loader]
    assert sizes == [300, 300, 300, 100]
    assert set(torch.cat(list(answer.loader)).tolist()) == {10, 11, 12, 13}
    got = [batch.tolist() for batch in answer.batch_loader]
    assert got == [[13, 10], [11], [12, 11, 10]]


def test_default(default):
    """RandomSampler gives each index once, in a new order each epoch; a list of indices is a sampler too."""
    assert list(default.samplers[0]) == list(range(7))
    first, second = list(default.samplers[1]), list(default.samplers[1])
    assert sorted(first) == sorted(second) == list(range(7)) and first != second
    assert len(list(default.samplers[2])) == 5
    assert [batch.tolist() for batch in default.loader] == [[60, 40, 20], [0]]


def test_shuffle_is_a_sampler():
    """shuffle=False is a SequentialSampler, shuffle=True a RandomSampler."""
    assert isinstance(DataLoader([1, 2], shuffle=False).sampler, SequentialSampler)
    assert isinstance(DataLoader([1, 2], shuffle=True).sampler, RandomSampler)


def test_own_sampler(raises):
    """Any object whose __iter__ yields indices is a sampler; len(loader) needs its __len__."""

    class Odd:
        def __iter__(self):
            return iter([1, 3])

    loader = DataLoader([5, 6, 7, 8], batch_size=2, sampler=Odd())
    assert [batch.tolist() for batch in loader] == [[6, 8]]
    with raises(TypeError, "object of type 'Odd' has no len()"):
        len(loader)


def test_a_generator_lasts_one_epoch():
    """A generator as sampler or batch_sampler is used up after one epoch; the second is empty, and nothing raises."""
    for kind in "sampler", "batch_sampler":
        order = (i if kind == "sampler" else [i] for i in [1, 0])
        loader = DataLoader([5, 6], **{kind: order})
        assert [[batch.tolist() for batch in loader] for epoch in range(2)] == [[[6], [5]], []]


def test_buckets(buckets):
    """Batches of similar lengths cover all samples, and their order changes from epoch to epoch."""
    wanted = [[1, 2], [3, 4], [7, 8], [9]]
    epochs = [[batch.tolist() for batch in buckets.loader] for _ in range(6)]
    assert all(sorted(epoch) == wanted for epoch in epochs)
    assert any(epoch != epochs[0] for epoch in epochs)


def test_weighted(weighted):
    """Weights of 1 / count give both classes the same chance."""
    assert abs(weighted.drawn.float().mean() - 0.5) < 0.03
    per_class = torch.zeros(2).index_add_(0, weighted.labels, weighted.weights)
    torch.testing.assert_close(per_class, torch.ones(2))
    assert [len(batch) for (batch,) in weighted.loader] == [100] * 20


def test_right(right):
    """A loader with only a sampler yields each sample once."""
    assert sorted(torch.cat(list(right.loader)).tolist()) == list(range(6))
    assert isinstance(right.loader.sampler, RandomSampler) and right.loader.batch_size == 4


def test_weights_per_class():
    """One weight per class draws only as many different indices as there are classes."""
    drawn = set(WeightedRandomSampler([1 / 90, 1 / 10], num_samples=100))
    assert drawn <= {0, 1}


def test_weighted_repeats():
    """In an epoch of N weighted draws, rare samples repeat and many of the others are missing."""
    labels = torch.tensor([0] * 90 + [1] * 10)
    weights = 1 / labels.bincount()[labels]
    g = torch.Generator().manual_seed(0)
    drawn = list(WeightedRandomSampler(weights, num_samples=100, generator=g))
    assert sum(i >= 90 for i in drawn) > 30
    assert len({i for i in drawn if i < 90}) < 60


def test_batch_sampler_excludes(raises):
    """batch_sampler excludes batch_size, shuffle, sampler, and drop_last."""
    for other in {"batch_size": 2}, {"shuffle": True}, {"sampler": [0]}, {"drop_last": True}:
        with raises(ValueError, "batch_sampler option is mutually exclusive"):
            DataLoader([5, 6], batch_sampler=[[0, 1]], **other)


def test_distributed():
    """DistributedSampler gives each rank its own part, and repeats samples if the parts would differ in size."""
    parts = [list(DistributedSampler(range(6), 2, rank, shuffle=False)) for rank in range(2)]
    assert parts == [[0, 2, 4], [1, 3, 5]]
    uneven = [list(DistributedSampler(range(7), 2, rank, shuffle=False)) for rank in range(2)]
    assert uneven == [[0, 2, 4, 6], [1, 3, 5, 0]]
