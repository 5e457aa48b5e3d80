"""Snippets one at a time: what they write comes while they run, and the second starts at once."""

import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Cause, Library, Outcome, Runner, Settings
from kb.errors import Untrusted
from kb.run.follow import Stream
from kb.run.warm import Gone
from kb.run.workspace import CAPTURE_LIMIT, DROPPED
from tests.processes import gone, written

SLOWLY = """\
import sys, time
for i in range(4):
    print(i)
    time.sleep(0.3)
print("done", file=sys.stderr)
"""


@pytest.fixture
def one_hot(warm_cache):
    return Library.load().pick(["one-hot"])


@pytest.mark.needs_torch
def test_output_comes_while_it_is_written(one_hot):
    came = []
    with Runner() as runner:
        result = runner.run(
            *one_hot, code=SLOWLY, written=lambda *news: came.append((*news, time.monotonic()))
        )
    assert [news[:2] for news in came] == [*(("stdout", f"{i}\n") for i in range(4)), ("stderr", "done\n")]
    assert all(later - earlier > 0.1 for (_, _, earlier), (_, _, later) in pairwise(came))
    assert (result.stdout, result.stderr) == ("0\n1\n2\n3\n", "done\n")


@pytest.mark.needs_torch
def test_the_second_run_starts_from_a_process_that_has_imported_torch(one_hot):
    with Runner() as runner:
        first = runner.run(*one_hot)
        pid = runner._warm.pid
        second = runner.run(*one_hot)
        assert runner._warm.pid == pid
    assert first.outcome is second.outcome is Outcome.passed
    assert second.fallback == ""
    assert second.stdout == one_hot[1].output
    assert gone(pid)


@pytest.mark.needs_torch
def test_warming_up_imports_what_the_snippet_needs(one_hot):
    with Runner() as runner:
        runner.warm_up(one_hot[1])
        names = []
        code = "import sys\nprint('torch' in sys.modules)\n"
        runner.run(*one_hot, code=code, written=lambda _, text: names.append(text))
    assert names == ["True\n"]


@pytest.mark.needs_torch
def test_a_changed_copy_is_no_snippet_of_the_entry(one_hot):
    with Runner() as runner:
        result = runner.run(*one_hot, code="print(1)\n1 / 0\n")
    assert (result.snippet, result.cause, result.line) == ("default-changed", Cause.raised, 0)
    assert result.error_line == 2
    assert 'File "one-hot-default-changed.py", line 2' in result.stderr


@pytest.mark.needs_torch
def test_a_changed_copy_of_what_raises_may_end_well(warm_cache):
    with Runner() as runner:
        wrong = Library.load().pick(["one-hot", "wrong"])
        assert runner.run(*wrong, code="pass").outcome is Outcome.passed


@pytest.mark.needs_torch
def test_a_run_can_be_stopped_and_another_started(one_hot, tmp_path):
    code = (
        f"import os, time\nopen({str(tmp_path / 'mark')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    results = []
    with Runner() as runner:
        thread = threading.Thread(target=lambda: results.append(runner.run(*one_hot, code=code)))
        thread.start()
        pid = written(tmp_path / "mark")
        runner.stop()
        thread.join()
        assert results[0].cause is Cause.stopped
        assert gone(pid)
        assert runner.run(*one_hot).outcome is Outcome.passed


@pytest.mark.needs_torch
def test_closing_ends_what_runs(one_hot, tmp_path):
    code = (
        f"import os, time\nopen({str(tmp_path / 'mark')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    runner = Runner()
    thread = threading.Thread(target=lambda: runner.run(*one_hot, code=code))
    thread.start()
    pid = written(tmp_path / "mark")
    runner.close()
    thread.join()
    assert gone(pid)
    with pytest.raises(Gone):
        runner._process()


@pytest.mark.needs_torch
def test_a_snippet_that_kills_its_warm_process_runs_in_one_of_its_own(one_hot):
    code = "import os, signal\nif os.path.basename(__file__): os.kill(os.getppid(), signal.SIGKILL)\n"
    with Runner() as runner:
        result = runner.run(*one_hot, code=code)
        assert result.fallback == "a warm process died"
        assert runner.run(*one_hot).fallback == ""


@pytest.mark.needs_torch
def test_the_device_may_change_between_runs(one_hot):
    code = "import os\nprint(os.environ.get('CUDA_VISIBLE_DEVICES', 'all'))\n"
    with Runner(Settings(device="cpu")) as runner:
        hidden = runner.run(*one_hot, code=code)
        runner.settings = Settings()
        shown = runner.run(*one_hot, code=code)
        assert shown.fallback == ""
    assert (hidden.stdout, shown.stdout) == ("\n", "all\n")


@pytest.mark.needs_torch
def test_what_was_written_can_be_looked_at_before_it_is_gone(one_hot):
    seen = []
    with Runner() as runner:
        code = "open('curve.txt', 'w').write('data')"
        result = runner.run(
            *one_hot, code=code, left=lambda folder: seen.append((folder / "curve.txt").read_text())
        )
    assert (seen, result.files) == (["data"], ("curve.txt",))


@pytest.mark.needs_torch
def test_foreign_code_is_agreed_to_once_and_its_copies_with_it(own_library):
    library = Library.load(own_library)
    chosen = library.pick(["passes"])
    with Runner() as runner:
        with pytest.raises(Untrusted):
            runner.run(*chosen)
        with pytest.raises(Untrusted):
            runner.run(*chosen, code="print(1)")
        assert runner.run(*chosen, agreed=True).outcome is Outcome.passed
        assert runner.run(*chosen, code="print(2)").stdout == "2\n"
        assert runner.notices == []


@pytest.mark.needs_torch
def test_devices_are_those_that_torch_finds():
    assert "cpu" in Runner().devices


@given(st.lists(st.text("/tmpx ab\né中", max_size=8), max_size=12), st.integers(1, 9))
def test_a_stream_hands_on_everything_once_without_its_folder(tmp_path_factory, texts, size):
    side = tmp_path_factory.mktemp("t")
    whole = "".join(f"{text}{side}/" if n % 3 == 0 else text for n, text in enumerate(texts))
    data = whole.encode()
    stream, came = Stream(side, "stdout"), []
    with (side / "stdout").open("wb", buffering=0) as file:
        for start in range(0, len(data), size):
            file.write(data[start : start + size])
            came.append(stream.news(ended=False))
    came.append(stream.news(ended=True))
    stream.close()
    assert "".join(came) == whole.replace(f"{side}/", "")


def test_a_stream_says_once_that_the_rest_is_dropped(tmp_path):
    (tmp_path / "stdout").write_bytes(b"x" * (CAPTURE_LIMIT + 10))
    stream = Stream(tmp_path, "stdout")
    told = "".join(stream.news(ended=False) for _ in range(3)) + stream.news(ended=True)
    stream.close()
    assert told == "x" * CAPTURE_LIMIT + f"\n{DROPPED}\n"


def test_a_stream_whose_file_became_something_else_says_nothing(tmp_path):
    (tmp_path / "other").write_text("secret")
    (tmp_path / "stdout").symlink_to(tmp_path / "other")
    assert Stream(tmp_path, "stdout").news(ended=True) == ""
