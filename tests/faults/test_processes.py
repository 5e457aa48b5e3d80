"""Unruly snippets, and signals to ptnote at any moment: no process stays and no file, and it is told what
happened."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.helpers import COMMAND
from tests.processes import gone, until

pytestmark = pytest.mark.needs_torch

ROUNDS = 4 * int(os.environ.get("PTNOTE_FAULT_ROUNDS", "1"))
"""Signals sent at random moments, of each kind."""

RUN_TIME = 1.0
"""Seconds from which the random moments are drawn; a run under way by then goes on without end."""

FOREVER = "import time\nwhile True:\n    time.sleep(0.05)\n"
DEAF = "import signal\nfor number in (1, 2, 15):\n    signal.signal(number, signal.SIG_IGN)\n"
NOTE = """
def note():
    with open(PIDS, "a") as file:
        file.write(f"{os.getpid()}\\n")
note()
"""

UNRULY = {
    "default": ("", ""),
    "setsid": (
        "if not os.fork():\n    os.setsid()\n    note()\n    time.sleep(600)\ntime.sleep(0.2)",
        "",
    ),
    "setpgid": (
        "if not os.fork():\n    os.setpgid(0, 0)\n    note()\n    time.sleep(600)\ntime.sleep(0.2)",
        "",
    ),
    "double-fork": (
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n        note()\n        os.closerange(0, 3)\n"
        "        time.sleep(600)\n    os._exit(0)\nos.wait()\ntime.sleep(0.2)",
        "",
    ),
    "bare-environment": (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'], env={}, start_new_session=True)\n"
        "open(PIDS, 'a').write(f'{child.pid}\\n')",
        "",
    ),
    "floods": ("sys.stdout.write('x' * (200 << 20))", ""),
    "fills": (
        "open('big', 'wb').truncate(2 << 30)",
        "OSError: [Errno 27] File too large; a file may have 1 GiB",
    ),
    "eats": ("b'x' * (3 << 30)", "MemoryError; out of memory, it may have 1 GB: give it more with --memory"),
    "closes": ("os.closerange(0, 50)", ""),
    "kills-its-group": ("os.killpg(0, 9)", "killed by SIGKILL"),
    "aborts": ("os.abort()", "killed by SIGABRT"),
    "segfaults": ("import ctypes\nctypes.string_at(0)", "killed by SIGSEGV"),
    "forges": (
        "open('../report', 'w').write('{\"line\": \"x\", \"error\": [1]}')\nos._exit(3)",
        "exit code 3",
    ),
    "plants": (
        "os.remove('../stdout')\nos.mkfifo('../stdout')\nos.mkfifo('../report')\nos._exit(4)",
        "exit code 4",
    ),
    "locks": ("os.makedirs('a/b')\nopen('a/b/c', 'w')\nos.chmod('a/b', 0)\nos.chmod('a', 0)", ""),
    "tempfiles": ("import tempfile\ntempfile.mkstemp()\ntempfile.mkdtemp()", ""),
    "kills-its-parent": ("os.kill(os.getppid(), 9)\ntime.sleep(600)", "killed by SIGKILL"),
    "orphans-its-child": (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "open(PIDS, 'a').write(f'{child.pid}\\n')\nos.kill(os.getppid(), 9)\ntime.sleep(600)",
        "killed by SIGKILL",
    ),
}
"""Code by the name of its snippet, and how the reason for its end begins; empty if it ends well."""

TIMEOUT = "1.5"
"""Seconds for the one that ends in no other way; the others get a minute, so that it makes no difference
how busy the machine is."""

DEAF_CODE = f"{DEAF}time.sleep(600)"


class Place:
    """A folder of entries, and what ptnote has there: its environment, a TMPDIR of its own."""

    def __init__(self, folder: Path) -> None:
        self.pids = folder / "pids"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.entries = folder / "own"
        self.env = {
            **os.environ,
            "PTNOTE_PATH": str(self.entries),
            "TMPDIR": str(self.temporary),
            "OMP_NUM_THREADS": "1",
        }

    def entry(self, name: str, codes: dict[str, str], **fields) -> None:
        """Write an entry with these snippets, the first of which has to be called default."""
        prelude = f"import os, sys, time\nPIDS = {str(self.pids)!r}\n{NOTE}"
        text = {"en": "For tests.", "zh": "测试用。"}
        snippets = [{"name": n, "code": prelude + code, "title": text, **fields} for n, code in codes.items()]
        path = self.entries / "basics" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {"format": 2, "title": text, "summary": text, "explain": text}
        path.write_text(json.dumps({**head, "snippets": snippets}))  # which is YAML as well

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Start the command; its streams are pipes."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.env,
            cwd=self.temporary.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def nothing_left(self) -> bool:
        """Whether every process that noted its id ends, and the folder for temporary files gets empty."""
        pids = self.pids.read_text().split() if self.pids.exists() else []
        with contextlib.suppress(AssertionError):
            until(lambda: not self.left(), "TMPDIR is empty")
        assert self.left() == []
        return not [pid for pid in pids if not gone(int(pid))]

    def left(self) -> list[str]:
        """What lies in the folder for temporary files."""
        return sorted(str(path.relative_to(self.temporary)) for path in self.temporary.rglob("*"))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_unruly_snippets_under_test(place):
    """The pool goes on with the next one, and all results arrive."""
    place.entry("unruly", {name: code for name, (code, _) in UNRULY.items()})
    place.entry("deaf", {"default": DEAF_CODE})
    deaf = place.start("test", "deaf", "--yes", "--json", "--timeout", TIMEOUT)
    done = place.start("test", "unruly", "--yes", "--json", "--timeout", "60", "--memory", "1", "-j", "2")
    out, err = done.communicate()
    reasons = {result["snippet"]: result["reason"] for result in json.loads(out)["results"]}
    assert reasons.keys() == UNRULY.keys()
    for name, (_, begins) in UNRULY.items():
        if name == "floods":
            assert reasons[name].startswith("printed something else")
        else:
            assert reasons[name].startswith(begins), (name, reasons[name])
            assert bool(reasons[name]) is bool(begins), (name, reasons[name])
    assert "Traceback" not in err
    out, _ = deaf.communicate()
    assert [result["reason"][:11] for result in json.loads(out)["results"]] == ["took longer"]
    assert place.nothing_left()


ALONE = ("setsid", "eats", "forges", "kills-its-group", "orphans-its-child")
"""Those that meet something else in a process of their own than in a pool."""


def test_unruly_snippets_under_run(place):
    place.entry("unruly", {name: UNRULY[name][0] for name in ("default", *ALONE)})
    place.entry("deaf", {"default": DEAF_CODE})
    deaf = place.start("run", "deaf", "--yes", "--json", "--timeout", TIMEOUT)
    limits = ("--timeout", "60", "--memory", "1")
    running = {n: place.start("run", "unruly", "-s", n, "--yes", "--json", *limits) for n in ALONE}
    for name, process in running.items():
        out, err = process.communicate()
        reason = json.loads(out)["reason"]
        begins = UNRULY[name][1]
        assert reason.startswith(begins), (name, reason)
        assert bool(reason) is bool(begins), (name, reason)
        assert "Traceback" not in err
    out, _ = deaf.communicate()
    assert (deaf.returncode, json.loads(out)["outcome"]) == (124, "timeout")
    assert place.nothing_left()


FILLING = """
try:
    with open("big", "wb", buffering=0) as file:
        while True:
            file.write(bytes(100_000))
finally:
    print("x" * 50_000)
"""


@pytest.fixture
def small_disk(place):
    """The folder for temporary files on a disk of 2 MB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", place.temporary]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted: {done.stderr.strip()}")
    yield
    subprocess.run(["umount", place.temporary], check=True)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("command", ["run", "test"])
def test_a_disk_that_fills_in_the_midst_of_a_run(place, command):
    """The reason says so and names the folder; what comes afterwards has all of the disk again."""
    place.entry("fills", {"default": FILLING})
    place.entry("rests", {"default": "open('big', 'wb').write(bytes(1_500_000))"})
    arguments = ["fills"] if command == "run" else ["fills", "rests", "-j", "1"]
    out, err = place.start(command, *arguments, "--yes", "--json").communicate()
    told = json.loads(out)
    results = {one["entry"]: one for one in told["results"]} if command == "test" else {"fills": told}
    assert f"no space is left in {place.temporary}: free some" in results["fills"]["reason"]
    if command == "test":
        assert results["rests"]["outcome"] == "passed"
    assert "Traceback" not in err
    assert place.nothing_left()


GRANDCHILD = """
if not os.fork():
    os.setsid()
    note()
"""

KINDS = {
    "run": ["run", "waits", "--yes"],
    "test": ["test", "waits", "--yes", "-j", "1"],
    "why": ["why", "--", sys.executable, "waits.py"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_at_any_moment_leaves_nothing(place, kind):
    """The moments are drawn from all of the run, its start included."""
    code = f"{DEAF}{GRANDCHILD}{FOREVER}"
    place.entry("waits", {"default": code})
    (place.temporary.parent / "waits.py").write_text(
        f"import os, time\nPIDS = {str(place.pids)!r}\n{NOTE}{GRANDCHILD}{FOREVER}"
    )
    moments = random.Random(kind)
    for _ in range(ROUNDS):
        number = moments.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
        process = place.start(*KINDS[kind])
        time.sleep(moments.uniform(0, RUN_TIME))
        process.send_signal(number)
        _, err = process.communicate()
        if number != signal.SIGINT:  # which Python itself shows in its own way until ptnote begins
            assert "Traceback" not in err
            assert process.returncode in (128 + number, -number), (number, err)
    assert place.nothing_left()


@pytest.mark.parametrize("kind", ["run", "test", "why"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_signal_while_a_snippet_runs_leaves_nothing(place, kind, number):
    """Not even SIGKILL, after which ptnote itself can do nothing any more."""
    place.entry("waits", {"default": f"{GRANDCHILD}{FOREVER}"})
    (place.temporary.parent / "waits.py").write_text(
        f"import os, time\nPIDS = {str(place.pids)!r}\n{NOTE}{GRANDCHILD}{FOREVER}"
    )
    process = place.start(*KINDS[kind])
    until(lambda: place.pids.exists() and len(place.pids.read_text().split()) == 2, "both run")
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode in (128 + number, -number)
    if number == signal.SIGTERM:
        assert err == "ptnote: ended by SIGTERM\n"
    assert place.nothing_left()


def test_a_terminal_that_closes_takes_the_snippet_with_it(place):
    place.entry("waits", {"default": f"{GRANDCHILD}{FOREVER}"})
    leader, follower = os.openpty()
    opens = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", opens, COMMAND, "run", "waits", "--yes"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=place.env,
        start_new_session=True,
    )
    os.close(follower)
    until(lambda: place.pids.exists() and len(place.pids.read_text().split()) == 2, "both run")
    os.close(leader)
    assert process.wait() in (128 + signal.SIGHUP, -signal.SIGHUP)
    assert place.nothing_left()


def test_a_command_that_leaves_others_running_is_not_waited_for(place):
    """Nor ended: a shell would not do that, either."""
    place.entry("says", {"default": "print('said')"})
    process = place.start("why", "--", "sh", "-c", f"sleep 600 & echo $! > {place.pids}; exit 3")
    process.wait()
    os.kill(int(place.pids.read_text()), signal.SIGKILL)  # raises if there is none
    _, err = process.communicate()
    assert (process.returncode, err) == (3, "ptnote: sh ended with exit code 3 and reported no exception\n")


def test_a_command_keeps_its_exit_code_if_nothing_can_be_explained(place):
    place.env["PTNOTE_PATH"] = str(place.entries / "missing")
    process = place.start("why", "--", "sh", "-c", "exit 3")
    _, err = process.communicate()
    assert process.returncode == 3
    assert len(err.splitlines()) == 1


def test_ctrl_c_in_a_command_is_not_explained(place):
    code = "import os, time\nopen('pids', 'w').write(str(os.getpid()))\ntime.sleep(600)"
    process = place.start("why", "--", sys.executable, "-c", code)
    until(lambda: place.pids.exists() and place.pids.read_text(), "it runs")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.splitlines()[-2:] == ["KeyboardInterrupt", "ptnote: ended by SIGINT"]
    assert place.nothing_left()


def test_secrets_reach_no_snippet_unless_asked_for(place):
    place.entry("asks", {"default": "print(sorted(name for name in os.environ if name.startswith('MY_')))"})
    secrets = ["MY_API_KEY", "my_token", "MY_Token", "MY_DB_PASSWORD", "MY_AWS_ACCESS_KEY_ID", "MY_KEY"]
    place.env |= dict.fromkeys([*secrets, "MY_TOKENIZERS", "MY_KEYBOARD"], "x")
    out, _ = place.start("run", "asks", "--yes").communicate()
    assert out == "['MY_KEYBOARD', 'MY_TOKENIZERS']\n"
    out, _ = place.start("test", "asks", "--json", "--env", "MY_API_KEY", "--env", "MY_KEY").communicate()
    (result,) = json.loads(out)["results"]
    assert result["stdout"] == "['MY_API_KEY', 'MY_KEY', 'MY_KEYBOARD', 'MY_TOKENIZERS']\n"


def test_a_state_folder_that_cannot_be_written_keeps_no_code_from_running(place):
    place.entry("says", {"default": "print('said')"})
    (place.temporary.parent / "file").touch()
    place.env["XDG_STATE_HOME"] = str(place.temporary.parent / "file")
    process = place.start("run", "says", "--yes")
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "said\n")
    assert "cannot remember your yes" in err


def test_a_report_is_not_written_through_a_link(place):
    place.entry("says", {"default": "print('said')"})
    precious = place.temporary.parent / "precious"
    precious.write_text("x")
    link = place.temporary.parent / "report.xml"
    link.symlink_to(precious)
    process = place.start("test", "says", "--yes", "--junit", str(link))
    _, err = process.communicate()
    assert (process.returncode, precious.read_text()) == (1, "x")
    assert "is a link" in err
