"""Proofs of torch-export."""

import logging
import warnings

import torch
from torch import nn
from torch.export import Dim, export

logging.disable(logging.WARNING)  # of the export


def given():
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.9)), "x": torch.randn(5, 3)}


def test_answer(answer):
    """The loaded program computes what the model computes in eval mode, for any batch size."""
    linear = answer.model[0]
    torch.testing.assert_close(answer.out, answer.x @ linear.weight.T + linear.bias)
    assert [answer.run(torch.ones(n, 3)).shape for n in (1, 2, 9)] == [(n, 4) for n in (1, 2, 9)]


def refuses(raises, guard=""):
    """The program refuses what differs from the export; since 2.9 it names the guard."""
    new = torch.__version__ >= (2, 9)
    return raises((AssertionError, RuntimeError), f"Guard failed: {guard}" if new else "Expected input at *args[")


def test_default(default, raises):
    """The graph holds the operations of the model, and sizes outside of the range of a Dim are refused."""
    weight, bias = default.model[0].weight, default.model[0].bias
    torch.testing.assert_close(default.run(default.x), (default.x @ weight.T + bias).clamp(min=0))
    assert default.run(torch.ones(64, 3)).shape == (64, 4)
    with refuses(raises, "input.size()[0] <= 64"):
        default.run(torch.ones(65, 3))
    with refuses(raises, "input.size()[1] == 3"):
        default.run(torch.ones(5, 2))


def test_right_size(right_size):
    """A dimension named in dynamic_shapes may vary."""
    x = torch.arange(6.0).view(2, 3)
    torch.testing.assert_close(right_size.program.module()(x), right_size.model(x))


def test_right(right):
    """torch.cond keeps both branches in the graph."""
    assert right.run(torch.tensor([4.0, -3.5])).tolist() == [8.0, -7.0]
    assert right.run(torch.tensor([-3.0, 1.0])).tolist() == [3.0, -1.0]
    assert right.run(torch.tensor([-3.0, 3.5])).tolist() == [-6.0, 7.0]


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def test_where():
    """torch.where with a condition computed from the tensor can be exported."""
    run = export(Call(lambda x: torch.where(x.sum() > 0, 2 * x, -x)), (torch.ones(2),)).module()
    assert run(torch.tensor([4.0, -3.5])).tolist() == [8.0, -7.0]
    assert run(torch.tensor([-3.0, 1.0])).tolist() == [3.0, -1.0]


def test_masks_replace_sizes(raises):
    """A slice whose end is read from a tensor raises; a mask of fixed size works."""
    x = torch.arange(5.0)
    new = torch.__version__ >= (2, 8)
    with raises(RuntimeError, "Could not extract specialized integer from data-dependent expression u0" if new else "Could not guard on data-dependent expression u0 < 0"):
        export(Call(lambda x, n: x[: int(n.item())].sum()), (x, torch.tensor(2)))
    run = export(Call(lambda x, n: (x * (torch.arange(len(x)) < n)).sum()), (x, torch.tensor(2))).module()
    assert run(x, torch.tensor(4)) == 0 + 1 + 2 + 3


def test_numbers_out_of_tensors(raises):
    """In 2.13, int() and float() of a tensor raise; t.item() can be multiplied, and can end a slice."""
    if torch.__version__ < (2, 13):
        return
    x, n = torch.arange(5.0), torch.tensor(2)
    with raises(RuntimeError, "Could not extract specialized integer from data-dependent expression u0"):
        export(Call(lambda x, n: x * int(n)), (x, n))
    with raises(RuntimeError, "Could not guard on data-dependent expression"):
        export(Call(lambda x, n: x * float(x.sum())), (x, n))
    run = export(Call(lambda x, n: (x[: n.item()] * x.sum().item()).sum()), (x, n)).module()
    assert run(x, torch.tensor(3)) == (0 + 1 + 2) * 10


def test_sizes_that_depend_on_values(raises):
    """A branch on the size of x[mask] raises, and torch.cond on the mask does not; in 2.13 the size itself can be used if
    it is written without len()."""
    if torch.__version__ < (2, 13):
        return
    with raises(RuntimeError, "Could not guard on data-dependent expression u0 > 0"):
        export(Call(lambda x: 2 * x if x[x > 0].shape[0] > 0 else -x), (torch.ones(2),))
    with raises(RuntimeError, "Could not extract specialized integer from data-dependent expression u0"):
        export(Call(lambda x: x * len(x[x > 0])), (torch.ones(2),))
    run = export(Call(lambda x: x * x[x > 0].shape[0]), (torch.ones(2),)).module()
    assert run(torch.tensor([5.0, -3.0])).tolist() == [5, -3] and run(torch.tensor([5.0, 3.0])).tolist() == [10, 6]
    run = export(Call(lambda x: torch.cond((x > 0).any(), lambda x: 2 * x, lambda x: -x, (x,))), (torch.ones(2),)).module()
    assert run(torch.tensor([-1.0, 3.0])).tolist() == [-2, 6] and run(torch.tensor([-1.0, -3.0])).tolist() == [1, 3]


def test_branches_on_sizes(raises):
    """A branch on a size keeps one side: a named Dim raises unless its range fits, and Dim.DYNAMIC refuses other sizes."""
    branch = Call(lambda x: 2 * x if x.shape[0] > 3 else -x)
    x = torch.ones(5, 3)
    with raises(Exception, "Constraints violated"):
        export(branch, (x,), dynamic_shapes=(({0: Dim("batch")},),))
    run = export(branch, (x,), dynamic_shapes=(({0: Dim("batch", min=4)},),)).module()
    assert run(torch.ones(9, 3)).eq(2).all()
    with refuses(raises):
        run(torch.ones(2, 3))
    run = export(branch, (x,), dynamic_shapes=(({0: Dim.DYNAMIC},),)).module()
    if torch.__version__.startswith("2.9."):  # a NameError there
        return
    assert run(torch.ones(9, 3)).eq(2).all()
    with refuses(raises):
        run(torch.ones(2, 3))


def test_an_example_of_one(raises):
    """An example of size 1 fixes that size: a named Dim raises, and Dim.AUTO refuses other sizes afterwards."""
    linear, x = nn.Linear(3, 4), torch.ones(1, 3)
    with raises(Exception, "to be a constant (1)"):
        export(linear, (x,), dynamic_shapes=({0: Dim("batch")},))
    run = export(linear, (x,), dynamic_shapes=({0: Dim.AUTO},)).module()
    with refuses(raises, "input.size()[0] == 1"):
        run(torch.ones(2, 3))


def test_the_mode_is_captured(raises):
    """A model exported in training mode keeps its dropout, and eval() on the result raises."""
    run = export(nn.Dropout(0.5).train(), (torch.ones(1000),)).module()
    assert 300 < int((run(torch.ones(1000)) == 0).sum()) < 700
    with raises(NotImplementedError, "Calling eval() is not supported yet"):
        run.eval()
    assert export(nn.Dropout(0.5).eval(), (torch.ones(1000),)).module()(torch.ones(1000)).eq(1).all()


def test_numbers_become_constants(raises):
    """A plain number becomes a constant, and another value is refused; a tensor may change."""
    x = torch.ones(5, 3)
    product = Call(lambda x, k: x * k)
    run = export(product, (x, 2)).module()
    assert run(x, 2).eq(2).all()
    with refuses(raises):
        run(x, 3)
    assert export(product, (x, torch.tensor(2.0))).module()(x, torch.tensor(3.0)).eq(3).all()


def test_programs_are_not_modules(raises):
    """An ExportedProgram cannot be called; its module() can."""
    x = torch.ones(5, 3)
    program = export(nn.Linear(3, 4), (x,))
    with raises(RuntimeError, "Unable to call ExportedProgram directly"):
        program(x)
    assert program.module()(x).shape == (5, 4)


def test_the_successor():
    """Since 2.10, torch.jit.script and torch.jit.trace warn that they are deprecated, and name torch.export."""
    linear, x = nn.Linear(3, 4), torch.ones(1, 3)
    if torch.__version__ < (2, 10):
        return
    for old in lambda: torch.jit.script(linear), lambda: torch.jit.trace(linear, x):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            old()
        kind = FutureWarning if torch.__version__ >= (2, 14) else DeprecationWarning
        assert any("torch.export" in str(w.message) and w.category is kind for w in caught)


def test_draft_export(raises):
    """draft_export exports only the side of a branch that the example took, reports it, and raises for the other."""
    if torch.__version__ < (2, 8):
        return
    program = torch.export.draft_export(Call(lambda x: 2 * x if x.sum() > 0 else -x), (torch.ones(2),))
    assert program.module()(torch.tensor([4.0, -3.5])).tolist() == [8.0, -7.0]
    if torch.__version__ >= (2, 13):
        assert "Data dependent error" in str(program._report)
    with raises(RuntimeError, "Runtime assertion failed"):
        program.module()(torch.tensor([-3.0, 1.0]))
