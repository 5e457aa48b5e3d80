"""Many patterns: which of them explains a message."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Library
from kb.content.entry import ErrorPattern
from kb.content.folder import Folder, read_folder
from kb.content.shelf import Shelf
from kb.messages import match
from kb.messages.match import REMEMBERED, PatternTable, table_of
from kb.messages.pattern import find, parse, prepare
from kb.messages.question import QUERY, explain_query


def table(**patterns):
    rows = [(id.replace("_", "-"), ErrorPattern(one)) for id, many in patterns.items() for one in many]
    return PatternTable(rows)


def explained(known, text):
    found = known.explain(text)
    return found and (found.id, found.pattern.match, found.values)


def naive(rows, text):
    """All patterns tried one after the other."""
    prepared = prepare(text)
    best = None
    for id, pattern in rows:
        parsed = parse(pattern.match)
        found = find(parsed, prepared)
        if found and (best is None or (parsed.weight, -found.start) > best[0]):
            best = (parsed.weight, -found.start), (id, pattern.match, found.values)
    return best and best[1]


# What must stand nearby


def test_a_pattern_with_a_condition_counts_only_where_one_of_them_stands_nearby():
    rows = [("ours", ErrorPattern("the flux is out", when=("torch/{file}.py", "flux {n} of {m}")))]
    known = PatternTable([*rows, ("any", ErrorPattern("flux is out"))])
    message = "OSError: the flux is out"
    assert known.explain(message).id == "ours"
    assert known.explain(message, near=message).id == "any"
    assert known.explain(message, near=f"in torch/nn.py\n{message}").id == "ours"
    assert known.explain(message, near=f"{message} (flux 1 of 3)").id == "ours"
    assert PatternTable(rows).explain(message, near="nothing of it") is None


# Which pattern wins


def test_the_pattern_that_fixes_most_text_wins():
    known = table(short=["the flux is"], long=["the flux is {how} today"])
    assert explained(known, "E: The flux is  low today!") == (
        "long",
        "the flux is {how} today",
        {"how": "low"},
    )
    assert explained(known, "E: the flux is low now") == ("short", "the flux is", {})
    assert explained(known, "E: no such thing") is None


def test_of_equally_long_patterns_the_one_found_first_wins():
    known = table(one=["flux is odd"], two=["core is hot"])
    assert explained(known, "core is hot, flux is odd")[0] == "two"
    assert explained(known, "flux is odd, core is hot")[0] == "one"


def test_of_patterns_at_one_place_the_first_in_reading_order_wins():
    known = table(b=["flux {x} now"], a=["flux {y} now"])
    assert explained(known, "flux is now") == ("b", "flux {x} now", {"x": "is"})


def test_heaviest_gives_every_match_of_the_greatest_weight():
    known = table(one=["flux is odd", "flux"], two=["core is hot"])
    found = known.heaviest("core is hot, flux is odd")
    assert [(one.id, one.match.start) for one in found] == [("one", 13), ("two", 0)]
    assert [one.parsed.weight for one in found] == [11, 11]


def test_heaviest_leaves_out_patterns_that_fix_too_little():
    known = table(one=["flux is odd"])
    assert len(known.heaviest("flux is odd", least=11)) == 1
    assert known.heaviest("flux is odd", least=12) == []


def test_an_explanation_is_complete_if_every_named_placeholder_has_a_value():
    known = table(one=["the flux {kind} of a core is low"])
    found = known.explain("the flux capacity of a core is low")
    assert (found.values, found.complete) == ({"kind": "capacity"}, True)
    assert known.recall("of a core is low").complete is False


# A part of a message that somebody remembers


def test_a_remembered_part_means_the_only_entry_that_has_it():
    known = table(
        one=["the warp core is about to breach", "Warp core is about to rest"], two=["about to breach"]
    )
    assert known.recall("Warp  core is ABOUT").pattern.match == "Warp core is about to rest"
    assert known.recall("core is about to breach").id == "one"
    assert known.recall("nothing of that kind") is None
    assert known.recall("about to breach") is None, "two entries have it"


def test_a_remembered_part_has_a_least_length():
    text = "abcdefghijklmnopqrs"
    known = table(one=[text])
    assert known.recall(text[:REMEMBERED]).id == "one"
    assert known.recall(text[:REMEMBERED]).match.start == 0
    assert known.recall(text[: REMEMBERED - 1]) is None


def test_a_text_that_was_cut_off_means_the_entry_whose_pattern_it_fits():
    known = table(
        one=["mat1 and mat2 shapes cannot be multiplied ({a}x{b} and {c}x{d})"],
        two=["expected input to have {n} channels, but got {m} channels instead"],
    )
    assert known.recall("mat1 and mat2 shapes cannot be mul").id == "one"
    assert known.recall("RuntimeError: mat1 and mat2 shapes cannot be mul").id == "one"
    assert known.recall("…s cannot be multiplied (3x4 and 5x").id == "one"
    assert known.recall("s cannot be multiplied (3x4 and 5x6) and more").id == "one"
    assert known.recall("it expected input to have 3 chan").id == "two"
    assert known.recall("channels, but got 4 channels instead").id == "two"


@pytest.mark.parametrize(
    "text",
    [
        "mat1 and mat2 shapes cannot be added (3x4 and 5x6)",  # fits up to a place in its midst
        "mat1 and mat2 shapes cannot be multiplied (for some reason",  # no value has blanks
        "all of it ends with mat1 and mat2 shapes",  # too little of the pattern, and more than it
        "nobody knows (3x4 and 5x6)",
        "he has mat1 and mat2 shapes",
    ],
)
def test_a_text_that_goes_on_in_another_way_was_not_cut_off(text):
    assert table(one=["mat1 and mat2 shapes cannot be multiplied ({a}x{b} and {c}x{d})"]).recall(text) is None


def test_what_several_entries_say_in_nearly_the_same_words_is_not_recalled():
    rows = {
        "one": ["{a} has no attribute of the kind {b}"],
        "two": ["it has no attribute of the kind {b} today"],
    }
    assert table(one=rows["one"]).recall("has no attribute of the kind x").id == "one"
    assert table(**rows).recall("has no attribute of the kind x") is None


def test_a_recalled_pattern_needs_what_must_stand_near():
    known = PatternTable([("one", ErrorPattern("connection reset by the peer", when=("Gloo",)))])
    assert known.recall("connection reset by the pe") is None
    assert known.recall("connection reset by the peer in Gloo").id == "one"


@given(st.data())
def test_a_message_of_which_most_is_left_is_recalled(data):
    """Wherever it was cut, and whatever its values are."""
    word = st.text("abcdefghij", min_size=3, max_size=9)
    said = [" ".join(data.draw(st.lists(word, min_size=4, max_size=6))) for _ in range(2)]
    known = table(one=[f"{said[0]} ({{value}}) {said[1]}"])
    message = f"{said[0]} (17) {said[1]}"
    start = data.draw(st.integers(0, max(len(said[0]) - 12, 0)))
    end = data.draw(st.integers(start + 34, max(len(message), start + 34)))
    cut = message[start:end].strip()
    assert (found := known.recall(cut)) is None or found.id == "one"
    if len(cut) >= 34:
        assert found


# The index of words


def compared(known, text, monkeypatch):
    """The patterns that a text is compared with."""
    tried = []
    with monkeypatch.context() as patch:
        patch.setattr(match, "find", lambda parsed, prepared: tried.append(parsed))
        known.explain(text)
    return [parsed.pieces[0] for parsed in tried]


def test_a_text_is_compared_with_few_patterns(monkeypatch):
    known = table(many=[f"the flux w{i} is low" for i in range(100)], wordless=["flux core", "w…is up"])
    assert compared(known, "the w7 flux core is up", monkeypatch) == [
        "the flux w7 is low",
        "flux core",
        "w",
    ]
    assert compared(known, "the W8, flux_core", monkeypatch) == ["the flux w8 is low"]
    assert compared(known, "the flux", monkeypatch) == []
    assert compared(known, "w", monkeypatch) == [], "the longest piece of the other pattern is missing"


def test_a_pattern_is_parsed_once(monkeypatch):
    known = table(one=["flux is odd"])
    parsed = []
    monkeypatch.setattr(match, "parse", lambda text: parsed.append(text) or parse(text))
    for _ in range(3):
        assert known.explain("the flux is odd")
    assert parsed == ["flux is odd"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("the {x}flux is{y} low", "the reflux ist low"),
        ("flux core", "reflux corein"),
        ("a …core is low", "a core is low"),
        ("is {Core} up", "is {Core} up"),
        ("is {9core} up", "is {9core} up"),
        ("ein Maß voll", "EIN MAß VOLL"),
        ("is İST up", "is İst up"),
        ("is\n low\tnow", "IS LOW NOW"),
        ("x_1 y_2 z_3", "ax_1 y_2 z_3b"),
        ("'core' is low", "x'core' is low"),
    ],
)
def test_the_index_hides_no_match(pattern, text):
    assert find(parse(pattern), prepare(text)) is not None, "else the example is none"
    assert explained(table(one=[pattern]), text) is not None


WORDS = st.sampled_from(["flux", "core", "the", "is", "low", "5", "İ", "ß", "x_1"])
HOLES = st.sampled_from(["{x}", "{y}", "…", "{X}", "{", "}"])
JOINTS = st.sampled_from([" ", "", "  ", "\n", ", ", "'", "(", "-"])
PATTERN = st.lists(st.one_of(WORDS, WORDS, HOLES, JOINTS, JOINTS), min_size=1, max_size=9).map("".join)
TEXT = st.lists(st.one_of(WORDS, JOINTS), max_size=25).map("".join)


@given(st.lists(PATTERN, min_size=1, max_size=12), TEXT, st.randoms(use_true_random=False))
def test_the_table_answers_as_if_all_patterns_were_tried(patterns, noise, rng):
    rows = [(f"id-{i % 5}", ErrorPattern(pattern)) for i, pattern in enumerate(patterns)]
    known = PatternTable(rows)
    chosen = rng.choice(patterns)
    filled = re.sub(r"\{[a-z]\}|…", lambda _: rng.choice(["7", "cuda:0", "[2, 3]", "the low"]), chosen)
    for text in (noise, chosen, filled, f"{noise} {filled} {noise}", filled.upper(), filled + filled):
        assert explained(known, text) == naive(rows, text)


def test_the_builtin_patterns_answer_as_if_all_were_tried(builtin):
    """Each message that is nothing but a pattern, and pairs of them."""
    rows = list(builtin.shelf.patterns())
    known = table_of(builtin.shelf)
    spoken = [re.sub(r"\{[a-z][a-z0-9_]*\}|…", "[2, 3]", pattern.match) for _, pattern in rows]
    for text, other in zip(spoken[::29], spoken[3::29], strict=False):
        for message in (f"RuntimeError: {text}", f"{other}; {text.upper()}"):
            assert explained(known, message) == naive(rows, message)
    for word in {word for text in spoken[::41] for word in text.split()}:
        assert explained(known, word) == naive(rows, word)


# Shelves


def test_a_shelf_has_one_table(library):
    assert table_of(library.shelf) is table_of(library.shelf)
    assert table_of(Library.load(library.shelf.folders[0].root).shelf) is not table_of(library.shelf)


def test_no_entry_is_decoded_to_find_the_pattern(builtin, monkeypatch):
    def decode(id):
        raise AssertionError(f"decoded {id}")

    monkeypatch.setattr(builtin.shelf, "entry", decode)
    message = "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"
    assert explain_query(builtin.shelf, message) == "linear-shape"


def test_a_search_reads_no_patterns_unless_one_may_fit(own_library, monkeypatch):
    explain_query(Library.load(own_library).shelf, "The size of tensor a (3) is odd")
    monkeypatch.setattr(Folder, "patterns", None)
    assert explain_query(Library.load(own_library).shelf, "nothing that is a message") is None
    with pytest.raises(TypeError):
        explain_query(Library.load(own_library).shelf, "The size of tensor a (3) is odd")


def test_a_changed_pattern_is_noticed(own_library):
    path = own_library / "basics" / "passes.yaml"
    for message in ("the first of the messages", "the second of the messages"):
        path.write_text(re.sub(r"errors:.*\n", "", path.read_text()) + f"errors: ['{message}']\n")
        assert explain_query(Library.load(own_library).shelf, message) == "passes"
    assert explain_query(Library.load(own_library).shelf, "the first of the messages") is None


def test_the_patterns_of_a_hidden_entry_explain_nothing(own_library, tmp_path):
    message = "The size of tensor a (3) is odd"
    hiding = tmp_path / "hiding" / "basics" / "passes.yaml"
    hiding.parent.mkdir(parents=True)
    text = (own_library / "basics" / "passes.yaml").read_text()
    hiding.write_text(re.sub(r"errors:.*\n", "", text))
    own, other = read_folder(own_library, "own"), read_folder(tmp_path / "hiding", "user")
    assert explain_query(Shelf([own]), message) == "passes"
    assert explain_query(Shelf([own, other]), message) is None


def test_a_query_may_be_a_message(own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(
        re.sub(r"errors:.*\n", "", path.read_text()) + "errors: ['the flux is {x}', out of flux]\n"
    )
    shelf = Library.load(own_library).shelf
    assert explain_query(shelf, "why the flux is odd") == "passes"
    assert explain_query(shelf, "why the flow is odd") is None
    padded = "out of flux".ljust(QUERY, "!")
    assert explain_query(shelf, padded) == "passes"
    assert explain_query(shelf, padded[:-1]) is None, "too short to be a message"
