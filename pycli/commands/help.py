"""`ptnote help`."""

from __future__ import annotations

import click

from pycli.options import spoken_options


@click.command("help")
@click.argument("name", required=False)
@spoken_options
@click.pass_context
def command(context: click.Context, name: str | None) -> None:
    """Show the help of ptnote, or of a command."""
    parent = context.parent
    assert parent is not None
    assert isinstance(parent.command, click.Group)
    if name is None:
        click.echo(parent.get_help())
        return
    wanted = parent.command.get_command(parent, name)
    if wanted is None:
        raise click.UsageError(f"no command '{name}'; to look the word up: ptnote {name}", context)
    with wanted.context_class(wanted, parent=parent, info_name=name, **wanted.context_settings) as inner:
        click.echo(wanted.get_help(inner))
