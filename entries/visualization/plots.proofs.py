"""Proofs of plots."""

import sys
import warnings

import torch


def given():
    import matplotlib.pyplot as plt
    from torch.utils.tensorboard import SummaryWriter

    plt.switch_backend("Agg")
    w = torch.linspace(-2, 4, 60, dtype=torch.bfloat16).view(6, 10).requires_grad_()
    return {
        "plt": plt, "losses": [3.0, 1.0, 0.5], "x": torch.linspace(0, 1, 24).view(1, 3, 2, 4), "w": w,
        "writer": SummaryWriter("runs/plots"), "loss": torch.tensor(0.25), "step": 7,
    }  # fmt: skip


def test_answer(answer):
    """plot draws the curve, imshow the image as (H, W, C), hist counts each value, and add_scalar writes one point."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert answer.left.lines[0].get_xydata().tolist() == [[0, 3], [1, 1], [2, 0.5]]
    assert torch.equal(torch.tensor(answer.middle.images[0].get_array()), answer.x[0].permute(1, 2, 0))
    bars = answer.right.patches
    assert len(bars) == 50 and sum(bar.get_height() for bar in bars) == 60
    assert answer.plt.get_fignums() == [] and tuple(answer.fig.get_size_inches()) == (9, 3)
    answer.writer.close()
    log = EventAccumulator("runs/plots")
    log.Reload()
    assert [(e.step, e.value) for e in log.Scalars("loss/train")] == [(7, 0.25)]


def test_default(default):
    """hist counts how many values lie between two edges."""
    w = default.w.detach()
    for count, low, high in zip(default.counts, default.edges[:-1], default.edges[1:], strict=True):
        last = float(high) == 1  # the last bin holds its upper edge as well
        assert count == ((w >= float(low)) & ((w <= 1) if last else (w < float(high)))).sum()
    assert default.left.lines[0].get_ydata().tolist() == [2 * 0.8**i for i in range(20)]
    shown = torch.tensor(default.middle.images[0].get_array())
    assert shown.shape == (5, 6, 3) and shown[0, 1, 0] == default.x[0, 0, 0, 1]
    assert default.left.get_yscale() == "log" and default.x.sum().round() == 45


def test_smooth(smooth):
    """unfold(0, window, 1).mean(dim=1) is the mean of each window of neighboring values."""
    loss = smooth.loss.tolist()
    for i, mean in enumerate(smooth.smooth.tolist()):
        assert abs(mean - sum(loss[i : i + 20]) / 20) < 1e-5
    line = smooth.axes.lines[1].get_xdata()
    assert (line[0], line[-1]) == (19, 199)
    noise = smooth.loss - torch.exp(-torch.arange(200) / 50)
    assert 0 <= noise.min() and 0.09 < noise.max() < 0.1


def test_terminal(terminal):
    """histc counts the values of each bin and leaves out those beyond the range."""
    w, width = terminal.w, (terminal.high - terminal.low) / 6
    inside = ((w >= terminal.low) & (w <= terminal.high)).sum()
    assert terminal.counts.sum() == inside < 10_000
    third = ((w >= terminal.low + 2 * width) & (w < terminal.low + 3 * width)).sum()
    assert terminal.counts[2] == third


def test_figures_stay_open():
    """pyplot keeps each figure until close(), and warns at the 21st."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    plt.close("all")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for n in range(1, 22):
            plt.figure()
            assert len(plt.get_fignums()) == n
            assert len(seen) == (n == 21)
    assert "More than 20 figures" in str(seen[0].message)
    plt.close("all")
    assert plt.get_fignums() == []


def test_what_matplotlib_takes(raises):
    """plot raises for a tensor that requires grad and for bfloat16; detach() and float() mend it, with or without numpy()."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    fig, axes = plt.subplots()
    with raises(RuntimeError, "requires grad"):
        axes.plot(torch.ones(3, requires_grad=True))
    with raises(TypeError, "BFloat16"):
        axes.plot(torch.ones(3, dtype=torch.bfloat16))
    t = torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True)
    for plain in t.detach().float().cpu().numpy(), t.detach().float().cpu():
        (line,) = axes.plot(plain)
        assert line.get_ydata().tolist() == [1, 2]
    plt.close(fig)


def test_gray_is_stretched():
    """Without vmin and vmax, the limits of a gray image are its own extremes; RGB floats are clipped to 0..1."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    fig, axes = plt.subplots()
    image = torch.tensor([[0.4, 0.5]]).numpy()
    assert axes.imshow(image).get_clim() == (image.min(), image.max())
    assert axes.imshow(image, vmin=0, vmax=1).get_clim() == (0, 1)
    assert axes.imshow(torch.tensor([[[-2.0, 0.5, 3.0]]]).numpy()).get_array().tolist() == [[[0, 0.5, 1]]]
    plt.close(fig)


def test_histc_takes_floats(raises):
    """On the CPU, torch.histc counts floats and raises for integers."""
    assert torch.histc(torch.tensor([1.0, 2.0, 2.0]), 2, 0.5, 2.5).tolist() == [1, 2]
    with raises(RuntimeError, "not implemented for 'Long'"):
        torch.histc(torch.tensor([1, 2, 2]), 2, 0, 3)


def test_tensorboard_is_a_package(raises):
    """Without the package tensorboard, torch.utils.tensorboard cannot be imported."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(("tensorboard", "torch.utils.tensorboard"))}
    sys.modules["tensorboard"] = None
    try:
        with raises(ModuleNotFoundError, "tensorboard"):
            import torch.utils.tensorboard  # noqa: F401
    finally:
        del sys.modules["tensorboard"]
        sys.modules.update(kept)
