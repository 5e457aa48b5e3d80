"""`ptnote completion`."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash   ptnote completion bash > ~/.local/share/bash-completion/completions/ptnote
    zsh    ptnote completion zsh > "${fpath[1]}/_ptnote"
    fish   ptnote completion fish > ~/.config/fish/completions/ptnote.fish
    """
    from click.shell_completion import get_completion_class

    from pycli.main import cli

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(cli, {}, "ptnote", "_PTNOTE_COMPLETE").source())
