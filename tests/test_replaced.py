"""What is said of names that torch and NumPy have deprecated or removed is so, here and now."""

import ast
import json
import subprocess
import sys

import pytest

from kb.drafts.replaced import NAMES, aliases_of, uses_of_replaced

LOOK = """
import importlib, inspect, json, sys, warnings
warnings.simplefilter("ignore")

def look(name):
    head, *rest = name.split(".")
    found, path = importlib.import_module(head), head
    for part in rest:
        path += "." + part
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found

def state(name):
    try:
        found = look(name)
    except (ImportError, AttributeError) as error:
        return "missing"
    try:  # a function that only says that it is gone takes anything
        parameters = inspect.signature(found).parameters.values()
        found(*[None for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD])
    except RuntimeError as error:
        return "removed" if "is now removed" in str(error) else "there"
    except Exception:
        pass
    return "there"

print(json.dumps({name: state(name) for name in json.loads(sys.argv[1])}))
"""

OF_OTHERS = ("torchvision.", "torchtext.")
"""Packages that the tests do not have."""

INSTEAD = {
    "torch.symeig": "torch.linalg.eigh",
    "torch.eig": "torch.linalg.eig",
    "torch.ger": "torch.outer",
    "torch.nn.utils.clip_grad_norm": "torch.nn.utils.clip_grad_norm_",
    "torch.cuda.memory_cached": "torch.cuda.memory_reserved",
    "torch.set_deterministic": "torch.use_deterministic_algorithms",
}


@pytest.mark.needs_torch
def test_every_row_is_true_of_the_torch_that_is_installed():
    own = [name for name in NAMES if not name.startswith(OF_OTHERS)]
    rows = [row.instead for row in NAMES.values()]
    instead = [
        word
        for word in rows
        if word.startswith("torch.") and word.replace("_", ".").replace(".", "").isalnum()
    ]
    command = [sys.executable, "-c", LOOK, json.dumps([*own, *instead])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    states = json.loads(done.stdout)
    assert {name: states[name] for name in own if (states[name] == "there") == NAMES[name].gone} == {}
    assert len(instead) > 30
    assert {name for name in instead if states[name] != "there"} == set()


def uses(code: str) -> list[tuple[int, str]]:
    tree = ast.parse(code)
    return [(line, name) for line, name, _ in uses_of_replaced(tree, aliases_of(tree))]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import torch\ntorch.symeig(x)", [(2, "torch.symeig")]),
        ("import torch as t\nt.symeig(x)", [(2, "torch.symeig")]),
        ("from torch import symeig", [(1, "torch.symeig")]),
        ("from torch import symeig as s\ns(x)", [(1, "torch.symeig"), (2, "torch.symeig")]),
        ("from torch._six import string_classes", [(1, "torch._six")]),
        ("import torch.utils.ffi", [(1, "torch.utils.ffi")]),
        ("import torch.nn as nn\nnn.init.xavier_uniform(w)", [(2, "torch.nn.init.xavier_uniform")]),
        ("import torch.nn.functional as F\nF.upsample(x)", [(2, "torch.nn.functional.upsample")]),
        ("import numpy as np\nnp.int(3)", [(2, "numpy.int")]),
        ("import numpy as np\nnp.int64(3)", []),
        ("torch.symeig(x)", []),
        ("def symeig(x): pass\nsymeig(1)", []),
        ("it = iter(loader)\nit.next()", [(2, "it.next()")]),
        ("iter(loader).next()", [(1, "iter(loader).next()")]),
        ("node.next()", []),
        ("models.resnet18(pretrained=True)", [(1, "pretrained=")]),
        ("nn.MSELoss(size_average=False)", [(1, "size_average=")]),
        ("all_reduce(x, reduce=True)", []),
        ("Variable(x, volatile=True)", [(1, "volatile=")]),
    ],
)
def test_uses_are_found_with_their_lines(code, found):
    assert uses(code) == found
