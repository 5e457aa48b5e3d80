"""Proofs of sync-batchnorm. Some start processes of their own."""

import os

import torch
import torch._dynamo.utils  # imported once, rather than in each process
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

KEPT = []  # deleting a group can deadlock


class Group:
    """A process group of one process, while the block lasts."""

    def __enter__(self):
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)

    def __exit__(self, *error):
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()


class Net(nn.Sequential):
    """A model that stays on the CPU where there is no GPU."""

    def to(self, device):
        return super().to(device) if torch.cuda.is_available() else self


class Wrapped(nn.Module):
    """Stands for DDP, which refuses SyncBatchNorm on a CPU."""

    def __init__(self, module, device_ids):
        super().__init__()
        self.module, self.device_ids = module, device_ids


def batch():
    return torch.arange(24.0).view(8, 3).sin()


def given():
    model = Net(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    os.environ["LOCAL_RANK"] = "0"
    return {"nn": nn, "os": os, "model": model, "DistributedDataParallel": Wrapped}


def test_answer(answer):
    """The BatchNorm layers are converted before DDP wraps the model."""
    assert [type(m) for m in answer.model.module] == [nn.Conv2d, nn.SyncBatchNorm]
    assert answer.model.device_ids == [0]


def test_an_optimizer_from_before_the_conversion():
    """The conversion keeps the parameters and buffers, so an optimizer built before it still updates them."""
    old = nn.Sequential(nn.BatchNorm1d(3))
    weight, mean = old[0].weight, old[0].running_mean
    new = nn.SyncBatchNorm.convert_sync_batchnorm(old)
    assert new[0].weight is weight and new[0].running_mean is mean


def test_right(right):
    """On the CPU the model keeps its BatchNorm and trains."""
    assert type(right.model[0]) is nn.BatchNorm1d
    x = (right.x - right.x.mean(dim=0)) / right.x.std(dim=0, correction=0)
    torch.testing.assert_close(right.model(right.x), x.clamp(min=0), rtol=1e-4, atol=1e-4)


def test_plain_batchnorm_sees_its_share(in_ranks):
    """Under DDP, plain BatchNorm normalizes each rank's share by itself, with another result than for the whole batch."""
    x = batch()
    whole = nn.BatchNorm1d(3)(x)

    def work(rank):
        model = DistributedDataParallel(nn.BatchNorm1d(3))
        return model(x[4 * rank : 4 * rank + 4]).tolist()

    for rank, out in enumerate(in_ranks(work)):
        share = x[4 * rank : 4 * rank + 4]
        torch.testing.assert_close(torch.tensor(out), nn.BatchNorm1d(3)(share).data)
        assert not torch.allclose(torch.tensor(out), whole[4 * rank : 4 * rank + 4], atol=1e-2)


def test_running_statistics_are_those_of_rank_zero(in_ranks):
    """DDP does not average running statistics: before a forward pass, every rank takes over those of rank 0."""

    def work(rank):
        model = DistributedDataParallel(nn.BatchNorm1d(2, momentum=1.0))
        model(torch.tensor([[rank + 1.0, 5.0], [rank + 1.0, 7.0]]))
        own = model.module.running_mean.tolist()
        model.eval()
        model(torch.ones(1, 2))
        return own, model.module.running_mean.tolist()

    assert in_ranks(work) == [([1, 6], [1, 6]), ([2, 6], [1, 6])]


def test_sums_over_the_ranks(in_ranks):
    """Sums and counts that are added over ranks with unequal shares give the result of BatchNorm on the whole batch."""
    x = batch()
    shares = [x[:5], x[5:]]

    def work(rank):
        share = shares[rank]
        sums = torch.stack([share.sum(dim=0), share.square().sum(dim=0), torch.full((3,), float(len(share)))])
        dist.all_reduce(sums)
        mean, square = sums[0] / sums[2], sums[1] / sums[2]
        return ((share - mean) / (square - mean**2 + 1e-5).sqrt()).tolist()

    out = torch.cat([torch.tensor(part) for part in in_ranks(work)])
    torch.testing.assert_close(out, nn.BatchNorm1d(3)(x).data, rtol=1e-4, atol=1e-4)


def test_refused_on_a_cpu(raises):
    """On a CPU, DDP refuses a model with SyncBatchNorm, and its forward pass in train mode raises."""
    with Group():
        with raises(ValueError, "SyncBatchNorm layers only work with GPU modules"):
            DistributedDataParallel(nn.SyncBatchNorm(3))
        with raises(ValueError, "SyncBatchNorm expected input tensor to be on GPU"):
            nn.SyncBatchNorm(3)(batch())


def test_eval_on_a_cpu():
    """In eval mode it normalizes with the running statistics, also on a CPU in a process group."""
    norm = nn.SyncBatchNorm(3, eps=0.25).eval()
    norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    with Group():
        out = norm(torch.full((4, 3), 5.0))
    torch.testing.assert_close(out, torch.tensor([4.0, 3.0, 2.0]).expand(4, 3) / 1.25**0.5)


def test_without_a_group():
    """Without a process group it computes what BatchNorm computes, in train mode too, and raises nothing."""
    x, norm, plain = batch(), nn.SyncBatchNorm(3), nn.BatchNorm1d(3)
    assert torch.equal(norm(x), plain(x)) and torch.equal(norm.running_var, plain.running_var)
