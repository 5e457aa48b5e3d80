"""Proofs of tensor-empty."""

import warnings

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "N": 7, "C": 2, "B": 3, "x": torch.randn(7, 5), "model": nn.Linear(5, 2), "device": "cpu"}


def test_answer(answer):
    """A loop over slices fills every row, the last and shorter batch as well."""
    torch.testing.assert_close(answer.out, answer.model(answer.x).detach())
    assert not answer.out.requires_grad and answer.out.shape == (7, 2)
    assert answer.total.tolist() == [0.0, 0.0]
    assert answer.nothing.shape == (0,) and answer.nothing.numel() == 0


def test_default(default):
    """The buffer holds the same as the product of all rows at once."""
    by_hand = [[a + 2 * b + c / 2, -b + 3 * c] for a, b, c in default.x.tolist()]
    assert default.out.tolist() == by_hand


def test_wrong(wrong):
    """Under use_deterministic_algorithms, a sum that starts from empty is NaN."""
    assert wrong.total.isnan().all() and wrong.losses.sum(dim=0).tolist() == [11.0, 22.0, 33.0]


def test_right(right):
    """A sum that starts from zeros is right."""
    assert right.total.tolist() == [1 + 10, 2 + 20, 3 + 30]


class deterministic:
    """use_deterministic_algorithms within a with block."""

    def __enter__(self):
        torch.use_deterministic_algorithms(True)

    def __exit__(self, *_):
        torch.use_deterministic_algorithms(False)


def test_what_deterministic_fills_in():
    """Under use_deterministic_algorithms, empty holds NaN, and the largest value for integers."""
    with deterministic():
        for dtype in torch.float16, torch.bfloat16, torch.float32, torch.float64:
            assert torch.empty(5, dtype=dtype).isnan().all()
        for dtype in torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64:
            assert (torch.empty(5, dtype=dtype) == torch.iinfo(dtype).max).all()


def test_warn_only_fills_too(raises):
    """With warn_only=True, empty is filled as well; an operation without a deterministic version warns, not raises."""
    with deterministic():
        with raises(RuntimeError, "does not have a deterministic implementation"):
            torch.ones(3).put_(torch.tensor([0, 0]), torch.ones(2))
        torch.use_deterministic_algorithms(True, warn_only=True)
        assert torch.empty(5).isnan().all()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            torch.ones(3).put_(torch.tensor([0, 0]), torch.ones(2))
        assert any("does not have a deterministic implementation" in str(w.message) for w in seen)


def test_writing_converts():
    """Writing by index, copy_, and fill_ convert to the dtype of the buffer."""
    out, source = torch.empty(3, 2, dtype=torch.int64), torch.tensor([1.5, -2.5])
    out[0] = source
    out[1].copy_(source)
    out[2].fill_(7)
    assert out.tolist() == [[1, -2], [1, -2], [7, 7]]
    assert torch.empty(2).fill_(torch.tensor(3)).tolist() == [3.0, 3.0]


def test_out_argument():
    """out= writes the result into the memory of the buffer."""
    out = torch.empty(2, 2)
    address = out.data_ptr()
    torch.mm(torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]]), out=out)
    assert out.tolist() == [[1.0, 2.0], [3.0, 4.0]] and out.data_ptr() == address


def test_parameters_need_an_init():
    """A parameter made from empty has whatever was in memory; nn.init fills all of it."""
    with deterministic():
        w = nn.Parameter(torch.empty(4, 3))
        assert w.isnan().all()
        nn.init.xavier_uniform_(w)
        assert w.isfinite().all() and w.abs().max() <= (6 / 7) ** 0.5


def test_capital_letters_are_uninitialized():
    """torch.Tensor(2, 3) and torch.FloatTensor(2, 3) take sizes and are not initialized."""
    with deterministic():
        for make in torch.Tensor, torch.FloatTensor:
            assert make(2, 3).shape == (2, 3) and make(2, 3).isnan().all()


def test_no_elements(raises):
    """cat accepts the float32 empty(0) beside any number of dims and makes floats of integers; its max() raises."""
    nothing = torch.empty(0)
    assert torch.cat([nothing, torch.ones(2, 3)]).tolist() == [[1.0] * 3] * 2
    assert torch.cat([nothing, torch.ones(2, 3, 4)], dim=2).shape == (2, 3, 4)
    labels = torch.tensor([3, 1])
    assert torch.cat([nothing, labels]).dtype == torch.float32
    assert torch.cat([torch.empty(0, dtype=torch.long), labels]).dtype == torch.int64
    with raises(RuntimeError, "max(): Expected reduction dim to be specified for input.numel() == 0"):
        nothing.max()
    assert nothing.mean().isnan()
