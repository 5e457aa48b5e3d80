"""Proofs of contrastive-loss."""

import math

import torch
import torch.nn.functional as F

KEPT = []  # a group that is deleted joins its thread while it holds the GIL, for which that thread may be waiting


def by_hand(rows, columns, temperature, skip_self=False, partner=lambda i: i):
    """The mean over the rows of -log(exp(s with the partner) / sum of exp(s with all)), in plain Python."""
    unit = lambda v: [a / math.sqrt(sum(b * b for b in v)) for a in v]  # noqa: E731
    rows, columns = [unit(r) for r in rows.tolist()], [unit(c) for c in columns.tolist()]
    total = 0.0
    for i, r in enumerate(rows):
        e = [math.exp(sum(a * b for a, b in zip(r, c, strict=True)) / temperature) for c in columns]
        total -= math.log(e[partner(i)] / (sum(e) - (e[i] if skip_self else 0)))
    return total / len(rows)


def given():
    torch.manual_seed(0)
    za, zb = torch.randn(2, 3, 5)
    return {"torch": torch, "F": F, "za": za, "zb": zb}


def test_answer(answer):
    """The loss is the mean of both directions: row against columns, and column against rows."""
    za, zb = given()["za"], given()["zb"]
    expected = (by_hand(za, zb, 0.07) + by_hand(zb, za, 0.07)) / 2
    torch.testing.assert_close(answer.loss.item(), expected, rtol=1e-4, atol=1e-4)


def test_default(default):
    """Training brings two noisy views of one sample together."""
    za, zb = given()["za"], given()["zb"]
    for t in 0.1, 0.6:
        expected = (by_hand(za, zb, t) + by_hand(zb, za, t)) / 2
        torch.testing.assert_close(default.info_nce(za, zb, t).item(), expected, rtol=1e-4, atol=1e-4)
    assert default.info_nce(za, zb) == default.info_nce(za, zb, 0.1)
    assert default.loss < 0.5


def test_nt_xent(nt_xent):
    """NT-Xent compares all 2N views, without each view itself."""
    z = torch.cat([nt_xent.za, nt_xent.zb])
    for t in 0.5, 0.2:
        expected = by_hand(z, z, t, skip_self=True, partner=lambda i: (i + 3) % 6)
        torch.testing.assert_close(
            nt_xent.nt_xent(nt_xent.za, nt_xent.zb, t).item(), expected, rtol=1e-4, atol=1e-4
        )
    assert nt_xent.nt_xent(nt_xent.za, nt_xent.zb) == nt_xent.nt_xent(nt_xent.za, nt_xent.zb, 0.5)


def test_supervised(supervised):
    """With labels, a row averages over all partners of its class; rows without a partner do not count."""
    z, y = supervised.z.tolist(), supervised.y.tolist()
    rows = []
    for i in range(6):
        s = [sum(a * b for a, b in zip(z[i], z[j], strict=True)) / 0.1 for j in range(6)]
        denominator = sum(math.exp(s[j]) for j in range(6) if j != i)
        terms = [-math.log(math.exp(s[j]) / denominator) for j in range(6) if j != i and y[j] == y[i]]
        if terms:
            rows.append(sum(terms) / len(terms))
    assert len(rows) == 5
    torch.testing.assert_close(
        supervised.per_row[supervised.count > 0].mean().item(), sum(rows) / 5, rtol=1e-4, atol=1e-4
    )


def test_pairs(pairs):
    """cosine_embedding_loss is 1 - cos for equal pairs and max(0, cos - margin) for different ones."""
    with torch.no_grad():
        cos = F.cosine_similarity(pairs.encoder(pairs.a), pairs.encoder(pairs.b)).tolist()
    expected = (1 - cos[0] + max(0, cos[1] - 0.2) + max(0, cos[2] - 0.2)) / 3
    assert abs(pairs.loss.item() - expected) < 1e-5
    assert pairs.encoder.weight.grad.abs().sum() > 0


def test_guessing():
    """Embeddings that are all equal have a loss of ln N for InfoNCE and ln(2N - 1) for NT-Xent; random ones more, with few dimensions."""
    z = torch.ones(4, 3)
    assert abs(by_hand(z, z, 0.1) - math.log(4)) < 1e-9
    both = torch.ones(8, 3)
    assert abs(by_hand(both, both, 0.1, skip_self=True) - math.log(7)) < 1e-9
    torch.manual_seed(0)
    za, zb = torch.randn(2, 64, 16)
    assert by_hand(za, zb, 0.07) > 1.5 * math.log(64)
    za, zb = torch.randn(2, 64, 512)
    assert math.log(64) < by_hand(za, zb, 0.07) < 1.2 * math.log(64)


def test_without_normalize_length_counts():
    """Without normalize, doubling all vectors changes the loss; with it, nothing changes."""
    z, labels = torch.eye(3), torch.arange(3)
    short, long = (F.cross_entropy(v @ v.T, labels) for v in (z, 2 * z))
    assert long < short
    assert torch.equal(F.normalize(2 * z, dim=1), F.normalize(z, dim=1))


def test_the_diagonal_raises_the_floor():
    """Even for perfect views the loss with the diagonal stays at ln 2 or above; without it, it goes near 0."""
    z = torch.eye(3).repeat(2, 1)
    partner = (torch.arange(6) + 3) % 6
    logits = z @ z.T / 0.05
    assert F.cross_entropy(logits, partner) > math.log(2) - 1e-6
    assert F.cross_entropy(logits.fill_diagonal_(float("-inf")), partner) < 1e-6


def test_accumulation_is_easier():
    """The loss over halves of a batch is lower than over the whole batch, because half of the negatives are missing."""
    torch.manual_seed(0)
    za, zb = torch.randn(2, 8, 5)
    halves = (by_hand(za[:4], zb[:4], 0.5) + by_hand(za[4:], zb[4:], 0.5)) / 2
    assert halves < by_hand(za, zb, 0.5) - 0.1


def test_temperature():
    """The smaller the temperature, the larger the share of the hardest negative in the gradient."""
    s = torch.tensor([0.9, 0.8, 0.1, 0.0])  # the partner first
    shares = []
    for t in 1.0, 0.5, 0.1, 0.05:
        weights = (s / t).softmax(dim=0)[1:]
        shares.append((weights[0] / weights.sum()).item())
    assert shares == sorted(shares) and shares[-1] > 0.99


def test_all_gather_has_no_gradient():
    """The tensors that all_gather fills have no gradient; with parts[rank] = z the loss reaches z again."""
    import torch.distributed as dist

    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        z = torch.randn(3, 2, requires_grad=True) * 2
        parts = [torch.zeros(3, 2)]
        dist.all_gather(parts, z)
    finally:
        KEPT.append(dist.group.WORLD)
        dist.destroy_process_group()
    assert torch.equal(parts[0], z) and not parts[0].requires_grad
    parts[0] = z
    assert torch.cat(parts).requires_grad


def test_ddp_averages_the_gathered_loss():
    """With own rows attached and the others detached, the mean gradient of W ranks is 1/W of that of the whole batch."""
    torch.manual_seed(0)
    W, layer = 2, torch.nn.Linear(5, 4)
    xa, xb = torch.randn(2, W, 3, 5)  # (W, N, D) each

    def gradient(own):
        za, zb = ([v if r in own else v.detach() for r, v in enumerate(layer(x))] for x in (xa, xb))
        za, zb = (F.normalize(torch.cat(z), dim=1) for z in (za, zb))
        logits, labels = za @ zb.T / 0.5, torch.arange(W * 3)
        loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
        return torch.autograd.grad(loss, layer.weight)[0]

    averaged = sum(gradient([r]) for r in range(W)) / W  # as DDP does
    torch.testing.assert_close(W * averaged, gradient(range(W)))
