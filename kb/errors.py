"""What can go wrong, as one small family. Each message ends in the next thing to type.

KbError
├── UnknownEntry      no entry of that name
├── UnknownSnippet    the entry has no snippet of that name
├── BadName           an id or a category that a new entry cannot have
├── BadValue          a parameter that a snippet does not have, or a value that does not fit it
├── BadQuery          nothing in the query can be searched for
├── BadFile           a file or folder cannot be read or written
│   └── FileExists    a file is there already, and nobody said that it may be replaced
├── BadSetting        a config value or an environment variable makes no sense
├── MissingExtra      a command needs packages of an extra that is not installed
└── Untrusted         a snippet from outside the built-in entries was not yet agreed to
"""

from __future__ import annotations


class KbError(Exception):
    """Anything ptnote can say in one line; catch this one to catch them all."""


class UnknownEntry(KbError):
    """No entry of that name; `suggestions` holds the ids that look like it."""

    def __init__(self, name: str, suggestions: tuple[str, ...] = ()) -> None:
        self.name, self.suggestions = name, suggestions
        if suggestions:
            advice = f"did you mean: {', '.join(suggestions)}?"
        else:
            advice = f"try: ptnote search {name}"
        super().__init__(f"no entry '{name}'; {advice}")


class UnknownSnippet(KbError):
    """The entry exists, the snippet does not."""

    def __init__(self, entry: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"entry '{entry}' has no snippet '{name}'; it has: {', '.join(known)}")


class BadName(KbError):
    """An id or a category that a new entry cannot have."""


class BadValue(KbError):
    """A parameter that a snippet does not have, or a value that does not fit it."""


class BadQuery(KbError):
    """Nothing in the query can be searched for."""


class BadFile(KbError):
    """A file or folder cannot be read or written."""


class FileExists(BadFile):
    """A file is there already, and nobody said that it may be replaced."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} exists already; add --force to replace it")


class BadSetting(KbError):
    """A config value or an environment variable makes no sense."""


class MissingExtra(KbError):
    """A command needs packages of an extra that is not installed."""

    def __init__(self, command: str, extra: str) -> None:
        super().__init__(f"{command} needs more packages; install: pip install 'ptnote-pytorch[{extra}]'")


class Untrusted(KbError):
    """A snippet from outside the built-in entries was not yet agreed to.

    `path` is the file and the line where the code begins, as `file:line`; `code` is what would run, and
    `command` runs it.
    """

    def __init__(self, entry: str, path: str, code: str, command: str = "") -> None:
        self.path, self.code = path, code
        command = command or f"ptnote run {entry} --yes"
        super().__init__(f"{path}: this code is not part of ptnote; read it, then: {command}")
