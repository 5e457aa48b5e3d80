"""`%why` in IPython, by a stand-in for the shell that keeps what is registered."""

import json
import subprocess
import sys

import pytest

from kb import ipython

PROGRAM = """
import sys, json
import torch
from kb import ipython

class Shell:
    def register_magic_function(self, function, kind, name):
        self.magics = {(kind, name): function}

shell = Shell()
ipython.load_ipython_extension(shell)
why = shell.magics["line", "why"]
told = [repr(why(""))]
model = torch.nn.Linear(64, 10)
x = torch.ones(2, 128)
try:
    model(x)
except RuntimeError as error:
    sys.last_value = error
told += [why("en"), why("zh")]
sys.last_value = ValueError("zzz")
told.append(why(""))
print(json.dumps(told))
"""


@pytest.mark.needs_torch
def test_why_explains_the_last_exception_with_its_shapes(tmp_path, monkeypatch):
    monkeypatch.delenv("PTNOTE_LANG", raising=False)
    script = tmp_path / "cell.py"
    script.write_text(PROGRAM)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    nothing, english, chinese, unknown = json.loads(done.stdout)
    assert nothing == "No exception to explain."
    assert "x (2, 128) float32 cpu · model.weight (10, 64)" in english
    assert "Fix: model = nn.Linear(128, 10)  # in_features was 64" in english
    assert english.endswith("ptnote show linear-shape")
    assert "改法： model = nn.Linear(128, 10)" in chinese and "你的输入" not in english
    assert unknown.startswith("ValueError: zzz\n")


def explained(message, monkeypatch):
    error = RuntimeError(message)
    monkeypatch.setattr(sys, "last_value", error, raising=False)
    monkeypatch.setattr(sys, "last_exc", error, raising=False)
    monkeypatch.setenv("PTNOTE_LANG", "zh")
    return repr(ipython.why())


def test_an_exception_without_a_fix_in_its_own_names_shows_the_line_of_the_entry(monkeypatch):
    shown = explained("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)", monkeypatch)
    assert shown.startswith("RuntimeError: mat1 and mat2")
    assert "\n改法示例： nn.Linear(12 * 4 * 4, 10)\nptnote show linear-shape" in shown


def test_nothing_is_called_a_fix_that_is_not_about_this_message(monkeypatch):
    """The entry explains other messages too, and its answer may be about them."""
    shown = explained("Invalid device string: 'cudaa'", monkeypatch)
    assert "改法" not in shown and "\nptnote show " in shown
