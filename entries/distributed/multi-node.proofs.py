"""Proofs of multi-node."""

import inspect
import os
import types
import warnings
from collections import Counter

import torch
import torch.distributed as dist
from torch.utils.data.distributed import DistributedSampler


def join_as(rank, world_size):
    """Be one process of a large group whose other members do not exist."""
    from torch.testing._internal.distributed.fake_pg import FakeStore

    dist.init_process_group("fake", rank=rank, world_size=world_size, store=FakeStore())


def given():
    if dist.is_initialized():
        dist.destroy_process_group()
    os.environ.update(RANK="13", LOCAL_RANK="5", WORLD_SIZE="16")  # as torchrun sets them on the second node
    chosen = []
    cuda = types.SimpleNamespace(set_device=chosen.append)
    group = types.SimpleNamespace(
        init_process_group=lambda: join_as(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    )
    return {
        "os": os,
        "torch": types.SimpleNamespace(cuda=cuda),
        "dist": group,
        "DistributedSampler": DistributedSampler,
        "dataset": range(100, 200),
        "chosen": chosen,
    }


def test_answer(answer):
    """LOCAL_RANK picks the GPU, and DistributedSampler takes RANK and WORLD_SIZE from the process group."""
    assert answer.chosen == [5]
    assert (answer.sampler.rank, answer.sampler.num_replicas) == (13, 16)
    assert (dist.get_rank(), dist.get_world_size()) == (13, 16)
    dist.destroy_process_group()


def config(*arguments):
    """What torchrun makes of its arguments."""
    from torch.distributed.run import config_from_args, get_args_parser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return config_from_args(get_args_parser().parse_args([*arguments, "train.py"]))[0]


def test_the_command():
    """The command of the answer asks for two nodes of eight processes that meet at node0:29500 through c10d."""
    made = config(
        "--nnodes=2",
        "--nproc-per-node=8",
        "--rdzv-backend=c10d",
        "--rdzv-id=job1",
        "--rdzv-endpoint=node0:29500",
    )
    assert (made.min_nodes, made.max_nodes, made.nproc_per_node) == (2, 2, 8)
    assert (made.rdzv_backend, made.run_id, made.rdzv_endpoint) == ("c10d", "job1", "node0:29500")


def test_node_rank_is_for_the_static_backend():
    """The static backend is the default and takes --node-rank, with --master-addr or --rdzv-endpoint; c10d does not."""
    made = config("--nnodes=2", "--node-rank=1", "--master-addr=node0", "--master-port=29500")
    assert (made.rdzv_backend, made.rdzv_endpoint, made.rdzv_configs["rank"]) == ("static", "node0:29500", 1)
    made = config("--nnodes=2", "--node-rank=1", "--rdzv-endpoint=node0:29501")
    assert (made.rdzv_backend, made.rdzv_endpoint, made.rdzv_configs["rank"]) == ("static", "node0:29501", 1)
    assert config("--nnodes=2").rdzv_configs["rank"] == 0  # on every node the same, unless it is passed
    made = config("--nnodes=2", "--node-rank=1", "--rdzv-backend=c10d", "--rdzv-endpoint=node0:29500")
    assert "rank" not in made.rdzv_configs


def test_c10d_opens_another_port():
    """With c10d, the process group meets at a free port that rank 0 chooses, not at that of the endpoint."""
    from torch.distributed.elastic.rendezvous import RendezvousStoreInfo, dynamic_rendezvous

    assert "RendezvousStoreInfo.build(" in inspect.getsource(dynamic_rendezvous)
    store = dist.HashStore()
    info = RendezvousStoreInfo.build(0, store, local_addr="node0")
    assert info.master_addr == "node0" and info.master_port not in (0, 29500)
    assert RendezvousStoreInfo.build(1, store, local_addr="node1") == info  # the others learn it


def test_c10d_sorts_the_nodes():
    """With c10d, the nodes get their ranks in the order of their addresses, not by who holds the endpoint."""
    from torch.distributed.elastic.rendezvous.dynamic_rendezvous import _NodeDesc, _DistributedRendezvousOpExecutor

    assert "enumerate(sorted(state.participants))" in inspect.getsource(_DistributedRendezvousOpExecutor)
    nodes = [_NodeDesc("node1", 7, 0), _NodeDesc("node0", 9, 0)]
    assert [node.addr for node in sorted(nodes)] == ["node0", "node1"]


def reading(rank_of, nodes, per_node):
    """How often each of 24 samples is read if each process shards by what `rank_of` gives."""
    seen = Counter()
    for node in range(nodes):
        for local in range(per_node):
            rank = rank_of(node * per_node + local, local)
            seen.update(
                DistributedSampler(range(24), num_replicas=nodes * per_node, rank=rank, shuffle=False)
            )
    return [seen[i] for i in range(24)]


def test_mixed_up_ranks():
    """Sharded by LOCAL_RANK, one node reads each sample once; two nodes read half of the data twice, the rest never."""
    for nodes in 1, 2:
        assert reading(lambda rank, local: rank, nodes, 3) == [1] * 24
    assert reading(lambda rank, local: local, 1, 3) == [1] * 24
    assert sorted(reading(lambda rank, local: local, 2, 3)) == [0] * 12 + [2] * 12


def test_wrong(wrong, right):
    """A process whose rank is 1 of 4 reads every fourth sample from the second on."""
    assert list(wrong.sampler) == [1, 5] and list(right.sampler) == [3, 7]
    assert list(wrong.data) == list(right.data) == list(range(8))


def test_one_local_rank_0_per_node():
    """RANK 0 exists once, and LOCAL_RANK 0 once on each node."""
    processes = [(node, local, node * 8 + local) for node in range(2) for local in range(8)]
    assert [node for node, local, rank in processes if rank == 0] == [0]
    assert [node for node, local, rank in processes if local == 0] == [0, 1]
