"""What one types first: commands, names, slips of either, and options before the command."""

import re

import pytest

from tests.cli.helpers import on_terminal, one_line


def test_help_is_a_command(ptnote):
    assert ptnote("help").out == ptnote("--help").out
    assert ptnote("help", "search").out == ptnote("search", "--help").out
    done = ptnote("help", "one-hot")
    assert done.code == 2
    one_line(done, "no command 'one-hot'", "ptnote one-hot")


def test_no_internal_name_leaks(ptnote):
    done = ptnote("one-hot", "--nosuch")
    assert done.code == 2
    one_line(done, "no option --nosuch", "ptnote --help")
    assert "lookup" not in done.err


def test_an_option_implies_its_command(ptnote):
    assert ptnote("one-hot", "--code").out == ptnote("show", "one-hot", "--code").out != ""
    assert ptnote("amp", "-n", "3", "--ids").out == ptnote("search", "amp", "-n", "3", "--ids").out != ""


@pytest.mark.parametrize("name", ["F.one_hot", "torch.nn.functional.one_hot", "functional.one_hot()"])
def test_names_of_the_api_name_entries(ptnote, name):
    wanted = ptnote("show", "one-hot").out
    assert ptnote("show", name).out == wanted
    assert ptnote(name).out == wanted


def test_a_name_of_the_api_that_several_entries_are_about_suggests_them(ptnote):
    done = ptnote("show", "torch.load")
    assert done.code == 1
    one_line(done, "no entry 'torch.load'", "did you mean:", "load-state-dict")


def test_show_takes_a_snippet_as_run_does(small):
    done = small("show", "passes", "wrong", "--code")
    assert done.code == 0
    assert done.out
    assert done.out != small("show", "passes", "--code").out
    assert small("show", "passes", "nosuch").code == 1


def test_the_examples_of_help_work(ptnote):
    for command in ("show", "run"):
        for example in re.findall(r"^ *ptnote \w+ one-hot (\S+)(?: |$)", ptnote(command, "--help").out, re.M):
            if not example.startswith("-"):
                assert ptnote("show", "one-hot", example).code == 0, example


def test_groups_are_listed_by_every_command_that_names_them(ptnote):
    tagged = ptnote("list", "-t", "amp").out
    assert "autocast\n" in tagged
    assert ptnote("tags", "amp").out == tagged
    assert set(tagged.splitlines()) <= set(ptnote("list", "amp").out.splitlines())
    losses = ptnote("list", "-c", "losses").out
    assert ptnote("categories", "losses").out == ptnote("categories", "损失函数").out == losses
    assert set(losses.splitlines()) <= set(ptnote("list", "losses").out.splitlines())
    both = ptnote("list", "losses", "classification").out.splitlines()
    assert set(both) < set(ptnote("list", "losses").out.splitlines())
    assert both


@pytest.mark.parametrize("command", ["list", "tags", "categories"])
def test_an_unknown_group_suggests(ptnote, command):
    done = ptnote(command, "losess")
    assert (done.code, done.out) == (1, "")
    one_line(done, "no tag or category 'losess'", "losses")


def test_search_takes_filters_as_options(ptnote):
    assert ptnote("search", "clip", "--tag", "training", "--ids").out == (
        ptnote("search", "clip tag:training", "--ids").out
    )
    ids = ptnote("search", "loss", "-c", "losses", "--ids").out.splitlines()
    assert ids
    assert set(ids) <= set(ptnote("categories", "losses").out.splitlines())


@pytest.mark.parametrize("options", [["-L", "zh"], ["--lang=zh"], ["--color", "always", "--no-pager"]])
def test_options_of_the_screen_may_come_first(ptnote, options):
    wanted = ptnote("one-hot", *options)
    assert wanted.code == 0
    assert ptnote(*options, "one-hot").out == wanted.out
    assert ptnote(*options, "show", "one-hot").out == wanted.out


def test_the_option_after_the_command_counts(ptnote):
    assert ptnote("-L", "zh", "show", "one-hot", "-L", "en").out == ptnote("show", "one-hot", "-L", "en").out
    assert ptnote("-L", "zh").out == ptnote(env={"PTNOTE_LANG": "zh"}).out


@pytest.mark.parametrize("slip", ["serach", "serch", "seearch", "searcb", "Serach"])
def test_a_mistyped_command_is_not_searched_for(ptnote, slip):
    done = ptnote(slip, "amp", "-n", "3")
    assert (done.code, done.out) == (2, "")
    one_line(done, f"no command '{slip}'", "did you mean: ptnote search amp -n 3?")


def test_words_that_entries_use_are_no_slips(ptnote):
    assert ptnote("slow", "dataloader", "--ids").code == 0  # near `show`
    assert ptnote("text").code != 2  # near `test`


def test_on_a_terminal_a_slip_is_asked_about():
    agreed = on_terminal("serach", "amp", "--ids", typed="\n")
    assert "did you mean: ptnote search amp --ids? [Y/n]" in agreed
    assert "amp-training" in agreed
    assert "amp-training" in on_terminal("serach", "amp", "--ids", typed="n\n")


@pytest.mark.parametrize(
    ("words", "code", "entry"),
    [
        ("random seed", 2, "seed"),
        ("export model to onnx", 2, "onnx-export"),
        ("new tensor like", 2, "new-tensors"),
        ("run on multiple gpus", 1, "ddp"),
        ("import error cuda", 1, "cuda-not-available"),
        ("random seed -L zh --color=never", 2, "seed"),
    ],
)
def test_a_question_may_begin_with_the_name_of_a_command(ptnote, words, code, entry):
    """It is answered, and told that the command refused it; scripts see that by the exit code."""
    done = ptnote(*words.split())
    assert (done.code, done.out.split()[0]) == (code, entry)
    _, instead = done.err.splitlines()
    assert instead == f"ptnote: {'改为搜索这些词' if 'zh' in words else 'searching for the words instead'}"


@pytest.mark.parametrize(
    "words",
    [
        "export vscode",
        "new my-loss",
        "show nothing-like-it",
        "random --nothing seed",
        "completion fishes shell",
    ],
)
def test_a_wrong_call_that_is_no_question_is_refused_alone(ptnote, words):
    done = ptnote(*words.split())
    assert (done.code in (1, 2), done.out, len(done.err.splitlines())) == (True, "", 1)
