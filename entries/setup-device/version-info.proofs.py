"""Proofs of version-info."""

import pickle
from types import SimpleNamespace

import torch
from torch.torch_version import TorchVersion


def given():
    """A machine with two GPUs."""
    cuda = SimpleNamespace(
        device_count=lambda: 2,
        get_device_name=["NVIDIA A100", "NVIDIA L4"].__getitem__,
        get_device_capability=[(8, 0), (8, 9)].__getitem__,
    )
    machine = SimpleNamespace(
        __version__=TorchVersion("2.9.0+cu126"),
        version=SimpleNamespace(cuda="12.6"),
        backends=SimpleNamespace(cudnn=SimpleNamespace(version=lambda: 91002)),
        cuda=cuda,
    )
    printed = []
    return {"torch": machine, "printed": printed, "print": lambda *values: printed.append(values)}


def test_answer(answer):
    """The lines print the versions and each GPU, and a TorchVersion compares with a tuple."""
    versions, *gpus = answer.printed
    assert versions == ("2.9.0+cu126", "12.6", 91002)
    assert gpus == [("NVIDIA A100", (8, 0)), ("NVIDIA L4", (8, 9))]
    assert answer.new and TorchVersion("2.9.0") >= (2, 9) and not TorchVersion("2.8.1") >= (2, 9)
    for name in ("device_count", "get_device_name", "get_device_capability"):
        assert callable(getattr(torch.cuda, name))


def test_default(default):
    """torch.__version__ is a TorchVersion, which compares with a tuple and with text."""
    assert type(default.torch.__version__) is TorchVersion
    assert TorchVersion("2.13.0") > "2.9" and TorchVersion("2.9.1") < (2, 13)
    assert (2, 0) <= torch.__version__ < (20, 0)


def test_right(right, raises):
    """A plain string loads with weights_only=True; a TorchVersion does not."""
    assert right.loaded == {"torch": str(torch.__version__), "epoch": 3}
    torch.save(torch.__version__, "version.pt")
    with raises(pickle.UnpicklingError, "Weights only load failed"):
        torch.load("version.pt", weights_only=True)
    assert isinstance(torch.__version__, str) and type(str(torch.__version__)) is str


def test_text_sorts_wrongly():
    """As plain text 2.9 is larger than 2.13; as a version it is smaller."""
    assert "2.9" > "2.13" and TorchVersion("2.9") < "2.13"


def test_suffix():
    """A version with a suffix is not equal to the same one without, and not smaller; a pre-release is smaller."""
    version = TorchVersion("2.13.0+cpu")
    assert not version == "2.13.0" and not version == (2, 13, 0)
    assert (2, 13) <= version < (2, 14)
    for text in "2.13.0a0+50eac81.nv26.09", "2.13.0.dev20260701":
        assert (2, 12) < TorchVersion(text) < (2, 13)


def test_names_without_a_gpu(raises):
    """Without a GPU, device_count() is 0 and get_device_name(0) raises."""
    if not torch.cuda.is_available():
        assert torch.cuda.device_count() == 0
        with raises((AssertionError, RuntimeError)):
            torch.cuda.get_device_name(0)


def test_builds_without_cuda():
    """Without CUDA, torch.version.cuda and the version of cuDNN are None."""
    if not torch.backends.cuda.is_built():
        assert torch.version.cuda is None and torch.backends.cudnn.version() is None
    assert torch.version.hip is None or torch.version.cuda is None
