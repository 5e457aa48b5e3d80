"""The line that mends a message, as an example."""

import pytest
from msgspec.structs import replace

from kb.messages.pair import changes, example, pair_of


@pytest.fixture(scope="module")
def entry(builtin):
    """An entry about one message, with a pair of snippets that break and mend it."""
    made = builtin.get("requires-grad-int")
    return replace(made, errors=made.errors[:1])


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("x = 1\ny = 2\n", "x = 1\ny = 3\n", "y = 3"),
        ("y = 2\n", "import torch\nfrom torch import nn\n\ny = 3\n", "y = 3"),
        ("y = 2\n", "# a comment\ndef work(x):\n    return x\n", "return x"),
        ("f(\n    2\n)\n", "f(\n    3,\n)\n", "3"),
    ],
)
def test_the_first_line_of_the_mended_code_that_does_something(entry, before, after, line):
    assert example(entry, (before, after)) == line


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("from functools import partial\nstep = partial(f, 2)  # why\n", "step = partial(f, 2)"),
        ("# why\n\nmodel.eval()\n", "model.eval()"),
        ("with torch.no_grad():\n    y = model(x)\n", ""),
        ("import torch\n", ""),
    ],
)
def test_without_a_pair_it_is_the_first_such_line_of_the_answer(entry, answer, line):
    assert len(entry.error_patterns) == 1
    assert example(replace(entry, answer=answer), None) == line


def test_an_answer_to_several_messages_is_no_example_of_one(entry):
    assert example(replace(entry, errors=entry.errors * 2), None) == ""


def test_no_example_in_the_library_is_an_import(builtin):
    shown = 0
    for each in builtin:
        for pattern in each.error_patterns:
            line = example(each, changes(*pair_of(each, pattern)))
            shown += bool(line)
            assert not line.startswith(("import ", "from ", "#")), (each.id, line)
    assert shown > 100
