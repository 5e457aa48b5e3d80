"""Proofs of buffer-vs-parameter."""

import torch
from torch import nn


def given():
    return {"torch": torch, "nn": nn, "self": nn.Module(), "dim": 3, "mask": torch.ones(2, 5).bool()}


def test_answer(answer):
    """A parameter is trained, moved, and saved, a buffer is moved and saved, a non-persistent one is only moved."""
    module = answer.self
    assert [(name, p.tolist()) for name, p in module.named_parameters()] == [("weight", [1, 1, 1])]
    assert {name: t.tolist() for name, t in module.state_dict().items()} == {"weight": [1] * 3, "mean": [0] * 3}
    assert [name for name, _ in module.named_buffers()] == ["mean", "mask"]
    assert module.mask is answer.mask and module.eps == 0.00001
    module.to("meta")
    assert module.weight.is_meta and module.mean.is_meta and module.mask.is_meta


def test_default(default):
    """to() moves parameters and buffers and leaves a tensor in a plain attribute where it is."""
    assert [getattr(default.model, name).is_meta for name in default.names] == [True, True, True, False]
    assert [len(getattr(default.model, name)) for name in default.names] == [2, 3, 4, 5]


def test_running_mean(running_mean):
    """A buffer that is changed in place stays a buffer, and eval() leaves it alone."""
    mean = [m * (1 - 0.9**3) for m in (3.0, 20.0)]
    torch.testing.assert_close(running_mean.model.mean, torch.tensor(mean))
    assert not running_mean.model.mean.requires_grad
    out = running_mean.model.eval()(torch.zeros(1, 2))
    torch.testing.assert_close(out, -torch.tensor([mean]))


def test_right(right):
    """A buffer follows the dtype of the model."""
    assert right.model(right.x).tolist() == [[5 * 2.0 + 7 * 1.0, 5 * 0.0 + 7 * 3.0]]


def test_plain_tensors_stay(raises):
    """A plain tensor follows the model neither to a dtype nor to a device, and forward then raises."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.t = torch.ones(4, 3)

        def forward(self, x):
            return nn.functional.linear(x, self.t) * self.t[:, 0]

    with raises(RuntimeError, "same dtype"):
        Model().double()(torch.ones(2, 3).double())
    model = Model().to("meta")
    assert not model.t.is_meta
    with raises(RuntimeError, "device"):
        model(torch.ones(2, 3, device="meta"))


def test_wrong_parameter(wrong_parameter):
    """The product of a parameter and a number is a tensor that parameters() does not list."""
    scale = wrong_parameter.Scale().scale
    assert not isinstance(scale, nn.Parameter) and not scale.is_leaf
    torch.testing.assert_close(scale.detach(), torch.tensor([0.1, 0.1, 0.1]))


def test_right_parameter(right_parameter):
    """A parameter wrapped around the product is registered."""
    torch.testing.assert_close(right_parameter.Scale().scale.detach(), torch.tensor([0.1, 0.1, 0.1]))


def test_only_the_object_is_registered():
    """A product or a copy of a parameter and a list of parameters are not registered; ParameterList is."""
    module, p = nn.Module(), nn.Parameter(torch.ones(3))
    module.a, module.b, module.c = p * 0.1, p.to(torch.float64), [p]
    assert list(module.parameters()) == []
    module.d = nn.ParameterList([p])
    assert [id(q) for q in module.parameters()] == [id(p)]


def test_new_buffers_are_missing_keys(raises):
    """load_state_dict raises for a buffer that the checkpoint lacks, unless it is not persistent."""
    for persistent in (True, False):
        module = nn.Linear(2, 3)
        module.register_buffer("mean", torch.zeros(3), persistent=persistent)
        if persistent:
            with raises(RuntimeError, 'Missing key(s) in state_dict: "mean"'):
                module.load_state_dict(nn.Linear(2, 3).state_dict())
        else:
            module.load_state_dict(nn.Linear(2, 3).state_dict())


def test_buffers_can_keep_the_graph(raises):
    """A buffer updated from a parameter keeps a graph that grows with each step, and none under no_grad; a second
    backward() through it raises."""
    module = nn.Module()
    module.w = nn.Parameter(torch.ones(1))
    module.register_buffer("mean", torch.zeros(1))

    def depth(node):
        return 0 if node is None else 1 + max([depth(n) for n, _ in node.next_functions], default=0)

    depths = []
    for _ in range(3):
        module.mean = 0.9 * module.mean + 0.1 * module.w
        depths.append(depth(module.mean.grad_fn))
    assert depths[0] < depths[1] < depths[2]
    module.mean.sum().backward()
    module.mean = 0.9 * module.mean + 0.1 * module.w
    with raises(RuntimeError, "Trying to backward through the graph a second time"):
        module.mean.sum().backward()
    module.mean = torch.zeros(1)
    with torch.no_grad():
        module.mean = 0.9 * module.mean + 0.1 * module.w
    assert module.mean.grad_fn is None


def test_names_are_taken(raises):
    """register_buffer raises if the module already has an attribute of that name."""
    module = nn.Module()
    module.t = torch.ones(1)
    with raises(KeyError, "attribute 't' already exists"):
        module.register_buffer("t", torch.ones(1))


def test_assignment_keeps_a_buffer(raises):
    """A tensor assigned to the name of a buffer is the buffer; a float raises."""
    module = nn.Module()
    module.register_buffer("mean", torch.zeros(3))
    module.mean = torch.full((3,), 7.0)
    assert module.state_dict()["mean"].tolist() == [7, 7, 7]
    with raises(TypeError, "cannot assign 'float' as buffer 'mean'"):
        module.mean = 7.0
    with raises(TypeError, "cannot assign 'float' object to buffer 'm'"):
        module.register_buffer("m", 7.0)
    module.mean.fill_(3)
    assert module.mean.tolist() == [3, 3, 3]
    module.to("meta")
    module.mean = torch.tensor([1.0, 2.0, 3.0])
    assert not module.mean.is_meta  # so the device must be given
    module.mean = torch.tensor([1.0, 2.0, 3.0], device="meta")
    assert module.mean.is_meta


def test_nn_buffer():
    """Assigning nn.Buffer(t, persistent=...) does what register_buffer does."""
    module = nn.Module()
    module.a, module.b = nn.Buffer(torch.ones(2)), nn.Buffer(torch.ones(3), persistent=False)
    assert [name for name, _ in module.named_buffers()] == ["a", "b"]
    assert list(module.state_dict()) == ["a"] and list(module.parameters()) == []


def test_absent_parameter():
    """register_parameter("bias", None) declares a name without a parameter."""
    module = nn.Module()
    module.register_parameter("bias", None)
    assert module.bias is None and list(module.parameters()) == [] and list(module.state_dict()) == []
    module.bias = nn.Parameter(torch.ones(1))
    assert list(module.state_dict()) == ["bias"]


def test_frozen_parameters_stay_parameters():
    """requires_grad_(False) keeps a parameter in parameters() and state_dict(), and no gradient reaches it."""
    layer = nn.Linear(2, 3)
    layer.weight.requires_grad_(False)
    layer(torch.ones(1, 2)).sum().backward()
    assert layer.weight.grad is None and len(list(layer.parameters())) == 2 and "weight" in layer.state_dict()


def test_elementwise_operations_promote(raises):
    """A plain float32 vector times a float16 input gives float32, without an error, unless they are on two devices; a buffer
    gives float16. A 0-d tensor on the CPU neither raises nor changes the dtype."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.ones(3)
            self.register_buffer("buffer", torch.ones(3))

    model, x = Model().half(), torch.ones(2, 3).half()
    assert (x * model.plain).dtype == torch.float32 and (x * model.buffer).dtype == torch.float16
    with raises(RuntimeError, "device"):
        x.to("meta") * model.plain
    out = x.to("meta") * torch.tensor(0.5)
    assert out.is_meta and out.dtype == torch.float16


def test_only_floating_point_is_cast():
    """to(dtype) casts floating-point buffers, and leaves bool and integer ones as they are."""
    module = nn.Module()
    for name, dtype in ("mask", torch.bool), ("index", torch.int64), ("mean", torch.float32):
        module.register_buffer(name, torch.ones(2).to(dtype))
    module.to(torch.float64)
    assert [module.mask.dtype, module.index.dtype, module.mean.dtype] == [torch.bool, torch.int64, torch.float64]


def test_a_parameter_replaces_a_buffer():
    """An nn.Parameter assigned to the name of a buffer makes it a parameter."""
    module = nn.Module()
    module.register_buffer("mean", torch.zeros(3))
    module.mean = nn.Parameter(torch.ones(3))
    assert list(module.buffers()) == [] and [name for name, _ in module.named_parameters()] == ["mean"]
