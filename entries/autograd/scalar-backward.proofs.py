"""Proofs of scalar-backward."""

import torch
import torch.nn.functional as F
from torch import nn

NOT_SCALAR = "grad can be implicitly created only for scalar outputs"


def given():
    torch.manual_seed(0)
    w = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    return {
        "model": nn.Linear(2, 3),
        "criterion": nn.CrossEntropyLoss(reduction="none"),
        "x": torch.randn(4, 2),
        "y": torch.tensor([0, 2, 1, 2]),
        "w": w,
        "z": w**2,
        "v": torch.tensor([1.0, 0.5, 0.25]),
    }


def test_answer(answer):
    """loss.mean().backward() gives the gradient of the mean loss, z.backward(gradient=v) that of (v * z).sum()."""
    mean = F.cross_entropy(answer.model(answer.x), answer.y)
    torch.testing.assert_close(answer.model.weight.grad, torch.autograd.grad(mean, answer.model.weight)[0])
    assert answer.w.grad.tolist() == [2 * 1.0 * 1, 2 * 2.0 * 0.5, 2 * 4.0 * 0.25]


def test_default(default):
    """Weights multiply the losses of the samples before the mean."""
    probabilities = default.model(default.x).softmax(dim=1)
    error = (probabilities - F.one_hot(default.y, 3)) * default.weights.unsqueeze(1)
    torch.testing.assert_close(default.model.bias.grad, error.mean(dim=0).detach())


def test_vector(vector):
    """gradient=v gives v times the Jacobian."""
    jacobian = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 8.0]])  # (2, 3)
    assert torch.equal(vector.x.grad, vector.v @ jacobian)


def test_right(right):
    """The gradient of the mean squared error is 2 (pred - y) / N."""
    torch.testing.assert_close(right.pred.grad, torch.tensor([0.0, 2.0 / 3, 6.0 / 3]))


def test_one_element_is_enough(raises):
    """backward() works for one element of any shape; several elements raise, in torch.autograd.grad as well."""
    x = torch.tensor([3.0], requires_grad=True)
    for shape in (), (1,), (1, 1):
        x.grad = None
        (x**2).view(shape).backward()
        assert x.grad.tolist() == [6]
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with raises(RuntimeError, NOT_SCALAR):
        (x**2).backward()
    with raises(RuntimeError, NOT_SCALAR):
        torch.autograd.grad(x**2, x)


def test_ones_like_equals_sum():
    """gradient=torch.ones_like(z) gives the same gradients as z.sum().backward(), in bfloat16 too."""
    for dtype in torch.float32, torch.bfloat16:
        x = torch.tensor([1.0, 2.0, 4.0], dtype=dtype, requires_grad=True)
        z = x**3
        z.backward(gradient=torch.ones_like(z))
        assert torch.equal(x.grad, torch.autograd.grad((x**3).sum(), x)[0])


def test_sum_and_mean_differ_by_the_number_of_elements():
    """The gradients of loss.sum() are loss.numel() times those of loss.mean(): SGD steps further, Adam hardly differs."""
    torch.manual_seed(0)
    x = torch.randn(4, 6, requires_grad=True)
    one, two = (torch.autograd.grad(reduce(x.sin()), x)[0] for reduce in (torch.sum, torch.mean))
    torch.testing.assert_close(one, 24 * two)

    def moved(optimizer, reduce):
        w = torch.ones(6, requires_grad=True)
        optimizer = optimizer([w], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            reduce((x.detach() * w).sin()).backward()
            optimizer.step()
        return w.detach()

    torch.testing.assert_close(moved(torch.optim.Adam, torch.sum), moved(torch.optim.Adam, torch.mean), rtol=1e-4, atol=1e-5)
    far, near = (moved(torch.optim.SGD, reduce) - 1 for reduce in (torch.sum, torch.mean))
    assert far.norm() > 5 * near.norm()


def test_the_gradient_has_the_shape_of_the_tensor(raises):
    """A gradient of another shape than the tensor raises."""
    z = torch.ones(3, requires_grad=True) * 2
    for shape in (2,), (), (1, 3):
        with raises(RuntimeError, "Mismatch in shape: grad_output[0]"):
            z.backward(gradient=torch.ones(shape))


def test_complex_losses_raise(raises):
    """A complex number raises in backward(); its absolute value does not."""
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    loss = torch.complex(x[0], x[1])
    with raises(RuntimeError, "only for real scalar outputs"):
        loss.backward()
    loss.abs().backward()
    torch.testing.assert_close(x.grad, torch.tensor([0.6, 0.8]))


def test_an_empty_loss_raises(raises):
    """A loss without elements, as a mask that selects nothing leaves, raises too, and its mean is NaN."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    nothing = (x**2)[x > 5]
    assert nothing.numel() == 0 and nothing.mean().isnan()
    with raises(RuntimeError, NOT_SCALAR):
        nothing.backward()
