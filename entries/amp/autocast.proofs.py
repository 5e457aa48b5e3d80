"""Proofs of autocast."""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn

LOW, FULL = torch.bfloat16, torch.float32


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "model": nn.Linear(3, 4),
        "criterion": nn.CrossEntropyLoss(),
        "x": torch.randn(2, 3),
        "y": torch.tensor([3, 0]),
        "weight": torch.rand(4, 5),
    }


def test_answer(answer):
    """The forward pass runs in bfloat16, the loss in float32, and .float() brings the result back."""
    model, x, y = answer.model, answer.x, answer.y
    exact = x @ model.weight.detach().T + model.bias.detach()
    assert not torch.equal(answer.out, exact)  # rounded to the 8 bits of bfloat16
    torch.testing.assert_close(answer.out, exact, rtol=2**-6, atol=2**-6)
    assert answer.out.dtype == answer.loss.dtype == answer.exact.dtype == FULL
    assert torch.equal(answer.out, answer.out.to(LOW).float())
    torch.testing.assert_close(answer.exact, answer.out @ answer.weight)  # not rounded
    torch.testing.assert_close(answer.loss, F.cross_entropy(answer.out, y))
    assert model.weight.grad is not None


def test_default(default):
    """A linear layer gives bfloat16, the wider dtype wins, and weights and gradients stay float32."""
    assert default.out.dtype == LOW and {default.wider.dtype, default.exact.dtype, default.loss.dtype} == {FULL}
    assert torch.equal(default.wider, default.out.float() + 1)
    assert default.model.weight.dtype == default.model.weight.grad.dtype == FULL
    torch.testing.assert_close(default.out.float(), default.exact, rtol=2**-6, atol=2**-6)


def test_inference(inference, raises):
    """NumPy has no bfloat16, so numpy() needs float() first."""
    out, x = inference.out, inference.x.to(inference.device)
    torch.testing.assert_close(out.float(), inference.model(x).detach(), rtol=2**-5, atol=2**-5)
    assert inference.scores.shape == (2, 4) and abs(inference.scores.sum() - 2) < 1e-5
    with raises(TypeError, "Got unsupported ScalarType BFloat16"):
        out.cpu().numpy()


def test_decorator(decorator):
    """As a decorator, autocast is on inside forward only."""
    assert decorator.y.dtype == LOW and not torch.is_autocast_enabled(decorator.device)


def test_right(right):
    """A 16-bit result can be multiplied by float32 after float()."""
    assert right.y.dtype == FULL and right.y.eq(3 * 4 * 0.5).all() and right.h.dtype == LOW


def test_right_assign(right_assign):
    """Assigning to rows needs the dtype of the target."""
    assert right_assign.table.sum(dim=1).tolist() == [0.0, 6.0, 0.0, 6.0] and right_assign.h.dtype == LOW


def test_lists():
    """On the CPU products and convolutions run low, common losses in float32, most others in the input's dtype."""
    x, w = torch.rand(4, 5), torch.rand(5, 6)
    with torch.autocast("cpu", dtype=LOW):
        h = x @ w
        conv = F.conv2d(torch.rand(1, 3, 8, 8), torch.rand(2, 3, 3, 3))
        assert {h.dtype, F.linear(x, w.T).dtype, conv.dtype, torch.einsum("nd,dk->nk", x, w).dtype} == {LOW}
        losses = F.mse_loss(h, h), F.l1_loss(h, h), F.binary_cross_entropy_with_logits(h, h), F.cross_entropy(h, h)
        assert {loss.dtype for loss in losses} == {FULL}
        assert F.gaussian_nll_loss(h, h, torch.ones_like(h)).dtype == LOW  # a loss that is not in the list
        assert h.prod().dtype == FULL  # not a loss, and in the list
        assert {t.dtype for t in (h.softmax(1), F.layer_norm(h, (6,)), h.exp(), h.log(), h**2, h.sum())} == {LOW}
        f = torch.rand(4, 6)
        assert {(h + f).dtype, torch.cat([h, f]).dtype, torch.stack([h, f]).dtype} == {FULL}
        assert (x.double() @ w.double()).dtype == torch.float64


def test_forms_that_are_not_cast():
    """In-place and out= forms are not cast."""
    x, w = torch.rand(4, 5), torch.rand(5, 6)
    with torch.autocast("cpu", dtype=LOW):
        assert torch.mm(x, w, out=torch.empty(4, 6)).dtype == FULL
        total = torch.zeros(4, 6)
        total.addmm_(x, w)
    assert total.dtype == FULL and torch.equal(total, x @ w)


def test_default_dtypes():
    """Without dtype=, CUDA takes float16 and the CPU bfloat16."""
    assert (torch.get_autocast_dtype("cuda"), torch.get_autocast_dtype("cpu")) == (torch.float16, LOW)
    with torch.autocast("cpu"):
        assert (torch.rand(2, 3) @ torch.rand(3, 2)).dtype == LOW


def test_switched_off_inside(raises):
    """In a block with enabled=False, a 16-bit tensor meets float32 weights and raises until it is cast."""
    layer, x = nn.Linear(3, 4), torch.rand(2, 3)
    with torch.autocast("cpu", dtype=LOW):
        h = nn.Linear(3, 3)(x)
        with torch.autocast("cpu", enabled=False):
            with raises(RuntimeError, "must have the same dtype, but got BFloat16 and Float"):
                layer(h)
            assert layer(h.float()).dtype == FULL


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, grad):
        x, w = ctx.saved_tensors
        return grad @ w.T, x.T @ grad


class CastProduct(Product):
    forward = staticmethod(torch.amp.custom_fwd(Product.forward, device_type="cpu"))
    backward = staticmethod(torch.amp.custom_bwd(Product.backward, device_type="cpu"))


def test_custom_functions(raises):
    """Called outside the block, a custom Function's backward lacks autocast unless custom_fwd and custom_bwd are added."""
    w = torch.rand(3, 4, requires_grad=True)
    for function in Product, CastProduct:
        with torch.autocast("cpu", dtype=LOW):
            y = function.apply(nn.Linear(5, 3)(torch.rand(2, 5)), w)
        if function is Product:
            with raises(RuntimeError, "to have the same dtype"):
                y.sum().backward()
        else:
            y.sum().backward()
            assert w.grad.dtype == FULL
    with torch.autocast("cpu", dtype=LOW):
        Product.apply(nn.Linear(5, 3)(torch.rand(2, 5)), w).sum().backward()


def test_device_type_is_a_string(raises):
    """autocast takes the type of a device as a string, not a torch.device."""
    device = torch.device("cpu")
    with raises(ValueError, "Expected `device_type` of type `str`"):
        torch.autocast(device)
    with torch.autocast(device.type):
        assert torch.is_autocast_enabled("cpu")


def test_one_block_keeps_old_weights():
    """In one autocast block the 16-bit copies of the weights are kept, so after optimizer.step() the forward pass still uses
    the old weights; in a new block for each batch it uses the new ones."""
    x = torch.ones(1, 3)
    for make in (
        lambda p: torch.optim.SGD(p, lr=0.01),
        lambda p: torch.optim.Adam(p, lr=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.1, fused=True),
    ):
        losses = {}
        for one_block in True, False:
            torch.manual_seed(0)
            layer = nn.Linear(3, 4)
            optimizer, seen = make(layer.parameters()), []

            def step():
                with torch.autocast("cpu", dtype=LOW):
                    loss = layer(x).float().square().sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                seen.append(loss.item())

            with torch.autocast("cpu", dtype=LOW) if one_block else contextlib.nullcontext():
                for _ in range(4):
                    step()
            losses[one_block] = seen
        assert losses[False][0] == losses[True][0]
        assert (len(set(losses[True])), len(set(losses[False]))) == (1, 4)
