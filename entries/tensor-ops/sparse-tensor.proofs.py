"""Proofs of sparse-tensor."""

import warnings

import torch
from torch import nn


def coo(index, value, size):
    return torch.sparse_coo_tensor(torch.tensor(index), torch.tensor(value), size, check_invariants=True)


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "row": torch.tensor([0, 2, 2, 0]),
        "col": torch.tensor([1, 3, 0, 1]),
        "value": torch.tensor([3.0, 4.0, 5.0, 6.0]),
        "N": 3,
        "M": 4,
        "x": torch.randn(4, 2),
        "dense": torch.tensor([[0.0, 2.0], [3.0, 0.0]]),
    }


def test_answer(answer):
    """Entry k stands at row[k], col[k]; repeated places are added up; A @ x is the dense product."""
    by_hand = torch.zeros(3, 4)
    for r, c, v in zip(answer.row, answer.col, answer.value, strict=True):
        by_hand[r, c] += v
    assert torch.equal(answer.A.to_dense(), by_hand) and answer.A.is_coalesced()
    torch.testing.assert_close(answer.y, by_hand @ answer.x)
    assert answer.y.layout == torch.strided
    assert answer.sparse.layout == torch.sparse_coo and answer.sparse._nnz() == 2
    assert torch.equal(answer.back, answer.dense)


def test_default(default):
    """coalesce sorts the entries and adds up repeated places."""
    assert default.A.indices().tolist() == [[0, 2, 2], [1, 0, 3]]
    assert default.A.values().tolist() == [7, 5, 6]


def test_graph(graph):
    """A sparse product adds up the features of the neighbors."""
    for node in range(4):
        sources = [s for s, t in graph.edges.tolist() if t == node]
        mean = sum((graph.h[s] for s in sources), torch.zeros(2)) / max(len(sources), 1)
        torch.testing.assert_close((graph.A @ graph.h / graph.degree[:, None])[node], mean)


def test_values(values):
    """The gradient of an entry is the part of x that it multiplies; a function of the values leaves empty places at 0."""
    assert values.value.grad.tolist() == [values.x[c].item() for c in values.index[1]]
    dense = values.A.detach().to_dense()
    torch.testing.assert_close(values.exp.to_dense(), torch.where(dense != 0, dense.exp(), 0))


def test_gradients():
    """The dense factor gets the gradient of the dense product."""
    A, x = coo([[0, 1], [2, 0]], [2.0, 3.0], (2, 3)), torch.randn(3, 2, requires_grad=True)
    (sparse,) = torch.autograd.grad((A @ x).square().sum(), x)
    (dense,) = torch.autograd.grad((A.to_dense() @ x).square().sum(), x)
    torch.testing.assert_close(sparse, dense)


def test_right(right):
    """An embedding with sparse=True has a gradient only for the rows that were looked up, and SparseAdam moves those."""
    assert right.table.weight.grad.layout == torch.sparse_coo
    assert right.table.weight.grad.coalesce().indices().tolist() == [[1, 4]]
    torch.manual_seed(0)
    table = nn.Embedding(10, 3, sparse=True)
    before = table.weight.detach().clone()
    optimizer = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    table(torch.tensor([1, 1, 7])).sum().backward()
    optimizer.step()
    moved = (table.weight.detach() - before).abs().amax(1)
    torch.testing.assert_close(moved[[1, 7]], torch.full((2,), 0.1), atol=1e-4, rtol=0)
    assert moved.count_nonzero() == 2


def test_other_optimizers(raises):
    """SGD and Adagrad take sparse gradients; with weight decay or fused they raise, and Adam and AdamW always do."""
    def step(make):
        table = nn.Embedding(10, 3, sparse=True)
        optimizer = make(table.parameters())
        table(torch.tensor([1, 1, 7])).sum().backward()
        optimizer.step()

    step(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about invariants
        step(lambda p: torch.optim.Adagrad(p, lr=0.1))
    with raises(RuntimeError, "add(sparse, dense) is not supported"):
        step(lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1))
    with raises(RuntimeError, "weight_decay option is not compatible with sparse gradients"):
        step(lambda p: torch.optim.Adagrad(p, lr=0.1, weight_decay=0.1))
    with raises(RuntimeError, "does not support sparse gradients"):
        step(lambda p: torch.optim.SGD(p, lr=0.1, fused=True))
    with raises(RuntimeError, "does not support sparse grad"):
        step(lambda p: torch.optim.Adagrad(p, lr=0.1, fused=True))
    for kind in torch.optim.Adam, torch.optim.AdamW:
        with raises(RuntimeError, "does not support sparse gradients"):
            step(kind)


def test_indices_are_columns(raises):
    """indices is (2, nnz): pairs in rows raise, and with two pairs they give other places."""
    pairs = torch.tensor([[0, 1], [0, 2], [1, 1]])
    new = torch.__version__ >= (2, 10)
    said = "'len(size) == sparse_dim + dense_dim' is not satisfied" if new else "number of dimensions must be sparse_dim (3) + dense_dim (0), but got 2"
    with raises(RuntimeError, said):
        torch.sparse_coo_tensor(pairs, torch.ones(3), (3, 3), check_invariants=True)
    two = torch.tensor([[0, 1], [0, 2]])
    wrong = torch.sparse_coo_tensor(two, torch.ones(2), (3, 3), check_invariants=True).to_dense()
    right = torch.sparse_coo_tensor(two.T, torch.ones(2), (3, 3), check_invariants=True).to_dense()
    assert wrong.nonzero().tolist() == [[0, 0], [1, 2]] and right.nonzero().tolist() == [[0, 1], [0, 2]]


def test_coalesce_first(raises):
    """Before coalesce, indices() raises; relu adds up repeated places first."""
    A = coo([[0, 0], [1, 1]], [3.0, -4.0], (2, 2))
    assert A._nnz() == 2 and not A.is_coalesced()
    with raises(RuntimeError, "Cannot get indices on an uncoalesced tensor"):
        A.indices()
    assert A.relu().to_dense().tolist() == [[0, 0], [0, 0]]


def test_sparse_plus_dense(raises):
    """sparse + dense, sparse - dense, sparse + 1, and 1 + sparse raise; dense + sparse and dense - sparse are dense."""
    A, dense = coo([[0], [1]], [3.0], (2, 2)), torch.ones(2, 2)
    for other in dense, 1:
        with raises(RuntimeError, "add(sparse, dense) is not supported"):
            A + other
        with raises(RuntimeError, "add(sparse, dense) is not supported"):
            A - other
    with raises(RuntimeError, "add(sparse, dense) is not supported"):
        1 + A
    assert (-(dense - A)).tolist() == [[-1, 2], [-1, -1]] and (A.to_dense() + 1).tolist() == [[1, 4], [1, 1]]
    assert (dense + A).tolist() == [[1, 4], [1, 1]]


def test_what_works():
    """Products, sums, transposition, cat, and functions that keep zero work as on dense tensors."""
    A = coo([[0, 1, 2], [1, 0, 2]], [4.0, 9.0, 1.0], (3, 3)).coalesce()
    dense = A.to_dense()
    for function in (
        lambda t: t @ t,
        lambda t: t * 2,
        lambda t: t * t,
        lambda t: t + t,
        lambda t: t.T,
        lambda t: t.relu(),
        lambda t: t.sqrt(),
        lambda t: torch.cat([t, t]),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # t @ t goes through CSR
            result = function(A)
        assert result.layout == torch.sparse_coo
        torch.testing.assert_close(result.to_dense(), function(dense))
    torch.testing.assert_close(torch.sparse.sum(A, dim=0).to_dense(), dense.sum(0))


def test_what_raises(raises):
    """view, exp, max, ==, and numpy() raise."""
    A = torch.eye(3).to_sparse()
    for function in (lambda: A.view(9), A.exp, A.max, lambda: A == A):
        with raises(NotImplementedError, "with arguments from the 'SparseCPU' backend"):
            function()
    with raises(TypeError, "can't convert Sparse layout tensor to numpy"):
        A.numpy()


def test_memory():
    """A float32 entry in COO takes 4 bytes for the value and 16 for two indices."""
    A = torch.eye(5).to_sparse()
    assert A.values().element_size() == 4 and A.indices().element_size() * 2 == 16
    assert (4 + 16) / 4 == 5


def test_csr():
    """CSR stores where each row begins; its product is that of COO; PyTorch warns that it is in beta."""
    A, x = coo([[0, 0, 2], [1, 2, 0]], [3.0, 4.0, 5.0], (3, 4)), torch.randn(4, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        C = A.to_sparse_csr()
    assert C.crow_indices().tolist() == [0, 2, 2, 3] and C.col_indices().tolist() == [1, 2, 0]
    torch.testing.assert_close(C @ x, A @ x)


def test_sparse_mm():
    """torch.sparse.mm is A @ x for a matrix x."""
    A, x = torch.tensor([[0.0, 2.0, 0.0], [3.0, 0.0, 5.0]]).to_sparse(), torch.arange(12.0).reshape(3, 4)
    assert torch.equal(torch.sparse.mm(A, x), A @ x) and torch.equal(A @ x, A.to_dense() @ x)


def test_collate(raises):
    """The default collate_fn refuses sparse tensors; collate_fn=torch.stack takes them."""
    data = [torch.eye(3).to_sparse()] * 2
    with raises(RuntimeError, "Batches of sparse tensors are not currently supported"):
        next(iter(torch.utils.data.DataLoader(data, batch_size=2)))
    batch = next(iter(torch.utils.data.DataLoader(data, batch_size=2, collate_fn=torch.stack)))
    assert batch.shape == (2, 3, 3)


def test_check_invariants(raises):
    """With check_invariants=True, an index outside of the size raises; without it, PyTorch 2.13 warns that it checks nothing."""
    torch.set_warn_always(True)  # it warns once in a process
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.sparse_coo_tensor(torch.tensor([[0], [1]]), torch.ones(1), (2, 2))
    torch.set_warn_always(False)
    if tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13):
        assert any("Sparse invariant checks are implicitly disabled" in str(w.message) for w in caught)
    with raises(RuntimeError, "size is inconsistent with indices: for dim 0, size is 2 but found index 2"):
        coo([[0, 2], [1, 0]], [1.0, 1.0], (2, 4))
