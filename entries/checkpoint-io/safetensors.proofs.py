"""Proofs of safetensors."""

import json
import struct
from pathlib import Path

import torch
from torch import nn


def given():
    import safetensors  # noqa: F401 - the answer needs it

    torch.manual_seed(0)
    return {"model": nn.Linear(3, 2)}


def test_answer(answer):
    """save_file and load_file, as well as save_model and load_model, give the same weights back, on the CPU."""
    expected = given()["model"].state_dict()
    torch.testing.assert_close(answer.model.state_dict(), expected)
    loaded = answer.load_file("model.safetensors")
    torch.testing.assert_close(loaded, dict(expected))
    assert {t.device.type for t in loaded.values()} == {"cpu"}


def test_default(default, raises):
    """The file is a length, a JSON header, and the raw numbers; metadata values must be strings."""
    data = Path("model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    begin, end = header["weight"]["data_offsets"]
    numbers = struct.unpack("<6f", data[8 + length :][begin:end])
    assert list(numbers) == default.model.weight.flatten().tolist()
    assert len(data) == 8 + length + 4 * (6 + 2)
    assert header["__metadata__"] == default.info
    with raises(TypeError, "metadata"):
        default.save_file({"w": torch.ones(2)}, "x.safetensors", metadata={"epoch": 7})


def test_inspect(inspect):
    """get_slice reads the rows that are asked for."""
    assert inspect.rows.tolist() == [[4.0 * r + c for c in range(4)] for r in (1, 2)]


def test_convert(convert):
    """The tensors of a .pt file can be written as they are."""
    torch.testing.assert_close(convert.load_file("model.safetensors"), dict(torch.load("model.pt")))


def test_right(right):
    """load_model fills a model that ties two weights, and they stay one tensor."""
    again = right.Tied()
    right.load_model(again, "tied.safetensors")
    assert again.out.weight is again.embed.weight
    assert again.embed.weight.shape == (5, 3) and again.out.bias.shape == (5,)
    assert again.out(again.embed(torch.tensor([4, 0]))).shape == (2, 5)
    assert (again.out.in_features, again.out.out_features) == (3, 5)
    assert (again.embed.num_embeddings, again.embed.embedding_dim) == (5, 3)
    torch.testing.assert_close(again.state_dict(), right.model.state_dict())


def test_one_name_is_left(right, raises):
    """save_model writes a tied tensor under one name; load_state_dict misses the other until it is put back."""
    from safetensors.torch import load_file

    state = load_file("tied.safetensors")
    assert sorted(state) == ["embed.weight", "out.bias"]
    with raises(RuntimeError, 'Missing key(s) in state_dict: "out.weight"'):
        right.Tied().load_state_dict(state)
    state["out.weight"] = state["embed.weight"]
    assert str(right.Tied().load_state_dict(state)) == "<All keys matched successfully>"


def test_contiguous_only(raises):
    """save_file refuses transposed, strided, expanded, and channels_last tensors, and takes their contiguous copies;
    save_model makes them contiguous itself."""
    from safetensors.torch import load_file, save_file, save_model

    last = torch.arange(120.0).view(2, 3, 4, 5).to(memory_format=torch.channels_last)
    for t in torch.arange(6.0).view(2, 3).t(), torch.arange(6.0)[::2], torch.arange(2.0).expand(3, 2), last:
        with raises(ValueError, "You are trying to save a non contiguous tensor: `w`"):
            save_file({"w": t}, "w.safetensors")
        save_file({"w": t.contiguous()}, "w.safetensors")
        assert torch.equal(load_file("w.safetensors")["w"], t)
    model = nn.Conv2d(3, 4, 2).to(memory_format=torch.channels_last)
    with raises(ValueError, "You are trying to save a non contiguous tensor: `weight`"):
        save_file(model.state_dict(), "w.safetensors")
    save_model(model, "w.safetensors")
    assert torch.equal(load_file("w.safetensors")["weight"], model.weight)


def test_overlapping_slices(raises):
    """Slices that share memory are refused; their clones are saved."""
    from safetensors.torch import load_file, save_file

    whole = torch.arange(6.0)
    with raises(RuntimeError, "Some tensors share memory"):
        save_file({"a": whole[:4], "b": whole[2:]}, "slices.safetensors")
    save_file({"a": whole[:4].clone(), "b": whole[2:].clone()}, "slices.safetensors")
    assert load_file("slices.safetensors")["b"].tolist() == [2, 3, 4, 5]


def test_flat_dicts_of_tensors(raises):
    """A number or a nested dict is refused."""
    from safetensors.torch import save_file

    for value in 3, {"weight": torch.ones(2)}, "text", None:
        with raises(ValueError, "Key `x` is invalid, expected torch.Tensor but received"):
            save_file({"x": value}, "x.safetensors")


def test_dtypes():
    """bfloat16 and float8 are stored as they are."""
    from safetensors.torch import load_file, save_file

    for dtype in torch.bfloat16, torch.float8_e4m3fn, torch.float16, torch.int64, torch.bool:
        t = torch.tensor([1.0, 0.0, 2.0]).to(dtype)
        save_file({"t": t}, "t.safetensors")
        back = load_file("t.safetensors")["t"]
        assert back.dtype == dtype and back.float().tolist() == t.float().tolist()


def test_lfs_pointers(raises):
    """A Git LFS pointer of about 130 bytes, and a .pt file, raise "header too large"; a file that is cut off raises too."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save_file

    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 548105171\n"
    assert 125 < len(pointer) < 140
    Path("pointer.safetensors").write_text(pointer)
    torch.save({"w": torch.ones(3)}, "model.pt")
    for name in "pointer.safetensors", "model.pt":
        with raises(SafetensorError, "Error while deserializing header: header too large"):
            load_file(name)
    save_file({"w": torch.ones(1000)}, "whole.safetensors")
    Path("cut.safetensors").write_bytes(Path("whole.safetensors").read_bytes()[:2000])
    with raises(SafetensorError, "incomplete metadata, file not fully covered"):
        load_file("cut.safetensors")
