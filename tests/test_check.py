"""Rules: the built-in entries keep them, and their codes are stable."""

import re
import shutil
from pathlib import Path

import pytest

from kb.check import collection
from kb.check.engine import check
from kb.check.rule import FOLDER_RULES, RULES
from kb.check.targets import check_targets
from kb.content.problem import Severity
from kb.content.shelf import Shelf
from kb.errors import BadFile
from tests.conftest import HERE, LIBRARY, ROOT

BAD = sorted((HERE / "entries_bad" / "collection").glob("*.yaml"))


@pytest.fixture
def shelf() -> Shelf:
    """The small library of the tests."""
    return Shelf.open(LIBRARY)


@pytest.fixture
def small_collection(tmp_path) -> Path:
    """A complete collection of one category and three entries that keep every rule for collections."""
    root = tmp_path / "entries"
    text = (LIBRARY / "gpu" / "needs-cuda.yaml").read_text()
    for id, see_also in {"overview": "linked", "linked": "partner", "partner": "linked"}.items():
        write(root / "basics" / f"{id}.yaml", f"{text}see_also: [{see_also}]\n")
    replace(root / "basics" / "overview.yaml", "tags: [gpu]", "tags: [overview]")
    replace(root / "basics" / "partner.yaml", "see_also:", "covers: [a-topic]\nsee_also:")
    write(root / "categories.yaml", "# categories\nbasics: {en: Basics, zh: 基础}\n")
    write(root / "sources.yaml", 'notes: {"0": {title: A note}}\ntopics:\n' + topic("a-topic"))
    write(tmp_path / "pyproject.toml", '[project]\noptional-dependencies = {snippets = ["pillow>=11"]}\n')
    return root


def topic(id, category="basics"):
    return (
        f"  - id: {id}\n    title: {{en: A, zh: 甲}}\n    category: {category}\n"
        "    sources: [{note: '0', sections: [One]}]\n"
    )


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def found_in(root):
    """What the rules for collections find, as `file:line: code message` with the name of the file."""
    return [str(one).rpartition("/")[2] for one in collection.problems(Shelf.open(root))]


@pytest.mark.slow
@pytest.mark.needs_torch
def test_the_builtin_entries_are_clean():
    shelf = Shelf.open(ROOT / "entries")
    assert [str(problem) for problem in check(shelf)] == []


def test_the_small_library_has_only_its_known_faults(shelf):
    found = list(check(shelf, apis=False))
    codes = {problem.code for problem in found}
    assert codes == {"S111", "S112", "S140", "S141", "S201", "E113"}, [str(problem) for problem in found]


def test_a_pattern_of_two_entries_is_found(own_library):
    for id in ("passes", "fails"):
        path = own_library / "basics" / f"{id}.yaml"
        path.write_text(
            re.sub(r"^errors:.*\n", "", path.read_text(), flags=re.M) + "errors: [out of flux again]\n"
        )
    found = [problem for problem in check(Shelf.open(own_library), apis=False) if problem.code == "E116"]
    assert ["fails" in problem.message for problem in found] == [True]


def test_codes_are_stable():
    assert {code: function.__name__ for code, function in {**RULES, **FOLDER_RULES}.items()} == {
        "E101": "id_is_kebab_case",
        "E102": "category_is_known",
        "E103": "names_are_unique",
        "E104": "references_exist",
        "E105": "topics_exist",
        "E106": "tags_are_kebab_case",
        "E107": "an_overview_names_its_category",
        "E108": "entries_link_to_others",
        "E109": "packages_are_in_the_extra",
        "E110": "snippets_are_named_and_titled",
        "E111": "code_fits_a_screen",
        "E112": "code_is_python_that_stands_alone",
        "E113": "code_proves_something",
        "E114": "asserts_can_fail",
        "E115": "patterns_are_definite",
        "E116": "patterns_belong_to_one_entry",
        "E117": "patterns_meet_messages",
        "E118": "samples_belong_to_an_entry",
        "E119": "parameters_stand_in_the_code",
        "E130": "categories_have_an_overview",
        "E131": "topics_are_covered",
        "E132": "entries_are_linked_to",
        "E133": "links_hold_the_collection_together",
        "E201": "english_is_english",
        "E202": "chinese_is_chinese",
        "E203": "both_languages_are_there",
        "E204": "texts_keep_their_length",
        "E205": "chinese_and_latin_are_spaced",
        "E206": "chinese_punctuation_is_full_width",
        "E207": "stars_are_strong_text",
        "S201": "explanations_are_short",
        "S202": "both_languages_are_written",
        "E140": "proofs_are_about_snippets",
        "E141": "statements_name_their_proof",
        "E142": "proofs_can_fail",
        "E143": "answers_can_be_pasted",
        "E144": "errors_name_their_pair",
        "S111": "code_fits_the_card",
        "S112": "snippets_hold_no_asserts",
        "S140": "entries_have_an_answer",
        "S141": "statements_have_a_proof_or_a_source",
        "S142": "proofs_state_something",
    }


def test_every_rule_says_what_it_demands():
    missing = [code for code, function in {**RULES, **FOLDER_RULES}.items() if not function.__doc__]
    assert missing == []


def test_a_complete_collection_is_clean(small_collection):
    codes = {"E102", "E108", "E109", *FOLDER_RULES}
    found = check(Shelf.open(small_collection), apis=False)
    assert [str(problem) for problem in found if problem.code in codes] == []


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_an_entry_owes_its_collection_is_found_in_its_file(path, small_collection):
    copy = Path(shutil.copy(path, small_collection / "basics"))
    code, message = path.read_text().splitlines()[0].removeprefix("# expect: ").split(" ", 1)
    shelf = Shelf.open(small_collection)
    for ids in (None, [path.stem]):
        found = [problem for problem in check(shelf, ids, apis=False) if problem.code == code]
        assert [problem.path for problem in found] == [str(copy)]
        assert message in found[0].message


def test_what_is_only_suggested_to_users_fails_in_a_collection(small_collection):
    bad = ("no-answer", "holds-asserts", "no-proof-no-source", "wide-snippet")
    for name in bad:
        shutil.copy(HERE / "entries_bad" / f"{name}.yaml", small_collection / "basics")
    codes = {"S140", "S112", "S141", "S111"}
    for severity in (Severity.fails, Severity.suggests):
        found = check(Shelf.open(small_collection), bad, apis=False)
        assert {one.code for one in found if one.severity is severity} >= codes
        (small_collection / "categories.yaml").unlink(missing_ok=True)


def test_additions_of_users_need_not_be_complete(small_collection):
    (small_collection / "categories.yaml").unlink()
    shutil.copy(HERE / "entries_bad" / "collection" / "no-link.yaml", small_collection / "basics")
    found = {problem.code for problem in check(Shelf.open(small_collection), apis=False)}
    assert not found & {"E102", "E108", *FOLDER_RULES}


def test_a_checked_file_is_not_blamed_for_others(small_collection):
    for path in BAD:
        shutil.copy(path, small_collection / "basics")
    found = check(Shelf.open(small_collection), ["linked"], apis=False)
    assert {problem.path for problem in found} <= {str(small_collection / "basics" / "linked.yaml")}


def test_a_category_that_categories_yaml_does_not_list_is_found(small_collection):
    write(small_collection / "categories.yaml", "basic: {en: Basics, zh: 基础}\n")
    found = [p.message for p in check(Shelf.open(small_collection), apis=False) if p.code == "E102"]
    assert found == ["unknown category 'basics'; did you mean basic?"] * 3


def test_a_category_without_an_overview_or_with_nothing_else_is_found(small_collection):
    replace(small_collection / "categories.yaml", "basics:", "empty: {en: E, zh: 空}\nbasics:")
    said = "no entry of category 'empty' is tagged 'overview'; write its overview"
    assert found_in(small_collection) == [f"categories.yaml:2: E130 {said}"]
    for id in ("linked", "partner"):
        (small_collection / "basics" / f"{id}.yaml").unlink()
    (small_collection / "sources.yaml").unlink()
    assert [line.partition(";")[0] for line in found_in(small_collection)] == [
        "categories.yaml:2: E130 no entry of category 'empty' is tagged 'overview'",
        "categories.yaml:3: E130 category 'basics' holds nothing but its overview",
    ]


def test_topics_that_are_open_repeated_or_in_no_category_are_found(small_collection):
    with (small_collection / "sources.yaml").open("a") as file:
        file.write(topic("b-topic") + topic("a-topic") + topic("c-topic", "basic"))
    assert [line.partition(";")[0] for line in found_in(small_collection)] == [
        "sources.yaml:7: E131 no entry covers topic 'b-topic'",
        "sources.yaml:3: E131 topic 'a-topic' is listed twice",
        "sources.yaml:15: E131 topic 'c-topic' has the unknown category 'basic'",
    ]


def test_stray_files_are_found(own_library):
    (own_library / "notes.txt").write_text("")
    (own_library / "basics" / "deeper").mkdir()
    found = check(Shelf.open(own_library), apis=False)
    strays = [problem.path.rpartition("/")[2] for problem in found if problem.code == "E011"]
    assert strays == ["deeper", "notes.txt"]


def test_an_alias_of_two_entries_is_found(own_library):
    path = own_library / "gpu" / "needs-cuda.yaml"
    path.write_text(path.read_text().replace("tags: [gpu]", "tags: [gpu]\naliases: [Plus]"))
    found = check(Shelf.open(own_library), apis=False)
    messages = [problem.message for problem in found if problem.code == "E103"]
    assert len(messages) == 2
    assert "also names 'passes'" in "".join(messages)


def test_suggestions_are_marked(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text()
    start, end = text.index("  en: |\n") + 8, text.index("  zh: |\n")
    path.write_text(text[:start] + "    Short.\n" + text[end:])
    (found,) = [
        p for p in check(Shelf.open(own_library), apis=False) if p.path == str(path) and p.code == "S201"
    ]
    assert found.severity is Severity.suggests
    assert found.message == "1 English words, better 40 to 200"


def test_only_the_files_and_folders_that_are_named_are_checked(small_collection):
    replace(small_collection / "sources.yaml", "id: a-topic", "id: b-topic")
    for path in BAD:
        shutil.copy(path, small_collection / "basics")
    shelf = Shelf.open(small_collection)
    every = list(check_targets(shelf, []))
    assert {Path(problem.path).name for problem in every} > {"sources.yaml", "no-link.yaml"}
    for name in ("sources.yaml", "basics/no-link.yaml"):
        target = small_collection / name
        found = list(check_targets(shelf, [target]))
        assert [p for p in found if p.code != "S120"] == [p for p in every if p.path == str(target)]
        assert found
    assert list(check_targets(shelf, [small_collection])) == every


def test_what_cannot_be_checked_is_named(shelf, tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        list(check_targets(shelf, [LIBRARY / "nowhere.yaml"]))
    (tmp_path / "alone.yaml").write_text("")
    with pytest.raises(BadFile, match="is in no entries folder; try: PTNOTE_PATH"):
        list(check_targets(shelf, [tmp_path / "alone.yaml"]))


def test_an_overview_names_every_entry_of_its_category(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text().replace("tags: [addition, basics]", "tags: [overview]")
    path.write_text(text.replace("Adds two tensors", "Before `fails`, adds two tensors"))
    (found,) = [p for p in check(Shelf.open(own_library), apis=False) if p.code == "E107"]
    assert found.message == "the overview of basics does not name fails in backticks"
    assert found.line == text[: text.index("  zh: |")].count("\n") + 1


ABOUT_PROOFS = [
    ("E140", "receives 'other'", 'def test_a(other):\n    "A."\n    assert other\n'),
    ("E140", "the entry has none", 'def test_a(answer):\n    "A."\n    assert answer\n'),
    ("E142", "cannot fail", 'def test_a():\n    "A."\n    assert True\n'),
    ("E142", "asserts nothing", 'def test_a():\n    "A."\n    print(1)\n'),
    ("E143", "given() serves the answer", "def given():\n    return {}\n"),
    ("E112", "imports kb", 'def test_a():\n    "A."\n    import kb.errors\n    assert kb.errors\n'),
    ("S142", "says nothing but a title", 'def test_a(default):\n    "Add."\n    assert default.total\n'),
]


@pytest.mark.parametrize(("code", "words", "text"), ABOUT_PROOFS, ids=[words for _, words, _ in ABOUT_PROOFS])
def test_faults_of_proofs_stand_at_their_line_in_the_proofs_file(own_library, code, words, text):
    path = own_library / "basics" / "passes.proofs.py"
    path.write_text("# a line\n" + text)
    found = [
        problem
        for problem in check_targets(Shelf.open(own_library), [path])  # the file beside stands for its entry
        if problem.code == code and words in problem.message
    ]
    assert found
    if words not in ("given() serves the answer",):
        assert {problem.path for problem in found} == {str(path)}
        assert all(1 < problem.line <= len(path.read_text().splitlines()) for problem in found)


def test_a_proof_cannot_look_into_several_processes(own_library):
    replace(
        own_library / "basics" / "passes.yaml",
        "    code: |\n      import",
        "    requires: {ranks: 2}\n    code: |\n      import",
    )
    (own_library / "basics" / "passes.proofs.py").write_text(
        'def test_a(default):\n    "A."\n    assert default\n'
    )
    found = list(check_targets(Shelf.open(own_library), [own_library / "basics" / "passes.yaml"]))
    assert "several processes" in "".join(problem.message for problem in found if problem.code == "E140")


def test_files_beside_no_entry_are_strays(own_library):
    for name in ("gone.proofs.py", "gone.asked.txt"):
        (own_library / "basics" / name).write_text("")
    (own_library / "basics" / "passes.asked.txt").write_text("")
    found = {Path(one.path).name for one in check_targets(Shelf.open(own_library), []) if one.code == "E011"}
    assert found == {"gone.proofs.py", "gone.asked.txt"}
