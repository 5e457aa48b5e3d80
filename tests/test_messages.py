"""Every error pattern of the built-in entries explains a message that torch really gives.

The messages come from the snippets that raise, and from the samples beside the entries: programs that
raise more of them, and, where that takes a GPU or a second machine, what was recorded there. Where a snippet
says the whole message that it raises, its own test has shown that it does, and it is not run again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import msgspec
import pytest
from msgspec import Struct

from kb import Entry, Library, Outcome, Settings, Snippet
from kb.messages.failures import failures
from kb.messages.known import SPECIFIC
from kb.messages.match import table_of
from kb.messages.pattern import parse
from kb.messages.samples import Sample, read_samples
from kb.run.expected import error_matches
from kb.run.pool import Pool

pytestmark = [pytest.mark.needs_torch, pytest.mark.slow]

NOISE = {
    "progress bar": "Epoch 3:  12%|█▏        | 12/100 [00:05<00:38,  2.31it/s, loss=0.71]\r"
    "Epoch 3:  13%|█▎        | 13/100 [00:05<00:37,  2.33it/s, loss=0.69]\n{}\nwandb: synced\n",
    "earlier exception": "Traceback (most recent call last):\n  File \"cfg.py\", line 2, in get\n"
    "    return self[name]\nKeyError: 'lr'\n\nDuring handling of the above exception, another "
    "exception occurred:\n\n{}",
    "compile log": "V1120 10:00:00.123000 12 torch/_dynamo/guards.py:2769] [0/0] [__guards] GUARDS:\n"
    "/usr/lib/python3/site.py:12: UserWarning: something else altogether\n  warnings.warn(text)\n{}",
    "launcher": "W1120 10:00:00.000000 9 torch/distributed/run.py:852] Setting OMP_NUM_THREADS\n{}\n"
    "E1120 10:00:02.000000 9 torch/distributed/elastic/multiprocessing/api.py:900] failed (exitcode: 1) "
    "local_rank: 0 (pid: 77) of binary: /usr/bin/python\n",
}  # fmt: skip

MISSING = re.compile(r"ModuleNotFoundError: No module named '(?!torch\.)")
"""The error of a program that needs a package which is not installed here."""


class Message(Struct, frozen=True):
    """What one run said."""

    entry: str
    origin: str
    """The name of the snippet, or the number of the sample."""
    said: str
    """Its last words."""
    stderr: str
    """Everything that it wrote to stderr."""
    sample: Sample | None = None


@pytest.fixture(scope="module")
def messages(builtin) -> list[Message]:
    """All of them, raised now."""
    made: list[Message] = []
    samples: dict[tuple[str, str], Sample] = {}
    programs: list[tuple[Entry, Snippet]] = []
    for entry in builtin:
        for snippet in entry.snippets if entry.error_patterns else ():
            if not snippet.raises:
                continue
            if "…" in snippet.raises:
                programs.append((entry, snippet))
            else:
                made.append(Message(entry.id, snippet.name, snippet.raises, _written(snippet.raises)))
        for number, sample in enumerate(read_samples(entry), 1):
            name = f"sample-{number}"
            if sample.recorded:
                made.append(Message(entry.id, name, sample.recorded, _written(sample.recorded), sample))
            else:
                samples[entry.id, name] = sample
                program = Snippet(name=name, code=sample.code, raises="…")
                programs.append((msgspec.structs.replace(entry, snippets=(program,)), program))
    with Pool(Settings()) as pool:
        for result in pool.run_all(programs):
            if result.outcome is Outcome.skipped or MISSING.match(result.error):
                continue
            place = result.entry, result.snippet
            assert result.exit_code in (0, 1), (place, result.reason, result.stderr)
            warned = [failure.text for failure in failures(result.stderr)]
            assert result.error or warned, (place, "raised nothing", result.stderr)
            made.append(Message(*place, result.error or warned[-1], result.stderr, samples.get(place)))
    return made


def _written(said: str) -> str:
    """A recorded message as it stands in a terminal: a line of a log, or the end of a traceback."""
    if not failures(said):
        return said
    return (
        'Traceback (most recent call last):\n  File "train.py", line 12, in <module>\n'
        f"    loss = step(batch)\n           ^^^^^^^^^^^\n{said}"
    )


def explained(library: Library, text: str, certain: bool = True) -> tuple[str, str] | None:
    """The entry that explains a text, and its pattern."""
    found = library.why(text, certain)
    return (found.entry.id, found.pattern) if found and found.entry else None


def told(library: Library, message: Message) -> tuple[str, str] | None:
    """What explains a message: alone, or, if its pattern has `when`, as it stands in the terminal."""
    shown = explained(library, message.stderr, certain=False)
    if shown and shown in conditional(library):
        return shown
    return explained(library, message.said)


@cache
def conditional(library: Library) -> set[tuple[str, str]]:
    """Entries and patterns that look at what stands near a message."""
    return {(entry.id, one.match) for entry in library for one in entry.error_patterns if one.when}


def test_each_sample_says_what_its_file_holds(messages):
    wrong = [
        (message.entry, message.origin, message.said)
        for message in messages
        if message.sample and message.sample.says and not error_matches(message.sample.says, message.said)
    ]
    assert not wrong


def test_each_sample_is_explained_by_its_entry(builtin, messages):
    """What a snippet raises may be a message that another entry explains."""
    wrong = [
        (message.entry, message.origin, message.said, found)
        for message in messages
        if message.sample and ((found := told(builtin, message)) is None or found[0] != message.entry)
    ]
    assert not wrong


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_each_message_is_found_in_a_traceback_with_noise_around_it(builtin, messages, noise):
    wrong = []
    for message in messages:
        alone = told(builtin, message)
        within = explained(builtin, noise.replace("{}", message.stderr), certain=False)
        if alone and not within and not failures(message.said) and parse(alone[1]).weight < SPECIFIC:
            continue  # too short to be looked for in a log
        if (within and within[0]) != (alone and alone[0]):
            wrong.append((message.entry, message.origin, message.stderr[-300:], within))
    assert not wrong


def test_each_pattern_explains_a_message(builtin, messages):
    met = defaultdict(set)
    for message in messages:
        found = told(builtin, message)
        if found:
            met[found[0]].add(found[1])
        bare = table_of(builtin.shelf).explain(message.said)  # whatever stands near
        if bare:
            met[bare.id].add(bare.pattern.match)
    unmet = {
        entry.id: left
        for entry in builtin
        if (left := [one.match for one in entry.error_patterns if one.match not in met[entry.id]])
    }
    assert not unmet
