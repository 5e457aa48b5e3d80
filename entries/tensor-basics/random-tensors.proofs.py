"""Proofs of random-tensors."""

import random

import torch


def given():
    torch.manual_seed(0)
    return {"torch": torch, "N": 5000, "D": 3, "low": -2.0, "high": 4.0, "mean": 5.0, "std": 3.0}


def close(x, mean, std, tolerance=0.06):
    return abs(x.mean().item() - mean) < tolerance * std and abs(x.std().item() - std) < tolerance * std


def test_answer(answer):
    """mean + std * randn has this mean and standard deviation; randint draws int64; randperm holds each number once."""
    assert answer.x.shape == (5000, 3)
    assert close(answer.x, 5, 3)
    assert answer.labels.dtype == torch.int64 and answer.labels.shape == (5000,)
    assert answer.labels.unique().tolist() == list(range(10))
    assert sorted(answer.perm.tolist()) == list(range(5000)) != answer.perm.tolist()


def test_default(default):
    """Mean and standard deviation are 1/2 and sqrt(1/12) for rand, 0 and 1 for randn, 3.5 and sqrt(35/12) for a die."""
    draws = default.draws
    assert close(draws["rand"], 1 / 2, (1 / 12) ** 0.5, 0.03)
    assert close(draws["on [-2, 4)"], 1, 6 * (1 / 12) ** 0.5, 0.03)
    assert close(draws["randn"], 0, 1, 0.03)
    assert close(draws["mean 5, std 3"], 5, 3, 0.03)
    assert close(draws["a die"], sum(range(1, 7)) / 6, (35 / 12) ** 0.5, 0.03)
    assert 0 <= draws["rand"].min() < 0.001 and 0.999 < draws["rand"].max() < 1
    assert draws["a die"].unique().tolist() == [1, 2, 3, 4, 5, 6]


def test_normal_distribution(default):
    """68.3 % of the numbers from randn lie within one standard deviation, 95.4 % within two."""
    for bound, share in (1, 0.6827), (2, 0.9545):
        assert abs((default.draws["randn"].abs() < bound).float().mean() - share) < 0.005


def test_each_element_with_its_own_mean():
    """torch.normal(mean, std) with two tensors draws each element with its own mean and standard deviation."""
    torch.manual_seed(0)
    mean, std = torch.tensor([-1.0, 2.0, 5.0]), torch.tensor([0.5, 1.0, 2.0])
    x = torch.normal(mean.expand(20_000, 3), std.expand(20_000, 3))
    for column, (m, s) in enumerate([(-1, 0.5), (2, 1), (5, 2)]):
        assert close(x[:, column], m, s)


def test_noise(noise):
    """The noise has a standard deviation of 0.1, and clamp keeps the image between 0 and 1."""
    inside = (noise.noisy > 0) & (noise.noisy < 1) & (noise.image > 0.4) & (noise.image < 0.6)
    assert close((noise.noisy - noise.image)[inside], 0, 0.1)
    assert noise.noisy.min() == 0 and noise.noisy.max() == 1


def test_generator(generator):
    """A generator of your own gives the same numbers whatever other code draws."""
    assert generator.first == generator.second
    assert sorted(generator.first) == list(range(50)) != generator.first
    g = torch.Generator().manual_seed(42)
    assert torch.randperm(50, generator=g).tolist() == generator.first


def test_global_generator():
    """Without generator=, rand, randn, randint, randperm, and normal depend on torch.manual_seed and on earlier draws."""
    draws = (
        lambda: torch.rand(4),
        lambda: torch.randn(4),
        lambda: torch.randint(1000, (4,)),
        lambda: torch.randperm(1000),
        lambda: torch.normal(0.0, 1.0, (4,)),
    )
    for draw in draws:
        torch.manual_seed(7)
        first, second = draw(), draw()
        torch.manual_seed(7)
        assert torch.equal(draw(), first) and not torch.equal(first, second)


def test_on_device(on_device):
    """A generator on the device of the numbers makes them repeatable."""
    again = torch.Generator(device=on_device.device).manual_seed(0)
    assert torch.equal(torch.randn(4, 3, device=on_device.device, generator=again), on_device.x)


def test_wrong(wrong):
    """Noise from rand is never negative and has mean 0.5."""
    noise = (wrong.noisy - wrong.clean) / 0.1
    assert noise.min() >= 0 and abs(noise.mean() - 0.5) < 0.01


def test_right(right):
    """Noise from randn has mean 0, and half of it is negative."""
    noise = (right.noisy - right.clean) / 0.1
    assert close(noise, 0, 1)
    assert abs((noise < 0).float().mean() - 0.5) < 0.02


def test_randint_excludes_high(raises):
    """torch.randint never draws high, random.randint does; a plain int as the size raises."""
    torch.manual_seed(0)
    random.seed(0)
    assert torch.randint(0, 10, (2000,)).unique().tolist() == list(range(10))
    assert sorted({random.randint(0, 10) for _ in range(2000)}) == list(range(11))
    with raises(TypeError, "randint() received an invalid combination of arguments"):
        torch.randint(0, 10, 3)


def test_no_random_integers_from_rand(raises):
    """rand and randn raise for integers and bool; they make floats and complex numbers."""
    for dtype in torch.int64, torch.int32, torch.uint8, torch.bool:
        for draw in torch.rand, torch.randn:
            with raises(RuntimeError, "not implemented for"):
                draw(2, dtype=dtype)
    for dtype in torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64:
        assert torch.rand(2, dtype=dtype).dtype == torch.randn(2, dtype=dtype).dtype == dtype


def test_a_negative_std_raises(raises):
    """torch.normal raises for a negative or NaN standard deviation, and randint for an empty range."""
    with raises(RuntimeError, "normal expects std >= 0.0, but found std"):
        torch.normal(0.0, -1.0, (2,))
    for std in -1.0, float("nan"):
        with raises(RuntimeError, "normal expects all elements of std >= 0.0"):
            torch.normal(torch.zeros(2), torch.tensor([1.0, std]))
    with raises(RuntimeError, "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"):
        torch.randint(5, 5, (2,))
