"""`ptnote doctor`."""

from __future__ import annotations

import sys

import click

from kb import doctor as doctoring
from kb.doctor import Report
from pycli.options import json_option, open_library, screen_options
from pycli.terminal.output import Screen


@click.command("doctor")
@click.option("--python", help="Another interpreter to look at.")
@json_option
@screen_options
def command(python: str | None, as_json: bool, screen: Screen) -> int:
    """Show versions, devices, optional packages, entry folders, and the search index."""
    report = doctoring.examine(open_library(screen), python or screen.config.python or sys.executable)
    if as_json:
        screen.json(**{name: getattr(report, name) for name in report.__struct_fields__})
    else:
        screen.write("".join(f"{name:14}{text}\n" for name, text in _rows(report)))
    return 0 if report.machine.torch else 1


def _rows(report: Report) -> list[tuple[str, str]]:
    machine = report.machine
    rows = [("system", report.system), ("python", report.python)]
    rows += [("", f"{name} {version or 'missing'}") for name, version in report.versions.items()]
    rows.append(("torch", machine.torch or f"missing: {machine.problem}; pip install torch"))
    if machine.torch:
        rows.append(("", f"CUDA {machine.cuda or 'not built in'}, cuDNN {machine.cudnn or 'none'}"))
        rows.append(("", f"numpy {machine.numpy or 'missing: pip install numpy'}"))
    for i, device in enumerate(machine.devices):
        memory = f", {device.memory / 2**30:.1f} GiB" if device.memory else ""
        rows.append(("" if i else "devices", f"{device.kind}: {device.name}{memory}"))
    for i, package in enumerate(report.packages):
        state = package.version or f"missing: pip install {package.name}"
        rows.append(("" if i else "packages", f"{package.name} {state} (for {', '.join(package.entries)})"))
    for i, layer in enumerate(report.layers):
        faults = f", {layer.problems} problems: ptnote check" if layer.problems else ""
        rows.append(("" if i else "entries", f"{layer.layer}: {layer.entries} in {layer.path}{faults}"))
    rows.append(("index", f"{report.index_state}: {report.index_path}"))
    return rows
