"""The line that mends an error, in the names and numbers of the program that failed.

Each rule knows one message of torch, and takes from what was seen on the line the module and the tensors that
the message is about. A rule that does not find them says nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from kb.messages.seen import Seen, Thing, modules

Rule = Callable[[re.Match[str], Seen], str]


def fix(message: str, seen: Seen) -> str:
    """The mended line, for example `self.fc = nn.Linear(128, 10)  # in_features was 64`; empty if unknown."""
    for pattern, rule in _RULES:
        found = pattern.search(message)
        if found:
            return rule(found, seen)
    return ""


def _linear(found: re.Match[str], seen: Seen) -> str:
    _, columns, wanted, out = (int(one) for one in found.groups())
    for one in (seen.layer.inputs if seen.layer else ()) or _tensors(seen):
        name = _name(one, seen)
        if name and one.shape and len(one.shape) > 2 and math.prod(one.shape[1:]) == wanted:
            return f"{name} = {name}.flatten(1)  # {one.shape} to {(one.shape[0], wanted)}"
    for weight in _weights(seen):
        if weight.shape == (out, wanted):
            module = weight.name.removesuffix(".weight")
            return f"{module} = nn.Linear({columns}, {out})  # in_features was {wanted}"
    for one in _tensors(seen):
        if one.shape == (wanted, out) and columns == out:
            return f"{one.name} = {one.name}.T  # {one.shape} to {one.shape[::-1]}"
    return ""


def _channels(found: re.Match[str], seen: Seen) -> str:
    wanted, given = int(found["wanted"]), int(found["given"])
    layer = seen.layer
    if layer is None or "Conv" not in layer.type:
        return ""
    last = next((one for one in layer.inputs if one.shape and len(one.shape) == 4), None)
    if last and last.shape and last.shape[-1] == wanted and (name := _name(last, seen)):
        return f"{name} = {name}.permute(0, 3, 1, 2)  # (N, H, W, C) to (N, C, H, W)"
    weight = next((one for one in layer.parameters if one.shape and len(one.shape) > 2), None)
    if weight is None or weight.shape is None or "Transpose" in layer.type or weight.shape[1] != wanted:
        return ""
    kernel = weight.shape[2:]
    size = kernel[0] if len(set(kernel)) == 1 else kernel
    return (
        f"{layer.name} = nn.{layer.type}({given}, {weight.shape[0]}, {size}, …)  # in_channels was {wanted}"
    )


def _features(found: re.Match[str], seen: Seen) -> str:
    layer = seen.layer
    if layer is None or "BatchNorm" not in layer.type:
        return ""
    return f"{layer.name} = nn.{layer.type}({found[1]})  # num_features was {found[2]}"


def _normalized(found: re.Match[str], seen: Seen) -> str:
    layer = seen.layer
    if layer is None or layer.type not in ("LayerNorm", "RMSNorm"):
        return ""
    size = found["size"].split(",")[-1].strip()
    return f"{layer.name} = nn.{layer.type}({size})  # normalized_shape was {found['wanted']}"


def _recurrent(found: re.Match[str], seen: Seen) -> str:
    layer = seen.layer
    if layer is None or layer.type not in ("RNN", "LSTM", "GRU"):
        return ""
    return f"{layer.name} = nn.{layer.type}({found[2]}, …)  # input_size was {found[1]}"


def _device(_: re.Match[str], seen: Seen) -> str:
    there = {one.device for one in [*_tensors(seen), *_parameters(seen)]} - {"", "cpu", "meta"}
    if len(there) != 1:
        return ""
    device = there.pop()
    for module in modules(seen):
        if all(one.device == "cpu" for one in module.parameters):
            return f'{module.name}.to("{device}")'
    for one in _tensors(seen):
        if one.device == "cpu" and one.length is None and one.shape != ():
            return f'{one.name} = {one.name}.to("{device}")'
    return ""


def _dtype(_: re.Match[str], seen: Seen) -> str:
    wanted = {one.dtype for one in _parameters(seen)}
    if len(wanted) != 1:
        return ""
    dtype = wanted.pop()
    for one in seen.layer.inputs if seen.layer else ():
        if one.dtype != dtype and (name := _name(one, seen)):
            return f"{name} = {name}.to(torch.{dtype})  # was {one.dtype}"
    return ""


def _tensors(seen: Seen) -> list[Thing]:
    return [one for one in seen.things if one.shape is not None and one.type in ("tensor", "Parameter")]


def _parameters(seen: Seen) -> list[Thing]:
    return [one for module in modules(seen) for one in module.parameters]


def _weights(seen: Seen) -> list[Thing]:
    return [one for one in _parameters(seen) if one.name.endswith(".weight")]


def _name(given: Thing, seen: Seen) -> str:
    """What the line calls the tensor that a module was given; empty if it has no name there."""
    alike = [
        one
        for one in _tensors(seen)
        if (one.shape, one.dtype, one.device) == (given.shape, given.dtype, given.device)
    ]
    return alike[0].name if len(alike) == 1 else ""


_MESSAGES: dict[str, Rule] = {
    r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)": _linear,
    r"expected input\[.*?\] to have (?P<wanted>\d+) channels, but got (?P<given>\d+)": _channels,
    r"running_mean should contain (\d+) elements not (\d+)": _features,
    r"normalized_shape=\[(?P<wanted>\d+)\], .* got input of size\s?\[(?P<size>[\d, ]+)\]": _normalized,
    r"input\.size\(-1\) must be equal to input_size\. Expected (\d+), got (\d+)": _recurrent,
    r"Expected all tensors to be on the same device": _device,
    r"is not on the expected device|are not at the same device": _device,
    r"must have the same dtype|to have the same dtype|expected scalar type": _dtype,
    r"[Ii]nput type \(.*\) and (?:bias|weight) type \(.*\) should be the same": _dtype,
}
"""Messages that do not say which tensor or module of the program they are about; the first match counts."""

_RULES = [(re.compile(pattern), rule) for pattern, rule in _MESSAGES.items()]
