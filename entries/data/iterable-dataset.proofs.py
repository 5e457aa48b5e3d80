"""Proofs of iterable-dataset."""

import itertools
import random
import warnings

from torch.utils.data import DataLoader, DistributedSampler, IterableDataset, get_worker_info, random_split


def given():
    return {
        "IterableDataset": IterableDataset,
        "get_worker_info": get_worker_info,
        "DataLoader": DataLoader,
        "itertools": itertools,
        "rank": 1,
        "world_size": 3,
        "read_samples": lambda: iter(range(25)),
    }


class Count(IterableDataset):
    """A stream that splits itself among the workers if it is told so."""

    def __init__(self, size, split=True):
        self.size, self.split = size, split

    def __iter__(self):
        info = get_worker_info() if self.split else None
        yield from range(info.id if info else 0, self.size, info.num_workers if info else 1)


class Sized(Count):
    def __len__(self):
        return self.size


def forked(dataset, **options):
    """The batches that forked workers make."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few cores, and of fork beside threads since Python 3.12
        return [batch.tolist() for batch in DataLoader(dataset, multiprocessing_context="fork", **options)]


def test_answer(answer):
    """Worker k of n on rank r of w takes the samples whose number leaves r * n + k when divided by w * n."""
    assert list(answer.Stream()) == [i for i in range(25) if i % 3 == 1]
    samples = [i for batch in forked(answer.Stream(), batch_size=2, num_workers=2) for i in batch]
    assert sorted(samples) == [i for i in range(25) if i % 6 in (2, 3)]
    assert (answer.loader.batch_size, answer.loader.num_workers) == (32, 2)
    assert isinstance(answer.loader.dataset, answer.Stream)


def test_default(default):
    """Each file is read by one worker, with the samples in the order of the file."""
    files = default.files
    assert list(default.Lines(files)) == [float(10 * i + j) for i in range(3) for j in range(3)]
    batches = forked(default.Lines(files), batch_size=3, num_workers=3)
    assert sorted(batches) == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]


def test_shuffle_buffer(shuffle_buffer):
    """A buffer of 4 delivers each sample once, none more than 3 places before its turn."""
    for seed in range(20):
        order = list(shuffle_buffer.shuffled(range(50), 4, random.Random(seed)))
        assert sorted(order) == list(range(50)) != order
        assert max(sample - place for place, sample in enumerate(order)) == 3
    assert list(shuffle_buffer.shuffled(range(9), 1, random.Random(0))) == list(range(9))


def test_equal_steps(equal_steps):
    """With islice, ranks with shares of different sizes give the same number of full batches."""
    assert equal_steps.steps == 2
    assert [len(range(rank, 23, 2)) for rank in range(2)] == [12, 11]
    assert equal_steps.share == list(range(1, 23, 2)) and equal_steps.batches[1] == [9, 11, 13, 15]


def test_right(right):
    """A stream shuffles itself, and the loader keeps its order."""
    assert [i for batch in right.loader for i in batch.tolist()] == list(right.Stream())
    assert right.loader.batch_size == 3


def test_every_worker_runs_iter():
    """Two workers deliver each sample of an undivided stream twice; a warning needs more batches than __len__ says."""
    samples = [i for batch in forked(Count(7, split=False), batch_size=3, num_workers=2) for i in batch]
    assert sorted(samples) == sorted([*range(7)] * 2)
    for dataset, size, warned in (Count, 2, False), (Sized, 3, False), (Sized, 2, True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            stream = dataset(7, split=False)
            loader = DataLoader(stream, batch_size=size, num_workers=2, multiprocessing_context="fork")
            assert dataset is Count or len(loader)
            list(loader)
        assert any("samples have been fetched" in str(w.message) for w in caught) == warned


def test_fewer_files_than_workers(default):
    """A worker whose share of the files is empty delivers nothing."""
    assert len(forked(default.Lines(default.files[:1]), batch_size=3, num_workers=2)) == 1
    assert default.files[:1][1::2] == []


def test_length_of_the_loader(raises):
    """len(loader) needs the dataset's __len__ and divides it by the batch size, whatever the workers deliver."""
    with raises(TypeError, "has no len()"):
        len(DataLoader(Count(10), batch_size=4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(DataLoader(Sized(10), batch_size=4, num_workers=2)) == 3
    assert [len(batch) for batch in forked(Count(10), batch_size=4, num_workers=2)] == [4, 4, 1, 1]


def test_drop_last_per_worker():
    """drop_last=True drops the short batch of each worker."""
    assert len(forked(Count(10), batch_size=4, num_workers=2, drop_last=True)) == 2
    assert forked(Count(10), batch_size=2, num_workers=2, drop_last=True) == [[0, 2], [1, 3], [4, 6], [5, 7]]


def test_no_samplers(raises):
    """A stream takes no sampler, and neither random_split nor DistributedSampler works, with or without a length."""
    with raises(ValueError, "expected unspecified sampler option"):
        DataLoader(Count(5), sampler=[0, 1])
    with raises(TypeError, "has no len()"):
        random_split(Count(5), [2, 3])
    with raises(TypeError, "has no len()"):
        DistributedSampler(Count(5), num_replicas=2, rank=0)
    with raises(NotImplementedError):
        random_split(Sized(5), [2, 3])[0][0]
    with raises(ValueError, "expected unspecified sampler option"):
        DataLoader(Sized(5), sampler=DistributedSampler(Sized(5), num_replicas=2, rank=0))


class Files(IterableDataset):
    """Files in a random order, of which each worker takes its share."""

    def __init__(self, same_seed):
        self.same_seed = same_seed

    def __iter__(self):
        info, files = get_worker_info(), list(range(100))
        random.Random(5 if self.same_seed else info.seed).shuffle(files)
        yield from files[info.id :: info.num_workers]


def test_files_in_one_order():
    """If every worker shuffles the files with its own seed, some come twice and others never; with one seed, all come once."""
    for same_seed in True, False:
        files = [f for batch in forked(Files(same_seed), batch_size=10, num_workers=2) for f in batch]
        assert len(files) == 100 and (len(set(files)) == 100) == same_seed
        assert files != sorted(files)


class Pairs(IterableDataset):
    def __iter__(self):
        for i in range(0, 6, 2):
            yield [i, i + 1]


def test_whole_batches(raises):
    """A stream takes no batch_sampler; with batch_size=None, what it yields is the batch."""
    with raises(ValueError, "expected unspecified batch_sampler option"):
        DataLoader(Pairs(), batch_sampler=[[0, 1]])
    assert list(DataLoader(Pairs(), batch_size=None)) == [[0, 1], [2, 3], [4, 5]]
