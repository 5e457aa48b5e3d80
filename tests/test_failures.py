"""Exceptions found in whatever surrounds them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.messages.failures import (
    CHARACTERS,
    CONTINUED,
    LINE_WIDTH,
    LINES,
    OVERWRITTEN,
    Failure,
    failures,
    visible_lines,
)

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
        ("run.sh: line 3: 77 Illegal instruction     (core dumped) python a.py", ["Illegal instruction"]),
        ("Illegal instruction", []),
        ("bash: 12 Bus error", ["Bus error"]),
        ("fatal: Segmentation fault", ["Segmentation fault"]),
        ("Killedx", []),
        ("it was Killed", []),
        ("Loss.cu:90: block: [0,0,0] Assertion `t >= 0` failed.", ["Loss.cu:90: block: [0,0,0] Assertion `t >= 0` failed."]),
        ("a.c:3: Assertion 'x' failed", ["a.c:3: Assertion 'x' failed"]),
        ("it failed: Assertion `x`", []),
        ("Assertion ` failed", []),
        ("xAssertion `x` failed", []),
        ("Assertion x failed", []),
        ("Assertion `a` and Assertion `b` failed, later", ["Assertion `a` and Assertion `b` failed, later"]),
        ("[rank3]:[E 12:00 Nccl.cpp:1] watchdog got stuck", ["watchdog got stuck"]),
        ("[rank1]:[E112 Nccl.cpp:1] out", ["out"]),
        ("[E1120 10:00] out", ["out"]),
        ("[Epoch 1] out", []),
        ("see [E 1] out", []),
        ("ERROR: Unexpected bus error", ["Unexpected bus error"]),
        ("an ERROR: no", []),
        ("  what():  [enforce fail] out", ["[enforce fail] out"]),
        ("it says what(): out", []),
        ("ValueError", ["ValueError"]),
        ("ValueError:", []),
        ("ValueError:x", []),
        ("a ValueError: x", []),
        ("an_error: x", []),
        ("my.StopIteration", ["my.StopIteration"]),
        ("NotImplemented: x", ["NotImplemented: x"]),
        ("torch._dynamo.exc.Unsupported: x", ["torch._dynamo.exc.Unsupported: x"]),
        ("SystemExit: 3", ["SystemExit: 3"]),
        ("KeyboardInterrupt", ["KeyboardInterrupt"]),
        ("BuildFailed: x", ["BuildFailed: x"]),
        ("MyException: x", ["MyException: x"]),
        ("x.9Error: x", ["x.9Error: x"]),
        (":3: UserWarning: x", []),
        (" a.py:3: UserWarning: x", []),
        ("a.py:3: my.UserWarning: x", ["my.UserWarning: x"]),
        ("a.py:3: UserWarning: x:4: FutureWarning: y", ["UserWarning: x:4: FutureWarning: y"]),
        ("a.py: UserWarning: x", []),
        ("a.py:3: UserWarnings: x", []),
        ("|  ValueError: x", []),
        ("  |  ValueError: x", []),
        ("  | ValueError: x", ["ValueError: x"]),
        ("ValueError: one\nTypeError: two", ["ValueError: one", "TypeError: two"]),
        ("ValueError: one\n  more\n2026-01-02 10:00 INFO x", ["ValueError: one more"]),
        ("ValueError: one\n10:00:00 x", ["ValueError: one"]),
        ("ValueError: one\nINFO x", ["ValueError: one"]),
        ("ValueError: one\nINFORMED x", ["ValueError: one INFORMED x"]),
        ("ValueError: one\n\nmore", ["ValueError: one"]),
        ("ValueError: one\n\n  more", ["ValueError: one more"]),
        ("ValueError: one:\n\nmore", ["ValueError: one: more"]),
        ("ValueError: one\n\n\n  more", ["ValueError: one more"]),
        ("ValueError: one\n\n\tmore", ["ValueError: one more"]),
        ("ValueError: one: \n\nmore", ["ValueError: one: more"]),
        ("a:3: UserWarning: x", ["UserWarning: x"]),
        ("Traceback (most recent call last):\n what():  x\n\twhat():  x\nXError: y", ["XError: y"]),
        ("ValueError: one\n\n\n\n  more", ["ValueError: one"]),
        ("ValueError: one\nThe above exception was the direct cause", ["ValueError: one"]),
        ("ValueError: one\nOriginal Traceback (most recent call last)", ["ValueError: one"]),
        ("a.py:3: UserWarning: x\nmore", ["UserWarning: x"]),
        ("ValueError: one\n +------\nmore", ["ValueError: one"]),
        ("Killed\nmore", ["Killed"]),
        ("Traceback (most recent call last):\n  ValueError: source\n\tKeyError: source\nOops: real", ["Oops: real"]),
        ("Traceback (most recent call last):\nOops", ["Oops"]),
        ("Traceback (most recent call last):\nOops:real", ["Oops: real"]),
        ("Traceback (most recent call last):\n(x) 12 Killed\n y", ["Killed"]),
        ("Traceback (most recent call last):\nValueError: x\n\nOops: y", ["ValueError: x"]),
        ("Traceback (most recent call last):\n/a.py:3: UserWarning: x", ["UserWarning: x"]),
        ("run.sh: line 3:  1234 Killed                  python train.py", ["Killed"]),
        ("  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: two (2 sub-exceptions)\n"
         "  +-+---------------- 1 ----------------\n    | ValueError: one\n    +---------------- 2 ----------------\n"
         "    | TypeError: two\n    +------------------------------------\n",
         ["ExceptionGroup: two (2 sub-exceptions)", "ValueError: one", "TypeError: two"]),
        ("出现错误：RuntimeError: one\n报错TypeError: two\n请问torch.cuda.OutOfMemoryError: three\n",
         ["RuntimeError: one", "TypeError: two", "torch.cuda.OutOfMemoryError: three"]),
        ("这是什么Error\n报错：Error\n", []),
    ],
)  # fmt: skip
def test_what_went_wrong_is_found(text, expected):
    assert told(text) == expected


def test_ranks_that_write_in_turn_are_read_apart():
    lines = TRACEBACK.splitlines()
    mixed = "".join(f"[rank0]: {line}\n[rank1]: {line}\n" for line in lines)
    assert told(mixed) == EVERY * 2


def test_lines_of_another_process_are_no_part_of_a_message():
    mixed = "[rank0]: ValueError: one\n[rank1]: noise\nplain\n[rank0]:   more\n"
    assert told(mixed) == ["ValueError: one more"]
    assert told("ValueError: one\n[rank1]: noise\n  more\n") == ["ValueError: one more"]


def test_a_failure_has_its_line_type_and_message():
    assert failures("one\ntwo\n" + TRACEBACK) == [Failure("RuntimeError", MESSAGE, 9)]
    assert failures("one\r\nKilled\r\n") == [Failure("", "Killed", 2)]
    assert failures("ValueError: a\n\tb \n") == [Failure("ValueError", "a\n\tb", 1)]


def test_failures_stand_in_the_order_of_their_lines():
    mixed = "[rank0]: KeyError: 1\n[rank1]: KeyError: 2\n[rank0]: KeyError: 3\n"
    assert [(one.line, one.message) for one in failures(mixed)] == [(1, "1"), (2, "2"), (3, "3")]


def test_the_text_of_a_failure_joins_what_there_is():
    assert Failure("KeyError", "can\\'t\n be", 1).text == "KeyError: can't be"
    assert Failure("KeyError", "", 1).text == "KeyError"
    assert Failure("", "Killed", 1).text == "Killed"


def test_a_warning_is_known_by_its_name():
    assert [one.warning for one in failures("a.py:1: my.OldWarning: x\nValueError: x\n")] == [True, False]


def test_a_message_has_at_most_so_many_lines():
    [one] = failures("ValueError: first\n" + "more\n" * (CONTINUED + 9))
    assert one.message.split() == ["first"] + ["more"] * CONTINUED


def test_what_follows_a_message_is_read_again():
    text = "ValueError: one\nmore\nKeyError: two\n"
    assert [(one.line, one.message) for one in failures(text)] == [(1, "one\nmore"), (3, "two")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\rb", "b"),
        ("a\rb\r", "b"),
        ("a\rb\r  \r", "b"),
        ("a\rb \r  ", "b "),
        ("\rb", "b"),
        ("\r", ""),
        ("  ", "  "),
        ("a\r\x1b[2K", "a"),
        ("a\r\x1b[K\r\x1b[K", "a"),
        ("c \x1b[31mred\x1b[0m", "c red"),
        ("\x1b]0;title\x07c", "c"),
        ("\x1b]0;title\x1b\\c", "c"),
        ("\x1bMc", "c"),
        ("x" * LINE_WIDTH + "y", "x" * LINE_WIDTH),
        ("\x1b[31m" + "x" * LINE_WIDTH + "y", "x" * LINE_WIDTH),
        ("\x1b[31mbar\x1b[0m 1\r" * 5_000 + "end", "end"),
        ("a\r" + "\x1b[K\r" * (OVERWRITTEN - 1), "a"),
        ("a\r" + "\x1b[K\r" * OVERWRITTEN, ""),
    ],
)
def test_a_line_is_what_a_terminal_shows_of_it(written, shown):
    assert [*visible_lines(f"one\r\n{written}\nthree")] == [(1, "one"), (2, shown), (3, "three")]


def test_only_the_last_lines_are_read_with_their_numbers():
    lines = [*visible_lines("\n".join(map(str, range(1, LINES + 3))))]
    assert (lines[0], lines[-1], len(lines)) == ((3, "3"), (LINES + 2, str(LINES + 2)), LINES)
    assert len([*visible_lines("\n" * (LINES - 1))]) == LINES
    lines = [*visible_lines("\n" * LINES)]
    assert (lines[0], lines[-1], len(lines)) == ((2, ""), (LINES + 1, ""), LINES)
    assert [*visible_lines("")] == [(1, "")]
    assert [*visible_lines("\n")] == [(1, ""), (2, "")]


def test_only_the_last_characters_are_read():
    lines = [*visible_lines("first\n" + "x" * CHARACTERS)]
    assert lines == [(2, "x" * LINE_WIDTH)]
    assert [*visible_lines("first\n" + "x" * (CHARACTERS - 1))] == [(1, ""), (2, "x" * LINE_WIDTH)]


def test_the_end_of_a_long_log_is_read():
    log = "".join(f"step {i} loss {i / 7:.4f}\n" for i in range(100_000))
    assert told(log + TRACEBACK) == EVERY
    assert told(TRACEBACK + log) == []  # too far back to have ended the run
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


# Copied from elsewhere


@pytest.mark.parametrize("width", range(30, 70, 7))
def test_lines_that_a_terminal_broke_at_its_width_are_joined_as_they_were(width):
    said = (
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x3 and 2x5), see the documentation there"
    )
    wrapped = "\n".join(said[i : i + width] for i in range(0, len(said), width))
    (failure,) = failures(wrapped)
    assert failure.unwrapped == said


def test_lines_that_the_message_itself_has_stay_apart():
    (failure,) = failures("RuntimeError: Error(s) in loading:\n\tsize mismatch for a\n\tand for b")
    assert (
        failure.unwrapped
        == failure.text
        == "RuntimeError: Error(s) in loading: size mismatch for a and for b"
    )


def test_characters_as_in_the_source_of_a_page_are_read_as_what_they_mean():
    assert told("TypeError: &#39;&lt;&#39; not supported &amp; &quot;x&quot;") == [
        "TypeError: '<' not supported & \"x\""
    ]
    assert told("ValueError: a &unknown; b & c") == ["ValueError: a &unknown; b & c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**ValueError**: no flux", ["ValueError: no flux"]),
        ("**ValueError**", ["ValueError"]),
        ("!!! Exception during processing !!! no flux here", ["no flux here"]),
        ("2026-01-02 ERROR !!! Exception during processing !!!: no flux", ["no flux"]),
        ("## Error\n- **Exception Type:** OSError\n- **Exception Message:** no flux", ["no flux"]),
        ("- **Exception Message:**", []),
    ],
)
def test_reports_of_other_programs_have_forms_of_their_own(text, expected):
    assert told(text) == expected
