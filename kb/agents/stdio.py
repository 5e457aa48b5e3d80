"""Serving an agent on the standard input and output of this process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import cast

import anyio
from mcp.server.stdio import stdio_server

from kb.agents.server import make_server
from kb.agents.service import Service
from kb.run.settings import Settings

CHUNK = 1 << 16


def serve(settings: Settings, may_run: bool = True) -> None:
    """See `kb.agents.serving.serve`."""
    try:
        anyio.run(_serve, settings, may_run)
    except* BrokenPipeError:  # the agent no longer reads, which is another way to hang up
        pass


async def _serve(settings: Settings, may_run: bool) -> None:
    wire = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # all that the transport does with the file is to iterate over it
    lines = cast("anyio.AsyncFile[str]", _lines(wire))
    async with stdio_server(stdin=lines) as (read, write):
        await make_server(Service(settings), may_run).serve(read, write)


async def _lines(wire: int) -> AsyncIterator[str]:
    """The lines that come in. A thread that waits for them, as the SDK has it, could not be interrupted."""
    kept = bytearray()
    while True:
        with contextlib.suppress(PermissionError):  # a file on disk, which never keeps anybody waiting
            await anyio.wait_readable(wire)
        chunk = os.read(wire, CHUNK)
        kept += chunk
        if b"\n" in chunk:
            *lines, kept = kept.split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")
        if not chunk:
            return
