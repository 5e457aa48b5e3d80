"""Proofs of pretrained-models."""

import warnings
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def prepared(image):
    """Shorter side to 256, center 224, ImageNet's mean and std, for images of (C, H, W)."""
    side = min(image.shape[1:])
    size = [256 * n // side for n in image.shape[1:]]
    x = F.interpolate(image[None] / 255, size, mode="bilinear", antialias=True)[0]
    top, left = (round((n - 224) / 2) for n in size)
    return (x[:, top : top + 224, left : left + 224] - MEAN) / STD


def an_image():
    torch.manual_seed(3)
    coarse = torch.rand(1, 3, 5, 6)
    return (F.interpolate(coarse, (300, 400), mode="bilinear")[0] * 255).round().to(torch.uint8)


@contextmanager
def downloads(state=None):
    """Stands in for the network: what torchvision asks for, with its arguments, and `state` as the answer."""
    from torchvision.models import _api

    asked, real = [], _api.load_state_dict_from_url

    def load(url, **options):
        asked.append((url, options))
        return state or {}

    _api.load_state_dict_from_url = load
    try:
        yield asked
    finally:
        _api.load_state_dict_from_url = real


def some_weights():
    """Other numbers under the names of ResNet-18."""
    from torchvision.models import resnet18

    with torch.device("meta"):
        shapes = resnet18().state_dict()
    torch.manual_seed(4)
    return {
        name: torch.rand(t.shape) + 0.5 if t.ndim == 1 else torch.randn(t.shape) / (t[0].numel() ** 0.5)
        for name, t in shapes.items()
        if t.ndim
    } | {name: torch.tensor(1) for name, t in shapes.items() if not t.ndim}


def given():
    from torchvision.models import _api

    state = some_weights()
    _api.load_state_dict_from_url = lambda url, **options: state  # instead of the network
    return {"torch": torch, "image": an_image()}


def test_answer(answer):
    """The answer prepares the image as ImageNet's validation does and names the most probable class."""
    torch.testing.assert_close(answer.x[0], prepared(answer.image), rtol=0, atol=0.02)  # rounded to uint8
    model = answer.model
    state = some_weights()
    assert all(torch.equal(t, state[name]) for name, t in model.state_dict().items())
    logits = model.eval()(answer.x)
    torch.testing.assert_close(answer.probs, logits.exp() / logits.exp().sum(), rtol=1e-3, atol=1e-6)
    assert answer.label == answer.weights.meta["categories"][logits[0].tolist().index(logits.max().item())]
    assert len(answer.weights.meta["categories"]) == 1000


def test_default(default):
    """Resize the shorter side to 256, take the center 224, scale to 0..1, subtract the mean, divide by the std."""
    torch.testing.assert_close(default.x[0], prepared(default.image))
    assert default.image.shape == (3, 300, 400) and default.image.dtype == torch.uint8


def test_transforms_are_for_inference(default):
    """weights.transforms() resizes, crops the center and normalizes, the same each time."""
    from torchvision.models import ResNet18_Weights

    preprocess = ResNet18_Weights.DEFAULT.transforms()
    torch.testing.assert_close(preprocess(default.image), default.x[0], rtol=0, atol=0.02)  # rounds to uint8
    assert torch.equal(preprocess(default.image), preprocess(default.image))


def test_only_uint8_images_are_scaled():
    """weights.transforms() divides uint8 by 255 and leaves floats as they are; int64 pixels come out black."""
    from torchvision.models import ResNet18_Weights

    preprocess = ResNet18_Weights.DEFAULT.transforms()
    image = an_image()
    x = preprocess(image)
    torch.testing.assert_close(preprocess(image / 255), x, rtol=0, atol=0.02)
    torch.testing.assert_close(preprocess(image.float()), (prepared(image) * STD + MEAN) * 255 / STD - MEAN / STD)
    torch.testing.assert_close(preprocess(image.long()), (-MEAN / STD).expand_as(x))


def test_normalization_left_out(wrong, right):
    """A model that got every normalized image right gets a third of them wrong without the normalization."""
    accuracy = [(one.model(one.x).argmax(dim=1) == one.y).float().mean() for one in (wrong, right)]
    assert 0.6 < accuracy[0] < 0.7 and accuracy[1] == 1
    for one in (wrong, right):
        assert one.images.shape == (90, 3, 8, 8) and one.model[2].weight.shape == (3, 3)
        means = [one.images[one.y == k].mean().item() for k in range(3)]
        assert [round(mean, 2) for mean in means] == [0.15, 0.45, 0.75]
    torch.testing.assert_close(right.x * 0.22 + 0.45, right.images)
    assert all(torch.equal(a, b) for a, b in zip(wrong.model.parameters(), right.model.parameters(), strict=True))


def test_train_mode_changes_the_statistics():
    """In train() mode BatchNorm2d normalizes with the batch and moves its running statistics; in eval() neither."""
    norm = nn.BatchNorm2d(3)
    x = an_image()[None].float()
    norm.eval()
    torch.testing.assert_close(norm(x), x, rtol=1e-4, atol=1e-4)
    assert norm.running_mean.tolist() == [0, 0, 0]
    norm.train()
    torch.testing.assert_close(norm(x).mean(dim=(0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-3)
    torch.testing.assert_close(norm.running_mean, 0.1 * x.mean(dim=(0, 2, 3)))


def test_num_classes_must_fit_the_weights(raises):
    """num_classes other than 1000 together with weights raises before anything is downloaded."""
    from torchvision.models import ResNet18_Weights, resnet18

    with downloads() as asked, raises(ValueError, "The parameter 'num_classes' expected value 1000 but got 5"):
        resnet18(weights=ResNet18_Weights.DEFAULT, num_classes=5)
    assert not asked


def test_the_last_layer_is_replaced_afterwards():
    """A new fc gives the loaded network another number of classes."""
    from torchvision.models import ResNet18_Weights, resnet18

    with downloads(some_weights()):
        model = resnet18(weights=ResNet18_Weights.DEFAULT)
    model.fc = nn.Linear(model.fc.in_features, 5)
    assert model.eval()(torch.ones(1, 3, 64, 64)).shape == (1, 5)


def test_weights_are_downloaded_and_loaded():
    """weights= builds the network and loads what load_state_dict_from_url returns for weights.url."""
    from torchvision.models import ResNet18_Weights, get_model, resnet18

    state = some_weights()
    for build in (
        lambda: resnet18(weights=ResNet18_Weights.DEFAULT),
        lambda: get_model("resnet18", weights="DEFAULT"),
    ):
        with downloads(state) as asked:
            model = build()
        ((url, options),) = asked
        assert url == ResNet18_Weights.DEFAULT.url and url.endswith("/resnet18-f37072fd.pth")
        assert options["check_hash"] is True
        assert torch.equal(model.fc.weight, state["fc.weight"])


def test_pretrained_still_works():
    """pretrained=True loads weights with a deprecation warning, and a second warning names them."""
    from torchvision.models import resnet18

    with downloads(some_weights()) as asked, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resnet18(pretrained=True)
    assert len(asked) == 1
    assert "'pretrained' is deprecated since 0.13" in str(caught[0].message)
    assert "equivalent to passing `weights=ResNet18_Weights.IMAGENET1K_V1`" in str(caught[1].message)


def test_what_is_downloaded_without_weights():
    """Without weights, ResNet downloads nothing, and Faster R-CNN and DeepLab a backbone unless weights_backbone=None."""
    from torchvision.models import detection, resnet18, segmentation

    with downloads() as asked, torch.device("meta"):
        resnet18()
        for build in (detection.fasterrcnn_resnet50_fpn, segmentation.deeplabv3_resnet50):
            build(weights_backbone=None)
            assert not asked
            try:
                build()
            except RuntimeError:  # our answer has no weights
                pass
            assert [url.rpartition("/")[2] for url, options in asked] == ["resnet50-0676ba61.pth"]
            asked.clear()


def test_detection_is_prepared_differently():
    """The transforms of a detection model only convert the image to floats: nothing is resized or normalized."""
    from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

    image = an_image()
    torch.testing.assert_close(FasterRCNN_ResNet50_FPN_Weights.DEFAULT.transforms()(image), image / 255)


def test_a_wrong_size_raises_in_a_vit(raises):
    """A vision transformer raises for another size than its own; ResNet takes it."""
    from torchvision.models import VisionTransformer, resnet18

    x = torch.ones(1, 3, 48, 64)
    with raises(AssertionError, "Wrong image height! Expected 32 but got 48"):
        VisionTransformer(32, 16, num_layers=1, num_heads=1, hidden_dim=4, mlp_dim=4)(x)
    assert resnet18(num_classes=5).eval()(x).shape == (1, 5)


def test_model_urls_are_gone():
    """torchvision has no model_urls since 0.15; the weights enum has the address."""
    import torchvision
    from torchvision.models import resnet

    old = tuple(int(n) for n in torchvision.__version__.split(".")[:2]) < (0, 15)
    assert hasattr(resnet, "model_urls") == old
    assert resnet.ResNet18_Weights.DEFAULT.url.endswith("/resnet18-f37072fd.pth")


def test_default_is_one_of_several():
    """DEFAULT is one of the named sets: for ResNet-50 the second one."""
    from torchvision.models import ResNet50_Weights

    assert ResNet50_Weights.DEFAULT is ResNet50_Weights.IMAGENET1K_V2
    assert ResNet50_Weights.DEFAULT is not ResNet50_Weights.IMAGENET1K_V1


def test_images_must_be_rgb(raises):
    """weights.transforms() raises for a gray PIL image and for one with an alpha channel; .convert("RGB") mends both."""
    from PIL import Image
    from torchvision.models import ResNet18_Weights

    preprocess = ResNet18_Weights.DEFAULT.transforms()
    for mode in "L", "RGBA":
        image = Image.new(mode, (300, 260))
        with raises(RuntimeError):
            preprocess(image)
        assert preprocess(image.convert("RGB")).shape == (3, 224, 224)
