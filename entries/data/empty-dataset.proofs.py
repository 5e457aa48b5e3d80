"""Proofs of empty-dataset."""

import sys
from pathlib import Path

from torch.utils.data import DataLoader, IterableDataset, RandomSampler, WeightedRandomSampler


def given():
    root = Path("pictures")
    (root / "dogs").mkdir(parents=True, exist_ok=True)
    for name in ["z.PNG", "dogs/x.Jpg", "dogs/a.jpeg", "b.txt"]:
        (root / name).touch()
    return {"Path": Path, "root": str(root)}


def test_answer(answer):
    """rglob finds the files of subfolders, and suffix.lower() makes the comparison ignore case."""
    assert [p.name for p in answer.files] == ["a.jpeg", "x.Jpg", "z.PNG"]


def test_default(default):
    """A loader over files that were found yields each once."""
    assert sorted(sum(default.loader, [])) == ["a.jpg", "b.JPG", "c.jpeg"]


def test_right_len(right_len):
    """With __len__, the loader knows its number of batches."""
    assert [batch.tolist() for batch in right_len.loader] == [[0, 10], [20]]


def test_glob():
    """glob("*.jpg") does not enter subfolders, and on Linux it does not find .JPG."""
    folder = Path("glob-test")
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    for name in ["a.jpg", "B.JPG", "sub/c.jpg"]:
        (folder / name).touch()
    found = sorted(p.name for p in folder.glob("*.jpg"))
    assert "c.jpg" not in found and "a.jpg" in found
    if sys.platform == "linux":
        assert found == ["a.jpg"]


def test_silent(raises):
    """An empty loader raises only when it shuffles; drop_last=True with less than one batch yields nothing."""
    empty = DataLoader([], batch_size=2)
    assert list(empty) == [] and len(empty) == 0
    few = DataLoader([5, 6, 7], batch_size=4, drop_last=True)
    assert list(few) == [] and len(few) == 0
    assert list(DataLoader([5, 6, 7], batch_size=4, drop_last=True, shuffle=True)) == []
    assert len(list(DataLoader([5, 6, 7], batch_size=3, drop_last=True))) == 1
    with raises(ValueError, "num_samples should be a positive integer value, but got num_samples=0"):
        DataLoader([], batch_size=2, shuffle=True)


def test_a_sampler_of_nothing(raises):
    """A sampler that is given num_samples=0 raises the same message, whatever the dataset holds."""
    for make in lambda: RandomSampler([5, 6], num_samples=0), lambda: WeightedRandomSampler([1.0, 2.0], num_samples=0):
        with raises(ValueError, "num_samples should be a positive integer value, but got num_samples=0"):
            make()


def test_next_of_nothing():
    """next(iter(loader)) on an empty loader raises StopIteration without a message."""
    try:
        next(iter(DataLoader([])))
    except StopIteration as error:
        assert str(error) == ""
    else:
        raise AssertionError("no StopIteration")


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(3))


class Counted(Stream):
    def __len__(self):
        return 3


def test_iterable(raises):
    """An IterableDataset needs no __len__; without it len(loader) raises, and shuffle=True raises in any case."""
    assert [batch.tolist() for batch in DataLoader(Stream(), batch_size=2)] == [[0, 1], [2]]
    with raises(TypeError, "object of type 'Stream' has no len()"):
        len(DataLoader(Stream()))
    assert len(DataLoader(Counted(), batch_size=2)) == 2
    for data in Stream(), Counted():
        with raises(ValueError, "expected unspecified shuffle option, but got shuffle=True"):
            DataLoader(data, shuffle=True)


def test_rglob_does_not_follow_links():
    """rglob("*") does not enter a subfolder that is a symbolic link, but it does if that link is its root."""
    if sys.platform == "win32":
        return  # links need a privilege there
    Path("linked", "real").mkdir(parents=True)
    Path("linked", "real", "a.jpg").touch()
    Path("root").mkdir()
    Path("root", "photos").symlink_to(Path("linked", "real").resolve())
    assert [p.name for p in Path("root").rglob("*.jpg")] == []
    assert [p.name for p in Path("root", "photos").rglob("*.jpg")] == ["a.jpg"]
