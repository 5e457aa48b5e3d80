"""Proofs of jacobian."""

import warnings

import torch
from torch import nn
from torch.func import jacfwd, jacrev, jvp, vmap


def differences(f, x, step=1e-5):
    """The Jacobian by central differences in float64: (*output, *input)."""
    x = x.double()
    columns = []
    for i in range(x.numel()):
        d = torch.zeros(x.numel(), dtype=torch.float64)
        d[i] = step
        columns.append((f(x + d.view_as(x)) - f(x - d.view_as(x))) / (2 * step))
    y = f(x)
    return torch.stack(columns, dim=-1).reshape(*y.shape, *x.shape)


def two(x):
    return torch.stack([x[0] * x[1], (x[2] * x[0]).sin()])


def given():
    torch.manual_seed(0)
    return {"f": two, "x": torch.randn(3), "xs": torch.randn(5, 3)}


def test_answer(answer):
    """J[i, j] is the derivative of output i with respect to input j; vmap gives one matrix per sample."""
    expected = torch.stack([differences(two, x) for x in answer.xs])
    torch.testing.assert_close(answer.J.double(), expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(jacrev(two)(answer.x).double(), differences(two, answer.x), rtol=1e-3, atol=1e-4)


def test_default(default):
    """The rows of the Jacobian are the gradients of the outputs."""
    x0, x1, x2 = default.x.tolist()
    assert jacrev(default.f)(default.x).tolist() == [[x1, x0, 0], [1, 0, 2 * x2]]
    torch.testing.assert_close(vmap(jacrev(default.f))(default.xs)[1], jacrev(default.f)(default.xs[1]))


def test_network(network):
    """For a network, vmap(jacrev(model)) returns (N, outputs, inputs)."""
    model = network.model.double()
    for x, J in zip(network.x, network.J, strict=True):
        torch.testing.assert_close(J.double(), differences(model, x).detach(), rtol=1e-3, atol=1e-4)
    assert network.J.shape == (5, 2, 3) and not network.J.requires_grad


def test_parameters(parameters):
    """In a linear layer, output i depends on row i of the weight, and its derivative with respect to that row is x."""
    J = parameters.J
    assert J["weight"].shape == (4, 2, 2, 3) and J["bias"].shape == (4, 2, 2)
    for n in range(4):
        torch.testing.assert_close(J["bias"][n], torch.eye(2))
        for i in range(2):
            torch.testing.assert_close(J["weight"][n, i, i], parameters.x[n])
            assert J["weight"][n, i, 1 - i].abs().sum() == 0


def test_products(products):
    """vjp computes v @ J and jvp computes J @ v."""
    J = jacrev(products.f)(products.x)
    torch.testing.assert_close(products.product, torch.tensor([1.0, 10.0]) @ J)
    v = torch.tensor([1.0, 0.0, 2.0])
    with warnings.catch_warnings(action="ignore"):  # torch 2.13 itself calls torch.jit.script
        torch.testing.assert_close(jvp(products.f, (products.x,), (v,))[1], J @ v)


def test_backward_is_a_product():
    """y.backward(v) leaves v @ J in x.grad."""
    x, v = torch.tensor([2.0, 3.0, 0.5], requires_grad=True), torch.tensor([1.0, 10.0])
    two(x).backward(v)
    torch.testing.assert_close(x.grad, v @ jacrev(two)(x.detach()))


def test_forward_and_reverse_agree():
    """jacfwd and jacrev, and torch.autograd.functional.jacobian, return the same matrix."""
    x = torch.tensor([2.0, 3.0, 0.5])
    with warnings.catch_warnings(action="ignore"):  # torch 2.13 itself calls torch.jit.script
        torch.testing.assert_close(jacfwd(two)(x), jacrev(two)(x))
    torch.testing.assert_close(torch.autograd.functional.jacobian(two, x), jacrev(two)(x))
    torch.testing.assert_close(torch.autograd.functional.jacobian(two, x, vectorize=True), jacrev(two)(x))


def test_the_older_function_loops():
    """torch.autograd.functional.jacobian runs one backward pass per output, and a single one with vectorize=True."""
    for vectorize, passes in (False, 2), (True, 1):
        calls = []

        def f(x, calls=calls):
            y = 2 * x
            y.register_hook(lambda grad: calls.append(1))
            return two(y)

        torch.autograd.functional.jacobian(f, torch.ones(3), vectorize=vectorize)
        assert len(calls) == passes


def test_shape():
    """The shape is that of the output followed by that of the input."""
    J = jacrev(lambda x: torch.ones(4) * x.sum())(torch.ones(2, 3))
    assert J.shape == (4, 2, 3)


def test_of_a_batch_it_is_mostly_zeros():
    """The Jacobian of a batch has shape (N, m, N, n) and is zero between different samples, unless BatchNorm mixes them."""
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(3, 2), nn.Tanh()), torch.randn(4, 3)
    whole, single = jacrev(model)(x), vmap(jacrev(model))(x)
    assert whole.shape == (4, 2, 4, 3)
    norm = jacrev(nn.BatchNorm1d(3, track_running_stats=False))(x)
    assert norm[0, :, 1].abs().max() > 0.01  # BatchNorm mixes the samples
    for i in range(4):
        for j in range(4):
            expected = single[i] if i == j else torch.zeros(2, 3)
            torch.testing.assert_close(whole[i, :, j], expected)


def test_detach_gives_zeros(raises):
    """detach() inside f gives zeros, no_grad() only with jacrev; .item() is a constant and raises only under vmap; numpy() raises."""
    x = torch.tensor([1.0, 2.0])
    assert jacrev(lambda v: v.detach() ** 2)(x).abs().sum() == 0

    def quiet(v):
        with torch.no_grad():
            return v**2

    assert jacrev(quiet)(x).abs().sum() == 0
    assert jacfwd(lambda v: v.detach() ** 2)(x).abs().sum() == 0
    assert jacfwd(quiet)(x).tolist() == [[2, 0], [0, 4]]  # no_grad is without effect
    for jac in jacrev, jacfwd:  # v * 3 with a constant 3, although the true derivative has more terms
        assert jac(lambda v: v * v.sum().item())(x).tolist() == [[3, 0], [0, 3]]
    with raises(RuntimeError, "item"):
        vmap(jacrev(lambda v: v * v.sum().item()))(torch.ones(3, 2))
    with raises(RuntimeError, ""):
        jacrev(lambda v: torch.from_numpy(v.numpy() ** 2))(x)


def test_dropout_raises(raises):
    """Dropout and BatchNorm in train mode raise under vmap(jacrev(f)); in eval mode they work, BatchNorm with the batch dim added."""
    dropout, x = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), torch.ones(4, 3)
    with raises(RuntimeError, "randomness"):
        vmap(jacrev(dropout))(x)
    assert vmap(jacrev(dropout.eval()))(x).shape == (4, 3, 3)
    norm, images = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2)), torch.ones(5, 3, 2, 2)
    with raises(RuntimeError, "in-place operation"):
        vmap(jacrev(lambda v: norm(v[None])[0]))(images)
    norm.eval()
    assert vmap(jacrev(lambda v: norm(v[None])[0]))(images).shape == (5, 2, 2, 2, 3, 2, 2)
    with raises(ValueError, "expected 4D input (got 3D input)"):
        vmap(jacrev(norm))(images)


def test_size():
    """A Jacobian of 1,000 by 100,000 takes 400 MB in float32; chunk_size does not change the result."""
    assert torch.empty(1000, 100_000, device="meta").nbytes == 400_000_000
    x = torch.tensor([2.0, 3.0, 0.5])
    torch.testing.assert_close(jacrev(two, chunk_size=1)(x), jacrev(two)(x))


def test_flatten_needs_the_batch_dim(raises):
    """A network with nn.Flatten raises for single samples under vmap(jacrev(f)); with the batch dim added it works."""
    model, images = nn.Sequential(nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Linear(8, 4)), torch.ones(5, 3, 2, 2)
    with raises(RuntimeError, "mat1 and mat2 shapes cannot be multiplied"):
        vmap(jacrev(model))(images)
    assert vmap(jacrev(lambda v: model(v[None])[0]))(images).shape == (5, 4, 3, 2, 2)
