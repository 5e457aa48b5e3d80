"""Proofs of random-sampling."""

import math

import torch
import torch.nn.functional as F
from torch.distributions import Beta, Categorical, Normal

LOGITS = [[2.0, 0.5, -1.0], [0.0, 3.0, 0.5]]


def softmax(row, temperature=1.0):
    powers = [math.exp(v / temperature) for v in row]
    return [power / sum(powers) for power in powers]


def near(shares, expected, within=0.02):
    return all(abs(s - e) < within for s, e in zip(shares.tolist(), expected, strict=True))


def given():
    torch.manual_seed(0)
    names = {"logits": torch.tensor(LOGITS), "temperature": 0.7, "n": 9, "k": 5}
    weights, p = torch.tensor([0.0, 1.0, 3.0]), torch.tensor([0.0, 1.0, 0.5, 1.0])
    return {"torch": torch, "weights": weights, "p": p, **names}


def test_answer(answer):
    """multinomial draws one index a row, randperm gives k different ones, and bernoulli gives 0 and 1."""
    for row, expected in zip(answer.probs.tolist(), LOGITS, strict=True):
        assert all(abs(a - e) < 1e-6 for a, e in zip(row, softmax(expected, 0.7), strict=True))
    assert answer.token.shape == (2, 1) and answer.index.shape == (5,)
    assert 0 <= answer.token.min() <= answer.token.max() <= 2
    assert set(answer.index.tolist()) <= {1, 2}
    assert len(set(answer.picks.tolist())) == 5 and set(answer.picks.tolist()) <= set(range(9))
    assert answer.coins[:2].tolist() == [0, 1] and answer.coins[3] == 1 and answer.coins[2] in (0, 1)


def test_default(default):
    """The share of each index is its softmax probability; a temperature below 1 favors the likely ones."""
    torch.manual_seed(1)
    firsts = []
    for temperature in (0.5, 1.0, 4.0):
        probs = (torch.tensor(LOGITS[0]) / temperature).softmax(dim=0)
        draws = torch.multinomial(probs, 20_000, replacement=True)
        assert near(draws.bincount(minlength=3) / 20_000, softmax(LOGITS[0], temperature))
        firsts.append(probs[0].item())
    assert firsts[0] > firsts[1] > firsts[2]
    assert near(default.share, softmax(LOGITS[0], 4.0))
    assert near(default.logits[1], LOGITS[1], 1e-6) and len(default.draws[0]) == 10_000
    assert near(default.draws[1].bincount() / 10_000, softmax(LOGITS[1], 4.0))


def test_choice(choice):
    """Weights need not sum to 1; each share is the weight divided by their sum."""
    assert near(choice.share, [0, 1 / 4, 3 / 4], 0.01) and choice.share.sum() == 1
    assert len(choice.draws) == len(choice.coins) == 20_000
    assert near(choice.coins.mean(dim=0), [0, 0.2, 1], 0.01)
    assert set(choice.coins.unique().tolist()) == {0, 1}


def test_randint_repeats():
    """randint draws with repeats, and randperm gives each number once."""
    torch.manual_seed(0)
    draws = torch.randint(4, (4000,))
    assert near(draws.bincount() / 4000, [0.25] * 4, 0.03)
    assert sorted(torch.randperm(7).tolist()) == list(range(7))


def test_top_k(top_k):
    """A logit of -inf gets probability 0, so only the k largest are drawn."""
    for row, logits in zip(top_k.probs.tolist(), top_k.logits.tolist(), strict=True):
        best = sorted(logits)[-2:]
        whole = sum(math.exp(v) for v in best)
        expected = [math.exp(v) / whole if v in best else 0 for v in logits]
        assert all(abs(a - e) < 1e-6 for a, e in zip(row, expected, strict=True))


def test_categorical(categorical):
    """The gradient of the log-probability of an action is one-hot minus softmax, times the reward."""
    probs = softmax(LOGITS[0])
    hit = [float(i == categorical.action.item()) for i in range(3)]
    by_hand = [-1.5 * (h - p) for h, p in zip(hit, probs, strict=True)]
    assert all(abs(g - e) < 1e-5 for g, e in zip(categorical.logits.grad[0].tolist(), by_hand, strict=True))
    entropy = -sum(p * math.log(p) for p in probs)
    assert abs(categorical.policy.entropy().item() - entropy) < 1e-5


def test_gradient(gradient):
    """rsample of a Normal is mean + std * noise, and gumbel_softmax passes gradients to all logits."""
    noise = (gradient.x.item() - 2.0) / 0.5
    assert gradient.mean.grad == 1 and abs(gradient.std.grad.item() - noise) < 1e-5
    assert sorted(gradient.one_hot.tolist()[0]) == [0, 0, 1]
    assert (gradient.logits.grad != 0).all()


def test_no_gradient(raises):
    """multinomial and sample give results without gradient; Normal and Beta have rsample, Categorical has not."""
    w = torch.tensor([0.3, 0.6], requires_grad=True)
    assert not torch.multinomial(w, 1).requires_grad
    assert not Categorical(probs=w).sample().requires_grad
    assert not Normal(w, 1.0).sample().requires_grad
    assert Normal(w, 1.0).rsample().requires_grad and Beta(w, w).rsample().requires_grad
    with raises(NotImplementedError):
        Categorical(probs=w).rsample()
    torch.bernoulli(w).sum().backward()
    assert w.grad.tolist() == [0, 0]


def test_right(right):
    """Drawn from the softmax, the shares follow exp(logit)."""
    torch.manual_seed(0)
    draws = torch.multinomial(right.logits.softmax(dim=0).expand(20_000, 3), num_samples=1)
    assert near(draws.flatten().bincount() / 20_000, softmax([-1.0, 2.0, 0.5]), 0.01)
    assert right.token.shape == (1,)


def test_right_counts(right_counts):
    """Counts as floats are weights: each label is drawn as often as it occurs."""
    assert len(right_counts.draws) == 20_000
    assert near(right_counts.draws.bincount() / 20_000, [1 / 5, 1 / 5, 3 / 5], 0.01)


def test_positive_logits_are_weights():
    """Positive logits given to multinomial count as weights, and the shares differ from the softmax."""
    torch.manual_seed(0)
    share = torch.multinomial(torch.tensor([1.0, 3.0]), 10_000, replacement=True).bincount() / 10_000
    assert near(share, [0.25, 0.75]) and not near(share, softmax([1.0, 3.0]), 0.1)


def test_too_many_without_replacement(raises):
    """Without replacement, k above the number of non-zero weights returns indices of weight 0; k above all raises."""
    weights = torch.tensor([0.0, 2.0, 0.0, 1.0])
    assert sorted(torch.multinomial(weights, 4).tolist()) == [0, 1, 2, 3]
    for _ in range(20):
        assert sorted(torch.multinomial(weights, 2).tolist()) == [1, 3]
    assert set(torch.multinomial(weights, 50, replacement=True).tolist()) <= {1, 3}
    with raises(RuntimeError, "cannot sample n_sample > prob_dist.size(-1) samples without replacement"):
        torch.multinomial(weights, 5)


def test_numpy_replaces():
    """np.random.choice draws with replacement by default."""
    import numpy as np

    assert len(set(np.random.default_rng(0).choice(3, 10).tolist())) < 10
    np.random.seed(0)
    assert len(np.random.choice(3, 10)) == 10


def test_the_message_after_a_softmax(raises):
    """After a softmax the message comes from NaN, +inf, a row of -inf, or temperature 0, not from one -inf."""
    inf, logits = math.inf, torch.tensor([1.0, 2.0])
    causes = [[math.nan, 1.0], [inf, 1.0], [-inf, -inf], (logits / 0).tolist()]
    causes.append(torch.tensor([1.0, 70_000.0]).half().float().tolist())  # float16 overflow
    for row in causes:
        with raises(RuntimeError, "probability tensor contains either `inf`, `nan` or element < 0"):
            torch.multinomial(torch.tensor(row).softmax(dim=0), 1)
    assert torch.multinomial(torch.tensor([-inf, 1.0]).softmax(dim=0), 1).tolist() == [1]


def test_the_first_argument_is_probs():
    """Categorical(x) divides x by its sum, and Categorical(logits=x) applies a softmax."""
    x = torch.tensor([1.0, 3.0])
    assert Categorical(x).probs.tolist() == [0.25, 0.75]
    assert near(Categorical(logits=x).probs, softmax([1.0, 3.0]), 1e-6)
    torch.testing.assert_close(Categorical(logits=x).probs, F.softmax(x, dim=0))


def test_messages_with_replacement(raises):
    """With replacement, a negative or NaN weight and an infinite one have messages of their own."""
    for weights, text in [([-1.0, 2.0], "< 0"), ([math.nan, 2.0], "< 0"), ([math.inf, 2.0], "= infinity or NaN")]:
        with raises(RuntimeError, f"invalid multinomial distribution (encountering probability entry {text})"):
            torch.multinomial(torch.tensor(weights), 2, replacement=True)


def test_all_weights_zero(raises):
    """A row whose weights are all 0 raises."""
    with raises(RuntimeError, "invalid multinomial distribution (sum of probabilities <= 0)"):
        torch.multinomial(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), 1)


def test_log_prob_takes_values_of_the_support(raises):
    """Categorical.log_prob takes the indices 0 to C - 1, and Beta.log_prob numbers from 0 to 1; NaN raises, also for Normal."""
    categorical = torch.distributions.Categorical(probs=torch.tensor([0.25, 0.5, 0.25]))
    assert categorical.log_prob(torch.tensor([0, 2])).exp().tolist() == [0.25, 0.25]
    beta = torch.distributions.Beta(torch.tensor([2.0]), torch.tensor([1.0]))
    assert torch.allclose(beta.log_prob(torch.tensor([0.75])).exp(), torch.tensor([1.5]))
    for distribution, value in [(categorical, 3), (categorical, -1), (beta, 1.5), (beta, -0.5)]:
        with raises(ValueError, "within the support"):
            distribution.log_prob(torch.tensor([value]))
    with raises(ValueError, "within the support (Real())"):
        torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(math.nan))


def test_multinomial_takes_two_dims(raises):
    """multinomial takes weights of one or two dims; of (B, T, V), take the last position or flatten the first dims."""
    probs = torch.ones(2, 5, 3)
    for wrong in probs, torch.tensor([0.5]).squeeze():
        with raises(RuntimeError, "prob_dist must be 1 or 2 dim"):
            torch.multinomial(wrong, 1)
    assert torch.multinomial(probs[:, -1], 1).shape == (2, 1)
    assert torch.multinomial(probs.flatten(0, 1), 1).view(2, 5).shape == (2, 5)


def test_bernoulli_takes_probabilities(raises):
    """bernoulli raises for NaN and for numbers outside of [0, 1], such as logits; after sigmoid it works."""
    logits = torch.tensor([-30.0, 30.0])
    for wrong in logits, torch.tensor([math.nan]):
        with raises(RuntimeError, "Expected p_in >= 0 && p_in <= 1 to be true"):
            torch.bernoulli(wrong)
    assert torch.bernoulli(logits.sigmoid()).tolist() == [0, 1]
