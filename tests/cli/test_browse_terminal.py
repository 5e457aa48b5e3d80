"""`ptnote browse`, the installed command, on a terminal: it takes that over and gives it back, however it ends."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from tests.cli.helpers import COMMAND
from tests.cli.test_browse import script
from tests.processes import PATIENCE, gone

pytestmark = pytest.mark.slow
needs_torch = pytest.mark.needs_torch


class Played:
    """The installed command on a terminal, played by a test."""

    def __init__(self, *arguments: str, **env: str) -> None:
        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(follower)
        self.process = subprocess.Popen(
            [COMMAND, "browse", *arguments],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "PTNOTE_LANG": "en", **env},
        )
        self.follower = follower
        self.written = b""

    def until(self, text: str) -> None:
        """Wait until something has been written since the last call."""
        deadline = time.monotonic() + PATIENCE
        while text.encode() not in self.written:
            assert time.monotonic() < deadline, self.written[-2000:]
            if select.select([self.leader], [], [], 0.1)[0]:
                self.written += os.read(self.leader, 1 << 16)
        self.written = b""

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.leader, keys.encode())

    def end(self) -> int:
        """Wait for the end, reading on; the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            if select.select([self.leader], [], [], 0.1)[0]:
                self.written += os.read(self.leader, 1 << 16)
        while select.select([self.leader], [], [], 0.1)[0]:
            self.written += os.read(self.leader, 1 << 16)
        assert termios.tcgetattr(self.follower) == self.before, "the terminal is as it was"
        os.close(self.leader)
        os.close(self.follower)
        return self.process.returncode


@pytest.fixture
def play():
    """Starts the command on a terminal; a test that fails leaves nothing behind."""
    started = []

    def start(*arguments: str, **env: str) -> Played:
        started.append(Played(*arguments, **env))
        return started[-1]

    yield start
    for played in started:
        if played.process.poll() is None:
            played.process.kill()
            played.process.wait()


@needs_torch
def test_the_installed_command_searches_opens_runs_and_leaves(play):
    played = play("one-hot")
    played.until("One-hot encoding")
    played.press("\r")
    played.until("Answer")
    played.press("r")
    played.until("passed")
    played.press("\x11")
    assert played.end() == 0
    assert b"\x1b[?1049l" in played.written
    assert b"Traceback" not in played.written


def test_the_editor_gets_the_terminal_and_gives_it_back(play, own_library, tmp_path):
    editor = script(
        tmp_path / "editor",
        "echo IN THE EDITOR; read answer; echo $answer > $0.read; echo '# seen' >> \"$1\"",
    )
    played = play("passes", VISUAL=editor, PTNOTE_PATH=str(own_library))
    played.until("A snippet that passes")
    played.press("\r")
    played.until("[4.0, 6.5]")
    played.press("e")
    played.until("IN THE EDITOR")
    played.press("typed\n")
    played.until("written:")
    assert (tmp_path / "editor.read").read_text() == "typed\n"
    played.press("\x11")
    assert played.end() == 0


def test_a_signal_waits_for_the_editor(play, own_library, tmp_path):
    editor = script(
        tmp_path / "editor",
        "echo IN THE EDITOR; read answer; echo '# seen' >> \"$1\"; echo $answer > $0.read",
    )
    played = play("passes", VISUAL=editor, PTNOTE_PATH=str(own_library))
    played.until("A snippet that passes")
    played.press("\r")
    played.until("[4.0, 6.5]")
    played.press("e")
    played.until("IN THE EDITOR")
    os.kill(played.process.pid, signal.SIGTERM)
    played.press("typed\n")
    assert played.end() == 128 + signal.SIGTERM
    assert b"Traceback" not in played.written
    assert b"NoMatches" not in played.written
    assert (tmp_path / "editor.read").read_text() == "typed\n"
    assert (own_library / "basics" / "passes.yaml").read_text().endswith("# seen\n")


@needs_torch
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_it_ends_what_it_runs(play, number, tmp_path):
    mark = tmp_path / "mark"
    played = play("one-hot")
    played.until("One-hot encoding")
    played.press("\x1b[B")
    played.until("Change")
    played.press("v")
    played.until("you are changing")
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    played.press(f"\x1b[200~{code}\n\x1b[201~")
    played.until("sleep")
    played.press("\x12")
    pid = ran_as(mark, played)
    os.kill(played.process.pid, number)
    if number == signal.SIGKILL:
        played.process.wait()
    else:
        assert played.end() == 128 + number
        assert b"\x1b[?1049l" in played.written
        assert b"Traceback" not in played.written
    assert gone(pid)


def ran_as(mark, played) -> int:
    """The id that a snippet has written into a file."""
    deadline = time.monotonic() + PATIENCE
    while not (mark.exists() and mark.read_text()):
        assert time.monotonic() < deadline
        if select.select([played.leader], [], [], 0.02)[0]:
            os.read(played.leader, 1 << 16)
    return int(mark.read_text())


def test_a_terminal_that_is_gone_ends_it(play):
    """Without a signal: nobody sends one to a program whose session has no terminal."""
    played = play("one-hot")
    played.until("One-hot encoding")
    os.close(played.follower)
    os.close(played.leader)
    played.process.wait(PATIENCE)
