"""Proofs of install."""

import pathlib
import subprocess
import sys
import tempfile

import torch


def test_answer(answer):
    """torch.version.cuda is None in a build without CUDA, and then is_available() is False unless it is a ROCm build."""
    torch = answer.torch
    if torch.version.cuda is None and torch.version.hip is None:
        assert not torch.cuda.is_available()


def test_default(default):
    """A 2 x 3 matrix of ones times its transpose is 2 x 2, and every element is 3."""
    assert (default.x @ default.x.T).tolist() == [[1 + 1 + 1] * 2] * 2
    assert default.x.device.type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_the_build_in_the_version():
    """A version that ends in +cpu belongs to a build without CUDA, one that ends in +cu and a number to a CUDA build."""
    _, _, build = torch.__version__.partition("+")
    if build.startswith("cu"):
        assert torch.version.cuda.replace(".", "") == build.removeprefix("cu")
    if build == "cpu":
        assert torch.version.cuda is None


def run_in(folder, files, command="import t"):
    """What Python says that starts in a folder with these files."""
    for name, text in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return subprocess.run([sys.executable, "-c", command], cwd=folder, capture_output=True, text=True)


def test_names_of_other_modules():
    """A file random.py or queue.py that imports torch makes "partially initialized module 'torch'" appear."""
    for name in ("random", "queue"):
        with tempfile.TemporaryDirectory() as folder:
            files = {f"{name}.py": "import torch\ntorch.nn\n", "t.py": "import torch\n"}
            said = run_in(folder, files).stderr
            assert "partially initialized module 'torch' has no attribute 'nn'" in said
            assert str(pathlib.Path(folder, f"{name}.py")) in said


def test_a_folder_without_init():
    """A folder torch without __init__.py does not hide PyTorch; alone, it gives "unknown location"."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"torch/notes.txt": ""}
        assert run_in(folder, files, "from torch import nn").returncode == 0
        alone = "import sys; sys.path = ['']\nfrom torch import nn"
        assert "cannot import name 'nn' from 'torch' (unknown location)" in run_in(folder, files, alone).stderr


def test_your_own_torch_py_wins():
    """A file torch.py or a package torch in the working folder is imported instead of PyTorch."""
    for name in ("torch.py", "torch/__init__.py"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text("mine = 1\n")
            command = [sys.executable, "-c", "import torch; print(torch.mine)"]
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
            assert run.stdout == "1\n"


def test_the_path_of_the_message(raises):
    """cannot import name ... from 'torch' ends in the path of torch.py if that was imported, else in PyTorch's; a
    misspelled name gives it too."""
    with tempfile.TemporaryDirectory() as folder:
        said = run_in(folder, {"torch.py": "mine = 1\n"}, "from torch import nn").stderr
        assert "cannot import name 'nn' from 'torch' (" in said and str(pathlib.Path(folder, "torch.py")) in said
    with raises(ImportError, f"cannot import name 'NN' from 'torch' ({torch.__file__})"):
        from torch import NN  # noqa: F401
    with raises(ImportError, "cannot import name 'Dataloader' from 'torch.utils.data'"):
        from torch.utils.data import Dataloader  # noqa: F401


def test_submodules_that_import_torch_leaves_out():
    """After import torch alone, torch.nn.utils has no attribute prune; import torch.nn.utils.prune adds it."""
    look = "print(hasattr(torch.nn.utils, 'prune'))"
    code = f"import torch\n{look}\nimport torch.nn.utils.prune\n{look}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
