"""What is known of the lines that failed: names, shapes, dtypes and devices, but no values; and the line that
mends the error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kb import Recording, Seen
from kb.messages import seen as module
from kb.messages.fix import fix
from kb.messages.frames import Frame

HERE = Path(__file__).parent
TORCH = pytest.mark.needs_torch


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each program of `failing.py` said, and what was seen."""
    target = tmp_path_factory.mktemp("failing") / "told.json"
    subprocess.run([sys.executable, HERE / "failing.py", target], check=True)
    return json.loads(target.read_text())


def frames(told, name) -> list[Seen]:
    return msgspec.convert(told[name]["record"]["frames"], list[Seen])


FIXES = {
    "attribute_of_self": "self.fc = nn.Linear(128, 10)  # in_features was 64",
    "item_of_a_sequential": "model[2] = nn.Linear(5, 3)  # in_features was 4",
    "not_flattened": "x = x.flatten(1)  # (2, 1, 28, 28) to (2, 784)",
    "transposed": "b = b.T  # (5, 3) to (3, 5)",
    "channels": "conv = nn.Conv2d(1, 8, (5, 3), …)  # in_channels was 3",
    "channels_last": "image = image.permute(0, 3, 1, 2)  # (N, H, W, C) to (N, C, H, W)",
    "batchnorm": "norm = nn.BatchNorm1d(3)  # num_features was 6",
    "layernorm": "norm = nn.LayerNorm(128)  # normalized_shape was 64",
    "lstm": "rnn = nn.LSTM(20, …)  # input_size was 10",
    "dtype": "x = x.to(torch.float32)  # was float64",
    "device": "",
    "several_kinds": "",
}


@TORCH
@pytest.mark.parametrize("name", FIXES)
def test_the_mended_line_has_the_names_and_numbers_of_the_program(told, builtin, name):
    found = builtin.why(told[name]["text"], frames=frames(told, name))
    assert found.fix == FIXES[name]
    assert found.as_dict()["fix"] == FIXES[name]
    assert found.frame.line == found.seen.line


FACTS = {
    "attribute_of_self": ["x (2, 128) float32 cpu requires_grad", "self.fc.weight (10, 64)"],
    "item_of_a_sequential": [
        "x (2, 6) float32 cpu",
        "model[2] Linear: input (2, 5) float32 cpu requires_grad",
        "model[2].weight (3, 4)",
    ],
    "dtype": ["x (2, 784) float64 cpu", "net.body[0].weight (128, 784) float32 cpu"],
    "device": ["table (2, 6) float32 meta", "x (2, 6) float32 cpu"],
    "several_kinds": [
        "batch['image'] (2, 3) float32 cpu",
        "parts list of 2, first (4,) float32 cpu",
        "other.weight (3, 5) float32 cpu",
        "nothing None",
        "parts[1] (5,) float32 cpu",
    ],
    "several_lines": ["x (2, 3) float32 cpu", "y (4, 5) float32 cpu"],
    "in_a_loop_header": ["sizes (3,) float32 cpu"],
    "frozen": ["x (4, 3) float32 cpu", "model.weight (2, 3)"],
}


@TORCH
@pytest.mark.parametrize("name", FACTS)
def test_what_the_line_names_is_described_in_order(told, name):
    line = {"in_a_loop_header": -2}.get(name, -1)
    assert frames(told, name)[line].facts == FACTS[name]


@TORCH
def test_no_value_is_told_and_no_code_of_the_program_runs(told):
    assert "hunter2" not in json.dumps([told[name]["record"] for name in told if name != "calls"])
    assert told["calls"] == 0


def test_a_number_that_fits_nothing_on_the_line_mends_nothing():
    line = Seen("a.py", 1)
    for message in (
        "mat1 and mat2 shapes cannot be multiplied (2x128 and 64x10)",
        "expected input[2, 1, 9, 9] to have 3 channels, but got 1 channels instead",
        "running_mean should contain 3 elements not 6",
        "Given normalized_shape=[64], expected input with shape [*, 64], but got input of size[2, 128]",
        "input.size(-1) must be equal to input_size. Expected 10, got 20",
        "Expected all tensors to be on the same device, but found at least two devices",
        "mat1 and mat2 must have the same dtype, but got Double and Float",
    ):
        assert fix(message, line) == ""


def tensor(name, device, **more):
    return {"name": name, "type": "tensor", "shape": [2, 3], "dtype": "float32", "device": device, **more}


@pytest.mark.parametrize(
    ("weight", "x", "mended"),
    [
        ("cpu", "cuda:0", 'model.to("cuda:0")'),
        ("cuda:1", "cpu", 'x = x.to("cuda:1")'),
        ("cuda:1", "cuda:0", ""),
        ("cpu", "cpu", ""),
    ],
)
def test_what_lies_on_the_cpu_follows_the_rest(weight, x, mended):
    model = {"name": "model", "type": "Linear", "parameters": [tensor("model.weight", weight)]}
    line = msgspec.convert({"path": "a.py", "line": 1, "things": [model, tensor("x", x)]}, Seen)
    assert fix("Expected all tensors to be on the same device, but got mat1 is on cpu", line) == mended


def test_the_record_of_the_same_line_and_message_counts():
    line = Frame("a.py", 3)
    wrong, other, right = (
        Seen("a.py", 3, message="x"),
        Seen("a.py", 2, message="y"),
        Seen("a.py", 3, message="y"),
    )
    assert module.nearest([wrong, other, right], line, "yes") is right
    assert module.nearest([wrong, other], line, "yes") is wrong
    assert module.nearest([other], line, "yes") is None
    assert module.nearest([right, other], None, "yes") is other
    assert module.nearest([wrong], None, "yes") is None


def test_a_record_that_cannot_be_read_is_left_out():
    with Recording() as recording:
        folder = Path(recording.environment["PTNOTE_WITNESS"])
        assert folder.stat().st_mode & 0o777 == 0o700
        for name, text in {"1-0": "{", "2-0": '{"frames": [{"path": 3}]}', "3-0": "[]", "4-0": "\0"}.items():
            (folder / f"{name}.json").write_text(text)
        good = {"message": "m", "frames": [{"path": "a.py", "line": 3}]}
        (folder / "5-0.json").write_text(json.dumps(good))
        assert recording.frames() == [Seen("a.py", 3, message="m")]
    assert not folder.exists()


FAILS = """
import torch
model = torch.nn.Linear(64, 10)
x = torch.ones(2, 128)
"""
WAYS = {
    "uncaught": "model(x)",
    "printed": "import traceback\ntry:\n    model(x)\nexcept Exception:\n    traceback.print_exc()\n    raise SystemExit(1)",
    "logged": "import logging\ntry:\n    model(x)\nexcept Exception:\n    logging.exception('no')\n    raise SystemExit(1)",
    "forked": """import multiprocessing
process = multiprocessing.get_context("fork").Process(target=lambda: model(x))
process.start()
process.join()
raise SystemExit(1)""",
    "spawned": """def work(rank):
    model(x)
if __name__ == "__main__":
    import torch.multiprocessing
    torch.multiprocessing.spawn(work, nprocs=2)""",
    "worker": """class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 2
    def __getitem__(self, index):
        return model(x)
for _ in torch.utils.data.DataLoader(Data(), num_workers=1):
    pass""",
}


@TORCH
@pytest.mark.parametrize("way", WAYS)
def test_a_watched_program_tells_its_shapes_however_it_fails(ptnote, tmp_path, way):
    script = tmp_path / "train.py"
    script.write_text(FAILS + WAYS[way])
    done = ptnote("why", "-L", "en", "--", sys.executable, str(script))
    assert done.code == 1
    assert "x (2, 128) float32 cpu · model.weight (10, 64)" in done.err
    assert "model = nn.Linear(128, 10)" in " ".join(done.err.split())


@TORCH
def test_plain_leaves_the_program_alone(ptnote, tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import os\nprint(os.environ.get('PYTHONPATH'))" + FAILS + "model(x)")
    done = ptnote("why", "--plain", "-L", "en", "--", sys.executable, str(script))
    assert done.out == "None\n" and "linear-shape" in done.err and "float32" not in done.err


WATCHED = """
import sys, os
print(sys.path, sys.argv, sorted(name for name in sys.modules if "ptnote" in name), __name__)
import traceback
try:
    1 / 0
except ZeroDivisionError:
    print(traceback.format_exc(), traceback.__spec__.loader.__class__)
print([type(finder) for finder in sys.meta_path], os.getcwd())
"""


def test_a_watched_program_that_does_not_fail_sees_no_difference(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(WATCHED)
    plain = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    with Recording() as recording:
        watched = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, check=True, env=recording.environment
        )
    assert watched.stdout == plain.stdout and watched.stderr == plain.stderr


def test_the_sitecustomize_of_the_program_is_still_imported(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.own = __file__")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import sys; print(own, sys.modules['sitecustomize'].__file__)"
    with Recording() as recording:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=recording.environment,
        )
    assert done.stdout.split() == [str(tmp_path / "sitecustomize.py")] * 2


def test_what_goes_wrong_while_recording_is_nobodys_business(tmp_path):
    code = "class Bad(Exception):\n    def __str__(self):\n        raise SystemExit(5)\nraise Bad"
    with Recording() as recording:
        environment = recording.environment | {"PTNOTE_WITNESS": str(tmp_path / "gone")}
        for env in (environment, recording.environment):
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env)
            assert done.returncode == 1
    assert os.listdir(tmp_path) == []


def test_only_so_many_records_are_written(tmp_path):
    code = """import traceback
for i in range(100):
    try:
        raise ValueError(i)
    except ValueError:
        traceback.format_exc()"""
    with Recording() as recording:
        subprocess.run([sys.executable, "-c", code], env=recording.environment, check=True)
        assert len(os.listdir(recording.environment["PTNOTE_WITNESS"])) == 20
