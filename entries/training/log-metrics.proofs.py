"""Proofs of log-metrics."""

import csv
import json
import math
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path

import torch
from torch import nn


def folder():
    return Path(tempfile.mkdtemp())


def given():
    return {"csv": csv, "epoch": 3, "train_loss": 0.5, "val_loss": 0.75}


def test_answer(answer):
    """The first row comes after a header, which is written once."""
    assert Path("log.csv").read_text() == "epoch,train,val\n3,0.5,0.75\n"
    assert answer.file.closed


def test_default(default):
    """Three calls write one header and three rows, which hold the losses of gradient descent."""
    path = folder() / "log.csv"
    default.log(path, a=1, b="x")
    default.log(path, a=2, b="y")
    assert path.read_text() == "a,b\n1,x\n2,y\n"
    torch.manual_seed(0)
    torch.randn(40, 3), torch.randn(40, 1)
    fresh = nn.Linear(3, 1)
    w, b = fresh.weight.detach().T, fresh.bias.detach()
    for _ in range(3):
        error = default.x @ w + b - default.y
        w, b = w - 0.2 * 2 * default.x.T @ error / 40, b - 0.2 * 2 * error.mean()
    torch.testing.assert_close(default.model.weight.detach(), w.T)
    assert math.isclose(default.loss.item(), (error**2).mean().item(), rel_tol=1e-5)
    assert len(Path("log.csv").read_text().splitlines()) == 1 + 3


def test_average(average):
    """Batch losses weighted by their sizes give the loss of the whole set; their plain mean does not."""
    whole = ((average.model(average.x) - average.y) ** 2).mean().item()
    assert math.isclose(average.total.item() / 10, whole, rel_tol=1e-5)
    assert not math.isclose(sum(average.per_batch) / 3, whole, rel_tol=1e-2)
    assert not average.total.requires_grad


def test_read(read):
    """csv.DictReader returns texts, which min() would compare as texts."""
    assert read.rows == [{"epoch": "0", "val": "0.9"}, {"epoch": "1", "val": "0.25"}, {"epoch": "2", "val": "0.4"}]
    assert min("10.0", "9.0") == "10.0" and min(float("10.0"), float("9.0")) == 9


def test_json_lines(json_lines):
    """Each line is a JSON object of its own, with the columns that it has."""
    assert [sorted(row) for row in json_lines.rows] == [["loss", "step"], ["accuracy", "loss", "step"]] * 2
    assert json_lines.rows[3] == {"step": 3, "loss": 0.25, "accuracy": 0.75}


def test_right(right):
    """item() gives the full value of a float32, the text of a tensor 4 digits."""
    assert right.loss.item() == 0.6666666865348816
    assert "0.6667" in str(right.loss) and "0.66666" not in str(right.loss)


def test_a_tensor_becomes_text():
    """csv writes a tensor by its text, with or without a graph, and float() cannot read that."""
    path = folder() / "log.csv"
    w = torch.tensor(1 / 3, requires_grad=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([[2 * w], [(2 * w).detach()]])
    rows = [row[0] for row in csv.reader(path.read_text().splitlines())]
    assert rows == ["tensor(0.6667, grad_fn=<MulBackward0>)", "tensor(0.6667)"]
    for row in rows:
        try:
            float(row)
        except ValueError:
            continue
        raise AssertionError(row)


def test_resumed_runs_append(answer):
    """With "a", old rows stay and tell() is not 0; with "w" they are gone."""
    path = folder() / "log.csv"
    path.write_text("epoch\n0\n")
    with open(path, "a", newline="") as file:
        assert file.tell() == 8
        file.write("1\n")
    assert path.read_text() == "epoch\n0\n1\n"
    with open(path, "w", newline="") as file:
        assert file.tell() == 0
    assert path.read_text() == ""


def test_rows_wait_in_a_buffer():
    """A process that is killed loses the rows that it has neither flushed nor closed."""
    for ending, kept in (("", ""), ("file.flush()", "1\n"), ("file.close()", "1\n")):
        path = folder() / "log.csv"
        program = f"import os\nfile = open({str(path)!r}, 'a', newline='')\nfile.write('1\\n')\n{ending}\nos._exit(1)\n"
        subprocess.run([sys.executable, "-c", program], check=False)
        assert path.read_text() == kept


def test_a_smaller_last_batch():
    """The mean over batches of 4 and 1 samples differs from that over samples; with equal batches it does not."""
    losses = torch.tensor([1.0, 1.0, 1.0, 1.0, 11.0, 3.0])
    by_batch = [part.mean() for part in losses[:5].split(4)]
    assert sum(by_batch) / 2 == 6 and losses[:5].mean() == 3
    assert sum(part.mean() for part in losses.split(3)) / 2 == losses.mean()


def test_a_list_of_losses_keeps_graphs():
    """A loss in a list keeps its graph, and what that saved unless backward() freed it; item() and detach() do not."""

    class Saved:
        def __init__(self, x):
            self.x = x

    def run(keep):
        alive = []

        def pack(x):
            saved = Saved(x)
            alive.append(weakref.ref(saved))
            return saved

        x = torch.randn(3, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved.x):
            loss = (x * x).sum()
        return keep(loss), alive

    held, alive = run(lambda loss: loss)
    assert held.grad_fn is not None and any(ref() is not None for ref in alive)
    held.backward()
    assert held.grad_fn is not None and all(ref() is None for ref in alive)
    for keep in (lambda loss: loss.item(), lambda loss: loss.detach()):
        held, alive = run(keep)
        assert alive and all(ref() is None for ref in alive)


def test_messages(raises):
    """An unknown column raises in DictWriter, and a tensor raises in json."""
    with raises(ValueError, "dict contains fields not in fieldnames: 'c'"):
        csv.DictWriter(sys.stdout, ["a"]).writerow({"a": 1, "c": 2})
    with raises(TypeError, "Object of type Tensor is not JSON serializable"):
        json.dumps({"loss": torch.tensor(1.0)})
    assert json.dumps({"loss": torch.tensor([1.0, 2.0]).tolist()}) == '{"loss": [1.0, 2.0]}'


def test_other_columns_go_below_the_old_header():
    """A row with other columns lands below the old header without an error, so its values are read under wrong names."""
    path = folder() / "columns.csv"
    for row in ({"epoch": 0, "val": 0.25, "lr": 0.1}, {"epoch": 1, "lr": 0.5}):
        with open(path, "a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=row)
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {"epoch": "1", "val": "0.5", "lr": None}
