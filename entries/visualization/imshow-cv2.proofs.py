"""Proofs of imshow-cv2."""

from types import SimpleNamespace

import numpy as np
import torch

IMAGE = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)


def given():
    import cv2
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    cv2.imwrite("photo.png", IMAGE)
    figure, axes = plt.subplots()
    pyplot = SimpleNamespace(imshow=axes.imshow, axis=axes.axis, show=lambda: None)
    gray = np.array([[50, 200]], np.uint8)
    return {"cv2": cv2, "plt": pyplot, "figure": figure, "axes": axes, "gray": gray}


def test_answer(answer):
    """COLOR_BGR2RGB reverses the channels; a gray image with vmin and vmax keeps its values."""
    color, gray = answer.axes.images
    assert np.array_equal(answer.image, IMAGE) and not answer.axes.axison
    assert np.array_equal(color.get_array(), IMAGE[..., [2, 1, 0]])
    assert gray.to_rgba(answer.gray, bytes=True)[0].tolist() == [[50, 50, 50, 255], [200, 200, 200, 255]]


def test_default(default):
    """image[..., ::-1] is the same as cvtColor with COLOR_BGR2RGB."""
    assert np.array_equal(default.rgb, default.image[..., ::-1])
    assert default.plt.imread("shown.png").ndim == 3 and not default.plt.gca().axison
    assert np.array_equal(default.plt.gca().images[0].get_array(), default.rgb)
    assert np.array_equal(default.image, default.photo)
    default.plt.close("all")


def test_gray(gray):
    """By default imshow stretches a gray image from its smallest to its largest value, in purple to yellow."""
    assert gray.shown.get_clim() == (120, 130) and gray.true.get_clim() == (0, 255)
    assert gray.shown.get_cmap().name == "viridis" and gray.axes.shape == (2,)
    gray.plt.close("all")


def test_right(right):
    """A view with a negative stride needs copy() for torch.from_numpy; flip reverses the channels of a tensor."""
    assert right.x.tolist() == [[[200, 0, 0]]]
    chw = torch.arange(3 * 2 * 4).view(3, 2, 4)
    assert torch.equal(chw.flip(0), chw[[2, 1, 0]])


def test_imread_returns_none(raises):
    """imread returns None for a file that does not exist, and cvtColor and imshow raise for None."""
    import cv2
    import matplotlib.pyplot as plt

    image = cv2.imread("missing.png")
    assert image is None
    with raises(cv2.error, "!_src.empty() in function 'cvtColor'"):
        cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    plt.switch_backend("Agg")
    with raises(TypeError, "Image data of dtype object"):
        plt.imshow(image)
    plt.close("all")


def test_floats_are_clipped():
    """imshow clips a float RGB image to 0..1."""
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    shown = plt.imshow(np.array([[[0.0, 0.5, 128.0]]]))
    assert shown.get_array().tolist() == [[[0.0, 0.5, 1.0]]]
    plt.close("all")


def test_headless_raises(raises):
    """In the headless package, imshow, waitKey, and destroyAllWindows raise."""
    from importlib.metadata import distributions

    import cv2

    installed = {d.metadata["Name"] for d in distributions() if d.metadata["Name"].startswith("opencv")}
    if installed <= {"opencv-python-headless", "opencv-contrib-python-headless"}:
        calls = (lambda: cv2.imshow("a", IMAGE), lambda: cv2.waitKey(1), cv2.destroyAllWindows)
        for call in calls:
            with raises(cv2.error, "The function is not implemented"):
                call()


def test_other_empty_images(raises):
    """A capture that cannot read returns False and None, and cvtColor refuses None and an empty crop alike."""
    import cv2
    import numpy as np

    ok, frame = cv2.VideoCapture("missing.mp4").read()
    assert not ok and frame is None
    for image in None, np.zeros((4, 4, 3), np.uint8)[4:]:
        with raises(cv2.error, "!_src.empty() in function 'cvtColor'"):
            cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
