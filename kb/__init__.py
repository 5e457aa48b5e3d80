"""ptnote as a library: find entries, explain errors, run snippets, check entry files.

    from kb import Library

    library = Library.load()
    for hit in library.search("混合精度"):
        print(hit.id, hit.title.zh)
    print(library.run("one-hot").stdout)

Importing `kb` imports nothing else: each name below is fetched when it is first asked for, because
a command that shows an entry has no use for what runs one. Nothing here imports torch, click or rich
into this process, prints, or exits.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb.agents.serving import serve as serve
    from kb.content.entry import LANGUAGES as LANGUAGES
    from kb.content.entry import Content as Content
    from kb.content.entry import Entry as Entry
    from kb.content.entry import Head as Head
    from kb.content.entry import Language as Language
    from kb.content.entry import Myth as Myth
    from kb.content.entry import Parameter as Parameter
    from kb.content.entry import Pitfall as Pitfall
    from kb.content.entry import Proof as Proof
    from kb.content.entry import Snippet as Snippet
    from kb.content.entry import Text as Text
    from kb.content.inventory import Erratum as Erratum
    from kb.content.parameters import Value as Value
    from kb.content.parameters import parameters_of as parameters_of
    from kb.content.problem import Problem as Problem
    from kb.content.problem import Severity as Severity
    from kb.content.variants import Variant as Variant
    from kb.content.variants import variants as variants
    from kb.doctor import Report as Report
    from kb.doctor import examine as examine
    from kb.documents import diagnosis_document as diagnosis_document
    from kb.documents import entry_document as entry_document
    from kb.documents import found_document as found_document
    from kb.documents import json_document as json_document
    from kb.documents import result_document as result_document
    from kb.drafts.importing import import_notes as import_notes
    from kb.drafts.report import BlockReport as BlockReport
    from kb.drafts.report import Draft as Draft
    from kb.drafts.report import ImportReport as ImportReport
    from kb.drafts.report import NoteReport as NoteReport
    from kb.drafts.report import Verdict as Verdict
    from kb.errors import KbError as KbError
    from kb.library import Library as Library
    from kb.messages.recording import Recording as Recording
    from kb.messages.recording import frames_of as frames_of
    from kb.messages.seen import Seen as Seen
    from kb.messages.seen import Thing as Thing
    from kb.own.editing import Editing as Editing
    from kb.own.editing import editing as editing
    from kb.own.kept import keep_snippet as keep_snippet
    from kb.own.sources import Added as Added
    from kb.own.sources import add_source as add_source
    from kb.own.sources import added_sources as added_sources
    from kb.own.sources import remove_source as remove_source
    from kb.own.sources import update_source as update_source
    from kb.run.junit import write_junit as write_junit
    from kb.run.result import Cause as Cause
    from kb.run.result import Outcome as Outcome
    from kb.run.result import Proved as Proved
    from kb.run.result import Result as Result
    from kb.run.runner import Runner as Runner
    from kb.run.saved import clashing_files as clashing_files
    from kb.run.saved import save_files as save_files
    from kb.run.settings import Settings as Settings
    from kb.scratch import throwaway as throwaway
    from kb.search.query import Query as Query
    from kb.search.results import Found as Found
    from kb.search.results import Hit as Hit
    from kb.sheet.write import Written as Written
    from kb.sheet.write import write_export as write_export
    from kb.sheet.write import write_sheet as write_sheet
    from kb.text.controls import escaped_json as escaped_json
    from kb.text.controls import visible as visible
    from kb.text.paragraphs import paragraphs as paragraphs
    from kb.trial import Trial as Trial
    from kb.trial import trials as trials
    from kb.why import Diagnosis as Diagnosis

_HOME = {
    "Added": "kb.own.sources",
    "BlockReport": "kb.drafts.report",
    "Cause": "kb.run.result",
    "Content": "kb.content.entry",
    "Diagnosis": "kb.why",
    "Draft": "kb.drafts.report",
    "Editing": "kb.own.editing",
    "Entry": "kb.content.entry",
    "Erratum": "kb.content.inventory",
    "Found": "kb.search.results",
    "Head": "kb.content.entry",
    "Hit": "kb.search.results",
    "ImportReport": "kb.drafts.report",
    "KbError": "kb.errors",
    "LANGUAGES": "kb.content.entry",
    "Language": "kb.content.entry",
    "Library": "kb.library",
    "Myth": "kb.content.entry",
    "NoteReport": "kb.drafts.report",
    "Outcome": "kb.run.result",
    "Parameter": "kb.content.entry",
    "Pitfall": "kb.content.entry",
    "Problem": "kb.content.problem",
    "Proof": "kb.content.entry",
    "Proved": "kb.run.result",
    "Query": "kb.search.query",
    "Recording": "kb.messages.recording",
    "Report": "kb.doctor",
    "Result": "kb.run.result",
    "Runner": "kb.run.runner",
    "Seen": "kb.messages.seen",
    "Settings": "kb.run.settings",
    "Severity": "kb.content.problem",
    "Snippet": "kb.content.entry",
    "Text": "kb.content.entry",
    "Thing": "kb.messages.seen",
    "Trial": "kb.trial",
    "Value": "kb.content.parameters",
    "Variant": "kb.content.variants",
    "Verdict": "kb.drafts.report",
    "Written": "kb.sheet.write",
    "add_source": "kb.own.sources",
    "added_sources": "kb.own.sources",
    "clashing_files": "kb.run.saved",
    "diagnosis_document": "kb.documents",
    "editing": "kb.own.editing",
    "entry_document": "kb.documents",
    "escaped_json": "kb.text.controls",
    "examine": "kb.doctor",
    "found_document": "kb.documents",
    "frames_of": "kb.messages.recording",
    "import_notes": "kb.drafts.importing",
    "json_document": "kb.documents",
    "keep_snippet": "kb.own.kept",
    "paragraphs": "kb.text.paragraphs",
    "parameters_of": "kb.content.parameters",
    "remove_source": "kb.own.sources",
    "result_document": "kb.documents",
    "save_files": "kb.run.saved",
    "serve": "kb.agents.serving",
    "throwaway": "kb.scratch",
    "trials": "kb.trial",
    "update_source": "kb.own.sources",
    "variants": "kb.content.variants",
    "visible": "kb.text.controls",
    "write_export": "kb.sheet.write",
    "write_junit": "kb.run.junit",
    "write_sheet": "kb.sheet.write",
}
"""Where each public name comes from."""

__version__ = "0.1.0"

__all__ = [*_HOME, "__version__"]  # noqa: PLE0604 - a test compares it with the imports above


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module, once."""
    if name not in _HOME:
        raise AttributeError(f"module 'kb' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
