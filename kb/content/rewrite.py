"""Write observed output back into entry files, leaving layout and comments as they are."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from kb import paths
from kb.content.parse import parse
from kb.errors import BadFile


def write_outputs(path: Path, outputs: dict[str, str]) -> bool:
    """Set the `output` of the named snippets of an entry file; True if that changed the file.

    Needs ruamel.yaml (in the `dev` extra). Raises BadFile.
    """
    try:
        from ruamel.yaml.error import YAMLError
    except ImportError as error:
        raise BadFile("--update needs ruamel.yaml: pip install 'ptnote-pytorch[dev]'") from error
    try:
        before = path.read_text(encoding="utf-8")
        after = _with_outputs(before, outputs)
        if after == before:
            return False
        content = after.encode()
        _, problems = parse(path, content, "built-in")
        if problems:  # control characters, for example: better an old output than a file that is lost
            raise BadFile(f"{path}: what a snippet printed cannot be kept in YAML; print it in another form")
        target = path.resolve()
        paths.remove_scraps(target.parent)
        paths.atomic_write(target, content, lasting=True)
    except (YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        # it was an entry when its snippets were started, and somebody has changed it since
        raise BadFile(f"cannot update {path}: it is no entry any more; try: ptnote check {path}") from error
    except OSError as error:
        raise BadFile(f"cannot update {path}: {error.strerror}; mend its permissions") from error
    return True


def _with_outputs(text: str, outputs: dict[str, str]) -> str:
    """The text of an entry file with these outputs. Raises whatever ruamel.yaml trips over, and
    KeyError or TypeError, if it is no entry."""
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import LiteralScalarString

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(**indents(text))
    entry: Any = yaml.load(text)
    for snippet in entry["snippets"]:
        output = outputs.get(snippet["name"])
        if output is None or output.rstrip() == str(snippet.get("output", "")).rstrip():
            continue
        snippet["output"] = LiteralScalarString(output.rstrip("\n") + "\n")
        _order(snippet)
    made = io.StringIO()
    yaml.dump(entry, made)
    return made.getvalue()


def _order(snippet: Any) -> None:
    """Move `output` right after `code`, where a reader looks for it."""
    keys = list(snippet)
    if keys.index("output") == keys.index("code") + 1:
        return
    output = snippet.pop("output")
    snippet.insert(list(snippet).index("code") + 1, "output", output)


def indents(text: str) -> dict[str, int]:
    """How the file indents its lists: the dash under the key, or two columns in."""
    dashed = re.search(r"^\w+:\n( *)- ", text, re.MULTILINE)  # not the Markdown list of a text
    offset = len(dashed[1]) if dashed else 2
    return {"mapping": 2, "sequence": 2 + offset, "offset": offset}
