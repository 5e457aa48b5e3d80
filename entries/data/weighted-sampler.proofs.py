"""Proofs of weighted-sampler."""

import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def given():
    torch.manual_seed(0)
    dataset = TensorDataset(torch.tensor([0] * 900 + [1] * 60 + [2] * 40))
    dataset.targets = dataset.tensors[0].tolist()
    return {
        "WeightedRandomSampler": WeightedRandomSampler,
        "DataLoader": DataLoader,
        "torch": torch,
        "dataset": dataset,
    }


def test_answer(answer):
    """With the weight 1 / count, every class has the same probability at each draw."""
    torch.manual_seed(0)
    for c, count in enumerate([900, 60, 40]):
        torch.testing.assert_close(answer.weights[answer.labels == c], torch.full((count,), 1 / count))
    batches = [y for (y,) in answer.loader]
    assert [len(y) for y in batches] == [64] * 15 + [40]
    assert all(abs(n - 1000 / 3) < 60 for n in torch.cat(batches).bincount().tolist())


def test_default(default):
    """In one epoch each class is drawn about as often, and num_samples in all."""
    assert len(default.drawn) == 1000 and len(default.loader) == 20
    assert all(abs(n - 1000 / 3) < 60 for n in default.drawn.bincount().tolist())


def test_repeats_and_gaps():
    """Rare samples come up many times in one epoch, and many common ones not at all."""
    torch.manual_seed(0)
    labels = torch.tensor([0] * 900 + [1] * 60 + [2] * 40)
    drawn = list(WeightedRandomSampler((1 / labels.bincount())[labels], len(labels)))
    times = torch.tensor(drawn).bincount(minlength=1000).float()
    assert 7 < times[960:].mean() < 10  # 333 draws of 40 samples
    assert (times[:900] == 0).float().mean() > 0.6  # (1 - 1 / 2700) ** 1000 = 0.69


def test_partial(partial):
    """Weights of 1 / sqrt(count) give each class a share in proportion to sqrt(count)."""
    expected = 100**0.5 / (100**0.5 + 900**0.5)  # 0.25
    assert abs(partial.drawn.float().mean().item() - expected) < 0.03
    torch.testing.assert_close(partial.weights[-1] / partial.weights[0], torch.tensor(3.0))


def test_weights_per_class_draw_the_first_samples(wrong):
    """Weights per class draw only the first C samples, and raise nothing."""
    assert wrong.weights.shape == (2,) and len(wrong.drawn) == 400


def test_right(right):
    """One weight per sample reaches all samples, and both classes about equally often."""
    assert right.weights.shape == (8,)
    assert abs(sum(right.labels[right.drawn].tolist()) - 200) < 40


def test_weights_need_not_sum_to_one():
    """Weights that are all ten times as large draw the same samples."""
    drawn = []
    for scale in (1, 10):
        sampler = WeightedRandomSampler(
            scale * torch.tensor([1.0, 2.0, 5.0]), 30, generator=torch.Generator().manual_seed(0)
        )
        drawn.append(list(sampler))
    assert drawn[0] == drawn[1]


def test_without_replacement_nothing_is_balanced():
    """replacement=False with num_samples=len(labels) draws each sample exactly once."""
    labels = torch.tensor([0] * 9 + [1] * 3)
    weights = (1 / labels.bincount())[labels]
    assert sorted(WeightedRandomSampler(weights, 12, replacement=False)) == list(range(12))


def test_the_generator_decides_what_is_drawn():
    """Samplers with the same seed draw the same samples, on every rank; with different seeds they differ."""
    weights = torch.ones(50)
    drawn = [
        list(WeightedRandomSampler(weights, 25, generator=torch.Generator().manual_seed(seed))) for seed in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1] != drawn[2] and max(drawn[0]) > 25


def test_at_most_2_to_the_24(raises):
    """More than 2^24 weights raise when iteration begins."""
    weights = torch.ones(1).expand(2**24 + 1)
    with raises(RuntimeError, "number of categories cannot exceed 2^24"):
        torch.multinomial(weights, 2, replacement=True)


def test_sampler_and_shuffle(raises):
    """sampler and shuffle=True exclude each other."""
    with raises(ValueError, "sampler option is mutually exclusive with shuffle"):
        DataLoader(range(3), sampler=WeightedRandomSampler([1.0, 2.0, 3.0], 3), shuffle=True)


def test_balanced_data_flatters_precision():
    """With the same recall and false positive rate, precision is higher on balanced data than on data with 1 in 10."""
    recall, false_positive_rate = 0.8, 0.1

    def precision(share):
        hits, alarms = recall * share, false_positive_rate * (1 - share)
        return hits / (hits + alarms)

    assert round(precision(0.5), 2) == 0.89 and round(precision(0.1), 2) == 0.47


def test_balanced_training_raises_the_probability():
    """A model fitted to balanced data predicts a rare class too often on the original data."""
    labels = torch.tensor([0.0] * 90 + [1.0] * 10)
    weights = (1 / labels.long().bincount())[labels.long()]
    torch.manual_seed(0)
    drawn = labels[list(WeightedRandomSampler(weights, 2000))]
    assert abs(drawn.mean() - 0.5) < 0.05 and labels.mean() < 0.11  # the best constant prediction of each
