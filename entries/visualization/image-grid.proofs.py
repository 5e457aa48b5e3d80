"""Proofs of image-grid."""

import torch


def given():
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    x = torch.linspace(-3, 3, 5 * 3 * 6 * 4).view(5, 3, 6, 4).requires_grad_()
    mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25])
    return {"plt": plt, "x": x, "mean": mean.view(3, 1, 1), "std": std.view(3, 1, 1)}


def test_answer(answer):
    """After x * std + mean, clamp, detach, and permute, imshow shows each image as (H, W, C)."""
    data = given()
    x, mean, std = data["x"].detach(), [0.5, 0.4, 0.3], [0.2, 0.3, 0.25]
    shown = [axis for axis in answer.axes.flat if axis.images]
    assert (answer.shown.min(), answer.shown.max()) == (0, 1)
    assert answer.axes.shape == (2, 4) and len(shown) == 5
    assert not any(axis.axison for axis in answer.axes.flat)
    for n, axis in enumerate(shown):
        pixels = torch.tensor(axis.images[0].get_array())
        assert pixels.shape == (6, 4, 3)
        for c in range(3):
            wanted = (x[n, c] * std[c] + mean[c]).clip(0, 1)
            torch.testing.assert_close(pixels[..., c], wanted)
    answer.plt.close(answer.figure)


def test_default(default):
    """pad, permute to (C, rows, H, columns, W), and reshape put image i into row i // columns and column i % columns."""
    batch = torch.arange(5 * 3 * 2 * 4.0).view(5, 3, 2, 4)
    wanted = torch.full((3, 2 * 3, 3 * 5), 7.0)
    for i in range(5):
        top, left = i // 3 * 3, i % 3 * 5
        wanted[:, top : top + 2, left : left + 4] = batch[i]
    assert torch.equal(default.make_grid(batch, 3, 7), wanted)
    assert default.make_grid(batch, 3).min() == 0 and default.grid.shape == (3, 6, 15)
    assert default.make_grid(batch, 5).shape == (3, 3, 25)  # no empty cells


def test_reshape_alone_mixes():
    """A reshape without permute puts pixels of different images into the place of one."""
    batch = torch.arange(4).view(4, 1, 1, 1).expand(4, 1, 2, 3)
    mixed = batch.reshape(1, 4, 6)
    assert mixed[0, :2, :3].unique().tolist() == [0, 1]
    cells = batch.view(2, 2, 1, 2, 3).permute(2, 0, 3, 1, 4).reshape(1, 4, 6)
    assert cells[0, :2, :3].unique().tolist() == [0]


def test_plot(plot):
    """x * std + mean undoes the normalization."""
    torch.testing.assert_close(plot.shown, plot.colors, atol=1e-6, rtol=0)
    pixels = plot.plt.imread("batch.png")[120, (130, 310, 490), :3]
    assert pixels.round().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [axis.get_title() for axis in plot.axes] == ["red", "green", "blue"]
    assert not any(axis.axison for axis in plot.axes)
    plot.plt.close(plot.figure)


def test_floats_are_clipped():
    """imshow clips float RGB images to 0..1 and shows uint8 as 0..255."""
    plt = given()["plt"]
    figure, axis = plt.subplots()
    image = torch.tensor([[[-2.0, 0.5, 3.0], [0.25, 1.0, 0.0]]]).numpy()
    shown = axis.imshow(image).get_array()
    assert shown.tolist() == [[[0.0, 0.5, 1.0], [0.25, 1.0, 0.0]]]
    whole = torch.tensor([[[0, 128, 255], [7, 0, 1]]], dtype=torch.uint8).numpy()
    assert axis.imshow(whole).get_array().tolist() == whole.tolist()
    plt.close(figure)


def test_imshow_rejects(raises):
    """imshow raises for a tensor that requires grad, and for the layout (C, H, W); it takes a plain tensor (H, W, C)."""
    plt = given()["plt"]
    figure, axis = plt.subplots()
    with raises(RuntimeError, "requires grad"):
        axis.imshow(torch.rand(4, 6, 3, requires_grad=True))
    with raises(TypeError, "Invalid shape (3, 4, 6)"):
        axis.imshow(torch.rand(3, 4, 6).numpy())
    assert axis.imshow(torch.rand(4, 6, 3)).get_array().shape == (4, 6, 3)  # a tensor on the CPU, without numpy()
    plt.close(figure)


def test_gray_images():
    """imshow draws a gray image in colors and stretches it, unless it gets cmap, vmin, and vmax."""
    plt = given()["plt"]
    figure, axis = plt.subplots()
    gray = torch.tensor([[0.25, 0.5, 0.75]])[..., None].numpy()  # (H, W, 1)
    plain = axis.imshow(gray)
    assert plain.cmap.name == "viridis" and plain.get_clim() == (0.25, 0.75)
    true = axis.imshow(gray, cmap="gray", vmin=0, vmax=1)
    seen = torch.tensor(true.to_rgba(true.get_array()))[..., :3]
    torch.testing.assert_close(seen, torch.tensor(gray).double().expand(1, 3, 3), atol=0.01, rtol=0)
    color = torch.rand(2, 3, 3).numpy()
    shown = axis.imshow(color, cmap="gray", vmin=0, vmax=1)
    assert (shown.get_array() == color).all()
    plt.close(figure)
