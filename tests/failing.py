"""Small programs that fail, for `test_seen.py`: run with the name of a file, it writes there for each what
its exception said and what stood on its lines."""

import json
import sys
import traceback
from pathlib import Path

import torch
from torch import nn

from kb.messages.witness.stack import describe

SECRET = "hunter2"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(784, 128), nn.ReLU())
        self.fc = nn.Linear(64, 10)
        self.calls = 0

    @property
    def size(self):
        self.calls += 1
        return 10

    def forward(self, x):
        x = self.body(x)
        return self.fc(x)


class Slotted:
    __slots__ = ("hidden", "weight")

    def __init__(self):
        self.weight = torch.ones(3, 5)


net = Net()


def attribute_of_self():
    net(torch.ones(2, 784))


def item_of_a_sequential():
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(4, 3))
    x = torch.ones(2, 6)
    return model(x)


def not_flattened():
    x = torch.ones(2, 1, 28, 28)
    net.body(x)


def transposed():
    a, b = torch.ones(2, 3), torch.ones(5, 3)
    return a @ b


def channels():
    conv = nn.Conv2d(3, 8, (5, 3))
    image = torch.ones(2, 1, 9, 9)
    return conv(image)


def channels_last():
    conv = nn.Conv2d(3, 8, 3)
    image = torch.ones(2, 9, 9, 3)
    return conv(image)


def batchnorm():
    norm = nn.BatchNorm1d(6)
    x = torch.ones(4, 3)
    return norm(x)


def layernorm():
    norm = nn.LayerNorm(64)
    x = torch.ones(2, 128)
    return norm(x)


def lstm():
    rnn = nn.LSTM(10, 7)
    x = torch.ones(3, 2, 20)
    return rnn(x)


def dtype():
    x = torch.ones(2, 784, dtype=torch.float64)
    return net.body(x)


def device():
    x = torch.ones(2, 6)
    table = torch.ones(2, 6, device="meta")
    return table + x


def several_kinds():
    batch, parts = {"image": torch.ones(2, 3), SECRET: 1}, [torch.ones(4), torch.ones(5)]
    other, nothing, password, thing = Slotted(), None, SECRET, net
    return use(
        batch["image"], parts, other.weight, other.hidden, nothing, password, thing.size, parts[1].shape
    )


def use(*values):
    raise ValueError(len(values))


def several_lines():
    x = torch.ones(2, 3)
    y = torch.ones(4, 5)
    return torch.cat(
        [
            x,
            y,
        ]
    )


def in_a_loop_header():
    sizes = torch.ones(3)
    for _ in zip(sizes, broken(sizes), strict=True):
        unrelated = sizes
        del unrelated


def broken(sizes):
    raise RuntimeError(sizes.dtype)


def frozen():
    model = nn.Linear(3, 2).requires_grad_(False)
    x = torch.ones(4, 3)
    model(x).sum().backward()


PROGRAMS = [
    attribute_of_self, item_of_a_sequential, not_flattened, transposed, channels, channels_last, batchnorm, layernorm,
    lstm, dtype, device, several_kinds, several_lines, in_a_loop_header, frozen,
]  # fmt: skip


def main(target):
    told = {}
    for program in PROGRAMS:
        try:
            program()
        except Exception as error:  # noqa: BLE001 - whatever it is
            told[program.__name__] = {"text": traceback.format_exc(), "record": describe(error)}
    told["calls"] = net.calls
    Path(target).write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
