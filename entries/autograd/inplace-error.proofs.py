"""Proofs of inplace-error."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn

MODIFIED = "modified by an inplace operation"


def given():
    x = torch.tensor([[-2.0, 4.0, 1.0]], requires_grad=True)
    return {
        "torch": torch,
        "F": F,
        "x": x,
        "leaf": x,
        "skip": torch.tensor([[5.0, 1.0, -7.0]]),
        "mask": torch.tensor([[True, False, False]]),
        "steps": [x[:, 1] ** 2, x[:, 2] * 3],
    }


def test_answer(answer):
    """x + y, masked_fill, F.relu, and a stacked list make new tensors, so backward() works."""
    assert answer.x.tolist() == [[0.0, 5.0, 0.0]]  # masked, 4 + 1, and relu of 1 - 7
    assert answer.out.tolist() == [[16.0, 3.0]]
    (answer.x.sum() + answer.out.sum()).backward()
    assert answer.leaf.grad.tolist() == [[0.0, 1.0 + 8.0, 3.0]]


def test_default(default):
    """A residual block that makes a new tensor has the gradient of relu(W x + b) + x."""
    x, weight, bias = default.x, default.model.fc.weight.detach(), default.model.fc.bias.detach()
    pre = x @ weight.T + bias
    out = pre.clamp(min=0) + x
    torch.testing.assert_close(default.loss.detach(), (out**2).sum() / 6)
    by_hand = (2 / 6 * out * (pre > 0)).T @ x
    torch.testing.assert_close(default.model.fc.weight.grad, by_hand)


def test_right(right):
    """relu passes a gradient of 1 where its input is positive."""
    assert right.x.grad.tolist() == [float(v > 0) for v in right.x.tolist()]


def test_loop(loop, raises):
    """A list that is stacked has the gradient of the recurrence; writing into a tensor in the loop raises."""
    a, b, c = loop.a.tolist()
    assert loop.h.tolist() == [1.0, a, a * b, a * b * c]
    assert loop.a.grad.tolist() == [1 + b + b * c, a + a * c, a * b]
    x = loop.a.detach().clone().requires_grad_()
    h = torch.ones(4)
    for t in range(3):
        h[t + 1] = x[t] * h[t]
    with raises(RuntimeError, MODIFIED):
        h.sum().backward()


def test_right_step(right_step):
    """With step() after both backward passes, the weights move along the sum of both gradients."""
    with torch.no_grad():  # of the mean: every output counts once
        moved = right_step.model[0].bias - right_step.before
        torch.manual_seed(0)
        fresh = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
        torch.testing.assert_close(moved, -0.1 * fresh[1].weight.sum(dim=0))


def test_a_new_forward_pass():
    """After step(), a new forward pass makes the second backward() work."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.ones(5, 3)
    for column in (0, 1):
        optimizer.zero_grad()
        model(x)[:, column].mean().backward()
        optimizer.step()
    assert model[0].weight.grad is not None


def test_retain_graph_does_not_help(raises):
    """retain_graph=True does not keep a value that was changed in place."""
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y += 1
    with raises(RuntimeError, MODIFIED):
        y.sum().backward(retain_graph=True)


def changed(function, which):
    """Whether backward() complains after the input or the output of a function was changed."""
    h = torch.rand(3, 3, requires_grad=True) + 0.5
    out = function(h)
    {"input": h, "output": out}[which].detach().add_(1)
    try:
        out.sum().backward()
    except RuntimeError as error:
        return MODIFIED in str(error)
    return False


def test_what_is_kept():
    """exp, sigmoid, tanh, softmax, and relu keep their output; **, log, and products with a weight their inputs."""
    other = torch.rand(3, 3, requires_grad=True)
    for keeps_output in torch.exp, torch.sigmoid, torch.tanh, torch.relu, lambda h: h.softmax(dim=1):
        assert changed(keeps_output, "output") and not changed(keeps_output, "input")
    for keeps_input in lambda h: h * other, lambda h: h**2, torch.log, lambda h: h @ other:
        assert changed(keeps_input, "input") and not changed(keeps_input, "output")
    constant = torch.rand(3, 3)  # needs no gradient, so h is not kept
    assert not changed(lambda h: h * constant, "input") and not changed(lambda h: h @ constant, "input")
    assert not changed(lambda h: h + other, "input") and not changed(lambda h: h + other, "output")


def test_versions_count(raises):
    """The message counts the in-place changes."""
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    for _ in range(3):
        y += 1
    with raises(RuntimeError, "is at version 3; expected version 0 instead"):
        y.sum().backward()


def test_clone():
    """Changing a clone leaves the kept tensor alone."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    z = y.clone()
    z += 1
    z[0] = 0
    z.sum().backward()
    torch.testing.assert_close(x.grad, torch.stack([torch.tensor(0.0), x.detach()[1].exp()]))


def test_anomaly_mode_names_the_line(raises):
    """set_detect_anomaly(True) prints the line of the forward pass whose operation kept the tensor."""
    x = torch.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught, torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("always")
        kept = x.exp()
        kept += 1
        with raises(RuntimeError, MODIFIED):
            kept.sum().backward()
    (told,) = [str(w.message) for w in caught if "Traceback of forward call" in str(w.message)]
    assert told.startswith("Error detected in ExpBackward0") and __file__ in told


def test_hidden_changes(silent):
    """A change through .data or .numpy() raises nothing, and the gradient comes from the changed values."""
    torch.testing.assert_close(silent.x.grad, silent.x.detach().exp() + 1)
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = x.exp()
    y.detach().numpy()[:] = 7
    y.sum().backward()
    assert x.grad.tolist() == [7.0, 7.0]


def test_inplace_relu(raises):
    """An in-place ReLU works after Linear, convolution, and BatchNorm, and raises after what keeps its output."""
    x = torch.rand(2, 4, 6, 6)
    for layer in nn.Linear(6, 3), nn.Conv2d(4, 5, 3), nn.BatchNorm2d(4):
        nn.ReLU(inplace=True)(layer(x)).sum().backward()
        assert layer.weight.grad is not None
    for keeps in nn.Sigmoid(), nn.Tanh(), nn.Softmax(dim=1), nn.ReLU():
        out = nn.ReLU(inplace=True)(keeps(nn.Linear(6, 3)(x)))
        with raises(RuntimeError, MODIFIED):
            out.sum().backward()


def test_one_layer_does_not_raise(raises):
    """With a single Linear layer, step() between two backward passes raises only if the input needs a gradient."""
    for needs_gradient in (False, True):
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        out = model(torch.ones(5, 3, requires_grad=needs_gradient))
        out[:, 0].mean().backward(retain_graph=True)
        optimizer.step()
        if needs_gradient:
            with raises(RuntimeError, MODIFIED):
                out[:, 1].mean().backward()
        else:
            out[:, 1].mean().backward()
            assert model.bias.grad.tolist() == [1.0, 1.0]


def test_full_backward_hooks_forbid_in_place(raises):
    """The output of a module with a full backward hook cannot be changed in place; inplace=False mends it."""
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU(inplace=True))
    seen = []
    net[0].register_full_backward_hook(lambda module, inner, outer: seen.append(outer[0].shape))
    with raises(RuntimeError, "is a view and is being modified inplace"):
        net(torch.ones(4, 3))
    net[1].inplace = False
    net(torch.ones(4, 3, requires_grad=True)).sum().backward()
    assert seen == [(4, 2)]


def test_inplace_of_other_layers(raises):
    """ReLU6, SiLU, Hardswish, and Dropout have inplace too, and are no nn.ReLU; setting it to False mends them all."""
    for layer in nn.ReLU6(True), nn.SiLU(True), nn.Hardswish(True), nn.Dropout(0.5, True):
        net = nn.Sequential(nn.Linear(3, 2), layer)
        net[0].register_full_backward_hook(lambda module, inner, outer: None)
        assert not isinstance(layer, nn.ReLU)
        with raises(RuntimeError, "is a view and is being modified inplace"):
            net(torch.ones(4, 3))
        for m in net.modules():
            if hasattr(m, "inplace"):
                m.inplace = False
        net(torch.ones(4, 3, requires_grad=True)).sum().backward()


def test_hook_the_output_instead(raises):
    """Where F.relu(inplace=True) follows a layer, a full backward hook raises, and a hook on its output gets the gradient."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(3, 2), nn.Linear(2, 1)

        def forward(self, x):
            return self.head(F.relu(self.body(x), inplace=True))

    torch.manual_seed(0)
    net, x, seen = Net(), torch.randn(4, 3), []

    def hook(module, args, out):
        out.register_hook(seen.append)

    handle = net.body.register_forward_hook(hook)
    net(x).sum().backward()
    handle.remove()
    torch.testing.assert_close(seen, [(net.body(x) > 0) * net.head.weight])
    net.body.register_full_backward_hook(lambda module, inner, outer: None)
    with raises(RuntimeError, "is a view and is being modified inplace"):
        net(x)


def train_recurrent(detach):
    torch.manual_seed(0)
    rnn, h = nn.GRUCell(2, 3), torch.zeros(1, 3)
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
    for _ in range(3):
        h = rnn(torch.ones(1, 2), h.detach() if detach else h)
        optimizer.zero_grad()
        h.sum().backward(retain_graph=not detach)
        optimizer.step()


def test_carried_hidden_state(raises):
    """A hidden state carried into the next iteration under retain_graph=True raises after step(); detach() mends it."""
    with raises(RuntimeError, "[torch.FloatTensor [3, 9]], which is output 0 of"):
        train_recurrent(detach=False)
    train_recurrent(detach=True)


def test_not_the_output_of_an_operation(raises):
    """For an input or a parameter that was changed in place, the message names no operation."""
    for change in "input", "parameter":
        x, w = torch.ones(3), torch.ones(3, requires_grad=True)
        y = (w * x).sum() if change == "input" else (w * w).sum()
        with torch.no_grad():
            {"input": x, "parameter": w}[change].add_(1)
        with raises(RuntimeError, "[torch.FloatTensor [3]] is at version 1; expected version 0 instead"):
            y.backward()


def test_batchnorm_twice():
    """In one process, two forward passes through BatchNorm before backward() raise nothing."""
    norm = nn.BatchNorm1d(3)
    x = torch.rand(4, 3, requires_grad=True)
    (norm(x) + norm(2 * x)).sum().backward()
    assert norm.num_batches_tracked == 2 and x.grad is not None


def gradient_after_step(fused, step):
    """The gradient of the second loss, with or without a step between the two backward passes."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, fused=fused)
    out = model(torch.randn(5, 3))
    out.mean().backward(retain_graph=True)
    if step:
        optimizer.step()
    optimizer.zero_grad()
    (out**2).mean().backward()
    return model[0].weight.grad


def test_fused_steps_are_not_noticed(raises):
    """A step of a fused optimizer between two backward passes raises nothing, and the second gradient is wrong."""
    with raises(RuntimeError, "modified by an inplace operation"):
        gradient_after_step(fused=False, step=True)
    right = gradient_after_step(fused=True, step=False)
    assert not torch.allclose(gradient_after_step(fused=True, step=True), right, rtol=0.2)


def test_other_changes_of_weights(raises):
    """load_state_dict() and a change under no_grad() between forward and backward() raise as a step does."""

    def load(model):
        model.load_state_dict(model.state_dict())

    def clamp(model):
        with torch.no_grad():
            for p in model.parameters():
                p.clamp_(-0.01, 0.01)

    for change in load, clamp:
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        out = model(torch.ones(5, 3))
        change(model)
        with raises(RuntimeError, "[torch.FloatTensor [4, 2]], which is output 0 of"):
            out.sum().backward()
        model(torch.ones(5, 3)).sum().backward()


def test_max_norm(raises):
    """nn.Embedding with max_norm changes its weight in forward, which spoils an earlier product with it, but not with its clone."""
    for use in (lambda w: w), torch.clone:
        table = nn.Embedding(5, 3, max_norm=0.5)
        nn.init.ones_(table.weight)
        product = use(table.weight) @ torch.ones(3, 2, requires_grad=True)
        loss = product.sum() + table(torch.tensor([1, 2])).sum()
        if use is torch.clone:
            loss.backward()
            assert table.weight.grad.tolist() == [[2.0] * 3, [3.0] * 3, [3.0] * 3, [2.0] * 3, [2.0] * 3]
        else:
            with raises(RuntimeError, "[torch.FloatTensor [5, 3]] is at version"):
                loss.backward()
