"""Proofs of adamw."""

import inspect
import math

import torch
from torch import nn


def given():
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2), nn.Embedding(7, 6))
    return {"torch": torch, "model": model}


def one_weight(make, grads, w=1.0):
    """The path of one weight under the given gradients."""
    parameter = nn.Parameter(torch.tensor(w))
    optimizer = make([parameter])
    path = [parameter.item()]
    for grad in grads:
        parameter.grad = torch.tensor(float(grad))
        optimizer.step()
        path.append(parameter.item())
    return path


def test_answer(answer):
    """ndim >= 2 picks kernels, matrices, and embeddings; biases and the weights of norm layers have ndim 1."""
    names = {id(p): name for name, p in answer.model.named_parameters()}
    assert [names[id(p)] for p in answer.decay] == ["0.weight", "3.weight", "4.weight"]
    assert [names[id(p)] for p in answer.no_decay] == ["0.bias", "1.weight", "1.bias", "3.bias"]
    groups = answer.optimizer.param_groups
    assert [(g["lr"], g["weight_decay"], len(g["params"])) for g in groups] == [(3e-4, 0.1, 3), (3e-4, 0.0, 4)]


def test_what_ndim_picks():
    """The weight of a LayerNorm over two dims has ndim 2."""
    assert [p.ndim for p in nn.LayerNorm((4, 5)).parameters()] == [2, 2]


def test_a_group_may_be_empty():
    """A model without biases and norm layers leaves the second group empty, which AdamW accepts."""
    w = nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.AdamW([{"params": [w]}, {"params": []}])
    assert optimizer.param_groups[1]["params"] == []


def test_default(default):
    """With gradients of zero, the group with decay shrinks by lr * weight_decay and the other one stays."""
    params = list(default.model.parameters())
    before = [p.detach().clone() for p in params]
    optimizer = torch.optim.AdamW(default.optimizer.param_groups)
    for p in params:
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for p, old in zip(params, before, strict=True):
        torch.testing.assert_close(p.detach(), old * (1 - 0.01 * 0.1) if old.ndim == 2 else old)
    assert torch.equal(default.y, default.x[:, :1] * default.x[:, 1:2] * default.x[:, 2:])


def test_by_hand(by_hand):
    """AdamW divides the mean of the gradient by the root of the mean of its square, both corrected for the start."""
    assert math.isclose(by_hand.w.item(), by_hand.by_hand, rel_tol=1e-5)


def test_multiplies_by_one_minus_lr_times_decay():
    """AdamW multiplies a weight by 1 - lr * weight_decay and then takes the step of Adam without decay."""
    grads = [1.0, -2.0, 3.0]
    plain = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), grads)
    decayed = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5), grads)
    for i in range(3):
        step = plain[i + 1] - plain[i]
        assert math.isclose(decayed[i + 1], decayed[i] * (1 - 0.1 * 0.5) + step, abs_tol=1e-5)


def test_wrong(wrong):
    """Adam's weight decay hardly moves the weight whose gradients are large."""
    small, large = wrong.w.tolist()
    free = one_weight(lambda p: torch.optim.Adam(p, lr=0.1), [1, -1] * 10, w=4.0)[-1]
    assert abs(large - free) < 0.01 < free - small
    alone = one_weight(lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.2), [0.1, -0.1] * 10, w=4.0)[-1]
    assert math.isclose(alone, small, rel_tol=1e-5)


def test_right(right):
    """AdamW decays weights with small and with large gradients by the same factor, about 0.98 a step at 0.1 * 0.2."""
    small, large = right.w.tolist()
    assert math.isclose(small, large, rel_tol=1e-4)
    torch.testing.assert_close(right.w.grad, torch.tensor([-0.1, -1000.0]))  # the 20th step
    free = one_weight(lambda p: torch.optim.Adam(p, lr=0.1), [1, -1] * 10, w=4.0)[-1]
    assert math.isclose(large, free * (1 - 0.1 * 0.2) ** 20, abs_tol=0.1)


def test_first_step_is_lr():
    """The first step is about lr long, and so is each further one while the gradient stays the same."""
    for grad in (1e-6, 1.0, -1e6):
        path = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), [grad] * 5)
        for before, after in zip(path, path[1:]):
            assert math.isclose(after - before, -math.copysign(0.1, grad), rel_tol=0.02)


def test_a_gradient_as_small_as_eps():
    """A first gradient of 1e-8, which is eps, moves the weight by half of lr only."""
    path = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), [1e-8])
    assert math.isclose(path[0] - path[1], 0.05, rel_tol=1e-3)


def test_after_many_zeros():
    """A single gradient after thousands of zeros moves a weight by about 3 * lr at once, and by about 30 * lr in all; after
    a hundred zeros it moves it by about lr."""
    path = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), [0] * 100 + [1])
    assert math.isclose(path[0] - path[-1], 0.1, rel_tol=0.1)
    path = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), [0] * 2000 + [1])
    assert math.isclose(path[0] - path[-1], 0.1 * (1 - 0.9) / math.sqrt(1 - 0.999), rel_tol=0.1)
    path = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0), [0] * 2000 + [1] + [0] * 60)
    assert math.isclose(path[0] - path[-1], 30 * 0.1, rel_tol=0.1)


def test_defaults():
    """lr is 1e-3 and betas are (0.9, 0.999) in both; weight_decay is 0.01 in AdamW and 0 in Adam."""
    adam, adamw = (inspect.signature(c.__init__).parameters for c in (torch.optim.Adam, torch.optim.AdamW))
    assert adam["lr"].default == adamw["lr"].default == 1e-3
    assert adam["betas"].default == adamw["betas"].default == (0.9, 0.999)
    assert (adam["weight_decay"].default, adamw["weight_decay"].default) == (0, 0.01)


def test_decoupled():
    """Adam with weight_decay and decoupled_weight_decay=True, since 2.7, takes the same steps as AdamW; with one of the two
    alone it does not."""
    grads = [1.0, -20.0, 3.0]
    adamw = one_weight(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5), grads)
    same = adamw
    if torch.__version__ >= (2, 7):
        same = one_weight(lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.5, decoupled_weight_decay=True), grads)
        assert adamw != one_weight(lambda p: torch.optim.Adam(p, lr=0.1, decoupled_weight_decay=True), grads)
    other = one_weight(lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.5), grads)
    assert adamw == same != other


def test_decay_follows_lr():
    """With gradients of zero, halving lr halves the decay of a step."""
    for lr in (0.1, 0.05):
        path = one_weight(lambda p: torch.optim.AdamW(p, lr=lr, weight_decay=0.5), [0])
        assert math.isclose(path[1], 1 - lr * 0.5, rel_tol=1e-6)


def test_none_is_skipped():
    """A parameter whose .grad is None does not decay; with a gradient of zeros it does."""
    w, v = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    v.grad = torch.zeros(2)
    torch.optim.AdamW([w, v], lr=0.1, weight_decay=0.5).step()
    assert w.tolist() == [1, 1]
    torch.testing.assert_close(v.detach(), torch.full((2,), 0.95))


def test_state_is_twice_the_parameters():
    """The state takes twice the memory of the parameters."""
    w = nn.Parameter(torch.ones(300, 400))
    optimizer = torch.optim.AdamW([w])
    w.sum().backward()
    optimizer.step()
    size = sum(t.nbytes for t in optimizer.state[w].values())
    assert abs(size / w.nbytes - 2) < 0.001


def test_errors(raises):
    """A weight decay that is negative raises, in SGD too, and so does one of NaN in AdamW, and a beta outside [0, 1)."""
    w = nn.Parameter(torch.ones(2))
    with raises(ValueError, "Invalid weight_decay value: -0.1"):
        torch.optim.AdamW([w], weight_decay=-0.1)
    with raises(ValueError, "Invalid weight_decay value: nan"):
        torch.optim.AdamW([w], weight_decay=math.nan)
    with raises(ValueError, "Invalid weight_decay value: -0.1"):
        torch.optim.SGD([w], lr=0.1, weight_decay=-0.1)
    for beta in (1.0, -0.1):
        with raises(ValueError, f"Invalid beta parameter at index 1: {beta}"):
            torch.optim.AdamW([w], betas=(0.9, beta))
    torch.optim.AdamW([w], betas=(0.0, 0.0), weight_decay=0.0)
