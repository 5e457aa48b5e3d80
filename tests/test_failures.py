"""Exceptions found in whatever surrounds them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.messages.failures import LINES, cleaned, failures

MESSAGE = "mat1 and mat2 shapes cannot be multiplied (4x3 and 2x5)"
TRACEBACK = f"""Traceback (most recent call last):
  File "train.py", line 7, in <module>
    model(x)
    ~~~~~^^^
  File "model.py", line 3, in forward
    return self.fc(x)
RuntimeError: {MESSAGE}
"""
EVERY = [f"RuntimeError: {MESSAGE}"]


def told(text):
    return [failure.text for failure in failures(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("epoch 1 loss 0.5\nall is well\n", []),
        (TRACEBACK, EVERY),
        (TRACEBACK.replace("\n", "\r\n"), EVERY),
        (f"  3%|▎    | 3/100 [00:01<00:20]\r  4%|▍    | 4/100 [00:01<00:20]\n{TRACEBACK}", EVERY),
        (f"  3%|▎    | 3/100 [00:01<00:20]{TRACEBACK}", EVERY),
        ("".join(f"[rank1]: {line}\n" for line in TRACEBACK.splitlines()), EVERY),
        ("".join(f"[rank0]:{line}\n" for line in TRACEBACK.splitlines()), EVERY),
        ("".join(f"(Worker pid=12, ip=10.0.0.1) {line}\n" for line in TRACEBACK.splitlines()), EVERY),
        ("".join(f"trainer-1  | {line}\n" for line in TRACEBACK.splitlines()), EVERY),
        ("".join(f"3: {line}\n" for line in TRACEBACK.splitlines()), EVERY),
        (TRACEBACK.replace("RuntimeError", "\x1b[1;31mRuntimeError\x1b[0m"), EVERY),
        (f"\x1b]0;title\x07{TRACEBACK}", EVERY),
        (f"2026-01-02 10:00:00 INFO start\n{TRACEBACK}2026-01-02 10:00:01 INFO cleanup\n", EVERY),
        (f"RuntimeError: {MESSAGE}", EVERY),
        ("torch.AcceleratorError: CUDA error: device-side assert triggered",
         ["torch.AcceleratorError: CUDA error: device-side assert triggered"]),
        ("KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n" + TRACEBACK,
         ["KeyError: 'a'", *EVERY]),
        ("Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyboardInterrupt\n", ["KeyboardInterrupt"]),
        ("Traceback (most recent call last):\n  File \"a.py\", line 1\nmy.own.Oops: no\n", ["my.own.Oops: no"]),
        ("RuntimeError: Error(s) in loading state_dict for Net:\n\tMissing key(s): \"a\".\n\tUnexpected key(s): \"b\".\n",
         ["RuntimeError: Error(s) in loading state_dict for Net: Missing key(s): \"a\". Unexpected key(s): \"b\"."]),
        ("/x/a.py:3: FutureWarning: old is deprecated\n  old()\n", ["FutureWarning: old is deprecated"]),
        ("/x/a.py:3: UserWarning: \nthe GPU is too old\n  warn()\n", ["UserWarning: the GPU is too old warn()"]),
        (TRACEBACK[:20] + "Traceback (most recent call last):\nKeyError: 'can\\'t contain'\n", ["KeyError: 'can't contain'"]),
        ("terminate called after throwing an instance of 'c10::Error'\n  what():  out of luck\n", ["out of luck"]),
        ("Segmentation fault (core dumped)", ["Segmentation fault"]),
        ("run.sh: line 3:  1234 Killed                  python train.py", ["Killed"]),
        ("  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: two (2 sub-exceptions)\n"
         "  +-+---------------- 1 ----------------\n    | ValueError: one\n    +---------------- 2 ----------------\n"
         "    | TypeError: two\n    +------------------------------------\n",
         ["ExceptionGroup: two (2 sub-exceptions)", "ValueError: one", "TypeError: two"]),
    ],
)  # fmt: skip
def test_what_went_wrong_is_found(text, expected):
    assert told(text) == expected


def test_ranks_that_write_in_turn_are_read_apart():
    lines = TRACEBACK.splitlines()
    mixed = "".join(f"[rank0]: {line}\n[rank1]: {line}\n" for line in lines)
    assert told(mixed) == EVERY * 2


def test_a_failure_tells_its_line():
    assert failures("one\ntwo\n" + TRACEBACK)[0].line == 9


def test_progress_bars_and_colours_are_cleaned_away():
    assert [*cleaned("a\rb\r\nc \x1b[31mred\x1b[0m")] == [(1, "b"), (2, "c red")]


def test_the_end_of_a_long_log_is_read():
    log = "".join(f"step {i} loss {i / 7:.4f}\n" for i in range(100_000))
    assert told(log + TRACEBACK) == EVERY
    assert told(TRACEBACK + log) == []  # what is further back than LINES is not what ended the run
    assert LINES < 100_000


def test_binary_holds_no_exception():
    binary = random.Random(0).randbytes(1_000_000).decode(errors="replace")
    assert told(binary) == []
    assert told(binary + "\n" + TRACEBACK)[-1:] == EVERY


@given(st.text(max_size=400))
def test_no_text_makes_the_reader_raise(text):
    failures(text)


@given(st.text(alphabet="ab \r\n\x1b[m|:%0", max_size=80))
def test_what_stands_before_a_traceback_does_not_hide_it(before):
    assert told(f"{before}\n{TRACEBACK}")[-1:] == EVERY
