"""Proofs of gan."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

bce = F.binary_cross_entropy_with_logits


def given():
    torch.manual_seed(0)
    G, D = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    opt_g, opt_d = (torch.optim.SGD(m.parameters(), lr=0.5) for m in (G, D))
    real = torch.randn(5, 3) + 2
    return {"torch": torch, "F": F, "G": G, "D": D, "opt_g": opt_g, "opt_d": opt_d, "real": real, "Z": 2}


def test_answer(answer):
    """D steps by the gradient of BCE against 1 and 0, then G by that of the new D against 1."""
    old = given()
    G, D, ones = old["G"], old["D"], torch.ones(5, 1)
    noise = torch.linalg.lstsq(G.weight, (answer.fake - G.bias).T).solution.T.detach()  # G is linear
    fake = G(noise)
    torch.testing.assert_close(fake, answer.fake)
    loss_d = bce(D(old["real"]), ones) + bce(D(fake), 0 * ones)
    grads = torch.autograd.grad(loss_d, list(D.parameters()), retain_graph=True)
    with torch.no_grad():
        for p, g in zip(D.parameters(), grads, strict=True):
            p -= 0.5 * g
    loss_g = bce(D(G(noise)), ones)
    grads = torch.autograd.grad(loss_g, list(G.parameters()))
    with torch.no_grad():
        for p, g in zip(G.parameters(), grads, strict=True):
            p -= 0.5 * g
    torch.testing.assert_close((answer.loss_d, answer.loss_g), (loss_d, loss_g))
    for name in ("G", "D"):
        for p, q in zip(getattr(answer, name).parameters(), old[name].parameters(), strict=True):
            torch.testing.assert_close(p, q)


def test_default(default):
    """The generator learns the mean of the real samples, but not yet their standard deviation of 1."""
    torch.manual_seed(1)
    fake = default.G(torch.randn(1000, 2))
    assert abs(fake.mean() - 4) < 0.7 and fake.std() < 0.5
    group = default.opt_d.param_groups[0]
    assert group["betas"] == default.opt_g.param_groups[0]["betas"] == (0.5, 0.999)
    assert default.D[1].negative_slope == 0.2


def test_dcgan(dcgan):
    """Transposed convolutions with kernel 4, stride 2, padding 1 double the size, convolutions halve it."""
    x = torch.zeros(2, 100)
    sizes = []
    for layer in dcgan.G:
        x = layer(x)
        sizes += [x.shape[-1]] if isinstance(layer, nn.ConvTranspose2d) else []
    assert sizes == [4, 8, 16] and x.shape == (2, 3, 16, 16) and x.abs().max() <= 1
    for layer in dcgan.D:
        x = layer(x)
        sizes += [x.shape[-1]] if isinstance(layer, nn.Conv2d) else []
    assert sizes[3:] == [8, 4, 1] and x.shape == (2, 1, 1, 1)
    assert [m.negative_slope for m in dcgan.D if isinstance(m, nn.LeakyReLU)] == [0.2, 0.2]
    assert [m.num_features for m in [*dcgan.G, *dcgan.D] if isinstance(m, nn.BatchNorm2d)] == [64, 32, 64]


def test_hinge(hinge):
    """The hinge loss is max(0, 1 - D(real)) + max(0, 1 + D(fake)); spectral norm keeps the largest singular value near 1."""
    hinge.D.eval()
    r, f = hinge.D(hinge.real).flatten().tolist(), hinge.D(hinge.fake).flatten().tolist()
    expected = sum(max(0, 1 - v) for v in r) / 5 + sum(max(0, 1 + v) for v in f) / 5
    assert abs(hinge.loss_d.item() - expected) < 0.05
    assert abs(hinge.loss_g.item() + sum(f) / 5) < 0.05
    with torch.no_grad():
        for _ in range(20):
            hinge.D.train()(hinge.real)
        assert abs(torch.linalg.matrix_norm(hinge.D[0].weight, 2) - 1) < 0.01


def test_conditional(conditional):
    """An embedding of the class is concatenated to the noise, and to the sample that D sees."""
    torch.manual_seed(0)
    x = torch.randn(2, 4)
    a, b = (conditional.G(x, torch.tensor([k, k])) for k in (0, 2))
    table, w = conditional.G.embed.weight, conditional.G.net.weight
    torch.testing.assert_close(b - a, ((table[2] - table[0]) @ w[:, 4:].T).expand(2, 6))
    assert table.shape == (3, 8) and conditional.D.embed.weight.shape == (3, 8)


def test_softplus_is_bce():
    """softplus(-s) is binary cross-entropy with logits against 1, softplus(s) against 0."""
    s = torch.tensor([-7.0, -0.5, 0.0, 3.0])
    torch.testing.assert_close(F.softplus(-s), bce(s, torch.ones(4), reduction="none"))
    torch.testing.assert_close(F.softplus(s), bce(s, torch.zeros(4), reduction="none"))


def test_saturating_loss():
    """At a logit of -10, the gradient of log(1 - D) is about 5e-5, that of -log D about 1."""
    s = torch.tensor(-10.0, requires_grad=True)
    (saturating,) = torch.autograd.grad(-F.softplus(s), s)  # log(1 - sigmoid(s))
    (used,) = torch.autograd.grad(F.softplus(-s), s)
    assert abs(saturating) < 5e-5 and abs(used) > 0.9999


def test_equilibrium():
    """If D answers 0 to everything, loss_d is 2 ln 2 = 1.386 and loss_g is ln 2 = 0.693."""
    s = torch.zeros(4)
    loss_d = F.softplus(-s).mean() + F.softplus(s).mean()
    assert abs(loss_d - 1.386) < 1e-3 and abs(F.softplus(-s).mean() - 0.693) < 1e-3
    assert abs(2 * math.log(2) - 1.386) < 1e-3


def test_sigmoid_twice():
    """With a Sigmoid before softplus, loss_d cannot go below softplus(-1) + softplus(0) = 1.006."""
    perfect_real, perfect_fake = torch.tensor(100.0).sigmoid(), torch.tensor(-100.0).sigmoid()
    best = F.softplus(-perfect_real) + F.softplus(perfect_fake)
    assert abs(best - 1.006) < 1e-3


def test_old_logits_raise(raises):
    """After a step of plain SGD, backward() through older logits of D raises; fake may still be used."""
    use = given()
    fake = use["G"](torch.randn(5, 2))
    old = use["D"](fake)
    F.softplus(use["D"](fake.detach())).mean().backward()
    use["opt_d"].step()
    with raises(RuntimeError, "modified by an inplace operation"):
        F.softplus(-old).mean().backward()
    fake = use["G"](torch.randn(5, 2))
    F.softplus(use["D"](fake.detach())).mean().backward()
    use["opt_d"].step()
    use["opt_g"].zero_grad()
    F.softplus(-use["D"](fake)).mean().backward()
    assert use["G"].weight.grad.abs().sum() > 0


def gradient_of_g(G, D, noise):
    (grad,) = torch.autograd.grad(F.softplus(-D(G(noise))).mean(), G.weight)
    return grad


def test_old_logits_may_pass_unnoticed():
    """Under autocast, backward() through logits from before the step of D raises nothing and gives another gradient
    than the new D."""
    use = given()
    G, D, noise = use["G"], use["D"], torch.randn(5, 2)
    with torch.autocast("cpu", torch.bfloat16):
        old = D(G(noise))
        loss_d = F.softplus(D(G(noise).detach())).mean()
    loss_d.backward()
    use["opt_d"].step()
    F.softplus(-old.float()).mean().backward()
    assert (G.weight.grad - gradient_of_g(G, D, noise)).norm() > 0.2 * G.weight.grad.norm()


def test_old_logits_and_a_fused_optimizer():
    """After the step of a fused optimizer, backward() through older logits raises nothing, and its gradient is neither
    that of the old D nor that of the new one."""
    use = given()
    G, D, noise = use["G"], use["D"], torch.randn(5, 2)
    opt_d = torch.optim.SGD(D.parameters(), lr=2.0, fused=True)
    before, old = gradient_of_g(G, D, noise), D(G(noise))
    F.softplus(D(G(noise).detach())).mean().backward()
    opt_d.step()
    F.softplus(-old).mean().backward()
    for right in before, gradient_of_g(G, D, noise):
        assert (G.weight.grad - right).norm() > 0.1 * right.norm()


def test_g_step_fills_the_gradients_of_d():
    """The step of G leaves gradients in D, and zero_grad() removes them."""
    use = given()
    F.softplus(-use["D"](use["G"](torch.randn(5, 2)))).mean().backward()
    assert all(p.grad is not None for p in use["D"].parameters())
    use["opt_d"].zero_grad()
    assert all(p.grad is None for p in use["D"].parameters())


def test_tanh_reaches_below_zero():
    """Tanh returns values from -1 to 1; images from [0, 1] become such with 2 * x - 1."""
    assert torch.tanh(torch.tensor([-9.0, 9.0])).round().tolist() == [-1, 1]
    assert (2 * torch.tensor([0.0, 0.5, 1.0]) - 1).tolist() == [-1, 0, 1]


def test_back_to_train():
    """In eval mode BatchNorm normalizes with the running statistics and does not update them."""
    torch.manual_seed(0)
    norm, x = nn.BatchNorm1d(3), torch.randn(6, 3) + 5
    norm.eval()
    before = copy.deepcopy(norm.running_mean)
    assert norm(x).mean() > 3 and torch.equal(before, norm.running_mean)
    norm.train()
    assert abs(norm(x).mean()) < 1e-5 and not torch.equal(before, norm.running_mean)
