"""Proofs of rope."""

import math

import torch


def rotated(row, m, base=10000.0, neighbors=False):
    """One vector at position m, pair by pair, in plain Python."""
    half, out = len(row) // 2, list(row)
    for i in range(half):
        u, w = (2 * i, 2 * i + 1) if neighbors else (i, i + half)
        angle = m * base ** (-2 * i / len(row))
        out[u] = row[u] * math.cos(angle) - row[w] * math.sin(angle)
        out[w] = row[u] * math.sin(angle) + row[w] * math.cos(angle)
    return out


def check(actual, x, positions, **options):
    rows, wanted = x.reshape(-1, *x.shape[-2:]), actual.reshape(-1, *x.shape[-2:])
    for block, result in zip(rows.tolist(), wanted, strict=True):
        expected = [rotated(r, m, **options) for r, m in zip(block, positions, strict=True)]
        torch.testing.assert_close(result, torch.tensor(expected), rtol=1e-4, atol=1e-4)


def given():
    return {"torch": torch}


def test_answer(answer):
    """Pair i at position m turns by m * base ** (-2i / D); the result has the type of the input."""
    torch.manual_seed(0)
    x = torch.randn(2, 3, 5, 6)
    check(answer.rope(x), x, range(5))
    check(answer.rope(x, base=100.0), x, range(5), base=100.0)
    assert answer.rope(x.bfloat16()).dtype == torch.bfloat16


def test_default(default):
    """The output of attention stays the same if all positions shift; the lengths of the vectors stay as well."""
    x = default.q
    check(default.rope(x, torch.arange(5)), x, range(5))
    torch.testing.assert_close(default.rope(x, default.m).norm(dim=-1), x.norm(dim=-1))
    scores = [default.rope(x, default.m + s) @ default.rope(default.k, default.m + s).mT for s in (0, 70)]
    torch.testing.assert_close(*scores, rtol=1e-3, atol=1e-3)
    q, k, v = (t.double() for t in (default.q, default.k, default.v))
    rq, rk = (default.rope(t, default.m) for t in (q, k))
    weights = (rq @ rk.mT / math.sqrt(8)).softmax(dim=-1)
    torch.testing.assert_close(default.out.double(), weights @ v, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(default.rope(x, default.m + 1), default.rope(x, default.m))
    assert default.rope(x.bfloat16(), default.m).dtype == torch.bfloat16


def test_cache(cache):
    """Keys rotated one at a time at their own positions are those of the whole text; at position 0 they are not."""
    check(cache.new, cache.k[:, :, 4:], [4])
    assert not torch.allclose(cache.rope(cache.k[:, :, 4:], torch.tensor([0])), cache.new)
    assert cache.past == 4 and cache.rope(cache.k.bfloat16(), torch.arange(5)).dtype == torch.bfloat16


def test_neighbors(neighbors):
    """The layout of neighbors turns the pairs (0, 1), (2, 3), … by the same angles."""
    torch.manual_seed(0)
    x = torch.randn(3, 5, 8)
    check(neighbors.rope_neighbors(x, torch.arange(5)), x, range(5), neighbors=True)
    check(neighbors.rope_neighbors(x, torch.arange(5), 100.0), x, range(5), neighbors=True, base=100.0)
    assert torch.equal(neighbors.rope_neighbors(x, torch.zeros(5)), x)


def test_the_device_is_kept(answer, neighbors, sinusoidal):
    """The angles are made on the device of x, and the sinusoidal table on the device that is asked for."""
    x = torch.ones(2, 5, 6, device="meta")
    positions = torch.arange(5, device="meta")
    assert answer.rope(x).device == neighbors.rope_neighbors(x, positions).device == x.device
    assert sinusoidal.sinusoidal(7, 6, "meta").device == x.device


def test_sinusoidal(sinusoidal):
    """The sinusoidal table holds sin and cos of position times rate, side by side, and tells equal tokens apart."""
    table = sinusoidal.sinusoidal(7, 6).tolist()
    for m, row in enumerate(table):
        for i in range(3):
            angle = m * 10000 ** (-2 * i / 6)
            assert abs(row[2 * i] - math.sin(angle)) < 1e-5 and abs(row[2 * i + 1] - math.cos(angle)) < 1e-5
    same = sinusoidal.embed(sinusoidal.ids)
    assert torch.equal(same[0, 0], same[0, 2]) and not torch.equal(sinusoidal.x[0, 0], sinusoidal.x[0, 2])


def test_the_layouts_differ_by_a_permutation(neighbors, answer):
    """Both layouts agree after the features are reordered from neighbors to halves, and differ otherwise."""
    torch.manual_seed(0)
    x, m = torch.randn(5, 8), torch.arange(5)
    order = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])
    other = neighbors.rope_neighbors(x, m)
    torch.testing.assert_close(answer.rope(x[:, order]), other[:, order], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(answer.rope(x), other, atol=1e-2)


def test_bfloat16_positions():
    """In bfloat16, 257 rounds to 256, and every second whole number above 256 exists, every fourth above 512."""
    assert torch.tensor(257.0).bfloat16().item() == 256
    exact = [n for n in range(257, 300) if torch.tensor(float(n)).bfloat16().item() == n]
    assert exact == list(range(258, 300, 2))
    exact = [n for n in range(513, 600) if torch.tensor(float(n)).bfloat16().item() == n]
    assert exact == list(range(516, 600, 4))


def test_rotate_after_the_split(answer):
    """Rotating before the split into heads gives another result."""
    torch.manual_seed(0)
    x = torch.randn(1, 5, 2 * 4)  # (N, L, heads * D)
    after = answer.rope(x.view(1, 5, 2, 4).transpose(1, 2))
    before = answer.rope(x).view(1, 5, 2, 4).transpose(1, 2)
    assert not torch.allclose(after, before, atol=1e-2)


def test_attention_is_blind():
    """Without positions, shuffled keys and values give the same output."""
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 5, 4)
    order = [3, 1, 4, 0, 2]
    out = (q @ k.T).softmax(dim=-1) @ v
    torch.testing.assert_close(out, (q @ k[order].T).softmax(dim=-1) @ v[order])


def test_angles_stay_float32(answer, default, cache):
    """The angles are float32 even if the default dtype is bfloat16."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, 300, 8)
    try:
        torch.set_default_dtype(torch.bfloat16)
        low = [answer.rope(x), default.rope(x, torch.arange(300)), cache.rope(x, torch.arange(300))]
    finally:
        torch.set_default_dtype(torch.float32)
    for y in low:
        torch.testing.assert_close(y, answer.rope(x))
