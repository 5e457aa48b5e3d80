"""Proofs of vae."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal


def bce(logits, x):
    """Summed binary cross-entropy in plain Python."""
    total = 0.0
    for s, t in zip(logits.flatten().tolist(), x.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-s))
        total -= t * math.log(p) + (1 - t) * math.log(1 - p)
    return total


def kl(mu, logvar):
    """The sum of log(1 / s) + (s² + m²) / 2 - 1/2, the textbook formula."""
    total = 0.0
    for m, v in zip(mu.flatten().tolist(), logvar.flatten().tolist(), strict=True):
        s = math.sqrt(math.exp(v))
        total += math.log(1 / s) + (s * s + m * m) / 2 - 0.5
    return total


def given():
    torch.manual_seed(0)
    x = torch.rand(4, 5)
    return {"torch": torch, "F": F, "encoder": nn.Linear(5, 6), "decoder": nn.Linear(3, 5), "x": x}


def test_answer(answer):
    """The loss per sample is the summed binary cross-entropy plus the KL to the standard normal."""
    mu, logvar = answer.encoder(answer.x)[:, :3], answer.encoder(answer.x)[:, 3:]
    assert torch.equal(answer.mu, mu) and torch.equal(answer.logvar, logvar)
    expected = (bce(answer.logits, answer.x) + kl(mu, logvar)) / 4
    torch.testing.assert_close(answer.loss.item(), expected, rtol=1e-4, atol=1e-4)
    noise = (answer.z - mu) / logvar.exp().sqrt()
    assert noise.abs().max() < 4 and len(noise.unique()) == 12
    answer.loss.backward()
    assert answer.encoder.weight.grad.abs().sum() > 0


def test_default(default):
    """A small VAE learns three patterns, with a KL well above 0."""
    n = len(default.x)
    expected = (bce(default.logits, default.x) + kl(default.mu, default.logvar)) / n
    torch.testing.assert_close(default.loss.item(), expected, rtol=1e-3, atol=1e-3)
    assert default.rec / n < 4 and default.kl / n > 1
    assert default.x.unique(dim=0).shape == (3, 12) and default.z.shape == (n, 2)


def test_generate(generate):
    """New samples come from the decoder of standard normal noise, restored ones from mu."""
    assert generate.new.shape == (5, 12)
    mu = generate.encoder(generate.x)[:, :2]
    torch.testing.assert_close(generate.restored, 1 / (1 + (-generate.decoder(mu)).exp()))
    assert len(generate.new.unique(dim=0)) == 5


def test_distributions(distributions):
    """kl_divergence of Normal(mu, std) and Normal(0, 1) is 0.5 (mu² + exp(logvar) - 1 - logvar)."""
    for i in range(4):
        expected = kl(distributions.mu[i], distributions.logvar[i])
        torch.testing.assert_close(distributions.kl[i].item(), expected, rtol=1e-4, atol=1e-4)


def test_autoencoder(autoencoder):
    """A plain autoencoder restores its input from a smaller code."""
    x = autoencoder.x
    code = autoencoder.model[:3](x)
    assert x.shape == (1, 1, 20, 12) and code.shape == (1, 4, 5, 3) and code.numel() < x.numel()
    assert autoencoder.model(x).shape == x.shape and autoencoder.loss < 0.01


def test_mean_lets_the_kl_win():
    """With the mean over 784 pixels the KL weighs 784 times more against the reconstruction."""
    torch.manual_seed(0)
    logits, x = torch.randn(3, 784), torch.rand(3, 784)
    total = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    mean = F.binary_cross_entropy_with_logits(logits, x)
    torch.testing.assert_close(total / mean, torch.tensor(784.0))


def test_sample_cuts_the_gradient():
    """sample() has no gradient, rsample() has one to the mean and the standard deviation."""
    mu, std = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    assert not Normal(mu, std).sample().requires_grad
    Normal(mu, std).rsample().sum().backward()
    assert mu.grad.tolist() == [1, 1, 1] and std.grad.abs().min() > 0


def test_half_of_logvar():
    """exp(0.5 * logvar) is the standard deviation, exp(logvar) the variance."""
    torch.manual_seed(0)
    logvar = torch.tensor(math.log(9.0))
    noise = torch.randn(100_000)
    assert abs((torch.exp(0.5 * logvar) * noise).std() - 3) < 0.05
    assert abs((torch.exp(logvar) * noise).std() - 9) < 0.1


def test_gray_values_have_a_floor():
    """For a target of 0.5 the binary cross-entropy of a perfect answer is ln 2; a target above 1 makes it negative."""
    zero = torch.zeros(1)
    floor = F.binary_cross_entropy_with_logits(zero, torch.tensor([0.5]))
    assert abs(floor.item() - math.log(2)) < 1e-6
    assert F.binary_cross_entropy_with_logits(torch.tensor([5.0]), torch.tensor([3.0])) < 0


def test_gaussian_reconstruction():
    """Half the squared error is -log of a Gaussian with variance 1, up to a constant."""
    torch.manual_seed(0)
    out, x = torch.randn(2, 3, 5)
    nll = -Normal(out, 1.0).log_prob(x).sum()
    half = 0.5 * F.mse_loss(out, x, reduction="sum")
    torch.testing.assert_close(nll - half, torch.tensor(15 * 0.5 * math.log(2 * math.pi)))


def test_negative_elbo():
    """For binary x, the summed binary cross-entropy plus the KL is minus the one-sample estimate of the ELBO."""
    torch.manual_seed(0)
    x, logits, mu, logvar = torch.randint(2, (3, 5)).float(), torch.randn(3, 5), torch.randn(3, 2), torch.randn(3, 2)
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    elbo = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum()
    elbo -= torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(rec + kl, -elbo)
