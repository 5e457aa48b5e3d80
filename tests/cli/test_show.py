"""`ptnote show`, and the languages that every command speaks."""

import json
import subprocess
import sys

import pytest

from tests.cli.helpers import one_line
from tests.conftest import LIBRARY


@pytest.mark.parametrize("name", ["one-hot", "one hot", "One_Hot", "onehot", "独热", "one-h"])
def test_names_are_forgiving(ptnote, name):
    assert ptnote("show", *name.split(), "-L", "en").out.startswith("One-hot encoding\n")


def test_an_unknown_entry_suggests(ptnote):
    done = ptnote("show", "onehott")
    assert done.code == 1
    one_line(done, "no entry 'onehott'", "did you mean: one-hot?")


def test_an_unknown_snippet_names_the_known(ptnote):
    done = ptnote("run", "one-hot", "-s", "nope")
    assert done.code == 1
    one_line(done, "no snippet 'nope'", "default, scatter, wrong, right")


@pytest.mark.needs_torch
def test_shown_code_is_run_byte_for_byte(ptnote):
    code = ptnote("show", "passes", "--code", env={"PTNOTE_PATH": str(LIBRARY)}).out
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True)
    assert done.stdout == "[4.0, 6.5]\n"


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
