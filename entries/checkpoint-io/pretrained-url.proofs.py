"""Proofs of pretrained-url."""

import hashlib
import os
import types
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from torch.hub import load_state_dict_from_url


def published(name, value, folder="."):
    """The URL of a weights file on the disk."""
    Path(folder).mkdir(exist_ok=True)
    torch.save({"weight": torch.tensor([value, 2.0])}, f"{folder}/{name}")
    return Path(f"{folder}/{name}").resolve().as_uri()


def load(url, **options):
    return load_state_dict_from_url(url, weights_only=True, progress=False, **options)["weight"][0].item()


def given():
    """A model, and a network that serves one file."""
    published_model, asked = nn.Linear(3, 2), []
    torch.hub.set_dir("answer-hub")

    def download(url, path, hash_prefix, progress):
        asked.append((url, hash_prefix))
        torch.save(published_model.state_dict(), path)

    def fetch(*args, **kwargs):
        real, torch.hub.download_url_to_file = torch.hub.download_url_to_file, download
        try:
            return load_state_dict_from_url(*args, **kwargs)
        finally:
            torch.hub.download_url_to_file = real

    hub = types.SimpleNamespace(load_state_dict_from_url=fetch)
    return {
        "torch": types.SimpleNamespace(hub=hub),
        "model": nn.Linear(3, 2),
        "published": published_model,
        "asked": asked,
    }


def test_answer(answer):
    """The file is downloaded, compared with the hash in its name, and loaded into the model."""
    assert torch.equal(answer.model.weight, answer.published.weight)
    assert torch.equal(answer.model.bias, answer.published.bias)
    assert answer.asked == [("https://example.com/net-0a1b2c3d.pth", "0a1b2c3d")]
    assert Path("answer-hub/checkpoints/net-0a1b2c3d.pth").exists()


def test_default(default):
    """The second call reads the kept file, without the server."""
    assert not default.server.exists()
    assert [file.name for file in Path("weights").iterdir()] == [default.server.name]
    assert default.server.name == f"net-{default.digest[:8]}.pth" and len(default.digest) == 64
    assert torch.equal(default.model.weight, default.published.weight)
    assert torch.equal(default.fetch()["bias"], default.published.bias)


def test_the_name_decides():
    """Two URLs with one file name share a kept file, and a changed file is not downloaded again."""
    teacher, student = published("same.pth", 5.0, "teacher"), published("same.pth", 7.0, "student")
    assert [load(url, model_dir="one") for url in (teacher, student)] == [5.0, 5.0]
    assert [load(url, model_dir=f"own-{i}") for i, url in enumerate((teacher, student))] == [5.0, 7.0]
    published("same.pth", 9.0, "teacher")
    assert load(teacher, model_dir="one") == 5.0
    Path("one/same.pth").unlink()
    assert load(teacher, model_dir="one") == 9.0


def test_when_nothing_is_checked(raises):
    """check_hash does nothing without hex digits in lower case between - and . in the name, or for a file that is there."""
    for name in "net.pth", "net_0123abcd.pth", "net-large.pth", "net-0123ABCD.pth":
        assert load(published(name, 5.0), model_dir="plain", check_hash=True) == 5.0
    url = published("net-0123abcd.pth", 5.0)
    with raises(RuntimeError, "invalid hash value"):
        load(url, model_dir="hashed", check_hash=True)
    assert not list(Path("hashed").iterdir())  # the download was discarded
    assert load(url, model_dir="hashed") == 5.0
    assert load(url, model_dir="hashed", check_hash=True) == 5.0  # it is there now


def test_words_that_look_like_hashes(raises):
    """my-face.pth and net-1.5.pth fail with check_hash, because face and 1 consist of hex digits."""
    for name, part in ("my-face.pth", "face"), ("net-1.5.pth", "1"):
        with raises(RuntimeError, f'invalid hash value (expected "{part}"'):
            load(published(name, 5.0), model_dir="faces", check_hash=True)


def test_file_name_replaces_the_hash(raises):
    """With file_name, the hash is looked for in that name and not in the URL."""
    url = published("student-0123abcd.pth", 5.0)
    assert load(url, model_dir="renamed", check_hash=True, file_name="student.pth") == 5.0
    with raises(RuntimeError, 'invalid hash value (expected "0123abcd"'):
        load(url, model_dir="renamed", check_hash=True, file_name="student-0123abcd.pth")


def test_a_hash_of_any_length():
    """The digits in the name are compared with the beginning of the file's SHA-256."""
    data = Path("net.pth")
    published("net.pth", 5.0)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    for length in 8, 20, 64:
        copy = Path(f"net-{digest[:length]}.pth")
        copy.write_bytes(data.read_bytes())
        assert load(copy.resolve().as_uri(), model_dir="long", check_hash=True) == 5.0


@contextmanager
def environment(**variables):
    before = dict(os.environ)
    hub_dir, torch.hub._hub_dir = torch.hub._hub_dir, None
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        torch.hub._hub_dir = hub_dir


def test_where_files_are_kept():
    """Files are kept in get_dir()/checkpoints: ~/.cache/torch/hub, TORCH_HOME/hub, or what set_dir says."""
    url = published("kept.pth", 5.0)
    with environment(TORCH_HOME="home"):
        assert torch.hub.get_dir() == os.path.join("home", "hub")
        assert load(url) == 5.0 and Path("home/hub/checkpoints/kept.pth").exists()
        torch.hub.set_dir("elsewhere")
        assert torch.hub.get_dir() == "elsewhere"
        assert load(url) == 5.0 and Path("elsewhere/checkpoints/kept.pth").exists()
    with environment():
        for name in "TORCH_HOME", "XDG_CACHE_HOME":
            os.environ.pop(name, None)
        assert torch.hub.get_dir() == os.path.expanduser("~/.cache/torch/hub")


def test_defaults():
    """weights_only defaults to False here, so that a pickled module is loaded; with True it is refused."""
    torch.save(nn.Linear(1, 1), "module.pth")
    url = Path("module.pth").resolve().as_uri()
    loaded = load_state_dict_from_url(url, model_dir="pickled", progress=False)
    assert isinstance(loaded, nn.Linear)
    try:
        load_state_dict_from_url(url, model_dir="pickled", weights_only=True)
    except Exception as error:  # noqa: BLE001
        assert "Weights only load failed" in str(error)
    else:
        raise AssertionError("loaded")


def test_other_names():
    """model_zoo.load_url is the same function, and download_url_to_file downloads any file."""
    from torch.utils import model_zoo

    assert model_zoo.load_url is load_state_dict_from_url
    Path("words.txt").write_text("a b c")
    torch.hub.download_url_to_file(Path("words.txt").resolve().as_uri(), "copy.txt", progress=False)
    assert Path("copy.txt").read_text() == "a b c"


def test_torchvision():
    """get_state_dict of torchvision's weights passes its arguments to load_state_dict_from_url; model_urls is gone."""
    from torchvision.models import ResNet18_Weights, _api, resnet

    asked, real = [], _api.load_state_dict_from_url
    _api.load_state_dict_from_url = lambda url, **options: asked.append((url, options))
    try:
        ResNet18_Weights.DEFAULT.get_state_dict(check_hash=True, weights_only=True)
    finally:
        _api.load_state_dict_from_url = real
    assert asked == [(ResNet18_Weights.DEFAULT.url, {"check_hash": True, "weights_only": True})]
    assert not hasattr(resnet, "model_urls")
