"""Whoosh, without the parts that ptnote never uses.

Importing Whoosh's index also imports asyncio (through the package cached-property), urllib.request with ssl
and http.client (for one name in a compatibility module), and other modules of which it may need one function
some day. Together they take longer to load than a whole search takes. While Whoosh is imported, stand-ins
take their place: each name is a function that imports the real module when it is called. Afterwards they are
removed, so that `import urllib.request` anywhere else gets the real module.
"""

from __future__ import annotations

import _pickle
import functools
import io
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

try:
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:  # a Python that leaves all digests to OpenSSL
    from hashlib import md5


class _Deferred(ModuleType):
    """Stands for a module whose functions are imported when they are called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any, **options: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*arguments, **options)

        return call


_DEFERRED = (
    *("calendar", "html", "queue", "random", "shutil", "tempfile", "urllib.request"),
    "whoosh.support.levenshtein",
)
"""Modules that Whoosh imports and that hardly any search calls."""

_REPLACED: dict[str, dict[str, Any]] = {
    "cached_property": {"cached_property": functools.cached_property},
    "hashlib": {"md5": md5},  # hashlib itself loads OpenSSL
    # pickle itself is a slower copy in Python, and compiles what only that needs
    "pickle": {name: getattr(_pickle, name) for name in ("PicklingError", "dump", "dumps", "load", "loads")},
    "whoosh.analysis.intraword": {"IntraWordFilter": None},  # ptnote cuts its terms itself
    "whoosh.analysis.morph": {"StemFilter": None},  # and stems them
    "whoosh.analysis.ngrams": {},
    "whoosh.automata": {"lev": _Deferred("whoosh.automata.lev")},  # only for words that no entry knows
    "whoosh.lang.morph_en": {"variations": None},  # English word forms at query time
    "whoosh.lang.porter": {"stem": None},  # terms are stemmed with whoosh.lang.porter2
    "whoosh.legacy": {"toc_loaders": {}},  # indexes that other versions of Whoosh wrote
}


def _import_whoosh() -> None:
    """Import what `kb.search` uses of Whoosh, with the stand-ins in place for as long as that takes."""
    if "whoosh.index" in sys.modules:
        return
    stand_ins: dict[str, ModuleType] = {name: _Deferred(name) for name in _DEFERRED}
    for name, content in _REPLACED.items():
        stand_ins[name] = ModuleType(name)
        vars(stand_ins[name]).update(content)
    placed = [name for name in stand_ins if name not in sys.modules]
    sys.modules.update({name: stand_ins[name] for name in placed})
    try:
        import whoosh.codec.whoosh3
        import whoosh.filedb.filestore
        import whoosh.index
        import whoosh.reading  # noqa: F401
    finally:
        for name in placed:
            del sys.modules[name]


_import_whoosh()

from whoosh import fields, formats  # noqa: E402
from whoosh.analysis import SpaceSeparatedTokenizer  # noqa: E402
from whoosh.codec.whoosh3 import W3Codec  # noqa: E402
from whoosh.filedb import compound, structfile  # noqa: E402
from whoosh.filedb.filestore import FileStorage, RamStorage  # noqa: E402
from whoosh.index import create_in, open_dir  # noqa: E402
from whoosh.reading import MultiReader, TermNotFound  # noqa: E402

__all__ = [
    "NO_LIMIT",
    "FileStorage",
    "MemoryStorage",
    "MultiReader",
    "TermNotFound",
    "codec",
    "create_in",
    "open_dir",
    "schema",
]


class _Numbers(formats.Existence):  # type: ignore[misc]
    """Postings that carry a number each, see `kb.search.posting`."""

    def word_values(self, value: Any, analyzer: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return ((term, 1, float(number), b"") for term, number in value)


def schema() -> Any:
    """Of each document: `term` is what is searched, `word` whole words for corrections, `names` the terms
    of each name of the entry (stored only), and `key` its id."""
    terms = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    terms.format = _Numbers()
    terms.scorable = False  # no field lengths: Whoosh does not rank here
    words = fields.KEYWORD(scorable=False)
    key = fields.ID(unique=True, stored=True)
    return fields.Schema(key=key, term=terms, word=words, names=fields.STORED)


class _Window(io.RawIOBase):
    """A part of a mapped file as a file to read from."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        part = self.buffer[self.position : self.position + len(target)]
        target[: len(part)] = part
        self.position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = (0, self.position, len(self.buffer))[whence] + offset
        return self.position


class _MappedFile(structfile.BufferFile):  # type: ignore[misc]
    """A part of a mapped file. Whoosh would copy all of it when it opens it, which takes longer than reading
    the little that a search needs."""

    def __init__(self, buf: memoryview, name: str | None = None, onclose: Any = None) -> None:
        structfile.StructFile.__init__(self, _Window(buf), name, onclose)
        self.is_real = False  # it has no descriptor of its own
        self._buf = buf


compound.BufferFile = _MappedFile


class _Codec(W3Codec):  # type: ignore[misc]
    """Asks for no lengths of fields, because none has any. Whoosh would look for them on disk, once for every
    posting, which takes a third of the time of writing an index."""

    length_stats = False


def codec() -> Any:
    """How an index with this schema is written."""
    return _Codec()


class MemoryStorage(RamStorage):  # type: ignore[misc]
    """An index in memory, written once. Whoosh would write its scratch files into the temporary folder,
    under a name that everybody knows; here they stay in memory as well. Its writer must not spill postings
    into files, which a limit of `NO_LIMIT` sees to."""

    def temp_storage(self, name: str | None = None) -> Any:  # noqa: ARG002
        return RamStorage()


NO_LIMIT = 1 << 20
"""Megabytes of postings that a writer keeps in memory: all there are."""
