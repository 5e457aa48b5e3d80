"""`ptnote doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from kb import Report, examine
from pycli.commands.run import interpreter
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("doctor")
@click.option("--python", help="Another interpreter to look at.")
@json_option
@screen_options
def command(python: str | None, as_json: bool, screen: Screen) -> int:
    """Show versions, devices, optional packages, entry folders, and search indexes."""
    asked = interpreter(python or screen.config.python) or sys.executable
    report = examine(open_library(screen), asked)
    if as_json:
        screen.json(**{name: getattr(report, name) for name in report.__struct_fields__})
    else:
        screen.write("".join(f"{name:14}{text}\n" for name, text in _rows(report)))
    return 0 if report.machine.torch else 1


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    yield "system", report.system
    yield "ptnote", f"runs under Python {report.own_python}"
    for name, version in report.versions.items():
        yield "", f"{name} {version or 'missing'}"
    yield "python", report.python
    yield from _torch(report)
    for i, package in enumerate(report.packages):
        state = package.version or f"missing: pip install {package.name}"
        yield "" if i else "packages", f"{package.name} {state} (for {', '.join(package.entries)})"
    for i, layer in enumerate(report.layers):
        unread = "1 file" if layer.problems == 1 else f"{layer.problems} files"
        faults = f", {unread} could not be read: ptnote check" if layer.problems else ""
        yield "" if i else "entries", f"{layer.layer}: {layer.entries} in {layer.path}{faults}"
    for i, layer in enumerate(report.layers):
        place = f": {layer.index_path}" if layer.index_path else ""
        yield "" if i else "index", f"{layer.layer} {layer.index_state}{place}"


def _torch(report: Report) -> Iterator[tuple[str, str]]:
    machine = report.machine
    if not machine.torch:
        yield "torch", f"missing: {machine.problem}; pip install torch"
        return
    yield "torch", machine.torch
    yield "", f"CUDA {machine.cuda or 'not built in'}, cuDNN {machine.cudnn or 'none'}"
    yield "", f"numpy {machine.numpy or 'missing: pip install numpy'}"
    for i, device in enumerate(machine.devices):
        memory = f", {device.memory / 2**30:.1f} GiB" if device.memory else ""
        yield "" if i else "devices", f"{device.kind}: {device.name}{memory}"
