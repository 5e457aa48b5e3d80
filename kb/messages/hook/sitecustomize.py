"""Python imports this at its start in a program that `ptnote why --` watches, and in each Python that the
program starts. When an exception ends the program, or is formatted for printing, what stood on its lines is
written into the folder that PTNOTE_WITNESS names. See `witness`, which is loaded only then.

It keeps to what is loaded already, so that a program that does not fail loses no time.
"""

from __future__ import annotations

import atexit
import os
import sys

RECORDS = 20
"""Records that one process writes: a program may format exceptions that it expects, again and again."""

_HERE = os.path.dirname(os.path.abspath(__file__))
_folder = os.environ.get("PTNOTE_WITNESS", "")
_written: list[str] = []
_busy: list[bool] = []


def _record(error: BaseException | None) -> None:
    """Write what stood on the lines of an exception; whatever goes wrong here must not reach the program."""
    if _busy or len(_written) >= RECORDS or not isinstance(error, Exception) or error.__traceback__ is None:
        return
    _busy.append(True)
    try:
        _write(error)
    except BaseException:  # noqa: BLE001, S110 - see above
        pass
    finally:
        _busy.clear()


def _write(error: BaseException) -> None:
    import json
    from importlib import import_module
    from importlib.util import module_from_spec, spec_from_file_location

    folder = os.path.join(os.path.dirname(_HERE), "witness")
    spec = spec_from_file_location(
        "_ptnote_witness", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec and spec.loader
    sys.modules[spec.name] = module_from_spec(spec)
    said = json.dumps(import_module("_ptnote_witness.stack").describe(error))
    name = os.path.join(_folder, f"{os.getpid()}-{len(_written)}")
    with open(f"{name}.part", "w", encoding="utf-8") as file:
        file.write(said)
    os.rename(f"{name}.part", f"{name}.json")
    _written.append(name)


def _at_exit() -> None:
    """Record the exception that ends the program."""
    _record(getattr(sys, "last_exc", None) or getattr(sys, "last_value", None))


def _patch(traceback) -> None:  # type: ignore[no-untyped-def]
    """Have exceptions recorded when they are formatted: those of worker processes end no program."""
    before = traceback.TracebackException.__init__

    def init(self, exc_type, exc_value, *rest, **options):  # type: ignore[no-untyped-def]
        _record(exc_value)
        before(self, exc_type, exc_value, *rest, **options)

    traceback.TracebackException.__init__ = init


class _Loader:
    """The loader of `traceback`, followed by the patch."""

    def __init__(self, loader) -> None:  # type: ignore[no-untyped-def]
        self.create_module, self.loader = loader.create_module, loader

    def exec_module(self, module) -> None:  # type: ignore[no-untyped-def]
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        _patch(module)


class _Finder:
    """Finds `traceback` once. It takes long to import, so that is left to the program."""

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name != "traceback":
            return None
        sys.meta_path.remove(self)
        specs = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((one for one in specs if one is not None), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
        return spec


def _chain() -> None:
    """Import the sitecustomize module that the program would have without this one."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]
    mine = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", mine)


if _folder:
    atexit.register(_at_exit)
    if "traceback" in sys.modules:
        _patch(sys.modules["traceback"])
    else:
        sys.meta_path.insert(0, _Finder())
_chain()
