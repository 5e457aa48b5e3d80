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


def test_an_exception_without_the_fix_shows_the_answer(monkeypatch):
    error = RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    monkeypatch.setattr(sys, "last_value", error, raising=False)
    monkeypatch.setattr(sys, "last_exc", error, raising=False)
    monkeypatch.setenv("PTNOTE_LANG", "zh")
    shown = repr(ipython.why())
    assert shown.startswith("RuntimeError: element 0") and "改法：\n" in shown and "ptnote show" in shown
