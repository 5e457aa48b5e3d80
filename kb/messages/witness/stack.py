"""The lines that an exception went through, and what stood there."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from .libraries import is_library
from .names import things_on
from .things import Plain, is_module, is_tensor, modules_in, parameters_of, tensor

FRAMES = 3
"""Frames of the program's own code that are described, those nearest to the exception."""

THINGS = 12
"""Names on one line that are described."""

MESSAGE = 200
"""Characters of a message by which its record is known again."""


def describe(error: BaseException) -> Plain:
    """What stood on the lines that an exception went through, in plain values.

    `frames` holds the program's own lines, outermost first: `path`, `line`, `things`, and `layer`: for the
    last of them the torch module that was at work when the exception was raised, with its input.
    """
    stack = list(_stack(error.__traceback__))
    own = [at for at, (frame, _) in enumerate(stack) if not is_library(frame.f_code.co_filename)]
    frames = []
    for at in own[-FRAMES:]:
        frame, line = stack[at]
        things = list(things_on(frame, line))
        layer = _layer(frame, [below for below, _ in stack[at:]]) if at == own[-1] else None
        path = frame.f_code.co_filename
        frames.append({"path": path, "line": line, "things": things[:THINGS], "layer": layer})
    return {"type": type(error).__name__, "message": str(error)[:MESSAGE], "frames": frames}


def _stack(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _layer(own: FrameType, below: list[FrameType]) -> Plain | None:
    """The torch module that was at work in the deepest of these frames, with what it was given."""
    for frame in reversed(below[1:]):
        code, values = frame.f_code, frame.f_locals
        module = values.get("self")
        forward = is_library(code.co_filename) and code.co_name.lstrip("_").startswith("forward")
        if forward and is_module(module):
            kind = type(module).__name__
            name = _name_of(module, own) or kind
            given = code.co_varnames[1 : code.co_argcount]
            inputs = [tensor(each, values[each]) for each in given if is_tensor(values.get(each))]
            return {"name": name, "type": kind, "parameters": parameters_of(name, module), "inputs": inputs}
    return None


def _name_of(module: Any, own: FrameType) -> str:
    """How the program's own line would name a module: `self.fc`, `model[2]`."""
    for name, value in list(own.f_locals.items()) + list(own.f_globals.items()):
        if is_module(value):
            for path, inner in modules_in(name, value):
                if inner is module:
                    return path
    return ""
