"""What a watched program saw on the line that failed: the tensors and modules named there, without values."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import Struct

from kb import paths
from kb.messages import witness
from kb.messages.frames import Frame

RECORDS = 500
"""Records that are read: those of one process, times those of many ranks."""

BYTES = 1 << 20
"""Bytes of one record that are read."""

_HOOK = paths.HERE / "messages" / "hook"
"""The folder that a watched Python finds its `sitecustomize` in."""


class Thing(Struct, frozen=True):
    """A tensor, a module, or something like it, under the name that the program gives it."""

    name: str
    type: str
    """`tensor`, `Parameter`, `array`, `None`, or the class of a module or of a collection of tensors."""
    shape: tuple[int, ...] | None = None
    """For a collection, that of its first tensor, as everything below."""
    dtype: str = ""
    device: str = ""
    requires_grad: bool = False
    length: int | None = None
    """How many a collection holds."""
    parameters: tuple[Thing, ...] = ()
    """The first parameters of a module, and of those in it."""
    inputs: tuple[Thing, ...] = ()
    """What a module that was at work was given."""

    def __str__(self) -> str:
        """`x (2, 128) float32 cpu`"""
        said = [self.name]
        if self.length is not None:
            said.append(f"{self.type} of {self.length}, first")
        elif self.type in ("None", "array"):
            said.append(self.type)
        said += [shape_of(self), self.dtype, self.device]
        if self.requires_grad and self.type == "tensor":
            said.append("requires_grad")
        return " ".join(one for one in said if one)


class Seen(Struct, frozen=True):
    """One line of the program's own code that an exception went through."""

    path: str
    line: int
    things: tuple[Thing, ...] = ()
    """What the line names, in order of appearance."""
    layers: tuple[Thing, ...] = ()
    """The torch module that was at work below this line, if there was one."""
    message: str = ""
    """The beginning of what the exception said."""

    @property
    def facts(self) -> list[str]:
        """What to know about the line: `x (2, 128) float32 cpu`, `self.fc.weight (10, 64)`."""
        layer = next(iter(self.layers), None)
        tensors = [one for one in self.things if one.shape is not None or one.type == "None"]
        told = [str(one) for one in tensors]
        known = {one.shape for one in tensors}
        inputs = layer.inputs if layer else ()
        told += [f"{layer.name} {layer.type}: {one}" for one in inputs if layer and one.shape not in known]
        usual = {(one.dtype, one.device) for one in inputs or tensors if one.dtype and one.device}
        weights = [one for module in modules(self) for one in module.parameters if _tells(one)]
        told += [_parameter(one, usual) for one in weights]
        return list(dict.fromkeys(told))


class _Record(Struct, frozen=True):
    message: str = ""
    frames: tuple[Seen, ...] = ()


class Recording:
    """A folder into which a watched program and those that it starts write what they saw, while the block
    lasts.

    with Recording() as recording:
        subprocess.run(command, env=recording.environment)
        library.why(stderr, frames=recording.frames())

    Pythons that ignore PYTHONPATH (`python -I`) or site-packages (`-S`) write nothing.
    """

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="ptnote-why-"))
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process, and what makes a Python write its records."""
        searched = [str(_HOOK), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(searched),
            "PTNOTE_WITNESS": str(self._folder),
        }

    def frames(self) -> list[Seen]:
        """What was recorded so far, the latest last; a record that cannot be read is left out."""
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        found: list[Seen] = []
        for file in files[-RECORDS:]:
            with file.open("rb") as opened:
                found += _decoded(opened.read(BYTES))
        return found


def frames_of(error: BaseException) -> list[Seen]:
    """What stood on the program's own lines that an exception went through, outermost first."""
    return _numbered(msgspec.convert(witness.describe(error), _Record))


def nearest(frames: Iterable[Seen], frame: Frame | None, message: str) -> Seen | None:
    """What was seen on the line of a traceback; without such a line, the last line of a recorded exception
    that said this message. Of several ranks, the first one to say it."""
    same = [one for one in frames if one.message and message.startswith(one.message[: len(message)])]
    if frame is None:
        return same[-1] if same else None
    there = [one for one in [*same, *frames] if (one.path, one.line) == (frame.path, frame.line)]
    return there[0] if there else None


def from_plain(frames: Iterable[Seen | Mapping[str, Any]]) -> list[Seen]:
    """Frames that came as plain values, from JSON for example. Raises msgspec.ValidationError."""
    return [one if isinstance(one, Seen) else msgspec.convert(one, Seen) for one in frames]


def shape_of(thing: Thing) -> str:
    """`(2, 128)`, as Python writes it; empty if there is none."""
    return "" if thing.shape is None else str(tuple(thing.shape))


def _decoded(record: bytes) -> list[Seen]:
    try:
        return _numbered(msgspec.json.decode(record, type=_Record))
    except msgspec.MsgspecError:
        return []


def _numbered(record: _Record) -> list[Seen]:
    return [msgspec.structs.replace(one, message=record.message) for one in record.frames]


def _tells(parameter: Thing) -> bool:
    """Whether a parameter says something that the others of its module do not."""
    return not parameter.name.endswith("bias")


def _parameter(thing: Thing, usual: set[tuple[str, str]]) -> str:
    """Name and shape, and what differs from the tensors on the line."""
    return f"{thing.name} {shape_of(thing)}" if usual == {(thing.dtype, thing.device)} else str(thing)


def modules(seen: Seen) -> Iterator[Thing]:
    """The module that was at work, and those that the line names, without those that it is a part of."""
    yield from seen.layers
    inner = [layer.name for layer in seen.layers]
    for one in seen.things:
        beginnings = (one.name, one.name + ".", one.name + "[")
        if one.parameters and not any(name == one.name or name.startswith(beginnings[1:]) for name in inner):
            yield one
