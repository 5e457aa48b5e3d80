"""Proofs of sinusoidal-encoding."""

import math

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    return {"torch": torch, "x": torch.ones(2, 40, 6)}


def by_hand(T, E):
    """The formula, in plain Python."""
    pairs = [[t / 10000 ** (2 * i / E) for i in range(E // 2)] for t in range(T)]
    return torch.tensor([[f(a) for a in row for f in (math.sin, math.cos)] for row in pairs])


def sinusoidal(T, E, device=None):
    """The lines of the answer."""
    rates = 10000 ** (-torch.arange(0, E, 2, device=device).float() / E)
    angles = torch.arange(T, device=device)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def test_answer(answer):
    """Column 2i holds sin(t / 10000 ** (2i / E)) and column 2i + 1 the cosine; each sample gets the same table."""
    assert answer.table.dtype == torch.float32 and answer.table.shape == (40, 6)
    torch.testing.assert_close(answer.table, by_hand(40, 6), atol=1e-5, rtol=1e-5)
    for sample in answer.x:
        torch.testing.assert_close(sample, 1 + by_hand(40, 6), atol=1e-5, rtol=1e-5)


def test_default(default):
    """Equal tokens at different positions differ after the sum."""
    assert torch.equal(default.x[0, 0], default.x[0, 2]) and not torch.equal(default.y[0, 0], default.y[0, 2])
    torch.testing.assert_close(default.table, by_hand(4, 6), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(default.y - default.x, by_hand(4, 6).expand(2, 4, 6), atol=1e-5, rtol=1e-5)
    assert default.embed.weight.shape == (100, 6) and default.ids.tolist() == [[7, 3, 7, 9], [5, 5, 5, 5]]
    torch.manual_seed(0)
    assert torch.equal(default.embed.weight, nn.Embedding(100, 6).weight)


def test_attention_without_positions():
    """Attention without a mask gives permuted tokens the same outputs, permuted; with the encoding it does not."""
    torch.manual_seed(0)
    attention, x = nn.MultiheadAttention(6, 2, batch_first=True), torch.randn(1, 5, 6)
    order, table = torch.tensor([3, 0, 4, 1, 2]), sinusoidal(5, 6)

    def run(x):
        return attention(x, x, x)[0]

    torch.testing.assert_close(run(x[:, order]), run(x)[:, order])
    assert not torch.allclose(run(x[:, order] + table), run(x + table)[:, order], atol=1e-3)


def test_products_depend_on_the_distance():
    """The product of two rows depends only on the distance between their positions."""
    table = sinusoidal(40, 16).double()
    products = table @ table.T
    for distance in range(40):
        values = products.diagonal(distance)
        torch.testing.assert_close(values, values[0].expand_as(values), atol=1e-4, rtol=1e-4)
    assert products[0, 1] > products[0, 3] + 0.5


def test_module(module):
    """The buffer moves with the module and stays out of the checkpoint, so max_len can change."""
    encode = module.SinusoidalEncoding(8, max_len=20)
    torch.testing.assert_close(encode.table, by_hand(20, 8), atol=1e-5, rtol=1e-5)
    assert module.encode.table.shape == (512, 6) and not list(encode.parameters())
    torch.testing.assert_close(encode(torch.ones(3, 5, 8)), (1 + by_hand(5, 8)).expand(3, 5, 8), atol=1e-5, rtol=1e-5)
    assert not encode.state_dict() and encode(torch.ones(3, 20, 8)).shape == (3, 20, 8)
    module.SinusoidalEncoding(8, max_len=30).load_state_dict(encode.state_dict())
    assert encode(torch.ones(1, 5, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert encode.to("meta").table.device.type == "meta"


def test_halves(halves):
    """The two layouts differ only in the order of the columns."""
    pairs = by_hand(3, 6)
    torch.testing.assert_close(halves.table, pairs[:, [0, 2, 4, 1, 3, 5]], atol=1e-5, rtol=1e-5)


def test_the_device_of_x(raises):
    """A table on the CPU cannot be added to an x elsewhere; made with device=x.device, it can."""
    x = torch.ones(2, 4, 6, device="meta")
    with raises(RuntimeError, "device"):
        x + sinusoidal(4, 6)
    assert (x + sinusoidal(4, 6, x.device)).device == x.device


def test_wrong(wrong):
    """On (N, T, E), table[:N, None] gives every token of a sample the same vector, and nothing raises."""
    table = by_hand(50, 6)
    torch.testing.assert_close(wrong.table, table, atol=1e-5, rtol=1e-4)
    for n in range(2):
        torch.testing.assert_close(wrong.y[n], table[n].expand(4, 6), atol=1e-5, rtol=1e-5)
    assert wrong.x.count_nonzero() == 0


def test_right(right):
    """table[:T] gives each token the vector of its position."""
    torch.testing.assert_close(right.y, by_hand(4, 6).expand(2, 4, 6), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(right.table, by_hand(50, 6), atol=1e-5, rtol=1e-4)
    assert right.x.count_nonzero() == 0


def test_seq_first_raises_for_a_large_batch(raises):
    """Code for (T, N, E) raises on (N, T, E) if the batch is larger than the table."""
    table = sinusoidal(5, 6)
    with raises(RuntimeError, "must match the size of tensor b (5)"):
        torch.zeros(8, 4, 6) + table[:8, None]


def test_the_dtype_of_x(raises):
    """bfloat16 or float16 plus a float32 table is float32, which a layer in that dtype rejects without autocast."""
    table = sinusoidal(4, 6)
    for dtype in torch.bfloat16, torch.float16:
        x, layer = torch.ones(2, 4, 6, dtype=dtype), nn.Linear(6, 3).to(dtype)
        assert (x + table).dtype == torch.float32
        with raises(RuntimeError, "must have the same dtype"):
            layer(x + table)
        assert layer(x + table.to(dtype)).dtype == dtype
    with torch.autocast("cpu"):
        assert layer(x + table).dtype == torch.bfloat16


def test_bfloat16_positions():
    """Positions in bfloat16 give 256 and 257 the same row; a float32 table converted to bfloat16 tells them apart."""
    rates = 10000 ** (-torch.arange(0, 6, 2).float() / 6)
    angles = (torch.arange(300).bfloat16()[:, None] * rates.bfloat16()).float()
    assert torch.equal(angles[256], angles[257])
    table = sinusoidal(300, 6).bfloat16()
    assert not any(torch.equal(a, b) for a, b in zip(table[:-1], table[1:], strict=True))


def test_longer_than_the_table(raises, module):
    """An x of 9 tokens raises a size mismatch of dim 1 with max_len=5, and a longer table takes it."""
    x = torch.zeros(2, 9, 6)
    with raises(RuntimeError, "The size of tensor a (9) must match the size of tensor b (5) at non-singleton dimension 1"):
        module.SinusoidalEncoding(6, max_len=5)(x)
    assert module.SinusoidalEncoding(6, max_len=9)(x).shape == (2, 9, 6)


def test_odd_sizes(raises):
    """With E = 5 the table has 6 columns and the sum raises; table[:, :E] fits."""
    table, x = sinusoidal(4, 5), torch.zeros(2, 4, 5)
    assert table.shape == (4, 6)
    with raises(RuntimeError, "The size of tensor a (5) must match the size of tensor b (6)"):
        x + table
    torch.testing.assert_close((x + table[:, :5])[1, 3, 4].item(), math.sin(3 / 10000 ** (4 / 5)))


def test_learned_positions():
    """nn.Embedding(max_len, E) is a learned table: its rows get gradients."""
    learned, x = nn.Embedding(9, 6), torch.zeros(2, 4, 6)
    (x + learned(torch.arange(4))).sum().backward()
    assert learned.weight.grad[:4].eq(2).all() and learned.weight.grad[4:].eq(0).all()
