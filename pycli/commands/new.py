"""`ptnote new`."""

from __future__ import annotations

import click

from kb import Library
from pycli.options import CategoryName, EntryName, json_option, screen_options
from pycli.terminal.output import Screen


@click.command("new")
@click.argument("id")
@click.option("-c", "--category", required=True, type=CategoryName(), help="See: ptnote categories.")
@click.option("--near", type=EntryName(), default="", help="An entry to read next; it gets a link back.")
@click.option("--project", is_flag=True, help="In the .ptnote/ folder of the current project.")
@json_option
@screen_options
def command(id: str, category: str, near: str, project: bool, as_json: bool, screen: Screen) -> None:
    """Start a new entry from the template, and print the files that were written or changed.

    In a checkout of ptnote it becomes one of its entries, which the overview of the category names;
    elsewhere it becomes one of your own.

    \b
    ptnote new huber-loss -c losses --near mse-loss
    """
    files = [str(path) for path in Library.load().new(id, category, project=project, near=near)]
    if as_json:
        screen.json(files=files)
    else:
        screen.write("".join(f"{path}\n" for path in files))
        screen.notice(f"fill it in, then: ptnote check {files[0]} && ptnote test {id}")
