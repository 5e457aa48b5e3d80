"""The page about notes of one's own: every command on it works."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

COMMANDS = re.findall(r"^\$ ptnote (.*)$", (ROOT / "docs" / "own-notes.md").read_text(), re.MULTILINE)
REPOSITORY = "https://example.com/team/notes.git"


@pytest.mark.needs_torch
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commands_of_the_page_work(ptnote, tmp_path):
    notes, team = tmp_path / "torch", tmp_path / "notes.git"
    for place, id in ((notes, "a-note"), (team, "b-note")):
        (place / "tricks").mkdir(parents=True)
        (place / "tricks" / f"{id}.yaml").write_text(
            f"format: 2\ntitle: {id}\nsummary: It is.\nexplain: It is.\n"
            "snippets: [{name: default, code: 'print(1)', output: '1'}]\n"
        )
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-C", str(team)]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], check=True)
    script = tmp_path / "editor.py"
    script.write_text("import sys\nwith open(sys.argv[1], 'a') as file:\n    file.write('# changed\\n')\n")
    env = {"EDITOR": shlex.join([sys.executable, str(script)]), "VISUAL": ""}
    assert len(COMMANDS) > 12
    for command in COMMANDS:
        words = [
            {REPOSITORY: f"file://{team}", "~/notes/torch": str(notes)}.get(word, word)
            for word in shlex.split(command)
        ]
        done = ptnote(*words, env=env)
        assert done.code == 0, (command, done.out, done.err)
    assert (tmp_path / "figures" / "loss.png").exists()
