"""Proofs of nccl-error. What needs GPUs is told by NVIDIA's and PyTorch's documentation."""

import multiprocessing
import os
import socket
import warnings
from unittest import mock

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import Backend, BackendConfig


def group_of_one(backend=None):
    dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)


def given():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="localhost", MASTER_PORT=str(port))
    return {"torch": torch, "dist": dist, "os": os}


def test_answer(answer):
    """With GPUs the group uses nccl; without a GPU or NCCL it uses gloo, and no GPU is chosen."""
    backend = dist.get_backend()
    dist.destroy_process_group()
    assert backend == ("nccl" if answer.gpu else "gloo")


def test_default(default):
    """In a group of one process the sum is the tensor itself."""
    assert default.total.tolist() == [3.0, 4.0] and default.backend in ("nccl", "gloo")


def test_right(right):
    """With a backend for each device, CPU tensors can be reduced."""
    assert right.total.tolist() == [3.0, 4.0] and right.total.device.type == "cpu"


def test_backends_by_device(raises):
    """Without a backend, init_process_group takes only that of the accelerator, or gloo if there is none."""
    for device, wanted in ((torch.device("cuda"), {"cuda": "nccl"}), (None, {"cpu": "gloo"})):
        with (  # since torch 2.14 it asks torch.accelerator, which sees whether the GPU is there
            mock.patch("torch.accelerator.current_accelerator", lambda device=device, **_: device),
            mock.patch("torch._C._get_accelerator", lambda device=device: device or torch.device("cpu")),
        ):
            assert BackendConfig(Backend("undefined")).get_device_backend_map() == wanted
    group_of_one("cuda:gloo")  # like nccl, for CUDA tensors only
    with raises(RuntimeError, "No backend type associated with device type cpu"):
        dist.all_reduce(torch.tensor([3, 4]))
    dist.destroy_process_group()
    group_of_one("cpu:gloo,cuda:gloo")
    total = torch.tensor([3, 4])
    dist.all_reduce(total)
    dist.destroy_process_group()
    assert total.tolist() == [3, 4]


def test_a_build_without_a_backend(raises):
    """A backend that this build lacks raises."""
    if not dist.is_mpi_available():
        with raises(RuntimeError, "Distributed package doesn't have MPI built in"):
            dist.init_process_group("mpi")
    if not dist.is_nccl_available():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no default timeout either
            with raises(RuntimeError, "Distributed package doesn't have NCCL built in"):
                group_of_one("nccl")


def test_the_others_report_a_lost_connection():
    """When one process ends, the others report a failed connection, not its cause."""
    context = multiprocessing.get_context("fork")
    results, joined, meeting = context.SimpleQueue(), context.Event(), os.path.abspath("meeting")

    def be(rank):
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
        if rank == 1:
            joined.wait()  # the other one may still be connecting
            os._exit(1)  # as if out of memory
        joined.set()
        try:
            dist.all_reduce(torch.ones(2))
        except RuntimeError as error:
            results.put(str(error))

    processes = [context.Process(target=be, args=(rank,)) for rank in range(2)]
    for process in processes:
        process.start()
    assert "by peer" in results.get()
    for process in processes:
        process.join()
