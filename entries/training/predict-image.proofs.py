"""Proofs of predict-image."""

import torch
from torch import nn


def given():
    import numpy as np
    from PIL import Image

    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(), nn.Linear(4 * 4 * 3, 5))
    torch.save({name: t + 0.1 for name, t in model.state_dict().items()}, "model.pth")
    Image.new("L", (50, 60), 200).save("photo.jpg")
    return {
        "torch": torch,
        "Image": Image,
        "model": model,
        "device": "cpu",
        "classes": ["cat", "dog", "fox", "owl", "pig"],
        "val_transform": lambda im: torch.from_numpy(np.array(im.resize((5, 6)))).permute(2, 0, 1) / 255,
    }


def test_answer(answer):
    """The model in eval mode, on a batch of one, gives a row of probabilities that sum to 1."""
    assert not answer.model.training and answer.x.shape == (1, 3, 6, 5)
    torch.testing.assert_close(answer.model[4].bias, torch.load("model.pth")["4.bias"])
    logits = answer.model(answer.x)[0].tolist()
    total = sum(2.718281828459045**v for v in logits)
    torch.testing.assert_close(answer.probs.tolist(), [2.718281828459045**v / total for v in logits])
    assert answer.i == max(range(5), key=logits.__getitem__)
    assert answer.probs.is_inference()


def test_default(default):
    """The linear layer scores the mean colors, and softmax turns the scores into probabilities."""
    from math import exp

    scores = [2 * (c / 255 - 0.5) / 0.25 for c in (60, 90, 230)]  # blue, green, red
    torch.testing.assert_close(
        default.probs.tolist(), [exp(v) / sum(map(exp, scores)) for v in scores], rtol=1e-4, atol=1e-5
    )
    assert default.x.shape == (1, 3, 8, 8) and not default.model.training
    assert default.probs.is_inference()


def test_top_k(top_k):
    """topk gives the largest probabilities of the row in falling order, with the indices of their classes."""
    assert top_k.indices.tolist() == [1, 2, 0]
    p = [2.718281828**v for v in (0.5, 2.0, 1.2, -1.0, -0.3)]
    torch.testing.assert_close(top_k.probs.tolist(), [p[i] / sum(p) for i in (1, 2, 0)], rtol=1e-4, atol=1e-5)


def test_folder(folder):
    """Batches cut from the sorted list of files give one prediction a file, in the order of the list."""
    assert [scores.shape for scores in folder.scores] == [(2, 2), (1, 2)]
    for file, label, gray in zip(folder.files, folder.labels, [20, 240, 130], strict=True):
        x = torch.full((1, 3, 8, 8), gray / 255)
        torch.testing.assert_close(folder.load(file)[None], x)
        assert folder.model(x).argmax() == label
    assert folder.scores[0].is_inference() and not folder.model.training


def test_right(right):
    """With a batch of one, Flatten leaves one row for the linear layer."""
    assert right.logits.shape == (1, 2)


def test_conv_takes_no_batch(wrong):
    """Conv2d takes an input of shape (C, H, W) and returns one without a batch dimension."""
    assert not wrong.model.training
    assert wrong.model[0](wrong.x).shape == (8, 6, 6)
    assert wrong.model[1](wrong.model[0](wrong.x)).shape == (8, 36)


def test_other_preprocessing(default):
    """The same image without its normalization gets another probability, and 0..255 instead of 0..1 another one."""
    x = default.x * 0.25 + 0.5
    others = [default.model(other).softmax(dim=1).max().item() for other in (default.x, x, x * 255)]
    assert others[0] - others[1] > 0.1 and others[2] - others[0] > 0.01


def test_train_mode(raises):
    """In train() mode, BatchNorm normalizes one image by itself and the class can change; BatchNorm1d on (1, C) raises."""
    with raises(ValueError, "Expected more than 1 value per channel when training"):
        nn.BatchNorm1d(4)(torch.ones(1, 4))
    assert nn.BatchNorm1d(4)(torch.ones(1, 4, 3)).shape == (1, 4, 3)
    model = nn.Sequential(nn.BatchNorm2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    x = torch.tensor([[3.0, 5.0], [1.0, 1.0]]).view(1, 2, 1, 2)
    assert model.eval()(x).argmax() == 0
    model[0].bias.data = torch.tensor([0.0, 1.0])
    assert model(x).argmax() == 0
    assert model.train()(x).argmax() == 1
    torch.testing.assert_close(model(x), torch.tensor([[0.0, 1.0]]))
    dropped = nn.Dropout(0.5)(torch.ones(1000))
    assert (dropped == 0).any()


def test_order_of_names():
    """Folder names are sorted as strings, so "10" comes before "2"."""
    assert sorted(["1", "2", "10"]) == ["1", "10", "2"]


def test_image_folder_sorts_names():
    """ImageFolder numbers the classes by their folder names, sorted as strings."""
    from pathlib import Path

    from PIL import Image
    from torchvision.datasets import ImageFolder

    for name in ("2", "10", "1"):
        Path("data", name).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(f"data/{name}/a.png")
    assert ImageFolder("data").classes == ["1", "10", "2"]


def test_weights_carry_transforms():
    """Pretrained weights of torchvision carry their preprocessing and the names of their classes."""
    from torchvision.models import ResNet18_Weights

    weights = ResNet18_Weights.DEFAULT
    assert weights.transforms()(torch.zeros(3, 300, 400, dtype=torch.uint8)).shape == (3, 224, 224)
    assert len(weights.meta["categories"]) == 1000


def test_no_predict():
    """A module has no predict method, and the weights hold no names of classes."""
    assert not hasattr(nn.Linear(2, 3), "predict")
    assert set(nn.Linear(2, 3).state_dict()) == {"weight", "bias"}


def test_one_output():
    """With one logit, softmax gives 1 for whatever input, and sigmoid gives the probability."""
    logit = torch.tensor([[-0.7]])
    assert logit.softmax(dim=1).item() == 1
    torch.testing.assert_close(logit.sigmoid().item(), 1 / (1 + 2.718281828459045**0.7))
