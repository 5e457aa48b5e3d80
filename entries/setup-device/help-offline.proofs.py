"""Proofs of help-offline."""

import contextlib
import inspect
import io
import os
import pydoc

import torch
import torch.nn.functional as F
from torch import nn


def given():
    def help(thing):  # without a pager
        print(pydoc.render_doc(thing, renderer=pydoc.plaintext))

    printed = []
    return {"torch": torch, "nn": nn, "help": help, "print": printed.append, "printed": printed}


def test_answer(answer):
    """help, signature, getsource, and dir answer from the installed package."""
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        given()["help"](torch.cat)
        given()["help"](pydoc.locate("torch.nn.functional.one_hot"))
    assert "cat(tensors, dim=0, *, out=None) -> Tensor" in shown.getvalue()
    assert "one_hot(tensor, num_classes=-1) -> LongTensor" in shown.getvalue()
    signature, source, names = answer.printed
    assert str(signature).startswith("(in_features: int, out_features: int, bias: bool = True")
    assert "F.linear(input, self.weight, self.bias)" in source
    assert {"MaxPool2d", "AdaptiveAvgPool2d"} < set(names) < set(dir(nn)) - {"Linear"}


def test_default(default):
    """signature shows the defaults of a layer, which are those that the layer uses."""
    parameters = default.inspect.signature(nn.Dropout).parameters
    layer = nn.Dropout()
    assert {name: p.default for name, p in parameters.items()} == {"p": layer.p, "inplace": layer.inplace}


def test_search(search):
    """A search over the docstrings of nn finds classes whose names do not hold the word."""
    assert "MultiMarginLoss" in search.mentions("hinge", nn)
    assert not any("_" == name[0] for name in search.mentions("", torch.Tensor))


def test_python_and_cpp(raises):
    """signature and getsource work for layers, optimizers, and cross_entropy, and raise for functions in C++."""
    for thing in (nn.Linear, nn.LSTM, torch.optim.AdamW, F.cross_entropy, F.mse_loss, F.nll_loss):
        assert inspect.signature(thing).parameters and "def " in inspect.getsource(thing)
    for function in (torch.cat, torch.stack, torch.Tensor.view, F.one_hot, F.conv2d):
        with raises(ValueError, "no signature found for builtin"):
            inspect.signature(function)
        with raises(TypeError, "was expected, got"):
            inspect.getsource(function)
        assert function.__doc__.strip().startswith(function.__name__ + "(")


def test_right(right):
    """getdoc of a C++ function begins with the signature."""
    assert right.inspect.getdoc(torch.stack).startswith("stack(tensors, dim=0")


def test_build():
    """torch.__config__.show() lists the build options, and torch.__path__[0] is the folder with the Python code."""
    assert torch.__config__.show().startswith("PyTorch built with:")
    assert os.path.exists(f"{torch.__path__[0]}/nn/modules/linear.py")
    assert str(torch.__version__).split(".")[0].isdecimal()


def test_docstrings_say_what_is_deprecated():
    """The docstring of torch.cuda.amp.autocast says that it is deprecated and what replaces it."""
    text = torch.cuda.amp.autocast.__doc__
    assert "deprecated" in text and 'torch.amp.autocast("cuda"' in text


def test_headers_without_sources():
    """torch/include/ATen holds headers and no C++ sources."""
    files = [name for _, _, names in os.walk(f"{torch.__path__[0]}/include/ATen") for name in names]
    assert files.count("cat.h") == 1
    assert not [name for name in files if name.endswith((".cpp", ".cu"))]
