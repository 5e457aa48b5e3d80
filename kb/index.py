"""The search index: a Whoosh index in the user's cache folder that keeps itself right.

It is built beside its place and renamed into it, so a kill half-way leaves nothing behind that is
read; later changes are Whoosh commits, which are atomic as well. A damaged index is thrown away
and built once more; where the folder cannot be written, the index lives in memory. What went
another way than planned is told in `fallbacks`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import whoosh
import whoosh.index
from whoosh import fields
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import RamStorage

from kb import analyze, paths
from kb.model import Entry
from kb.names import normalize

if TYPE_CHECKING:
    from kb.load import Library

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all) while an index is built."""

WEIGHTS = {  # heaviest first: evidence is told in this order
    "id": 6.0,
    "alias": 5.0,
    "title": 5.0,
    "api": 3.0,
    "tag": 3.0,
    "summary": 2.0,
    "errors": 1.5,
    "explain": 1.0,
    "code": 0.5,
}
"""How much a match in each field counts: names say what an entry is about, prose mentions."""


class Index:
    """An index over one library, ready to be searched."""

    def __init__(self, storage: Any, fallbacks: list[str]) -> None:
        self.storage = storage
        self.fallbacks = fallbacks

    @classmethod
    def open(cls, library: Library, progress: Progress | None = None) -> Index:
        """The index of `library`, built or brought up to date if need be."""
        fallbacks: list[str] = []
        try:
            place = _place(library)
        except OSError as error:
            fallbacks.append(f"searching in memory, the cache folder cannot be used: {error}")
            return cls(_in_memory(library, progress), fallbacks)
        try:
            return cls(_current(place, library, progress), fallbacks)
        except OSError as error:
            fallbacks.append(f"searching in memory, the index cannot be written: {error}")
            return cls(_in_memory(library, progress), fallbacks)
        except Exception as error:  # noqa: BLE001 - Whoosh answers damage with whatever it trips over
            fallbacks.append(f"the search index was damaged ({type(error).__name__}) and is built anew")
        shutil.rmtree(place, ignore_errors=True)
        try:
            return cls(_current(place, library, progress), fallbacks)
        except Exception as error:  # noqa: BLE001
            fallbacks.append(f"searching in memory, the index cannot be rebuilt: {error}")
            return cls(_in_memory(library, progress), fallbacks)

    def searcher(self) -> Any:
        """A Whoosh searcher; close it, or use it in a `with`."""
        return self.storage.searcher()


def state(library: Library) -> tuple[Path, str]:
    """Where the library's index lies and how it is: ready, stale or missing. Builds nothing."""
    place = paths.cache_dir() / _name(library)
    if not place.is_dir():
        return place, "missing"
    return place, "ready" if _stamp(place) == library.stamp else "stale"


def _name(library: Library) -> str:
    """An index serves one set of folders, one analyzer and one Whoosh."""
    parts = [str(folder.root) for folder in library.folders]
    parts += [str(analyze.VERSION), repr(sorted(WEIGHTS)), str(whoosh.__version__), sys.version[:4]]
    return f"index-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def _place(library: Library) -> Path:
    return paths.private_dir(paths.cache_dir()) / _name(library)


def _current(place: Path, library: Library, progress: Progress | None) -> Any:
    if not place.is_dir():
        _build(place, library, progress)
    index = whoosh.index.open_dir(str(place))
    if _stamp(place) != library.stamp:
        _update(index, place, library)
    index.searcher().close()  # trips over damage here, where it can still be mended
    return index


def _build(place: Path, library: Library, progress: Progress | None) -> None:
    """Build an index from nothing, beside its place; if another process was faster, use its."""
    scratch = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
    try:
        index = whoosh.index.create_in(str(scratch), _schema())
        _fill(index, library, progress)
        (scratch / "stamp").write_text(library.stamp)
        os.rename(scratch, place)
    except OSError:
        if not place.is_dir():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _in_memory(library: Library, progress: Progress | None) -> Any:
    index = RamStorage().create_index(_schema())
    _fill(index, library, progress)
    return index


def _fill(index: Any, library: Library, progress: Progress | None) -> None:
    writer = index.writer()
    try:
        for done, entry in enumerate(library, 1):
            writer.add_document(**_document(entry))
            if progress:
                progress(done, len(library))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _update(index: Any, place: Path, library: Library) -> None:
    """Bring the index up to date with what changed. If another process is writing, leave it to
    that one and answer from what is there: its next reader sees the rest."""
    try:
        writer = index.writer()
    except whoosh.index.LockError:
        return
    with index.searcher() as searcher:
        known = {stored["key"]: stored["digest"] for stored in searcher.documents()}
    for key in known.keys() - library.heads.keys():
        writer.delete_by_term("key", key)
    for id, head in library.heads.items():
        if known.get(id) != head.digest:
            writer.update_document(**_document(library.entry(id)))
    writer.commit()
    scratch = place / f"stamp.{os.getpid()}"
    scratch.write_text(library.stamp)
    os.replace(scratch, place / "stamp")


def _stamp(place: Path) -> str:
    try:
        return (place / "stamp").read_text()
    except OSError:
        return ""


def _schema() -> Any:
    """One field of terms for each weight; `key` finds a document, `word` holds whole words."""
    terms = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    exact = fields.KEYWORD(lowercase=True)
    return fields.Schema(
        key=fields.ID(unique=True, stored=True),
        digest=fields.STORED,
        category=exact,
        tags=exact,
        word=terms,
        **dict.fromkeys(WEIGHTS, terms),
    )


def _document(entry: Entry) -> dict[str, str]:
    texts = field_texts(entry)
    words = analyze.plain_words(" ".join(text for name, text in texts.items() if name != "code"))
    return {
        "key": entry.id,
        "digest": entry.digest,
        "category": entry.category,
        "tags": " ".join(map(normalize, entry.tags)),
        "word": " ".join(words),
        **{name: " ".join(analyze.text_terms(text)) for name, text in texts.items()},
    }


def field_texts(entry: Entry) -> dict[str, str]:
    """What an entry says in each weighted field."""

    def both(*texts: Any) -> str:
        return "\n".join(f"{text.en}\n{text.zh}" for text in texts)

    titles = [snippet.title for snippet in entry.snippets if snippet.title]
    corrections = "\n".join(f"{c.said}\n{c.en}\n{c.zh}" for c in entry.corrections)
    return {
        "id": entry.id,
        "alias": "\n".join(entry.aliases),
        "title": both(entry.title),
        "api": "\n".join(entry.api),
        "tag": "\n".join((*entry.tags, entry.category)),
        "summary": both(entry.summary),
        "errors": "\n".join(message.match for message in entry.messages),
        "explain": both(entry.explain, *entry.pitfalls, *titles) + corrections,
        "code": "\n".join(snippet.code for snippet in entry.snippets),
    }
