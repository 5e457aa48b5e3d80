"""One run, from the key to the last line of the output."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from kb import Cause, Result
from kb.errors import KbError, Untrusted
from pycli.browse.ask import Ask
from pycli.browse.code import CodeView
from pycli.browse.output import Output
from pycli.browse.pictures import pictures
from pycli.terminal.labels import listed
from pycli.terminal.run_line import facts

if TYPE_CHECKING:
    from PIL.Image import Image

    from pycli.browse.app import Browse


async def trial(browse: Browse, output: Output, view: CodeView) -> None:
    """Run a snippet or its changed copy, and show in `output` what it writes and how it ended."""
    await output.begin(view.called, browse.device, browse.languages)
    found: dict[str, Image | str] = {}
    told, failed, ran = browse.phrase("nothing_run"), False, False
    try:
        result = await _result(browse, output, view, found)
        if result is not None:
            told, failed, ran = _told(browse, result), result.failed, True
            view.result = result
            browse.failed = result.stderr or result.error if failed else ""
    except KbError as error:
        told, failed = browse.translated(str(error)), True
    if output.is_attached:
        await output.finish(told, failed, found, nothing=ran)


async def _result(
    browse: Browse, output: Output, view: CodeView, found: dict[str, Image | str]
) -> Result | None:
    """What comes of a run; the user agrees first, once, to code that did not come with ptnote. None without.
    What pictures it leaves is put into `found`."""
    entry, snippet, copy = view.entry, view.snippet, view.copy
    assert snippet is not None

    def left(folder: Path) -> None:
        found.update(pictures(folder))

    def run(agreed: bool) -> Result:
        return browse.runner.run(entry, snippet, code=copy, written=output.written, left=left, agreed=agreed)

    try:
        return await asyncio.to_thread(run, False)
    except Untrusted as error:
        asked = Ask(
            browse.phrase("consent"), browse.phrase("yes"), browse.phrase("no"), error.path, error.code
        )
        agreed = await browse.push_screen_wait(asked)
    return await asyncio.to_thread(run, True) if agreed else None


def _told(browse: Browse, result: Result) -> str:
    """How a run ended, in one line."""
    if result.cause is Cause.stopped:
        return browse.phrase("stopped", name=f"{result.entry}/{result.snippet}")
    name = f"{result.entry}/{result.snippet}"  # which the title of the pane says
    told = [browse.translated(fact).removeprefix(name).lstrip() for fact in facts(result)]
    if result.files:
        told.append(browse.phrase("wrote", names=listed(result.files)))
    if result.failed and result.error:
        told.append(browse.phrase("failed_hint"))
    return " · ".join(told)
