"""Trials: a snippet run once for each variant of it, in forks of a process that has imported torch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from kb.content.entry import Entry, Snippet
from kb.content.parameters import Plain, rewritten
from kb.content.variants import Variant
from kb.library import Library
from kb.run import trust
from kb.run.pool import Pool
from kb.run.result import Result
from kb.run.settings import Settings


class Trial(Struct, frozen=True):
    """A variant of a snippet, and what came of running it."""

    values: dict[str, Plain]
    result: Result


def trials(
    library: Library,
    name: str,
    snippet: str,
    variants: Sequence[Variant],
    *,
    device: str = "",
    python: str = "",
    timeout: float = 0.0,
    memory: float = 0.0,
    env: Iterable[str] = (),
    agreed: bool = False,
    notice: Callable[[str], None] | None = None,
) -> Generator[Trial, None, None]:
    """Run the variants of a snippet, several at once; the trials come in the order of the variants.

    The options are those of `Library.run`; `notice` is told why an agreement could not be remembered.
    Raises as `Library.run` does, before anything has started. Closing the iterator ends what still runs.
    """
    entry, chosen = library.pick([name], snippet)
    for line in trust.require(entry, chosen, agreed=agreed):
        if notice:
            notice(line)
    how = Settings.of(device, python, timeout, memory=memory, env=env)
    return _run(entry, chosen, variants, how)


def _run(
    entry: Entry, snippet: Snippet, variants: Sequence[Variant], how: Settings
) -> Generator[Trial, None, None]:
    with Pool(how) as pool, ThreadPoolExecutor(pool.workers) as threads:
        results = [threads.submit(pool.run, entry, rewritten(snippet, variant.code)) for variant in variants]
        try:
            for variant, result in zip(variants, results, strict=True):
                yield Trial(variant.values, result.result())
        except BaseException:  # interrupted or abandoned: do not wait for what still runs
            threads.shutdown(cancel_futures=True, wait=False)
            pool.close()
            raise
