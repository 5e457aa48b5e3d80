"""Proofs of serving."""

import asyncio
import queue
import threading
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "model": nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.9)), "device": "cpu"}


def in_thread(work):
    """What a function returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_answer(answer):
    """A batch of requests gives one output without a graph for each, from whatever thread."""
    torch.manual_seed(1)
    rows, linear = list(torch.randn(5, 3)), answer.model[0]
    outs = in_thread(lambda: answer.predict(rows))
    assert len(outs) == 5 and not any(y.requires_grad for y in outs)
    for x, y in zip(rows, outs, strict=True):
        torch.testing.assert_close(y, (linear.weight @ x + linear.bias).detach())
    assert len(answer.predict(rows[:1])) == 1


def test_default(default):
    """Each request gets the answer to its own row, although the rows were computed in batches."""
    weight, bias = default.model.weight.detach(), default.model.bias.detach()
    assert len(default.answers) == 11 and default.requests.empty()
    for i, y in enumerate(default.answers):
        torch.testing.assert_close(y, i * weight.sum(dim=1) + bias)
        assert y.shape == (2,) and not y.requires_grad


def test_the_mode_is_per_thread(wrong):
    """no_grad, inference_mode, autocast, and a default device of the main thread do not hold in another thread."""
    assert all(y.requires_grad and y.shape == (2,) for y in wrong.outs)
    with torch.no_grad():
        assert in_thread(torch.is_grad_enabled) and not torch.is_grad_enabled()
    with torch.inference_mode():
        assert not in_thread(torch.is_inference_mode_enabled)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not in_thread(lambda: torch.is_autocast_enabled("cpu"))
    with torch.device("meta"):
        assert in_thread(lambda: torch.ones(1).device.type) == "cpu"


def test_right(right):
    """A decorator holds in each thread that runs the function."""
    assert all(y.is_inference() and y.shape == (2,) for y in right.outs)
    expected = right.model.weight.sum(dim=1) + right.model.bias
    for y in right.outs:
        torch.testing.assert_close(y.clone(), expected.detach())


def test_one_model_serves_many_threads():
    """A model in eval mode gives each of many threads the result that it gives alone."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(24, 3)).eval()
    x = torch.randn(200, 1, 2, 8)
    with torch.no_grad():
        alone = [model(each) for each in x]
    with ThreadPoolExecutor(8) as pool:
        outs = list(pool.map(torch.no_grad()(model), x))
    for y, expected in zip(outs, alone, strict=True):
        torch.testing.assert_close(y, expected)
    with torch.no_grad():
        torch.testing.assert_close(model(x[:, 0]), torch.cat(alone))


def test_state_in_self_is_shared():
    """If forward keeps something in self, two threads get each other's values."""

    class Net(nn.Module):
        both = threading.Barrier(2)

        def forward(self, x):
            self.hidden = x
            self.both.wait(timeout=60)
            return self.hidden

    with ThreadPoolExecutor(2) as pool:
        outs = list(pool.map(Net(), torch.tensor([3.0, 5.0])))
    assert outs[0] == outs[1]


def test_the_mode_of_the_model_is_shared():
    """train() in one thread turns on Dropout for all others."""
    model = nn.Dropout(0.5).eval()
    assert torch.equal(model(torch.ones(99)), torch.ones(99))
    in_thread(model.train)
    assert model.training and not torch.equal(model(torch.ones(99)), torch.ones(99))


def test_operations_release_the_gil():
    """While one thread multiplies large matrices, another one runs Python code."""
    a, counted, done = torch.randn(1200, 1200), 0, threading.Event()

    def work():
        (a @ a).sum()
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        counted += 1
    thread.join()
    assert counted > 100


def test_an_exception_ends_the_serving_thread(default, raises):
    """An exception of the model leaves the loop, and the request of its batch is never answered."""
    requests, future = queue.Queue(), Future()
    requests.put((torch.ones(5), future))  # the model takes 3 features
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        default.serve(default.model, requests, 4)
    assert not future.done()


def test_canceled_futures(raises, default):
    """set_result and set_exception raise on a canceled future; after set_running_or_notify_cancel() it cannot be canceled."""
    requests, futures = queue.Queue(), [Future() for _ in range(3)]
    futures[1].cancel()
    for future in futures:
        requests.put((torch.ones(3), future))
    with raises(InvalidStateError, "…"):
        default.serve(default.model, requests, 3)
    assert not futures[2].done()
    with raises(InvalidStateError, "…"):
        futures[1].set_exception(ValueError())
    futures[0] = Future()
    alive = [future for future in futures if future.set_running_or_notify_cancel()]
    assert alive == [futures[0], futures[2]] and not futures[0].cancel()
    for future in alive:
        future.set_exception(ValueError("no model"))
    assert all(str(future.exception()) == "no model" for future in alive)


def test_async_functions_are_not_covered():
    """A decorator has no effect inside an async def; on the plain function that it calls, it has."""
    mode = lambda: (torch.is_grad_enabled(), torch.is_inference_mode_enabled())  # noqa: E731

    @torch.no_grad()
    async def without_gradients():
        return mode()

    @torch.inference_mode()
    async def inference():
        return mode()

    async def plain():
        return torch.inference_mode()(mode)()

    assert asyncio.run(without_gradients()) == asyncio.run(inference()) == (True, False)
    assert asyncio.run(plain()) == (False, True)


def test_alone_and_in_a_batch():
    """In eval mode BatchNorm gives a sample the same alone and in a batch, but not with track_running_stats=False."""
    torch.manual_seed(0)
    x = torch.randn(6, 3)
    for tracks in (True, False):
        norm = nn.BatchNorm1d(3, track_running_stats=tracks).eval()
        assert torch.allclose(norm(x)[:2], norm(x[:2])) == tracks
