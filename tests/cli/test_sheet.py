"""`ptnote sheet` as people call it: which entries, into which files, and what is refused."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.helpers import on_terminal, one_line
from tests.conftest import LIBRARY
from tests.sheet.traps import SCRIPT, write_evil

pytest.importorskip("jinja2")
pytest.importorskip("genanki")
nbformat = pytest.importorskip("nbformat")

ENDS = (".html", ".md", ".ipynb", ".apkg")


def notes(package: Path) -> list[tuple[str, str]]:
    """The guid and the fields of every note of an Anki package."""
    with zipfile.ZipFile(package) as archive:
        base = package.with_suffix(".anki2")
        base.write_bytes(archive.read("collection.anki2"))
    with sqlite3.connect(base) as connection:
        found = connection.execute("select guid, flds from notes order by id").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("end", ENDS)
def test_a_sheet_holds_the_entries_that_words_choose(small, tmp_path, end):
    done = small("sheet", "answers", "passes", "-o", f"sheet{end}", "-L", "en")
    assert (done.code, done.out) == (0, f"sheet{end}\n")
    one_line(done, "entries: 2", "size:")
    path = tmp_path / f"sheet{end}"
    text = str(notes(path)) if end == ".apkg" else path.read_text()
    assert "Reverse a text" in text
    assert "zhongwen" not in text


def test_json_says_what_was_written(small, tmp_path):
    told = json.loads(small("sheet", "reverse-text", "-o", "a.md", "--json").out)
    assert told["files"] == ["a.md"]
    assert told["entries"] == ["reverse-text"]
    assert told["size"] == (tmp_path / "a.md").stat().st_size
    assert (told["figures"], told["left_out"]) == (0, [])


def test_languages_are_those_that_were_asked_for(small, tmp_path):
    for lang, words in {"en": ["Reverse a text"], "zh": ["反转字符串"], "both": ["Reverse", "反转"]}.items():
        small("sheet", "reverse-text", "-o", "a.md", "--force", "-L", lang)
        text = (tmp_path / "a.md").read_text()
        assert all(word in text for word in words)
        assert ("反转字符串" in text) == (lang != "en")
        assert ("Reverse a text" in text) == (lang != "zh")


def test_all_means_explanation_and_snippets(small, tmp_path):
    small("sheet", "reverse-text", "-o", "card.md", "-L", "en")
    small("sheet", "reverse-text", "-o", "all.md", "-L", "en", "--all")
    card, whole = ((tmp_path / name).read_text() for name in ("card.md", "all.md"))
    assert "backwards = text[::-1]" in card
    assert "because texts never change" not in card
    for words in (
        "because texts never change",
        "three two one",
        "AttributeError: 'str'",
        "Only lists have it",
    ):
        assert words in whole


def test_the_builtin_entries_fill_a_page_of_less_than_ten_megabytes(ptnote, tmp_path):
    done = ptnote("sheet", "-o", "all.html")
    assert done.code == 0
    assert 1e6 < (tmp_path / "all.html").stat().st_size < 10e6


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-o", "a.txt"], 2, ["a.txt", ".html, .pdf, .md, .ipynb, .apkg"]),
        (["-o", "nowhere/a.md"], 1, ["cannot write nowhere/a.md", "no folder nowhere"]),
        (["-o", "folder.md"], 1, ["folder.md", "it is a folder"]),
        (["nosuchthing", "-o", "a.md"], 1, ["no entry 'nosuchthing'"]),
        (["losess", "-o", "a.md"], 1, ["no entry 'losess'", "losses"]),
        ([], 2, ["--output", "ptnote sheet --help"]),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(ptnote, tmp_path, arguments, code, words):
    (tmp_path / "folder.md").mkdir()
    done = ptnote("sheet", *arguments)
    assert (done.code, done.out) == (code, "")
    one_line(done, *words)
    assert not [path for path in tmp_path.iterdir() if path.is_file() and path.suffix == ".md"]


def test_a_file_that_exists_stays_unless_it_is_forced(small, tmp_path):
    path = tmp_path / "a.md"
    path.write_text("mine\n")
    path.chmod(0o640)
    done = small("sheet", "passes", "-o", "a.md")
    assert (done.code, done.out) == (2, "")
    one_line(done, "a.md exists already", "--force")
    assert path.read_text() == "mine\n"
    assert small("sheet", "passes", "-o", "a.md", "--force").code == 0
    assert path.read_text() != "mine\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_on_a_terminal_it_is_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.md"
    path.write_text("mine\n")
    shown = on_terminal("sheet", "one-hot", "-o", "a.md", "-L", "en", typed="n\n")
    assert "a.md exists already. Replace it?" in shown
    assert "nothing was written" in shown
    assert path.read_text() == "mine\n"
    assert "替换" in on_terminal("sheet", "one-hot", "-o", "a.md", "-L", "zh", typed="y\n")
    assert "# 独热编码" in path.read_text()


def test_a_missing_package_is_named_with_what_to_install(tmp_path):
    program = "import sys; sys.modules['jinja2'] = None; from pycli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "sheet", "one-hot", "-o", str(tmp_path / "a.html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 77
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'ptnote-pytorch[sheet]'" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("end", ENDS)
def test_an_entry_cannot_break_out_of_a_sheet(ptnote, tmp_path, end):
    evil = write_evil(tmp_path / "evil-entries")
    done = ptnote("sheet", "evil", "-o", f"a{end}", "--all", env={"PTNOTE_PATH": str(evil)})
    assert done.code == 0
    path = tmp_path / f"a{end}"
    text = str(notes(path)) if end == ".apkg" else path.read_text()
    assert "Evil" in text
    if end in (".html", ".apkg"):
        assert SCRIPT not in text
        assert "<img" not in text
        assert 'href="javascript' not in text


def test_a_snippet_with_a_picture_is_run_for_it(ptnote, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("matplotlib")
    done = ptnote("sheet", "plot-loss", "-o", "a.html", "--figures", "--json")
    told = json.loads(done.out)
    assert told["figures"] >= 1
    assert told["left_out"] == []
    assert (tmp_path / "a.html").read_text().count("data:image/png;base64,") == told["figures"]


def test_code_of_others_is_not_run_for_its_pictures_without_a_yes(ptnote, tmp_path):
    root = tmp_path / "own"
    (root / "plots").mkdir(parents=True)
    text = (LIBRARY / "basics" / "passes.yaml").read_text()
    first = text.index("    code: |\n") + len("    code: |\n")
    (root / "plots" / "mine.yaml").write_text(
        text[:first] + '      open("x.svg", "w").write("<svg/>")\n' + text[first:]
    )
    env = {"PTNOTE_PATH": str(root)}
    done = ptnote("sheet", "mine", "-o", "a.html", "--figures", env=env)
    assert done.code == 1
    one_line(done, "mine.yaml", "not part of ptnote")
    assert not (tmp_path / "a.html").exists()


def test_ids_of_cards_stay_the_same(small, tmp_path):
    ids = []
    for lang in ("en", "zh"):
        small("sheet", "answers", "-o", f"{lang}.apkg", "-L", lang)
        ids.append([guid for guid, _ in notes(tmp_path / f"{lang}.apkg")])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0]) == 2  # the entry, and the message that it explains
