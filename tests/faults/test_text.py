"""Whatever text arrives, the reader of tracebacks, the patterns, and the settings take it or refuse it in one
line, in little time and memory."""

import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.errors import BadSetting
from kb.messages.failures import failures
from kb.messages.pattern import find, parse, prepare
from pycli import config
from tests.cli.helpers import COMMAND

PIECES = (
    "Traceback (most recent call last):\n", '  File "a.py", line 1, in f\n', "    x = y\n", "    ~~^~~\n", "ValueError: no\n",
    "\nDuring handling of the above exception, another exception occurred:\n\n", "  + Exception Group Traceback\n", "  | ",
    "RuntimeError: CUDA error: out of memory\n", "[rank0]: ", "\r", "\x1b[31m", "a.py:1: UserWarning: w\n", "W1128 10:00:00.0 ", "Killed\n",
    "Segmentation fault (core dumped)\n", "错误：", "\u202e", "\x00", "…", "{x}", ":" * 50, "\n" * 5, " " * 70, "[" * 40,
)  # fmt: skip
LOGS = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=40).map("".join)


@given(LOGS)
def test_no_log_stops_the_reader_of_tracebacks(text):
    for failure in failures(text):
        assert failure.text.strip()


@given(LOGS)
def test_no_log_stops_why(builtin, text):
    builtin.why(text)
    builtin.why(text, certain=True)


@given(st.text(min_size=1, max_size=60), LOGS)
@example("{a}{b}{c}{d}{e}{f}x", "y" * 2000)
@example("….….….….….….…x", "." * 2000)
def test_no_pattern_takes_long(match, text):
    started = time.process_time()
    find(parse(match), prepare(text * 20))
    assert time.process_time() - started < 2


BAIT = {
    "one long line": "x" * (20 << 20),
    "colons": ":1: " * (5 << 20),
    "good run": "Epoch 3: 12%|█▏ | 12/100 [00:05<00:38, 2.31it/s, loss=0.71]\n" * 300_000,
    "unknown errors": "".join(f"service | KeyError: 'k{n}'\n" for n in range(20_000)),
    "one warning": "/x/a.py:5: UserWarning: zork is not what was expected\n" * 100_000,
    "nested": "Traceback (most recent call last):\n" * 100_000 + "ValueError: x\n",
    "NUL": "\x00" * (10 << 20),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", BAIT.values(), ids=BAIT)
def test_long_logs_take_little_time_and_memory(tmp_path, text):
    (tmp_path / "log").write_text(text)
    script = f'ulimit -v {400 << 10}; exec "{COMMAND}" why -q'  # kB of memory, libraries included
    with (tmp_path / "log").open("rb") as log, (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen(["bash", "-c", script], stdin=log, stdout=err, stderr=err, cwd=tmp_path)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (tmp_path / "err").read_text()
    assert process.returncode in (0, 1), said
    assert "Error" not in said or "KeyError" in said or "ValueError" in said
    assert "most recent call last" not in said
    assert used.ru_utime < 10


def test_a_stream_without_end_can_be_interrupted(tmp_path):
    with open("/dev/zero", "rb") as zeros:
        process = subprocess.Popen([COMMAND, "why"], stdin=zeros, stderr=subprocess.PIPE, cwd=tmp_path)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"ptnote: interrupted\n")


@given(
    st.text(max_size=200)
    | st.sampled_from(["lang = 5", 'lang = "xx"', "[" * 500, "timeout = 1e999", "a = 0x" + "f" * 99])
)
def test_no_settings_file_stops_ptnote(text):
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
        file.flush()
        os.environ["PTNOTE_CONFIG"] = file.name
        try:
            config.load()
        except BadSetting as error:
            assert file.name in str(error)
        finally:
            del os.environ["PTNOTE_CONFIG"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no devices and pipes as files")
def test_a_settings_file_that_is_a_device_or_a_pipe_is_refused(ptnote, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in ("/dev/zero", str(tmp_path / "pipe"), str(tmp_path)):
        done = ptnote("list", env={"PTNOTE_CONFIG": place})
        assert done.code == 2
        assert "cannot read" in done.err
