"""Proofs of collectives."""

import datetime
import warnings

import torch
import torch.distributed as dist
from torch.utils.data.distributed import DistributedSampler

KEPT = []  # deleting a group can deadlock


def given():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    return {
        "torch": torch, "dist": dist, "device": "cpu", "correct": 6, "seen": 8,
        "predictions": torch.tensor([4, 0, 2]),
    }  # fmt: skip


def test_answer(answer):
    """all_reduce and all_gather_object also work in a group of one process."""
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert answer.accuracy == 0.75 and answer.predictions.tolist() == [4, 0, 2]


def test_reduce(in_ranks):
    """all_reduce leaves the sum, the maximum, the minimum, or the mean (gloo: since 2.8) on every rank, in place."""
    new = torch.__version__ >= (2, 8)

    def work(rank):
        found = []
        for op in (dist.ReduceOp.SUM, dist.ReduceOp.MAX, dist.ReduceOp.MIN, dist.ReduceOp.AVG)[: 3 + new]:
            x = torch.tensor([1.0 + rank, 10.0 - 3 * rank])
            assert dist.all_reduce(x, op=op) is None
            found.append(x.tolist())
        return found

    first, second = [1, 2, 3], [10, 7, 4]
    means = [sum(first) / 3, sum(second) / 3]
    assert in_ranks(work, ranks=3) == [[[6, 21], [3, 10], [1, 4], means][: 3 + new]] * 3


def test_move(in_ranks):
    """all_gather, broadcast, scatter, and reduce_scatter leave on each rank what the text says."""

    def work(rank):
        x = torch.tensor([rank, rank + 5])
        rows = [torch.empty_like(x) for _ in range(3)]
        dist.all_gather(rows, x)
        copy = x.clone()
        dist.broadcast(copy, src=2)
        share = torch.empty_like(x)
        dist.scatter(share, [x * n for n in (2, 3, 4)] if rank == 1 else None, src=1)
        piece = torch.empty_like(x)
        if torch.__version__ >= (2, 8):
            dist.reduce_scatter(piece, [x + 10 * item for item in range(3)])
        value = [{"stop": rank == 0}]
        dist.broadcast_object_list(value, src=0)
        return torch.cat(rows).tolist(), copy.tolist(), share.tolist(), piece.tolist(), value

    for rank, (rows, copy, share, piece, value) in enumerate(in_ranks(work, ranks=3)):
        assert rows == [0, 5, 1, 6, 2, 7] and copy == [2, 7]
        assert share == [(rank + 2) * 1, (rank + 2) * 6]
        assert torch.__version__ < (2, 8) or piece == [0 + 1 + 2 + 3 * 10 * rank, 5 + 6 + 7 + 3 * 10 * rank]
        assert value == [{"stop": True}]


def test_objects_of_unequal_length(in_ranks):
    """all_gather_object gathers tensors of unequal length and other Python objects."""

    def work(rank):
        parts, names = [None] * 3, [None] * 3
        dist.all_gather_object(parts, torch.arange(rank))
        dist.all_gather_object(names, {"rank": rank})
        return [part.tolist() for part in parts], names

    assert in_ranks(work, ranks=3) == [([[], [0], [0, 1]], [{"rank": 0}, {"rank": 1}, {"rank": 2}])] * 3


def test_mean_of_means(in_ranks):
    """The mean of the ranks' means is wrong when their counts differ, and right when they are equal."""

    def work(rank):
        found = []
        for shares in ([[1.0, 0.0, 0.0], [1.0]], [[1.0, 0.0], [1.0, 1.0]]):
            mine = torch.tensor(shares[rank])
            mean, both = mine.mean(), torch.tensor([mine.sum(), len(mine)])
            dist.all_reduce(mean)
            dist.all_reduce(both)
            found.append((mean.item() / 2, (both[0] / both[1]).item()))
        return found

    for unequal, equal in in_ranks(work):
        assert abs(unequal[0] - (1 / 3 + 1) / 2) < 1e-6 and unequal[1] == 2 / 4
        assert equal == (3 / 4, 3 / 4)


def test_a_rank_that_does_not_call(in_ranks):
    """If one rank does not make the call, the other waits until the timeout."""

    def work(rank):
        group = dist.new_group(timeout=datetime.timedelta(seconds=1))
        KEPT.append(group)
        return dist.all_gather_object([None, None], rank, group=group) if rank == 1 else "elsewhere"

    elsewhere, waited = in_ranks(work)
    assert elsewhere == "elsewhere" and "Timed out" in waited


def test_a_skipped_call_is_matched_with_the_next(in_ranks):
    """If one rank skips a call, its next one answers that of the others, and the sum is wrong without an error."""

    def work(rank):
        group = dist.new_group(timeout=datetime.timedelta(seconds=1))
        KEPT.append(group)
        loss, seen = torch.tensor([1.0]), torch.tensor([100.0])
        dist.barrier()  # begin together
        if rank == 0:
            dist.all_reduce(loss, group=group)
        dist.all_reduce(seen, group=group)
        return seen.item()

    waited, wrong = in_ranks(work)
    assert wrong == 101 and "Timed out" in waited  # right: 200


def test_avg_is_for_floats(in_ranks):
    """With gloo, ReduceOp.AVG raises for integers."""

    def work(rank):
        dist.all_reduce(torch.tensor([1, 4]), op=dist.ReduceOp.AVG)

    for message in in_ranks(work):
        said = "can't be cast to the desired output type Long" if torch.__version__ >= (2, 8) else "AVG"
        assert said in message


def test_objects_need_the_device_with_nccl():
    """The documentation of all_gather_object asks for torch.cuda.set_device with NCCL."""
    assert "torch.cuda.set_device" in dist.all_gather_object.__doc__


def test_loss_of_all_rows(in_ranks):
    """With the loss of all rows on every rank, times ranks, DDP's mean is the true gradient; z against all rows is not."""
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0], [-1.0, 4.0]])
    weight = torch.ones(2, requires_grad=True)
    z = x * weight
    (z @ z.T).square().sum().backward()
    expected = weight.grad

    def work(rank):
        found = []
        for every in (True, False):
            weight = torch.ones(2, requires_grad=True)
            z = x[rank : rank + 1] * weight
            rows = [torch.empty_like(z) for _ in range(3)]
            dist.all_gather(rows, z)
            rows[rank] = z
            rows = torch.cat(rows)
            ((rows if every else z) @ rows.T).square().sum().mul(3).backward()
            dist.all_reduce(weight.grad)
            found.append(weight.grad / 3)  # as DDP does
        return found

    for every, own in in_ranks(work, ranks=3):
        torch.testing.assert_close(every, expected)
        assert (own - expected).abs().max() > 1000


def test_received_tensors_carry_no_gradient(in_ranks):
    """Tensors that all_gather received do not require a gradient; with its own put back, a rank gets one."""

    def work(rank):
        z = torch.tensor([rank + 1.0, rank + 3.0], requires_grad=True)
        rows = [torch.empty(2), torch.empty(2)]
        dist.all_gather(rows, z)
        received = [row.requires_grad for row in rows]
        rows[rank] = z
        torch.stack(rows).square().sum().backward()
        return received, z.grad.tolist()

    assert in_ranks(work) == [([False, False], [2, 6]), ([False, False], [4, 8])]


def test_own_shapes(in_ranks):
    """With gloo, all_gather does not notice that the ranks have other shapes, if each rank makes its buffers like its tensor."""

    def work(rank):
        mine = torch.arange(6.0).view(2, 3) if rank == 0 else torch.arange(6.0).view(3, 2)
        rows = [torch.empty_like(mine) for _ in range(2)]
        dist.all_gather(rows, mine)
        return [row.tolist() for row in rows]

    first, second = in_ranks(work)
    assert first == [[[0, 1, 2], [3, 4, 5]]] * 2  # the second row is (3, 2) in truth
    assert second == [[[0, 1], [2, 3], [4, 5]]] * 2


def test_unequal_shapes(in_ranks):
    """With gloo, all_gather raises if a buffer has another shape than the tensor of this rank."""

    def work(rank):
        dist.all_gather([torch.empty(1), torch.empty(2)], torch.ones(rank + 1))

    for message in in_ranks(work):
        assert "ProcessGroupGloo::allgather: invalid tensor size" in message


def test_sampler_changes_the_order():
    """DistributedSampler deals the samples out in turn and repeats the first ones."""
    for shuffle in (False, True):
        shares = [list(DistributedSampler(range(7), 3, rank, shuffle=shuffle)) for rank in range(3)]
        together = [i for share in shares for i in share]
        assert together != list(range(7)) and len(together) == 9 and set(together) == set(range(7))
        if not shuffle:
            assert shares == [[0, 3, 6], [1, 4, 0], [2, 5, 1]]


def test_deprecated_names(in_ranks):
    """Since 2.13, the old names warn that they are deprecated, and the new ones give the same."""
    if torch.__version__ < (2, 13):
        return

    def work(rank):
        found, warned = [], []
        for names in (("all_gather_single", "reduce_scatter_single"), ("all_gather_into_tensor", "reduce_scatter_tensor")):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                rows, piece = torch.empty(4), torch.empty(2)
                getattr(dist, names[0])(rows, torch.tensor([rank, 7.0]))
                getattr(dist, names[1])(piece, torch.arange(4.0) + rank)
            warned.append(sum("is deprecated" in str(w.message) for w in caught))
            found.append((rows.tolist(), piece.tolist()))
        return found, warned

    for rank, (found, warned) in enumerate(in_ranks(work)):
        assert warned == [0, 2]
        assert found == [([0, 7, 1, 7], [4 * rank + 1, 4 * rank + 3])] * 2
