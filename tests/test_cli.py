"""The installed `ptnote` command, end to end."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import HERE, LIBRARY, ROOT

COMMAND = str(Path(sys.executable).with_name("ptnote"))


def one_line(done, *words):
    """A single line on stderr that holds all of `words`, and no traceback."""
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err
    return True


# Looking things up


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["amp"], "amp-training"),
        (["混合精度"], "amp-training"),
        (["独热"], "one-hot"),
        (["学习率"], "lr-schedulers"),
        (["显存"], "cuda-memory"),
        (["GradScaler"], "amp-training"),
        (["one_hot"], "one-hot"),
        (["torch.nn.functional.one_hot"], "one-hot"),
        (["gradient", "cliping"], "grad-clip"),
        (["autocst"], "autocast"),
    ],
)
def test_search_finds_the_right_entry_first(ptnote, words, first):
    done = ptnote("search", *words, "--ids")
    assert (done.code, done.out.splitlines()[0]) == (0, first)


def test_a_result_shows_id_title_summary_and_why(ptnote):
    done = ptnote("search", "独热", "-L", "zh")
    title, summary, why = done.out.splitlines()[:3]
    assert title == "one-hot  独热编码"
    assert "F.one_hot" in summary
    assert "命中" in why
    assert "独热" in why


def test_search_explains_each_score(ptnote):
    done = ptnote("search", "learnig rate warmup", "--explain", "-n", "1", "-L", "en")
    assert re.search(r"\d\.\d\d  learnig \(learning\): ", done.out)
    assert re.search(r"answers \d+% of the question", done.out)


def test_search_reads_stdin(ptnote):
    assert ptnote("search", "-", "--ids", stdin="one_hot\n").out.splitlines()[0] == "one-hot"


def test_nothing_found_is_exit_1_with_the_next_thing_to_type(ptnote):
    done = ptnote("search", "xyzzy", "-L", "en")
    assert (done.code, done.out) == (1, "")
    assert one_line(done, "nothing found for 'xyzzy'", "ptnote list")


@pytest.mark.parametrize("query", [[], [""], ["   "], ["?!"], ["（"]])
def test_an_empty_query_is_a_usage_error(ptnote, query):
    done = ptnote("search", *query)
    assert done.code == 2
    assert one_line(done, "try: ptnote search amp")


@pytest.mark.parametrize("query", ["(amp", '"amp', "tag: amp", "amp AND", "amp^", "[amp"])
def test_query_syntax_is_only_words(ptnote, query):
    assert ptnote("search", query, "--ids").out.splitlines()[0] == "amp-training"


def test_a_word_alone_is_shown_or_searched(ptnote):
    assert ptnote("one", "hot").out.startswith("One-hot encoding")
    assert ptnote("梯度裁剪").out.startswith("Gradient clipping · 梯度裁剪")
    assert "matched" in ptnote("rotate pictures", "-L", "en").out
    done = ptnote("serch")
    assert "did you mean: ptnote search" in done.err


@pytest.mark.parametrize("name", ["one-hot", "one hot", "One_Hot", "onehot", "独热", "one-h"])
def test_names_are_forgiving(ptnote, name):
    assert ptnote("show", *name.split(), "-L", "en").out.startswith("One-hot encoding\n")


def test_an_unknown_entry_suggests(ptnote):
    done = ptnote("show", "onehott")
    assert done.code == 1
    assert one_line(done, "no entry 'onehott'", "did you mean: one-hot?")


def test_an_unknown_snippet_names_the_known(ptnote):
    done = ptnote("run", "one-hot", "-s", "nope")
    assert done.code == 1
    assert one_line(done, "no snippet 'nope'", "default, scatter, wrong, right")


def test_shown_code_is_run_byte_for_byte(ptnote):
    code = ptnote("show", "passes", "--code", env={"PTNOTE_PATH": str(LIBRARY)}).out
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True)
    assert done.stdout == "[4.0, 6.5]\n"


def test_json_has_stable_keys(ptnote):
    found = json.loads(ptnote("search", "amp", "--json").out)
    assert found["schema"] == 1
    assert set(found["hits"][0]) == {"id", "title", "summary", "category", "tags", "score", "why", "reasons"}
    shown = json.loads(ptnote("show", "one-hot", "--json").out)
    assert shown["id"] == "one-hot"
    assert shown["title"]["zh"] == "独热编码"
    for command in ("list", "tags", "categories", "sources", "paths", "random"):
        assert json.loads(ptnote(command, "--json").out)["schema"] == 1


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LANG": "en_US.UTF-8"}, "One-hot encoding\n"),
        ({"LANG": "zh_CN.UTF-8"}, "独热编码\n"),
        ({"LANG": "C"}, "One-hot encoding · 独热编码\n"),
        ({"LANG": ""}, "One-hot encoding · 独热编码\n"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "独热编码\n"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_TW:en"}, "独热编码\n"),
        ({"LANG": "zh_CN.UTF-8", "PTNOTE_LANG": "en"}, "One-hot encoding\n"),
        ({"LANG": "fr_FR.UTF-8"}, "One-hot encoding\n"),
    ],
)
def test_the_language_follows_option_setting_and_locale(ptnote, env, said):
    assert ptnote("show", "one-hot", env={"PYTHONUTF8": "1", **env}).out.startswith(said)
    assert ptnote("show", "one-hot", "-L", "zh", env={"PYTHONUTF8": "1", **env}).out.startswith("独热编码\n")


def test_settings_come_from_a_toml_file(ptnote, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('lang = "zh"\n')
    env = {"PTNOTE_CONFIG": str(config)}
    assert ptnote("show", "one-hot", env=env).out.startswith("独热编码\n")
    for text in ('lang = "fr"\n', "lang = \n", "colour = 1\n", 'color = "pink"\n'):
        config.write_text(text)
        done = ptnote("list", env=env)
        assert done.code == 2
        assert one_line(done, "config.toml")
    done = ptnote("list", env={"PTNOTE_LANG": "fr"})
    assert done.code == 2
    assert one_line(done, "PTNOTE_LANG")


# Lists


def test_lists_print_one_name_per_line_in_a_pipe(ptnote):
    ids = ptnote("list").out.splitlines()
    assert len(ids) == len(set(ids)) == len(list((ROOT / "entries").glob("*/*.yaml")))
    assert "one-hot" in ids
    tagged = ptnote("list", "-t", "amp").out.splitlines()
    assert {"amp-training", "autocast"} <= set(tagged) < set(ids)
    assert set(ptnote("list", "-c", "losses").out.splitlines()) >= {"cross-entropy", "focal-loss"}
    assert "loss" in ptnote("tags").out.splitlines()
    assert len(ptnote("categories").out.splitlines()) == 16
    done = ptnote("list", "-t", "nothing")
    assert done.code == 1
    assert one_line(done, "ptnote tags")


def test_head_ends_silently():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {COMMAND} list | head -1"], capture_output=True, text=True
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    shown = subprocess.run(
        ["bash", "-c", f"{COMMAND} show one-hot | head -1"], capture_output=True, text=True
    )
    assert shown.stderr == ""


def test_the_welcome_counts_and_suggests_five_things(ptnote):
    done = ptnote()
    assert done.code == 0
    count = len(ptnote("list").out.splitlines())
    assert f"{count} entries" in done.out
    assert len([line for line in done.out.splitlines() if line.startswith("  ptnote ")]) == 5


def test_sources_show_the_table_and_the_count(ptnote):
    done = ptnote("sources")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert len(rows) == 260
    assert ["one-hot", "one-hot 编码", "000 one-hot编码", "one-hot"] in rows
    covered = sum(row[3] != "-" for row in rows)
    assert f"{covered} of 260 topics" in done.err
    assert len(ptnote("sources", "--open").out.splitlines()) == 260 - covered


# Running


def test_run_streams_passes_the_code_on_and_closes_with_one_line(small):
    done = small("run", "passes", "--yes")
    assert (done.code, done.out) == (0, "[4.0, 6.5]\n")
    assert re.search(r"passes/default passed · \w+ · torch 2\.\S+ · \d+\.\d\d s · peak \d+ MiB", done.err)
    assert small("run", "fails", "-s", "exits", "--yes").code == 3
    assert small("run", "passes", "wrong", "--yes").code == 1


def test_foreign_code_is_asked_for_once(small):
    done = small("run", "passes")
    assert done.code == 1
    assert one_line(done, "passes.yaml:", "not part of ptnote", "--yes")
    assert small("run", "passes", "--yes").code == 0
    assert small("run", "passes").code == 0


def test_a_missing_device_is_one_line_and_exit_77(ptnote):
    missing = "mps" if sys.platform == "linux" else "cuda"
    done = ptnote("run", "one-hot", "--device", missing)
    assert (done.code, done.out) == (77, "")
    assert one_line(done, f"needs {missing}", "ptnote doctor")


def test_a_time_out_is_exit_124(small):
    done = small("run", "fails", "-s", "forever", "--timeout", "1", "--yes")
    assert done.code == 124
    assert one_line(done, "longer than 1 s")


def test_a_result_as_json(small):
    done = small("run", "passes", "--json", "--yes")
    result = json.loads(done.out)
    assert (result["outcome"], result["stdout"], result["exit_code"]) == ("passed", "[4.0, 6.5]\n", 0)


def test_the_working_folder_can_be_kept(ptnote):
    done = ptnote("run", "checkpoint-resume", "-s", "best", "--keep")
    folder = Path(done.err.splitlines()[-1].rpartition(" ")[2])
    assert sorted(path.name for path in folder.iterdir()) == ["best.pt", "last.pt"]
    shutil.rmtree(folder)


def test_ctrl_c_ends_everything_with_130(tmp_path):
    env = {**os.environ, "PTNOTE_PATH": str(LIBRARY)}
    process = subprocess.Popen(
        [COMMAND, "run", "fails", "-s", "forever", "--yes"],
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        cwd=tmp_path,
    )
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err == "ptnote: interrupted\n"


def test_testing_summarizes_and_reports(small, tmp_path):
    done = small(
        "test",
        "passes",
        "needs-cuda",
        "zhongwen",
        "--yes",
        "--device",
        "cpu",
        "--junit",
        str(tmp_path / "r.xml"),
    )
    assert done.code == 0
    assert "3 passed" in done.out
    assert "1 skipped" in done.out
    assert "needs cuda" in done.out
    assert "slowest" in done.out
    assert (tmp_path / "r.xml").exists()


def test_a_failed_test_shows_file_line_and_diff(small):
    done = small("test", "fails", "--yes", "--timeout", "2", "--json")
    results = json.loads(done.out)
    assert done.code == 1
    outcomes = {result["snippet"]: result["outcome"] for result in results["results"]}
    assert outcomes["default"] == "failed"
    assert outcomes["forever"] == "timeout"
    assert outcomes["needs"] == "skipped"
    assert outcomes["reads"] == "passed"
    text = small("test", "fails", "--yes", "--timeout", "2").out
    line = 3 + next(
        number
        for number, line in enumerate((LIBRARY / "basics" / "fails.yaml").read_text().splitlines(), 1)
        if "code: |" in line
    )
    assert f"fails.yaml:{line} fails/default: AssertionError: one is not two" in text
    assert "-two\n+three" in text


def test_update_writes_what_was_observed(own_library, ptnote):
    env = {"PTNOTE_PATH": str(own_library)}
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("[4.0, 6.5]", "[0.0]"))
    assert ptnote("test", "passes", "--yes", env=env).code == 1
    done = ptnote("test", "passes", "--yes", "--update", env=env)
    assert done.code == 0
    assert "updated" in done.err
    assert "      [4.0, 6.5]\n" in path.read_text()
    assert ptnote("test", "passes", "--yes", env=env).code == 0


def test_the_doctor_tells_versions_devices_packages_and_folders(ptnote):
    done = ptnote("doctor")
    for words in ("torch", "cpu:", "matplotlib", "built-in: ", "index", "Whoosh-Reloaded 2.7.5"):
        assert words in done.out
    report = json.loads(ptnote("doctor", "--json").out)
    assert report["machine"]["torch"].startswith("2.")


# Checking


def test_check_reports_file_and_line_and_fails(ptnote, own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("see_also: [fails]", "see_also: [nowhere]"))
    done = ptnote("check", str(own_library))
    assert done.code == 1
    line = path.read_text().splitlines().index("see_also: [nowhere]") + 1
    assert f"passes.yaml:{line}: E104" in done.out
    env = {"PTNOTE_PATH": str(own_library)}
    assert "E104" in ptnote("check", str(path), env=env).out
    assert ptnote("check", str(own_library / "chinese"), env=env).code == 0
    assert json.loads(ptnote("check", str(path), "--json", env=env).out)["problems"][0]["line"] == line


def test_a_broken_entry_is_told_wherever_one_looks(ptnote, own_library):
    (own_library / "basics" / "passes.yaml").write_text("title: [\n")
    env = {"PTNOTE_PATH": str(own_library)}
    done = ptnote("list", env=env)
    assert done.code == 0
    assert one_line(done, "1 entry file", "ptnote check")
    done = ptnote("check", env=env)
    assert done.code == 1
    assert "passes.yaml:2: E001 not YAML" in done.out


def test_checking_what_is_not_there_is_an_error(ptnote, tmp_path):
    done = ptnote("check", "nowhere.yaml")
    assert done.code == 1
    assert one_line(done, "no such file: nowhere.yaml")
    (tmp_path / "stray.yaml").write_text("")
    assert one_line(ptnote("check", "stray.yaml"), "in no entries folder")


def test_an_unreadable_folder_is_named(ptnote, tmp_path):
    done = ptnote("list", env={"PTNOTE_PATH": str(tmp_path / "nowhere")})
    assert done.code == 1
    assert one_line(done, "nowhere", "ptnote paths")


# The shell around it


def test_a_wrong_option_is_one_line(ptnote):
    done = ptnote("list", "--jsn")
    assert done.code == 2
    assert one_line(done, "no option --jsn", "--json", "ptnote list --help")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "gbk"])
def test_terminals_that_are_not_utf8_get_what_they_can_show(encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([COMMAND, "show", "one-hot"], capture_output=True, env=env)
    assert done.returncode == 0
    assert done.stderr == b""
    assert ("独热编码".encode("gbk") in done.stdout) == (encoding == "gbk")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid(ptnote, shell):
    script = ptnote("completion", shell).out
    assert "_PTNOTE_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("ptnote show one", "one-hot"),
        ("ptnote sea", "search"),
        ("ptnote one", "one-hot"),
        ("ptnote list -t am", "amp"),
    ],
)
def test_completion_completes_commands_ids_and_tags(ptnote, line, wanted):
    words = line.split()
    env = {"_PTNOTE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    assert f"plain,{wanted}" in ptnote(env=env).out.splitlines()


def test_debug_shows_the_traceback(ptnote):
    assert "Traceback" in ptnote("--debug", "show", "nosuch").err


def test_every_command_has_help(ptnote):
    commands = re.findall(r"^  (\w+) ", ptnote("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) == 14
    for command in commands:
        assert "Usage: ptnote" in ptnote(command, "--help").out
    assert re.fullmatch(r"ptnote, version \d+\.\d+\.\d+\n", ptnote("--version").out)


# Screens


def on_terminal(*arguments: str, columns: int = 80, **env: str) -> str:
    """What a command writes when a terminal of this width is looking."""
    leader, follower = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdout=follower,
        stderr=follower,
        stdin=follower,
        env={**os.environ, "TERM": "xterm", **env},
    )
    os.close(follower)
    written = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    process.wait()
    os.close(leader)
    return written.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_unless_told_otherwise():
    assert "\x1b[" in on_terminal("show", "one-hot", "--no-pager")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", NO_COLOR="1")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", TERM="dumb")
    assert "\x1b[" not in on_terminal("show", "one-hot", "--no-pager", "--color", "never")
    assert "\x1b[" in on_terminal("show", "one-hot", "--no-pager", "--color", "always", NO_COLOR="1")


def test_a_pipe_gets_no_colour_unless_told_to(ptnote):
    assert "\x1b[" not in ptnote("show", "one-hot").out
    assert "\x1b[" in ptnote("show", "one-hot", env={"FORCE_COLOR": "1"}).out


def test_a_long_page_goes_through_the_pager():
    assert on_terminal("show", "one-hot", PTNOTE_PAGER="sed s/^/PAGED:/").startswith("PAGED:")
    assert "PAGED:" not in on_terminal("show", "one-hot", "--no-pager", PTNOTE_PAGER="sed s/^/PAGED:/")


def test_the_first_search_shows_progress_on_a_terminal():
    first = on_terminal("search", "amp", columns=100)
    assert "indexing" in first
    assert "indexing" not in on_terminal("search", "amp", columns=100)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_prose_line_is_wider_than_the_terminal(width):
    from pycli.terminal.blocks import columns

    for name in ("zhongwen", "passes"):
        screen = on_terminal(
            "show", name, "--no-pager", "--color=never", columns=width, PTNOTE_PATH=str(LIBRARY)
        )
        code = {
            line
            for path in LIBRARY.glob("*/*.yaml")
            for line in path.read_text().replace("      ", "").splitlines()
        }
        for line in screen.splitlines():
            assert columns(line) <= width or line in code or "RuntimeError" in line, line


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize("name", ["passes", "zhongwen"])
def test_a_page_looks_as_it_did(name, lang, small):
    screen = small("show", name, "-L", lang, env={"COLUMNS": "80"}).out
    golden = HERE / "golden" / f"show-{name}-{lang}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()


def test_search_results_look_as_they_did(small):
    screen = small("search", "混合精度", "-n", "2", "-L", "both", env={"COLUMNS": "80"}).out
    golden = HERE / "golden" / "search.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(screen)
    assert screen == golden.read_text()
