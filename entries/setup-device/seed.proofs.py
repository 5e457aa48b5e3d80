"""Proofs of seed."""

import random
import sys
import types
import warnings
from unittest import mock

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def given():
    import numpy as np

    # use_deterministic_algorithms also sets a flag of the compiler, which takes seconds to import.
    for name in ("torch._inductor", "torch._inductor.config"):
        sys.modules.setdefault(name, types.ModuleType(name))
    return {"random": random, "np": np, "torch": torch}


def test_answer(answer):
    """Seeds fix the next numbers of random, NumPy, and torch, each of which has a generator of its own."""
    assert answer.random.random() == random.Random(0).random()  # noqa: S311
    assert answer.np.random.rand() == answer.np.random.RandomState(0).rand()
    assert torch.rand(3).tolist() == torch.rand(3, generator=torch.Generator().manual_seed(0)).tolist()


def test_default(default):
    """Initialization draws from the generator that torch.manual_seed seeds."""
    weight = torch.empty(2, 3)
    nn.init.kaiming_uniform_(weight, a=5**0.5, generator=torch.Generator().manual_seed(7))
    assert torch.equal(default.layer.weight, weight)


def test_generator(generator):
    """A loader with its own generator shuffles alike, however much the rest of the program draws."""
    assert generator.orders[0] == generator.orders[1]
    assert [len(batch) for batch in generator.orders[0]] == [4, 4, 2]
    assert sorted(i for batch in generator.orders[0] for i in batch) == list(range(10))


def test_save_state(save_state):
    """After set_rng_state, the numbers go on where get_rng_state was called."""
    numbers = torch.Generator().manual_seed(0)
    torch.rand(100, generator=numbers)
    assert torch.equal(save_state.resumed, torch.randn(3, generator=numbers))


def test_raises_or_warns(raises):
    """Where there is no deterministic version, an operation raises, or warns and runs under warn_only."""
    torch.set_deterministic_debug_mode("error")  # use_deterministic_algorithms(True)
    with raises(RuntimeError, "put_ does not have a deterministic implementation"):
        torch.zeros(3).put_(torch.tensor([1]), torch.tensor([2.0]))
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms(True, warn_only=True)
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x = torch.zeros(3).put_(torch.tensor([1]), torch.tensor([2.0]))
    torch.set_deterministic_debug_mode("default")
    assert x.tolist() == [0, 2, 0]
    assert "put_ does not have a deterministic implementation" in str(caught[0].message)


def test_manual_seed_reaches_the_gpus():
    """torch.manual_seed passes its seed on to every CUDA device."""
    forked = mock.patch("torch.cuda._is_in_bad_fork", return_value=False)
    with forked, mock.patch("torch.cuda.manual_seed_all") as seed_all:
        torch.manual_seed(123)
    seed_all.assert_called_once_with(123)


def test_dropout_and_shuffling_repeat():
    """Dropout and the order of a DataLoader repeat after torch.manual_seed."""

    def draw(seed):
        torch.manual_seed(seed)
        order = [batch.tolist() for batch in DataLoader(torch.arange(20), batch_size=3, shuffle=True)]
        return order, nn.functional.dropout(torch.ones(20)).tolist()

    assert draw(4) == draw(4)
    assert all(first != second for first, second in zip(draw(4), draw(5), strict=True))


def test_seed_before_the_model():
    """A seed repeats the weights of a model that is built after it, not of one built before it."""

    def weights(late):
        torch.manual_seed(0)
        if late:
            torch.rand(1)  # stands for a program that has drawn something else
        model = nn.Linear(3, 2)
        torch.manual_seed(0)
        return model.weight.tolist()

    assert weights(late=False) == weights(late=False) != weights(late=True)


def test_one_more_draw_shifts_the_rest():
    """One draw more shifts all later draws of that generator, and leaves other generators alone."""
    own, python = torch.Generator().manual_seed(5), random.Random(5)  # noqa: S311
    expected = own.get_state(), python.random()
    python.seed(5)
    torch.manual_seed(0)
    plain = torch.rand(6).tolist()
    torch.manual_seed(0)
    torch.rand(1)
    assert torch.rand(5).tolist() == plain[1:] and plain[1:] != plain[:-1]
    assert torch.equal(own.get_state(), expected[0]) and python.random() == expected[1]

    def last(layers):
        torch.manual_seed(0)
        return nn.Sequential(*[nn.Linear(3, 3) for _ in range(layers)])[-1].weight.tolist()

    assert last(2) == last(2) != last(1)

    def after(build):
        torch.manual_seed(0)
        build()
        return torch.rand(()).item()

    assert after(lambda: nn.Linear(2, 2)) != after(nn.ReLU) == after(lambda: nn.BatchNorm1d(3)) == plain[0]


class Noisy(Dataset):
    """Draws from torch, random, NumPy's global generator, and a NumPy Generator of its own."""

    def __init__(self):
        import numpy as np

        self.np, self.own = np, np.random.default_rng(0)

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [torch.rand(()).item(), random.random(), self.np.random.rand(), self.own.random()]  # noqa: S311


def _two_workers():
    """What each of two workers draws in one epoch, for a loader without a generator."""
    torch.manual_seed(6)
    return [[value.item() for value in batch] for batch in DataLoader(Noisy(), num_workers=2)]


def test_workers_copy_a_numpy_generator():
    """A NumPy Generator in a dataset draws the same numbers in each worker."""
    first, second = _two_workers()
    assert first[3] == second[3]


def test_workers_are_seeded_from_torch():
    """Workers draw differently from torch, random, and NumPy, and repeat after the same manual_seed."""
    first, second = _two_workers()
    assert all(a != b for a, b in zip(first[:3], second[:3], strict=True))
    assert [first, second] == _two_workers()


def test_default_rng_has_its_own_seed():
    """np.random.seed does not reach np.random.default_rng(), which repeats if it gets a seed of its own."""
    import numpy as np

    draws = []
    for _ in range(2):
        np.random.seed(0)
        draws.append((np.random.default_rng().random(), np.random.default_rng(3).random()))
    assert draws[0][0] != draws[1][0] and draws[0][1] == draws[1][1]


def test_other_states_resume():
    """random and NumPy go on where their states were taken, and torch's state does not cover them."""
    import numpy as np

    def draw():
        return [random.random(), np.random.rand(), torch.rand(()).item()]  # noqa: S311

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    first = draw()
    torch.set_rng_state(states[2])
    only_torch = draw()
    assert only_torch[2] == first[2] and only_torch[0] != first[0] and only_torch[1] != first[1]
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])
    assert draw() == first


def test_states_in_a_checkpoint(raises):
    """torch.load refuses the state of NumPy by default, but loads its array as a list; set_rng_state wants a CPU tensor."""
    import pickle

    import numpy as np

    torch.save({"torch": torch.get_rng_state(), "random": random.getstate()}, "plain.pt")
    plain = torch.load("plain.pt")
    torch.set_rng_state(plain["torch"])
    random.setstate(plain["random"])
    torch.save({"numpy": np.random.get_state()}, "numpy.pt")
    with raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("numpy.pt")
    kind, keys, *rest = np.random.get_state()
    torch.save({"numpy": (kind, keys.tolist(), *rest)}, "list.pt")
    expected = np.random.rand()
    np.random.set_state(torch.load("list.pt", map_location="cpu")["numpy"])
    assert np.random.rand() == expected
    with raises(TypeError, "RNG state must be a torch.ByteTensor"):
        torch.set_rng_state(plain["torch"].to("meta"))


def test_benchmark_is_off():
    """torch.backends.cudnn.benchmark is False by default."""
    assert torch.backends.cudnn.benchmark is False
