"""Proofs of seq2seq."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

BOS = 0


def parts(vocab, H):
    gru = {name: nn.GRU(H, H, batch_first=True) for name in ("encoder", "decoder")}
    return {"embed": nn.Embedding(vocab, H), "head": nn.Linear(2 * H, vocab), **gru}


def given():
    torch.manual_seed(0)
    names = parts(9, 6) | {"torch": torch, "F": F, "pad": 8}
    return names | {"src": torch.tensor([[1, 2, 3, 4], [5, 6, 8, 8]]), "tgt": torch.tensor([[0, 3, 4, 7], [0, 2, 7, 8]])}


def attend(queries, memory, valid):
    """Dot-product attention of each query over the valid rows of the memory, in Python."""
    out = []
    for q in queries:
        weights = torch.tensor([math.exp(torch.dot(q, row).item()) for row, ok in zip(memory, valid, strict=True) if ok])
        rows = torch.stack([row for row, ok in zip(memory, valid, strict=True) if ok])
        out.append((weights / weights.sum()) @ rows)
    return torch.stack(out)


def test_answer(answer):
    """The loss is the mean cross-entropy of the next tokens that are not padding, with attention over the valid source."""
    src, tgt = answer.src, answer.tgt
    memory, state = answer.encoder(answer.embed(src))
    total, count = 0.0, 0
    for n in range(2):
        h = state[:, n : n + 1]
        for t in range(3):
            y, h = answer.decoder(answer.embed(tgt[n : n + 1, t : t + 1]), h)
            context = attend(y[0], memory[n], (src[n] != 8).tolist())
            logits = answer.head(torch.cat([y[0], context], dim=-1))[0]
            if tgt[n, t + 1] != 8:
                total -= logits.log_softmax(0)[tgt[n, t + 1]].item()
                count += 1
    assert count == 5 and math.isclose(answer.loss.item(), total / count, rel_tol=1e-4)


def train(steps, shift):
    """A small model that reverses three tokens; without the shift, the decoder's input is the target itself."""
    torch.manual_seed(0)
    net = nn.ModuleDict(parts(8, 48))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(steps):
        src = torch.randint(1, 8, (32, 3))
        target = src.flip(1)
        given = F.pad(target, (1, 0), value=BOS)[:, :-1] if shift else target
        memory, state = net["encoder"](net["embed"](src))
        y, _ = net["decoder"](net["embed"](given), state)
        context = (y @ memory.mT).softmax(dim=-1) @ memory
        loss = F.cross_entropy(net["head"](torch.cat([y, context], dim=-1)).mT, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net, loss.item()


@torch.no_grad()
def generated(net, src, keep_state=True):
    memory, first = net["encoder"](net["embed"](src))
    token, state, out = torch.full((len(src), 1), BOS), first, []
    for _ in range(3):
        y, state = net["decoder"](net["embed"](token), state)
        state = state if keep_state else first
        context = (y @ memory.mT).softmax(dim=-1) @ memory
        token = net["head"](torch.cat([y, context], dim=-1)).argmax(dim=-1)
        out.append(token)
    return torch.cat(out, dim=1)


def test_without_the_shift():
    """With the target itself as input, the loss falls further than with the shift, and the generated tokens are mostly wrong."""
    torch.manual_seed(1)
    src = torch.randint(1, 8, (200, 3))
    right = {}
    for shift in (True, False):
        net, loss = train(150, shift)
        right[shift] = loss, (generated(net, src) == src.flip(1)).float().mean().item()
    assert right[False][0] < 0.02 and right[False][0] < right[True][0] + 0.02
    assert right[True][1] > 0.9 and right[False][1] < 0.5


def test_the_state_goes_on():
    """A model that generates well makes mistakes if the decoder starts from the encoder's state at each step."""
    net, _ = train(150, shift=True)
    src = torch.randint(1, 8, (200, 3))
    accuracy = [(generated(net, src, keep) == src.flip(1)).float().mean().item() for keep in (True, False)]
    assert accuracy[0] > 0.9 and accuracy[1] < accuracy[0] - 0.1


def test_default(default):
    """The decoder's input is BOS and the true tokens before the current one, and the loss falls."""
    assert default.loss < 0.6
    assert torch.equal(default.tgt[:, 1:], default.src.flip(1)) and (default.tgt[:, 0] == BOS).all()
    context = torch.stack([attend(y, m, [True] * 3) for y, m in zip(default.y, default.memory, strict=True)])
    torch.testing.assert_close(default.context, context, atol=1e-4, rtol=1e-3)


def test_generate(generate):
    """Generation feeds back its own tokens: run at once on what was generated, the decoder gives the same tokens; PAD follows EOS."""
    torch.manual_seed(0)
    made = generate.generate(torch.randint(3, 6, (2, 5)), most=3)
    assert made.dtype == torch.int64 and made.shape == (2, 3)
    ended = 0
    for _ in range(20):
        src = torch.randint(3, 6, (6, 5))
        out = generate.generate(src, most=7)
        memory, state = generate.encoder(generate.embed(src))
        y, _ = generate.decoder(generate.embed(F.pad(out, (1, 0), value=0)[:, :-1]), state)
        logits = generate.head(torch.cat([y, (y @ memory.mT).softmax(-1) @ memory], dim=-1))
        for tokens, best in zip(out.tolist(), logits.argmax(-1).tolist(), strict=True):
            n = tokens.index(1) + 1 if 1 in tokens else len(tokens)
            assert tokens[:n] == best[:n] and set(tokens[n:]) <= {2}
            ended += 1 in tokens
        assert out.shape[1] <= 7
    assert ended > 20


def test_eos_stops(generate):
    """A decoder that always says EOS stops after one token, for every sample."""
    with torch.no_grad():
        generate.head.weight.zero_()
        generate.head.bias.copy_(torch.tensor([0.0, 9, 0, 0, 0, 0]))
    assert generate.generate(torch.full((4, 5), 3), most=6).tolist() == [[1]] * 4
    with torch.no_grad():
        generate.head.bias.copy_(torch.tensor([0.0, 0, 0, 9, 0, 0]))
    assert generate.generate(torch.full((4, 5), 3), most=6).tolist() == [[3] * 6] * 4


def test_batch(batch):
    """Input and target are the same rows, shifted by one."""
    assert batch.tgt.tolist() == [[1, 3, 4, 5, 2], [1, 6, 5, 2, 0]]


def test_scheduled(scheduled):
    """Each input token is either the true one or the model's own guess for that place, and BOS stays first."""
    assert (scheduled.mixed[:, 0] == 0).all()
    for mixed, true, own, used in zip(scheduled.mixed, scheduled.tgt[:, :-1], scheduled.own, scheduled.use_own, strict=True):
        assert mixed.tolist() == [o if u else t for t, o, u in zip(true.tolist(), own.tolist(), used.tolist(), strict=True)]
    assert scheduled.own.tolist() == [[0, 15, 16, 17], [0, 19, 14, 13]]


def test_padding_gets_attention():
    """Unmasked, padding changes the context; masked with -inf before the softmax, its weight is 0, and padding alone gives NaN."""
    torch.manual_seed(0)
    y, memory = torch.randn(1, 2, 4), torch.randn(1, 5, 4)
    valid = torch.tensor([[True, True, True, False, False]])
    short = (y @ memory[:, :3].mT).softmax(-1) @ memory[:, :3]
    scores = y @ memory.mT
    assert not torch.allclose(scores.softmax(-1) @ memory, short, atol=1e-3)
    masked = scores.masked_fill(~valid[:, None], float("-inf"))
    assert masked.softmax(-1)[..., 3:].eq(0).all() and scores.softmax(-1)[..., 3:].gt(0).all()
    torch.testing.assert_close(masked.softmax(-1) @ memory, short)
    assert torch.full((1, 2, 5), float("-inf")).softmax(-1).isnan().all()


def test_the_state_reads_the_padding():
    """The last state of a GRU on a padded sequence differs from that of the sequence, and packing mends it."""
    torch.manual_seed(0)
    gru, x = nn.GRU(3, 4, batch_first=True), torch.randn(1, 5, 3)
    state = gru(x[:, :3])[1]
    assert not torch.allclose(gru(x)[1], state, atol=1e-3)
    packed = pack_padded_sequence(x, torch.tensor([3]), batch_first=True)
    torch.testing.assert_close(gru(packed)[1], state)


def test_padding_changes_the_logits():
    """With the mask alone, a longer padding of the source still changes the logits, through the state."""
    torch.manual_seed(0)
    net, tgt = nn.ModuleDict(parts(9, 6)), torch.tensor([[0, 3, 4]])
    logits = []
    for src in (torch.tensor([[1, 2, 8]]), torch.tensor([[1, 2, 8, 8, 8]])):
        memory, state = net["encoder"](net["embed"](src))
        y, _ = net["decoder"](net["embed"](tgt), state)
        scores = (y @ memory.mT).masked_fill((src == 8)[:, None], float("-inf"))
        logits.append(net["head"](torch.cat([y, scores.softmax(dim=-1) @ memory], dim=-1)))
    assert (logits[0] - logits[1]).abs().max() > 0.01


def test_all_steps_at_once():
    """With the true tokens as input, one call of the decoder gives what a loop over the steps gives."""
    torch.manual_seed(0)
    gru, x, state = nn.GRU(3, 4, batch_first=True), torch.randn(2, 5, 3), torch.randn(1, 2, 4)
    whole, steps, h = gru(x, state)[0], [], state
    for t in range(5):
        y, h = gru(x[:, t : t + 1], h)
        steps.append(y)
    torch.testing.assert_close(torch.cat(steps, dim=1), whole)
