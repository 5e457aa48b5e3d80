"""`ptnote completion`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

SHELLS = Path(__file__).parents[1] / "shells"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.option("--table", is_flag=True, hidden=True, help="Print what the script chooses from, and keep it.")
def command(shell: str | None, table: bool) -> None:
    """Print the completion script of a shell.

    \b
    bash   ptnote completion bash > ~/.local/share/bash-completion/completions/ptnote
    zsh    ptnote completion zsh > "${fpath[1]}/_ptnote"
    fish   ptnote completion fish > ~/.config/fish/completions/ptnote.fish
    """
    if table:
        from kb import Library
        from pycli import completions

        click.echo(os.fsencode(completions.refresh(Library.load())), nl=False)
    elif shell:
        click.echo(script(shell), nl=False)
    else:
        raise click.UsageError("no shell is named; try: ptnote completion bash")


def script(shell: str) -> str:
    """What the shell reads: its own part, around the program that all shells share."""
    cache = "$HOME/Library/Caches" if sys.platform == "darwin" else "${XDG_CACHE_HOME:-$HOME/.cache}"
    program = (SHELLS / "complete.sh").read_text(encoding="utf-8").replace("@CACHE@", f"{cache}/ptnote")
    if shell == "fish":
        backslashes = program.replace("\\", "\\\\").replace("'", "\\'")
        quoted = f"'{backslashes}'"
    else:
        quoted = shlex.quote(program)
    return (SHELLS / f"ptnote.{shell}").read_text(encoding="utf-8").replace("@PROGRAM@", quoted)
