"""Proofs of tensorboard."""

import importlib
import io
import os
import sys
import threading
import time
import types

import torch


def given():
    torch.manual_seed(0)
    return {"loss": torch.tensor(2.5, requires_grad=True), "val_loss": 2.75, "step": 30}


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventAccumulator(folder)
    log.Reload()
    return log


def pixels(log, tag):
    """The image of a tag as (H, W, C) in 0..255."""
    import numpy as np
    from PIL import Image

    event = log.Images(tag)[0]
    return torch.from_numpy(np.array(Image.open(io.BytesIO(event.encoded_image_string)))), event.step


def log(folder, value, steps, purge_step=None):
    """Log a value at each of the steps, in a file that sorts after those of earlier runs."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder, purge_step=purge_step) as writer:
        for step in steps:
            writer.add_scalar("loss", value, step)
    new = [name for name in os.listdir(folder) if ".tfevents.run" not in name]
    os.rename(f"{folder}/{new[0]}", f"{folder}/events.out.tfevents.run{len(os.listdir(folder))}")


def shown(parent, folder):
    """What the page gets for the tag loss: from Python, and from the data server, if there is one that answers in time."""
    from tensorboard import context
    from tensorboard.backend.event_processing import plugin_event_accumulator
    from tensorboard.data import server_ingester
    from tensorboard.util import grpc_util

    log = plugin_event_accumulator.EventAccumulator(f"{parent}/{folder}")
    log.Reload()
    python = [(event.step, event.tensor_proto.float_val[0]) for event in log.Tensors("loss")]
    try:
        binary = server_ingester.get_server_binary()
    except server_ingester.NoDataServerError:
        return python, None
    server = server_ingester.SubprocessServerDataIngester(
        server_binary=binary,
        logdir=parent,
        reload_interval=1,
        channel_creds_type=grpc_util.ChannelCredsType.LOCAL,
    )
    server.start()
    there = []
    for _ in range(1200):  # it reads in the background
        found = server.data_provider.read_scalars(
            context.RequestContext(), experiment_id="", plugin_name="scalars", downsample=100
        )
        there = [(event.step, event.value) for event in found.get(folder, {}).get("loss", [])]
        if there[-1:] == python[-1:]:
            return python, there
        time.sleep(0.05)
    return python, None


def points(folder, tag="loss"):
    return [(event.step, event.value) for event in read(folder).Scalars(tag)]


def test_answer(answer):
    """add_scalar stores a number with its step, each tag as a curve of its own."""
    assert points("runs/lr0.1", "loss/train") == [(30, 2.5)]
    assert points("runs/lr0.1", "loss/val") == [(30, 2.75)]


def test_default(default):
    """One folder holds the curves, the images, and the histograms of a run."""
    curve = points("runs/lr0.01", "loss/train")
    assert [step for step, _ in curve] == list(range(20)) and curve[-1][1] == default.loss.item()
    assert curve[-1][1] < curve[0][1]
    log = read("runs/lr0.01")
    image, step = pixels(log, "input")
    assert torch.equal(image, (default.x[0] * 255).byte().permute(1, 2, 0)) and step == 19
    assert log.Histograms("weight")[0].histogram_value.num == 60 and log.Histograms("weight")[0].step == 19


def test_train_val(train_val):
    """The same tag in two folders gives two curves."""
    assert train_val.epoch == 4
    assert points("runs/train") == [(e, torch.tensor(1 / (1 + e)).item()) for e in range(5)]
    assert points("runs/val") == [(e, torch.tensor(1.5 / (1 + e)).item()) for e in range(5)]


def test_hparams(hparams):
    """add_hparams stores settings and results, and with run_name="." it makes no folder of its own."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    assert sorted(os.listdir("runs")) == ["lr0.01", "lr0.1"] and hparams.lr == 0.01
    for lr, accuracy in [("0.1", 0.75), ("0.01", 0.5)]:
        log = read(f"runs/lr{lr}")
        assert [event.value for event in log.Scalars("best/acc")] == [accuracy]
        content = log.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        stored = HParamsPluginData.FromString(content).session_start_info.hparams
        assert stored["lr"].number_value == float(lr) and stored["batch"].number_value == 32
        assert all(os.path.isfile(f"runs/lr{lr}/{name}") for name in os.listdir(f"runs/lr{lr}"))


def test_own_folder_of_hparams():
    """Without run_name, add_hparams makes a folder below that of the run."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter("own") as writer:
        writer.add_hparams({"lr": 0.1}, {"best/acc": 0.5})
    assert [os.path.isdir(f"own/{name}") for name in os.listdir("own")].count(True) == 1


def test_one_folder_mixes_runs(wrong):
    """Two runs in one folder become one curve whose steps start again; the data server hides the first."""
    assert wrong.step == 3
    assert points("runs/test") == 2 * [(s, torch.tensor(1 / (1 + s)).item()) for s in range(4)]
    log("twice/run", 1.0, range(6))
    log("twice/run", 2.0, range(3))
    python, server = shown("twice", "run")
    second = [(s, 2.0) for s in range(3)]
    assert python == [(s, 1.0) for s in range(6)] + second and server in (None, second)


def test_right(right):
    """Two runs in two folders are two curves."""
    assert right.run == "b"
    for folder in ("runs/test-a", "runs/test-b"):
        assert points(folder) == [(s, torch.tensor(1 / (1 + s)).item()) for s in range(4)]


def test_no_step_is_step_zero():
    """Points logged without a step all have step 0."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter("no-step") as writer:
        for value in (1.0, 2.0, 3.0):
            writer.add_scalar("loss", value)
    assert points("no-step") == [(0, 1.0), (0, 2.0), (0, 3.0)]
    assert shown(".", "no-step")[1] in (None, [(0, 3.0)])


def test_float_images_are_clipped():
    """All images but uint8 are multiplied by 255 and clipped, so 100 is white and -100 black; uint8 is kept."""
    from torch.utils.tensorboard import SummaryWriter

    image = torch.full((3, 2, 4), 100.0)
    with SummaryWriter("images") as writer:
        writer.add_image("float", image)
        writer.add_image("int64", image.long())
        writer.add_image("negative", -image)
        writer.add_image("divided", image / 255)
        writer.add_image("uint8", image.byte())
    log = read("images")
    found = {tag: pixels(log, tag)[0].unique().tolist() for tag in log.Tags()["images"]}
    assert found == {"float": [255], "int64": [255], "negative": [0], "divided": [100], "uint8": [100]}


def test_dataformats():
    """add_image takes an image with the channels last if dataformats is "HWC"."""
    from torch.utils.tensorboard import SummaryWriter

    image = torch.arange(2 * 5 * 3, dtype=torch.uint8).view(2, 5, 3)
    with SummaryWriter("hwc") as writer:
        writer.add_image("input", image.numpy(), dataformats="HWC")
    assert torch.equal(pixels(read("hwc"), "input")[0], image)


def test_listens_on_localhost():
    """TensorBoard listens on localhost and port 6006 unless told otherwise."""
    import argparse
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the packages that it brings along
        from tensorboard.plugins.core import core_plugin

    parser = argparse.ArgumentParser()
    core_plugin.CorePluginLoader().define_flags(parser)
    text = " ".join(parser.format_help().split())
    assert "What host to listen to (default: localhost)" in text
    assert "the default port (6006)" in text and core_plugin.DEFAULT_PORT == 6006


def test_flush():
    """After flush(), all points are in the file; a daemon thread writes them, for which Python does not wait at its end."""
    from torch.utils.tensorboard import SummaryWriter

    before = set(threading.enumerate())
    with SummaryWriter("flush") as writer:
        started = set(threading.enumerate()) - before
        assert started and all(thread.daemon for thread in started)
        for step in range(30):
            writer.add_scalar("loss", step, step)
        writer.flush()
        assert len(points("flush")) == 30


def test_purge_step():
    """With purge_step in every run, 0 in the first, points that are logged again replace the old ones."""
    log("purge/resumed", 1.0, range(5), purge_step=0)
    log("purge/resumed", 2.0, range(3, 8), purge_step=3)
    replaced = [(s, 1.0) for s in range(3)] + [(s, 2.0) for s in range(3, 8)]
    python, server = shown("purge", "resumed")
    assert python == replaced and server in (None, replaced)


def test_purge_step_from_the_first_run_on():
    """If the first run had no purge_step, that of the second hides nothing where Python reads the files."""
    log("purge/unmarked", 1.0, range(5))
    log("purge/unmarked", 2.0, range(3, 8), purge_step=3)
    assert shown("purge", "unmarked")[0] == [(s, 1.0) for s in range(5)] + [(s, 2.0) for s in range(3, 8)]


def test_default_folder():
    """Without a name, the folder is made of the date, the time, and the host, below runs."""
    import socket

    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter() as writer:
        folder = writer.log_dir
    assert os.path.dirname(folder) == "runs" and folder.endswith(f"_{socket.gethostname()}")


def test_a_file_of_the_same_name(raises):
    """A module tensorboard without a version hides the package: torch.utils.tensorboard cannot be imported."""
    names = [name for name in sys.modules if name.startswith(("tensorboard", "torch.utils.tensorboard"))]
    kept = {name: sys.modules.pop(name) for name in names}
    sys.modules["tensorboard"] = types.ModuleType("tensorboard")
    try:
        with raises(ImportError, "TensorBoard logging requires TensorBoard version 1.15 or above"):
            importlib.import_module("torch.utils.tensorboard")
    finally:
        del sys.modules["tensorboard"]
        sys.modules.update(kept)
