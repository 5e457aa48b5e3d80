"""Damage of every kind in every file of a store, and caches that cannot be made, read, written, or trusted:
the answers are right, at most one notice is given, and the next call has repaired what can be repaired."""

import os
import random
import resource
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from kb import Library
from kb.content.cache import Store
from tests.faults.harness import (
    TIMES,
    builtin_instead,
    entries,
    ptnote,
    warm_up,
    without_privileges,
    word,
    write_entry,
)

SEED = 12
ROUNDS = 15 * TIMES


def flipped(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


DAMAGES = {
    "one bit flipped": flipped,
    "cut short": lambda raw, rng: raw[: rng.randrange(len(raw))],
    "emptied": lambda raw, rng: b"",
    "zeroed": lambda raw, rng: bytes(len(raw)),
    "partly zeroed": lambda raw, rng: raw[: rng.randrange(len(raw))].ljust(len(raw), b"\0"),
    "random bytes": lambda raw, rng: rng.randbytes(len(raw)),
    "doubled": lambda raw, rng: raw + raw,
}


class Answers:
    """What a small folder answers, and what should come out."""

    def __init__(self, root: Path, words: dict[str, str]) -> None:
        self.root, self.words = root, words
        self.ids = sorted(words)

    def ask(self, id: str) -> list[str]:
        """Ask in every way; the notices that were given."""
        library = Library.load(self.root)
        said = self.words[id]
        assert sorted(library.heads) == self.ids
        assert [hit.id for hit in library.search(said)] == [id]
        entry = library.get(id)
        assert (entry.summary.en, entry.snippets[0].output) == (f"Says {said} and nothing else.", f"{said}\n")
        assert list(library.shelf.patterns()) == []
        assert library.problems == []
        return library.notices


@pytest.fixture
def own(tmp_path, empty_cache) -> Answers:
    warm_up()
    root = tmp_path / "own"
    answers = Answers(root, entries(root, random.Random(SEED), 8))
    answers.ask("entry-0")
    return answers


def versions(own: Answers, rng: random.Random) -> list[Path]:
    """The store as it was before a change, and as it was after a later one that was taken back."""
    store = Store.of(own.root).directory
    kept = [Path(shutil.copytree(store, own.root.with_name("older")))]
    now = dict(own.words)
    for id in ("entry-1", "entry-2"):
        own.words[id] = now[id] = word(rng)
        write_entry(own.root, id, now[id])
    own.ask("entry-1")
    for id in ("entry-2", "entry-3"):
        own.words[id] = word(rng)
        write_entry(own.root, id, own.words[id])
    own.ask("entry-2")
    kept.append(Path(shutil.copytree(store, own.root.with_name("newer"))))
    own.words.update(now)
    for id in ("entry-2", "entry-3"):
        write_entry(own.root, id, now[id])
    own.ask("entry-3")
    return kept


def other_version(file: Path, store: Path, kept: list[Path], rng: random.Random) -> bytes:
    """What a file held in another version; of the index, whichever file is of its kind."""
    other = rng.choice(kept)
    if (other / file.relative_to(store)).is_file():
        return (other / file.relative_to(store)).read_bytes()
    alike = sorted(path for path in other.rglob(f"*{file.suffix}") if path.is_file())
    return rng.choice(alike).read_bytes()


def test_every_kind_of_damage_to_every_file(own):
    rng = random.Random(SEED + 1)
    kept = versions(own, rng)
    store = Store.of(own.root).directory
    for number in range(ROUNDS):
        files = sorted(path for path in store.rglob("*") if path.is_file() and path.stat().st_size)
        # the files of the index are few, and the most is read from them
        file = rng.choice(rng.choice([files, [path for path in files if path.suffix in (".toc", ".seg")]]))
        kind = rng.choice([*DAMAGES, "another version", "removed"])
        if kind == "removed":
            file.unlink()
        elif kind == "another version":
            file.write_bytes(other_version(file, store, kept, rng))
        else:
            file.write_bytes(DAMAGES[kind](file.read_bytes(), rng))
        told = (number, kind, file)
        id = file.name if file.name in own.words else rng.choice(own.ids)
        assert len(own.ask(id)) <= 1, told
        assert own.ask(id) == own.ask(rng.choice(own.ids)) == [], told


def test_a_whole_store_of_another_version(own):
    rng = random.Random(SEED + 1)
    for other in versions(own, rng):
        store = Store.of(own.root).directory
        shutil.rmtree(store)
        shutil.copytree(other, store)
        for id in own.ids:
            assert own.ask(id) == []


# Caches that cannot be used


@pytest.fixture
def asked(tmp_path, own, monkeypatch):
    """Asks for a word with the command, in a child; what it told beside the answer."""
    builtin_instead(monkeypatch, own.root)

    def ask(id: str = "entry-0", env=None, **options) -> list[str]:
        env = {"PTNOTE_CACHE_DIR": str(tmp_path / "cache"), "PTNOTE_LANG": "en", **(env or {})}
        told = []
        for arguments in (("search", own.words[id], "--ids"), ("show", id), ("list",)):
            ended = ptnote(tmp_path / "scratch", *arguments, env=env, **options)
            assert ended.code == 0, ended
            assert (id if arguments[0] != "show" else own.words[id]) in ended.out
            told.append(ended.err.splitlines())
        assert all(len(one) <= 1 for one in told), told
        return sorted({line for one in told for line in one})

    return ask


@pytest.mark.parametrize("limit", [2000, 8000, 100_000])
def test_files_that_may_not_grow(asked, limit):
    # Python itself keeps a compiled module that did not get written to its end, and fails on it ever after
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    told = asked(env=env, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert all("File too large" in notice for notice in told)
    assert asked() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("size", ["16k", "64k", "256k"])
def test_a_full_file_system(asked, tmp_path, size):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    options = f"size={size},mode=700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", cache], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"mounting is not permitted: {done.stderr.strip()}")
    try:
        for _ in range(2):
            assert all("No space left" in notice for notice in asked())
        assert not [*cache.rglob("*.part")]
        subprocess.run(["mount", "-o", f"remount,{options.replace(size, '64m')}", cache], check=True)
        assert asked() == asked() == []
        subprocess.run(["mount", "-o", "remount,ro", cache], check=True)
        assert asked() == []  # what was kept is read
    finally:
        subprocess.run(["umount", cache], check=True)


@pytest.mark.parametrize("mode", [0o500, 0o400, 0o000])
def test_a_cache_without_permissions(asked, tmp_path, mode):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(mode)
    (notice,) = asked(before=without_privileges)
    assert "working without a cache" in notice
    cache.chmod(0o700)
    assert asked(before=without_privileges) == []


def test_a_cache_that_became_read_only_is_read(asked, tmp_path, own):
    assert asked() == []
    places = [tmp_path / "cache", *(path for path in (tmp_path / "cache").rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o500)
    assert asked(before=without_privileges) == []
    own.words["entry-0"] = "zyzzyvaquux"
    write_entry(own.root, "entry-0", "zyzzyvaquux")
    (notice,) = asked(before=without_privileges)
    assert "Permission denied" in notice
    for place in places:
        place.chmod(0o700)
    assert asked(before=without_privileges) == []


def test_a_cache_that_is_no_folder(asked, tmp_path):
    (tmp_path / "cache").write_text("mine")
    (notice,) = asked()
    assert "working without a cache" in notice
    assert (tmp_path / "cache").read_text() == "mine"
    (tmp_path / "cache").unlink()
    (tmp_path / "cache").symlink_to(tmp_path / "nowhere")
    (notice,) = asked()
    assert "working without a cache" in notice


@pytest.mark.parametrize("whose", ["others", "everybody"])
def test_a_cache_that_others_can_write_to_is_neither_read_nor_written(asked, tmp_path, own, whose):
    assert asked() == []
    cache = tmp_path / "cache"
    (store,) = cache.glob("store-*")
    if whose == "others":
        if os.geteuid():
            pytest.skip("only root can give folders away")
        os.chown(cache, 1234, 1234)
    else:
        cache.chmod(0o777)
    for path in store.rglob("*"):
        if path.is_file():
            path.write_bytes(b"planted")
    (notice,) = asked()
    assert "can be written by others" in notice
    assert {path.read_bytes() for path in store.rglob("*") if path.is_file()} == {b"planted"}


@pytest.mark.parametrize("place", ["", "~nobody2/x", "~/x"])
def test_without_a_home(asked, monkeypatch, place):
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def no_such_user(*_):
        raise KeyError("no such user")

    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    monkeypatch.setattr("pwd.getpwnam", no_such_user)
    (notice,) = asked(env={"PTNOTE_CACHE_DIR": place, "PTNOTE_CONFIG": place})
    assert "there is no home folder" in notice
    assert not Path("/nonexistent").exists()


def test_an_unknown_home_in_the_path_of_entries_is_told(asked, tmp_path):
    ended = ptnote(tmp_path / "scratch", "list", env={"PTNOTE_PATH": "~nobody2/x"})
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "~nobody2/x" in ended.err


def test_a_clock_that_goes_backwards(asked, tmp_path, own):
    assert asked() == []
    future = time.time() + 10 * 365 * 24 * 3600
    for path in (tmp_path / "cache").rglob("*"):
        os.utime(path, (future, future))
    for id, path in zip(own.ids, sorted((own.root / "words").iterdir()), strict=True):
        own.words[id] = word(random.Random(id))
        write_entry(own.root, id, own.words[id])
        os.utime(path, (future, future) if id == "entry-1" else (0, 0))
    assert asked() == []
    own.words["entry-1"] = word(random.Random("again"))
    write_entry(own.root, "entry-1", own.words["entry-1"])  # now, which is older than before
    assert asked("entry-1") == []
    (used,) = (tmp_path / "cache").glob("store-*/used")
    assert used.stat().st_mtime < future - 3600  # or the store would outlive its folder by ten years


def test_in_a_folder_that_was_deleted(asked, tmp_path):
    gone = tmp_path / "gone"

    def leave() -> None:
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()

    assert asked(before=leave) == []
    for command in ("paths", "tags", "categories", "random"):
        env = {"PTNOTE_CACHE_DIR": str(tmp_path / "cache")}
        ended = ptnote(tmp_path / "scratch", command, env=env, before=leave)
        assert (ended.code, ended.err) == (0, ""), command
