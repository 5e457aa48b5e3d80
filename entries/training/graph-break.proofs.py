"""Proofs of graph-break."""

import functools
import logging
import math
import random
import time
import types
import warnings

import torch
from torch import nn

X = torch.tensor([1.5, -1.0])


def given():
    # inductor, the default backend, warns while it is imported
    fake = types.SimpleNamespace(
        where=torch.where, cond=torch.cond, compile=functools.partial(torch.compile, backend="eager")
    )
    return {"torch": fake, "x": X, "model": nn.Linear(2, 3)}


def graphs_of(function, *args):
    """How many calls each graph holds that torch.compile makes of a function."""
    torch._dynamo.reset()
    calls = []

    def backend(graph, inputs):
        calls.append(sum(node.op.startswith("call") for node in graph.graph.nodes))
        return graph.forward

    result = torch.compile(function, backend=backend)(*args)
    assert torch.equal(result, function(*args))
    return calls


def test_answer(answer):
    """torch.cond also works outside of compiled code."""
    assert answer.y.tolist() == [1.5 * 2, -1.0 * 2]
    assert answer.model(X).shape == (3,)


def test_default(default):
    """Under fullgraph=True, torch.where and torch.cond choose between two branches by the value of a tensor."""
    for function in default.with_where, default.with_cond:
        assert function(default.x).tolist() == [1.5 * 2, -1.0 * 2]  # the sum is 0.5
        assert function(-default.x).tolist() == [-1.5 - 1, 1.0 - 1]  # the sum is -0.5


def test_gradients_through_cond():
    """torch.cond passes the gradient of the branch taken."""
    for sign, slope in ((1, 2.0), (-1, 3.0)):
        z = (sign * X).requires_grad_()
        torch.cond(z.sum() > 0, lambda z: z * 2, lambda z: z * 3, (z,)).sum().backward()
        assert z.grad.tolist() == [slope, slope]


def test_cond_is_a_prototype():
    """torch.cond and torch.while_loop are prototype features by their own documentation."""
    assert "prototype" in torch.cond.__doc__ and "prototype" in torch.while_loop.__doc__


def test_a_while_on_a_value(raises):
    """A while on the value of a tensor raises under fullgraph=True, and torch.while_loop goes through, since 2.13 at the latest with gradients."""

    def plain(x):
        while x.sum() < 100:
            x = x * 2
        return x

    def inside(x):
        return torch.while_loop(lambda x: x.sum() < 100, lambda x: (x * 2,), (x,))[0]

    x = torch.tensor([1.5, 1.0])
    torch._dynamo.reset()
    with raises((torch._dynamo.exc.UserError, torch._dynamo.exc.Unsupported)):
        torch.compile(plain, backend="eager", fullgraph=True)(x)
    torch._dynamo.reset()
    assert torch.compile(inside, backend="eager", fullgraph=True)(x).tolist() == plain(x).tolist() == [96, 64]
    z = x.clone().requires_grad_()
    if torch.__version__ < (2, 7):
        with raises(RuntimeError, "Autograd not implemented for while_loop"):
            inside(z).sum().backward()
    elif torch.__version__ >= (2, 13):
        inside(z).sum().backward()
        assert z.grad.tolist() == [64, 64]


def test_explain(explain):
    """explain counts three graphs and two breaks for a print and an if on a value, and names their lines."""
    assert (explain.found.graph_count, explain.found.graph_break_count) == (3, 2)
    assert explain.forward(torch.tensor([3.0, -2.75])).tolist() == [3 * 2 + 1, -2.75 * 2 + 1]
    assert explain.forward(torch.tensor([1.0, -2.75])).tolist() == [2, 5.5]


def test_right(right):
    """The function with torch.where gives the same values as the Python if."""
    assert right.scale(right.x).tolist() == [3.0, -2.0] and right.scale(-right.x).tolist() == [-2.5, 0.0]


def test_a_break_keeps_the_result():
    """Without fullgraph=True, a print splits the function into two graphs, and the result is right."""

    def chatty(x):
        y = x * 2
        print("running")
        return y + 1

    assert graphs_of(chatty, X) == [1, 1]


def test_a_break_in_a_loop():
    """A break directly in a for loop leaves the function uncompiled; in a function called there, it does not."""

    def loop(x):
        for _ in range(3):
            x = x * 2
            torch._dynamo.graph_break()
        return x + 1

    def body(x):
        x = x * 2
        torch._dynamo.graph_break()
        return x + 3

    def outer(x):
        for _ in range(3):
            x = body(x)
        return x + 1

    assert graphs_of(loop, X) == []
    assert len(graphs_of(outer, X)) > 0


def test_disable_breaks_the_graph():
    """A function with @torch.compiler.disable runs in Python, between two graphs."""
    seen = []

    @torch.compiler.disable
    def log(v):
        seen.append(float(v.sum()))

    def forward(x):
        y = x * 2
        log(y)
        return y + 1

    assert graphs_of(forward, X) == [1, 1] and seen == [1.0, 1.0]


def test_shapes_and_flags(raises):
    """A branch on a shape or on a Python flag goes through fullgraph=True; one on item() raises."""

    def by_shape(x, flag):
        return x * 2 if len(x) > 1 and flag else x - 1

    def by_item(x):
        return x * 2 if x.sum().item() > 0 else x - 1

    torch._dynamo.reset()
    fast = torch.compile(by_shape, backend="eager", fullgraph=True)
    assert fast(X, True).tolist() == [3.0, -2.0] and fast(X, False).tolist() == [0.5, -2.0]
    new = torch.__version__ >= (2, 10)
    kinds = torch._dynamo.exc.UserError, torch._dynamo.exc.Unsupported
    with raises(kinds, "data-dependent" if new else "item"):
        torch.compile(by_item, backend="eager", fullgraph=True)(X)


def test_item_alone():
    """item() without a branch breaks the graph, unless fullgraph=True (since 2.10) or capture_scalar_outputs is set."""

    def scaled(x):
        return x * x.sum().item()

    logging.getLogger("torch._dynamo").setLevel(logging.ERROR)
    assert len(graphs_of(scaled, X)) == 2
    with torch._dynamo.config.patch(capture_scalar_outputs=True):
        assert len(graphs_of(scaled, X)) == 1
    torch._dynamo.reset()
    if torch.__version__ >= (2, 10):
        assert torch.compile(scaled, backend="eager", fullgraph=True)(X).tolist() == [0.75, -0.5]


def test_ignored_loggers(raises):
    """A logger's method raises under fullgraph=True, unless it stands in config.ignore_logging_functions (torch 2.13)."""
    logger = logging.getLogger("quiet")

    def forward(x):
        logger.info("here")
        return x * 2

    torch._dynamo.reset()
    with raises(torch._dynamo.exc.Unsupported, "ogger"):
        torch.compile(forward, backend="eager", fullgraph=True)(X)
    torch._dynamo.reset()
    if not hasattr(torch._dynamo.config, "ignore_logging_functions"):  # older than 2.13
        return
    with torch._dynamo.config.patch(ignore_logging_functions={logger.info}):
        assert torch.compile(forward, backend="eager", fullgraph=True)(X).tolist() == [3.0, -2.0]


def test_c_functions(raises):
    """time.perf_counter(), and before torch 2.14 random.random(), raise under fullgraph=True; their values can be passed
    in. math.gcd(), another C function, goes through."""
    functions = [time.perf_counter]
    if torch.__version__ >= (2, 14):
        torch._dynamo.reset()
        drawn = torch.compile(lambda x: x * 0 + random.random(), backend="eager", fullgraph=True)
        random.seed(0)
        found = [drawn(X)[0].item() for _ in range(3)]
        random.seed(0)
        assert all(abs(a - random.random()) < 1e-6 for a in found)
    else:
        functions.append(random.random)
    assert torch.compile(lambda x: x * math.gcd(4, 6), backend="eager", fullgraph=True)(X).tolist() == [3.0, -2.0]
    for function in functions:
        torch._dynamo.reset()
        with warnings.catch_warnings(), raises(torch._dynamo.exc.Unsupported, "marked as skipped" if torch.__version__ >= (2, 7) else "unsupported builtin"):
            warnings.simplefilter("ignore")
            torch.compile(lambda x, f=function: x * f(), backend="eager", fullgraph=True)(X)
    scaled = torch.compile(lambda x, v: x * v, backend="eager", fullgraph=True)
    assert scaled(X, 2.0).tolist() == [3.0, -2.0]


def test_where_computes_both():
    """A NaN in the gradient of the branch that torch.where does not take spoils the result; clamp prevents it."""
    for guard, bad in ((lambda x: x, True), (lambda x: x.clamp(min=1e-6), False)):
        x = torch.tensor([4.0, -1.0], requires_grad=True)
        torch.where(x > 0, guard(x).sqrt(), 0 * x).sum().backward()
        assert x.grad[0] == 0.25 and x.grad[1].isnan() == bad


def test_fullgraph_stops_at_the_first(raises):
    """fullgraph=True raises at the first break; the graph_breaks log names file and line of each."""

    def forward(x):
        print("first")
        y = x * 2
        print("second")
        return y

    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = logging.getLogger("torch._dynamo.symbolic_convert.__graph_breaks")
    torch._dynamo.reset()
    with raises(torch._dynamo.exc.Unsupported, 'print("first")'):
        torch.compile(forward, backend="eager", fullgraph=True)(X)
    torch._dynamo.reset()
    torch._logging.set_logs(graph_breaks=True)  # as TORCH_LOGS=graph_breaks does
    logger.addHandler(handler)
    logger.propagate = False
    torch.compile(forward, backend="eager")(X)
    start = forward.__code__.co_firstlineno
    assert [line.splitlines()[0].rpartition(":")[2] for line in lines] == [str(start + 1), str(start + 3)]
    assert all(line.startswith("Graph break in user code at ") for line in lines)


def test_what_cond_demands(raises):
    """torch.cond raises if a branch returns another dtype, since 2.9 also for its input or a view of it; a clone is accepted."""

    def compiled(other):
        def function(x):
            return torch.cond(x.sum() > 0, lambda x: x * 2, other, (x,))

        return torch.compile(function, backend="eager", fullgraph=True)

    x = torch.ones(3)
    for other in ((lambda x: x), (lambda x: x.view(3))) if torch.__version__ >= (2, 9) else ():
        with raises(torch._dynamo.exc.UncapturedHigherOrderOpError, "aliasing"):
            compiled(other)(x)
        torch._dynamo.reset()
    new, old = torch._dynamo.exc.TorchRuntimeError, torch._dynamo.exc.UncapturedHigherOrderOpError
    with raises(new, "When merging two branches' output") if torch.__version__ >= (2, 7) else raises(old, "Cond"):
        compiled(lambda x: x.double())(x)
    torch._dynamo.reset()
    assert compiled(lambda x: x.clone())(-x).tolist() == [-1, -1, -1]


def test_export_can_raise_the_same(raises):
    """torch.export with strict=True raises Unsupported for a C function; with strict=False its value is kept."""

    class Clock(nn.Module):
        def forward(self, x):
            return x * time.perf_counter()

    with warnings.catch_warnings(), raises(torch._dynamo.exc.Unsupported, "function marked as skipped" if torch.__version__ >= (2, 7) else "unsupported builtin"):
        warnings.simplefilter("ignore")
        torch.export.export(Clock(), (torch.ones(3),), strict=True)
    run = torch.export.export(Clock(), (torch.ones(3),), strict=False).module()
    assert torch.equal(run(torch.ones(3)), run(torch.ones(3)))
