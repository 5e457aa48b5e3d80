"""What the tests of the command share."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("ptnote"))


def one_line(done, *words):
    """Assert that stderr is a single line that holds all of `words`."""
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err


def command_names(ptnote) -> list[str]:
    """The commands that `ptnote --help` lists."""
    return re.findall(r"^  ([\w-]+) ", ptnote("--help").out.partition("Commands:")[2], re.MULTILINE)


def on_terminal(*arguments: str, columns: int = 80, typed: str = "", **env: str) -> str:
    """What a command writes when a terminal of this width is looking."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdout=follower,
        stderr=follower,
        stdin=follower,
        env={**os.environ, "TERM": "xterm", **env},
    )
    os.close(follower)
    os.write(leader, typed.encode())
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
