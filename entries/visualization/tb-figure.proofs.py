"""Proofs of tb-figure."""

import io
import warnings
from pathlib import Path

import torch


def given():
    import matplotlib.pyplot as plt
    from torch.utils.tensorboard import SummaryWriter

    plt.switch_backend("Agg")
    return {"plt": plt, "values": [1.0, 4.0, 2.0], "epoch": 5, "writer": SummaryWriter("runs/answer")}


def logged(folder, tag):
    """Step and pixels of each image that was written."""
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventAccumulator(folder)
    log.Reload()
    events = log.Images(tag)
    return [(e.step, Image.open(io.BytesIO(e.encoded_image_string)).convert("RGB")) for e in events]


def drawn(figure):
    """The pixels that matplotlib itself writes into a file."""
    from PIL import Image

    file = io.BytesIO()
    figure.savefig(file)
    return Image.open(file).convert("RGB")


def test_answer(answer):
    """add_figure stores the pixels of the figure under its step, and closes the figure."""
    answer.writer.close()
    ((step, image),) = logged("runs/answer", "val/curve")
    assert step == 5 and image.tobytes() == drawn(answer.figure).tobytes()
    assert answer.ax.lines[0].get_ydata().tolist() == [1, 4, 2]
    assert answer.plt.get_fignums() == [] and tuple(answer.figure.get_size_inches()) == (6, 4)


def test_default(default):
    """The image has figsize times dpi pixels, and the three steps differ."""
    images = logged("runs/figure", "probabilities")
    assert images[2][1].size == (4 * 50, 3 * 50) and default.plt.get_fignums() == []
    assert images[2][1].tobytes() == drawn(default.figure).tobytes()
    assert len({image.tobytes() for _, image in images}) == 3
    expected = torch.exp(2 * default.logits) / torch.exp(2 * default.logits).sum()
    heights = torch.tensor([float(bar.get_height()) for bar in default.ax.patches])
    torch.testing.assert_close(heights, expected)
    assert default.ax.get_ylim() == (0, 1) and default.logits.tolist() == [1, 0, -1]


def test_right(right):
    """ax.plot draws on its own figure, and plt.plot on the figure that was made last."""
    assert [list(line.get_ydata()) for line in right.ax.lines] == [[1, 3, 2]] and not right.other.axes
    plt = given()["plt"]
    figure, ax = plt.subplots()
    other = plt.figure()
    plt.plot([5, 6])
    assert [len(ax.lines), len(other.axes[0].lines)] == [0, 1]
    plt.close("all")


def test_close():
    """close=False keeps the figure open; figure.savefig works after closing too; a list of figures of the same size
    becomes one image."""
    names = given()
    plt, writer = names["plt"], names["writer"]
    figure, _ = plt.subplots()
    writer.add_figure("open", figure, close=False)
    assert plt.get_fignums() == [figure.number]
    writer.add_figure("closed", figure)
    assert plt.get_fignums() == []
    figure.savefig("closed.png")
    assert Path("closed.png").stat().st_size > 1000
    writer.add_figure("list", [plt.subplots(figsize=(2, 1))[0] for _ in range(3)])
    writer.close()
    assert plt.get_fignums() == [] and logged("runs/answer", "list")[0][1].size == (3 * 200, 100)


def test_without_pyplot():
    """A figure made with matplotlib.figure.Figure() is rendered as well."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    writer = given()["writer"]
    writer.add_figure("figure", figure)
    writer.close()
    assert logged("runs/answer", "figure")[0][1].tobytes() == drawn(figure).tobytes()


def test_the_figure_not_the_axes(raises):
    """add_figure raises for an ax, for plt, and for an image as an array; ax.figure is the figure, and add_image takes the array."""
    names = given()
    figure, ax = names["plt"].subplots()
    with raises(AttributeError, "'Axes' object has no attribute 'set_canvas'"):
        names["writer"].add_figure("a", ax)
    with raises(AttributeError, "module 'matplotlib.pyplot' has no attribute 'set_canvas'"):
        names["writer"].add_figure("a", names["plt"])
    assert ax.figure is figure
    names["plt"].close(figure)
    image = torch.zeros(4, 5, 3, dtype=torch.uint8).numpy()  # (H, W, C)
    with raises(AttributeError, "'numpy.ndarray' object has no attribute 'set_canvas'"):
        names["writer"].add_figure("a", image)
    names["writer"].add_image("a", image, 0, dataformats="HWC")


def test_an_image_for_each_figure():
    """A figure of the default size takes more than 100 times the bytes of a scalar in the log."""
    names = given()
    writer = names["writer"]

    def size():
        writer.flush()
        return sum(file.stat().st_size for file in Path("runs/answer").iterdir())

    sizes = [size()]
    for step in range(10):
        writer.add_scalar("loss", 0.5, step)
    sizes.append(size())
    writer.add_figure("figure", names["plt"].subplots()[0], 0)
    sizes.append(size())
    writer.close()
    assert sizes[2] - sizes[1] > 100 * (sizes[1] - sizes[0]) / 10


def test_ten_images_per_tag():
    """TensorBoard's image plugin keeps 10 images per tag unless told otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.plugins.image import images_plugin
    assert images_plugin._DEFAULT_DOWNSAMPLING == 10
