"""Proofs of slerp."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "F": F, "a": torch.randn(4, 5, 6), "b": torch.randn(4, 5, 6), "t": 0.3}


def by_hand(a, b, t):
    """Slerp of two vectors in plain Python."""
    norm = lambda v: math.sqrt(sum(c * c for c in v))
    cos = sum(p * q for p, q in zip(a, b, strict=True)) / norm(a) / norm(b)
    angle = math.acos(cos)
    p, q = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
    return [p * c + q * d for c, d in zip(a, b, strict=True)]


def test_answer(answer):
    """lerp is a + t * (b - a); slerp weights by sines of the angle and falls back to lerp for parallel vectors."""
    torch.testing.assert_close(answer.mixed, 0.7 * answer.a + 0.3 * answer.b)
    for t in (0.2, 0.9):
        rows = zip(answer.a.flatten(0, 1).tolist(), answer.b.flatten(0, 1).tolist(), strict=True)
        expected = torch.tensor([by_hand(p, q, t) for p, q in rows]).view(4, 5, 6)
        torch.testing.assert_close(answer.slerp(answer.a, answer.b, t), expected)
    torch.testing.assert_close(answer.slerp(answer.a, 3 * answer.a, 0.25), 1.5 * answer.a)


def test_ends(default):
    """Slerp begins at a, ends at b, and keeps the length of vectors of equal length."""
    torch.manual_seed(0)
    a, b = F.normalize(torch.randn(5, 8), dim=1), F.normalize(torch.randn(5, 8), dim=1)
    torch.testing.assert_close(default.slerp(a, b, 0.0), a)
    torch.testing.assert_close(default.slerp(a, b, 1.0), b)
    assert all(torch.allclose(default.slerp(a, b, t).norm(dim=1), torch.ones(5)) for t in (0.1, 0.5, 0.8))
    right = default.slerp(torch.tensor([[1.0, 0, 0]]), torch.tensor([[0, 1.0, 0]]), 1 / 3)
    torch.testing.assert_close(right, torch.tensor([[math.cos(math.pi / 6), 0.5, 0]]))
    a, b = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    torch.testing.assert_close(default.slerp(a, b, 0.3)[1], default.slerp(a[1], b[1], 0.3))


def test_default(default):
    """Slerp of each row equals the formula by hand, and a row of parallel vectors does not disturb the others."""
    a = torch.tensor([[1.0, 2, 0], [0, 1, 1], [3, 0, 4]])
    b = torch.tensor([[2.0, 4, 0], [1, 0, -1], [0, 2, 1]])
    out = default.slerp(a, b, 0.4)
    torch.testing.assert_close(out[0], torch.tensor([1.4, 2.8, 0]))
    for row in (1, 2):
        torch.testing.assert_close(out[row], torch.tensor(by_hand(a[row].tolist(), b[row].tolist(), 0.4)))
    assert default.a.shape == default.b.shape == (1, 512)


def test_the_middle_is_short():
    """The middle of two random normal vectors of 512 numbers is about 0.7 times as long as they are."""
    torch.manual_seed(0)
    a, b = torch.randn(200, 512), torch.randn(200, 512)
    ratio = torch.lerp(a, b, 0.5).norm(dim=1) / a.norm(dim=1)
    assert ratio.min() > 0.6 and ratio.max() < 0.82
    assert abs(ratio.mean() - 0.5**0.5) < 0.01


def test_beyond_the_end():
    """A weight of 1.5 goes beyond the end, and a tensor of weights broadcasts."""
    assert torch.lerp(torch.tensor([2.0]), torch.tensor([6.0]), 1.5).item() == 8
    out = torch.lerp(torch.zeros(2, 3), torch.ones(2, 3), torch.tensor([0.0, 0.5, 1.0]))
    assert out.tolist() == [[0, 0.5, 1]] * 2


def test_many(many):
    """t.view(-1, 1) gives one row for each t."""
    out = torch.lerp(many.a, many.b, many.t.view(-1, 1))
    assert out.tolist() == [[8 * t, 10 - 8 * t, 4] for t in (0, 0.25, 0.5, 0.75, 1)]


def test_checkpoints(checkpoints):
    """The merged model has the mixed weights, and the counter of BatchNorm is that of the first."""
    one, two = checkpoints.first.state_dict(), checkpoints.second.state_dict()
    one["1.num_batches_tracked"] += 7
    two["1.running_mean"] += 4
    mixed = checkpoints.mix(one, two, 0.25)
    torch.testing.assert_close(mixed["0.weight"], 0.75 * one["0.weight"] + 0.25 * two["0.weight"])
    torch.testing.assert_close(checkpoints.merged.state_dict()["0.weight"], mixed["0.weight"])
    assert mixed["1.running_mean"].tolist() == [1, 1] and mixed["1.num_batches_tracked"].item() == 7


def test_right(right):
    """Mixing only the floating-point tensors keeps all keys."""
    assert right.mixed.keys() == nn.BatchNorm1d(2).state_dict().keys()


def test_parallel_vectors(default):
    """For vectors in the same direction torch.where takes lerp, though gradients can be NaN; between opposite ones the middle is 0."""
    torch.manual_seed(0)
    a = torch.randn(1000, 64)
    cos = F.normalize(a, dim=1).square().sum(dim=1)
    assert (cos > 1).any() and cos.acos().isnan().any() and (cos.acos() == 0).any()
    torch.testing.assert_close(default.slerp(a, a, 0.3), a)
    leaf = a.clone().requires_grad_()
    default.slerp(leaf, a, 0.3).sum().backward()
    assert leaf.grad.isnan().any()
    assert default.slerp(a, -a, 0.5).abs().max() < 1e-5


def test_another_order_of_units():
    """Two networks that compute the same with their units in another order have an average that does not."""
    torch.manual_seed(0)
    one, two, average = (nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)) for _ in range(3))
    order = torch.arange(8).flip(0)
    theirs = one.state_dict()
    two.load_state_dict({
        "0.weight": theirs["0.weight"][order],
        "0.bias": theirs["0.bias"][order],
        "2.weight": theirs["2.weight"][:, order],
        "2.bias": theirs["2.bias"],
    })
    average.load_state_dict({k: torch.lerp(v, two.state_dict()[k], 0.5) for k, v in theirs.items()})
    x = torch.randn(50, 3)
    torch.testing.assert_close(one(x), two(x))
    assert (average(x) - one(x)).abs().mean() > 0.05


def test_lerp_wants_one_floating_dtype(raises):
    """lerp raises for integers with a number as the weight, since 2.7 not with a float tensor (), and for two dtypes,
    also of the weights."""
    with raises(RuntimeError, "expected dtype"):
        torch.lerp(torch.ones(3).half(), torch.zeros(3).half(), torch.linspace(0, 1, 2).view(-1, 1))
    with raises(RuntimeError, "not implemented for 'Long'"):
        torch.lerp(torch.tensor([1, 2]), torch.tensor([3, 4]), 0.5)
    if torch.__version__ >= (2, 7):
        assert torch.lerp(torch.tensor([1, 2]), torch.tensor([3, 6]), torch.tensor(0.5)).tolist() == [2, 4]
    with raises(RuntimeError, "expected dtype float for `end` but got dtype"):
        torch.lerp(torch.tensor([1.0, 2.0]), torch.tensor([3, 4]), 0.5)
    with raises(RuntimeError, "expected dtype c10::Half for `end` but got dtype float"):
        torch.lerp(torch.ones(2).half(), torch.ones(2), 0.5)
    with raises(RuntimeError, "expected dtype float for `end` but got dtype double"):
        torch.lerp(torch.ones(2), torch.ones(2).double(), torch.tensor(0.5))


def test_interpolate_resizes():
    """F.interpolate changes the size of one tensor."""
    assert F.interpolate(torch.ones(1, 3, 4, 5), size=(8, 9)).shape == (1, 3, 8, 9)


def test_running_statistics_are_of_the_old_weights():
    """After mixing, the running mean is not that of the merged model; update_bn makes it so."""
    torch.manual_seed(0)
    x = torch.randn(400, 3)

    def make():
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4))
        for _ in range(50):
            model(x)
        return model

    one, two, merged = make(), make(), make()
    other = two.state_dict()
    merged.load_state_dict(
        {k: v.lerp(other[k], 0.5) if v.is_floating_point() else v for k, v in one.state_dict().items()}
    )
    true = merged[1](merged[0](x)).mean(dim=0)
    assert (merged[2].running_mean - true).abs().max() > 0.02
    merged(x)  # one pass in train mode is not enough
    assert (merged[2].running_mean - true).abs().max() > 0.01
    torch.optim.swa_utils.update_bn(x.split(100), merged)
    torch.testing.assert_close(merged[2].running_mean, true)
