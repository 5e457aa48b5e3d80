"""A changed copy of a snippet: from the user's editor, and kept as an entry of their own if they say so."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path

import click

from kb import Outcome, Result, keep_snippet
from kb.errors import KbError
from pycli import editor
from pycli.consent import NothingRun
from pycli.task import Task


class Change:
    """The code as it was changed, and the file in which that was done."""

    def __init__(self, task: Task, code: str, keep_as: str | None) -> None:
        self.task, self.code, self.keep_as = task, code, keep_as
        self.file: Path | None = None

    def edit(self) -> None:
        """Have the user change a copy. Raises what `editor.edit` raises, and NothingRun for no change."""
        editor.command()
        name = f"{self.task.entry.id[:80]}-{self.task.snippet.name[:80]}.py"
        folder = Path(tempfile.gettempdir(), f"ptnote-edit-{secrets.token_hex(6)}")
        folder.mkdir(mode=0o700)
        self.file = folder / name
        self.file.write_text(self.code, encoding="utf-8")
        try:
            editor.edit(self.file)
            written = self.file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise KbError(f"{self.file} is not UTF-8; save it as UTF-8 and run it by hand") from error
        except KbError:
            if self.file.exists() and self.file.read_bytes() == self.code.encode():
                self._drop()
            raise
        if written == self.code and self.code == self.task.snippet.code:
            self._drop()
            raise NothingRun("nothing was changed, so nothing was run")
        if not written.strip():
            self._drop()
            raise NothingRun("the code is empty now, so nothing was run")
        self.code = written

    def checked(self) -> str:
        """The code. Raises click.UsageError if it is to be kept and is no other than before."""
        if self.keep_as and self.code == self.task.snippet.code:
            raise click.UsageError("--keep-as keeps changed code; change it with --set or --edit")
        return self.code

    def offer(self, result: Result, asks: bool) -> None:
        """Keep the code as an entry, under the id that was given or, on a terminal, is asked for. Code that
        was typed and is not kept stays in its file, unless the user says no."""
        screen = self.task.screen
        try:
            if self.keep_as:
                self._keep(self.keep_as, result)
            elif asks:
                self._ask(result)
        finally:
            if self.file:
                screen.notice(f"the changed code is in {self.file}")

    def _ask(self, result: Result) -> None:
        screen = self.task.screen
        question = screen.say("Keep the changed code as an entry of your own? Its id, or Enter for no")
        while True:
            try:
                id = click.prompt(question, default="", show_default=False, err=True).strip()
            except click.Abort:
                click.echo(err=True)
                return
            if not id:
                self._drop()
                return
            try:
                self._keep(id, result)
            except KbError as error:
                screen.notice(str(error))
            else:
                return

    def _keep(self, id: str, result: Result) -> None:
        task = self.task
        if result.outcome in (Outcome.passed, Outcome.failed) and not result.stdout:
            result = task.run(self.code)  # what it printed went to the terminal, and the entry is to say it
        raises = " ".join(result.error.split()) if result.outcome is Outcome.failed else ""
        path = keep_snippet(
            task.library, task.entry, task.snippet, id, code=self.code, output=result.stdout, raises=raises
        )
        self._drop()
        task.screen.write(f"{path}\n")
        task.screen.notice(f"kept; to run it: ptnote run {id}")

    def _drop(self) -> None:
        if self.file:
            with contextlib.suppress(OSError):
                self.file.unlink()
                self.file.parent.rmdir()  # unless the editor left something
            self.file = None
