"""Proofs of forward-vs-call."""

import warnings

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(x).relu()

    def encode(self, x):
        return self.fc(x)


def given():
    holder = nn.Module()
    holder.fc = nn.Linear(3, 4)
    return {"model": Net(), "self": holder, "x": torch.tensor([[1.0, 2.0, 4.0]])}


def test_answer(answer):
    """Calling a module returns what its forward returns."""
    torch.testing.assert_close(answer.y, answer.model.forward(answer.x))
    torch.testing.assert_close(answer.h, answer.x @ answer.self.fc.weight.T + answer.self.fc.bias)


def test_default(default):
    """layer(x) runs the pre-hook and the hook, and layer.forward(x) neither; the values are the same."""
    torch.testing.assert_close(default.y, default.x @ default.layer.weight.T + default.layer.bias)
    assert default.y.shape == default.z.shape == (1, 2)


def test_order():
    """The call runs pre-hook, forward, hook, and sets up the backward hook; forward runs the hooks of sublayers only."""
    for call in ("__call__", "forward", "encode"):
        model, seen = Net(), []
        model.register_forward_pre_hook(lambda *_: seen.append("pre-hook"))
        model.fc.register_forward_hook(lambda *_: seen.append("sublayer"))
        model.register_forward_hook(lambda *_: seen.append("hook"))
        model.register_full_backward_hook(lambda *_: seen.append("backward"))
        getattr(model, call)(torch.ones(1, 3, requires_grad=True)).sum().backward()
        assert seen == (["pre-hook", "sublayer", "hook", "backward"] if call == "__call__" else ["sublayer"])


def test_replace_forward(replace_forward):
    """A forward assigned to the object with types.MethodType is what the call runs, with hooks."""
    model, x, seen = replace_forward.model, torch.arange(6.0).view(2, 3), []
    model.register_forward_hook(lambda *_: seen.append("hook"))
    torch.testing.assert_close(model(x), model[2](model[0](x)))
    assert seen == ["hook"]


def test_wrong(wrong):
    """forward of a pruned layer uses the weight from before the step."""
    assert wrong.y.item() == 3 + 3


def test_right(right):
    """The call of a pruned layer multiplies the new weight by the mask."""
    assert right.y.item() == 2 + 8


def test_overriding_call_loses_hooks():
    """A module whose __call__ goes straight to forward runs no hooks."""

    class Own(Net):
        def __call__(self, x):
            return self.forward(x)

    model, seen = Own(), []
    model.register_forward_hook(lambda *_: seen.append("hook"))
    model(torch.ones(1, 3))
    assert seen == []


def test_spectral_norm():
    """The older spectral_norm computes the weight in a pre-hook, so forward alone uses the old one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = nn.utils.spectral_norm(nn.Linear(3, 2, bias=False))
    x = torch.ones(1, 3)
    old = layer(x).clone()
    layer.eval()
    with torch.no_grad():
        layer.weight_orig.copy_(torch.tensor([[3.0, 0.0, 0.0], [0.0, 4.0, 5.0]]))
    assert torch.equal(layer.forward(x), layer.forward(x)) and (layer.forward(x) - old).abs().max() < 1
    assert not torch.allclose(layer.forward(x), layer(x))


def test_lazy_layers(raises):
    """A lazy layer gets its size in the call; forward alone raises."""
    with raises(ValueError, "Attempted to use an uninitialized parameter"):
        nn.LazyLinear(3).forward(torch.ones(2, 4))
    assert nn.LazyLinear(3)(torch.ones(2, 4)).shape == (2, 3)


def test_compile():
    """After model.compile(), the call runs the compiled code, and forward does not."""
    model, compiled = Net(), []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    model.compile(backend=backend)
    model.forward(torch.ones(1, 3))
    assert compiled == []
    model(torch.ones(1, 3))
    assert len(compiled) == 1


def _ddp(rank):
    model = nn.Linear(2, 1, bias=False)
    ddp, x = nn.parallel.DistributedDataParallel(model), torch.full((1, 2), float(rank + 1))
    found = []
    for call in (ddp.module, ddp, ddp.module, ddp.forward):
        model.weight.grad = None
        call(x).sum().backward()
        found.append(model.weight.grad.tolist())
    return found


def test_ddp_module_does_not_synchronize(in_ranks):
    """ddp(x) and ddp.forward(x) average the gradients over the ranks; ddp.module(x) leaves each rank its own."""
    for rank, found in enumerate(in_ranks(_ddp, ranks=2)):
        own, mean = [[rank + 1.0] * 2], [[1.5] * 2]
        assert found == [own, mean, own, mean]


def _fsdp2(rank):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    x, found = torch.ones(1, 3), []
    for register in (False, True):
        model = fully_shard(Net(), mesh=init_device_mesh("cpu", (2,)))
        if register:
            register_fsdp_forward_method(model, "encode")
        try:
            found.append(list(model.encode(x).shape))
        except RuntimeError as error:
            found.append("mixed torch.Tensor and DTensor" in str(error))
    return found


def test_other_methods_under_fsdp2(in_ranks):
    """Under FSDP2 a method other than forward raises, because its parameters are still sharded, unless it is registered."""
    if torch.__version__ < (2, 7):  # FSDP2 needs a GPU there
        return
    assert in_ranks(_fsdp2, ranks=2) == [[True, [1, 2]]] * 2
