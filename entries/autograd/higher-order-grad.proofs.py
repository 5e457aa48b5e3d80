"""Proofs of higher-order-grad."""

import gc
import warnings
import weakref

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import grad, jacrev
from torch.nn.attention import SDPBackend, sdpa_kernel


def polynomial(x):
    """u = x³ t + t², of shape (N, 1)."""
    return (x[:, :1] ** 3 * x[:, 1:] + x[:, 1:] ** 2).view(-1, 1)


def given():
    return {
        "torch": torch,
        "model": polynomial,
        "x": torch.tensor([[1.0, 2.0], [3.0, -1.0], [2.0, 0.5]]),
        "f": lambda v: v[0] * v[1] ** 2,
        "v": torch.tensor([3.0, 5.0]),
    }


def test_answer(answer):
    """With create_graph=True the gradients by hand follow: du/dx, its norm, the second derivative, and the Hessian."""
    rows = answer.x.tolist()
    expected = torch.tensor([[3 * x * x * t, x**3 + 2 * t] for x, t in rows])
    torch.testing.assert_close(answer.g.detach(), expected)
    torch.testing.assert_close(answer.u_xx.detach(), torch.tensor([6 * x * t for x, t in rows]))
    norms = [(a * a + b * b) ** 0.5 for a, b in expected.tolist()]
    assert abs(answer.penalty.item() / (sum((n - 1) ** 2 for n in norms) / 3) - 1) < 1e-5
    assert answer.H.tolist() == [[0, 2 * 5], [2 * 5, 2 * 3]]
    assert answer.penalty.requires_grad and answer.u_xx.requires_grad


def test_default(default):
    """A gradient penalty trains the critic: the norm of its gradient comes near 1 and real scores above fake."""
    assert (default.norm.mean() - 1).abs() < 0.2
    assert default.D(default.real).mean() > default.D(default.fake).mean()


def test_pinn(pinn):
    """u_t and u_xx of a tanh network agree with the formulas by hand, and the residual has gradients for the weights."""
    first, last = pinn.model[0], pinn.model[2]
    with torch.no_grad():
        s = torch.tanh(first(pinn.x))  # (N, 16)
        slope, curve = 1 - s**2, -2 * s * (1 - s**2)
        u_t = (slope * first.weight[:, 1]) @ last.weight[0]
        u_xx = (curve * first.weight[:, 0] ** 2) @ last.weight[0]
    torch.testing.assert_close(pinn.u_t.detach(), u_t)
    torch.testing.assert_close(pinn.u_xx.detach(), u_xx)
    torch.testing.assert_close(pinn.residual.detach(), (u_t - 0.1 * u_xx).square().mean())
    assert first.weight.grad.abs().min() > 0


def test_hessian(hessian):
    """jacrev(grad(f)) and hessian(f) give the same matrix; vjp of the gradient is its product with a vector."""
    by_hand = torch.tensor([[2 * 5.0, 2 * 2.0], [2 * 2.0, 6 * 5.0]])
    assert torch.equal(hessian.H, by_hand) and torch.equal(hessian.product, by_hand @ hessian.v)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch.jit, which forward mode loads
        assert torch.equal(torch.func.hessian(hessian.f)(hessian.x), by_hand)


def test_without_create_graph():
    """Without create_graph, the gradient does not require gradients."""
    x = torch.tensor([2.0], requires_grad=True)
    for keep in (True, False):
        (g,) = torch.autograd.grad(x**3, x, create_graph=keep)
        assert g.requires_grad == keep and x.grad is None


def test_backward_with_create_graph_leaks():
    """backward(create_graph=True) warns of a cycle and keeps the tensor alive; torch.autograd.grad does not."""

    def alive(run):
        x = torch.ones(2, requires_grad=True)
        run(x)
        watch = weakref.ref(x)
        del x
        gc.collect()
        return watch() is not None

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert alive(lambda x: (x**3).sum().backward(create_graph=True))
    assert all("create_graph=True will create a reference cycle" in str(one.message) for one in caught)
    assert not alive(lambda x: torch.autograd.grad((x**3).sum(), x, create_graph=True))


def test_relu_has_no_second_derivative():
    """Of a network of linear layers the second derivative by the input is 0 with ReLU, and not with tanh."""
    torch.manual_seed(0)
    x = torch.randn(6, 3)
    for activation, zero in ((nn.ReLU(), True), (nn.LeakyReLU(), True), (nn.Tanh(), False), (nn.GELU(), False)):
        net = nn.Sequential(nn.Linear(3, 8), activation, nn.Linear(8, 4), activation, nn.Linear(4, 1))
        H = jacrev(grad(lambda x, net=net: net(x).sum()))(x)
        assert (H.abs().max().item() == 0) == zero


def test_batchnorm_mixes_the_samples():
    """In train() mode BatchNorm makes du.sum()/dx depend on the other samples; in eval() and with LayerNorm it does not."""
    torch.manual_seed(0)
    a, b, c = torch.randn(3, 1, 4).unbind()

    def gradient(net, other):
        x = torch.cat([a, b, other]).requires_grad_()
        return torch.autograd.grad(net(x).sum(), x)[0][0]

    def depends(norm):
        torch.manual_seed(1)
        net = nn.Sequential(nn.Linear(4, 5), norm, nn.Tanh(), nn.Linear(5, 1))
        return not torch.allclose(gradient(net, c), gradient(net, c + 1))

    assert depends(nn.BatchNorm1d(5))
    assert not depends(nn.BatchNorm1d(5).eval()) and not depends(nn.LayerNorm(5))


def test_operators_without_a_second_derivative(raises):
    """F.ctc_loss and fused attention raise in the second derivative; attention under SDPBackend.MATH has one."""

    def twice(function, x):
        (g,) = torch.autograd.grad(function(x).sum(), x, create_graph=True)
        return torch.autograd.grad(g.square().sum(), x)[0]

    x = torch.randn(2, 2, 3, requires_grad=True)
    lengths = torch.tensor([2, 2]), torch.tensor([1, 1])
    with raises(RuntimeError, "_ctc_loss_backward is not implemented"):
        twice(lambda x: F.ctc_loss(x.log_softmax(2), torch.tensor([[1], [2]]), *lengths), x)
    q = torch.randn(1, 2, 4, 8, requires_grad=True)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION), raises(RuntimeError, "derivative for aten::_scaled_dot_product"):
        twice(lambda q: F.scaled_dot_product_attention(q, q, q), q)
    with sdpa_kernel(SDPBackend.MATH):
        assert twice(lambda q: F.scaled_dot_product_attention(q, q, q), q).abs().sum() > 0


def test_compiled_code_is_differentiated_once(raises):
    """A function compiled with AOTAutograd raises when it is differentiated twice; up to 2.10, that of tanh has a
    first derivative without a graph instead."""
    functions = [lambda x: (x * x).sum(), lambda x: x.tanh().sum()]
    for function in functions if torch.__version__ >= (2, 13) else functions[:1]:
        compiled = torch.compile(function, backend="aot_eager")
        x = torch.ones(3, requires_grad=True)
        (g,) = torch.autograd.grad(compiled(x), x, create_graph=True)
        with raises(RuntimeError, "does not currently support double backward"):
            g.sum().backward()
    if torch.__version__ < (2, 11):  # nothing raises, and the second derivative is lost
        compiled = torch.compile(functions[1], backend="aot_eager")
        (g,) = torch.autograd.grad(compiled(x), x, create_graph=True)
        assert not g.requires_grad


def test_func_grad_inside_compiled_code():
    """A penalty on torch.func.grad, compiled as one function, has the same gradients for the weights as eager code."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.randn(5, 3)

    def penalty(x):
        return (grad(lambda x: net(x).sum())(x).norm(dim=1) - 1).square().mean()

    compiled = torch.compile(penalty, backend="aot_eager", fullgraph=True)
    for weight in net[0].weight, net[2].weight:
        eager, fast = (torch.autograd.grad(f(x), weight)[0] for f in (penalty, compiled))
        torch.testing.assert_close(eager, fast)


def test_images_need_flatten():
    """For an image, g.norm(dim=1) is one number per pixel; g.flatten(1).norm(dim=1) is one per sample."""
    g = torch.full((2, 3, 4, 4), 0.5)
    assert g.norm(dim=1).shape == (2, 4, 4)
    torch.testing.assert_close(g.flatten(1).norm(dim=1), torch.full((2,), (48 * 0.25) ** 0.5))
