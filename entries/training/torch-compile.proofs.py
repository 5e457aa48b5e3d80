"""Proofs of torch-compile. They replace the backend, because inductor takes seconds and a C++ compiler."""

import functools
import logging
import types

import torch
from torch import nn


class Spy:
    """A backend that keeps the graphs, and notes which of them run."""

    def __init__(self):
        self.graphs, self.ran = [], []

    def __call__(self, graph, _):
        number = len(self.graphs)
        self.graphs.append(graph)

        def run(*args):
            self.ran.append(number)
            return graph.forward(*args)

        return run


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(x).relu()


def given():
    spy = Spy()
    fake = types.SimpleNamespace(compile=functools.partial(torch.compile, backend=spy), save=torch.save)
    return {"torch": fake, "spy": spy, "model": Net(), "x": torch.randn(4, 3)}


def test_answer(answer):
    """A compiled model computes the same with the parameters of the plain one, whose keys do not change."""
    by_hand = (answer.x @ answer.model.fc.weight.T + answer.model.fc.bias).clamp(min=0)
    torch.testing.assert_close(answer.outputs, by_hand)
    assert answer.spy.ran == [0]
    assert all(a is b for a, b in zip(answer.compiled.parameters(), answer.model.parameters(), strict=True))
    assert list(torch.load("model.pth")) == ["fc.weight", "fc.bias"]


def test_default(default):
    """Steps of the optimizer on the plain model change what the compiled one computes."""
    torch.testing.assert_close(default.compiled(default.x), default.model(default.x))
    assert nn.functional.mse_loss(default.compiled(default.x), default.y) < default.loss


def test_what_recompiles(recompiles):
    """A second size, batches of 0 and 1, eval, no_grad, and a new dtype compile again; a third size not."""
    assert len(recompiles.graphs) == 5
    recompiles.compiled(torch.ones(9, 3))
    assert len(recompiles.graphs) == 5
    recompiles.model.double()
    recompiles.compiled(torch.ones(9, 3, dtype=torch.float64))
    assert len(recompiles.graphs) == 6
    recompiles.compiled(torch.ones(0, 3, dtype=torch.float64))
    assert len(recompiles.graphs) == 7


def test_eval_recompiles_what_reads_it():
    """eval() compiles again with dropout or BatchNorm in the model, and not without them."""
    for layer, graphs in [(nn.Dropout(0.5), 2), (nn.BatchNorm1d(2), 2), (nn.Tanh(), 1)]:
        torch.compiler.reset()
        spy, model = Spy(), nn.Sequential(nn.Linear(3, 2), layer)
        compiled = torch.compile(model, backend=spy)
        compiled(torch.ones(4, 3))
        model.eval()
        compiled(torch.ones(4, 3))
        assert len(spy.graphs) == graphs


def test_dynamic(dynamic):
    """dynamic=True compiles one graph for four sizes, the default two, and dynamic=False four."""
    assert [dynamic.count(flag) for flag in (True, None, False)] == [1, 2, 4]


def test_dynamic_leaves_out_0_and_1():
    """Even with dynamic=True, batches of 1 and of 0 get a graph of their own."""
    torch.compiler.reset()
    spy, seen = Spy(), []
    compiled = torch.compile(torch.sin, backend=spy, dynamic=True)
    for n in (4, 2, 1, 0, 3):
        compiled(torch.ones(n))
        seen.append(len(spy.graphs))
    assert seen == [1, 1, 2, 3, 3]


def test_in_place(in_place):
    """A module compiled in place keeps its class and its keys, and is compiled."""
    assert type(in_place.model) is in_place.Net
    assert list(in_place.model.state_dict()) == ["fc.weight", "fc.bias"]
    spy, model = Spy(), in_place.Net()
    model.compile(backend=spy)
    model(torch.ones(4, 3))
    assert spy.ran == [0]


def test_right(right):
    """The plain model's state dict loads into a model that is not compiled."""
    torch.testing.assert_close(right.fresh(torch.eye(2)), right.compiled(torch.eye(2)))


def test_first_call_compiles():
    """torch.compile compiles nothing; the first call does, and the same call again does not."""
    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(Net(), backend=spy)
    assert len(spy.graphs) == 0
    compiled(torch.ones(4, 3))
    compiled(torch.ones(4, 3))
    assert len(spy.graphs) == 1 and spy.ran == [0, 0]


def test_wrapper_prefixes_keys(raises):
    """The compiled model's keys begin with _orig_mod., and it does not load the plain model's keys."""
    model = Net()
    compiled = torch.compile(model, backend="eager")
    assert list(compiled.state_dict()) == ["_orig_mod.fc.weight", "_orig_mod.fc.bias"]
    with raises(RuntimeError, 'Missing key(s) in state_dict: "_orig_mod.fc.weight"'):
        compiled.load_state_dict(model.state_dict())
    with raises(RuntimeError, 'Unexpected key(s) in state_dict: "_orig_mod.fc.weight"'):
        model.load_state_dict(compiled.state_dict())


def test_compile_method_of_sequential():
    """In 2.13, .compile() skips each forward that torch defines, and compiles your own modules inside."""
    x, wrapped = torch.ones(4, 3), Spy()
    for model, graphs in [
        (nn.Sequential(nn.Linear(3, 2), nn.ReLU()), 0),
        (nn.Linear(3, 2), 0),
        (nn.LSTM(3, 2), 0),
        (nn.Sequential(Net(), nn.ReLU()), 1),
        (Net(), 1),
    ]:
        torch.compiler.reset()
        in_place = Spy()
        model.compile(backend=in_place)
        model(x)
        if graphs == 1 or torch.__version__.startswith("2.13."):
            assert len(in_place.graphs) == len(in_place.ran) == graphs
    torch.compile(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), backend=wrapped)(x)
    assert wrapped.ran == [0]


def test_one_graph_per_string():
    """A string argument or int attribute that is used costs a graph per value; an unused one, or a tensor, one in all."""
    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(lambda x, name: x.sin() if name else x, backend=spy)
    for i in range(5):
        compiled(torch.ones(3), f"name {i}")
    assert len(spy.graphs) == 5
    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(lambda x, _: x.sin(), backend=spy)
    for i in range(5):
        compiled(torch.ones(3), f"name {i}")
    assert len(spy.graphs) == 1
    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(lambda x, scale: x.sin() * scale, backend=spy)
    for i in range(5):
        compiled(torch.ones(3), torch.tensor(float(i)))
    assert len(spy.graphs) == 1

    class Counting(nn.Module):
        def __init__(self, step):
            super().__init__()
            self.step = step

        def forward(self, x):
            self.step += 1
            return x * self.step

    for step, graphs in [(0, 5), (torch.tensor(0), 1)]:
        torch.compiler.reset()
        spy = Spy()
        compiled = torch.compile(Counting(step), backend=spy)
        for i in range(5):
            assert compiled(torch.ones(3)).tolist() == [i + 1] * 3
        assert len(spy.graphs) == graphs or graphs == 5 and torch.__version__ < (2, 8)


def test_backward_compiles_apart():
    """With autograd in the backend, the first call compiles the forward pass, and the first backward() the other."""
    from functorch.compile import make_boxed_func
    from torch._dynamo.backends.common import aot_autograd

    compiled = []

    def compiler(name):
        return lambda graph, _: compiled.append(name) or make_boxed_func(graph.forward)

    torch.compiler.reset()
    backend = aot_autograd(fw_compiler=compiler("forward"), bw_compiler=compiler("backward"))
    out = torch.compile(Net(), backend=backend)(torch.ones(4, 3))
    assert compiled == ["forward"]
    out.sum().backward()
    assert compiled == ["forward", "backward"]


def test_wrapper_passes_attributes_on(raises):
    """The wrapper reads attributes of the model, but does not index an nn.Sequential."""
    model = nn.Sequential(nn.Linear(3, 2))
    model.note = "mine"
    compiled = torch.compile(model, backend="eager")
    assert compiled.note == "mine"
    with raises(AttributeError, "'Sequential' object has no attribute 'nope'"):
        _ = compiled.nope
    with raises(TypeError, "'OptimizedModule' object is not subscriptable"):
        compiled[0]
    with raises(TypeError, "'OptimizedModule' object is not iterable"):
        list(compiled)
    assert compiled._orig_mod[0] is model[0]


def test_limit_of_eight(raises):
    """After 8 graphs of a function, calls that match still run them, and others run eagerly or raise."""

    def scaled(x, name):
        return x.sin() * len(name)

    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(scaled, backend=spy)
    for _ in range(2):
        for i in range(12):
            assert torch.equal(compiled(torch.ones(3), "a" * i), scaled(torch.ones(3), "a" * i))
    assert len(spy.graphs) == 8 and spy.ran == [*range(8), *range(8)]

    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(scaled, backend=spy, fullgraph=True)
    for i in range(8):
        compiled(torch.ones(3), "a" * i)
    exc = torch._dynamo.exc
    kind = exc.FailOnRecompileLimitHit if torch.__version__ >= (2, 7) else exc.RecompileLimitExceeded
    with raises(kind, "fullgraph=True" if torch.__version__ >= (2, 9) else "limit reached"):
        compiled(torch.ones(3), "a" * 8)
    compiled(torch.ones(3), "a" * 7)
    assert spy.ran == [*range(8), 7]


def test_a_custom_operator_without_a_fake(raises):
    """A custom operator without register_fake fails only under torch.compile; a wrong shape fails without it too."""

    @torch.library.custom_op("ptnote_proof::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    assert twice(torch.ones(2)).tolist() == [2, 2]
    torch.compiler.reset()
    with raises(torch._dynamo.exc.TorchRuntimeError, "There was no fake impl registered"):
        torch.compile(lambda x: twice(x) + 1, backend="eager")(torch.ones(2))
    twice.register_fake(torch.empty_like)
    torch.compiler.reset()
    assert torch.compile(lambda x: twice(x) + 1, backend="eager")(torch.ones(2)).tolist() == [3, 3]


def test_reset_forgets():
    """After torch.compiler.reset(), the same call compiles again."""
    torch.compiler.reset()
    spy = Spy()
    compiled = torch.compile(Net(), backend=spy)
    compiled(torch.ones(4, 3))
    torch.compiler.reset()
    compiled(torch.ones(4, 3))
    assert len(spy.graphs) == 2


def test_modes():
    """reduce-overhead switches on CUDA graphs, and max-autotune both these and the search for kernels."""
    from torch._inductor import list_mode_options

    assert list_mode_options("reduce-overhead") == {"triton.cudagraphs": True}
    options = list_mode_options("max-autotune")
    assert options["triton.cudagraphs"] and options["max_autotune"]


def test_backends_are_there():
    """inductor, aot_eager, and eager are names of backends."""
    assert {"inductor"} <= set(torch.compiler.list_backends())
    assert {"eager", "aot_eager"} <= set(torch.compiler.list_backends(exclude_tags=()))


def test_suppress_errors():
    """With suppress_errors, a function whose backend fails runs uncompiled, and the log holds a warning."""
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append((record.levelname, record.getMessage()))
    logger = logging.getLogger("torch._dynamo.convert_frame")

    def fails(graph, inputs):
        raise ValueError("nope")

    torch._dynamo.reset()
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        with torch._dynamo.config.patch(suppress_errors=True):
            assert torch.compile(lambda x: x * 2 + 1, backend=fails)(torch.ones(2)).tolist() == [3, 3]
    finally:
        logger.removeHandler(handler)
        logger.propagate = before
    assert any(level == "WARNING" and "WON'T CONVERT" in text for level, text in seen)
