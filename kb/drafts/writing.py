"""Drafts as entry files: YAML that a person goes on with, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kb import paths
from kb.content.parse import parse
from kb.content.source import FILE_LIMIT
from kb.errors import BadFile

WRITTEN, REPLACED, UNCHANGED, KEPT, TOO_LARGE = "written", "replaced", "unchanged", "kept", "too_large"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, whatever blanks and tabs they have."""

    def analyze_scalar(self, scalar: str) -> Any:
        """What PyYAML decides the style of a text by; it would quote tabs and blanks at the end of a line."""
        tidy = "\n".join(map(str.rstrip, scalar.expandtabs(4).split("\n"))) if "\n" in scalar else scalar
        analysis = super().analyze_scalar(tidy)
        analysis.scalar = scalar
        return analysis

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Lists stand two columns in, as in the template."""
        super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def yaml_of(content: dict[str, Any]) -> bytes:
    """The bytes of an entry file with this content."""
    laid_out = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100, indent=2)
    try:
        same = yaml.safe_load(laid_out) == content
    except yaml.YAMLError:
        same = False
    if not same:  # a text that no block can hold as it is
        laid_out = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
    return laid_out.encode()


def write_draft(path: Path, content: bytes, force: bool) -> str:
    """Put a draft in place, and say what came of it. Raises BadFile if it cannot be written."""
    if len(content) > FILE_LIMIT:
        return TOO_LARGE
    _, problems = parse(path, content, "extra")
    if problems:
        first = problems[0]
        raise BadFile(f"{path}:{first.line}: the draft could not be read again: {first.message}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        paths.remove_scraps(path.parent)
        try:
            paths.create(path, content)
            return WRITTEN
        except FileExistsError:
            pass
        if path.is_file() and path.read_bytes() == content:
            return UNCHANGED
        if not force:
            return KEPT
        paths.atomic_write(path.resolve(), content, lasting=True)
        return REPLACED
    except OSError as error:
        reason = f"cannot write {error.filename or path}: {error.strerror}"
        raise BadFile(f"{reason}; write elsewhere with -o FOLDER") from error
