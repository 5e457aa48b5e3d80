"""`ptnote paths`."""

from __future__ import annotations

import click

from kb import Library
from kb import paths as places
from pycli.options import json_option, screen_options
from pycli.terminal.output import Screen


@click.command("paths")
@json_option
@screen_options
def command(as_json: bool, screen: Screen) -> None:
    """Show where ptnote keeps things, and what overrides each place."""
    project = places.project_entries()
    found = {
        "built-in entries": str(places.builtin_entries()),
        "user entries": str(places.user_entries()),
        "added sources": str(places.sources_dir()),
        "extra entries (PTNOTE_PATH)": ":".join(map(str, places.extra_entries())),
        "project entries (.ptnote/)": str(project) if project else "",
        "settings (PTNOTE_CONFIG)": str(places.config_file()),
        "cache (PTNOTE_CACHE_DIR)": str(places.cache_dir()),
        "trusted snippets": str(places.trust_file()),
    }
    if as_json:
        layers = [{"layer": one.layer, "path": str(one.root)} for one in Library.load().shelf.folders]
        screen.json(
            entries=layers,
            config=str(places.config_file()),
            cache=str(places.cache_dir()),
            trusted=str(places.trust_file()),
        )
        return
    for name, path in found.items():
        screen.write(f"{name:28}{path or '-'}\n")
