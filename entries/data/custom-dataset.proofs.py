"""Proofs of custom-dataset."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info


def given():
    from PIL import Image

    return {"Dataset": Dataset, "Image": Image}


class Squares(Dataset):
    """Sample i is i * i and the number of the worker that made it, -1 without workers."""

    def __len__(self):
        return 7

    def __getitem__(self, i):
        return i * i, get_worker_info().id if get_worker_info() else -1


class Count(IterableDataset):
    """A stream that splits itself among the workers."""

    def __iter__(self):
        info = get_worker_info()
        yield from range(info.id if info else 0, 10, info.num_workers if info else 1)


class Records(Dataset):
    """Reads one byte after the other from a file that was opened in __init__."""

    def __init__(self, path):
        self.file = open(path, "rb", buffering=0)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return self.file.read(1)[0]


def forked(dataset, **options):
    """The batches that forked workers make."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few cores, and of fork beside threads since Python 3.12
        return list(DataLoader(dataset, multiprocessing_context="fork", **options))


def test_answer(answer):
    """A dataset with __len__ and __getitem__ opens each file when its sample is asked for."""
    from PIL import Image

    size = (3, 2)
    data = answer.MyDataset(["a.png", "b.png"], [4, 7], lambda image: torch.tensor(image.getpixel((2, 1))))
    assert len(data) == 2  # although neither file exists yet
    Image.new("L", size, 9).save("b.png")
    x, y = data[1]
    assert x.tolist() == [9, 9, 9] and y == 7
    Image.new("L", size, 8).save("b.png")
    assert data[1][0].tolist() == [8, 8, 8]


def test_default(default):
    """The loader stacks tensors to (N, C, H, W) and integers to int64 of shape (N,)."""
    assert len(default.dataset) == 5
    x, y = next(iter(DataLoader(default.dataset, batch_size=5)))
    assert x.shape == (5, 3, 4, 6) and x.dtype == torch.float32
    assert y.tolist() == [0, 1, 1, 0, 2] and y.dtype == torch.int64
    torch.testing.assert_close(x[:, 0].mean(dim=(1, 2)), torch.arange(5) / 5)
    assert x[:, 1].eq(1).all() and x[:, 2].eq(0).all()


def test_folder(folder):
    """The number of a class is the position of its folder in alphabetical order."""
    assert folder.classes == ["cat", "dog", "eel"] and folder.labels == [0, 0, 1, 1, 2]


def test_csv(csv):
    """Labels that are names become their position among the sorted names."""
    assert [csv.classes[label] for label in csv.labels] == ["dog", "cat", "dog"]


def test_one_file(one_file):
    """A memory-mapped array is pickled whole; a dataset that opens it at the first sample pickles small until then."""
    np.save("large.npy", np.zeros((1000, 5)))
    data = one_file.Rows("large.npy")
    assert len(pickle.dumps(vars(data))) < 200
    assert len(data) == 1000 and data[999].shape == (5,)
    assert len(pickle.dumps(vars(data))) > 40_000
    assert len(pickle.dumps(np.load("large.npy", mmap_mode="r"))) > 40_000
    assert one_file.Rows("large.npy").rows is None and type(data.rows) is np.memmap
    assert [x[:, 4].tolist() for x in DataLoader(one_file.Rows("rows.npy"), batch_size=4)] == [
        [4, 9, 14, 19],
        [24, 29, 34],
    ]


def test_workers_share_the_reading():
    """With two workers, each sample of a map-style dataset is read by one of them."""
    values, workers = zip(*forked(Squares(), batch_size=2, num_workers=2), strict=True)
    assert torch.cat(values).tolist() == [0, 1, 4, 9, 16, 25, 36]
    assert torch.cat(workers).tolist() == [0, 0, 1, 1, 0, 0, 1]


def test_stack():
    """The loader stacks tensors, NumPy arrays, and numbers into tensors; Python floats become float64."""
    samples = [(torch.tensor([1, 2]), np.array([3.0]), 4), (torch.tensor([5, 6]), np.array([7.0]), 8)]
    tensors, arrays, numbers = next(iter(DataLoader(samples, batch_size=2)))
    assert tensors.tolist() == [[1, 2], [5, 6]]
    assert arrays.tolist() == [[3.0], [7.0]] and numbers.tolist() == [4, 8]
    assert next(iter(DataLoader([0.5, 1.5], batch_size=2))).dtype == torch.float64


def test_tensor_dataset():
    """TensorDataset(x, y) returns the pair (x[i], y[i])."""
    x, y = torch.arange(6).reshape(3, 2), torch.tensor([7, 8, 9])
    data = TensorDataset(x, y)
    assert len(data) == 3
    assert data[1][0].tolist() == [2, 3] and data[1][1] == 8


def test_map_style_needs_len(raises):
    """A loader of a map-style dataset without __len__ raises, unless it gets a sampler."""

    class Endless(Dataset):
        def __getitem__(self, i):
            return i

    with raises(TypeError, "has no len()"):
        next(iter(DataLoader(Endless(), batch_size=2)))
    assert [x.tolist() for x in DataLoader(Endless(), batch_size=2, sampler=[3, 5, 4])] == [[3, 5], [4]]


def test_paths_as_an_array():
    """np.array of Path objects holds Python objects; of strings, 4 bytes per character of the longest for each."""
    files = [Path("a.png"), Path("images", "b.png")]
    assert np.array(files).dtype == object
    names = np.array(list(map(str, files)))
    assert names.dtype.kind == "U" and Path(names[1]) == files[1]
    assert names.nbytes == 2 * 4 * len(str(files[1]))


def test_streams_are_not_shuffled(raises):
    """shuffle=True raises for an IterableDataset."""
    with raises(ValueError, "DataLoader with IterableDataset: expected unspecified shuffle option"):
        DataLoader(Count(), shuffle=True)


def test_every_worker_runs_iter(wrong):
    """Two workers deliver the whole stream twice."""
    samples = [i for batch in forked(wrong.Stream(), batch_size=2, num_workers=2) for i in batch.tolist()]
    assert sorted(samples) == sorted([*range(10, 17)] * 2)


def test_right(right):
    """A stream that is split by get_worker_info() arrives once, with workers and without."""
    for workers in 0, 2:
        batches = forked(right.Stream(), batch_size=2, num_workers=workers) if workers else [[*right.Stream()]]
        assert sorted(int(i) for batch in batches for i in batch) == list(range(10, 17))


def test_short_batches():
    """Each worker makes batches of its own part of a stream, so several of them may be short."""
    batches = forked(Count(), batch_size=3, num_workers=2)
    assert [len(batch) for batch in batches] == [3, 3, 2, 2]


def test_open_files_do_not_travel(raises):
    """Forked workers move the position of a file opened in __init__, and it cannot be pickled for spawned ones."""
    with open("bytes.bin", "wb") as file:
        file.write(bytes([10, 20, 30, 40, 50, 60]))
    data = Records("bytes.bin")
    assert torch.cat(forked(data, batch_size=2, num_workers=1)).tolist() == [10, 20, 30, 40]
    assert data.file.tell() == 4  # the worker read, and the position here moved
    data.file.seek(0)
    read = torch.cat(forked(data, batch_size=1, num_workers=2)).tolist()
    assert sorted(read) == [10, 20, 30, 40]  # each byte once, although both workers hold the file
    with raises(TypeError, "cannot pickle"):
        pickle.dumps(vars(data))
    data.file.close()


def test_samples_must_stack(raises):
    """The default collate function rejects PIL images and tensors of different sizes."""
    from PIL import Image

    with raises(TypeError, "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists"):
        next(iter(DataLoader([Image.new("L", (2, 2))] * 2, batch_size=2)))
    with raises(RuntimeError, "stack expects each tensor to be equal size"):
        next(iter(DataLoader([torch.zeros(2), torch.zeros(3)], batch_size=2)))


def test_broken_images(raises):
    """Image.open reads only the header; load() finds the cut file, whose rest LOAD_TRUNCATED_IMAGES makes up."""
    from PIL import Image, ImageFile

    noise = np.random.RandomState(0).randint(256, size=(200, 300, 3)).astype(np.uint8)
    for name, fill in ("a.jpg", 128), ("a.png", 0):
        Image.fromarray(noise).save(name)
        whole = Path(name).read_bytes()
        Path(name).write_bytes(whole[: len(whole) // 2])
        image = Image.open(name)
        assert image.size == (300, 200)
        with raises(OSError, "image file is truncated"):
            image.load()
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            assert Image.open(name).convert("RGB").getpixel((299, 199)) == (fill,) * 3
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def test_files_that_are_no_image(raises):
    """PIL identifies neither an empty file nor an error page, a Git LFS pointer, or an SVG."""
    from PIL import Image, UnidentifiedImageError

    for text in "", "<html>404</html>", "version https://git-lfs.github.com/spec/v1\n", "<svg/>":
        Path("b.png").write_text(text, encoding="utf-8")
        with raises(UnidentifiedImageError, "cannot identify image file"):
            Image.open("b.png")


def test_16_bit_grayscale():
    """convert("RGB") clips 16-bit grayscale at 255, and np.array keeps the values."""
    from PIL import Image

    values = np.array([[7, 255, 256], [4000, 30000, 65535]], dtype=np.uint16)
    Image.fromarray(values).save("deep.png")
    with Image.open("deep.png") as image:
        assert np.array(image).tolist() == values.tolist()
        assert np.array(image.convert("RGB"))[..., 0].tolist() == [[7, 255, 255], [255, 255, 255]]
