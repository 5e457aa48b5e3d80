"""Rules: the built-in entries keep them, and their codes are stable."""

import re

from kb import Library
from kb.check.engine import RULES, check, in_folders
from kb.content.problem import Severity
from tests.conftest import LIBRARY, ROOT


def test_the_builtin_entries_are_clean():
    assert [str(problem) for problem in check(Library.load(ROOT / "entries"))] == []


def test_the_small_library_has_only_its_known_fault(library):
    found = list(check(library))
    assert {problem.code for problem in found} <= {"E113", "S201"}, [str(problem) for problem in found]


def test_a_pattern_of_two_entries_is_found(own_library):
    for id in ("passes", "fails"):
        path = own_library / "basics" / f"{id}.yaml"
        path.write_text(
            re.sub(r"^errors:.*\n", "", path.read_text(), flags=re.M) + "errors: [out of flux again]\n"
        )
    found = [problem for problem in check(Library.load(own_library), apis=False) if problem.code == "E116"]
    assert ["fails" in problem.message for problem in found] == [True]


def test_codes_are_stable():
    assert sorted(RULES) == (
        [
            "E101",
            "E102",
            "E103",
            "E104",
            "E105",
            "E106",
            "E107",
            "E110",
            "E111",
            "E112",
            "E113",
            "E114",
            "E115",
            "E116",
            "E201",
            "E202",
            "E203",
            "E204",
            "E205",
            "E206",
            "S201",
        ]
    )


def test_stray_files_are_found(own_library):
    (own_library / "notes.txt").write_text("")
    (own_library / "basics" / "deeper").mkdir()
    strays = [p.path.rpartition("/")[2] for p in check(Library.load(own_library)) if p.code == "E011"]
    assert strays == ["deeper", "notes.txt"]


def test_an_alias_of_two_entries_is_found(own_library):
    path = own_library / "gpu" / "needs-cuda.yaml"
    path.write_text(path.read_text().replace("tags: [gpu]", "tags: [gpu]\naliases: [Plus]"))
    messages = [p.message for p in check(Library.load(own_library)) if p.code == "E103"]
    assert len(messages) == 2
    assert "also names 'passes'" in "".join(messages)


def test_suggestions_are_marked(own_library):
    path = own_library / "basics" / "passes.yaml"
    path.write_text(path.read_text().replace("Adds two tensors element by element, so that", "So that"))
    text = path.read_text()
    start, end = text.index("  en: |\n") + 8, text.index("  zh: |\n")
    path.write_text(text[:start] + "    Short.\n" + text[end:])
    (found,) = [p for p in check(Library.load(own_library)) if p.path == str(path)]
    assert (found.code, found.severity) == ("S201", Severity.suggests)


def test_only_chosen_entries_are_checked(library):
    ids = in_folders(library, [LIBRARY / "gpu", LIBRARY / "basics" / "passes.yaml"])
    assert sorted(ids) == ["needs-cuda", "passes"]


def test_unknown_categories_of_builtin_entries_are_found(own_library):
    from kb.content.folder import read_folder

    found = list(check(Library([read_folder(own_library, "built-in")])))
    assert {"E102"} <= {problem.code for problem in found}


def test_an_overview_names_every_entry_of_its_category(own_library):
    path = own_library / "basics" / "passes.yaml"
    text = path.read_text().replace("tags: [addition, basics]", "tags: [overview]")
    path.write_text(text.replace("Adds two tensors", "Before `fails`, adds two tensors"))
    (found,) = [p for p in check(Library.load(own_library)) if p.code == "E107"]
    assert found.message == "the overview of basics does not name fails in backticks"
    assert found.line == text[: text.index("  zh: |")].count("\n") + 1
