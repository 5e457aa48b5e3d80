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

import msgspec
import whoosh
import whoosh.index
from whoosh import fields, formats
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import RamStorage

from kb import paths
from kb.content.entry import Entry
from kb.search import likeness as wording
from kb.search import terms as analyze

if TYPE_CHECKING:
    from kb.content.shelf import Shelf

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all) while an index is built."""

FIELDS = ("id", "alias", "title", "asked", "api", "tag", "summary", "errors", "explain", "code")
"""What of an entry is searched. Bit i of a posting's weight tells that field i holds the term."""


NAMES = ("id", "alias", "title", "asked", "api", "tag", "summary")
"""Fields whose words corrections may offer, and whose single Chinese characters are found."""

NAMED = sum(1 << FIELDS.index(name) for name in NAMES)
"""The bits of those fields."""

CALLED = sum(1 << FIELDS.index(name) for name in ("id", "alias", "title", "api", "tag"))
"""The bits of fields that hold names and no sentences."""


class _Flags(formats.Existence):  # type: ignore[misc]
    """Postings that carry the fields in which a document holds the term, as the sum of their bits.
    One look-up of a term then tells all about it, instead of one for each field."""

    def word_values(self, value: Any, analyzer: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return ((term, 1, float(bits), b"") for term, bits in value)


class Index:
    """An index over one shelf, ready to be searched."""

    def __init__(self, searcher: Any, fallbacks: list[str]) -> None:
        self.searcher = searcher
        """Whoosh's, open for as long as the index is used; it answers as of the time of opening."""
        self.fallbacks = fallbacks

    @classmethod
    def open(cls, shelf: Shelf, progress: Progress | None = None) -> Index:
        """The index of `library`, built or brought up to date if need be."""
        fallbacks: list[str] = []
        try:
            place = _place(shelf)
        except OSError as error:
            fallbacks.append(f"searching in memory, the cache folder cannot be used: {error}")
            return cls(_in_memory(shelf, progress), fallbacks)
        try:
            return cls(_current(place, shelf, progress), fallbacks)
        except OSError as error:
            fallbacks.append(f"searching in memory, the index cannot be written: {error}")
            return cls(_in_memory(shelf, progress), fallbacks)
        except Exception as error:  # noqa: BLE001 - Whoosh answers damage with whatever it trips over
            fallbacks.append(f"the search index was damaged ({type(error).__name__}) and is built anew")
        shutil.rmtree(place, ignore_errors=True)
        try:
            return cls(_current(place, shelf, progress), fallbacks)
        except Exception as error:  # noqa: BLE001
            fallbacks.append(f"searching in memory, the index cannot be rebuilt: {error}")
            return cls(_in_memory(shelf, progress), fallbacks)


def state(shelf: Shelf) -> tuple[Path, str]:
    """Where the library's index lies and how it is: ready, stale or missing. Builds nothing."""
    place = paths.cache_dir() / _name(shelf)
    if not place.is_dir():
        return place, "missing"
    return place, "ready" if _stamp(place) == shelf.stamp else "stale"


def _name(shelf: Shelf) -> str:
    """An index serves one set of folders, one analyzer and one Whoosh."""
    parts = [str(folder.root) for folder in shelf.folders]
    parts += [str(analyze.VERSION), repr(FIELDS), str(whoosh.__version__), sys.version[:4]]
    return f"index-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"


def _place(shelf: Shelf) -> Path:
    return paths.private_dir(paths.cache_dir()) / _name(shelf)


def _current(place: Path, shelf: Shelf, progress: Progress | None) -> Any:
    if not place.is_dir():
        _build(place, shelf, progress)
    index = whoosh.index.open_dir(str(place))
    if _stamp(place) != shelf.stamp:
        _update(index, place, shelf)
    return index.searcher()  # trips over damage here, where it can still be mended


def _build(place: Path, shelf: Shelf, progress: Progress | None) -> None:
    """Build an index from nothing, beside its place; if another process was faster, use its."""
    scratch = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
    try:
        index = whoosh.index.create_in(str(scratch), _schema())
        _fill(index, shelf, progress)
        _mark(scratch, shelf)
        os.rename(scratch, place)
    except OSError:
        if not place.is_dir():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _in_memory(shelf: Shelf, progress: Progress | None) -> Any:
    index = RamStorage().create_index(_schema())
    _fill(index, shelf, progress)
    return index.searcher()


def _fill(index: Any, shelf: Shelf, progress: Progress | None) -> None:
    writer = index.writer()
    try:
        for done, entry in enumerate(shelf, 1):
            writer.add_document(**_document(entry))
            if progress:
                progress(done, len(shelf))
    except BaseException:
        writer.cancel()
        raise
    writer.commit()


def _update(index: Any, place: Path, shelf: Shelf) -> None:
    """Bring the index up to date with what changed. If another process is writing, leave it to
    that one and answer from what is there: its next reader sees the rest."""
    try:
        writer = index.writer()
    except whoosh.index.LockError:
        return
    known = _digests(place)
    for key in known.keys() - shelf.heads.keys():
        writer.delete_by_term("key", key)
    for id, head in shelf.heads.items():
        if known.get(id) != head.digest:
            writer.update_document(**_document(shelf.entry(id)))
    writer.commit()
    _mark(place, shelf)


def _mark(place: Path, shelf: Shelf) -> None:
    """Write down what the index holds: the digest of each entry and, last, the stamp of them all."""
    digests = {id: head.digest for id, head in shelf.heads.items()}
    for name, content in (("digests", msgspec.msgpack.encode(digests)), ("stamp", shelf.stamp.encode())):
        scratch = place / f"{name}.{os.getpid()}"
        scratch.write_bytes(content)
        os.replace(scratch, place / name)


def _digests(place: Path) -> dict[str, str]:
    return msgspec.msgpack.decode((place / "digests").read_bytes(), type=dict[str, str])


def _stamp(place: Path) -> str:
    try:
        return (place / "stamp").read_text()
    except OSError:
        return ""


def _schema() -> Any:
    """`term` holds what is searched, `word` whole words for corrections, `names` the terms of each
    name; `key` finds a document."""
    flags = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    flags.format = _Flags()
    flags.scorable = False  # no lengths: ranking is not Whoosh's
    words = fields.KEYWORD(scorable=False)
    key = fields.ID(unique=True, stored=True)
    return fields.Schema(key=key, term=flags, word=words, names=fields.STORED)


def _document(entry: Entry) -> dict[str, Any]:
    texts = field_texts(entry)
    bits: dict[str, int] = {}
    for position, name in enumerate(FIELDS):
        for term in analyze.text_terms(texts[name], singles=name in NAMES):
            bits[term] = bits.get(term, 0) | 1 << position
    for name in (entry.title.zh, *filter(analyze.is_chinese, entry.aliases)):
        for term in analyze.sound_terms(name):
            bits[term] = bits.get(term, 0) | 1 << FIELDS.index("alias")
    words = {word for name in NAMES for word in analyze.plain_words(texts[name])}
    words |= {sound for name in ("alias", "title", "tag") for sound in analyze.paired_sounds(texts[name])}
    return {
        "key": entry.id,
        "term": list(bits.items()),
        "word": " ".join(words),
        "names": wording.named(entry),
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
        "asked": "\n".join(entry.asked),
        "api": "\n".join(entry.api),
        "tag": "\n".join((*entry.tags, entry.category)),
        "summary": both(entry.summary),
        "errors": "\n".join(message.match for message in entry.error_patterns),
        "explain": both(entry.explain, *entry.pitfalls, *titles) + corrections,
        "code": "\n".join(snippet.code for snippet in entry.snippets),
    }
