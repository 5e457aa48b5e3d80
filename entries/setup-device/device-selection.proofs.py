"""Proofs of device-selection."""

import torch
from torch import nn


def given():
    batches = [(torch.full((2, 3), float(i)), torch.tensor([i, i])) for i in range(4)]
    return {"torch": torch, "model": nn.Linear(3, 2), "loader": batches}


def test_answer(answer):
    """The device is a GPU exactly if torch.cuda sees one, and the model and each batch are moved there."""
    assert answer.device.type == ("cuda" if torch.cuda.device_count() else "cpu")
    places = {t.device.type for t in (answer.x, answer.y, *answer.model.parameters())}
    assert places == {answer.device.type}
    assert (answer.x.tolist(), answer.y.tolist()) == ([[3.0] * 3] * 2, [3, 3])


def test_any_accelerator():
    """current_accelerator(check_available=True) is None without an accelerator, so "or" falls back to the CPU, and only
    a torch.device has a type."""
    if torch.__version__ < (2, 7):
        return
    found = torch.accelerator.current_accelerator(check_available=True)
    assert (found is None) == (not torch.accelerator.is_available())
    device = found or torch.device("cpu")
    assert torch.ones(2, device=device).device.type == device.type
    assert not hasattr("cpu", "type")


def test_default(default):
    """The model, the batch, and the new tensor share one device, and the layer computes x @ W.T + b there."""
    model, x = default.model, default.x.tolist()
    assert {t.device.type for t in (default.x, default.y, default.offset, model.weight)} == {default.device.type}
    rows = zip(model.weight.tolist(), model.bias.tolist(), strict=True)
    columns = [[sum(a * b for a, b in zip(w, point, strict=True)) + b0 + 1 for point in x] for w, b0 in rows]
    torch.testing.assert_close(default.y.detach().cpu().T, torch.tensor(columns), rtol=1e-2, atol=1e-2)
    assert x == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_choose(choose):
    """argparse turns the text of the option into a torch.device, and the default as well."""
    assert choose.args.device == torch.device("cpu")
    assert choose.parser.parse_args([]).device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose.x.tolist() == [0, 1, 2]


def test_default_device(default_device):
    """Inside with torch.device(...), layers and tensors are created on that device; outside, on the CPU."""
    assert {p.device.type for p in default_device.model.parameters()} == {"meta"}
    assert (default_device.x.device.type, default_device.y.device.type) == ("meta", "cpu")
    assert default_device.model.weight.shape == (3, 5) and default_device.x.shape == default_device.y.shape == (2, 5)


def test_to_returns_a_tensor(wrong, right):
    """tensor.to leaves its tensor where it is and returns another; if nothing has to move, it returns the tensor itself."""
    assert wrong.x.device.type == "cpu" and right.x.device.type == "meta"
    assert wrong.x.shape == right.x.shape == (2,)
    assert wrong.x.to("cpu") is wrong.x


def test_module_to_works_in_place():
    """module.to changes the module itself and returns it."""
    model = nn.Linear(3, 2)
    assert model.to("meta") is model and model.weight.device.type == "meta"


def test_plain_attributes_stay():
    """module.to moves parameters and buffers, but not a tensor that is a plain attribute."""
    model = nn.Linear(3, 2)
    model.plain = torch.zeros(3)
    model.register_buffer("buffer", torch.zeros(3))
    model.to("meta")
    assert (model.plain.device.type, model.buffer.device.type) == ("cpu", "meta")


def test_move_before_the_optimizer():
    """A device may replace the parameter objects, and then an optimizer built earlier holds the old ones."""
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.to("meta")
    assert optimizer.param_groups[0]["params"][0] is not model.weight
    assert optimizer.param_groups[0]["params"][0].device.type == "cpu"


def test_new_tensors_follow():
    """zeros_like and new_zeros create a tensor on the device of the one they start from."""
    x = torch.ones(4, 2, device="meta")
    assert {t.device.type for t in (torch.zeros_like(x), x.new_zeros(3))} == {"meta"}


def test_an_index_is_an_int(raises):
    """torch.cuda.set_device refuses "cuda" and numbers that are not int: a NumPy integer, a tensor, or a list."""
    import numpy as np

    for device in "cuda", np.int64(0), torch.tensor(0), [0]:
        with raises(ValueError, f"Expected a torch.device with a specified index or an integer, but got:{device}"):
            torch.cuda.set_device(device)


def test_the_name_of_one_device(raises):
    """A bare number, a blank, or several numbers raise in torch.device; cuda: and one number do not."""
    for name in "0", "cuda: 0", " cuda", "cuda:0,1", "cuda1", "cuda:", "cuda:-1":
        with raises(RuntimeError, f"Invalid device string: '{name}'"):
            torch.device(name)
    assert torch.device("cuda:0").index == 0 and torch.device("cuda").index is None
