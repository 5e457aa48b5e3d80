"""Proofs of tb-embedding."""

from pathlib import Path

import torch
from torch import nn


def given():
    from torch.utils.tensorboard import SummaryWriter

    x = torch.arange(5 * 2 * 1 * 3.0).view(5, 2, 1, 3)
    y = torch.tensor([0, 2, 1, 2, 0])
    return {
        "torch": torch, "backbone": nn.ReLU().eval(), "loader": [(x[:3], y[:3]), (x[3:], y[3:])],
        "device": "cpu", "classes": ["cat", "dog", "bird"], "step": 7, "writer": SummaryWriter("runs/answer"),
    }  # fmt: skip


def writer(folder):
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder)


def table(folder):
    return [[float(v) for v in line.split("\t")] for line in Path(folder, "tensors.tsv").read_text().splitlines()]


def test_answer(answer):
    """Each row of tensors.tsv is one vector, and metadata.tsv holds its label."""
    folder = Path("runs/answer/00007/fc")
    assert table(folder) == torch.arange(30.0).view(5, 6).tolist()
    assert (folder / "metadata.tsv").read_text().split() == ["cat", "bird", "dog", "bird", "cat"]
    assert not answer.features[0].requires_grad and answer.features[0].shape == (3, 6)


def test_default(default):
    """The folder is named after global_step and tag."""
    assert table(default.folder) == default.features.tolist()
    assert (default.folder / "metadata.tsv").read_text().split() == default.labels
    assert 'tensor_path: "00020/fc/tensors.tsv"' in Path("runs/demo/projector_config.pbtxt").read_text()


def test_thumbnails(thumbnails):
    """The sprite holds the thumbnails row by row, in a square of ceil(sqrt(N)) columns."""
    pixels = torch.tensor(list(thumbnails.sprite.tobytes())).view(16, 16, 3)
    assert pixels[8:, :8, 0].eq(255).all() and pixels.sum() == 64 * 255
    assert table(thumbnails.folder) == torch.eye(3).tolist()
    assert (thumbnails.folder / "metadata.tsv").read_text().splitlines()[3] == "bird\t0.7"


def test_tall_thumbnails_raise(raises):
    """A thumbnail with H larger than W raises; one with W larger than H is accepted."""
    with writer("runs/tall") as log:
        with raises(ValueError, "could not broadcast"):
            log.add_embedding(torch.eye(3), label_img=torch.ones(3, 3, 6, 4), tag="tall")
        log.add_embedding(torch.eye(3), label_img=torch.ones(3, 3, 4, 6), tag="wide")


def test_right(right):
    """add_embedding takes parameters that require grad, float16, and bfloat16."""
    assert table("runs/demo/00000/default") == right.features.tolist() == torch.arange(12.0).view(4, 3).tolist()
    assert right.labels[:3] == ["cat", "dog", "cat"]
    weight = nn.Embedding(3, 2).weight
    with writer("runs/weight") as log:
        log.add_embedding(weight, ["a", "b", "c"], tag="words")
        for dtype in (torch.float16, torch.bfloat16):
            log.add_embedding(torch.ones(2, 3, dtype=dtype), tag=str(dtype))
    torch.testing.assert_close(torch.tensor(table("runs/weight/00000/words")), weight.detach())


def test_label_tensors():
    """A tensor of labels is written as tensor(1), a list of numbers as 1."""
    y = torch.tensor([1, 2])
    with writer("runs/labels") as log:
        log.add_embedding(torch.eye(2), y, tag="tensor")
        log.add_embedding(torch.eye(2), y.tolist(), tag="list")
    assert Path("runs/labels/00000/tensor/metadata.tsv").read_text().split() == ["tensor(1)", "tensor(2)"]
    assert Path("runs/labels/00000/list/metadata.tsv").read_text().split() == ["1", "2"]


def test_a_second_writer():
    """projector_config.pbtxt lists all embeddings of one writer; a second writer starts the list again."""
    with writer("runs/twice") as log:
        log.add_embedding(torch.eye(2), tag="a")
        log.add_embedding(torch.eye(2), tag="b")
    config = Path("runs/twice/projector_config.pbtxt")
    assert config.read_text().count("tensor_path") == 2
    with writer("runs/twice") as log:
        log.add_embedding(torch.eye(2), tag="c")
    assert config.read_text().count("tensor_path") == 1 and '"c:00000"' in config.read_text()


def test_the_same_step():
    """A second call with the same tag and step overwrites the vectors; another step keeps both."""
    with writer("runs/steps") as log:
        log.add_embedding(torch.eye(2))
        log.add_embedding(torch.eye(2) * 3)
        log.add_embedding(torch.eye(2) * 5, global_step=1)
    assert table("runs/steps/00000/default") == [[3, 0], [0, 3]]
    assert table("runs/steps/00001/default") == [[5, 0], [0, 5]]


def test_the_shape(raises):
    """mat must have two dimensions, and there must be as many thumbnails as vectors."""
    with writer("runs/shape") as log:
        with raises(AssertionError, "mat should be 2D"):
            log.add_embedding(torch.ones(3, 2, 4))
        with raises(AssertionError, "#images should equal with #data points"):
            log.add_embedding(torch.eye(3), label_img=torch.ones(2, 3, 4, 4), tag="few")
