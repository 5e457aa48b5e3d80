"""Proofs of nested-tensor."""

import math
import subprocess
import sys
import textwrap

import torch
import torch.nn.functional as F
from torch import nn


def jagged(seqs, **options):
    return torch.nested.nested_tensor(seqs, layout=torch.jagged, **options)


def given():
    torch.manual_seed(0)
    return {"torch": torch, "seqs": [torch.randn(n, 3) for n in (2, 4, 1)]}


def test_answer(answer):
    """Sequences lie one after the other; the padded sum by the lengths is the mean of each sequence."""
    assert answer.lengths.tolist() == [2, 4, 1]
    assert torch.equal(answer.nt.values(), torch.cat(answer.seqs))
    for i, seq in enumerate(answer.seqs):
        torch.testing.assert_close(answer.mean[i], torch.tensor([sum(c) / len(seq) for c in seq.T.tolist()]))
        assert torch.equal(answer.parts[i], seq)
        assert torch.equal(answer.padded[i], F.pad(seq, (0, 0, 0, 4 - len(seq))))


def test_default(default):
    """nn.Linear and relu treat each step as in a plain batch."""
    for seq, h in zip(default.seqs, default.h.unbind(), strict=True):
        torch.testing.assert_close(h, default.layer(seq).relu())
    assert default.h.values().shape == (7, 5)


def test_attention(attention):
    """Each sequence attends to itself alone."""
    assert attention.q.shape[1] == 2
    for seq, out in zip(attention.seqs, attention.out.unbind(), strict=True):
        q = seq.unflatten(-1, [2, 4]).transpose(0, 1)
        by_hand = (q @ q.transpose(1, 2) / math.sqrt(4)).softmax(-1) @ q
        torch.testing.assert_close(out, by_hand.transpose(0, 1).flatten(1))


def test_train(train):
    """The loss on values() is that of all steps together."""
    (x1, y1), (x2, y2) = train.data[2:]
    loss = F.cross_entropy(train.model(torch.cat([x1, x2])), torch.cat([y1, y2]))
    torch.testing.assert_close(train.loss, loss)
    grads = []
    for start in 0, 2:
        (a, c), (b, d) = train.data[start : start + 2]
        loss = F.cross_entropy(train.model(torch.cat([a, b])), torch.cat([c, d]))
        grads.append(torch.autograd.grad(loss, train.model[0].weight)[0])
    torch.testing.assert_close(train.model[0].weight.grad, sum(grads))


def test_right(right):
    """Through to_padded_tensor, the gradient is that of the sequences one by one."""
    assert right.total.shape == (2, 1)
    alone = sum(right.layer(seq).sum().square() for seq in right.seqs)
    (grad,) = torch.autograd.grad(alone, right.layer.weight)
    torch.testing.assert_close(right.layer.weight.grad, grad)


def test_shared_offsets(raises):
    """Results of one nested tensor combine; one built from another list of the same lengths raises."""
    seqs = [torch.randn(2, 3), torch.randn(4, 3)]
    x, other, layer = jagged(seqs), jagged(seqs), nn.Linear(3, 3)
    both = x + layer(x)
    torch.testing.assert_close(both[1], seqs[1] + layer(seqs[1]))
    with raises(RuntimeError, "cannot call binary pointwise function add.Tensor with inputs of shapes"):
        x + other
    torch.testing.assert_close(x.values() + other.values(), 2 * torch.cat(seqs))
    mended = torch.nested.nested_tensor_from_jagged(other.values(), x.offsets())
    torch.testing.assert_close((x + mended)[1], 2 * seqs[1])


def test_layers():
    """LayerNorm, Embedding, dropout, and GELU take nested tensors."""
    ids = [torch.tensor([1, 2]), torch.tensor([3, 4, 5])]
    table, norm = nn.Embedding(10, 4), nn.LayerNorm(4)
    out = F.gelu(norm(nn.Dropout(0.0)(table(jagged(ids)))))
    for i, row in enumerate(ids):
        torch.testing.assert_close(out[i], F.gelu(norm(table(row))))


def test_activations(raises):
    """ReLU, GELU, and SiLU have gradients; in 2.13 leaky ReLU has none, and PReLU and GLU raise."""
    layer, seqs = nn.Linear(3, 4), [torch.randn(2, 3), torch.randn(4, 3)]
    for function in F.relu, F.gelu, F.silu:
        (nested,) = torch.autograd.grad(function(layer(jagged(seqs))).values().square().sum(), layer.weight)
        (plain,) = torch.autograd.grad(function(layer(torch.cat(seqs))).square().sum(), layer.weight)
        torch.testing.assert_close(nested, plain)
    if (2, 13) <= torch.__version__ < (2, 14):
        with raises(NotImplementedError, "aten.leaky_relu_backward.default"):
            F.leaky_relu(layer(jagged(seqs))).values().sum().backward()
        for module in nn.PReLU(), nn.GLU():
            with raises(NotImplementedError, "aten."):
                module(layer(jagged(seqs)))


def test_reductions():
    """sum, amax, and softmax over dim=1 treat each sequence by itself."""
    seqs = [torch.randn(2, 3), torch.randn(4, 3)]
    nt = jagged(seqs)
    for i, seq in enumerate(seqs):
        torch.testing.assert_close(nt.sum(dim=1)[i], seq.sum(0))
        torch.testing.assert_close(nt.amax(dim=1)[i], seq.amax(0))
        torch.testing.assert_close(nt.softmax(dim=1)[i], seq.softmax(0))


def test_what_raises(raises):
    """Slices, std, cumsum, sort, stack, LSTM, convolution, batch norm, and MultiheadAttention raise, the last also in eval mode."""
    nt = jagged([torch.randn(2, 8), torch.randn(4, 8)])
    with raises(RuntimeError, "not supported for NestedTensor on dim=0"):
        nt[:, 0]
    with raises(ValueError if torch.__version__.startswith("2.6.") else RuntimeError, "…"):
        torch.stack([nt, nt])
    for function in (lambda: nt.std(1), lambda: nt.cumsum(1), lambda: nt.sort(1)):
        with raises(NotImplementedError):
            function()
    with raises(RuntimeError, "running_mean should contain"):
        nn.BatchNorm1d(8)(nt)
    with raises(ValueError):
        nn.LSTM(8, 4, batch_first=True)(nt)
    with raises(ValueError):
        nn.Conv1d(8, 4, 1)(nt.transpose(1, 2))
    with raises(AssertionError, "MultiheadAttention does not support NestedTensor outside of its fast path"):
        nn.MultiheadAttention(8, 2, batch_first=True)(nt, nt, nt)
    with torch.no_grad(), raises(AssertionError, "MultiheadAttention does not support NestedTensor outside of its fast path"):
        nn.MultiheadAttention(8, 2, batch_first=True).eval()(nt, nt, nt)


def test_causal(raises):
    """On a CPU, attention of nested tensors with is_causal=True raises."""
    q = jagged([torch.randn(2, 8), torch.randn(4, 8)]).unflatten(-1, [2, 4]).transpose(1, 2)
    # a CUDA build looks for a GPU first
    no_gpu = torch.version.cuda and not torch.cuda.is_available()
    said = "driver" if no_gpu and torch.__version__ >= (2, 9) else "No viable backend for scaled_dot_product_attention was found"
    with raises(RuntimeError, said):
        F.scaled_dot_product_attention(q, q, q, is_causal=True)


def test_gradients():
    """nested_tensor cuts the graph; as_nested_tensor keeps it."""
    parts = [torch.ones(2, 3, requires_grad=True), torch.ones(4, 3, requires_grad=True)]
    assert not jagged(parts).requires_grad
    torch.nested.as_nested_tensor(parts, layout=torch.jagged).values().square().sum().backward()
    assert torch.equal(parts[0].grad, torch.full((2, 3), 2.0)) and torch.equal(parts[1].grad, torch.full((4, 3), 2.0))


def test_reductions_without_gradient(raises):
    """sum, mean, and max over dim=1 raise in backward(), and so does sum(-1); amax, softmax, the padded sum, and that of values() do not."""
    layer = nn.Linear(3, 2)
    nt = lambda: layer(jagged([torch.rand(2, 3), torch.rand(4, 3)]))  # noqa: E731
    with raises(NotImplementedError, "_nested_sum_backward"):
        nt().sum(dim=1).square().sum().backward()
    with raises(NotImplementedError, "_nested_sum_backward"):
        nt().sum(-1).values().square().sum().backward()
    nt().values().sum(-1).square().sum().backward()
    for reduced in nt().mean(dim=1), nt().max(dim=1).values:
        with raises(RuntimeError, "SymIntArrayRef expected to contain only concrete integers"):
            reduced.square().sum().backward()
    for reduced in nt().amax(dim=1), nt().softmax(dim=1).values(), nt().to_padded_tensor(0.0).sum(dim=1):
        reduced.square().sum().backward()


def test_no_length(raises):
    """shape[1] is not a number; offsets().diff() holds the lengths."""
    nt = jagged([torch.randn(2, 3), torch.randn(4, 3)])
    assert nt.shape[0] == 2 and nt.shape[2] == 3
    with raises(AttributeError):
        int(nt.shape[1])
    assert nt.offsets().diff().tolist() == [2, 4]


def test_one_ragged_dimension(raises):
    """Only one dimension may differ."""
    with raises(RuntimeError, "Cannot represent given tensor list as a nested tensor with the jagged layout"):
        jagged([torch.rand(2, 3), torch.rand(4, 5)])
    assert jagged([torch.rand(2, 3), torch.rand(2, 5)]).shape[:2] == (2, 2)


def test_the_warning_of_the_encoder():
    """In eval mode, TransformerEncoder with a padding mask warns about nested tensors, unless enable_nested_tensor=False."""
    program = """
        import torch
        import warnings
        from torch import nn

        mask = torch.tensor([[False, False, True], [False, False, False]])
        for enable in (False, True):
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=enable).eval()
            with warnings.catch_warnings(record=True) as caught, torch.no_grad():
                warnings.simplefilter("always")
                model(torch.ones(2, 3, 8), src_key_padding_mask=mask)
            print(any("nested tensors is in prototype" in str(w.message) for w in caught))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"
