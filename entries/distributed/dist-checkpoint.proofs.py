"""Proofs of dist-checkpoint. Some start processes of their own."""

import os
import shutil
import warnings

import torch
import torch._dynamo.utils  # imported once, rather than in each process
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.distributed.checkpoint.state_dict as dcs
from torch import nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import Shard
from torch.nn.parallel import DistributedDataParallel

warnings.filterwarnings("ignore", "TypedStorage is deprecated")  # up to torch 2.10, saving says so
KEPT = []  # deleting a group can deadlock
ALONE = {"no_dist": True} if torch.__version__ >= (2, 7) else {}


def weight():
    return torch.arange(24.0).reshape(6, 4)


def sharded(fill, dim=0):
    """A layer whose weight is sharded over the ranks."""
    layer = nn.Linear(4, 6, bias=False)
    layer.weight.data.copy_(fill)
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    return fully_shard(layer, mesh=mesh, shard_placement_fn=lambda _: Shard(dim))


def save(state, folder):
    """Save in this process alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save(state, checkpoint_id=folder, **ALONE)


def load(state, folder):
    """Load in this process alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.load(state, checkpoint_id=folder, **ALONE)


def given():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    return {
        "dcp": dcp, "get_state_dict": dcs.get_state_dict, "set_state_dict": dcs.set_state_dict,
        "model": model, "optimizer": optimizer, "epoch": 3,
    }  # fmt: skip


def test_answer(answer):
    """What was saved is found again in a new model and optimizer."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    weights, optim = dcs.get_state_dict(model, optimizer)
    state = {"model": weights, "optim": optim, "epoch": 0}
    dcp.load(state, checkpoint_id="ckpt/3")
    KEPT.append(dist.group.WORLD)
    dist.destroy_process_group()
    assert answer.start == 4 and state["epoch"] == 3
    assert torch.equal(model.weight, answer.model.weight)
    assert optim["param_groups"][0]["lr"] == 0.1


def test_set_state_dict():
    """dcp.load fills the state dicts and the weights; only set_state_dict gives the optimizer its learning rate back."""
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(5, 3)).sum().backward()
    optimizer.step()
    save(dict(zip("mo", dcs.get_state_dict(model, optimizer), strict=True)), "handed")
    fresh = torch.optim.Adam(other.parameters(), lr=0.5)
    weights, optim = dcs.get_state_dict(other, fresh)
    load({"m": weights, "o": optim}, "handed")
    assert torch.equal(other.weight, model.weight) and fresh.param_groups[0]["lr"] == 0.5
    dcs.set_state_dict(other, fresh, model_state_dict=weights, optim_state_dict=optim)
    assert fresh.param_groups[0]["lr"] == 0.1
    assert torch.equal(fresh.state[other.weight]["exp_avg"], optimizer.state[model.weight]["exp_avg"])


def test_one_file():
    """dcp_to_torch_save writes what was saved as one file that torch.load reads."""
    save({"model": nn.Linear(3, 2).state_dict(), "epoch": 4}, "folder")
    dcp_to_torch_save("folder", "model.pt")
    found = torch.load("model.pt")
    assert found["epoch"] == 4 and {k: v.shape for k, v in found["model"].items()} == {"weight": (2, 3), "bias": (2,)}


def test_without_a_group():
    """In a single process, save and load work without a process group, and warn."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dcp.save({"a": torch.arange(3)}, checkpoint_id="single")
        state = {"a": torch.zeros(3, dtype=torch.int64)}
        dcp.load(state, checkpoint_id="single")
    assert not dist.is_initialized() and state["a"].tolist() == [0, 1, 2]
    assert any("in a single process" in str(w.message) for w in caught)


def test_other_shards(in_ranks):
    """What two ranks saved as rows loads as columns, on three ranks, and in a single process."""

    def write(_):
        dcp.save({"model": sharded(weight()).state_dict()}, checkpoint_id="ckpt")

    def read(_):
        layer = sharded(torch.zeros(6, 4), dim=int(dist.get_world_size() == 2))
        dcp.load({"model": layer.state_dict()}, checkpoint_id="ckpt")
        return tuple(layer.weight.to_local().shape), layer.weight.full_tensor().tolist()

    assert in_ranks(write) == [None, None]
    assert in_ranks(read) == [((6, 2), weight().tolist())] * 2
    assert in_ranks(read, ranks=3) == [((2, 4), weight().tolist())] * 3
    single = {"model": {"weight": torch.zeros(6, 4)}}
    load(single, "ckpt")
    assert torch.equal(single["model"]["weight"], weight())


def test_each_rank_writes_its_part(in_ranks):
    """Each rank writes one file into the folder, which holds only its rows."""

    def work(rank):
        long = sharded(weight().repeat(2000, 1)[:6].clone())
        dcp.save({"model": long.state_dict()}, checkpoint_id="parts")
        return long.weight.to_local().tolist()

    first, second = in_ranks(work)
    assert first == weight()[:3].tolist() and second == weight()[3:].tolist()
    assert sorted(os.listdir("parts")) == [".metadata", "__0_0.distcp", "__1_0.distcp"]


def test_every_file_is_needed(in_ranks, raises):
    """Loading raises if the file of one rank is missing."""

    def write(_):
        dcp.save({"model": sharded(weight()).state_dict()}, checkpoint_id="ckpt2")

    in_ranks(write)
    shutil.copytree("ckpt2", "lacking")
    os.remove("lacking/__1_0.distcp")
    with raises(CheckpointException):
        load({"model": {"weight": torch.zeros(6, 4)}}, "lacking")
    load({"model": {"weight": torch.zeros(6, 4)}}, "ckpt2")


def test_all_ranks_must_call(in_ranks):
    """save or load on one rank alone waits until the timeout."""

    def write(rank):
        return dcp.save({"x": torch.ones(2)}, checkpoint_id="alone") if rank == 0 else "elsewhere"

    def read(rank):
        return dcp.load({"weight": torch.ones(2)}, checkpoint_id="there") if rank == 0 else "elsewhere"

    save({"weight": torch.ones(2)}, "there")
    for work in (write, read):
        waited, other = in_ranks(work, seconds=3)
        assert "Timed out" in waited and other == "elsewhere"


def test_names_of_the_bare_model(in_ranks):
    """Under DDP, get_state_dict gives the names without the prefix module."""

    def work(_):
        model = DistributedDataParallel(nn.Linear(3, 2))
        weights, optim = dcs.get_state_dict(model, torch.optim.Adam(model.parameters()))
        return list(weights), list(optim["state"]), next(iter(model.state_dict()))

    assert in_ranks(work) == [(["weight", "bias"], ["weight", "bias"], "module.weight")] * 2


def test_async_save(in_ranks):
    """async_save returns a future, and after its result() the checkpoint can be loaded."""

    def work(_):
        dcp.async_save({"weight": weight()}, checkpoint_id="later").result()
        state = {"weight": torch.zeros(6, 4)}
        dcp.load(state, checkpoint_id="later")
        return state["weight"].tolist()

    assert in_ranks(work) == [weight().tolist()] * 2


def test_async_save_needs_gloo(raises):
    """Without a backend for the CPU in the group, async_save raises."""
    dist.init_process_group("cuda:gloo", store=dist.HashStore(), rank=0, world_size=1)  # like nccl, for CUDA only
    KEPT.append(dist.group.WORLD)
    with raises(AssertionError, "A CPU backend must be enabled for async save"):
        dcp.async_save({"weight": weight()}, checkpoint_id="later")
    dist.destroy_process_group()


def test_only_the_keys_you_pass(raises):
    """load fills the keys of the state dict in place, ignores what it lacks, and raises for a key that was not saved."""
    save({"a": torch.ones(2), "b": torch.ones(3), "epoch": 5}, "keys")
    tensor = torch.zeros(2)
    state = {"a": tensor}
    load(state, "keys")
    assert tensor.tolist() == [1, 1] and list(state) == ["a"]
    with raises(CheckpointException, "Missing key in checkpoint state_dict: c"):
        load({"c": torch.zeros(2)}, "keys")


def test_gradients_before_get_state_dict():
    """If a fresh Adam has gradients already, get_state_dict holds no averages, so load does not restore them."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    KEPT.append(dist.group.WORLD)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    save(dict(zip(("model", "optim"), dcs.get_state_dict(model, optimizer), strict=True)), "averages")
    for backward_first in False, True:
        fresh = nn.Linear(3, 2)
        adam = torch.optim.Adam(fresh.parameters())
        if backward_first:
            fresh(torch.ones(1, 3)).sum().backward()
        weights, optim = dcs.get_state_dict(fresh, adam)
        load({"model": weights, "optim": optim}, "averages")
        dcs.set_state_dict(fresh, adam, model_state_dict=weights, optim_state_dict=optim)
        assert torch.equal(fresh.weight, model.weight)
        assert bool(adam.state_dict()["state"]) is not backward_first
    dist.destroy_process_group()


def test_not_an_exception():
    """What load raises for a missing file, a missing key, and another shape passes through except Exception."""
    save({"c": torch.zeros(2)}, "here")
    for state, where in (({"c": torch.zeros(2)}, "nowhere"), ({"d": torch.zeros(2)}, "here"), ({"c": torch.zeros(3)}, "here")):
        caught = ""
        try:
            try:
                load(state, where)
            except Exception:
                caught = "Exception"
        except BaseException as error:
            caught = type(error).__name__
        assert caught == "CheckpointException"


def test_saving_overwrites():
    """Saving into the same folder again replaces what was there, with a warning."""
    save({"a": torch.ones(2)}, "same")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dcp.save({"a": torch.zeros(2)}, checkpoint_id="same", **ALONE)
    assert any("Detected an existing checkpoint" in str(w.message) for w in caught)
    state = {"a": torch.ones(2)}
    load(state, "same")
    assert state["a"].tolist() == [0, 0]
