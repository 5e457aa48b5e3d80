"""Proofs of address-in-use."""

import os
import socket

import torch
import torch.distributed as dist


def given():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    os.environ.update(RANK="0", WORLD_SIZE="1", MASTER_ADDR="localhost", MASTER_PORT=str(port))  # as torchrun does
    return {"dist": dist}


def test_answer(answer):
    """init_process_group() takes the port from the environment that torchrun sets."""
    assert (dist.get_rank(), dist.get_world_size()) == (0, 1)
    dist.destroy_process_group()


def test_default(default):
    """Binding port 0 gives a free port that is not reserved."""
    assert 1023 < default.port < 65536


def test_right(right):
    """A store on port 0 takes a free port and tells which."""
    assert right.first.port != right.second.port and min(right.first.port, right.second.port) > 1023
    right.second.set("job", "second")
    client = dist.TCPStore("127.0.0.1", right.second.port, is_master=False)
    assert client.get("job") == b"second"


def test_find(find):
    """connect_ex returns 0 while somebody listens on the port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert not find.is_free(server.getsockname()[1])


def test_a_free_port_can_be_taken(raises):
    """A port that was free a moment ago can be taken before you use it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with raises(RuntimeError, "EADDRINUSE"):
            dist.TCPStore("127.0.0.1", port, is_master=True, wait_for_workers=False)


def test_a_taken_master_port(raises):
    """init_process_group on rank 0 raises if another program listens on its port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with raises(RuntimeError, "EADDRINUSE"):
            dist.init_process_group("gloo", init_method=address, rank=0, world_size=1)


def test_torchrun_has_set_the_port(raises):
    """Under torchrun, rank 0 only connects to MASTER_PORT, so that another number in the script leads to a timeout."""
    import datetime

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    told = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    before = dict(os.environ)
    os.environ.update(told, TORCHELASTIC_USE_AGENT_STORE="True")  # as torchrun does
    try:
        with raises(dist.DistNetworkError, "The client socket has timed out"):
            dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=1))
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_torchrun_defaults():
    """torchrun knows --standalone and --master-port, whose default is 29500."""
    from torch.distributed.run import get_args_parser

    parser = get_args_parser()
    told = " ".join(parser.format_help().split())
    assert "--standalone" in told and "on a free port" in told
    if torch.__version__ >= (2, 12):
        assert "Defaults to 29500" in told
    else:
        assert parser.get_default("master_port") == 29500


def endpoint(*options):
    """Where torchrun lets the processes meet, without starting any."""
    from torch.distributed import run

    configs, launch = [], run.elastic_launch
    run.elastic_launch = lambda config, entrypoint: lambda *args: configs.append(config)
    try:
        run.run(run.parse_args([*options, "train.py"]))
    finally:
        run.elastic_launch = launch
    return configs[0].rdzv_endpoint


def test_where_torchrun_meets():
    """On one node, torchrun takes a free port (0) since 2.12 unless you pass one; --standalone ignores --rdzv-endpoint."""
    assert endpoint("--standalone") == endpoint("--standalone", "--rdzv-endpoint=host:1") == "localhost:0"
    assert endpoint() == ("localhost:0" if torch.__version__ >= (2, 12) else "127.0.0.1:29500")
    assert endpoint("--master-port=29511") == "127.0.0.1:29511"
    assert endpoint("--nnodes=2") == "127.0.0.1:29500"
