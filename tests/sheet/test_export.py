"""Exports, read by the rules of the tools that they are for."""

import json
import re
import subprocess

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from kb.sheet.cheat import sheets
from kb.sheet.choose import chosen
from kb.sheet.content import Sheet
from kb.sheet.navi import cheats, printing
from kb.sheet.vscode import escaped, snippets
from tests.cli.helpers import one_line

CODE = st.text(
    st.one_of(st.sampled_from("$}{\\<>a_-#%@;:`'\" \n"), st.characters(categories=["L", "N", "P", "S"])),
    max_size=40,
)

SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["body"],
        "additionalProperties": False,
        "properties": {
            "prefix": {"type": ["string", "array"], "items": {"type": "string"}},
            "isFileTemplate": {"type": "boolean"},
            "body": {"type": ["string", "array"], "items": {"type": "string"}},
            "description": {"type": ["string", "array"]},
            "scope": {"type": "string"},
        },
    },
}
"""What VS Code demands of a file of snippets that is not for one language."""


@pytest.fixture(scope="module")
def everything(builtin) -> Sheet:
    return Sheet(groups=chosen(builtin), languages=("en", "zh"))


def inserted(body: str) -> str:
    """What VS Code inserts for the body of a snippet without places to fill in: `\\$`, `\\}` and `\\\\` stand
    for the second character; a dollar that is left would begin a place or a variable."""
    return re.sub(r"\\([$}\\])|(\$)", lambda found: found[1] or "<a place to fill in>", body)


@given(CODE)
@example("print(f'${x}')")
@example("re.sub(r'\\$1', s)")
def test_an_editor_inserts_the_code_as_it_is(code):
    assert inserted(escaped(code)) == code


def test_snippets_of_vs_code(everything):
    made = json.loads(snippets(everything))
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(made, SCHEMA)
    for entry in everything.entries:
        if entry.answer:
            one = made[entry.id]
            assert inserted("\n".join(one["body"])) == entry.answer.rstrip("\n")
            assert one["prefix"][0] == entry.id
            assert one["scope"] == "python"
        for snippet in entry.snippets:
            one = made.get(f"{entry.id}: {snippet.name}")
            assert (one is None) == bool(snippet.raises)
            assert one is None or inserted("\n".join(one["body"])) == snippet.code.rstrip("\n")
    assert not [prefix for one in made.values() for prefix in one["prefix"] if re.search(r"\s", prefix)]


def navi_items(text: str) -> list[tuple[str, str, str]]:
    """Tags, comment, and command of every item, as navi's parser has them; it fails on lines that would be
    variables or dependencies."""
    found: list[tuple[str, str, str]] = []
    tags = comment = ""
    command: list[str] = []

    def end() -> None:
        if comment and "".join(command).strip():
            found.append((tags, comment, "\n".join(command).rstrip("\n")))
        command.clear()

    for line in text.split("\n"):
        if line.startswith("%"):
            end()
            tags = line[2:].strip()
        elif line.startswith("#"):
            end()
            comment = line[2:].strip()
        elif line.startswith(("@", ";", "$", "```")):
            raise AssertionError(line)
        else:
            command.append(line)
    end()
    return found


def run(command: str) -> str:
    return subprocess.run(["bash"], input=command, capture_output=True, text=True, check=True).stdout


@given(CODE)
@example("# comment\n@decorator\n%magic\n; x\n$ a: b\n```\nPYTHON\nPYTHON_\n<name> ‹ «")
@example("  indented\n\n\tand tabs")
def test_a_command_for_navi_prints_the_code(code):
    command = printing(code)
    items = navi_items(f"% t\n# c\n{command}\n")
    assert len(items) == 1
    assert not re.search(r"<\w[\w-]*>", command)
    assert run(items[0][2]) == code.rstrip("\n") + "\n"


def test_the_cheatsheet_of_navi(everything):
    items = navi_items(cheats(everything).decode())
    wanted = [
        code
        for entry in everything.entries
        for code in (entry.answer, *(one.code for one in entry.snippets if not one.raises))
        if code
    ]
    assert len(items) == len(wanted)
    assert not [command for _, _, command in items if re.search(r"<\w[\w-]*>", command)]
    whole = "printf '%s\\0' start\n" + "\n".join(f"{command}\nprintf '\\0'" for _, _, command in items)
    assert run(whole).split("\0")[1:-1] == [f"{code.rstrip()}\n" for code in wanted]
    assert {tags.split(", ")[0] for tags, _, _ in items} == {"pytorch"}


def test_cheatsheets_of_cheat(everything):
    made = sheets(everything)
    assert sorted(made) == sorted(entry.id for entry in everything.entries)
    for entry in everything.entries:
        text = made[entry.id].decode()
        begin, front, body = text.split("---\n", 2)
        settings = yaml.safe_load(front)
        assert begin == ""
        assert settings["syntax"] == "python"
        assert settings["tags"][:2] == ["pytorch", entry.category]
        assert entry.answer.rstrip("\n") in body
        assert all(one.code.rstrip("\n") in body for one in entry.snippets)
        compile(re.sub(r"^(await .*|[%!].*)$", "pass", body, flags=re.MULTILINE), entry.id, "exec")


@pytest.mark.parametrize("tool", ["vscode", "navi"])
def test_exports_to_a_file(small, tmp_path, tool):
    done = small("export", tool, "answers", "-o", "made", "-L", "en")
    assert (done.code, done.out) == (0, "made\n")
    assert "Reverse a word" in (tmp_path / "made").read_text()
    again = small("export", tool, "answers", "-o", "made")
    assert again.code == 2
    one_line(again, "made exists already", "--force")
    assert small("export", tool, "answers", "-o", "made", "--force").code == 0


def test_exports_to_a_folder(small, tmp_path):
    folder = tmp_path / "deep" / "sheets"
    done = small("export", "cheat", "answers", "passes", "-o", folder)
    assert sorted(done.out.split()) == [str(folder / "passes"), str(folder / "reverse-text")]
    (folder / "passes").write_text("mine")
    again = small("export", "cheat", "answers", "passes", "-o", folder)
    assert again.code == 2
    one_line(again, "exists already")
    assert (folder / "passes").read_text() == "mine"
    assert small("export", "cheat", "passes", "-o", folder, "--force", "--json").code == 0
    assert (folder / "passes").read_text().startswith("---\n")


def test_a_file_in_the_place_of_the_folder_is_named(small, tmp_path):
    (tmp_path / "sheets").write_text("mine")
    done = small("export", "cheat", "answers", "-o", "sheets")
    assert done.code == 1
    one_line(done, "cannot write sheets")
    assert small("export", "emacs", "-o", "x").code == 2
