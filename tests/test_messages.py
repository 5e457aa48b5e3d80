"""Every error pattern of the built-in entries meets a message that torch really gives.

Messages come from the snippets that raise, and from `tests/why/messages/<id>.yaml`: code that
raises more of them, and, where that takes a GPU or a second machine, what was recorded there.
"""

from collections import defaultdict

import pytest
import yaml

from kb import Library
from kb.content.entry import Snippet
from kb.messages.failures import failures
from kb.run.pool import Pool
from kb.run.process import Settings
from kb.run.result import Outcome
from kb.why import diagnose
from tests.conftest import HERE

MESSAGES = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((HERE / "why" / "messages").glob("*.yaml"))
}
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


class Message:
    """What one run said: its last words, and everything it wrote to stderr."""

    def __init__(self, entry: str, origin: str, said: str, stderr: str = "") -> None:
        self.entry, self.origin, self.said, self.stderr = entry, origin, said, stderr


@pytest.fixture(scope="module")
def builtin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTNOTE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield Library.load()


@pytest.fixture(scope="module")
def messages(builtin) -> list[Message]:
    """All of them, raised now."""
    raising = []
    for entry in builtin:
        if entry.error_patterns:
            raising += [(entry, snippet) for snippet in entry.snippets if snippet.raises]
    made, ran = [], {}
    for id, rows in MESSAGES.items():
        for number, row in enumerate(rows):
            if "recorded" in row:
                said = row["recorded"]
                made.append(Message(id, f"recorded {number}", said, _written(said)))
            else:
                snippet = Snippet(name=f"message-{number}", code=row["code"], raises="…")
                raising.append((builtin.entry(id), snippet))
    with Pool(Settings()) as pool:
        for result in pool.run_all(raising):
            ran[result.entry, result.snippet] = result
    for result in ran.values():
        if result.outcome is Outcome.skipped:
            continue
        assert result.exit_code in (0, 1), (result.entry, result.snippet, result.reason, result.stderr)
        warned = [failure.text for failure in failures(result.stderr)]
        assert result.error or warned, (result.entry, result.snippet, "raised nothing", result.stderr)
        made.append(Message(result.entry, result.snippet, result.error or warned[-1], result.stderr))
    return made


def _written(said: str) -> str:
    """A recorded message as it stands in a terminal: a line of a log, or the end of a traceback."""
    if not failures(said):
        return said
    return (
        'Traceback (most recent call last):\n  File "train.py", line 12, in <module>\n'
        f"    loss = step(batch)\n           ^^^^^^^^^^^\n{said}"
    )


def test_messages_belong_to_entries(builtin):
    assert set(MESSAGES) <= set(builtin.heads)


def test_each_message_is_explained_by_its_entry(builtin, messages):
    wrong = []
    for message in messages:
        if message.origin in {snippet.name for snippet in builtin.entry(message.entry).snippets}:
            continue  # it may show a message that another entry explains
        found = diagnose(builtin, message.said, certain=True)
        if found is None or found.entry is None or found.entry.id != message.entry:
            wrong.append(
                (message.entry, message.origin, message.said, found and found.entry and found.entry.id)
            )
    assert not wrong


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_each_message_is_found_in_a_traceback_with_noise_around_it(builtin, messages, noise):
    wrong = []
    for message in messages:
        alone = diagnose(builtin, message.said, certain=True)
        within = diagnose(builtin, noise.replace("{}", message.stderr))
        assert alone is not None
        if within is None or within.entry != alone.entry:
            wrong.append((message.entry, message.origin, message.stderr[-300:], within and within.pattern))
    assert not wrong


def test_each_pattern_meets_a_real_message(builtin, messages):
    met = defaultdict(set)
    for message in messages:
        found = diagnose(builtin, message.said, certain=True)
        if found and found.entry:
            met[found.entry.id].add(found.pattern)
    unmet = {
        entry.id: left
        for entry in builtin
        if (left := [one.match for one in entry.error_patterns if one.match not in met[entry.id]])
    }
    assert not unmet
