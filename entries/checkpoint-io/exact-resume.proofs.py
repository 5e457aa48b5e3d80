"""Proofs of exact-resume."""

import random
import warnings

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler


def given():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    torch.manual_seed(4)
    seen = []
    return {
        "torch": torch,
        "DataLoader": DataLoader,
        "dataset": [(i, 10 * i) for i in range(11)],
        "B": 2,
        "epoch": 5,
        "ckpt": {"done": 3, "rng": state},
        "seen": seen,
        "train_step": lambda x, y: seen.append((x.tolist(), y.tolist(), torch.rand(()).item())),
    }


def test_answer(answer):
    """The batches after the saved count follow in the order of the epoch, with the random numbers of the saved state."""
    order = torch.randperm(11, generator=torch.Generator().manual_seed(5)).tolist()
    torch.manual_seed(3)
    wanted = [(order[i : i + 2], [10 * k for k in order[i : i + 2]], torch.rand(()).item()) for i in range(6, 11, 2)]
    assert answer.seen == wanted
    assert (answer.ckpt["epoch"], answer.done, answer.ckpt["done"]) == (5, 6, 0)
    assert torch.equal(answer.ckpt["rng"], torch.get_rng_state())


def test_default(default):
    """With the order of the epoch, the count, and the state of the generator, a resumed run gives identical weights."""
    assert torch.equal(default.whole, default.resumed)
    assert default.ckpt["done"] == 3
    assert not torch.equal(default.ckpt["model"]["0.bias"], default.whole)
    for done, rng in (2, default.ckpt["rng"]), (3, torch.get_rng_state()):
        model, optimizer = default.setup()
        model.load_state_dict(default.ckpt["model"])
        torch.set_rng_state(rng)
        assert not torch.equal(default.run(model, optimizer, 4, done)["model"]["0.bias"], default.whole)


def test_all_generators(all_generators):
    """The restored states of torch, random, and NumPy give the same numbers, after a default torch.load."""
    state = torch.load("rng.pt")
    drawn = []
    for _ in range(2):
        all_generators.restore(state)
        drawn.append((torch.rand(1).item(), random.random(), np.random.rand()))
    assert drawn[0] == drawn[1] == all_generators.first


def test_per_sample(per_sample):
    """A NumPy generator seeded with seed, epoch, and index gives the same number whenever it is asked."""
    values = [per_sample.augment(0.0, e, i, s) for s in range(2) for e in range(2) for i in range(2)]
    assert len(set(values)) == 8 and per_sample.augment(0.0, 1, 1, 1) == values[-1]
    many = np.array([per_sample.augment(1.0, 0, i) for i in range(400)])
    assert abs(many.mean() - 1) < 0.02 and abs(many.std() - 0.1) < 0.02


def test_iter_draws_a_seed():
    """iter(loader) changes the state of the global generator, unless the loader has a generator of its own."""
    for options, changes in ({}, True), ({"generator": torch.Generator()}, False):
        before = torch.get_rng_state()
        iter(DataLoader(range(3), **options))
        assert torch.equal(before, torch.get_rng_state()) is not changes


def test_states_stay_on_the_cpu(raises):
    """set_rng_state rejects a state that is on another device or of another dtype; byte() converts it back."""
    state = torch.get_rng_state()
    for other in state.to("meta"), state.float():
        with raises(TypeError, "RNG state must be a torch.ByteTensor"):
            torch.set_rng_state(other)
    torch.set_rng_state(state)
    expected = torch.rand(3)
    torch.set_rng_state(state.float().byte())
    assert torch.equal(torch.rand(3), expected)


def test_numpy_states_need_a_list(raises):
    """torch.load refuses the state of NumPy as it is, because it holds an array."""
    torch.save(np.random.get_state(), "rng.pt")
    with raises(Exception, "Weights only load failed"):
        torch.load("rng.pt")


class Draws(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        return torch.rand(())


def test_workers_start_over():
    """Random numbers drawn in workers change if the loader starts at a later batch, also one of the same worker."""
    drawn = []
    for order in range(6), range(1, 6), range(2, 6):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loader = DataLoader(
                Draws(),
                batch_size=1,
                sampler=order,
                num_workers=2,
                generator=torch.Generator().manual_seed(0),
                multiprocessing_context="fork",
            )
            drawn.append([x.item() for x in loader])
    assert all(a != b for a, b in zip(drawn[0][1:], drawn[1], strict=True))
    assert all(a != b for a, b in zip(drawn[0][2:], drawn[2], strict=True))
    assert drawn[2][:2] == drawn[0][:2]  # what the workers draw first


def test_distributed_sampler():
    """The order of DistributedSampler depends on its seed and the epoch alone."""
    orders = []
    for epoch in 1, 2, 1:
        torch.rand(3)
        sampler = DistributedSampler(range(9), num_replicas=2, rank=1, seed=4)
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
    assert orders[0] == orders[2] != orders[1]
