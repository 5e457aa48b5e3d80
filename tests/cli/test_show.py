"""`ptnote show`: cards, whole entries, snippets, proofs; and the languages that every command speaks."""

import json
import subprocess
import sys

import pytest

from tests.cli.helpers import one_line
from tests.conftest import LIBRARY


@pytest.mark.parametrize("name", ["one-hot", "one hot", "One_Hot", "onehot", "独热", "one-h"])
def test_names_are_forgiving(ptnote, name):
    assert ptnote("show", *name.split(), "-L", "en").out.startswith("one-hot  One-hot encoding\n")


def test_an_unknown_entry_suggests(ptnote):
    done = ptnote("show", "onehott")
    assert done.code == 1
    one_line(done, "no entry 'onehott'", "did you mean: one-hot?")


def test_an_unknown_snippet_names_the_known(ptnote):
    done = ptnote("run", "one-hot", "-s", "nope")
    assert done.code == 1
    one_line(done, "no snippet 'nope'", "it has: default, ")


@pytest.mark.needs_torch
def test_shown_code_is_run_byte_for_byte(ptnote):
    code = ptnote("show", "passes", "--code", env={"PTNOTE_PATH": str(LIBRARY)}).out
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True)
    assert done.stdout == "[4.0, 6.5]\n"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LANG": "en_US.UTF-8"}, "One-hot encoding"),
        ({"LANG": "zh_CN.UTF-8"}, "独热编码"),
        ({"LANG": "C"}, "One-hot encoding"),
        ({"LANG": "POSIX"}, "One-hot encoding"),
        ({"LANG": ""}, "One-hot encoding"),
        ({"LANG": "C", "PTNOTE_LANG": "both"}, "One-hot encoding · 独热编码"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "独热编码"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_TW:en"}, "独热编码"),
        ({"LANG": "zh_CN.UTF-8", "PTNOTE_LANG": "en"}, "One-hot encoding"),
        ({"LANG": "fr_FR.UTF-8"}, "One-hot encoding"),
    ],
)
def test_the_language_follows_option_setting_and_locale(ptnote, env, said):
    env = {"PYTHONUTF8": "1", **env}
    assert ptnote("show", "one-hot", env=env).out.startswith(f"one-hot  {said}\n")
    assert ptnote("show", "one-hot", "-L", "zh", env=env).out.startswith("one-hot  独热编码\n")


def test_settings_come_from_a_toml_file(ptnote, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('lang = "zh"\n')
    env = {"PTNOTE_CONFIG": str(config)}
    assert ptnote("show", "one-hot", env=env).out.startswith("one-hot  独热编码\n")
    for text in ('lang = "fr"\n', "lang = \n", "color = 1\n", 'color = "pink"\n'):
        config.write_text(text)
        done = ptnote("list", env=env)
        assert done.code == 2
        one_line(done, "config.toml")
    done = ptnote("list", env={"PTNOTE_LANG": "fr"})
    assert done.code == 2
    one_line(done, "PTNOTE_LANG")


def test_an_entry_as_json_has_stable_keys(ptnote):
    shown = json.loads(ptnote("show", "one-hot", "--json").out)
    assert (shown["schema"], shown["id"], shown["category"]) == (1, "one-hot", "tensor-ops")
    assert shown["title"]["zh"] == "独热编码"


def test_json_tells_the_answer_the_proofs_and_what_makes_things_true(small):
    shown = json.loads(small("show", "reverse-text", "--json").out)
    assert shown["answer"].startswith("backwards = text[::-1]")
    assert shown["proofs"][0]["name"] == "answer"
    assert set(shown["proofs"][0]) == {"name", "says", "needs", "line"}
    assert [(one["proof"], one["source"]) for one in shown["pitfalls"]] == [
        ("reversed_is_an_iterator", None),
        (None, "https://docs.python.org/3/howto/unicode.html"),
    ]
    assert shown["myths"][0]["said"]["zh"] == "text.reverse() 可以反转字符串"
    assert "把字符串倒过来" in shown["asked"]


# The card


def test_a_card_shows_code_before_prose_and_what_else_to_type(small):
    lines = small("reverse-text", "-L", "en").out.splitlines()
    assert lines[0] == "reverse-text  Reverse a text"
    code = lines.index("backwards = text[::-1]  # a step of -1 walks from the end to the start")
    assert lines[code - 1] == lines[code + 2] == ""
    pitfall = next(number for number, line in enumerate(lines) if line.startswith("! "))
    assert code < pitfall
    assert lines[-4:] == [
        "Run: default, words, wrong, right  ($ ptnote run reverse-text words)",
        "3 statements proved  ($ ptnote show reverse-text --proofs)",
        "See also: passes",
        "More: explanation, all code and output  ($ ptnote show reverse-text --all)",
    ]


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize("name", ["reverse-text", "passes", "fails", "zhongwen", "needs-cuda"])
def test_a_card_fits_its_screen(small, name, lang):
    most = 23 if name == "reverse-text" else 39
    assert len(small("show", name, "-L", lang).out.splitlines()) <= most


def test_a_card_does_not_depend_on_the_height_of_the_terminal(small):
    assert small("reverse-text", env={"LINES": "10"}).out == small("reverse-text", env={"LINES": "99"}).out


def edited(own_library, id: str, old: str, new: str) -> dict[str, str]:
    """The environment with a small library, one entry of which was changed."""
    (path,) = own_library.glob(f"*/{id}.yaml")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return {"PTNOTE_PATH": str(own_library)}


def test_pitfalls_without_room_are_counted(own_library, ptnote):
    more = "pitfalls:\n" + "".join(f'  - {{en: "{"long " * 99}{n}.", zh: "长。"}}\n' for n in range(2))
    done = ptnote("reverse-text", env=edited(own_library, "reverse-text", "pitfalls:\n", more))
    assert "long 1." not in done.out
    assert "reversed(text) is an iterator" in done.out, "a short one after a long one has room"
    assert done.out.splitlines()[-1].startswith("More: 1 more pitfall")
    assert len(done.out.splitlines()) <= 23
    narrow = ptnote("reverse-text", env={"PTNOTE_PATH": str(own_library), "COLUMNS": "40"})
    assert narrow.out.splitlines()[-1] == "2 more pitfalls  (--all)"


def test_a_long_snippet_is_cut_and_the_rest_is_counted(own_library, ptnote):
    long = "".join(f"      print({n})\n" for n in range(50))
    env = edited(own_library, "passes", "      import operator\n", "      import operator\n" + long)
    done = ptnote("passes", env=env)
    lines = done.out.splitlines()
    assert len(lines) == 39
    shown = sum(line.startswith("print(") for line in lines)
    assert 20 < shown < 50
    (told,) = [line for line in lines if line.startswith("… ")]
    assert told == f"… {50 + 5 - 1 - shown} more lines: ptnote show passes --code"
    assert "Shapes must broadcast" not in done.out
    assert "1 more pitfall" in lines[-1]


def test_a_card_names_what_its_code_needs(small):
    assert "Requires: CUDA\n" in small("needs-cuda", "-L", "en").out
    assert "需要：CUDA\n" in small("needs-cuda", "-L", "zh").out


# More than the card


@pytest.mark.parametrize("call", [["show", "reverse-text", "--all"], ["reverse-text", "-a"]])
def test_all_shows_everything_with_the_answer_in_front(small, call):
    out = small(*call, "-L", "en").out
    parts = [
        "backwards = text[::-1]  # a step",
        "A slice with the step -1",
        "── Reverse the words of a sentence",
        "three two one",
        "! reversed(text) is an iterator",
        "  Source: https://docs.python.org/3/howto/unicode.html",
        "✗ text.reverse() reverses a text",
        "✗ 'str' object has no attribute 'reverse'",
        "Also found as: backwards, 倒序字符串",
        "See also: passes",
        "3 statements proved",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "call", [["reverse-text", "words"], ["reverse", "text", "words"], ["reverse-text", "-s", "words"]]
)
def test_one_snippet_is_shown_with_its_output(small, call):
    out = small("show", *call, "-L", "en").out
    assert out.startswith("── Reverse the words of a sentence\n")
    assert out.endswith("three two one\n\n")
    assert (
        small("show", *call, "--code").out == 'text = "one two three"\nprint(" ".join(text.split()[::-1]))\n'
    )


def test_code_is_the_answer_or_else_the_first_snippet(small):
    assert small("show", "reverse-text", "--code").out.startswith("backwards = text[::-1]")
    assert small("show", "reverse-text", "default", "--code").out.startswith('text = "tensor"')
    assert small("show", "passes", "--code").out.startswith("import operator")


def test_proofs_are_listed_with_their_code(small):
    done = small("show", "reverse-text", "--proofs", "-L", "en")
    assert done.code == 0
    assert "3 statements proved" in done.out
    assert "── A text has no method reverse.\ndef test_texts_have_no_reverse(raises):\n" in done.out
    done = small("show", "passes", "--proofs")
    assert (done.code, done.out) == (1, "")
    assert "entry 'passes' proves nothing; try: ptnote show passes --all" in done.err
