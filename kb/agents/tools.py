"""The tools that agents call. Their docstrings and the descriptions of their parameters are what agents
read about them."""

from __future__ import annotations

import json
import threading
from typing import Annotated, Literal

import anyio
import anyio.to_thread
from mcp_types import CallToolResult, TextContent
from pydantic import Field

from kb.agents import answers
from kb.agents.service import Service
from kb.documents import Document, json_document

RUNS = 2
"""Snippets that run at once; more wait, because each imports torch."""

Query = Annotated[
    str,
    Field(
        description="A question, words, a name of the API, or an error message, in English or Chinese. "
        "tag:amp, category:losses, and api:one_hot in it narrow the search."
    ),
]
Limit = Annotated[int, Field(description="The most hits.", ge=1, le=50)]
Name = Annotated[
    str,
    Field(
        description="An entry: its id, a title or an alias in either language, or a name of the API such as "
        "F.one_hot."
    ),
]
Error = Annotated[
    str, Field(description="A traceback with whatever surrounds it, the end of a log, or a bare message.")
]
SnippetName = Annotated[
    str | None, Field(description="A snippet of the entry, by name; the first if left out.")
]
Device = Annotated[
    Literal["cpu", "cuda", "mps"] | None,
    Field(description="The device to run on; cpu hides accelerators. Left to the snippet if left out."),
]
Timeout = Annotated[
    float | None,
    Field(description="Seconds after which it is ended; at most 120, or what the user has set.", gt=0),
]


class Tools:
    """One method for each tool."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._runs = anyio.CapacityLimiter(RUNS)

    def search(self, query: Query, limit: Limit = 5) -> Annotated[CallToolResult, answers.Search]:
        """Find entries about PyTorch by a question in English or Chinese. Hits come best first, with title
        and summary; give the id of one to `show` for its code."""
        return _answer(self._service.search(query, limit))

    def show(self, name: Name) -> Annotated[CallToolResult, answers.Entry]:
        """Show an entry: the code to paste (`answer`), complete programs with what they print (`snippets`),
        pitfalls, an explanation, and the errors that it explains."""
        return _answer(self._service.show(name))

    def why(self, error: Error) -> Annotated[CallToolResult, answers.Why]:
        """Explain an error of PyTorch: its cause, what the values in its message mean, and which snippets of
        an entry break and mend it; `show` that entry for the code. Without an `entry` it is only a guess."""
        return _answer(self._service.why(error))

    async def run(
        self, name: Name, snippet: SnippetName = None, device: Device = None, timeout: Timeout = None
    ) -> Annotated[CallToolResult, answers.Run]:
        """Run a snippet of an entry on this machine, in a process and an empty folder of its own, and tell
        what it printed. Runs snippets that came with ptnote, and others that the user has agreed to."""
        stop = threading.Event()

        def work() -> Document:
            return self._service.run(name, snippet, device or "", timeout or 0.0, stop)

        try:  # whoever cancels the request need not wait until the thread has ended the run
            done = await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._runs)
        finally:
            stop.set()
        return _answer(done)


def _answer(document: Document) -> CallToolResult:
    """A document as structured content, and as text for clients that know nothing else."""
    text = json_document(document, indent=-1)
    return CallToolResult(content=[TextContent(text=text)], structured_content=json.loads(text))
