"""Proofs of image-mask-transform."""

import torch
from torch.nn import functional as F


def given():
    import torchvision  # noqa: F401 - the answer needs it

    mask = torch.arange(300).expand(200, 300).contiguous()  # each column has its own number
    return {"image": mask.expand(3, 200, 300) / 300, "mask": mask}


def test_answer(answer):
    """One call of a v2 transform crops and flips image and mask alike, the mask by nearest neighbors."""
    assert answer.image.shape == (3, 256, 256) and answer.mask.shape == (256, 256)
    assert answer.mask.dtype == torch.int64 and set(answer.mask.flatten().tolist()) <= set(range(300))
    both = torch.stack([answer.image.mean(dim=0).flatten(), answer.mask.flatten().float()])
    assert torch.corrcoef(both)[0, 1] > 0.99  # darker or brighter, but in the same places
    names = [type(t).__name__ for t in answer.transform.transforms]
    assert names == ["RandomResizedCrop", "RandomHorizontalFlip", "ColorJitter"]


def test_default(default):
    """Numbers drawn once give image and mask the same crop and flip; the brightness changes the image alone."""
    seen = set()
    for seed in range(60):
        torch.manual_seed(seed)
        mask = torch.arange(20).view(4, 5)
        image, mask = default.augment(mask.expand(2, 4, 5) / 20, mask, 3)
        assert mask.shape == (3, 3) and image.shape == (2, 3, 3)
        ratio = image[1][mask > 0] / (mask[mask > 0] / 20)
        torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio))
        assert 0.8 <= ratio[0] <= 1.2
        seen.add((mask.min().item(), (mask[0, 0] > mask[0, 2]).item()))
    assert seen == {(5 * top + left, flip) for top in range(2) for left in range(3) for flip in (False, True)}


def test_rotate(rotate):
    """mode="nearest" leaves only classes that were there, and zero padding of mask + 1 marks the outside as -1."""
    assert set(rotate.mask.flatten().tolist()) <= {-1, 0, 1, 2, 3}
    outside = F.grid_sample(torch.ones(1, 1, 6, 6), rotate.grid, mode="nearest", align_corners=False) == 0
    assert torch.equal(rotate.mask == -1, outside) and outside.any()
    assert 0.1 < abs(rotate.angle) < 3.1416 / 4
    assert rotate.image.shape == (1, 3, 6, 6) and (rotate.image[:, :, 0, 0] == 0).sum() == 0
    torch.testing.assert_close(rotate.theta[0, :, :2] @ rotate.theta[0, :, :2].T, torch.eye(2))


def test_interpolation_invents_classes():
    """Bilinear resizing of a mask with the classes 0 and 4 gives values between; nearest gives 0 and 4."""
    mask = torch.tensor([[[[0.0, 4.0], [4.0, 0.0]]]])
    assert set(F.interpolate(mask, (4, 4), mode="nearest").flatten().tolist()) == {0.0, 4.0}
    assert {1.0, 3.0} <= set(F.interpolate(mask, (4, 4), mode="bilinear").flatten().tolist())


def test_wrong(wrong):
    """Two calls of a random crop draw two places."""
    assert wrong.image.tolist() != wrong.mask.tolist()


def test_right(right):
    """Image and mask stacked get the same crop."""
    assert right.image.tolist() == right.mask.tolist() and right.image.shape == (3, 1)


def test_seeding_twice():
    """The same seed before both calls gives the same crop, unless the first draws something else before."""
    torch.manual_seed(0)
    first = torch.randint(1000, ())
    torch.manual_seed(0)
    assert torch.randint(1000, ()) == first
    torch.manual_seed(0)
    torch.rand(())
    assert torch.randint(1000, ()) != first


def test_plain_masks_pass_through():
    """Of two plain tensors, v2 transforms the first and passes the second through unchanged."""
    from torchvision.transforms import v2

    image, mask = torch.arange(12).view(1, 3, 4), torch.arange(12).view(3, 4)
    moved, same = v2.RandomHorizontalFlip(1.0)(image, mask)
    assert torch.equal(moved, image.flip(-1)) and torch.equal(same, mask)


def test_pil_masks_are_interpolated():
    """v2.Resize interpolates a PIL mask of mode L (not of mode P), and ColorJitter changes it; a tv_tensors.Mask keeps its
    classes."""
    import numpy as np
    from PIL import Image
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    mask = Image.fromarray(np.array([[0, 4, 0, 4, 4]] * 5, dtype=np.uint8))
    image = Image.new("RGB", (5, 5))
    _, pil = v2.Resize((3, 3))(image, mask)
    _, nearest = v2.Resize((3, 3))(image, tv_tensors.Mask(mask))
    assert set(np.array(pil).flatten().tolist()) - {0, 4}
    assert set(nearest.flatten().tolist()) <= {0, 4}
    palette = mask.copy()
    palette.putpalette([i // 3 for i in range(768)])
    assert palette.mode == "P" and set(np.array(v2.Resize((3, 3))(image, palette)[1]).flatten().tolist()) <= {0, 4}
    brighter = v2.ColorJitter(brightness=(3, 3))
    assert set(np.array(brighter(image, mask)[1]).flatten().tolist()) == {0, 12}
    assert torch.equal(brighter(image, tv_tensors.Mask(mask))[1], tv_tensors.Mask(mask))


def test_to_tensor_divides():
    """ToTensor divides the class numbers of a mask by 255."""
    from PIL import Image
    from torchvision import transforms

    assert transforms.ToTensor()(Image.new("L", (2, 2), 51)).unique().tolist() == [torch.tensor(51 / 255).item()]


def test_masks_from_pil_have_a_channel(raises):
    """A Mask made from a PIL image is uint8 of shape (1, H, W); cross_entropy rejects the shape, and the dtype."""
    from PIL import Image
    from torchvision import tv_tensors

    mask = tv_tensors.Mask(Image.new("L", (4, 3)))
    assert mask.shape == (1, 3, 4) and mask.dtype == torch.uint8
    scores = torch.zeros(1, 2, 3, 4)
    with raises(RuntimeError, "only batches of spatial targets supported (3D tensors)"):
        F.cross_entropy(scores, torch.zeros(1, 1, 3, 4, dtype=torch.int64))
    with raises(RuntimeError, "expected scalar type Long but found Byte"):
        F.cross_entropy(scores, mask.squeeze(0)[None])
    assert F.cross_entropy(scores, mask.squeeze(0).long()[None]) > 0


def test_arrays_are_left_alone():
    """A v2 transform leaves a NumPy array as it is, while it transforms the Mask of the same call."""
    import numpy as np
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    image, mask = v2.CenterCrop(4)(np.zeros((8, 8, 3)), tv_tensors.Mask(torch.zeros(8, 8)))
    assert image.shape == (8, 8, 3) and mask.shape == (4, 4)


def test_only_images_change_color():
    """Normalize and ColorJitter leave a Mask alone, and fill sets the border of a rotated mask apart."""
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    image, mask = torch.rand(3, 6, 6), torch.ones(6, 6, dtype=torch.int64)
    for change in v2.Normalize([0.5] * 3, [0.2] * 3), v2.ColorJitter((0.1, 0.2)):
        other, same = change(image, tv_tensors.Mask(mask))
        assert torch.equal(same, mask) and not torch.equal(other, image)
    turn = v2.RandomRotation((45, 45), fill={tv_tensors.Mask: 255, "others": 0})
    image, mask = turn(image, tv_tensors.Mask(mask))
    assert set(mask.flatten().tolist()) == {1, 255} and (image[:, mask == 255] == 0).all()


def test_default_interpolation():
    """v2 resizes and crops images bilinearly by default, and rotates them by nearest pixels."""
    from torchvision.transforms import v2

    x = torch.eye(8)[None]  # only 0 and 1: other values are interpolated
    assert set(v2.RandomRotation((30, 30))(x).unique().tolist()) == {0, 1}
    assert len(v2.Resize(5)(x).unique()) > 2 and len(v2.RandomResizedCrop(5)(x).unique()) > 2


def test_rotation_needs_a_square():
    """affine_grid works in coordinates from -1 to 1, so the same matrix is a rotation only where H equals W."""
    theta = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])  # 90 degrees
    for size, exact in ((6, 6), True), ((4, 8), False):
        image = torch.arange(size[0] * size[1]).float().view(1, 1, *size)
        grid = F.affine_grid(theta, image.shape, align_corners=False)
        turned = F.grid_sample(image, grid, mode="nearest", align_corners=False)[0, 0]
        whole = [torch.rot90(image[0, 0], k) for k in (1, 3)]
        assert any(turned.shape == w.shape and torch.equal(turned, w) for w in whole) is exact
