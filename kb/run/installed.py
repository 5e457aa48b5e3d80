"""Which packages an interpreter has, without importing them.

    python installed.py NAME…          print the version of each as a JSON object

This module is also a program, run by interpreters that know nothing of ptnote, from Python 3.8 on, so it
imports the standard library alone.
"""

from __future__ import annotations

import sys

UNKNOWN = "unknown"
"""The version of a package that can be imported but left no record of its version."""


def version(name: str) -> str:
    """The version of a package, named as for pip; empty if it is missing.

    Where no package of this name was installed, a module of this name counts, as one does that lies in a
    folder of `PYTHONPATH`.
    """
    import importlib.metadata

    try:
        return importlib.metadata.version(name) or UNKNOWN
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN if importable(name.replace("-", "_")) else ""


def importable(module: str) -> bool:
    """Whether a top-level module can be imported; a folder without any code in it cannot be."""
    import importlib.util

    spec = importlib.util.find_spec(module) if module.isidentifier() else None
    return spec is not None and spec.origin is not None


if __name__ == "__main__":
    import json

    sys.path.pop(0)  # the modules beside this file must not be taken for packages of the same name
    sys.stdout.write(json.dumps({name: version(name) for name in sys.argv[1:]}))
