"""`ptnote import`."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

pytest.importorskip("detect_secrets")
pytest.importorskip("pyflakes")

import kb.drafts.importing
from kb import Library
from tests.cli.helpers import COMMAND, on_terminal, one_line
from tests.conftest import HERE
from tests.processes import PATIENCE

SAMPLE, CHINESE = HERE / "notes" / "sample.md", HERE / "notes" / "zhongwen.md"

VERDICTS = {
    12: "runs",
    21: "runs",
    28: "other",
    36: "outdated",
    41: "outdated",
    49: "fails",
    54: "blocked",
    58: "incomplete",
    62: "syntax",
    67: "package",
    71: "package",
    77: "other",
    80: "other",
    86: "secret",
}
"""The line of each block of the sample, and what is to be said of it."""

SECRETS = ("x7Kq29", "correct-horse")


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The report on the sample, made once because it runs torch, and where the drafts lie."""
    if not SAMPLE.exists():
        pytest.fail("the sample is missing")
    folder = tmp_path_factory.mktemp("drafts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        return kb.import_notes(Library.load(), [SAMPLE], into=folder / "out", agreed=True), folder / "out"


@pytest.fixture
def own(clean_environment):
    """The folder of the user's own entries."""
    return clean_environment / "xdg_data_home" / "ptnote" / "entries"


def files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


# What is said of each block


@pytest.mark.needs_torch
def test_each_block_of_the_sample_has_its_verdict(imported):
    report, _ = imported
    (note,) = report.notes
    assert {block.line: block.verdict for block in note.blocks} == VERDICTS
    assert report.total == sum(report.totals.values()) == len(VERDICTS)
    told = {block.line: block for block in note.blocks}
    assert (told[21].uses, told[21].added) == ((12,), ())
    assert told[36].replaced[0].name == "torch.autograd.Variable"
    assert told[41].replaced[0].removed
    assert (told[49].at, told[49].explained) == (51, "linear-shape")
    assert told[54].at == 49
    assert told[58].names == ("criterion", "model", "x", "y")
    assert (told[62].reason, told[62].at) == ("expected ':'", 63)
    assert told[67].names == ("surely_not_installed_module",)
    assert {line: block.language for line, block in told.items() if block.verdict == "other"} == {
        28: "output",
        77: "shell",
        80: "yaml",
    }


@pytest.mark.needs_torch
def test_the_drafts_say_what_is_answered_already_and_what_check_demands(imported):
    report, out = imported
    drafts = {draft.id: draft for draft in report.notes[0].drafts}
    assert list(drafts) == ["one-hot-labels", "old-habits", "things-that-stop"]
    assert "one-hot" in drafts["one-hot-labels"].answered
    assert (drafts["one-hot-labels"].category, drafts["one-hot-labels"].problems) == ("losses", ())
    assert drafts["one-hot-labels"].tags[:3] == ("draft", "deep-learning", "pytorch")
    assert [left.title for left in report.notes[0].left] == [
        "Notes of a beginner",
        "On the machine",
        "Only words",
    ]
    assert {problem.code for problem in drafts["things-that-stop"].problems} == {"E112", "E113"}
    entry = Library.load(out).get("one-hot-labels")
    assert entry.snippets[0].output.startswith("tensor([[1, 0, 0],")
    assert entry.title.en == entry.title.zh == "One-hot labels"


@pytest.mark.needs_torch
def test_secrets_are_told_by_place_and_kind_and_written_nowhere(imported):
    report, out = imported
    assert [(one.line, one.kind) for one in report.notes[0].secrets] == [
        (84, "Announced Secret"),
        (87, "Secret Keyword"),
    ]
    for text in (repr(report), *files(out).values(), *files(out.parent).values()):
        assert not any(secret in text for secret in SECRETS)


@pytest.mark.needs_torch
def test_what_was_imported_runs_without_being_asked_again(ptnote, own):
    done = ptnote("import", str(CHINESE), "--yes")
    assert done.code == 0, done.err
    ran = ptnote("run", "gu-ding-sui-ji-zhong-zi", "-q")
    assert (ran.code, ran.out) == (0, "torch.Size([2])\n")
    tested = ptnote("test", "gu-ding-sui-ji-zhong-zi")
    assert tested.code == 0, tested.out
    assert "gu-ding-sui-ji-zhong-zi" in ptnote("search", "随机种子", "--ids").out
    assert "gu-ding-sui-ji-zhong-zi" in ptnote("list", "draft").out.split()


@pytest.mark.needs_torch
def test_the_user_agrees_first_and_once(ptnote, own):
    done = ptnote("import", str(CHINESE))
    assert (done.code, done.out) == (1, "")
    one_line(done, f"{CHINESE}:7: this code is not part of ptnote", f"ptnote import {CHINESE} --yes")
    assert not own.exists()
    assert ptnote("import", str(CHINESE), "--yes").code == 0
    assert ptnote("import", str(CHINESE), "--force").code == 0


@pytest.mark.needs_torch
def test_a_terminal_is_asked_and_no_means_parse_alone(own):
    said = on_terminal("import", str(CHINESE), "--no-pager", typed="n\n")
    assert "Run the code of these notes" in said
    assert "zhongwen.md:7" in said.replace("\n", "").replace(" ", "")
    assert "not run" in said
    assert len(files(own)) == 2


@pytest.mark.needs_torch
def test_a_block_that_takes_too_long_is_ended(ptnote, tmp_path):
    (tmp_path / "n.md").write_text("# Loop\n\n```python\nwhile True: pass\n```\n")
    done = ptnote("import", "n.md", "-o", "out", "--yes", "--timeout", "1", "-L", "en")
    assert "n.md:3  fails: took longer than 1 s" in done.out


@pytest.mark.needs_torch
def test_secrets_that_a_program_makes_up_are_not_written_either(ptnote, tmp_path):
    made = '"ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"'
    blocks = [f"print({made})\nprint('fine')", f"raise ValueError({made})"]
    (tmp_path / "n.md").write_text("# T\n\n" + "".join(f"```python\n{block}\n```\n\n" for block in blocks))
    done = ptnote("import", "n.md", "-o", "out", "--yes", "--json")
    assert [block["verdict"] for block in json.loads(done.out)["notes"][0]["blocks"]] == ["runs", "fails"]
    (written,) = files(tmp_path / "out").values()
    assert "      …\n      fine\n" in written
    assert "a1B2c3D4e5F6g7H8i9J0k1L2" not in done.out + written


@pytest.mark.needs_torch
def test_an_interpreter_that_cannot_run_them(ptnote, tmp_path):
    shutil.copy(CHINESE, tmp_path / "n.md")
    done = ptnote("import", "n.md", "-o", "out", "--yes", "--python", "/nonexistent")
    assert done.code == 2
    one_line(done, "cannot start /nonexistent")
    assert not (tmp_path / "out").exists()


@pytest.mark.needs_torch
def test_interrupted_while_blocks_run_nothing_is_written_and_nothing_left(tmp_path):
    (tmp_path / "n.md").write_text(
        "".join(
            f"# S{n}\n\n```python\nimport os, time\nprint({n})\ntime.sleep(600)\n```\n\n" for n in range(4)
        )
    )
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    command = [COMMAND, "import", "n.md", "-o", "out", "--yes", "--timeout", "600"]
    process = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + PATIENCE
    while not [*(tmp_path / "tmp").glob("*/*.py")] and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, "ptnote: interrupted\n")
    assert not (tmp_path / "out").exists()
    assert [*(tmp_path / "tmp").iterdir()] == []


# Without running


def test_the_report_in_both_languages(ptnote, tmp_path):
    shutil.copy(SAMPLE, tmp_path / "n.md")
    english = ptnote("import", "n.md", "-o", "en", "--no-run", "-L", "en").out
    chinese = ptnote("import", "n.md", "-o", "zh", "--no-run", "-L", "zh").out
    assert "n.md:62  does not parse: line 63: expected ':'" in english
    assert "n.md:62  语法错误：第 63 行：expected ':'" in chinese
    assert "n.md:87  left out, looks like a secret (Secret Keyword)" in english
    assert "n.md:87  看起来是密钥（Secret Keyword），已略去" in chinese
    assert "n.md:77  not Python (commands of a shell)" in english
    assert "n.md:77  不是 Python（命令行）" in chinese
    assert "Blocks of code: 14 (" in english
    assert "代码 14 段（" in chinese
    assert not any(secret in english + chinese for secret in SECRETS)
    for line in VERDICTS:
        assert f"n.md:{line}  " in english
        assert f"n.md:{line}  " in chinese


def test_json_has_every_block_and_the_totals(ptnote, tmp_path):
    shutil.copy(SAMPLE, tmp_path / "n.md")
    done = ptnote("import", "n.md", str(CHINESE), "-o", "out", "--no-run", "--json")
    told = json.loads(done.out)
    assert [note["path"] for note in told["notes"]] == ["n.md", str(CHINESE)]
    assert [block["line"] for block in told["notes"][0]["blocks"]] == list(VERDICTS)
    assert told["blocks"] == sum(told["totals"].values()) == len(VERDICTS) + 3
    assert told["totals"] == {"other": 3, "syntax": 1, "secret": 1, "not_run": 12}
    assert not any(secret in done.out for secret in SECRETS)
    for draft in told["notes"][0]["drafts"]:
        assert (tmp_path / draft["path"]).is_file()


def test_drafts_belong_to_the_user_the_project_or_a_folder(ptnote, tmp_path, own):
    shutil.copy(CHINESE, tmp_path / "n.md")
    names = {"checkpoint-io/jia-zai-mo-xing.yaml", "setup-device/gu-ding-sui-ji-zhong-zi.yaml"}
    ptnote("import", "n.md", "--no-run")
    assert set(files(own)) == names
    ptnote("import", "n.md", "--no-run", "--project")
    assert set(files(tmp_path / ".ptnote")) == names
    ptnote("import", "n.md", "--no-run", "-o", "some/where")
    assert set(files(tmp_path / "some" / "where")) == names
    assert "see_also" in files(own)["setup-device/gu-ding-sui-ji-zhong-zi.yaml"]
    # where the built-in entries are not at hand, nothing refers to them
    assert "see_also" not in files(tmp_path / "some" / "where")["setup-device/gu-ding-sui-ji-zhong-zi.yaml"]


def test_nothing_is_overwritten_unless_asked(ptnote, tmp_path, own):
    shutil.copy(CHINESE, tmp_path / "n.md")
    assert ptnote("import", "n.md", "--no-run").code == 0
    before = files(own)
    again = ptnote("import", "n.md", "--no-run", "-L", "en")
    assert (again.code, files(own)) == (0, before)
    assert "Drafts: 2 (unchanged: 2)" in again.out
    path = own / "checkpoint-io" / "jia-zai-mo-xing.yaml"
    path.write_text(path.read_text() + "# mine\n")
    kept = ptnote("import", "n.md", "--no-run", "-L", "en")
    assert kept.code == 1
    one_line(kept, "drafts that exist and differ were kept: 1", "--force")
    assert path.read_text().endswith("# mine\n")
    assert ptnote("import", "n.md", "--no-run", "--force").code == 0
    assert files(own) == before


def test_no_entry_of_the_same_name_is_hidden_or_replaced(ptnote, tmp_path, own):
    (tmp_path / "n.md").write_text("# Mixup\n\n```python\nprint(1)\n```\n")
    (tmp_path / "other.md").write_text("# Mixup\n\n```python\nprint(2)\n```\n")
    mine = own / "training" / "mixup-note.yaml"
    for name, made in (("n.md", "mixup-note"), ("other.md", "mixup-note-2")):
        told = json.loads(ptnote("import", name, "--no-run", "--json").out)
        assert [draft["id"] for draft in told["notes"][0]["drafts"]] == [made]
    mine.write_text(mine.read_text().replace("- draft", "- mine"))
    told = json.loads(ptnote("import", "n.md", "--no-run", "--json", "--force").out)
    assert told["notes"][0]["drafts"][0]["id"] == "mixup-note-3"
    assert "- mine" in mine.read_text()
    assert ptnote("show", "mixup", "--json").out.count('"layer": "built-in"') == 1


def test_a_note_that_is_named_twice_is_read_once(ptnote, tmp_path):
    shutil.copy(CHINESE, tmp_path / "n.md")
    told = json.loads(ptnote("import", "n.md", "n.md", "-o", "out", "--no-run", "--json").out)
    assert (len(told["notes"]), told["blocks"]) == (1, 3)


def test_drafts_that_lie_there_change_nothing_that_is_guessed(ptnote, tmp_path, own):
    text = (
        "# 我们组的学习率\n\n    print(optimizer.param_groups[0]['lr'])\n\n# Learning rate\n\n    print(1)\n"
    )
    (tmp_path / "n.md").write_text(text)
    first = json.loads(ptnote("import", "n.md", "--no-run", "--json").out)["notes"][0]
    again = json.loads(ptnote("import", "n.md", "--no-run", "--json").out)["notes"][0]
    assert [draft["state"] for draft in again["drafts"]] == ["unchanged", "unchanged"]
    assert again["blocks"] == first["blocks"]
    assert first["drafts"][0]["answered"]


def test_check_finds_what_the_report_names(ptnote, tmp_path, own):
    shutil.copy(SAMPLE, tmp_path / "n.md")
    told = json.loads(ptnote("import", "n.md", "--no-run", "--json").out)
    named = [(p["path"], p["line"], p["code"]) for d in told["notes"][0]["drafts"] for p in d["problems"]]
    found = json.loads(ptnote("check", str(own), "--json").out)["problems"]
    assert [(p["path"], p["line"], p["code"]) for p in found if p["severity"] == "fails"] == sorted(named)


# Bad input


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.md"], 1, ["cannot read nowhere.md", "No such file"]),
        (["folder"], 1, ["folder is a folder; name its files", "folder/*.md"]),
        (["large.md"], 1, ["cannot read large.md: it has more than 2048 KiB; split it"]),
        (["gbk.md"], 1, ["gbk.md:2: not UTF-8 but probably GBK", "iconv -f GB18030"]),
        (["binary.md"], 1, ["binary.md is not text"]),
        (["good.md", "gbk.md"], 1, ["gbk.md:2"]),
        (["good.md", "-o", "large.md"], 1, ["cannot write", "large.md is no folder", "-o FOLDER"]),
        (["good.md", "-o", "x", "--project"], 2, ["give -o or --project, not both"]),
        ([], 2, ["Missing argument 'NOTES...'"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line_and_nothing_is_written(ptnote, tmp_path, own, arguments, code, said):
    (tmp_path / "folder").mkdir()
    with (tmp_path / "large.md").open("wb") as file:
        file.truncate(50 << 20)
    (tmp_path / "gbk.md").write_bytes("# a\n训练\n".encode("gbk"))
    (tmp_path / "binary.md").write_bytes(b"\0\1\2" * 100)
    (tmp_path / "good.md").write_text("# T\n\n```python\nprint(1)\n```\n")
    done = ptnote("import", *arguments, *(["--no-run"] if arguments else []))
    assert (done.code, done.out) == (code, "")
    one_line(done, *said)
    assert not own.exists()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a title\n", "words\n\n```sh\nls\n```\n"])
def test_a_note_without_python_makes_no_draft(ptnote, tmp_path, own, text):
    (tmp_path / "n.md").write_text(text)
    done = ptnote("import", "n.md", "--no-run")
    assert done.code == 1
    one_line(done, "no draft was made: no Python code in n.md")
    assert not own.exists()


def test_crlf_tabs_and_fences_that_are_nested_or_never_closed(ptnote, tmp_path):
    text = "# T\n\n\tprint('tab')\n\n````python\nprint('```')\n````\n\n- a\n\n\t```python\n\tprint(1)\n\t```\n\n```python\nprint(2)\n"
    (tmp_path / "n.md").write_bytes(text.replace("\n", "\r\n").encode())
    done = ptnote("import", "n.md", "-o", "out", "--no-run", "-L", "en")
    assert done.code == 0, done.err
    for line in (3, 5, 11, 15):
        assert f"n.md:{line}  not run" in done.out
    assert done.out.count("its fence is never closed") == 1
    (written,) = files(tmp_path / "out").values()
    assert "print('```')" in written
    assert "\r" not in written


def test_terminal_escapes_and_markup_stay_text(ptnote, tmp_path):
    text = "# \x1b[31mRed `x` **y**\n\n\x1b]0;pwned\x07 words \u202e\n\n```python\nprint('\x1b[2J')\nx = (\n```\n"
    (tmp_path / "n.md").write_text(text)
    done = ptnote("import", "n.md", "-o", "out", "--no-run", "-L", "en")
    assert done.code == 0, done.err
    for shown in (done.out, *files(tmp_path / "out").values()):
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b[31mRed x y" in done.out
    env = {"PTNOTE_PATH": str(tmp_path / "out")}
    assert "\x1b" not in ptnote("list", "draft", env=env).out


@pytest.mark.parametrize(
    "name", ["we\x1bird `x`.md", b"\xff\xfe.md".decode(errors="surrogateescape"), "a b.md"]
)
def test_files_may_be_called_anything(ptnote, tmp_path, name):
    (tmp_path / name).write_text("# T\n\n```python\nprint(1)\n```\n")
    done = ptnote("import", name, "-o", "out", "--no-run", "-L", "en")
    assert done.code == 0, done.err
    assert "\x1b" not in done.out
    again = ptnote("import", name, "-o", "out", "--no-run", "-L", "en")
    assert "Drafts: 1 (unchanged: 1)" in again.out
    (path,) = (tmp_path / "out").rglob("*.yaml")
    assert Library.load(tmp_path / "out").problems == []
    assert "\x1b" not in path.read_text()


def test_a_section_that_is_too_large_for_an_entry_is_told(ptnote, tmp_path):
    large = "# L\n\n```python\n" + "# comment\n" * 120_000 + "x = 1\n```\n\n# S\n\n```python\nprint(1)\n```\n"
    (tmp_path / "n.md").write_text(large)
    done = ptnote("import", "n.md", "-o", "out", "--no-run", "-L", "en")
    assert done.code == 1
    assert "too large for an entry; split the section" in done.out
    assert len(files(tmp_path / "out")) == 1


@pytest.mark.skipif(not hasattr(__import__("os"), "geteuid"), reason="needs permissions")
def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(ptnote, tmp_path):
    from tests.faults.harness import ptnote as forked
    from tests.faults.harness import without_privileges

    (tmp_path / "n.md").write_text("# T\n\n```python\nprint(1)\n```\n")
    (tmp_path / "closed").mkdir(mode=0o555)
    done = forked(
        tmp_path / "s",
        "import",
        str(tmp_path / "n.md"),
        "-o",
        str(tmp_path / "closed" / "x"),
        before=without_privileges,
    )
    assert done.code == 1
    one_line(done, "cannot write", "Permission denied", "-o FOLDER")


def test_without_the_extra_one_line_says_what_to_install(ptnote, tmp_path, monkeypatch, capsys):
    from pycli.main import main

    monkeypatch.setattr(kb.drafts.importing, "PACKAGES", ("no_such_package_at_all",))
    (tmp_path / "n.md").write_text("# T\n")
    with pytest.raises(SystemExit) as ended:
        main(["import", str(tmp_path / "n.md")])
    assert ended.value.code == 77
    assert (
        "ptnote import needs more packages; install: pip install 'ptnote-pytorch[import]'"
        in capsys.readouterr().err
    )


def test_forty_columns_are_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, "n.md")
    said = on_terminal("import", "n.md", "-o", "out", "--no-run", "--no-pager", "-L", "en", columns=40)
    report = said.partition("\x1b[35")[2]  # behind the progress bar
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in report.split("\n")]
    assert len(lines) > 40
    assert [line for line in lines if len(line) > 40] == []


def test_import_completes_files_and_options(ptnote):
    rows = ptnote("completion", "--table").out.splitlines()
    assert "arguments:import\t@files\t" in rows
    assert any(row.startswith("options:import\t--no-run\t") for row in rows)
