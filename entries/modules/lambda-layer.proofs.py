"""Proofs of lambda-layer."""

import functools
import pickle

import torch
from torch import nn


def given():
    return {"nn": nn, "torch": torch}


class Lambda(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x)


def test_answer(answer):
    """A module that stores a function applies it as a layer of a Sequential."""
    x = torch.arange(3 * 784.0).view(3, 784)
    assert torch.equal(answer.model(x), torch.sin(x).view(3, 1, 28, 28))


def test_default(default):
    """A function has no parameters, so the state_dict holds those of the convolution alone."""
    conv, x = default.conv, default.x
    expected = torch.sin(conv((x / 255).view(6, 1, 28, 28))).flatten(1)
    assert torch.equal(default.model(x), expected)
    assert list(default.model.state_dict()) == ["2.weight", "2.bias"]
    assert (int(x.min()), int(x.max()), x.shape) == (0, 255, (6, 784))
    assert expected.shape == (6, 4 * 8 * 8)


def test_lstm(lstm):
    """A module can unpack the tuple that an LSTM returns."""
    x = torch.randn(4, 7, 3)
    y, (h, c) = lstm.model[0](x)
    torch.testing.assert_close(lstm.model(x), lstm.model[2](h[-1]))
    assert y.shape == (4, 7, 5)


def test_right(right):
    """torch.relu in the place of the lambda computes the same."""
    x = torch.randn(5, 3)
    assert right.model[0].weight.shape == (2, 3)
    assert torch.equal(right.model(x), nn.Sequential(right.model[0], Lambda(lambda x: x.relu()))(x))


def test_sequential_takes_modules(raises):
    """nn.Sequential raises for a function, and torch.nn has no Lambda."""
    with raises(TypeError, "is not a Module subclass"):
        nn.Sequential(torch.sin)
    assert not hasattr(nn, "Lambda")


def test_shapes():
    """Unflatten turns (N, 784) into (N, 1, 28, 28), Flatten turns it back, and Identity returns its input."""
    x = torch.arange(2 * 784.0).view(2, 784)
    image = nn.Unflatten(1, (1, 28, 28))(x)
    assert torch.equal(image, x.view(2, 1, 28, 28))
    assert torch.equal(nn.Flatten()(image), x)
    assert nn.Identity()(x) is x


def test_a_lambda_cannot_be_sent_to_a_process(raises):
    """The pickler of multiprocessing raises for a model with a lambda, and takes one with nn.Flatten."""
    from multiprocessing.reduction import ForkingPickler

    with raises((AttributeError, pickle.PicklingError), "pickle"):
        ForkingPickler.dumps(nn.Sequential(Lambda(lambda x: x)))
    assert len(ForkingPickler.dumps(nn.Sequential(nn.Flatten()))) > 0


def test_modules_show_their_arguments_and_pickle():
    """Flatten and Unflatten show their arguments when printed and can be pickled."""
    for layer in nn.Flatten(2), nn.Unflatten(1, (1, 28, 28)):
        assert repr(pickle.loads(pickle.dumps(layer))) == repr(layer)
    assert repr(nn.Unflatten(1, (1, 28, 28))) == "Unflatten(dim=1, unflattened_size=(1, 28, 28))"
    assert repr(Lambda(torch.sin)) == "Lambda()"


def test_a_layer_inside_the_function_is_hidden():
    """A layer used inside the function is not among the parameters; passed as the function itself, it is."""
    layer = nn.Linear(3, 2)
    assert list(Lambda(lambda x: layer(x)).parameters()) == []
    assert len(list(Lambda(layer).parameters())) == 2


def test_minus_one_can_change_the_batch(raises):
    """view(-1, 1, 28, 28) turns (4, 1568) into 8 images, and Unflatten raises."""
    x = torch.ones(4, 1568)
    assert x.view(-1, 1, 28, 28).shape == (8, 1, 28, 28)
    with raises(RuntimeError, "don't multiply up to the size of dim 1 (1568)"):
        nn.Unflatten(1, (1, 28, 28))(x)


def test_local_functions(raises):
    """pickle takes functools.partial of a torch function, but no lambda, no local function, and no F.max_pool2d."""

    def local(x):
        return x

    pool = functools.partial(nn.functional.max_pool2d, kernel_size=2)
    assert len(pickle.dumps(nn.MaxPool2d(2))) > 0
    for fn in local, lambda x: x, pool:
        with raises((AttributeError, pickle.PicklingError), "pickle"):
            pickle.dumps(fn)
    again = pickle.loads(pickle.dumps(functools.partial(torch.squeeze, dim=1)))
    assert again(torch.ones(3, 1)).shape == (3,)
