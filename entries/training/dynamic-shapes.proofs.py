"""Proofs of dynamic-shapes. They replace the backend, because inductor takes seconds and a C++ compiler."""

import torch

dynamo = torch._dynamo


def graphs_of(f, calls, mark=None, **options):
    """How many graphs there are after each call."""
    graphs = []

    def spy(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    compiled = torch.compile(f, backend=spy, **options)
    counts = []
    for args in calls:
        args = args if isinstance(args, tuple) else (args,)
        if mark:
            mark(args[0])
        out = compiled(*args)
        torch.testing.assert_close(out, f(*args))
        counts.append(len(graphs))
    return counts


def double(x):
    return x * 2


def sizes(*numbers):
    return [torch.ones(n, 3) for n in numbers]


def first(x):
    dynamo.mark_dynamic(x, 0)


class Torch:
    """torch, but compile() takes a backend that needs no C++ compiler."""

    _dynamo, compiler = torch._dynamo, torch.compiler

    @staticmethod
    def compile(model, **options):
        return torch.compile(model, backend="eager", **options)


def given():
    return {"torch": Torch, "model": double, "x": torch.ones(4, 3)}


def test_answer(answer):
    """Under "fail_on_recompile", a call that matches a graph runs, here with another size of the marked dimension."""
    assert torch.equal(answer.y, torch.full((4, 3), 2.0))
    with torch.compiler.set_stance("fail_on_recompile"):
        assert torch.equal(answer.compiled(torch.ones(7, 3)), torch.full((7, 3), 2.0))


def test_default(default):
    """Four sizes cost two graphs by default, one with mark_dynamic or dynamic=True, and four with dynamic=False."""
    for options, counts in (({}, [1, 2, 2, 2]), ({"mark": True}, [1] * 4), ({"dynamic": True}, [1] * 4), ({"dynamic": False}, [1, 2, 3, 4])):
        assert default.count([4, 5, 6, 7], **options) == [f"{n}: {c}" for n, c in zip([4, 5, 6, 7], counts, strict=True)]
    assert graphs_of(double, sizes(4, 5, 6, 1, 0, 9), first) == [1, 1, 1, 2, 3, 3]


def test_reason(reason, raises):
    """Size, strides, and dtype compile again, and the message says which; the first call of all fails as well."""
    torch.compiler.reset()
    with torch.compiler.set_stance("fail_on_recompile"), raises(RuntimeError, "Detected recompile"):
        reason.f(reason.x)
    assert reason.f(reason.x).tolist() == [4, 4, 4]
    assert [name for name, _ in reason.cases] == ["size", "strides", "dtype", "gradient"]
    for (_, other), why in zip(
        reason.cases,
        (
            "tensor 'x' size mismatch at index 0. expected 4, actual 2",
            "tensor 'x' stride mismatch at index 0. expected 3, actual 1",
            "tensor 'x' dtype mismatch. expected Float, actual Double",
            "tensor 'x' requires_grad mismatch. expected requires_grad=0",
        ),
        strict=True,
    ):
        with torch.compiler.set_stance("fail_on_recompile"), raises(RuntimeError, why):
            reason.f(other)


def test_old_messages():
    """In 2.6, the message of "fail_on_recompile" does not say what differs."""
    if torch.__version__.startswith("2.6."):
        torch.compiler.reset()
        compiled = torch.compile(double, backend="eager")
        compiled(torch.ones(4))
        try:
            with torch.compiler.set_stance("fail_on_recompile"):
                compiled(torch.ones(5))
        except RuntimeError as error:
            assert "Detected recompile" in str(error) and "mismatch" not in str(error)


def test_eager_on_recompile():
    """Under "eager_on_recompile", a call that matches no graph runs uncompiled and adds none."""
    graphs = []

    def spy(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    compiled = torch.compile(double, backend=spy)
    compiled(torch.ones(4))
    with torch.compiler.set_stance("eager_on_recompile"):
        assert compiled(torch.ones(5)).tolist() == [2] * 5
    assert len(graphs) == 1


def test_pad(pad):
    """Lengths padded to multiples of 16 share the graphs of 16 and 32."""
    assert len(pad.graphs) == 2
    assert pad.y.shape == (2, 30) and torch.equal(pad.y, torch.ones(2, 30).tanh())
    assert [n + -n % 16 for n in (1, 15, 16, 17, 33)] == [16, 16, 16, 32, 48]


def test_right(right):
    """The function with a table cut to the length needs one graph for all lengths, and computes the sum."""
    def body(x):
        return x + right.table[: len(x)]

    assert graphs_of(body, sizes(4, 3, 2), first) == [1, 1, 1]
    assert torch.equal(right.f(torch.zeros(2, 3)), right.table[:2])


def test_fixed_sizes(raises):
    """A size that the code fixes raises with mark_dynamic, and compiles for that size with maybe_mark_dynamic."""
    table = torch.ones(4, 3)

    def add(x):
        return x + table

    def loop(x):
        return sum(x[i] for i in range(x.shape[0]))

    for f in (add, loop):
        with raises(Exception, "Constraints violated (L['x'].size()[0])"):
            graphs_of(f, sizes(4), first)
        assert graphs_of(f, sizes(4), lambda x: dynamo.maybe_mark_dynamic(x, 0)) == [1]
    assert graphs_of(loop, sizes(4, 5, 6, 7)) == [1, 2, 3, 4]


def test_ranges(raises):
    """A size outside of min and max raises."""
    with raises(Exception, "128 not in range [2, 64]"):
        graphs_of(double, sizes(4, 5, 64, 128), lambda x: dynamo.mark_dynamic(x, 0, min=2, max=64))


def test_an_if_on_a_size():
    """An if on a size costs one graph per branch, not per size."""

    def f(x):
        return x * 2 if x.shape[0] > 10 else x * 3

    assert graphs_of(f, sizes(4, 5, 6, 11, 12, 20), first) == [1, 1, 1, 2, 2, 2]


def test_what_compiles_again():
    """Another dtype, requires_grad, or number of dimensions compiles again; a second Python number becomes a variable."""
    assert graphs_of(double, [torch.ones(3), torch.ones(3).double()]) == [1, 2]
    assert graphs_of(double, [torch.ones(3), torch.ones(3, requires_grad=True)]) == [1, 2]
    assert graphs_of(double, [torch.ones(3), torch.ones(3, 1)], dynamic=True) == [1, 2]
    for numbers in ((2, 3, 4, 5), (2.0, 3.0, 4.0, 5.0)):
        assert graphs_of(lambda x, k: x * k, [(torch.ones(3), k) for k in numbers]) == [1, 2, 2, 2]


def test_negative_dims_are_ignored():
    """mark_dynamic(x, -1) has no effect in 2.13; mark_dynamic(x, 1) and a list of dims have."""
    inputs = [torch.ones(2, n) for n in (4, 5)]
    assert torch.__version__.startswith("2.13") is False or graphs_of(double, inputs, lambda x: dynamo.mark_dynamic(x, -1)) == [1, 2]
    assert graphs_of(double, [torch.ones(2, n) for n in (4, 5)], lambda x: dynamo.mark_dynamic(x, 1)) == [1, 1]
    both = [torch.ones(n, n + 3) for n in (4, 5)]
    assert graphs_of(double, both, lambda x: dynamo.mark_dynamic(x, [0, 1])) == [1, 1]


def test_mark_the_first_input():
    """A mark on the first input alone suffices; a mark that comes after the first call compiles once more, and a copy has none."""
    assert graphs_of(double, sizes(4, 5, 6), lambda x: first(x) if len(x) == 4 else None) == [1, 1, 1]
    calls = iter([False, True, False])
    assert graphs_of(double, sizes(4, 4, 5), lambda x: first(x) if next(calls) else None) == [1, 2, 2]
    x = torch.ones(4, 3)
    first(x)
    assert graphs_of(double, [x.clone(), *sizes(5)]) == [1, 2]
    assert graphs_of(double, [x.to("cpu", copy=True), *sizes(5)]) == [1, 2]
    assert graphs_of(double, [x, *sizes(5)]) == [1, 1]


def test_strides_count():
    """A transposed input and a slice of columns of the same shape compile again; a contiguous copy and a slice of rows do not."""
    inputs = [torch.ones(4, 3), torch.ones(3, 4).T, torch.ones(4, 5)[:, :3]]
    assert graphs_of(double, [torch.ones(4, 3), torch.ones(9, 3)[2:6]]) == [1, 1]
    assert graphs_of(double, inputs) == [1, 2, 3]
    assert graphs_of(double, [x.contiguous() for x in inputs]) == [1, 1, 1]


def test_lists_cost_a_graph_per_length():
    """Each length of a list of tensors compiles again, also with dynamic=True; stacked tensors do not."""
    lists = [([torch.ones(7)] * n,) for n in (2, 3, 4, 5)]
    assert graphs_of(lambda xs: sum(xs), lists) == [1, 2, 3, 4]
    assert graphs_of(lambda xs: sum(xs), lists, dynamic=True) == [1, 2, 3, 4]
    assert graphs_of(lambda x: x.sum(0), [torch.stack(args[0]) for args in lists], dynamic=True) == [1, 1, 1, 1]


def test_equal_sizes():
    """With dynamic=True, sizes that are equal in the first input are taken to be equal, and others compile again."""
    assert graphs_of(double, [torch.ones(4, 4), torch.ones(5, 6)], dynamic=True) == [1, 2]
    assert graphs_of(double, [torch.ones(4, 5), torch.ones(5, 6), torch.ones(7, 7)], dynamic=True) == [1, 1, 1]


def test_modes_compile_again():
    """no_grad() compiles again, and so does eval() of a model with Dropout, but not of a Linear alone."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout(0.0))
    graphs = []

    def spy(graph, inputs):
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    compiled, x, counts = torch.compile(model, backend=spy), torch.ones(4, 3), []
    for change in (model.train, model.eval):
        change()
        compiled(x)
        counts.append(len(graphs))
    with torch.no_grad():
        compiled(x)
    assert [*counts, len(graphs)] == [1, 2, 3]
    graphs.clear()
    torch.compiler.reset()
    linear = torch.nn.Linear(3, 2)
    compiled = torch.compile(linear, backend=spy)
    for change in (linear.train, linear.eval):
        change()
        compiled(x)
    assert len(graphs) == 1


def test_the_limit(raises):
    """recompile_limit, cache_size_limit in 2.6, is 8; beyond it, calls run uncompiled, or raise with fullgraph=True."""
    name = "cache_size_limit" if torch.__version__.startswith("2.6.") else "recompile_limit"
    assert getattr(dynamo.config, name) == 8
    with dynamo.config.patch({name: 3}):
        assert graphs_of(double, sizes(4, 5, 6, 7, 8), dynamic=False) == [1, 2, 3, 3, 3]
        with raises(Exception, "…"):
            graphs_of(double, sizes(4, 5, 6, 7), dynamic=False, fullgraph=True)
    assert graphs_of(double, sizes(*range(2, 12)), dynamic=False) == [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]


def test_mark_static():
    """Under dynamic=True, three batch sizes share one graph; with mark_static on that dimension, each has its own."""
    for static, wanted in ((False, 1), (True, 3)):
        graphs = []

        def spy(graph, inputs, graphs=graphs):
            graphs.append(graph)
            return graph.forward

        torch.compiler.reset()
        compiled = torch.compile(torch.sin, backend=spy, dynamic=True)
        for n in (4, 5, 6):
            x = torch.ones(n, 3)
            if static:
                torch._dynamo.mark_static(x, 0)
            compiled(x)
        assert len(graphs) == wanted
