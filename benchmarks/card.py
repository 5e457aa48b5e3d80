"""How many entries answer on the first screen: cards that fit a terminal.

    python benchmarks/card.py [FOLDER…]

A card leaves the last row to the prompt. The card of an entry with an answer has to fit 80x24, with the whole
answer, and that of any other 80x40, with the beginning of its first snippet if that is long; the exit code is
1 if one does not. Without folders, all entries of this machine are looked at.
"""

from __future__ import annotations

import argparse
import sys
import textwrap

from kb import LANGUAGES, Entry, Library
from pycli.terminal.blocks import Code, rows
from pycli.terminal.card import card

WIDTH = 80
HEIGHTS = (24, 40)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", help="folders of entries")
    library = Library.load(*parser.parse_args().folders)
    entries = list(library)
    answered = {entry.id for entry in entries if entry.answer}
    print(f"{len(entries)} entries, {len(answered)} with an answer")
    failed = False
    for language in LANGUAGES:
        cards = {entry.id: card(library, entry, (language,), WIDTH) for entry in entries}
        cut = {entry.id for entry in entries if Code(shown_code(entry)) not in cards[entry.id]}
        for limit in HEIGHTS:
            high = {id for id, blocks in cards.items() if rows(blocks, WIDTH) >= limit}
            must = (high | cut) & answered if limit == HEIGHTS[0] else high
            failed |= bool(must)
            print(f"{language}: {len(entries) - len(high)} of {len(entries)} cards fit {WIDTH}x{limit}")
            tell("too long", must)
            tell("too long, and without an answer", high - must)
        tell("show only the beginning of their code", cut)
    return int(failed)


def shown_code(entry: Entry) -> str:
    """What the card of an entry shows of it."""
    return entry.answer or entry.snippets[0].code


def tell(what: str, ids: set[str]) -> None:
    """Name the entries of which something is so, if there are any."""
    if ids:
        text = f"{len(ids)} {what}: {', '.join(sorted(ids))}"
        print(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))


if __name__ == "__main__":
    sys.exit(main())
