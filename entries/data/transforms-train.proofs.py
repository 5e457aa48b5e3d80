"""Proofs of transforms-train."""

import random
import types
import warnings

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, random_split


def given():
    import torchvision  # noqa: F401 - the answer needs it

    image = torch.arange(240, dtype=torch.uint8).expand(3, 180, 240).contiguous()  # brighter to the right
    return {"torch": torch, "image": image}


def test_answer(answer):
    """The transform gives normalized (3, 224, 224) floats, about half of them flipped, and draws for every call."""
    assert answer.x.shape == (3, 224, 224) and answer.x.dtype == torch.float32
    crop, flip, _, _, normalize = answer.train_transform.transforms
    assert normalize.mean == [0.485, 0.456, 0.406] and normalize.std == [0.229, 0.224, 0.225]
    assert tuple(crop.scale) == (0.08, 1.0) and flip.p == 0.5
    torch.testing.assert_close(torch.tensor(crop.ratio), torch.tensor([3 / 4, 4 / 3]))
    views = torch.stack([answer.train_transform(answer.image)[:, 0, [0, -1]] for _ in range(60)])  # (V, C, 2)
    assert 15 < (views[:, 0, 0] > views[:, 0, 1]).sum() < 45
    gray = views * torch.tensor(normalize.std)[:, None] + torch.tensor(normalize.mean)[:, None]
    assert 0 <= gray.min() < gray.max() <= 239 / 255 + 1e-5
    torch.testing.assert_close(gray[:, 0], gray[:, 2])


def crops(default, image, n):
    """The shapes of what augment() cuts out."""
    shapes, whole = [], default.augment.__globals__["F"]

    def interpolate(x, size, **options):
        assert options == {"mode": "bilinear", "antialias": True} and x.shape[0] == 1
        shapes.append((x.shape[2], x.shape[3]))
        return whole.interpolate(x, size, **options)

    default.augment.__globals__["F"] = types.SimpleNamespace(interpolate=interpolate)
    torch.manual_seed(3)
    views = torch.stack([default.augment(image, 8) for _ in range(n)])
    default.augment.__globals__["F"] = whole
    return torch.tensor(shapes), views


def test_default(default):
    """The crops have 8 to 100 % of the area and ratios from 3/4 to 4/3, anywhere in the image; half are flipped."""
    image = torch.stack([torch.arange(200).expand(150, 200), torch.arange(150)[:, None].expand(150, 200)])
    shapes, views = crops(default, image.to(torch.uint8), 1500)
    area, ratio = shapes.prod(dim=1) / (150 * 200), shapes[:, 1] / shapes[:, 0]
    assert 0.075 < area.min() < 0.09 and 0.9 < area.max() <= 1
    assert 0.74 < ratio.min() < 0.77 and 1.28 < ratio.max() < 4 / 3 + 0.02
    assert abs(area.median() - 0.54) < 0.04  # halfway between 8 and 100 %
    x, y = views[:, 0] * 255, views[:, 1] * 255
    assert abs((x[:, 0, 0] > x[:, 0, -1]).float().mean() - 0.5) < 0.05
    assert x.min() < 9 and x.max() > 190 and y.min() < 9 and y.max() > 141
    torch.testing.assert_close(x.mean(), torch.tensor(199 / 2), atol=2, rtol=0)
    torch.testing.assert_close(y.mean(), torch.tensor(149 / 2), atol=2, rtol=0)


def test_more_variety():
    """ColorJitter, RandomRotation, and TrivialAugmentWide take uint8 images; RandomErasing takes the floats after."""
    from torchvision.transforms import v2

    image = torch.randint(256, (3, 40, 50), dtype=torch.uint8)
    stages = [v2.ColorJitter(0.3, 0.3), v2.RandomRotation(15), v2.TrivialAugmentWide()]
    for stage in stages:
        assert stage(image).shape == image.shape and stage(image).dtype == torch.uint8
    x = v2.Compose([*stages, v2.ToDtype(torch.float32, scale=True), v2.RandomErasing(p=1.0)])(image)
    assert x.shape == image.shape and 0 <= x.min() < x.max() <= 1


def test_batch(batch):
    """Every image of the batch is flipped or not by its own draw, and gets its own noise around 0.02."""
    assert batch.x.min() >= 0 and batch.x.max() <= 1
    clean = torch.linspace(0, 1, 5).expand(6, 1, 4, 5)
    clean = torch.stack([c.flip(-1) if f else c for c, f in zip(clean, batch.flip, strict=True)])
    noise = (batch.x - clean)[..., 1:-1]  # without what clamp cut off
    assert 0.015 < noise.std() < 0.025 and noise.unique().numel() > 50


def test_jpeg(jpeg):
    """Saving and reading a JPEG at a random quality of 30 to 90 changes the pixels a little."""
    noise = jpeg.Image.effect_noise((40, 30), 60).convert("RGB")
    asked, whole = [], jpeg.Image.Image.save
    jpeg.Image.Image.save = lambda self, file, *args, quality: (asked.append(quality), whole(self, file, *args))[1]
    views = [jpeg.jpeg(noise) for _ in range(900)]
    jpeg.Image.Image.save = whole
    assert (min(asked), max(asked)) == (30, 90)
    assert {view.format for view in views} == {"JPEG"} and views[0].size == noise.size
    small, large = (np.array(jpeg.jpeg(noise, q, q), float) - np.array(noise) for q in (90, 30))
    assert 0 < abs(small).mean() < abs(large).mean() < 60


def test_look(look):
    """x * std + mean undoes Normalize."""
    torch.manual_seed(0)
    torch.testing.assert_close(look.images, torch.rand(4, 3, 24, 32))
    assert [ax.get_images()[0].get_array().shape for ax in look.axes[0]] == [(24, 32, 3)] * 4


class Draws(Dataset):
    """Sample i is a random number."""

    def __init__(self, draw):
        self.draw = draw

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return float(self.draw())


def epochs(draw):
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")  # since Python 3.12
    warnings.filterwarnings("ignore", "This DataLoader will create")  # on a machine with one core
    loader = DataLoader(Draws(draw), batch_size=4, num_workers=2, multiprocessing_context="fork")
    return [batch.tolist() for _ in range(2) for batch in loader]


def test_a_stored_generator_repeats():
    """A generator in the dataset draws the same numbers in every forked worker, and again in the next epoch."""
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    for draw in rng.random, lambda: torch.rand((), generator=generator):
        first, *others = epochs(draw)
        assert others == [first] * 3 and len(set(first)) == 4


def test_global_states_differ():
    """The global states of torch, random, and NumPy are seeded differently in each worker and each epoch."""
    for draw in lambda: torch.rand(()), random.random, np.random.random:
        numbers = [number for batch in epochs(draw) for number in batch]
        assert len(set(numbers)) == 16


def test_a_split_shares_the_transform():
    """Both parts of a random_split read the one dataset, with its transform."""
    data = Draws(lambda: 7)
    train, val = random_split(data, [6, 2])
    assert train.dataset is val.dataset is data
    assert list(val) == [7.0, 7.0]


def test_numpy_images(raises):
    """RandomResizedCrop raises for a NumPy image (H, W, 3); behind ToImage, it crops it."""
    from torchvision.transforms import v2

    image, crop = np.zeros((30, 40, 3), dtype=np.uint8), v2.RandomResizedCrop(8)
    with raises(TypeError):
        crop(image)
    assert v2.Compose([v2.ToImage(), crop])(image).shape == (3, 8, 8)


def test_trivial_augment_is_for_images(raises):
    """TrivialAugmentWide raises if a mask or boxes come with the image; ColorJitter and RandomRotation take them."""
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    image = tv_tensors.Image(torch.zeros(3, 30, 40, dtype=torch.uint8))
    mask = tv_tensors.Mask(torch.zeros(30, 40, dtype=torch.uint8))
    boxes = tv_tensors.BoundingBoxes([[0, 0, 9, 9]], format="XYXY", canvas_size=(30, 40))
    for label in mask, boxes:
        with raises(TypeError, "are not supported by TrivialAugmentWide"):
            v2.TrivialAugmentWide()(image, label)
        for stage in v2.ColorJitter(0.3), v2.RandomRotation(15):
            assert len(stage(image, label)) == 2


def test_one_draw_for_a_batch():
    """A v2 transform draws one crop for all the images of a batch."""
    from torchvision.transforms import v2

    batch = torch.arange(240.0).view(1, 1, 15, 16).expand(5, 1, 15, 16)
    out = v2.RandomResizedCrop(6)(batch)
    assert all(torch.equal(x, out[0]) for x in out)
    one, two = v2.RandomResizedCrop(6)(batch[0]), v2.RandomResizedCrop(6)(batch[0])
    assert not torch.equal(one, two)


def test_plain_tensors_stay_beside_a_pil_image():
    """Beside a PIL image, a v2 transform flips a tv_tensors.Mask and BoundingBoxes, and returns a plain tensor as it is."""
    from PIL import Image
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    image, mask = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)), torch.arange(12).view(3, 4)
    boxes = tv_tensors.BoundingBoxes([[0, 0, 1, 1]], format="XYXY", canvas_size=(3, 4))
    flipped, wrapped, moved, plain = v2.RandomHorizontalFlip(p=1.0)(image, tv_tensors.Mask(mask), boxes, mask)
    assert np.array_equal(np.array(flipped), np.array(image)[:, ::-1])
    assert torch.equal(wrapped, mask.flip(-1)) and moved.tolist() == [[3, 0, 4, 1]]
    assert torch.equal(plain, mask)
