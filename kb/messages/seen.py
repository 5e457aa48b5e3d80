"""What a watched program saw on the line that failed: the tensors and modules named there, without values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from kb.messages.frames import Frame


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
    layer: Thing | None = None
    """The torch module that was at work below this line, if there was one."""
    message: str = ""
    """The beginning of what the exception said."""

    @property
    def facts(self) -> list[str]:
        """What to know about the line: `x (2, 128) float32 cpu`, `self.fc.weight (10, 64)`."""
        layer = self.layer
        tensors = [one for one in self.things if one.shape is not None or one.type == "None"]
        told = [str(one) for one in tensors]
        known = {one.shape for one in tensors}
        inputs = layer.inputs if layer else ()
        told += [f"{layer.name} {layer.type}: {one}" for one in inputs if layer and one.shape not in known]
        usual = {(one.dtype, one.device) for one in inputs or tensors if one.dtype and one.device}
        parameters = (one for module in modules(self) for one in module.parameters)
        told += [_parameter(one, usual) for one in parameters if not one.name.endswith("bias")]
        return list(dict.fromkeys(told))


def nearest(frames: Iterable[Seen], frame: Frame | None, message: str) -> Seen | None:
    """What was seen on the line of a traceback; without such a line, the last line of a recorded exception
    that said this message. Of several ranks, the first one to say it."""
    same = [one for one in frames if one.message and message.startswith(one.message[: len(message)])]
    if frame is None:
        return same[-1] if same else None
    there = [one for one in [*same, *frames] if (one.path, one.line) == (frame.path, frame.line)]
    return there[0] if there else None


def shape_of(thing: Thing) -> str:
    """`(2, 128)`, as Python writes it; empty if there is none."""
    return "" if thing.shape is None else str(tuple(thing.shape))


def _parameter(thing: Thing, usual: set[tuple[str, str]]) -> str:
    """Name and shape, and what differs from the tensors on the line."""
    return f"{thing.name} {shape_of(thing)}" if usual == {(thing.dtype, thing.device)} else str(thing)


def modules(seen: Seen) -> Iterator[Thing]:
    """The module that was at work, and those that the line names, without those that it is a part of."""
    if seen.layer:
        yield seen.layer
    inner = seen.layer.name if seen.layer else ""
    for one in seen.things:
        if one.parameters and inner != one.name and not inner.startswith((one.name + ".", one.name + "[")):
            yield one
