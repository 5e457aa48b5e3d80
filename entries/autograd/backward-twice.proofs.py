"""Proofs of backward-twice."""

import gc
import weakref

import torch
from torch import nn

TWICE = "Trying to backward through the graph a second time"


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.RNN(3, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x, hidden):
        out, hidden = self.rnn(x, hidden)
        return self.fc(out), hidden


def given():
    torch.manual_seed(0)
    model = Model()
    return {
        "loader": [(torch.randn(1, 5, 3), torch.randn(1, 5, 2)) for _ in range(4)],
        "model": model,
        "criterion": nn.MSELoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "hidden": None,  # zeros
    }


def test_answer(answer, raises):
    """A hidden state that is detached in each step lets the loop run and keeps its values."""
    names = given()
    hidden = torch.zeros(1, 1, 4)
    for x, y in names["loader"]:  # the same by hand, with no hidden graph at all
        out, hidden = names["model"](x, hidden)
        names["model"].zero_grad()
        names["criterion"](out, y).backward()
        names["optimizer"].step()
        hidden = hidden.data
    torch.testing.assert_close(answer.hidden.data, hidden)
    torch.testing.assert_close(answer.loss, names["criterion"](out, y))
    with raises(RuntimeError, TWICE):
        hidden = names["hidden"]
        for x, y in names["loader"]:
            out, hidden = names["model"](x, hidden)
            names["criterion"](out, y).backward()


def test_default(default):
    """Training goes on from one chunk to the next, and the loss falls."""
    assert default.start == 100 and default.loss < 0.3  # a constant 0 has 0.5
    assert torch.equal(default.y[0, :-1], default.x[0, 1:])  # the next value
    assert default.hidden.shape == (1, 1, 8)


def test_right(right):
    """After detach(), the gradients of each step add up as if the incoming state were a constant."""
    hidden, expected = torch.zeros(1, 3), 0
    with torch.no_grad():
        for _ in range(3):
            hidden = right.cell(torch.ones(1, 2), hidden)
            expected = expected + (1 - hidden[0] ** 2)  # the derivative of tanh
    torch.testing.assert_close(right.cell.bias_ih.grad, expected)


def test_two_losses(two_losses):
    """One backward() over the sum gives the sum of both gradients."""
    assert two_losses.w.grad.tolist() == [2 * v + 4 * v**3 for v in (2.0, 5.0)]


def test_separate_gradients(separate_gradients, raises):
    """retain_graph=True in every call but the last gives each gradient; without it the second call raises."""
    assert separate_gradients.g1.tolist() == [2 * v for v in (2.0, 5.0)]
    assert separate_gradients.g2.tolist() == [4 * v**3 for v in (2.0, 5.0)]
    with raises(RuntimeError, TWICE):
        separate_gradients.first.backward()  # the last call has freed the graph
    w = torch.tensor([2.0, 5.0], requires_grad=True)
    shared = w**2
    shared.sum().backward()
    with raises(RuntimeError, TWICE):
        (shared * shared).sum().backward()


def test_computed_before_the_loop(raises):
    """A result computed once before the loop works for the first backward() and raises at the second."""
    w = torch.tensor([2.0, 5.0], requires_grad=True)
    shared = w**2
    (3 * shared).sum().backward()
    with raises(RuntimeError, TWICE):
        (3 * shared).sum().backward()
    for _ in range(2):
        w.grad = None
        shared = w**2
        (3 * shared).sum().backward()
        assert w.grad.tolist() == [12.0, 30.0]


class Count:
    """A hook that counts how often it is called, in the last place of a list."""

    def __init__(self, counts):
        self.counts = counts

    def __call__(self, grad):
        self.counts[-1] += 1


def visits(retain):
    """How often a forward pass is walked back in each of four steps, and whether the first state stays in memory."""
    torch.manual_seed(0)
    cell, hidden, counts = nn.RNNCell(2, 3), torch.zeros(1, 3), []
    for step in range(4):
        hidden = cell(torch.ones(1, 2), hidden if retain else hidden.detach())
        counts.append(0)
        hook = Count(counts)
        hidden.register_hook(hook)  # lives as long as the graph
        if step == 0:
            first = weakref.ref(hook)
        del hook
        hidden.sum().backward(retain_graph=retain)
    gc.collect()
    return counts, first() is not None


def test_the_graph_grows():
    """With retain_graph=True, step n walks n steps back, and their graph stays in memory."""
    assert visits(retain=False) == ([1, 1, 1, 1], False)
    assert visits(retain=True) == ([1, 2, 3, 4], True)


def test_the_next_error(raises):
    """With an optimizer.step() in between, retain_graph=True leads to the error of an in-place operation, but not with fused=True."""
    torch.manual_seed(0)
    cell = nn.RNNCell(2, 3)

    def train(optimizer):
        hidden = torch.zeros(1, 3)
        for _ in range(3):
            hidden = cell(torch.ones(1, 2), hidden)
            hidden.sum().backward(retain_graph=True)
            optimizer.step()

    for optimizer in torch.optim.SGD, torch.optim.Adam:
        with raises(RuntimeError, "modified by an inplace operation"):
            train(optimizer(cell.parameters(), lr=0.1))
        train(optimizer(cell.parameters(), lr=0.1, fused=True))


def test_graphs_that_save_nothing():
    """A graph that saved nothing can be walked twice, and both gradients add up."""
    w = torch.tensor([2.0, 5.0], requires_grad=True)
    loss = (w + 1).sum()
    loss.backward()
    loss.backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_lstm_states(raises):
    """The state of an LSTM is a tuple without detach(); with both tensors detached, the loop runs."""
    lstm, x = nn.LSTM(2, 3), torch.ones(4, 1, 2)
    _, hidden = lstm(x)
    with raises(AttributeError, "'tuple' object has no attribute 'detach'"):
        hidden.detach()
    for _ in range(3):
        hidden = tuple(t.detach() for t in hidden)
        out, hidden = lstm(x, hidden)
        out.sum().backward()
    assert [t.shape for t in hidden] == [(1, 1, 3)] * 2


def test_a_smaller_last_batch(raises):
    """A hidden state carried from a batch of four raises in a batch of three; with drop_last=True, no such batch comes."""
    rnn, data = nn.RNN(3, 2, batch_first=True), torch.ones(11, 5, 3)

    def run(drop_last):
        hidden = torch.zeros(1, 4, 2)
        for x in torch.utils.data.DataLoader(data, batch_size=4, drop_last=drop_last):
            _, hidden = rnn(x, hidden.detach())

    with raises(RuntimeError, "Expected hidden size (1, 3, 2), got [1, 4, 2]"):
        run(drop_last=False)
    run(drop_last=True)


def test_autograd_grad_frees_the_graph(raises):
    """torch.autograd.grad frees the graph as well; with retain_graph=True, backward() works after it."""
    w = torch.tensor([2.0, 5.0], requires_grad=True)
    loss = (w**2).sum()
    torch.autograd.grad(loss, w)
    with raises(RuntimeError, "Trying to backward through the graph a second time"):
        loss.backward()
    loss = (w**2).sum()
    torch.autograd.grad(loss, w, retain_graph=True)
    loss.backward()
    assert w.grad.tolist() == [4.0, 10.0]


def test_a_parameter_computed_in_init(raises):
    """What __init__ computes from a parameter has one graph for all steps; computed in forward, it has a new one each time."""

    class Scale(nn.Module):
        def __init__(self, in_forward):
            super().__init__()
            self.log, self.in_forward = nn.Parameter(torch.zeros(2)), in_forward
            self.scale = self.log.exp()

        def forward(self, x):
            return x * (self.log.exp() if self.in_forward else self.scale)

    for in_forward in True, False:
        model = Scale(in_forward)
        model(torch.ones(2)).sum().backward()
        if in_forward:
            model(torch.ones(2)).sum().backward()
            assert model.log.grad.tolist() == [2, 2]
        else:
            with raises(RuntimeError, "Trying to backward through the graph a second time"):
                model(torch.ones(2)).sum().backward()
