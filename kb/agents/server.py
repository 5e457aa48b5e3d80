"""The server that agents talk to by the Model Context Protocol: tools, resources, and prompts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    Resource,
    ResourceTemplateReference,
    ToolAnnotations,
)
from pydantic import Field, ValidationError

from kb.agents.service import Service
from kb.agents.tools import Tools
from kb.documents import json_document
from kb.errors import KbError, UnknownEntry
from kb.run import installed

INSTRUCTIONS = """\
ptnote is an offline PyTorch reference in English and Chinese. Its snippets are tested, so prefer its code to
code from memory. Ask search with a question or a name of the API, then show the entry whose summary fits:
its answer holds the lines to paste, its pitfalls say what goes wrong with them. Give a traceback to why.
"""

ABOUT_RUN = "The tool run executes a snippet of an entry on this machine, and never code that you write.\n"

ENTRY = "ptnote://entry/"
"""What the addresses of entries begin with."""

COMPLETIONS = 100
"""The most values that the protocol allows in an answer to a completion."""

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
EXECUTES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Complete = Callable[
    [PromptReference | ResourceTemplateReference, CompletionArgument, CompletionContext | None],
    Awaitable[Completion | None],
]


class Server(MCPServer[Any]):
    """Lists the entries that there are when it is asked, and says in one line what is wrong with a call."""

    def __init__(self, service: Service, may_run: bool) -> None:
        super().__init__(
            "ptnote",
            title="ptnote, a PyTorch reference",
            instructions=INSTRUCTIONS + (ABOUT_RUN if may_run else ""),
            version=installed.version("ptnote-pytorch"),
            log_level="ERROR",
        )
        self._service = service

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Call a tool. Raises ToolError, whose text the agent reads."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, KbError):
                raise ToolError(str(error.__cause__)) from error.__cause__
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_wrong_arguments(name, error.__cause__)) from error.__cause__
            raise

    async def list_resources(self) -> list[Resource]:
        """An address for each entry."""
        heads = await anyio.to_thread.run_sync(self._service.heads)
        return [
            Resource(
                uri=f"{ENTRY}{head.id}",
                name=head.id,
                title=f"{head.title.en} · {head.title.zh}",
                description=f"{head.summary.en}\n{head.summary.zh}",
                mime_type="application/json",
            )
            for head in heads
        ]

    async def serve(
        self, read: ReadStream[SessionMessage | Exception], write: WriteStream[SessionMessage]
    ) -> None:
        """Answer what is read until that comes to its end."""
        inner = self._lowlevel_server
        await inner.run(read, write, inner.create_initialization_options())


def make_server(service: Service, may_run: bool = True) -> Server:
    """A server for a service; without `may_run` it has no tool that runs anything."""
    server, tools = Server(service, may_run), Tools(service)
    server.add_tool(tools.search, title="Find entries", annotations=READS)
    server.add_tool(tools.show, title="Show an entry", annotations=READS)
    server.add_tool(tools.why, title="Explain an error", annotations=READS)
    if may_run:
        server.add_tool(tools.run, title="Run a snippet", annotations=EXECUTES)
    entry = server.resource(ENTRY + "{id}", title="An entry of ptnote", mime_type="application/json")
    entry(_reader(service))
    server.completion()(_completer(service))  # type: ignore[no-untyped-call]
    server.prompt("explain-error", title="Explain a PyTorch error")(explain_error)
    server.prompt("how-to", title="Do something in PyTorch")(how_to)
    return server


def explain_error(
    error: Annotated[str, Field(description="The traceback, or the message alone.")],
) -> str:
    """Find the cause of a PyTorch error and mend the program."""
    return (
        "Explain this error of PyTorch and mend the program. Call the tool why of ptnote with the whole "
        "text; if it names an entry, show that entry and follow its answer. If it only guesses, say so.\n\n"
        + error
    )


def how_to(task: Annotated[str, Field(description="What is to be done, in English or Chinese.")]) -> str:
    """Write PyTorch code for a task from tested snippets."""
    return (
        "Write PyTorch code for the task below. First search ptnote for it and show the entry that fits; "
        "start from its answer, keep clear of its pitfalls, and name the entry. If none fits, say so.\n\n"
        + task
    )


def _wrong_arguments(tool: str, error: ValidationError) -> str:
    """What is wrong with the arguments of a call, in one line."""
    said = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
    return f"wrong arguments for {tool}: {'; '.join(said)}"


def _reader(service: Service) -> Callable[[str], str]:
    def entry(id: str) -> str:
        """What the tool show answers, as JSON."""
        try:
            return json_document(service.show(id))
        except UnknownEntry as error:
            raise ResourceNotFoundError(str(error)) from error
        except KbError as error:
            raise ResourceError(str(error)) from error

    return entry


def _completer(service: Service) -> Complete:
    async def complete(
        about: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,  # noqa: ARG001 - the SDK's signature
    ) -> Completion | None:
        if not isinstance(about, ResourceTemplateReference):
            return None
        heads = await anyio.to_thread.run_sync(service.heads)
        ids = [head.id for head in heads if head.id.startswith(argument.value)]
        return Completion(values=ids[:COMPLETIONS], total=len(ids), has_more=len(ids) > COMPLETIONS)

    return complete
