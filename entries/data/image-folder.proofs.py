"""Proofs of image-folder."""

from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, random_split


def draw(*names):
    from PIL import Image

    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 3), 9).save(name)


def given():
    draw("data/train/dog/1.jpg", "data/train/cat/1.jpg", "data/train/cat/2.jpg")
    return {"torch": torch, "DataLoader": DataLoader, "transform": lambda image: torch.zeros(3, 3, 4)}


def test_answer(answer):
    """ImageFolder numbers the classes by their sorted folder names and lists a label per file."""
    import torchvision

    assert isinstance(answer.train_set, torchvision.datasets.ImageFolder)
    assert answer.train_set.class_to_idx == {"cat": 0, "dog": 1}
    assert answer.train_set.targets == [0, 0, 1]
    assert (Path(answer.path).name, answer.label) == ("1.jpg", 0)
    assert answer.loader.batch_size == 64 and answer.loader.num_workers == 2
    assert type(answer.loader.sampler).__name__ == "RandomSampler"
    assert answer.train_set[0][0].shape == (3, 3, 4)  # of the transform


def test_default(default):
    """A dataset of a few lines numbers the sorted folders and reads a file when it is asked for."""
    assert default.train_set.classes == ["cat", "dog"]
    assert len(default.train_set) == 3
    for i, (gray, label) in enumerate([(10, 0), (200, 1), (240, 1)]):
        x, y = default.train_set[i]
        torch.testing.assert_close(x, torch.full((3, 3, 4), gray / 255))
        assert y == label


def test_split(split):
    """Two datasets of the same files with disjoint indices are a split whose parts have their own transforms."""
    train, val = split.train_set, split.val_set
    assert sorted([*train.indices, *val.indices]) == list(range(10))
    assert all(train[k][0].startswith("augmented") for k in range(8))
    assert [val[k] for k in range(2)] == [(f"plain {i}", i % 3) for i in val.indices]


def test_a_missing_folder_shifts_labels(wrong):
    """Labels numbered by the sorted folders of a part that lacks a class differ from those of the whole."""
    assert [wrong.train_labels[name] for name in wrong.val_folders] == [1, 2]
    assert [wrong.val_labels[name] for name in wrong.val_folders] == [0, 1]


def test_right(right):
    """With the mapping of the training set, the same name has the same label."""
    assert right.val_labels == {"dog": 1, "owl": 2}


def test_both_parts_share_a_dataset():
    """Both parts of a random_split hold the same dataset object, so a new transform acts on both."""

    class Images(Dataset):
        transform = str

        def __len__(self):
            return 5

        def __getitem__(self, i):
            return self.transform(i)

    train, val = random_split(Images(), [3, 2])
    train.dataset.transform = float
    assert type(train[0]) is type(val[0]) is float


def test_names_are_sorted_by_characters():
    """Sorting by characters puts capitals before lowercase letters, and "10" before "2"."""
    assert sorted(["b", "a", "B", "2", "10"]) == ["10", "2", "B", "a", "b"]


def test_stray_folders_are_classes(raises):
    """ImageFolder takes every folder as a class, hidden ones too, and raises if it holds no image."""
    from torchvision.datasets import ImageFolder

    draw("stray/cat/sub/a.PNG", "stray/dog/b.gif", "stray/dog/c.webp")
    assert [(Path(path).name, label) for path, label in ImageFolder("stray").samples] == [("a.PNG", 0), ("c.webp", 1)]
    assert ImageFolder("stray")[0][0].mode == "RGB"
    Path("stray/.ipynb_checkpoints").mkdir(exist_ok=True)
    with raises(FileNotFoundError, "Found no valid file for the classes .ipynb_checkpoints. Supported extensions are"):
        ImageFolder("stray")
    kept = ImageFolder("stray", allow_empty=True)  # the empty class keeps its number, so the others move
    assert kept.classes == [".ipynb_checkpoints", "cat", "dog"] and kept.targets == [1, 2]


def test_find_classes_sets_the_labels():
    """An overridden find_classes decides the names and the labels."""
    from torchvision.datasets import ImageFolder

    class Mine(ImageFolder):
        def find_classes(self, directory):
            return ["dog", "cat"], {"dog": 0, "cat": 1}

    draw("named/cat/a.png", "named/dog/b.png")
    assert Mine("named").targets == [1, 0]


def test_no_class_folder(raises):
    """A root without folders raises."""
    from torchvision.datasets import ImageFolder

    draw("flat/a.png")
    with raises(FileNotFoundError, "Couldn't find any class folder in flat"):
        ImageFolder("flat")


def test_other_files():
    """DatasetFolder numbers folders of other files and reads them with a loader of yours."""
    from torchvision.datasets import DatasetFolder

    for name in ("b", "a"):
        Path("arrays", name).mkdir(parents=True, exist_ok=True)
        torch.save(torch.full((2,), ord(name)), f"arrays/{name}/1.pt")
    data = DatasetFolder("arrays", loader=torch.load, extensions=(".pt",))
    assert [(x.tolist(), y) for x, y in data] == [([97, 97], 0), ([98, 98], 1)]
