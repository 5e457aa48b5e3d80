"""Entry files that are broken or hostile, in a folder of one's own: every command works, `check` says which
file it is and what is wrong, and nothing in it runs, waits, or reaches the terminal as it is."""

import json
import os
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.content.parse import parse
from kb.content.source import DEPTH_LIMIT, FILE_LIMIT, Source, Unreadable, read_file
from kb.content.tables import read_yaml
from tests.conftest import LIBRARY, ROOT

TEMPLATE = (ROOT / "entries" / "_template.yaml").read_text(encoding="utf-8")
GOOD = (LIBRARY / "basics" / "passes.yaml").read_text(encoding="utf-8")


def with_errors(value: str) -> str:
    return TEMPLATE.replace("\nerrors:", f"\nerrors: {value}\n#", 1)


BROKEN = {
    "no text": (with_errors("[{match: some words, means: {}}]"), "E006 'en' is missing"),
    "misspelled key": (with_errors("[{matches: x}]"), "did you mean 'match'"),
    "empty match": (with_errors("[{match: ''}]"), "E007 errors.0.match"),
    "number": (with_errors("[{match: 5}]"), "expected `str`, got `int`"),
    "empty pattern": (with_errors("[{}]"), "'match' is missing"),
    "numbers": (with_errors("[" + "5," * 3000 + "]"), "E007 errors.0"),
    "deep list": ("- " * 500 + "x", f"nested more than {DEPTH_LIMIT} deep"),
    "deep brackets": ("[" * 100_000, f"nested more than {DEPTH_LIMIT} deep"),
    "deep maps": ("{a: " * 100_000, f"nested more than {DEPTH_LIMIT} deep"),
    "deep keys": ("? " * 200, "a key is no plain text"),
    "wrong bool": ("format: !!bool maybe", "cannot read 'maybe'"),
    "empty int": ("format: !!int ''", "cannot read ''"),
    "sign": ("format: !!int '-'", "cannot read '-'"),
    "wrong time": ("format: !!timestamp x", "cannot read 'x'"),
    "huge number": ("format: 0x" + "f" * 10_000, "cannot read '0xfff"),
    "many digits": ("format: " + "9" * 5000, "cannot read '999"),
    "object": ("format: !!python/object/apply:os.system ['touch PWNED']", "E007 format"),
    "anchor": ("a: &x 1\nb: *x", "anchors are not read"),
    "bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "anchors are not read",
    ),
    "itself": ("&a [*a]", "anchors are not read"),
    "escape sequence": (GOOD.replace("tags: [", 'tags: ["a\\e[2J", ', 1), "control character"),
    "direction": ('title: {en: "\\u202e", zh: x}', "control character \\u202e"),
    "two documents": ("a: 1\n---\nb: 2", "a second document"),
    "two keys": ("format: 2\nformat: 2", "stands here twice"),
    "nothing": ("", "an entry is a mapping"),
    "not UTF-8": (b"title: \xff", "not UTF-8"),
    "UTF-16": ("format: 2".encode("utf-16"), "not UTF-8"),
    "large": ("#" * FILE_LIMIT + "\n", f"more than {FILE_LIMIT >> 10} KiB"),
}


@pytest.fixture
def folder(tmp_path):
    """A folder of entries with one good one."""
    place = tmp_path / "entries" / "basics"
    place.mkdir(parents=True)
    (place / "passes.yaml").write_text(GOOD)
    return place


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_with_its_line(content, message, tmp_path):
    raw = content if isinstance(content, bytes) else content.encode()
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    started = time.process_time()
    try:
        entry, problems = parse(path, read_file(path), "user")
    except Unreadable as error:
        assert message in error.strerror
        return
    assert entry is None
    assert message in str(problems[0])
    assert all(1 <= problem.line <= raw.count(b"\n") + 1 for problem in problems)
    assert time.process_time() - started < 2
    with pytest.raises((ValueError, OSError)):
        read_yaml(path, dict[str, dict[str, int]])


def plant(folder: Path) -> list[str]:
    """Put every kind of bad file into a folder; their names."""
    for number, (content, _) in enumerate(BROKEN.values()):
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / f"broken-{number}.yaml").write_bytes(raw)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "stdin.yaml").symlink_to("/dev/stdin")
    (folder / "nowhere.yaml").symlink_to(folder / "no-such-file")
    (folder / "self.yaml").symlink_to(folder / "self.yaml")
    with (folder / "sparse.yaml").open("wb") as file:
        file.truncate(3 << 30)
    (folder / "folder.yaml").mkdir()
    for name in (
        b"caf\xe9.yaml",
        b"-x.yaml",
        b"$(touch PWNED).yaml",
        b"a\x1b[2J.yaml",
        b"a" * 245 + b".yaml",
    ):
        (Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))).write_text(GOOD)
    return [name for name in os.listdir(folder) if name != "passes.yaml"]


def test_every_command_works_beside_bad_files_and_check_names_each(folder, ptnote, tmp_path):
    planted = plant(folder)
    env = {"PTNOTE_PATH": str(folder.parent)}
    for arguments in (
        ["list"], ["search", "amp"], ["show", "passes"], ["show", "one-hot"], ["passes"], ["tags"],
        ["why", "RuntimeError: The size of tensor a"], ["list", "--json"], ["search", "相加", "--json"],
        ["run", "passes", "--yes"],
    ):  # fmt: skip
        done = ptnote(*arguments, env=env)
        assert done.code == 0, (arguments, done.err)
        assert "Traceback" not in done.err
        assert "\x1b" not in done.out + done.err
        assert f"{len(planted)} entry files could not be read" in done.err, done.err
    done = ptnote("check", "--json", env=env)
    assert done.code == 1
    told = {Path(problem["path"]).name for problem in json.loads(done.out)["problems"]}
    assert {name for name in planted if name.isprintable()} <= told
    assert "caf\\xe9.yaml" in told
    assert "\x1b" not in ptnote("check", env=env).out
    assert not list(tmp_path.rglob("PWNED"))


def test_a_project_whose_path_is_not_utf_8_is_read(ptnote, tmp_path):
    project = os.fsencode(tmp_path) + b"/caf\xe9/.ptnote/basics"
    os.makedirs(project)
    with open(project + b"/own.yaml", "w", encoding="utf-8") as file:
        file.write(GOOD)
    here = Path(os.fsdecode(os.path.dirname(os.path.dirname(project))))
    for _ in range(2):
        for arguments in (["own"], ["show", "own", "--json"], ["search", "own"], ["check"], ["paths"]):
            done = ptnote(*arguments, cwd=here)
            assert "Traceback" not in done.err, arguments
            assert done.code == 0 or arguments == ["check"]


def test_a_file_that_vanishes_while_the_folder_is_read_is_left_out(folder, monkeypatch):
    """Between listing a folder and looking at its files, as happens while an editor saves."""
    from kb import Library

    (folder / "gone.yaml").write_text(GOOD)
    scandir = os.scandir

    def vanishing(place):
        items = list(scandir(place))
        (folder / "gone.yaml").unlink(missing_ok=True)
        return Listing(items)

    class Listing(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(os, "scandir", vanishing)
    library = Library.load(folder.parent)
    assert list(library.heads) == ["passes"]
    assert not library.problems


@given(st.text(alphabet=st.sampled_from(string.printable + "\x00\x1b\u202e\ufeff混")))
def test_no_text_stops_the_reader(text):
    source = Source("a.yaml", text)
    assert (
        source.problems
        or source.data is None
        or isinstance(source.data, dict | list | str | int | float | bool)
        or source.data
    )


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reader(raw):
    parse(Path("m/a.yaml"), raw, "user")


@given(st.data())
def test_no_change_to_a_good_entry_stops_the_parser(data):
    """Pieces of YAML put in and characters taken out at random places."""
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        piece = data.draw(
            st.sampled_from(
                [
                    "",
                    "- ",
                    "[",
                    "]",
                    "{",
                    "}",
                    ": ",
                    "\n",
                    "  ",
                    "&a ",
                    "*a ",
                    "!!int ",
                    "|",
                    "'",
                    '"',
                    "\x00",
                    "x",
                ]
            )
        )
        text = text[:at] + piece + text[at + cut :]
    entry, problems = parse(Path("m/a.yaml"), text.encode("utf-8", "surrogatepass"), "user")
    assert (entry is None) == bool(problems)
