"""Proofs of save-state-dict."""

import copy
import io
import os
from pathlib import Path

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.fc(x))


WEIGHT, BIAS = [[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]], [7.0, -4.0]


def trained():
    model = Net()
    with torch.no_grad():
        model.fc.weight.copy_(torch.tensor(WEIGHT))
        model.fc.bias.copy_(torch.tensor(BIAS))
    return model


def given():
    return {"torch": torch, "Net": Net, "model": trained(), "device": "cpu"}


def test_answer(answer):
    """A new model with the saved state_dict predicts what the trained one did."""
    x = [1.0, 5.0, 4.0]
    by_hand = [2 * 1 - 1 * 5 + 0.5 * 4 + 7, 3 * 5 - 2 * 4 - 4]
    assert answer.model(torch.tensor(x)).tolist() == by_hand
    assert not answer.model.training


def test_default(default):
    """load_state_dict puts the saved values into the model that was built for them."""
    first, last = default.model[0], default.model[2]
    by_hand = (default.x @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(default.fresh(default.x), by_hand)
    assert default.fresh[0].weight is not first.weight


def test_with_config(with_config):
    """A dict of constructor arguments can be saved in the same file as the weights, and is read as it was."""
    assert with_config.saved["config"] == {"hidden": 5, "classes": 2}
    x = torch.tensor([[3.0, -1.0, 4.0]])
    hidden = (x @ with_config.model.fc1.weight.T + with_config.model.fc1.bias).clamp(min=0)
    by_hand = hidden @ with_config.model.fc2.weight.T + with_config.model.fc2.bias
    torch.testing.assert_close(with_config.fresh(x), by_hand)


def test_half_size(half_size):
    """Weights saved in float16 are rounded and take half the space; load_state_dict converts them back."""
    full, half = os.path.getsize("full.pth"), os.path.getsize("half.pth")
    assert abs(full - 4 * 250 * 1005) < 6000 and abs(half - 2 * 250 * 1005) < 6000
    assert half_size.model[0].weight.dtype == torch.float32
    assert half_size.model[0].weight.shape == (250, 1000) and half_size.model[1].num_features == 250
    exact, rounded = torch.load("full.pth")["0.weight"], half_size.model[0].weight
    assert torch.equal(rounded, half_size.half["0.weight"].float()) and not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, rtol=2**-11, atol=2**-25)  # float16 has 11 significant bits
    assert half_size.half["1.num_batches_tracked"].dtype == torch.int64


def test_state_dict_copies_nothing():
    """A state_dict, or a shallow copy of one, changes with every step of an optimizer; a deep copy stays."""
    for kind in (torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad):
        model = nn.Linear(2, 3)
        optimizer = kind(model.parameters(), lr=0.1)
        best, shallow, deep = model.state_dict(), model.state_dict().copy(), copy.deepcopy(model.state_dict())
        seen = [model.weight.tolist()]
        for _ in range(2):
            model(torch.ones(1, 2)).sum().backward()
            optimizer.step()
            assert best["weight"].tolist() == shallow["weight"].tolist() == model.weight.tolist()
            assert model.weight.tolist() not in seen
            seen.append(model.weight.tolist())
        assert deep["weight"].tolist() == seen[0]


def test_wrong(wrong):
    """After more training, a state_dict kept in a variable restores the latest weights, not the best ones."""
    assert wrong.model.weight.item() == 3 + 4


def test_right(right):
    """After more training, a deep copy of a state_dict restores the old weights."""
    assert right.model.weight.item() == 3


def test_loaded_model_trains():
    """load_state_dict leaves a model in training mode, where dropout drops and BatchNorm uses the batch."""
    torch.manual_seed(0)
    state = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)).eval().state_dict()
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5))
    model.load_state_dict(state)
    assert model.training
    x = torch.randn(8, 4) + 5
    batch = (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(model[0](x), batch)
    assert (model(x) == 0).any()
    model.eval().load_state_dict(state)
    assert not model.training
    torch.testing.assert_close(model(x), x / (1 + 1e-5) ** 0.5)  # the saved mean 0 and variance 1


def test_returns_a_report(raises):
    """load_state_dict returns the missing and unexpected keys, and calling that report raises."""
    model = nn.Linear(2, 3)
    report = model.load_state_dict(model.state_dict())
    assert report.missing_keys == report.unexpected_keys == []
    with raises(TypeError, "'_IncompatibleKeys' object is not callable"):
        report(torch.ones(1, 2))


def test_takes_a_dict(raises):
    """load_state_dict rejects a path, and state_dict without parentheses."""
    model = nn.Linear(2, 3)
    with raises(TypeError, "Expected state_dict to be dict-like, got <class 'str'>"):
        model.load_state_dict("model.pth")
    with raises(TypeError, "Expected state_dict to be dict-like, got <class 'method'>"):
        model.load_state_dict(model.state_dict)


def test_folders_are_not_created(raises):
    """torch.save into a missing folder raises, and works after mkdir(parents=True, exist_ok=True)."""
    path = Path("runs/first/model.pth")
    with raises(RuntimeError, "Parent directory runs/first does not exist"):
        torch.save({}, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"a": 1}, path)
    assert torch.load(path) == {"a": 1}


def test_holds_parameters_and_persistent_buffers():
    """A state_dict holds every parameter and every persistent buffer, frozen ones included."""
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU())
    model[0].weight.requires_grad_(False)
    model.register_buffer("kept", torch.ones(1))
    model.register_buffer("scratch", torch.ones(1), persistent=False)
    names = {name for name, _ in [*model.named_parameters(), *model.named_buffers()]}
    assert set(model.state_dict()) == names - {"scratch"}
    assert {"0.weight", "kept", "1.running_mean", "1.running_var"} <= set(model.state_dict())
    assert all(isinstance(value, torch.Tensor) for value in model.state_dict().values())


def test_copies_into_the_model(raises):
    """load_state_dict copies into the existing parameters, and raises if a layer has another size."""
    model = nn.Linear(2, 3, dtype=torch.float64)
    parameter, address = model.weight, model.weight.data_ptr()
    other = nn.Linear(2, 3)
    model.load_state_dict(other.state_dict())
    assert model.weight is parameter and model.weight.data_ptr() == address
    assert model.weight.dtype == torch.float64 and torch.equal(model.weight, other.weight.double())
    with raises(RuntimeError, "size mismatch for weight"):
        nn.Linear(2, 4).load_state_dict(other.state_dict())


def test_adam_triples_the_file():
    """The weights with Adam's state take about three times the space of the weights alone."""
    model = nn.Linear(300, 200)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 300)).sum().backward()
    optimizer.step()
    torch.save(model.state_dict(), "weights.pth")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "resume.pth")
    assert 2.9 < os.path.getsize("resume.pth") / os.path.getsize("weights.pth") < 3.1


def test_extension_does_not_matter():
    """.pt, .pth, and no extension at all load the same way, whatever name the file was saved under."""
    torch.save({"a": torch.tensor([1.0, 2.0])}, "a.pt")
    for name in ("a.pth", "a"):
        Path(name).write_bytes(Path("a.pt").read_bytes())
        assert torch.load(name)["a"].tolist() == torch.load("a.pt")["a"].tolist() == [1.0, 2.0]


def test_whole_model_is_no_state_dict(raises):
    """load_state_dict refuses a model, and takes the state_dict of that model."""
    model, fresh = trained(), Net()
    with raises(TypeError, "Expected state_dict to be dict-like, got …Net"):
        fresh.load_state_dict(model)
    fresh.load_state_dict(model.state_dict())
    assert torch.equal(fresh.fc.weight, model.fc.weight)


def test_streams_and_bytes_need_a_buffer(raises):
    """torch.load refuses bytes and streams that cannot seek, and reads them through io.BytesIO."""
    torch.save({"a": 1}, "a.pt")
    data = Path("a.pt").read_bytes()

    class Stream:
        def read(self, size=-1):
            return data

        def readline(self):
            return data

    for bad in data, Stream():
        with raises(AttributeError, "object has no attribute 'seek'"):
            torch.load(bad)
    assert torch.load(io.BytesIO(Stream().read())) == {"a": 1}


def test_paths_start_at_the_working_directory(raises):
    """A relative path starts at the current working directory, also after os.chdir."""
    Path("cwd").mkdir()
    torch.save({"a": 1}, "cwd/there.pt")
    with raises(FileNotFoundError, "No such file"):
        torch.load("there.pt")
    here = os.getcwd()
    try:
        os.chdir("cwd")
        assert torch.load("there.pt") == {"a": 1}
    finally:
        os.chdir(here)
