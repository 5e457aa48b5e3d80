"""Reading one entry file: values, lines, and every finding at once."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Library
from kb.content.parse import parse
from tests.conftest import HERE, LIBRARY

BAD = sorted((HERE / "entries_bad").glob("*.yaml"))


def read(path):
    return parse(path, path.read_bytes(), "built-in")


def test_a_good_file_becomes_an_entry_that_knows_its_place():
    path = LIBRARY / "basics" / "passes.yaml"
    entry, problems = read(path)
    assert problems == []
    assert (entry.id, entry.category) == ("passes", "basics")
    assert entry.title.zh == "能通过的片段"
    assert entry.snippets[1].raises.startswith("RuntimeError")
    first_line = path.read_text().splitlines()[entry.code_line(entry.snippets[0]) - 1]
    assert first_line.strip() == "import operator"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.needs_torch] * (path.stem == "unknown-api"))
        for path in BAD
    ],
)
def test_each_way_to_be_wrong_is_found_at_its_line(path, tmp_path):
    (tmp_path / "gpu").mkdir()
    shutil.copy(path, tmp_path / "gpu" / path.name)
    code, *words = path.read_text().splitlines()[0].removeprefix("# expect: ").split(" ", 1)
    found = list(Library.load(tmp_path).check())
    fitting = [problem for problem in found if problem.code == code]
    assert fitting, [str(problem) for problem in found]
    assert any(words[0] in problem.message for problem in fitting), [problem.message for problem in fitting]
    assert all(1 <= problem.line <= len(path.read_text().splitlines()) for problem in found)


def test_all_faults_of_a_file_are_reported_at_once():
    path = LIBRARY / "basics" / "passes.yaml"
    text = path.read_text()
    text = text.replace('title: {en: "A snippet that passes"', 'title: {eng: "A snippet that passes"')
    text = text.replace("tags: [addition", "tags: [3").replace("see_also:", "see_aslo:")
    entry, problems = parse(path, text.encode(), "built-in")
    assert entry is None
    said = "\n".join(map(str, problems))
    for words in ("unknown field 'eng'", "'en' is missing", "tags.0", "did you mean 'see_also'"):
        assert words in said
    lines = {problem.message.split(";")[0]: problem.line for problem in problems}
    assert lines["unknown field 'see_aslo'"] == len(text.splitlines())


def test_bytes_that_are_not_utf8_are_refused_with_their_line():
    entry, (problem,) = parse(LIBRARY / "basics" / "x.yaml", b"format: 1\ntitle: \xff\n", "user")
    assert entry is None
    assert (problem.code, problem.line) == ("E001", 2)


def test_a_list_that_contains_itself_is_refused():
    _, problems = parse(LIBRARY / "basics" / "x.yaml", b"&a [*a]\n", "user")
    assert problems[0].code == "E001"


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_raise(raw):
    entry, problems = parse(LIBRARY / "basics" / "x.yaml", raw, "user")
    assert (entry is None) == bool(problems)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["title", "tags", "snippets", "explain", "api", "pitfalls", "format"]),
)
def test_no_wrong_value_makes_the_parser_raise(value, key):
    import yaml

    data = yaml.safe_load((LIBRARY / "basics" / "passes.yaml").read_text())
    data[key] = value
    entry, problems = parse(LIBRARY / "basics" / "x.yaml", yaml.safe_dump(data).encode(), "user")
    assert (entry is None) == bool(problems)
