"""Proofs of batchnorm-one-sample."""

import torch
from torch import nn
from torch.utils.data import DataLoader


def given():
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4))
    return {
        "torch": torch,
        "DataLoader": DataLoader,
        "dataset": list(torch.randn(65, 5)),
        "model": model,
        "x": torch.ones(1, 5),
    }


def test_answer(answer):
    """drop_last=True leaves out the incomplete last batch, and in eval mode one sample is fine."""
    assert [len(x) for x in answer.loader] == [32, 32]  # 65 = 32 + 32 + 1
    assert type(answer.loader.sampler).__name__ == "RandomSampler"
    assert answer.prediction.shape == (1, 4) and not answer.prediction.requires_grad
    assert answer.model.training
    torch.testing.assert_close(answer.prediction, answer.model[0](answer.x) / (1 + 1e-5) ** 0.5)


def test_default(default):
    """In eval mode BatchNorm uses its running statistics, so one sample is fine."""
    norm = default.model[1]
    assert norm.num_batches_tracked == 2 and len(default.dataset) % 3 == 1
    x = default.model[0](default.dataset[6])
    y = (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    torch.testing.assert_close(default.model(default.dataset[6].unsqueeze(0)), y.relu().unsqueeze(0))


def test_right(right):
    """With drop_last=True, the running mean moves only by the complete batches."""
    mean = torch.zeros(2)
    for rows in (right.dataset[:3], right.dataset[3:6]):
        mean = 0.9 * mean + 0.1 * torch.stack(rows).mean(dim=0)
    torch.testing.assert_close(right.norm.running_mean, mean)
    assert torch.equal(right.x, torch.tensor([[6.0, 7.0], [8.0, 9.0], [10.0, 11.0]]))


def test_shapes_that_raise(raises):
    """(1, C) and (1, C, 1, 1) raise in training mode; (1, C, 2, 1) does not, and neither does eval mode."""
    for norm, x in (nn.BatchNorm1d(3), torch.ones(1, 3)), (nn.BatchNorm2d(3), torch.ones(1, 3, 1, 1)):
        with raises(ValueError, "Expected more than 1 value per channel when training"):
            norm(x)
        assert norm.eval()(x).shape == x.shape
    assert nn.BatchNorm2d(3)(torch.ones(1, 3, 2, 1)).shape == (1, 3, 2, 1)


def test_global_pooling(raises):
    """Global pooling gives (1, C, 1, 1) for one image."""
    x = nn.AdaptiveAvgPool2d(1)(torch.ones(1, 3, 5, 6))
    assert x.shape == (1, 3, 1, 1)
    with raises(ValueError, "Expected more than 1 value per channel"):
        nn.BatchNorm2d(3)(x)


def test_two_samples_become_plus_minus_one():
    """In training mode, BatchNorm turns two clearly different values of a channel into -1 and +1; two feature maps keep more."""
    for low, high in (0.0, 1.0), (-100.0, 3.0), (5.0, 7.0):
        y = nn.BatchNorm1d(1)(torch.tensor([[low], [high]]))
        torch.testing.assert_close(y, torch.tensor([[-1.0], [1.0]]), atol=1e-4, rtol=0)
        pooled = nn.BatchNorm2d(1)(torch.tensor([low, high]).view(2, 1, 1, 1))
        torch.testing.assert_close(pooled.view(2, 1), y)
    maps = nn.BatchNorm2d(1)(torch.tensor([0.0, 1.0, 5.0, 2.0]).view(2, 1, 2, 1))
    assert len(set(maps.flatten().tolist())) == 4


def test_without_running_statistics(raises):
    """With track_running_stats=False, one sample raises in eval mode too."""
    norm = nn.BatchNorm1d(3, track_running_stats=False).eval()
    with raises(ValueError, "Expected more than 1 value per channel when training"):
        norm(torch.ones(1, 3))


def test_group_norm_of_vectors(raises):
    """On (N, C) GroupNorm with one channel per group returns its bias up to rounding; N = 1 raises, in eval mode as well."""
    norm = nn.GroupNorm(3, 3)
    nn.init.constant_(norm.bias, 0.5)
    torch.testing.assert_close(norm(torch.randn(4, 3)), torch.full((4, 3), 0.5), atol=1e-2, rtol=0)
    for training in True, False:
        with raises(ValueError, "Expected more than 1 value per channel when training, got input size [1, 3]"):
            norm.train(training)(torch.ones(1, 3))
    assert nn.GroupNorm(1, 3)(torch.ones(1, 3)).shape == (1, 3)  # fewer groups


def test_norms_for_one_sample():
    """In training mode LayerNorm takes one vector, and GroupNorm takes one feature map."""
    x = torch.tensor([[1.0, 2.0, 6.0]])
    torch.testing.assert_close(nn.LayerNorm(3)(x), (x - 3) / (14 / 3) ** 0.5)
    y = nn.GroupNorm(2, 4)(torch.randn(1, 4, 5, 6))
    torch.testing.assert_close(y.view(2, -1).mean(dim=1), torch.zeros(2))


def test_drop_last_may_drop_everything():
    """With fewer samples than batch_size, drop_last=True leaves no batch, without an error."""
    loader = DataLoader(list(torch.ones(31, 5)), batch_size=32, shuffle=True, drop_last=True)
    assert len(loader) == 0 and list(loader) == []


def test_instance_norm_of_one_pixel(raises):
    """InstanceNorm raises on feature maps of one pixel, whatever the batch; in eval mode too, unless it tracks statistics."""
    x = torch.randn(4, 3, 1, 1)
    for training in True, False:
        with raises(ValueError, "Expected more than 1 spatial element when training"):
            nn.InstanceNorm2d(3).train(training)(x)
    assert nn.InstanceNorm2d(3, track_running_stats=True).eval()(x).shape == x.shape
    assert nn.InstanceNorm2d(3)(torch.randn(1, 3, 2, 1)).shape == (1, 3, 2, 1)


def test_right_vector(right_vector):
    """LayerNorm normalizes one vector over its features."""
    torch.testing.assert_close(right_vector.norm(right_vector.x), (right_vector.x - 3) / (14 / 3) ** 0.5)


def test_right_pixel(right_pixel):
    """InstanceNorm needs more than one pixel, and maps of 2 x 2 have four."""
    assert right_pixel.x.shape == (2, 3, 2, 2)


def test_data_parallel_splits_the_batch():
    """DataParallel splits a batch with Tensor.chunk, so that the last of its devices can get a single sample."""
    import inspect

    from torch.nn.parallel import scatter_gather

    assert "Scatter.apply(target_gpus" in inspect.getsource(scatter_gather)
    assert [len(part) for part in torch.ones(9, 3).chunk(3)] == [3, 3, 3]
    assert [len(part) for part in torch.ones(7, 3).chunk(3)] == [3, 3, 1]
