"""Proofs of contiguous."""

import torch


def given():
    return {"out": torch.arange(120).view(2, 4, 3, 5), "B": 2, "T": 3}


def test_answer(answer):
    """reshape after transpose merges the heads, and contiguous().view() gives the same."""
    heads = torch.arange(120).view(2, 4, 3, 5)
    assert answer.out.shape == (2, 3, 20)
    for b in range(2):
        for t in range(3):
            assert answer.out[b, t].tolist() == [heads[b, h, t, d].item() for h in range(4) for d in range(5)]
    assert torch.equal(answer.out, heads.transpose(1, 2).contiguous().view(2, 3, -1))


def test_default(default):
    """A stride is the distance between neighbors along a dim; transpose swaps the strides and keeps the memory."""
    x, t = default.x, default.t
    memory = list(range(6))
    for i in range(3):
        for j in range(2):
            assert t[i, j] == memory[i * t.stride(0) + j * t.stride(1)]
    assert t.data_ptr() == x.data_ptr()
    assert t.contiguous().tolist() == [[0, 3], [1, 4], [2, 5]]


def test_what_stays_contiguous():
    """transpose, permute, expand, and x[:, 1:] are not contiguous; x[1:] is."""
    x = torch.zeros(2, 3, 4)
    for y in (x.transpose(0, 1), x.permute(2, 0, 1), x[:1].expand(5, 3, 4), x[:, 1:], x[:, :, 0]):
        assert not y.is_contiguous() and y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert x[1:].is_contiguous()


def test_gaps_are_not_contiguous():
    """Elements in the order of reading but with gaps between them, as in x[::2] and x[:, 1:], are not contiguous."""
    for y in (torch.arange(6)[::2], torch.arange(6).view(2, 3)[:, 1:]):
        places = [y[i].storage_offset() for i in range(len(y))]
        assert places == sorted(places) and not y.is_contiguous()


def test_some_are_contiguous_anyway():
    """A transpose that moves only a dim of size 1 is still contiguous."""
    assert torch.zeros(1, 3).t().is_contiguous()


def test_view(raises):
    """view raises if the dims to be merged do not follow each other in memory, and works if they do."""
    t = torch.arange(24).view(2, 3, 4).permute(0, 2, 1)
    for sizes in ((2, 12), (8, 3), (24,)):
        with raises(RuntimeError, "view size is not compatible with input tensor's size and stride"):
            t.view(sizes)
        assert t.reshape(sizes).flatten().tolist() == t.flatten().tolist()
    assert t.view(2, 2, 2, 3).data_ptr() == t.data_ptr()  # splits a dim, merges nothing
    assert torch.arange(24).view(2, 3, 4)[:, :2].view(2, 8).shape == (2, 8)


def test_contiguous_may_return_x():
    """contiguous() copies x into order, or returns x itself if it is contiguous already."""
    x = torch.arange(6).view(2, 3)
    assert x.contiguous() is x
    copy = x.t().contiguous()
    assert copy.data_ptr() != x.data_ptr() and copy.untyped_storage().tolist() != x.untyped_storage().tolist()


def test_any_strides():
    """Arithmetic, matrix products, and reductions accept any strides."""
    t = torch.arange(6.0).view(2, 3).t()
    c = t.contiguous()
    assert not t.is_contiguous() and c.is_contiguous()
    assert torch.equal(t * 2 + t, c * 2 + c) and torch.equal(t @ t.t(), c @ c.t()) and torch.equal(t.sum(0), c.sum(0))


def test_reshape_view_or_copy():
    """reshape returns a view if the strides allow it and a copy otherwise."""
    x = torch.zeros(2, 3)
    x.reshape(6)[0] = 5
    assert x[0, 0] == 5
    t = x.t()
    t.reshape(6)[1] = 7
    assert 7 not in x


def test_channels_last(raises):
    """On channels_last images view(N, -1) can raise, flatten(1) works, and contiguous() restores the default layout."""
    x = torch.arange(120.0).view(2, 3, 4, 5)
    y = x.to(memory_format=torch.channels_last)
    with raises(RuntimeError, "view size is not compatible"):
        y.view(y.size(0), -1)
    assert y[..., :1, :1].contiguous(memory_format=torch.channels_last).view(2, -1).shape == (2, 3)  # no H, W to merge
    assert torch.equal(y.flatten(1), x.view(2, -1))
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert y.contiguous().stride() == x.stride() != y.stride()


def test_view_in_a_backward_pass(raises):
    """A backward pass that calls view raises for the gradient of a transposed result, and reshape or contiguous() mends it."""

    def double(shape_of):
        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                return 2 * shape_of(grad).view(grad.shape)

        return Double.apply

    x = torch.ones(2, 3, requires_grad=True)
    weight = torch.arange(6.0).view(3, 2)
    with raises(RuntimeError, "view size is not compatible with input tensor's size and stride"):
        (double(lambda grad: grad.view(-1))(x).t() * weight).sum().backward()
    (double(lambda grad: grad.reshape(-1))(x).t() * weight).sum().backward()
    assert torch.equal(x.grad, 2 * weight.t())


def test_right(right):
    """reshape merges the last two dims after a transpose."""
    assert right.out.shape == (2, 3, 4 * 5)
