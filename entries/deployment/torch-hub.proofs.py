"""Proofs of torch-hub."""

import contextlib
import io
import json
import os
import sys
import types
from pathlib import Path
from urllib.error import HTTPError, URLError

import torch
from torch import nn

HUBCONF = '''
dependencies = ["torch"]
import torch

def tiny(classes=10):
    """A linear classifier of 4 features."""
    return torch.nn.Linear(4, classes)
'''


def repository(folder, text=HUBCONF):
    Path(folder).mkdir(parents=True)
    Path(folder, "hubconf.py").write_text(text)


def hub(folder, text=HUBCONF):
    """A cache in the working folder that holds one repository."""
    torch.hub.set_dir("hub")
    repository(f"hub/{folder}", text)


def given():
    hub("owner_repo_v1.0")
    repository("path/to/repo", HUBCONF.replace("classes=10", "classes=5"))
    return {"torch": torch}


def test_answer(answer):
    """A tag is loaded from the cache, a folder with source="local", and an entry point is a plain function."""
    assert torch.hub.load("owner/repo:v1.0", "tiny", trust_repo=True).out_features == 10
    assert answer.model.out_features == 5
    assert answer.tiny().weight.shape == (10, 4) and answer.tiny(3).weight.shape == (3, 4)
    Path("offered").mkdir()
    Path("offered/hubconf.py").write_text(
        f"import torch; dependencies = {answer.dependencies}\n"
        "def tiny(classes=10):\n    return torch.nn.Linear(4, classes)\n"
    )
    assert torch.hub.load("offered", "tiny", source="local").out_features == 10


def test_default(default):
    """Arguments after the name of the entry point are passed to it."""
    assert isinstance(default.model, nn.Linear)
    assert default.model(torch.ones(2, 4)).shape == (2, 3)
    assert torch.hub.load("mymodels", "tiny", 7, source="local").bias.shape == (7,)


def test_right(right):
    """An entry point may return what it likes."""
    assert right.model == 1


def test_list_and_help():
    """torch.hub.list shows the entry points of a repository, and torch.hub.help shows a docstring."""
    hub("owner_repo_v1.1")
    assert torch.hub.list("owner/repo:v1.1", trust_repo=True) == ["tiny"]
    assert torch.hub.help("owner/repo:v1.1", "tiny", trust_repo=True) == "A linear classifier of 4 features."


def test_get_dir():
    """torch.hub.get_dir() is hub below $TORCH_HOME, which is ~/.cache/torch unless it is set."""
    torch.hub._hub_dir = None
    before = {name: os.environ.pop(name, None) for name in ("TORCH_HOME", "XDG_CACHE_HOME")}
    try:
        assert torch.hub.get_dir() == os.path.join(os.path.expanduser("~/.cache"), "torch", "hub")
        os.environ["TORCH_HOME"] = "home"
        assert torch.hub.get_dir() == os.path.join("home", "hub")
    finally:
        os.environ.pop("TORCH_HOME", None)
        os.environ.update({name: value for name, value in before.items() if value is not None})


def test_cached_until_force_reload(raises):
    """What was downloaded once is used without a network until force_reload=True."""
    hub("owner_repo_main")
    requests = []

    def offline(url):
        requests.append(url)
        raise HTTPError("https://github.com", 404, "offline", {}, None)

    original, torch.hub._read_url = torch.hub._read_url, offline
    try:
        assert torch.hub.load("owner/repo:main", "tiny", trust_repo=True).out_features == 10
        assert requests == []
        with raises((KeyError, HTTPError), "Authorization" if torch.__version__ >= (2, 9) else "offline"):
            torch.hub.load("owner/repo:main", "tiny", trust_repo=True, force_reload=True)
        assert len(requests) == 1
    finally:
        torch.hub._read_url = original


def test_offline_without_a_copy(raises):
    """Without a network and a tag, torch.hub loads owner_repo_main or owner_repo_master from the cache, or raises."""

    def offline(request):
        raise URLError("no network")

    original, torch.hub.urlopen = torch.hub.urlopen, offline
    try:
        torch.hub.set_dir("hub")
        with raises(RuntimeError, "no internet connection and the repo could not be found in the cache"):
            torch.hub.load("lab/nets", "tiny", trust_repo=True)
        hub("lab_nets_master")
        assert torch.hub.load("lab/nets", "tiny", trust_repo=True).out_features == 10
    finally:
        torch.hub.urlopen = original


def test_main_or_master():
    """Without a tag, torch.hub loads main, or master if there is no main; it does not ask for the default branch."""
    asked, branches = [], {"main"}

    def github(url):
        asked.append(url)
        if url.split("/tree/")[1].strip("/") not in branches:
            raise HTTPError(url, 404, "Not Found", {}, None)
        return contextlib.nullcontext()

    original, torch.hub.urlopen = torch.hub.urlopen, github
    try:
        assert torch.hub._parse_repo_info("owner/repo")[2] == "main"
        branches.clear()
        branches.add("develop")
        assert torch.hub._parse_repo_info("owner/repo")[2] == "master"
        assert set(asked) == {"https://github.com/owner/repo/tree/main/"}
    finally:
        torch.hub.urlopen = original


def test_commits(raises):
    """A commit is accepted if it is the latest of a branch or has a tag; another one is refused."""

    def github(request):
        kind, page = request.full_url.split("/repo/")[1].split("?per_page=100&page=")
        listed = {"branches": ("develop", "aaaa1111"), "tags": ("v1", "bbbb2222")}[kind]
        return json.dumps([{"name": listed[0], "commit": {"sha": listed[1]}}] if page == "1" else [])

    original, torch.hub._read_url = torch.hub._read_url, github
    try:
        for ref in "develop", "v1", "aaaa1111", "bbbb":
            torch.hub._validate_not_a_forked_repo("owner", "repo", ref)
        with raises(ValueError, "Cannot find cccc3333 in https://github.com/owner/repo"):
            torch.hub._validate_not_a_forked_repo("owner", "repo", "cccc3333")
    finally:
        torch.hub._read_url = original


def test_modules_of_the_same_name():
    """A module utils that is already imported hides the utils of the repository."""
    Path("repo").mkdir()
    Path("repo/utils.py").write_text("size = 3\n")
    Path("repo/hubconf.py").write_text("from utils import size\ndef tiny(): return size\n")
    sys.modules["utils"] = mine = types.ModuleType("utils")
    mine.size = 8
    try:
        assert torch.hub.load("repo", "tiny", source="local") == 8
        del sys.modules["utils"]
        assert torch.hub.load("repo", "tiny", source="local") == 3
    finally:
        sys.modules.pop("utils", None)


def test_public_names_are_entry_points():
    """Callables without a leading underscore are listed, imported classes too; other values are not."""
    text = "from torch.nn import Linear\nfrom torch.nn import Conv2d as _Conv2d\nsize = 3\ndef tiny(): return 1\n"
    hub("owner_repo_v2", text + "def _helper(): return 2\n")
    assert sorted(torch.hub.list("owner/repo:v2", trust_repo=True)) == ["Linear", "tiny"]


def test_it_asks_for_trust(raises):
    """A repository that is neither trusted nor downloaded yet asks on the terminal, before 2.11 only with
    trust_repo=False or "check", and "n" raises."""
    torch.hub.set_dir("empty")
    stdin, sys.stdin = sys.stdin, io.StringIO("n\n")
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed, raises(Exception, "Untrusted repository"):
            torch.hub.load("owner/new:v1", "tiny", **({} if torch.__version__ >= (2, 11) else {"trust_repo": "check"}))
        assert "Do you trust this repository" in printed.getvalue()
    finally:
        sys.stdin = stdin


def test_loading_runs_the_code():
    """Loading an entry point runs the whole hubconf.py."""
    repository("code", "from pathlib import Path\nPath('ran').touch()\ndef tiny(): return 1\n")
    assert not Path("ran").exists()
    torch.hub.load("code", "tiny", source="local")
    assert Path("ran").exists()


def test_rate_limit(raises):
    """When GitHub refuses a request that has no token, for 403 or 404, torch.hub raises KeyError: 'Authorization', before
    torch 2.9 the HTTPError itself."""
    original, token = torch.hub._read_url, os.environ.pop("GITHUB_TOKEN", None)
    try:
        for code, reason in (403, "rate limit exceeded"), (404, "Not Found"):

            def refuse(url, code=code, reason=reason):
                raise HTTPError("https://api.github.com", code, reason, {}, None)

            torch.hub._read_url = refuse
            with raises((KeyError, HTTPError), "Authorization" if torch.__version__ >= (2, 9) else reason):
                torch.hub._validate_not_a_forked_repo("owner", "repo", "v1")
    finally:
        torch.hub._read_url = original
        if token is not None:
            os.environ["GITHUB_TOKEN"] = token
