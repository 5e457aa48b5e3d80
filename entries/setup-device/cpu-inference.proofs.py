"""Proofs of cpu-inference."""

import functools
import types
import weakref

import torch
from torch import nn
from torch.utils.benchmark import Timer


def given():
    names = {name: getattr(torch, name) for name in ("inference_mode", "set_num_threads", "channels_last")}
    fake = types.SimpleNamespace(**names, compile=functools.partial(torch.compile, backend="eager"))
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    return {"torch": fake, "model": model, "x": torch.randn(2, 3, 8, 9)}


def test_answer(answer):
    """In eval mode, under inference_mode, the same input gives the same output, without a graph, compiled or not."""
    assert not answer.y.requires_grad and answer.y.is_inference() and not answer.model.training
    assert torch.get_num_threads() == 4
    torch.set_num_threads(1)
    assert answer.model[0].weight.is_contiguous(memory_format=torch.channels_last)
    x = answer.x.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        torch.testing.assert_close(answer.compiled(x), answer.y)
        torch.testing.assert_close(answer.model(x), answer.y)
        assert answer.model(x).is_contiguous(memory_format=torch.channels_last)


def test_default(default):
    """A batch gives the rows that single samples give, and takes less time than they together."""
    torch.testing.assert_close(default.one_by_one(), default.batch(), atol=1e-5, rtol=1e-4)
    assert default.batch().shape == (256, 10) and default.batch().is_inference()


def test_batches_are_faster():
    """64 samples in one batch take less than half of the time of 64 calls."""
    model, x = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4)).eval(), torch.randn(64, 32)
    with torch.inference_mode():
        timers = Timer("[model(row) for row in rows]", globals={"model": model, "rows": x.split(1)}), Timer(
            "model(x)", globals={"model": model, "x": x}
        )
        # the shortest of several, which other processes do not disturb
        single, whole = (min(timer.timeit(3).mean for _ in range(8)) for timer in timers)
    assert whole < 0.5 * single


def test_timer_uses_one_thread():
    """Timer runs with one thread, whatever set_num_threads says, unless it gets num_threads."""
    before, seen = torch.get_num_threads(), []
    torch.set_num_threads(2)
    for options in ({}, {"num_threads": 2}):
        Timer("seen.append(torch.get_num_threads())", globals={"torch": torch, "seen": seen}, **options).timeit(1)
        assert set(seen) == {options.get("num_threads", 1)}
        seen.clear()
    torch.set_num_threads(before)


def test_bfloat16(bfloat16):
    """autocast runs linear layers in bfloat16 and leaves the weights in float32; the error is that of rounding."""
    assert bfloat16.z.dtype == torch.bfloat16 and bfloat16.model[0].weight.dtype == torch.float32
    assert 0 < bfloat16.error < 0.01
    with torch.inference_mode():
        h = (bfloat16.x.bfloat16() @ bfloat16.model[0].weight.bfloat16().T + bfloat16.model[0].bias.bfloat16()).relu()
        by_hand = h @ bfloat16.model[2].weight.bfloat16().T + bfloat16.model[2].bias.bfloat16()
    torch.testing.assert_close(bfloat16.z, by_hand, atol=0.02, rtol=0.02)


def test_where(where):
    """With record_shapes, the profile names each operator with its input shapes; two linear layers are two addmm."""
    shapes = [row.input_shapes[:3] for row in where.rows if row.key == "aten::addmm"]
    assert sorted(shapes) == [[[10], [512, 600], [600, 10]], [[600], [512, 700], [700, 600]]]
    assert where.slowest.self_cpu_time_total == max(row.self_cpu_time_total for row in where.rows)


def test_outputs_keep_activations():
    """An output keeps what backward would need; under inference_mode and no_grad it does not."""

    class Kept:
        pass

    for context, keeps in ((torch.enable_grad, True), (torch.no_grad, False), (torch.inference_mode, False)):
        refs = []

        def pack(x, refs=refs):
            kept = Kept()
            kept.x = x
            refs.append(weakref.ref(kept))
            return kept

        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).eval()
        with context(), torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.x):
            y = model(torch.randn(5, 3))
        assert any(ref() is not None for ref in refs) is keeps, y.shape


def test_inference_tensors(raises):
    """A tensor from inference_mode raises in the forward pass of a layer that trains; its clone and one from no_grad do not."""
    layer = nn.Linear(2, 2)
    with torch.inference_mode():
        x = torch.ones(1, 2) * 2
    with raises(RuntimeError, "Inference tensors cannot be saved for backward"):
        layer(x)
    layer(x.clone()).sum().backward()
    with torch.no_grad():
        x = torch.ones(1, 2) * 2
    layer(x).sum().backward()


def test_both_are_needed():
    """eval() alone leaves a graph; inference_mode() alone leaves dropout on."""
    model, x = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), torch.ones(4, 3)
    assert model.eval()(x).grad_fn is not None
    model.train()
    with torch.inference_mode():
        outputs = [model(x) for _ in range(10)]
    assert any(not torch.equal(outputs[0], y) for y in outputs[1:])


def test_bits_of_bfloat16():
    """bfloat16 has 8 significant bits, 2 to 3 digits: 257 becomes 256, and numbers change by at most 1 part in 256."""
    assert torch.tensor(257.0).bfloat16() == 256 and torch.tensor(255.0).bfloat16() == 255
    x = torch.rand(10_000) + 0.5
    assert ((x.bfloat16().float() - x).abs() / x).max() <= 1 / 256
    assert torch.finfo(torch.bfloat16).eps == 2**-7


def test_channels_last_is_for_conv2d(raises):
    """to(memory_format=torch.channels_last) takes Conv2d and Linear layers, and raises with a Conv3d in the model."""
    nn.Sequential(nn.Conv2d(2, 2, 3), nn.Linear(3, 3)).to(memory_format=torch.channels_last)
    with raises(RuntimeError, "required rank 4 tensor to use channels_last format"):
        nn.Sequential(nn.Conv3d(2, 2, 3)).to(memory_format=torch.channels_last)


def test_the_first_call_compiles():
    """torch.compile compiles at the first call, not before and not at the second."""
    graphs = []

    def spy(graph, inputs):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(nn.Linear(2, 2).eval(), backend=spy)
    counts = [len(graphs)]
    with torch.inference_mode():
        for _ in range(2):
            compiled(torch.ones(3, 2))
            counts.append(len(graphs))
    assert counts == [0, 1, 1]
