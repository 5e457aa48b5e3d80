"""Proofs: what is read of their file, what they receive, and what comes of them."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Library
from kb.content.proofs import parameter, read_proofs
from kb.run.job import NO_SNIPPET, jobs_of
from kb.run.pool import Pool
from kb.run.process import run
from kb.run.result import Cause, Outcome
from kb.run.settings import Settings
from tests.conftest import LIBRARY

ENTRY = """
format: 2
title: {en: Counting, zh: 计数}
summary: {en: Adds one., zh: 加一。}
answer: |
  total = x + 1
explain: {en: Adds one., zh: 加一。}
snippets:
  - name: default
    code: |
      seen = [1]
      print(seen)
    output: |
      [1]
  - name: two-steps
    title: {en: Two, zh: 两步}
    code: |
      first = 5
      raise ValueError("five")
    raises: "ValueError: five"
"""


def entry_with(tmp_path, proofs, text=ENTRY):
    """An entry `basics/counting` with a proofs file."""
    folder = tmp_path / "entries" / "basics"
    folder.mkdir(parents=True)
    (folder / "counting.yaml").write_text(text)
    (folder / "counting.proofs.py").write_text(proofs)
    return Library.load(tmp_path / "entries").get("counting")


@pytest.fixture(scope="module")
def pool():
    with Pool(Settings(strict=True, timeout=20), workers=1) as pool:
        yield pool


def proved(pool, entry):
    """Of each proof of an entry its outcome and reason, from a run of everything."""
    found = {}
    for job in jobs_of(entry):
        result = pool.run(*job)
        assert result.outcome is Outcome.passed, result.reason
        found |= {proof.name: (proof.outcome.value, proof.reason) for proof in result.proofs}
    return found


def test_a_proof_is_read_with_its_statement_place_and_needs():
    raw = '"""Proofs."""\nimport torch, cv2\n\ndef test_it(default, raises):\n    """One\n    two."""\n    import PIL.Image\n'
    (proof,), problems = read_proofs("x.proofs.py", raw.encode())
    assert problems == []
    assert (proof.name, proof.says, proof.line, proof.end) == ("it", "One two.", 4, 7)
    assert (proof.needs, proof.helpers, proof.packages) == (("default",), ("raises",), ("PIL", "cv2"))


def test_what_given_imports_is_needed_by_proofs_of_the_answer_alone():
    raw = "def given():\n    import cv2\n    return {}\ndef test_a(answer):\n    'A.'\ndef test_b():\n    'B.'\n"
    proofs, _ = read_proofs("x.proofs.py", raw.encode())
    assert [proof.packages for proof in proofs] == [("cv2",), ()]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("def f(:\n", 1, "not Python"),
        ("x = 1\ndef test_a():\n    pass\n", 2, "docstring"),
        ("def test_a():\n    'A.'\ndef test_a():\n    'A.'\n", 3, "defined twice"),
        ("def test_a(*x):\n    'A.'\n", 1, "plain parameters"),
        ("def given(x):\n    return {}\n", 1, "no parameters"),
    ],
)
def test_a_faulty_proofs_file_is_a_problem_with_its_line(tmp_path, text, line, words):
    entries = tmp_path / "entries" / "basics"
    entries.mkdir(parents=True)
    (entries / "counting.yaml").write_text(ENTRY)
    (entries / "counting.proofs.py").write_text(text)
    library = Library.load(tmp_path / "entries")
    for known in (library, Library.load(tmp_path / "entries")):  # parsed, then from the cache
        (problem,) = known.problems
        assert (problem.code, problem.line) == ("E014", line)
        assert problem.path == str(entries / "counting.proofs.py")
        assert words in problem.message


def test_phrases_come_from_the_file_beside_the_entry(tmp_path):
    entries = tmp_path / "basics"
    entries.mkdir()
    (entries / "counting.yaml").write_text(ENTRY)
    (entries / "counting.asked.txt").write_text("# a comment\n\nhow many \n数一数\n")
    assert Library.load(tmp_path).get("counting").asked == ("how many", "数一数")
    assert Library.load(tmp_path).search("数一数").hits[0].id == "counting"
    (entries / "counting.asked.txt").write_text("one more phrase\n")  # the entry itself is as before
    assert Library.load(tmp_path).get("counting").asked == ("one more phrase",)
    (entries / "counting.asked.txt").write_bytes(b"fine\n\x1b[2J\n")
    (problem,) = Library.load(tmp_path).problems
    assert (problem.code, problem.line) == ("E012", 2)
    assert problem.path.endswith("counting.asked.txt")


@given(st.binary(max_size=200) | st.text(alphabet="def test_(x):\n '\"#=", max_size=80).map(str.encode))
def test_no_bytes_make_the_reader_of_proofs_raise(raw):
    read_proofs("x.proofs.py", raw)


@given(st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True))
def test_a_snippet_name_becomes_a_parameter(name):
    made = parameter(name)
    assert made.isidentifier()
    assert not keyword.iskeyword(made)


@pytest.mark.needs_torch
class TestRuns:
    """What becomes of proofs when they are run."""

    def test_snippets_and_answer_leave_their_names(self, tmp_path, pool):
        entry = entry_with(
            tmp_path,
            """
def given():
    return {"x": 41}

def test_answer(answer):
    "A."
    assert (answer.total, answer.x) == (42, 41)

def test_default(default):
    "B."
    assert default.seen == [1]
    default.seen.append(2)

def test_later(default):
    "C."
    assert default.seen == [1, 2]

def test_before_it_raised(two_steps):
    "D."
    assert two_steps.first == 5

def test_two(default, two_steps, answer):
    "E."
    assert default.seen == [1] and two_steps.first == 5 and answer.total == 42

def test_alone():
    "F."
    assert 1 + 1 == 2
""",
        )
        assert {outcome for outcome, _ in proved(pool, entry).values()} == {"passed"}
        about = {job.snippet.name: [proof.name for proof in job.proofs] for job in jobs_of(entry)}
        assert about == {
            "default": ["default", "later"],
            "two-steps": ["before_it_raised"],
            "": ["answer", "two", "alone"],
        }

    def test_a_failure_names_line_and_statement_and_no_other_proof_suffers(self, tmp_path, pool):
        entry = entry_with(
            tmp_path,
            'def test_a(default):\n    "A."\n    x = default.seen\n    assert x == [2]\n\n'
            'def test_b(default):\n    "B."\n    assert default.seen\n',
        )
        result = pool.run(*jobs_of(entry)[0])
        assert (result.outcome, result.cause, result.failed) == (Outcome.passed, Cause.none, True)
        wrong, right = result.proofs
        assert (wrong.outcome, wrong.line, wrong.says) == (Outcome.failed, 4, "A.")
        assert wrong.reason == "AssertionError: assert x == [2]"
        assert f'{entry.proofs_path}", line 4' in wrong.trace
        assert right.outcome is Outcome.passed

    def test_raises_demands_kind_and_text(self, tmp_path, pool):
        body = '    with raises({kind}, "{text}"):\n        {code}\n'
        cases = {
            "right": ("ZeroDivisionError", "division … zero", "1 / 0"),
            "no_error": ("ZeroDivisionError", "", "1 / 1"),
            "other_kind": ("KeyError", "", "1 / 0"),
            "other_text": ("ZeroDivisionError", "by one", "1 / 0"),
        }
        text = "".join(
            f'def test_{name}(raises):\n    "S."\n' + body.format(kind=kind, text=text, code=code)
            for name, (kind, text, code) in cases.items()
        )
        found = proved(pool, entry_with(tmp_path, text))
        assert found["right"] == ("passed", "")
        assert found["no_error"] == (
            "failed",
            "AssertionError: nothing was raised; <class 'ZeroDivisionError'> was expected",
        )
        assert found["other_kind"] == ("failed", "ZeroDivisionError: division by zero")
        assert "does not say 'by one'" in found["other_text"][1]

    def test_a_proof_runs_work_in_several_processes_that_form_a_group(self, tmp_path, pool):
        text = (
            "import torch\nimport torch.distributed as dist\n\n"
            "def total(rank):\n    x = torch.tensor(10 + rank)\n    dist.all_reduce(x)\n    return x.item()\n\n"
            "def skip(rank):\n    return 'skipped' if rank else dist.all_reduce(torch.ones(1))\n\n"
            "def fail(rank):\n    return dist.all_reduce(torch.ones(1)) if rank else [].pop()\n\n"
            'def test_sum(in_ranks):\n    "S."\n    assert in_ranks(total, ranks=3) == [33, 33, 33]\n\n'
            'def test_alone(in_ranks):\n    "S."\n    waited, other = in_ranks(skip, seconds=1)\n'
            '    assert "Timed out" in waited and other == "skipped"\n\n'
            'def test_lost(in_ranks):\n    "S."\n    cause, lost = in_ranks(fail)\n'
            '    assert cause == "pop from empty list" and "Timed out" not in lost\n\n'
            'def test_no_scraps(in_ranks):\n    "S."\n    import os\n    before = os.listdir()\n'
            "    in_ranks(total)\n    assert os.listdir() == before\n"
        )
        assert proved(pool, entry_with(tmp_path, text)) == dict.fromkeys(
            ("sum", "alone", "lost", "no_scraps"), ("passed", "")
        )

    def test_what_a_proof_prints_is_not_output(self, tmp_path, pool):
        entry = entry_with(
            tmp_path,
            'import os\n\ndef test_a(default):\n    "A."\n    print("noise")\n    os.system("echo noise; echo noise >&2")\n',
        )
        result = pool.run(*jobs_of(entry)[0])
        assert (result.stdout, result.stderr, result.failed) == ("[1]\n", "", False)

    def test_a_missing_package_skips_and_a_wrong_import_fails(self, tmp_path, pool):
        entry = entry_with(
            tmp_path,
            'def test_a():\n    "A."\n    import no_such_package\n\n'
            'def test_b():\n    "B."\n    __import__("no_such_package")\n',
        )
        found = proved(pool, entry)
        assert found["a"] == ("skipped", "needs no_such_package: pip install no_such_package")
        assert found["b"][0] == "failed"

    def test_a_warning_fails_a_proof(self, tmp_path, pool):
        entry = entry_with(tmp_path, 'import warnings\n\ndef test_a():\n    "A."\n    warnings.warn("old")\n')
        assert proved(pool, entry)["a"] == ("failed", "UserWarning: old")

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("os._exit(3)", "exit code 3"),
            ("os.kill(os.getpid(), 9)", "killed by SIGKILL"),
            ("while True: pass", "took longer than"),
        ],
    )
    def test_a_proof_that_ends_the_process_fails_alone(self, tmp_path, code, reason):
        entry = entry_with(
            tmp_path,
            'def test_a(default):\n    "A."\n\n'
            f'def test_b(default):\n    "B."\n    import os\n    {code}\n\n'
            'def test_c(default):\n    "C."\n',
        )
        with Pool(Settings(strict=True, timeout=3), workers=1) as pool:
            result = pool.run(*jobs_of(entry)[0])
        assert result.outcome is Outcome.passed
        assert [proof.outcome.value for proof in result.proofs] == ["passed", "failed", "skipped"]
        assert result.proofs[1].reason.startswith(reason)

    def test_the_proofs_of_a_snippet_that_fails_are_skipped(self, tmp_path, pool):
        entry = entry_with(
            tmp_path, 'def test_a(default):\n    "A."\n', ENTRY.replace("seen = [1]", "seen = 1 / 0")
        )
        result = pool.run(*jobs_of(entry)[0])
        assert result.outcome is Outcome.failed
        assert [(proof.outcome, proof.reason) for proof in result.proofs] == [
            (Outcome.skipped, "its snippet failed")
        ]

    def test_proofs_hold_in_a_process_of_their_own_too(self, tmp_path):
        entry = entry_with(tmp_path, 'def test_a(default):\n    "A."\n    assert default.seen == [1]\n')
        (job,) = jobs_of(entry)[:1]
        result = run(job.entry, job.snippet, Settings(strict=True), proofs=job.proofs)
        assert [proof.outcome for proof in result.proofs] == [Outcome.passed]

    def test_running_a_snippet_runs_no_proof(self, tmp_path):
        entry = entry_with(tmp_path, 'def test_a(default):\n    "A."\n    assert False\n')
        result = run(entry, entry.snippets[0], Settings(strict=True))
        assert (result.failed, result.proofs) == (False, ())

    def test_without_torch_everything_is_skipped_with_the_reason(self, tmp_path, monkeypatch):
        monkeypatch.setattr("kb.run.machine.has_torch", lambda python: False)
        entry = entry_with(tmp_path, 'def test_a():\n    "A."\n')
        with Pool(Settings(strict=True)) as pool:
            result = pool.run(*jobs_of(entry)[-1])
        assert jobs_of(entry)[-1].snippet is NO_SNIPPET
        assert [proof.reason for proof in result.proofs] == [result.reason]
        assert "pip install torch" in result.reason


@pytest.mark.needs_torch
def test_the_command_counts_proofs_and_shows_those_that_fail(ptnote, own_library, monkeypatch):
    monkeypatch.setenv("PTNOTE_PATH", str(own_library))
    done = ptnote("test", "reverse-text", "--yes", "-L", "en")
    assert (done.code, done.out.splitlines()[-1]) == (0, "proofs: 3 passed, 0 failed, 0 skipped")
    path = own_library / "answers" / "reverse-text.proofs.py"
    path.write_text(path.read_text().replace('"cba"', '"abc"'))
    assert ptnote("test", "reverse-text").code == 1  # the code is new, so nobody has agreed to it
    done = ptnote("test", "reverse-text", "--yes", "-L", "en")
    assert done.code == 1
    assert f"FAILED {path}:10 reverse-text: The slice starts with the last character." in done.out
    assert done.out.splitlines()[-1] == "proofs: 2 passed, 1 failed, 0 skipped"


@pytest.mark.needs_torch
def test_code_of_proofs_is_asked_for_before_it_runs(ptnote, own_library, monkeypatch):
    monkeypatch.setenv("PTNOTE_PATH", str(own_library))
    done = ptnote("test", "reverse-text")
    assert done.code == 1
    assert "--yes" in done.err


def test_the_small_library_has_proofs():
    assert [proof.name for proof in Library.load(LIBRARY).get("reverse-text").proofs] == [
        "answer",
        "reversed_is_an_iterator",
        "texts_have_no_reverse",
    ]
