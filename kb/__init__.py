"""ptnote as a library: load entries, search them, run their snippets, check them.

    from kb import Library

    library = Library.load()
    entry = library.get("one hot")          # forgiving about spelling
    for hit in library.search("混合精度"):
        print(hit.id, hit.title.zh)

Nothing here imports torch, click or rich, prints, or exits.
"""

from kb.content.entry import Entry, Snippet, Text
from kb.content.problem import Problem
from kb.errors import KbError
from kb.library import Library
from kb.run.result import Result
from kb.search.results import Hit, Query

__all__ = ["Entry", "Hit", "KbError", "Library", "Problem", "Query", "Result", "Snippet", "Text"]
