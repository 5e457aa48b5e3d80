"""Proofs of secrets."""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

import torch
from torch import nn

MADE_UP = "made-up"


def given():
    return {
        "os": Namespace(environ={"HF_TOKEN": "made-up"}),
        "torch": torch,
        "args": Namespace(lr=0.1, batch_size=32, hub_token=MADE_UP),
        "model": nn.Linear(3, 2),
    }


def repository():
    """A new repository and git in it, without this machine's settings; (None, None) if git is missing."""
    if shutil.which("git") is None:
        return None, None
    folder = Path(tempfile.mkdtemp(dir="."))
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*words):
        command = ["git", "-c", "user.name=me", "-c", "user.email=me@host", *words]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout

    git("init", "-q")
    return folder, git


def test_answer(answer):
    """A checkpoint made of named fields holds those fields and the weights, and not the token."""
    assert answer.token == MADE_UP
    checkpoint = torch.load("last.pt")
    assert checkpoint["config"] == {"lr": 0.1, "batch_size": 32}
    assert checkpoint["model"]["weight"].tolist() == answer.model.weight.tolist()
    assert b"made-up" not in Path("last.pt").read_bytes()


def test_default(default):
    """A token that is read from the environment is not in a checkpoint that names its fields."""
    assert default.token == MADE_UP
    assert default.checkpoint["config"] == {"lr": 0.1, "batch_size": 32}
    weight = default.checkpoint["model"]["weight"]
    assert weight.shape == (2, 3) and torch.equal(weight, default.model.weight)
    assert b"made-up" not in Path("last.pt").read_bytes()


def test_environment(raises):
    """os.environ[name] raises KeyError if the variable is not set; os.environ.get(name) returns None."""
    os.environ.pop("A_TOKEN_THAT_NOBODY_SET", None)
    with raises(KeyError, "A_TOKEN_THAT_NOBODY_SET"):
        os.environ["A_TOKEN_THAT_NOBODY_SET"]
    assert os.environ.get("A_TOKEN_THAT_NOBODY_SET") is None


def test_ask(ask):
    """The variable comes first; getpass asks only if it is missing or empty."""
    assert ask.token == MADE_UP and ask.headers == {"Authorization": "Bearer made-up"}
    asked, real = [], getpass.getpass
    getpass.getpass = lambda prompt: asked.append(prompt) or "typed"
    try:
        environments = {"HF_TOKEN": "set"}, {"HF_TOKEN": ""}, {}
        tokens = [environ.get("HF_TOKEN") or getpass.getpass("HF_TOKEN: ") for environ in environments]
    finally:
        getpass.getpass = real
    assert tokens == ["set", "typed", "typed"] and asked == ["HF_TOKEN: "] * 2


def typed(code):
    """What a terminal shows when the code asks "HF_TOKEN: " and somebody types secret and Enter."""
    import pty

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    shown = b""
    while b"HF_TOKEN: " not in shown:
        shown += os.read(ours, 1000)
    os.write(ours, b"secret\n")
    while b"end" not in shown:
        shown += os.read(ours, 1000)
    child.wait()
    os.close(ours)
    os.close(theirs)
    return shown


def test_getpass_shows_nothing():
    """getpass.getpass() does not show what is typed, and input() does."""
    if sys.platform == "win32":
        return
    assert b"secret" in typed('input("HF_TOKEN: "); print("end")')
    shown = typed('import getpass; print(len(getpass.getpass("HF_TOKEN: ")), "end")')
    assert b"secret" not in shown and b"6 end" in shown


def test_search(search):
    """The bytes of a text file or of a checkpoint contain the token that was written into it."""
    assert search.token == b"made-up"
    assert [p.name for p in search.files] == ["last.pt", "notes.md", "train.py"]


def test_search_goes_into_folders():
    """rglob("*") goes into subfolders and lists hidden files too."""
    Path("a/b").mkdir(parents=True)
    Path("a/b/deep.txt").write_text("x")
    Path("a/.env").write_text("x")
    assert sorted(p.name for p in Path("a").rglob("*") if p.is_file()) == [".env", "deep.txt"]


def test_the_checkpoint_leaks(wrong):
    """torch.save of vars(args) writes every argument; the token can be read in the bytes of the file."""
    expected = {"lr": 0.1, "depth": 18, "hub_token": "made-up"}
    assert torch.load("run.pt")["args"] == vars(wrong.args) == expected
    assert b"made-up" in Path("run.pt").read_bytes()


def test_right(right):
    """Fields that are not named are not in the file."""
    assert right.args.hub_token == MADE_UP
    assert torch.load("run.pt")["args"] == {"lr": 0.1, "depth": 18}
    stored = Path("run.pt").read_bytes()
    assert b"made-up" not in stored and b"hub_token" not in stored


def test_the_history_keeps_it():
    """A commit that deletes the token leaves it in git's history, where git log -p shows it."""
    folder, git = repository()
    if folder is None:
        return
    (folder / "notes.md").write_text("token = made-up\nloss = 0.25\n")
    git("add", "notes.md")
    git("commit", "-q", "-m", "notes")
    (folder / "notes.md").write_text("loss = 0.25\n")
    git("commit", "-q", "-am", "remove the token")
    assert "made-up" not in (folder / "notes.md").read_text()
    assert "made-up" in git("log", "-p")


def test_gitignore_and_tracked_files():
    """git commits a tracked file that .gitignore names; git rm --cached ends that and keeps the file."""
    folder, git = repository()
    if folder is None:
        return
    (folder / ".env").write_text("HF_TOKEN=made-up\n")
    git("add", ".env")
    git("commit", "-q", "-m", "start")
    (folder / ".gitignore").write_text(".env\n")
    (folder / ".env").write_text("HF_TOKEN=another\n")
    git("add", ".")
    git("commit", "-q", "-m", "ignore .env")
    assert git("show", "HEAD:.env") == "HF_TOKEN=another\n"
    git("rm", "-q", "--cached", ".env")
    git("commit", "-q", "-m", "stop tracking .env")
    assert git("ls-files").split() == [".gitignore"]
    assert (folder / ".env").exists()
    (folder / ".env").write_text("HF_TOKEN=a third\n")
    git("add", ".")
    assert git("ls-files").split() == [".gitignore"]


def test_the_url_of_a_remote():
    """git stores a remote's URL, token included, in .git/config, and git remote -v prints it."""
    folder, git = repository()
    if folder is None:
        return
    git("remote", "add", "origin", "https://me:made-up@host/a.git")
    assert "made-up" in (folder / ".git" / "config").read_text()
    assert "made-up" in git("remote", "-v")


def test_the_history_of_the_shell():
    """bash writes a typed export into its history, with the token; read -rs leaves only the command there."""
    if shutil.which("bash") is None:
        return
    export, read = "export HF_TOKEN=made-up\n", "read -rs HF_TOKEN && export HF_TOKEN\nmade-up\n"
    for lines, leaks in (export, True), (read, False):
        env = {**os.environ, "HISTFILE": os.path.abspath("history")}
        for name in ("HISTCONTROL", "HISTIGNORE", "HF_TOKEN"):
            env.pop(name, None)
        script = lines + "env | grep ^HF_\nexit\n"
        command = ["bash", "--norc", "-i"]
        out = subprocess.run(
            command, input=script, env=env, capture_output=True, text=True, start_new_session=True
        ).stdout
        assert "HF_TOKEN=made-up" in out
        assert ("made-up" in Path("history").read_text()) is leaks
        Path("history").unlink()


def test_the_history_is_compressed():
    """The bytes of git's files do not contain a committed token, and git log -S finds the commits."""
    folder, git = repository()
    if folder is None:
        return
    (folder / "notes.md").write_text("token = made-up\n")
    git("add", "notes.md")
    git("commit", "-q", "-m", "notes")
    (folder / "notes.md").write_text("none\n")
    git("commit", "-q", "-am", "remove the token")
    assert not [p for p in folder.rglob("*") if p.is_file() and b"made-up" in p.read_bytes()]
    assert len(git("log", "--all", "-S", "made-up", "--oneline").splitlines()) == 2
