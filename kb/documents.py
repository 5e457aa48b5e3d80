"""What commands with `--json` print, and tools for agents answer: documents of plain keys, which
docs/json.md lists. A key may be added, but none is removed without a new `SCHEMA`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from kb.text.controls import escaped_json

if TYPE_CHECKING:
    from kb.content.entry import Entry
    from kb.library import Library
    from kb.run.result import Result
    from kb.search.results import Found, Hit
    from kb.why import Diagnosis

SCHEMA = 1
"""Version of these documents."""

Document = dict[str, Any]

PROOF_KEYS = ("name", "says", "needs", "line")
"""What is told of a proof."""


def json_document(content: Document, indent: int = 2) -> str:
    """A document as JSON without control characters; a negative indent makes one line of it."""
    whole = {"schema": SCHEMA, **content}
    try:
        made = msgspec.json.encode(whole).decode()
    except UnicodeEncodeError:  # a word or a path that is not UTF-8
        made = escaped_json(json.dumps(msgspec.to_builtins(whole, str_keys=True), ensure_ascii=False))
    return escaped_json(msgspec.json.format(made, indent=indent))


def found_document(query: str, found: Found) -> Document:
    """What a search has found."""
    hits = [_hit(hit) for hit in found]
    return {"query": query, "hits": hits, "corrected": found.corrections, "suggestions": found.suggestions}


def _hit(hit: Hit) -> Document:
    explanation = hit.explanation
    reasons = {
        "counted": explanation.contributions,
        "coverage": explanation.coverage,
        "name": explanation.name,
        "fit": explanation.likeness,
        "wording": explanation.wording,
        "gained": explanation.gained,
        "raised": explanation.raised,
    }
    fields = {name: getattr(hit, name) for name in hit.__struct_fields__ if name != "explanation"}
    return {**fields, "reasons": reasons}


def entry_document(library: Library, entry: Entry) -> Document:
    """An entry of a library."""
    from kb.content.entry import Content

    content = {name: getattr(entry, name) for name in Content.__struct_fields__}
    hidden = library.hidden_by(entry.id)
    place = {"path": entry.path, "layer": entry.layer, "hides": hidden.path if hidden else None}
    proofs = [{key: getattr(proof, key) for key in PROOF_KEYS} for proof in entry.proofs]
    names = {"id": entry.id, "category": entry.category}
    return {**names, **place, **content, "asked": entry.asked, "proofs": proofs}


def diagnosis_document(diagnosis: Diagnosis | None) -> Document:
    """What an error means."""
    return {"diagnosis": diagnosis.as_dict() if diagnosis else None}


def result_document(result: Result) -> Document:
    """What came of running a snippet."""
    return {name: getattr(result, name) for name in result.__struct_fields__}
