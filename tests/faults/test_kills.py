"""kill -9 at random moments, and many readers and writers at once: nothing is lost, and nothing wrong is said."""

import fcntl
import json
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from kb.content import rewrite
from kb.content.cache import Store
from tests.faults.harness import (
    TIMES,
    Child,
    copied_cache,
    entries,
    ptnote,
    start,
    warm_up,
    word,
    write_entry,
)

SEED = 10
ROUNDS = 5 * TIMES


class Place:
    """A folder of small entries, a cache, and the commands that look at both."""

    def __init__(self, folder: Path, cache: Path, rng: random.Random) -> None:
        self.root, self.cache, self.rng, self.scratch = folder / "own", cache, rng, folder / "scratch"
        self.words = entries(self.root, rng)
        self.env = {"PTNOTE_CACHE_DIR": str(cache), "PTNOTE_PATH": str(self.root), "PTNOTE_LANG": "en"}

    def run(self, *arguments: str):
        return ptnote(self.scratch, *arguments, env=self.env)

    def found(self, said: str) -> list[str]:
        ended = self.run("search", said, "--ids")
        assert not ended.err or ended.err.startswith("ptnote: nothing found"), ended.err
        return ended.out.split()

    def killed(self, seconds: float, *arguments: str) -> None:
        """Start a command and kill it some time within these seconds."""
        child = start(self.scratch, *arguments, env=self.env)
        time.sleep(self.rng.uniform(0, 1.05 * seconds))
        child.kill()
        child.end()

    def takes(self, *arguments: str) -> float:
        begun = time.monotonic()
        self.run(*arguments)
        return time.monotonic() - begun

    @property
    def store(self) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PTNOTE_CACHE_DIR", str(self.cache))
            directory = Store.of(self.root).directory
        assert directory is not None
        return directory

    def change(self) -> tuple[str, str, str]:
        """Change the word of some entry: its id, the old word, and the new one."""
        id = self.rng.choice([*self.words])
        old, self.words[id] = self.words[id], word(self.rng)
        write_entry(self.root, id, self.words[id])
        return id, old, self.words[id]

    def assert_whole(self) -> None:
        """Every command works, nothing old is found, no lock is held, and hardly anything was left."""
        id, old, new = self.change()
        assert (self.found(new), self.found(old)) == ([id], [])
        assert new in self.run("show", id).out
        assert {*self.words} <= {*self.run("list").out.split()}
        assert not [*self.store.rglob("*.part")]
        assert len([*(self.store / "index").iterdir()]) <= 2
        for lock in self.store.glob("lock*"):
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.fixture
def place(tmp_path, warm_cache) -> Place:
    warm_up()
    return Place(tmp_path, copied_cache(warm_cache, tmp_path / "cache"), random.Random(SEED))


def test_killed_while_the_first_index_is_built(place):
    said = place.words["entry-7"]
    seconds = place.takes("search", said)
    for _ in range(ROUNDS):
        shutil.rmtree(place.store)
        place.killed(seconds, "search", said)
        assert place.found(place.words["entry-7"]) == ["entry-7"]
        place.assert_whole()


def test_killed_while_a_change_is_indexed(place):
    place.found("warm")
    place.change()
    seconds = place.takes("search", "warm")
    for _ in range(ROUNDS):
        id, old, new = place.change()
        place.killed(seconds, "search", new)
        assert (place.found(new), place.found(old)) == ([id], [])
        place.assert_whole()


def test_killed_while_outputs_are_written(place):
    paths = [place.root / "words" / f"{id}.yaml" for id in place.words]
    rewrite.write_outputs(paths[0], {"default": "x"})

    def texts() -> list[str]:
        return [path.read_text() for path in paths]

    for number in range(ROUNDS):
        before = texts()
        printed = f"printed-{number}"

        def update(printed: str = printed) -> None:
            for path in paths:
                rewrite.write_outputs(path, {"default": printed})

        child = Child(place.scratch, update)
        time.sleep(place.rng.uniform(0, 0.5))
        child.kill()
        child.end()
        between = texts()
        update()
        assert all(text in (old, new) for text, old, new in zip(between, before, texts(), strict=True))
        assert not [path for path in paths[0].parent.iterdir() if path.suffix != ".yaml"]


def test_killed_while_it_tests_and_updates(place):
    ids = [*place.words][:3]
    paths = [place.root / "words" / f"{id}.yaml" for id in ids]
    state = {"XDG_STATE_HOME": str(place.scratch / "state"), "TMPDIR": str(place.scratch)}
    place.env |= state
    seconds = place.takes("test", *ids, "--update", "--yes", "--workers=1")
    for _ in range(ROUNDS):
        for id in ids:
            write_entry(place.root, id, place.words[id], output="something else")
        before = [path.read_text() for path in paths]
        place.killed(seconds, "test", *ids, "--update", "--yes", "--workers=1")
        after = [old.replace("something else", place.words[id]) for old, id in zip(before, ids, strict=True)]
        for path, old, new in zip(paths, before, after, strict=True):
            assert path.read_text() in (old, new)
        place.assert_whole()


def test_killed_while_an_entry_is_begun(place, tmp_path):
    place.env["XDG_DATA_HOME"] = str(tmp_path / "data")
    own = tmp_path / "data" / "ptnote" / "entries" / "optim"
    seconds = place.takes("new", "first", "-c", "optim")
    ends = (".yaml", ".proofs.py")
    whole = {end: (own / f"first{end}").read_text() for end in ends}
    for number in range(ROUNDS):
        place.killed(seconds, "new", f"draft-{number}", "-c", "optim")
        path, proofs = (own / f"draft-{number}{end}" for end in ends)
        if not path.exists():
            assert place.run("new", f"draft-{number}", "-c", "optim").code == 0
        assert path.read_text() == whole[".yaml"].replace("First", f"Draft {number}")
        if proofs.exists():  # it is written after the entry
            assert proofs.read_text() == whole[".proofs.py"].replace("first", f"draft-{number}")
        path.unlink()
        proofs.unlink(missing_ok=True)
    assert place.run("new", "last", "-c", "optim").code == 0
    assert {path.name for path in own.iterdir()} == {f"{id}{end}" for id in ("first", "last") for end in ends}


NOTE = """\
# Section {number}

Some words about it.

```python
print({number})
```

"""


def test_killed_while_notes_are_imported(place, tmp_path):
    pytest.importorskip("detect_secrets")
    place.env["XDG_DATA_HOME"] = str(tmp_path / "data")
    own = tmp_path / "data" / "ptnote" / "entries"
    note = tmp_path / "note.md"
    note.write_text("".join(NOTE.format(number=number) for number in range(12)))
    call = ("import", str(note), "--no-run", "--json")
    seconds = place.takes(*call)
    whole = {path.relative_to(own): path.read_bytes() for path in own.rglob("*.yaml")}
    assert len(whole) == 12
    mine = next(iter(whole))
    for _ in range(ROUNDS):
        shutil.rmtree(own)
        (own / mine).parent.mkdir(parents=True)
        (own / mine).write_bytes(whole[mine] + b"# mine\n")
        place.killed(seconds, *call)
        for path in own.rglob("*.yaml"):
            expected = whole[path.relative_to(own)] + (b"# mine\n" if path == own / mine else b"")
            assert path.read_bytes() == expected
        told = json.loads(place.run(*call).out)
        states = {draft["state"] for draft in told["notes"][0]["drafts"]}
        assert states <= {"written", "unchanged", "kept"}
        assert (own / mine).read_bytes() == whole[mine] + b"# mine\n"
        left = {path.relative_to(own) for path in own.rglob("*") if path.is_file()}
        assert left == set(whole)
    place.assert_whole()


# Many at once

WRITERS, READERS, SECONDS = 4, 16, 3 * TIMES


def write_for_a_while(place: Place, number: int, until: float) -> None:
    """Change, delete, and write again the entries of one writer, and note what was true from when on."""
    rng = random.Random(number)
    with (place.scratch / f"writer-{number}").open("w") as log:
        while time.monotonic() < until:
            id = rng.choice([*place.words][number::WRITERS])
            said = "" if rng.random() < 0.2 else word(rng)
            begun = time.monotonic()
            if said:
                write_entry(place.root, id, said)
            else:
                (place.root / "words" / f"{id}.yaml").unlink(missing_ok=True)
            log.write(json.dumps([id, said, begun, time.monotonic()]) + "\n")
            log.flush()
            time.sleep(rng.uniform(0, 0.6))


def read_for_a_while(place: Place, number: int, until: float) -> None:
    """Search for words that stand in entries, or stood there, and note what was found."""
    rng = random.Random(1000 + number)
    with (place.scratch / f"reader-{number}").open("w") as log:
        while time.monotonic() < until:
            id, said = rng.choice([*known_words(place)][-30:])
            begun = time.monotonic()
            ended = start(place.scratch / f"of-{number}", "search", said, "--ids", env=place.env).end()
            found = ended.out.split() if ended.code in (0, 1) else [f"exit code {ended.code}"]
            log.write(json.dumps([id, said, begun, time.monotonic(), found, ended.err]) + "\n")


def known_words(place: Place):
    yield from place.words.items()
    told = [line for number in range(WRITERS) for line in lines(place.scratch / f"writer-{number}")]
    for id, said, *_ in sorted(told, key=lambda line: line[2]):
        if said:
            yield id, said


def lines(path: Path):
    if path.exists():
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


def test_readers_and_writers_at_once(place):
    place.found("warm")
    place.scratch.mkdir(exist_ok=True)
    begun = time.monotonic()
    until = begun + SECONDS
    children = [
        Child(place.scratch, lambda act=act, number=number: act(place, number, until), env=place.env)
        for act, count in ((write_for_a_while, WRITERS), (read_for_a_while, READERS))
        for number in range(count)
    ]
    for child in children:
        ended = child.end()
        assert (ended.code, ended.err) == (0, "")
    true: dict[str, list[tuple[str, float, float]]] = {
        id: [(said, 0.0, begun)] for id, said in place.words.items()
    }
    for number in range(WRITERS):
        for id, said, first, last in lines(place.scratch / f"writer-{number}"):
            true[id].append((said, first, last))
    searches = [line for number in range(READERS) for line in lines(place.scratch / f"reader-{number}")]
    changes = sum(map(len, true.values())) - len(true)
    must = must_not = 0
    for id, said, first, last, found, err in searches:
        assert not err or err.startswith("ptnote: nothing found"), err
        assert found in ([], [id])
        at = next(i for i, one in enumerate(true[id]) if one[0] == said)
        after = true[id][at + 1] if at + 1 < len(true[id]) else ("", until + 999, until + 999)
        if true[id][at][2] <= first and last <= after[1]:
            must += 1
            assert found == [id], (said, true[id], first, last, err)
        elif after[2] <= first or last <= true[id][at][1]:
            must_not += 1
            assert found == [], (said, true[id], first, last)
    print(f"{len(searches)} searches, {must} had to find and {must_not} must not, {changes} changes")
    assert len(searches) >= READERS / 2
    for id, states in true.items():
        for said, _, _ in states[-2:]:
            assert not said or place.found(said) == ([id] if said == states[-1][0] else [])
    assert place.run("search", "says", "--ids").err == ""
    assert os.listdir(place.store / "index")
