"""A value in plain words: what kind of thing it is, its shape, dtype and device, but not what is in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

PARAMETERS = 4
"""Parameters of one module that are described."""

MODULES = 10_000
"""Modules of a model among which the one that failed is looked for."""

Plain = dict[str, Any]


def _torch(name: str) -> Any:
    """A class of torch, if the program has imported it."""
    if name == "Module":
        return getattr(sys.modules.get("torch.nn"), name, ())
    return getattr(sys.modules.get("torch"), name, ())


def is_module(value: Any) -> bool:
    return isinstance(value, _torch("Module"))


def is_tensor(value: Any) -> bool:
    return isinstance(value, _torch("Tensor"))


def described(name: str, value: Any) -> Iterator[Plain]:
    """One item for a tensor, an array, a None or a collection of tensors; for a module its parameters."""
    kind = type(value).__name__
    if is_tensor(value):
        yield tensor(name, value)
    elif is_module(value):
        yield {"name": name, "type": kind, "parameters": parameters_of(name, value)}
    elif value is None:
        yield {"name": name, "type": "None"}
    elif type(value).__module__ == "numpy" and kind == "ndarray":
        yield {"name": name, "type": "array", "shape": list(value.shape), "dtype": str(value.dtype)}
    elif type(value) in (list, tuple, dict):
        first = next(iter(value.values() if isinstance(value, dict) else value), None)
        if is_tensor(first):
            yield {**tensor(name, first), "type": kind, "length": len(value)}


def tensor(name: str, value: Any) -> Plain:
    return {
        "name": name,
        "type": "Parameter" if type(value).__name__ == "Parameter" else "tensor",
        "shape": [int(size) for size in value.shape],
        "dtype": str(value.dtype).replace("torch.", ""),
        "device": str(value.device),
        "requires_grad": bool(value.requires_grad),
    }


def parameters_of(name: str, module: Any) -> list[Plain]:
    """The first parameters of a module and of the modules in it."""
    found: list[Plain] = []
    for path, inner in modules_in(name, module):
        for key, value in dictionary(dictionary(inner).get("_parameters")).items():
            if is_tensor(value):
                found.append(tensor(f"{path}.{key}", value))
            if len(found) == PARAMETERS:
                return found
    return found


def modules_in(name: str, module: Any) -> Iterator[tuple[str, Any]]:
    """A module and all those in it, depth first, each with its name as code writes it."""
    left = [(name, module)]
    for _ in range(MODULES):
        if not left:
            return
        path, inner = left.pop()
        yield path, inner
        children = dictionary(dictionary(inner).get("_modules")).items()
        for key, child in reversed(list(children)):
            if child is not None:
                left.append((f"{path}.{key}" if key.isidentifier() else f"{path}[{key}]", child))


def dictionary(value: Any) -> dict[str, Any]:
    """The dictionary of an object, or the object if it is one; empty if there is none."""
    if isinstance(value, dict):
        return value
    try:
        found = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
