"""Patterns of messages."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.messages.pattern import MOST, compiled, find, flat

PLAIN = st.text(alphabet="abc (),:'x1", min_size=1, max_size=20).filter(lambda text: text.strip())


def values(pattern, text):
    found = find(compiled(pattern), flat(text))
    return None if found is None else found.values


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("shapes cannot be multiplied ({r}x{last} and {want}x{out})",
         "RuntimeError: mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)",
         {"r": "863", "last": "1", "want": "11", "out": "5120"}),
        ("Tried to allocate {size}. GPU", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0", {"size": "2.00 GiB"}),
        ("found at least two devices, {one} and {other}", "found at least two devices, cuda:0 and cpu! (when)",
         {"one": "cuda:0", "other": "cpu"}),
        ("got input of size: {size}", "got input of size: [2, 3, 4]", {"size": "[2, 3, 4]"}),
        ("target size {size}", "a target size torch.Size([2]) that is", {"size": "torch.Size([2])"}),
        ("Missing key(s) in state_dict: … Unexpected key(s)", "Missing key(s) in state_dict: \"a\", \"b\". \n\tUnexpected key(s)", {}),
        ("expected scalar type {want} but", "Expected  scalar\ttype Long but found Float", {"want": "Long"}),
        ("expected scalar type {want} but", "expected scalar type Long", None),
        ("index {i} is out", "index  is out", None),
        ("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", None),
        ("cost 5 {Braces} stay", "cost 5 {Braces} stay", {}),
    ],
)  # fmt: skip
def test_placeholders_take_what_varies(pattern, text, expected):
    assert values(pattern, text) == expected


@given(PLAIN, PLAIN)
def test_plain_text_is_found_wherever_it_stands(before, text):
    found = find(compiled(flat(text)), flat(before + text + before))
    assert found is not None or flat(text) not in flat(before + text + before)


@given(PLAIN, st.text(alphabet="0123456789", min_size=1, max_size=9), PLAIN)
def test_the_value_between_two_fixed_pieces_is_told(before, value, after):
    text = flat(f"{before}={value}={after}")
    assert (
        values(f"{flat(before)}={{v}}={flat(after)}", text) in ({"v": value}, None) or "=" in before + after
    )


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_pattern_and_no_text_raise(pattern, text):
    find(compiled(pattern), flat(text))


@pytest.mark.parametrize("pattern", ["a{x}" * MOST, "a…" * MOST + "!", "(a|a)*$", "{x}a{y}a{z}b", "a" * 300])
def test_the_worst_patterns_end_in_time(pattern):
    """A matcher that backtracks would take years here; this one is given a generous second."""
    started = time.process_time()
    find(compiled(pattern), "a" * 1_000_000)
    assert time.process_time() - started < 1
