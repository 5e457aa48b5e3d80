"""Proofs of embedding."""

import torch
import torch.nn.functional as F
from torch import nn


def given():
    return {"nn": nn, "V": 6, "E": 3, "ids": torch.tensor([[5, 0, 2, 5], [1, 1, 4, 3]])}


def test_answer(answer):
    """Id i returns row i of the (V, E) weight, as one more dimension at the end."""
    assert answer.embedding.weight.shape == (6, 3)
    rows = answer.embedding.weight.tolist()
    assert answer.vectors.tolist() == [[rows[i] for i in line] for line in answer.ids.tolist()]


def test_default(default):
    """The look-up equals one-hot vectors times the weight, and each row gets a gradient per look-up."""
    one_hot = F.one_hot(default.ids, 6).float()  # (N, T, V)
    assert default.embedding.weight.shape == (6, 3)
    torch.testing.assert_close(default.vectors, one_hot @ default.embedding.weight)
    assert torch.equal(default.embedding.weight.grad, one_hot.sum((0, 1))[:, None].expand(6, 3))


def test_any_shape():
    """An index tensor of any shape comes back with one more dimension."""
    embedding = nn.Embedding(5, 3)
    for shape in ((), (0,), (4,), (2, 4), (2, 3, 4)):
        assert embedding(torch.zeros(shape, dtype=torch.int64)).shape == (*shape, 3)


def test_initial_rows():
    """The rows start with mean 0 and standard deviation 1."""
    torch.manual_seed(0)
    weight = nn.Embedding(1000, 300).weight
    assert abs(weight.mean()) < 0.01 and abs(weight.std() - 1) < 0.01


def test_pretrained(pretrained):
    """from_pretrained takes its rows from the table, and freeze=False lets them train."""
    assert pretrained.embedding.weight.tolist() == torch.tensor([[0, 0], [0.5, 0.1], [0.3, -0.2]]).tolist()
    assert pretrained.embedding.weight.requires_grad


def test_from_pretrained_freezes():
    """from_pretrained freezes the vectors by default."""
    assert not nn.Embedding.from_pretrained(torch.ones(4, 2)).weight.requires_grad


def test_grow(grow):
    """Copying the old rows into a larger table keeps the vectors of the old ids."""
    assert grow.new.weight.shape == (6, 3)
    assert torch.equal(grow.new.weight[:4], grow.old.weight)
    assert grow.new.weight.requires_grad and grow.new.weight.is_leaf
    assert grow.optimizer.param_groups[0]["params"][0] is grow.new.weight


def test_right(right):
    """The largest id finds the last row of a table of that many rows plus one."""
    assert sorted(right.words.values()) == [1, 2, 3]
    assert right.embedding.weight.shape == (3 + 1, 5)
    assert torch.equal(right.out[1], right.embedding.weight[-1])


def test_ids_out_of_range(raises):
    """On the CPU an id of V or more, or below 0, raises IndexError."""
    for i in (3, 100, -1):
        with raises(IndexError, "index out of range in self"):
            nn.Embedding(3, 2)(torch.tensor([i]))
        with raises(IndexError, "out of range"):
            nn.Embedding(3, 2, max_norm=1.0)(torch.tensor([i]))


def test_dtypes_of_ids(raises):
    """Ids of int64 and int32 work; other integers, bool, and floats raise."""
    embedding = nn.Embedding(3, 2)
    for dtype in (torch.int64, torch.int32):
        assert torch.equal(embedding(torch.tensor([1], dtype=dtype))[0], embedding.weight[1])
    wrong = torch.int16, torch.int8, torch.uint8, torch.bool, torch.float16, torch.float32, torch.float64
    for dtype in wrong:
        with raises(RuntimeError, "Expected tensor for argument #1 'indices'"):
            embedding(torch.tensor([1]).to(dtype))


def test_from_pretrained_shares_memory():
    """Fine-tuning from_pretrained changes the table it was made from, unless that is cloned."""
    table = torch.arange(6.0).view(3, 2)
    for given, changed in ((table.clone(), False), (table, True)):
        embedding = nn.Embedding.from_pretrained(given, freeze=False)
        embedding(torch.tensor([1])).sum().backward()
        torch.optim.SGD(embedding.parameters(), lr=1.0).step()
        assert (table.tolist() != [[0, 1], [2, 3], [4, 5]]) == changed


def test_rows_that_move():
    """Plain SGD moves only rows of this batch, momentum and Adam also those of earlier ones, weight decay all rows."""
    moved = []
    for cls, more in (
        (torch.optim.SGD, {}),
        (torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.Adam, {}),
        (torch.optim.SGD, {"weight_decay": 0.1}),
        (torch.optim.AdamW, {}),
    ):
        torch.manual_seed(0)
        embedding = nn.Embedding(4, 2)
        optimizer = cls(embedding.parameters(), lr=0.1, **more)
        for ids in ([1, 2], [2]):
            before = embedding.weight.detach().clone()
            optimizer.zero_grad()
            embedding(torch.tensor(ids)).sum().backward()
            optimizer.step()
        moved.append((embedding.weight != before).any(dim=1).nonzero().flatten().tolist())
    assert moved == [[2], [1, 2], [1, 2], [0, 1, 2, 3], [0, 1, 2, 3]]


def test_tensors_only(raises):
    """A list of ids raises and torch.tensor(ids) works; a batch that holds ids and labels has to be unpacked."""
    embedding = nn.Embedding(3, 2)
    with raises(TypeError, "argument 'indices' (position 2) must be Tensor, not list"):
        embedding([0, 1])
    for ids in ([0, 1], torch.tensor([0, 1]).numpy()):
        assert embedding(torch.tensor(ids)).shape == (2, 2)
    data = torch.utils.data.TensorDataset(torch.tensor([[0, 1], [2, 1]]), torch.tensor([1, 0]))
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=2)))
    with raises(TypeError, "must be Tensor, not list"):
        embedding(batch)
    with raises(TypeError, "converted to an index"):
        embedding(torch.tensor([data[0][0], data[1][0]]))
    words = {"the": 0, "cat": 2}
    with raises(TypeError, "must be Tensor, not list"):
        embedding(["the", "cat"])
    assert torch.equal(embedding(torch.tensor([words[word] for word in ["the", "cat"]])), embedding.weight[[0, 2]])
    with raises(TypeError, "must be Tensor, not NoneType"):
        embedding(None)
    ids, _ = batch
    assert embedding(ids).shape == (2, 2, 2)


def test_lists_that_become_floats(raises):
    """torch.Tensor(list) and torch.tensor([]) are floats, which raise until long() is called."""
    embedding = nn.Embedding(3, 2)
    for ids in (torch.Tensor([0, 1]), torch.tensor([])):
        with raises(RuntimeError, "but got torch.FloatTensor instead"):
            embedding(ids)
        assert embedding(ids.long()).shape == (len(ids), 2)


def test_dtype_of_the_table(raises):
    """from_pretrained takes no array and keeps float64, which the next layer does not take; float() mends it."""
    table, ids = torch.ones(3, 2).numpy().astype("float64"), torch.tensor([1])
    with raises(AttributeError, "'numpy.ndarray' object has no attribute 'dim'"):
        nn.Embedding.from_pretrained(table)
    table = torch.from_numpy(table)
    vectors = nn.Embedding.from_pretrained(table)(ids)
    assert vectors.dtype == torch.float64
    with raises(RuntimeError, "must have the same dtype"):
        nn.Linear(2, 2)(vectors)
    assert nn.Linear(2, 2)(nn.Embedding.from_pretrained(table.float())(ids)).shape == (1, 2)
