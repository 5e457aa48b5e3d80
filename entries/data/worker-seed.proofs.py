"""Proofs of worker-seed."""

import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler, Subset, get_worker_info


class Draws(Dataset):
    def __init__(self, draw, n=4):
        self.draw, self.n = draw, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.draw()


def epochs(dataset, n=1, **options):
    """What each epoch of a loader yields, without batches; None where processes cannot be forked."""
    if "fork" not in torch.multiprocessing.get_all_start_methods():
        return None
    options.setdefault("generator", torch.Generator().manual_seed(0))
    loader = DataLoader(dataset, batch_size=None, num_workers=1, multiprocessing_context="fork", **options)
    return [list(loader) for _ in range(n)]


def base_seed(generator):
    return torch.empty((), dtype=torch.int64).random_(generator=generator).item()


def torch_draws(seed, n):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand((), generator=generator).item() for _ in range(n)]


def given():
    torch.manual_seed(3)
    return {"torch": torch, "np": np, "DataLoader": DataLoader, "dataset": range(70)}


def test_answer(answer):
    """The loader shuffles with the generator, and default_rng takes a seed that torch has drawn."""
    loader = answer.loader
    assert (loader.num_workers, loader.generator) == (2, answer.generator)
    assert answer.generator.initial_seed() == 0
    loader.num_workers = 0
    twin = torch.Generator().manual_seed(0)
    base_seed(twin)
    order = torch.randperm(70, generator=twin).tolist()
    assert [batch.tolist() for batch in loader] == [order[:32], order[32:64], order[64:]]
    seed = torch.randint(2**63 - 1, (), generator=torch.Generator().manual_seed(3)).item()
    assert answer.rng.random() == np.random.default_rng(seed).random()


def test_default(default):
    """In each epoch, worker k seeds torch and random with the base seed plus k, and np.random differs too."""
    generator = torch.Generator().manual_seed(0)
    for rows in default.epochs:
        base = base_seed(generator)
        assert [row[0] for row in rows] == list(RandomSampler(range(5), generator=generator))
        for k in range(2):
            by_torch, by_random = torch_draws(base + k, 3), random.Random(base + k)
            for row, number in zip(rows[k::2], by_torch):
                assert row[1:3] == [number, by_random.random()]
    numbers = [number for rows in default.epochs for row in rows for number in row[1:]]
    assert len(set(numbers)) == len(numbers) == 30


def test_right(right):
    """A seed drawn from torch in __getitem__ differs for each sample, worker, and epoch, and repeats in the next run."""
    generator, numbers = torch.Generator().manual_seed(0), []
    for _ in range(2):
        base = base_seed(generator)
        draws = [torch.Generator().manual_seed(base + k) for k in (0, 1)] * 2
        seeds = [torch.randint(2**63 - 1, (), generator=g).item() for g in draws]
        numbers.append([np.random.default_rng(seed).random() for seed in seeds])
    assert len({*numbers[0], *numbers[1]}) == 8
    torch.manual_seed(base)  # the second epoch of worker 0, in this process
    assert [right.Noisy()[i] for i in (0, 1)] == numbers[1][::2]


def test_init_fn(init_fn):
    """worker_init_fn reaches the dataset under a Subset, and gives each worker and epoch a generator of its own."""
    generator = torch.Generator().manual_seed(0)
    for row in init_fn.numbers:
        base = base_seed(generator)
        by_worker = [np.random.default_rng(base + k) for k in (0, 1)] * 2
        assert row == [rng.random() for rng in by_worker]


def test_a_generator_of_the_dataset_is_copied(wrong):
    """A NumPy Generator that the dataset holds starts from the same state in every worker and every epoch."""
    dataset = wrong.Noisy()
    found = epochs(dataset, 2)
    if found:
        expected = np.random.default_rng(0).random(4).tolist()
        assert found == [expected, expected]
    assert dataset.rng.random() == np.random.default_rng(0).random()  # the original has not moved


def test_worker_info_may_hold_a_subset():
    """Under a Subset, get_worker_info().dataset is the Subset, also after random_split."""
    inner = Draws(lambda: type(get_worker_info().dataset).__name__)
    (part, _) = torch.utils.data.random_split(inner, [1, 3])
    assert isinstance(part, Subset)
    assert epochs(part) in (None, [["Subset"]])


def test_seeding_with_the_worker_id_repeats():
    """With np.random.seed(worker_id), np.random draws the same in every epoch, and goes on if the workers are persistent."""
    found = epochs(Draws(np.random.rand, 3), 2, worker_init_fn=np.random.seed)
    kept = epochs(Draws(np.random.rand, 3), 2, worker_init_fn=np.random.seed, persistent_workers=True)
    if found:
        assert found == [np.random.RandomState(0).rand(3).tolist()] * 2
        assert kept[0] + kept[1] == np.random.RandomState(0).rand(6).tolist()


def test_the_base_seed_is_drawn_without_shuffling():
    """iter(loader) moves the global generator of torch, even without shuffling; with a generator it does not."""
    for options, moves in ({}, True), ({"generator": torch.Generator()}, False):
        torch.manual_seed(0)
        before = torch.get_rng_state()
        assert list(DataLoader(range(3), batch_size=None, **options)) == [0, 1, 2]
        assert torch.equal(before, torch.get_rng_state()) is not moves


def test_persistent_workers_draw_on():
    """With persistent_workers=True, worker_init_fn runs once, and the second epoch continues the draws of the first."""
    ran = []
    dataset = Draws(lambda: (len(ran), torch.rand(()).item()), 3)
    found = epochs(dataset, 2, worker_init_fn=ran.append, persistent_workers=True)
    if found:
        seed = base_seed(torch.Generator().manual_seed(0))
        assert found[0] + found[1] == [[1, number] for number in torch_draws(seed, 6)]


def test_another_number_of_workers(default):
    """With one worker instead of two, the first sample gets the same numbers, and the others get new ones."""
    found = epochs(Draws(lambda: [torch.rand(()).item()], 5))
    if found:
        one, two = [row[0] for row in found[0]], [row[1] for row in default.epochs[0]]
        assert one[0] == two[0] and not set(one) & {two[1], two[3]}
        assert [a == b for a, b in zip(one, two)] == [True, False, False, False, False]


def test_without_workers_the_order_repeats():
    """With num_workers=0, a seeded generator repeats the order, and augmentation draws from the main process."""
    class Pairs(Draws):
        def __getitem__(self, i):
            return i, self.draw(), torch.rand(()).item(), np.random.rand()

    found = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(0)
        found.append(list(DataLoader(Pairs(random.random), batch_size=None, shuffle=True, generator=generator)))
    for column in range(4):
        first, second = ([row[column] for row in rows] for rows in found)
        assert (first == second) == (column == 0)


def test_persistent_workers_keep_the_base_seed():
    """With persistent_workers=True the base seed is drawn in the first epoch only, and a held generator does not restart."""
    if "fork" not in torch.multiprocessing.get_all_start_methods():
        return
    rng = np.random.default_rng(0)
    for persistent, moves in (False, [True] * 3), (True, [True, False, False]):
        generator, found, numbers = torch.Generator().manual_seed(0), [], []
        loader = DataLoader(
            Draws(rng.random, 2), batch_size=None, num_workers=1, multiprocessing_context="fork",
            persistent_workers=persistent, generator=generator,
        )
        for _ in range(3):
            before = generator.get_state()
            numbers.append(list(loader))
            found.append(not torch.equal(before, generator.get_state()))
        assert found == moves
        assert (numbers[0] == numbers[1]) is not persistent


def test_in_order_false_does_not_repeat():
    """With in_order=False, a slow sample changes the order and, since torch 2.7, which worker fetches the others."""

    class Slow(Dataset):
        def __init__(self, slow):
            self.slow, self.go = slow, torch.multiprocessing.get_context("fork").Event()

        def __len__(self):
            return 12

        def __getitem__(self, i):
            if i == self.slow:
                self.go.wait(60)
            elif i == 3 - self.slow and in_order:  # the other worker is ahead
                self.go.set()
            return i, get_worker_info().id

    if "fork" not in torch.multiprocessing.get_all_start_methods():
        return
    for in_order in (True, False):
        found = []
        for slow in (0, 1):
            options = {"num_workers": 2, "multiprocessing_context": "fork", "in_order": in_order}
            dataset, received = Slow(slow), []
            for sample in DataLoader(dataset, batch_size=None, **options):
                received.append(sample)
                if len(received) == 2:
                    dataset.go.set()
            found.append(received)
        assert (found[0] == found[1]) is in_order
        if torch.__version__ >= (2, 7):
            assert (sorted(found[0]) == sorted(found[1])) is in_order


def test_a_sampler_has_its_own_generator():
    """The generator of the loader does not reach a sampler that you pass, which needs its own."""
    for own, repeats in (False, False), (True, True):
        orders = []
        for seed in (1, 2):
            torch.manual_seed(seed)  # what the rest of the program draws
            options = {"generator": torch.Generator().manual_seed(0)} if own else {}
            sampler = RandomSampler(range(50), **options)
            loader = DataLoader(range(50), None, sampler=sampler, generator=torch.Generator().manual_seed(0))
            orders.append(list(loader))
        assert (orders[0] == orders[1]) is repeats


def test_a_resumed_run_repeats_epoch_0():
    """A newly seeded generator gives epoch 0 again; with the saved state, the run goes on with the next epoch."""
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(range(50), None, shuffle=True, generator=generator)
    first = list(loader)
    state = generator.get_state()
    second = list(loader)
    generator.manual_seed(0)
    assert list(loader) == first != second
    generator.set_state(state)
    assert list(loader) == second
