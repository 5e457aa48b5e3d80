"""git, run so that nothing of a repository is executed and nobody is asked anything."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

from kb.errors import BadFile

TIMEOUT = 300.0
"""Seconds that one command of git may take."""

SAFE = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",  # a link could lead out of the repository
    "core.askPass": "",
    "credential.interactive": "false",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "filter.lfs.smudge": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    "advice.detachedHead": "false",
}
"""Settings that come before those of the user and of the repository."""

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def shown(url: str) -> str:
    """An address without the name and password that may stand in it."""
    return _PASSWORD.sub("…@", url)


def clone(url: str, folder: Path, timeout: float = TIMEOUT) -> None:
    """Copy the newest state of a repository. Raises BadFile."""
    options = ["--quiet", "--depth=1", "--single-branch", "--no-tags", "--template="]
    _git("clone", *options, "--", url, str(folder), about=url, timeout=timeout)


def newest(url: str, timeout: float = TIMEOUT) -> str:
    """The commit that the repository at an address is at. Raises BadFile."""
    answer = _git("ls-remote", "--quiet", "--", url, "HEAD", about=url, timeout=timeout)
    return answer.split()[0] if answer.split() else ""


def commit(folder: Path) -> str:
    """The commit that a copy is at. Raises BadFile."""
    return _git("rev-parse", "HEAD", folder=folder).strip()


def address(folder: Path) -> str:
    """Where a copy comes from. Raises BadFile."""
    return _git("config", "--get", "remote.origin.url", folder=folder).strip()


def changed(folder: Path) -> bool:
    """Whether a copy holds files or commits that its origin does not have. Raises BadFile."""
    files = _git("status", "--porcelain", "--ignored", "--untracked-files=all", folder=folder)
    return (
        bool(files.strip())
        or _git("rev-list", "--count", "HEAD", "--not", "--remotes", folder=folder) != "0\n"
    )


def _git(*arguments: str, folder: Path | None = None, about: str = "", timeout: float = TIMEOUT) -> str:
    """What git prints. Raises BadFile with what it says, or if it is missing or takes too long."""
    settings = [part for name, value in SAFE.items() for part in ("-c", f"{name}={value}")]
    command = ["git", *settings, *(["-C", str(folder)] if folder else []), *arguments]
    about = shown(about) or str(folder)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # without a terminal that ssh could ask on
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise BadFile(f"cannot run git: {error.strerror}; install git, or add a folder") from error
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise BadFile(f"git took longer than {timeout:g} s for {about}; try again with --timeout") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # git and the programs it has started
            process.communicate()
    if process.returncode:
        raise BadFile(f"git failed for {about}: {_reason(err)}")
    return out


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    ssh = os.environ.get("GIT_SSH_COMMAND", "ssh")
    return {
        **kept,
        "GIT_SSH_COMMAND": f"{ssh} -o BatchMode=yes",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }


def _reason(stderr: str) -> str:
    """The line of git that says why, else its last."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "ERROR:", "error:"))]
    line = (fatal or lines or ["it did not say why"])[0]
    return shown(re.sub(r"^(fatal|ERROR|error): ", "", line))
