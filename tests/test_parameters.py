"""Parameters of snippets: found in the code, changed in the code, and typed as the code has them."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Library, Outcome, Parameter, Snippet, parameters_of, trials, variants
from kb.content.parameters import changed, faults
from kb.errors import BadValue
from kb.run.expected import output_matches
from kb.run.pool import Pool
from kb.run.settings import Settings
from tests.conftest import LIBRARY

OTHER_VALUES = [
    ("one-hot", "default", "num_classes", "6"),
    ("label-smoothing", "default", "label_smoothing", "0.3"),
    ("class-weights", "effective-number", "beta", "0.9"),
    ("huber-loss", "values", "delta", "0.5"),
    ("triplet-loss", "default", "margin", "1.0"),
    ("sigmoid", "threshold", "t", "0.5"),
    ("mse-loss", "default", "lr", "0.03"),
    ("dice-loss", "default", "lr", "0.05"),
    ("tv-loss", "default", "lr", "0.002"),
    ("bce-with-logits", "default", "lr", "0.01"),
    ("custom-loss", "default", "lr", "0.01"),
    ("conv2d", "default", "stride", "3"),
    ("conv2d", "default", "dilation", "3"),
    ("conv1d", "default", "kernel_size", "9"),
    ("dropout", "default", "p", "0.5"),
    ("dropout", "channels", "p", "0.2"),
    ("embedding-bag", "default", "mode", "max"),
    ("sampling", "repetition", "penalty", "2.0"),
    ("adamw", "default", "lr", "0.1"),
    ("custom-optimizer", "default", "lr", "0.2"),
    ("lr-schedulers", "default", "epochs", "3"),
    ("lr-schedulers", "compare", "step_size", "2"),
    ("lr-schedulers", "plateau", "patience", "0"),
    ("lr-schedulers", "plateau", "factor", "0.1"),
    ("lr-schedulers", "plot", "gamma", "0.8"),
    ("momentum", "default", "lr", "0.1"),
    ("optimizers", "sgd", "lr", "1.0"),
    ("optimizers", "first-step", "weight_decay", "2.0"),
    ("scheduler-order", "default", "gamma", "0.1"),
    ("warmup", "default", "lr", "0.1"),
    ("cumsum", "moving-average", "k", "2"),
    ("scatter", "default", "G", "6"),
    ("sliding-window", "lazy", "stride", "1"),
    ("add", "default", "alpha", "-1"),
    ("pruning", "default", "amount", "0.9"),
    ("distillation", "tokens", "T", "1.0"),
    ("early-stop", "class", "min_delta", "0.0"),
    ("grad-accumulation", "default", "steps", "2"),
    ("grad-clip", "default", "max_norm", "0.5"),
    ("grad-clip", "by-value", "clip_value", "5.0"),
    ("overfitting", "default", "lr", "0.03"),
    ("training-loop", "default", "lr", "0.2"),
    ("training-loop", "default", "batch_size", "64"),
    ("training-loop", "five-steps", "lr", "0.02"),
    ("fit-validate", "default", "lr", "0.3"),
    ("mixup", "cutmix", "lam", "0.2"),
    ("gaussian-blur", "default", "sigma", "2.0"),
    ("interpolate", "default", "size", "(8,12)"),
    ("interpolate", "overshoot", "mode", "bilinear"),
    ("k-fold", "stratified", "K", "4"),
    ("plots", "default", "bins", "10"),
    ("plots", "smooth", "window", "50"),
    ("plot-loss", "default", "lr", "0.01"),
]
"""For each parameter of the built-in entries another value, with which the snippet prints something else."""


def snippet(code, *names):
    return Snippet(name="default", code=code, parameters=tuple(map(Parameter, names)), output="1\n")


@pytest.fixture
def entry(library):
    return library.get("passes")


def run_of(entry, code, *settings):
    """The code of each variant that the settings ask for; the parameters are those they name."""
    names = [setting.partition("=")[0] for setting in settings]
    return [one.code for one in variants(entry, snippet(code, *names), settings)]


@pytest.mark.parametrize(
    ("code", "setting", "made"),
    [
        ("lr = 0.1  # rate\nprint(lr)\n", "lr=1", "lr = 1.0  # rate\nprint(lr)\n"),
        ("n = 3\n", "n=-7", "n = -7\n"),
        ("n: int = 3\n", "n=0x10", "n: int = 16\n"),
        ("f(x, n=3, m=f(n=3))\n", "n=4", "f(x, n=4, m=f(n=4))\n"),
        ("独热 = '值'; n = 3\n", "n=4", "独热 = '值'; n = 4\n"),
        ("独热 = f('值', n=3)\n", "n=4", "独热 = f('值', n=4)\n"),
        ("ok = True\n", "ok=no", "ok = False\n"),
        ("size = (2, 3)\n", "size=[4,5]", "size = (4, 5)\n"),
        ("size = 2, 3\n", "size=(4,)", "size = (4,)\n"),
        ("size = [\n    2,\n    3,\n]\nn = 1\n", "size=[1]", "size = [1]\nn = 1\n"),
        ("betas = (0.9, 0.99)\n", "betas=(0,1)", "betas = (0.0, 1.0)\n"),
        ('mode = "mean"\n', "mode=sum", 'mode = "sum"\n'),
        ('mode = "mean"\n', 'mode="a,b"', 'mode = "a,b"\n'),
        ("mode = 'mean'\n", "mode=it's", 'mode = "it\'s"\n'),
        ("lr = 1e-3\n", "lr=0.001", "lr = 1e-3\n"),
        ("n = 1\nf(n=n)\n", "n=2", "n = 2\nf(n=n)\n"),
        ("# \u2028\nx = 1; n = 3\n", "n=4", "# \u2028\nx = 1; n = 4\n"),
    ],
)
def test_a_value_is_changed_where_the_code_writes_it(entry, code, setting, made):
    assert run_of(entry, code, setting) == [made]


def test_each_value_is_run_with_each_of_the_others(entry):
    code = "a = 1\nb = (1, 2)\n"
    found = variants(entry, snippet(code, "a", "b"), ["a=1,2", "b=(3,4),(5,6)"])
    assert [one.values for one in found] == [
        {"a": 1, "b": (3, 4)},
        {"a": 1, "b": (5, 6)},
        {"a": 2, "b": (3, 4)},
        {"a": 2, "b": (5, 6)},
    ]
    assert found[0].code == "a = 1\nb = (3, 4)\n"


@pytest.mark.parametrize(
    ("code", "settings", "said"),
    [
        ("n = 3\n", ["m=4"], "passes/default has no parameter 'm'; it has: n=3"),
        ("n = 3\n", ["n=1.5"], "'1.5' does not fit n, which is a whole number; --set n=3"),
        ("n = 3\n", ["n=True"], "'True' does not fit n"),
        ("n = 3\n", ["n=__import__('os')"], "does not fit n"),
        ("n = 3\n", ["n=1,,2"], "'' does not fit n"),
        ("n = 3\n", ["n="], "'n=' sets nothing; try: --set n=3"),
        ("n = 3\n", ["n"], "'n' sets nothing"),
        ("n = 3\n", ["n=1", "n=2"], "'n' is set twice"),
        ("lr = 0.1\n", ["lr=fast"], "'fast' does not fit lr, which is a number"),
        ("lr = 0.1\n", ["lr=1e999"], "'1e999' does not fit lr"),
        ("lr = 0.1\n", ["lr=" + "(" * 5000], "does not fit lr"),
        ("ok = True\n", ["ok=maybe"], "'maybe' does not fit ok, which is true or false"),
        ("size = (2, 3)\n", ["size=4,5"], "'4' does not fit size, which is several numbers in brackets"),
        ("size = (2, 3)\n", ["size=(4,0.5)"], "does not fit size"),
        ("size = (2, 3)\n", ["size=()"], "does not fit size"),
        ("n = 3\n", ["n=" + ",".join(map(str, range(101)))], "101 runs are too many, at most 100"),
    ],
)
def test_what_does_not_fit_is_refused(entry, code, settings, said):
    names = {line.partition(" =")[0] for line in code.splitlines()}
    with pytest.raises(BadValue) as raised:
        variants(entry, snippet(code, *names), settings)
    assert said in str(raised.value)


def test_a_snippet_without_parameters_says_where_there_are_some(builtin):
    entry = builtin.get("one-hot")
    with pytest.raises(BadValue, match="one-hot/mask has no parameters; those with some: default"):
        variants(entry, builtin.pick(["one-hot"], "mask")[1], ["x=1"])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("m = 3\n", "the code neither assigns it nor passes it by name"),
        ("def f():\n    n = 3\n", "neither assigns"),
        ("n = m = 3\nn = 4\n", "has several values"),
        ("f(n=3)\nf(n=4)\n", "has several values"),
        ("f(n=1)\nf(n=True)\n", "has several values"),
        ("n = len(x)\n", "is no literal in line 1"),
        ("f(3,\n  n=f'{x}')\n", "is no literal in line 2"),
        ("n = None\n", "neither a number"),
        ("n = ('a', 'b')\n", "neither a number"),
        ("n = ()\n", "neither a number"),
        ("n = {1: 2}\n", "neither a number"),
        ("n = is\n", "not Python"),
    ],
)
def test_a_parameter_that_the_code_does_not_have_is_a_fault(code, said):
    ((number, message),) = faults(snippet(code, "n"))
    assert number == 0
    assert said in message


def test_a_parameter_that_is_declared_twice_is_a_fault():
    assert [*faults(snippet("n = 1\n", "n", "n"))] == [(1, "parameter 'n' is declared twice")]


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
PLAIN = (
    st.booleans() | NUMBERS | TEXTS | st.lists(NUMBERS, min_size=1).map(tuple) | st.lists(NUMBERS, min_size=1)
)


@given(before=PLAIN, after=PLAIN, note=TEXTS)
def test_what_is_written_is_what_python_reads(before, after, note):
    code = f"a, b = {note!r}, 1\nx = {before!r}  # {note!r}\nf(x, y={before!r})\nz = 1\n"
    one = snippet(code, "x", "y")
    entry = Library.load(LIBRARY).get("passes")
    values = parameters_of(entry, one)
    made = changed(one, values, {"x": after, "y": after}).code
    tree = ast.parse(made)
    assert ast.literal_eval(tree.body[1].value) == after
    assert ast.literal_eval(tree.body[2].value.keywords[0].value) == after
    assert (made.splitlines()[0], made.splitlines()[-1]) == (code.splitlines()[0], "z = 1")


def test_the_default_changes_nothing(entry):
    one = snippet("lr = 1e-3\n", "lr")
    values = parameters_of(entry, one)
    assert changed(one, values, {"lr": 0.001}) is one
    other = changed(one, values, {"lr": 0.5})
    assert (other.output, other.raises) == ("", None)


def declared(library):
    for entry in library:
        for one in entry.snippets:
            for parameter in one.parameters:
                yield entry.id, one.name, parameter.name


def test_at_least_25_snippets_of_the_builtin_entries_have_parameters(builtin):
    assert len({place[:2] for place in declared(builtin)}) >= 25
    assert {*declared(builtin)} == {row[:3] for row in OTHER_VALUES}


def test_the_defaults_of_the_builtin_entries_leave_the_code_as_it_is(builtin):
    for id in {id for id, *_ in declared(builtin)}:
        entry = builtin.get(id)
        for one in entry.snippets:
            values = parameters_of(entry, one)
            asked = [f"{value.name}={_typed(value.default)}" for value in values]
            assert [each.code for each in variants(entry, one, asked)] == [one.code]
            assert all(value.help for value in values)


def _typed(value):
    return repr(value) if isinstance(value, str) else str(value)


@pytest.mark.needs_torch
def test_with_another_value_the_builtin_snippets_print_something_else(builtin):
    jobs, same = [], []
    for id, name, parameter, value in OTHER_VALUES:
        entry, one = builtin.pick([id], name)
        (variant,) = variants(entry, one, [f"{parameter}={value}"])
        jobs.append((entry, changed(one, parameters_of(entry, one), variant.values)))
    with Pool(Settings()) as pool:
        for entry, one in jobs:
            result = pool.run(entry, one)
            if result.outcome is Outcome.skipped:
                continue
            assert result.outcome is Outcome.passed, (entry.id, one.name, result.reason)
            if output_matches(builtin.pick([entry.id], one.name)[1].output, result.stdout):
                same.append((entry.id, one.name))
    assert same == []


@pytest.mark.needs_torch
def test_trials_come_in_order_and_fail_one_by_one(library):
    code = "n = 1\nprint('sum', 6 // n)\n"
    entry, one = library.pick(["passes"])
    found = variants(entry, snippet(code, "n"), ["n=3,0,1"])
    done = [*trials(library, entry.id, one.name, found, agreed=True)]
    assert [trial.values for trial in done] == [{"n": 3}, {"n": 0}, {"n": 1}]
    assert [trial.result.stdout for trial in done] == ["sum 2\n", "", "sum 6\n"]
    assert [trial.result.outcome for trial in done] == [Outcome.passed, Outcome.failed, Outcome.passed]


@pytest.mark.needs_torch
def test_code_is_run_in_place_of_the_snippets_own(library):
    assert library.run("passes", agreed=True, code="print(7)").stdout == "7\n"
    # a snippet that is to raise need not do so with other code
    assert library.run("passes", "wrong", agreed=True, code="print(8)").outcome is Outcome.passed
