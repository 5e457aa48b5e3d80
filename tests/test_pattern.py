"""One pattern against one text."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kb.messages.pattern import MOST, STARTS, WIDEST, find, parse, prepare
from kb.messages.plain import flat, lower

PLAIN = st.text(alphabet="abc (),:'x1", min_size=1, max_size=20).filter(lambda text: text.strip())


def values(pattern, text):
    found = find(parse(pattern), prepare(text))
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
        ("got {call}", "got Size(2, [3]), too", {"call": "Size(2, [3])"}),
        ("got {word}", "got nothing. More", {"word": "nothing"}),
        ("got {word}", "got nothing, more", {"word": "nothing"}),
        ("got {word}", "got ...", None),
        ("got …", "got ", None),
        ("got…", "got", {}),
        ("Missing key(s) in state_dict: … Unexpected key(s)", "Missing key(s) in state_dict: \"a\", \"b\". \n\tUnexpected key(s)", {}),
        ("expected scalar type {want} but", "Expected  scalar\ttype Long but found Float", {"want": "Long"}),
        ("expected scalar type {want} but", "expected scalar type Long", None),
        ("expected\n scalar\ttype", "EXPECTED SCALAR TYPE", {}),
        ("index {i} is out", "index  is out", None),
        ("{first} stands open", "the door stands open", {"first": "the door"}),
        ("…stands open", "stands open", {}),
        ("{a1_b} open", "door open", {"a1_b": "door"}),
        ("a{x}b{y}c", "a1b2b3c", {"x": "1", "y": "2b3"}),
        ("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", None),
        ("cost 5 {Braces} stay", "cost 5 {Braces} stay", {}),
        ("{9} stays", "{9} stays", {}),
        ("{ } stays", "{ } stays", {}),
        ("at {place}", "at 5怎么解决", {"place": "5"}),
        ("at {place}", "at [3, 5]，求助（急）", {"place": "[3, 5]"}),
        ("at {place}", "at cuda:0。", {"place": "cuda:0"}),
        ("at {place}", "at /数据/模型.pt，求助", {"place": "/数据/模型.pt"}),
        ("at {place}", "at C:\\数据\\模型.pt 吗", {"place": "C:\\数据\\模型.pt"}),
        ("at {place}", "at 张量", {"place": "张量"}),
        ("at {place}", "at 。", None),
    ],
)  # fmt: skip
def test_placeholders_take_what_varies(pattern, text, expected):
    assert values(pattern, text) == expected


def test_a_pattern_is_parsed_into_pieces_and_names():
    parsed = parse("Got {one},\n two… THREE {Four}")
    assert parsed.pieces == ("got ", ", two", " three {four}")
    assert parsed.names == ("one", "")
    assert parsed.weight == 4 + 5 + 13


def test_a_match_starts_where_its_first_piece_starts():
    assert find(parse("flux {kind} low"), prepare("  the\nflux is low")).start == 4
    assert find(parse("flux"), prepare("flux flux")).start == 0


def test_a_later_start_is_taken_if_an_earlier_one_leads_nowhere():
    found = find(parse("size{n}stop"), prepare("sizestop size3stop"))
    assert (found.start, found.values) == (9, {"n": "3"})


def test_a_value_is_at_most_so_wide():
    assert values("from {x} to", f"from {'a' * (WIDEST - 1)} to") == {"x": "a" * (WIDEST - 1)}
    assert values("from {x} to", f"from {'a' * WIDEST} to") == {"x": "a" * WIDEST}
    assert values("from {x} to", f"from {'a' * (WIDEST + 1)} to") is None


def test_only_so_many_starts_are_tried():
    wide = " " + "-" * WIDEST
    assert values("ab {x} c", f"ab{wide} " * (STARTS - 1) + "ab 1 c") == {"x": "1"}
    assert values("ab {x} c", f"ab{wide} " * STARTS + "ab 1 c") is None


def test_a_letter_that_grows_in_lower_case_does_not_move_the_values():
    assert values("Size {n} of", "İİ Size 3 of") == {"n": "3"}
    assert values("İSTANBUL {n} of", "İstanbul 3 of") == {"n": "3"}


@given(st.text())
def test_lower_keeps_every_place(text):
    assert len(lower(text)) == len(text)
    assert lower(lower(text)) == lower(text)


@given(st.text())
def test_flat_leaves_single_blanks(text):
    assert not re.search(r"\s\s|[^\S ]|^\s|\s$", flat(text))
    assert flat(text).split() == text.split()


@given(PLAIN, PLAIN)
def test_plain_text_is_found_wherever_it_stands(before, text):
    whole = flat(before + text + before)
    found = find(parse(flat(text)), prepare(whole))
    place = whole.find(flat(text))
    assert (found.start if found else -1) == place


@given(PLAIN, st.text(alphabet="0123456789", min_size=1, max_size=9), PLAIN)
@example("a", "1", "1")
def test_the_value_between_two_fixed_pieces_is_found(before, value, after):
    before, after = flat(before), flat(after)
    assume("=" not in before + after)
    text = f"{before}={value}={after}"
    assert values(f"{before}={{v}}={after}", text) == {"v": value}


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_pattern_and_no_text_raise(pattern, text):
    parsed = parse(pattern)
    assert len(parsed.pieces) == len(parsed.names) + 1
    find(parsed, prepare(text))


class Counting(str):
    """A text that counts the characters that `find` may have looked at."""

    looked = 0

    def find(self, piece, start=0, end=None):
        end = len(self) if end is None else min(end, len(self))
        place = super().find(piece, start, end)
        self.looked += (place + len(piece) if place >= 0 else end) - start
        return place


@pytest.mark.parametrize("pattern", ["a{x}" * MOST, "a…" * MOST + "!", "(a|a)*$", "{x}a{y}a{z}b", "a" * 300])
def test_the_worst_patterns_look_at_each_character_only_some_times(pattern):
    """A matcher that backtracks would try every way to divide the text among the placeholders."""
    prepared = prepare("a" * 100_000)
    text = Counting(prepared.lowered)
    find(parse(pattern), type(prepared)(prepared.text, text))
    assert text.looked <= (STARTS + 1) * (MOST * (WIDEST + 300) + len(text))


@pytest.mark.parametrize("quote", "'\"`‘’“”")
def test_quotes_of_any_kind_are_alike(quote):
    pattern = "got key 'a' and {b}"
    assert values(pattern, f"got key {quote}a{quote} and “b”") == {"b": "“b”"}
