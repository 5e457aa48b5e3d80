"""Proofs of autograd-function."""

import gc
import warnings
import weakref

import torch
from torch import nn
from torch.autograd.function import once_differentiable


class Square(torch.autograd.Function):
    """x², with a correct gradient, in the form that torch.func accepts."""

    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


def given():
    return {"torch": torch}


def test_answer(answer):
    """The gradient of Sign passes where |x| <= 1 and is zero elsewhere, in float32 and in bfloat16."""
    for dtype in torch.float32, torch.bfloat16:
        x = torch.tensor([[-2.0, -1.0, 0.0], [0.25, 1.0, 1.5]], dtype=dtype, requires_grad=True)
        y = answer.Sign.apply(x)
        assert y.tolist() == [[-1, -1, 0], [1, 1, 1]]
        y.backward(torch.tensor([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]], dtype=dtype))
        assert x.grad.tolist() == [[0, 3, 4], [5, 6, 0]] and x.grad.dtype == dtype


def test_default(default):
    """The backward of a leaky ReLU written by hand agrees with F.leaky_relu and passes gradcheck."""
    (expected,) = torch.autograd.grad(nn.functional.leaky_relu(default.x, 0.25).square().sum(), default.x)
    assert torch.equal(default.x.grad, expected)
    assert torch.autograd.gradcheck(default.Leaky.apply, (default.x, 0.5))


def test_straight_through(straight_through):
    """x + (x.round() - x).detach() rounds and passes the gradient on, as a class whose backward returns grad does."""
    (exact,) = torch.autograd.grad(straight_through.ways["torch.round"].sum(), straight_through.x, allow_unused=True)
    assert exact.tolist() == [0, 0, 0]
    for way in "Round.apply", "detach":
        y = straight_through.ways[way]
        (grad,) = torch.autograd.grad((straight_through.weight * y).sum(), straight_through.x)
        assert y.tolist() == [0, 2, -3] and grad.tolist() == [1, 2, 5]


def test_reversal(reversal):
    """A gradient reversal layer multiplies the gradient of the features by -alpha and leaves that of the head."""
    features, domain = reversal.features, reversal.domain
    params = [*features.parameters(), *domain.parameters()]

    def grads(change):
        logits = domain(change(features(reversal.x)))
        return torch.autograd.grad(nn.functional.cross_entropy(logits, reversal.y), params)

    plain, reverse = grads(lambda h: h), grads(lambda h: reversal.Reverse.apply(h, 3.0))
    for one, other, factor in zip(plain, reverse, [-3, -3, 1, 1], strict=True):
        torch.testing.assert_close(other, factor * one)


def test_right(right):
    """backward returns None for an input without a gradient."""
    assert right.x.grad.tolist() == [2 * 3 * 3 * 1, 2 * 3 * 3 * 2]  # d/dx (3 x)²


def test_gradients_of_sign_and_round_are_zero():
    """The gradients of sign() and round() are zero."""
    for operation in torch.sign, torch.round:
        x = torch.tensor([-1.75, -0.5, 0.0, 0.5, 2.25], requires_grad=True)
        operation(x).sum().backward()
        assert x.grad.tolist() == [0] * 5


def test_gradcheck_finds_a_wrong_backward(raises):
    """A backward of wrong values raises nothing, one of a wrong shape does; gradcheck finds wrong values, also of Round."""

    class Wrong(Square):
        @staticmethod
        def backward(ctx, grad):
            return 3 * ctx.saved_tensors[0] * grad

    class Short(Square):
        backward = staticmethod(lambda ctx, grad: grad[:1])

    class Round(torch.autograd.Function):
        forward = staticmethod(lambda ctx, x: x.round())
        backward = staticmethod(lambda ctx, grad: grad)

    x = torch.tensor([1.25, -2.25], dtype=torch.float64, requires_grad=True)
    Wrong.apply(x).sum().backward()
    assert x.grad.tolist() == [3 * 1.25, 3 * -2.25]
    with raises(RuntimeError, "expected shape compatible with [2]"):
        Short.apply(x).sum().backward()
    assert torch.autograd.gradcheck(Square.apply, x)
    for function in Wrong, Round:
        with raises(RuntimeError, "Jacobian mismatch for output 0 with respect to input 0"):
            torch.autograd.gradcheck(function.apply, x)


def test_in_place_changes_go_unnoticed(raises):
    """A tensor kept as ctx.x may be changed in place without an error; save_for_backward notices the change."""

    class Careless(Square):
        @staticmethod
        def setup_context(ctx, inputs, output):
            (ctx.x,) = inputs

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.x * grad

    def gradient(function):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        h = x + 0
        y = function.apply(h)
        h.mul_(10)
        y.sum().backward()
        return x.grad.tolist()

    assert gradient(Careless) == [20, 40]  # right: [2, 4]
    with raises(RuntimeError, "modified by an inplace operation"):
        gradient(Square)


def test_an_output_kept_in_ctx_is_not_freed():
    """An output kept as ctx.y is not freed with its last reference; one that save_for_backward keeps is."""

    class Kept(Square):
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.y = output

    class Saved(Square):
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output)

    def alive(function):
        y = function.apply(torch.ones(3, requires_grad=True))
        watch = weakref.ref(y)
        del y
        return watch() is not None

    gc.disable()
    try:
        assert (alive(Kept), alive(Saved)) == (True, False)
    finally:
        gc.enable()


def test_gradcheck_needs_float64(raises):
    """gradcheck rejects the correct gradient of x * x in float32 and accepts it in float64; it rejects a ReLU at 0."""
    for dtype in torch.float64, torch.float32:
        x = torch.tensor([1.0, 2.0, 3.0], dtype=dtype, requires_grad=True)
        if dtype == torch.float64:
            assert torch.autograd.gradcheck(Square.apply, x)
            continue
        with warnings.catch_warnings(), raises(RuntimeError, "Jacobian mismatch"):
            warnings.simplefilter("ignore")  # that float32 is not enough
            torch.autograd.gradcheck(Square.apply, x)
    with raises(RuntimeError, "Jacobian mismatch"):
        torch.autograd.gradcheck(torch.relu, torch.zeros(1, dtype=torch.float64, requires_grad=True))


def test_second_derivatives_through_numpy(raises):
    """With NumPy in backward a second derivative lacks a term; once_differentiable makes it raise."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.from_numpy(x.numpy(force=True) ** 3)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return torch.from_numpy(3 * x.numpy(force=True) ** 2) * grad

    class Once(Cube):
        backward = staticmethod(once_differentiable(Cube.backward))

    def second(function):
        x = torch.tensor([2.0], requires_grad=True)
        (first,) = torch.autograd.grad(function.apply(x).square().sum(), x, create_graph=True)  # of x⁶
        assert first.item() == 6 * 2.0**5
        first.backward()
        return x.grad.item()

    assert second(Cube) != 30 * 2.0**4
    with raises(RuntimeError, "marked with @once_differentiable"):
        second(Once)


def test_torch_func_needs_setup_context(raises):
    """torch.func.grad raises for forward(ctx, x) and works with setup_context; vmap needs generate_vmap_rule too."""

    class Combined(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    class Batched(Square):
        generate_vmap_rule = True

    x = torch.tensor([1.0, 3.0])
    with raises(RuntimeError, "must override the setup_context staticmethod"):
        torch.func.grad(lambda x: Combined.apply(x).sum())(x)
    assert torch.func.grad(lambda x: Square.apply(x).sum())(x).tolist() == [2, 6]
    for transform in torch.func.jacfwd, torch.func.hessian:
        with warnings.catch_warnings(), raises(NotImplementedError, "must implement the jvp function"):
            warnings.simplefilter("ignore")  # torch itself calls torch.jit.script
            transform(lambda x: Batched.apply(x).sum())(x)

    class ByHand(Square):
        vmap = staticmethod(lambda info, in_dims, x: (Square.apply(x), in_dims[0]))

    assert torch.func.vmap(ByHand.apply)(x).tolist() == [1, 9]
    with raises(RuntimeError, "does not have vmap support"):
        torch.func.vmap(Square.apply)(x)
    assert torch.func.vmap(Batched.apply)(x).tolist() == [1, 9]


def test_autocast_needs_custom_fwd(raises):
    """After an autocast block, backward can meet two dtypes, inside it not; custom_fwd and custom_bwd help."""

    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx, grad):
            x, w = ctx.saved_tensors
            return grad @ w.T, x.T @ grad

    class Decorated(Product):
        forward = staticmethod(torch.amp.custom_fwd(Product.forward, device_type="cpu"))
        backward = staticmethod(torch.amp.custom_bwd(Product.backward, device_type="cpu"))

    class Separate(Product):
        forward = staticmethod(lambda x, w: x @ w)
        setup_context = staticmethod(
            torch.amp.custom_fwd(lambda ctx, inputs, output: ctx.save_for_backward(*inputs), device_type="cpu")
        )
        backward = Decorated.backward

    class Wrong(Separate):  # the decorator on the forward that has no ctx
        forward = staticmethod(torch.amp.custom_fwd(Separate.forward, device_type="cpu"))
        setup_context = staticmethod(lambda ctx, inputs, output: ctx.save_for_backward(*inputs))

    def gradient(function, inside=False):
        x, w = torch.ones(2, 3), torch.ones(3, 4, requires_grad=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = function.apply(x, w)
            if inside:
                y.sum().backward()
        if not inside:
            y.sum().backward()
        return w.grad

    with raises(RuntimeError, "same dtype"):
        gradient(Product)
    with raises(AttributeError, "_fwd_used_autocast"):
        gradient(Wrong)
    with raises(TypeError, "device_type"):
        torch.amp.custom_fwd(Product.forward)
    for done in gradient(Decorated), gradient(Separate), gradient(Product, inside=True):
        assert torch.equal(done, torch.full((3, 4), 2.0))


def test_broadcast_dimensions_are_summed(raises):
    """Autograd sums a gradient over broadcast dimensions; one of a transposed or squeezed shape raises."""

    def gradient(shape, wanted):
        class Constant(torch.autograd.Function):
            forward = staticmethod(lambda ctx, x: x.sum())
            backward = staticmethod(lambda ctx, grad: torch.ones(wanted))

        x = torch.ones(shape, requires_grad=True)
        Constant.apply(x).backward()
        return x.grad.tolist()

    assert gradient((3,), (5, 3)) == [5, 5, 5] and gradient((2, 1), (2, 4)) == [[4], [4]]
    for shape, wanted in ((2, 3), (3, 2)), ((2, 1), (2,)), ((2, 3), (6,)):
        with raises(RuntimeError, "expected shape compatible with"):
            gradient(shape, wanted)


def test_jacfwd_and_hessian_need_both(raises):
    """jacfwd and hessian need a static method jvp and a rule for vmap; jvp needs the first only, and jacrev neither."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return 3 * ctx.saved_tensors[0] ** 2 * grad

    class Forward(Cube):
        @staticmethod
        def jvp(ctx, tangent):
            return 3 * ctx.saved_tensors[0] ** 2 * tangent

    class Both(Forward):
        generate_vmap_rule = True

    x = torch.tensor([1.0, 2.0])
    jacobian = torch.tensor([[3.0, 0.0], [0.0, 12.0]])
    assert torch.equal(torch.func.jacrev(Cube.apply)(x), jacobian)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses torch.jit.script
        assert torch.func.jvp(Forward.apply, (x,), (x,))[1].tolist() == [3, 24]
        with raises(RuntimeError, "does not have vmap support"):
            torch.func.jacfwd(Forward.apply)(x)
        assert torch.equal(torch.func.jacfwd(Both.apply)(x), jacobian)
        hessian = torch.func.hessian(lambda x: Both.apply(x).sum())(x)
    assert hessian.tolist() == [[6, 0], [0, 12]]


def test_an_object_cannot_be_called(raises):
    """An object of the class raises when it is called, static methods or not; apply on the class works."""

    class Double(torch.autograd.Function):
        forward = staticmethod(lambda ctx, x: 2 * x)
        backward = staticmethod(lambda ctx, grad: 2 * grad)

    x = torch.ones(3, requires_grad=True)
    with warnings.catch_warnings(), raises(RuntimeError, "Legacy autograd function with non-static forward"):
        warnings.simplefilter("ignore")  # it should not be instantiated
        Double()(x)
    assert Double.apply(x).tolist() == [2, 2, 2]


def test_a_weight_of_another_shape(raises):
    """While an old graph is alive, a weight whose .data got another shape raises in backward(); a new nn.Parameter works."""
    x = torch.ones(1, 3)
    for new in False, True:
        layer = nn.Linear(3, 5)
        old = layer(x)  # keeps the graph
        if new:
            layer.weight, layer.bias = nn.Parameter(torch.zeros(4, 3)), nn.Parameter(torch.zeros(4))
            layer(x).sum().backward()
            assert layer.weight.grad.shape == (4, 3) and old.shape == (1, 5)
        else:
            layer.weight.data, layer.bias.data = torch.zeros(4, 3), torch.zeros(4)
            with raises(RuntimeError, "returned an invalid gradient at index 0 - got [1, 4] but expected shape compatible with [5]"):
                layer(x).sum().backward()


def test_forward_mode_needs_jvp(raises):
    """Without a static method jvp, forward mode raises; jacrev and torch.autograd.functional.hessian need none."""

    def cubes(x):
        return (Square.apply(x) * x).sum()

    x = torch.tensor([1.0, 3.0])
    with raises(NotImplementedError, "You must implement the jvp function for custom autograd.Function"):
        torch.func.jvp(Square.apply, (x,), (x,))
    message = "You must implement the jvp function for custom autograd.Function"
    with torch.autograd.forward_ad.dual_level(), raises(NotImplementedError, message):
        Square.apply(torch.autograd.forward_ad.make_dual(x, x))
    assert torch.func.jacrev(Square.apply)(x).tolist() == [[2, 0], [0, 6]]
    assert torch.autograd.functional.hessian(cubes, x).tolist() == [[6, 0], [0, 18]]
