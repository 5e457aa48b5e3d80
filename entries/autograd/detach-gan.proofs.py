"""Proofs of detach-gan."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def nets():
    torch.manual_seed(2)
    G = nn.Linear(2, 3)
    D = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    return G, D, torch.randn(5, 2)


def given():
    G, D, noise = nets()
    return {
        "G": G,
        "D": D,
        "noise": noise,
        "real": torch.randn(5, 3) + 2,
        "ones": torch.ones(5, 1),
        "zeros": torch.zeros(5, 1),
        "criterion": bce,
        "opt_g": torch.optim.SGD(G.parameters(), lr=0.5),
        "opt_d": torch.optim.SGD(D.parameters(), lr=0.25),
    }


def test_answer(answer):
    """The discriminator step follows the gradient of loss_d in D alone, the generator step that of loss_g in G alone."""
    G, D, noise = nets()
    real = torch.randn(5, 3) + 2
    fake = G(noise)
    loss_d = bce(D(real), torch.ones(5, 1)) + bce(D(fake), torch.zeros(5, 1))
    steps = torch.autograd.grad(loss_d, [*D.parameters()])
    with torch.no_grad():
        for p, grad in zip(D.parameters(), steps, strict=True):
            p -= 0.25 * grad
    steps = torch.autograd.grad(bce(D(G(noise)), torch.ones(5, 1)), [*G.parameters()])
    with torch.no_grad():
        for p, grad in zip(G.parameters(), steps, strict=True):
            p -= 0.5 * grad
    for mine, theirs in ((G, answer.G), (D, answer.D)):
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(q, p)


def test_default(default):
    """The gradient of G is the chain rule through D, and the step lowers the loss of the generator."""
    with torch.no_grad():
        G, D, noise = default.G, default.D, default.noise
        before = nn.Linear(2, 3)
        for p, q in zip(before.parameters(), G.parameters(), strict=True):
            p.copy_(q + 0.5 * q.grad)  # undo the step
        hidden = torch.tanh(D[0](before(noise)))
        d_logit = (torch.sigmoid(D[2](hidden)) - 1) / 5  # dloss/dlogit
        by_hand = ((d_logit @ D[2].weight) * (1 - hidden**2) @ D[0].weight).T @ noise
    torch.testing.assert_close(G.weight.grad, by_hand)
    assert bce(D(G(noise)), default.ones) < default.loss_g


def test_frozen(frozen):
    """With D.requires_grad_(False), G gets the gradient of binary cross-entropy with target 1, and D gets none."""
    G, D = frozen.G, frozen.D
    grads = torch.autograd.grad(bce(D(G(frozen.noise)), torch.ones(5, 1)), [*G.parameters()])
    for p, grad in zip(G.parameters(), grads, strict=True):
        torch.testing.assert_close(p.grad, grad)
    assert D.weight.grad is None and all(p.requires_grad for p in D.parameters())


def test_right(right):
    """A detached fake can be used again, because backward() has not freed the graph of G."""
    with torch.no_grad():
        by_hand = (-right.D.weight * (1 - right.fake**2)).mean(dim=0)
    torch.testing.assert_close(right.G[0].bias.grad, by_hand)


def test_wrong_generator(wrong_generator):
    """With a detach in the generator step, backward() raises nothing, and G gets no gradient."""
    assert wrong_generator.G.bias.grad is None
    assert wrong_generator.D.bias.grad.tolist() == [-1]


def test_detach_skips_g():
    """After detach() no gradient reaches G; without it, the loss of the discriminator gives G one."""
    for detach in (True, False):
        G, D, noise = nets()
        fake = G(noise)
        bce(D(fake.detach() if detach else fake), torch.zeros(5, 1)).backward()
        assert (G.weight.grad is None) == detach and D[0].weight.grad is not None


def test_real_images_need_no_detach():
    """Data has no graph, so detach() changes nothing in the gradients for real images."""
    _, D, _ = nets()
    real = torch.randn(5, 3)
    assert real.grad_fn is None and not real.requires_grad
    one, two = (torch.autograd.grad(D(x).mean(), D[0].weight)[0] for x in (real, real.detach()))
    assert torch.equal(one, two)


def test_retain_graph_mixes_the_losses():
    """Without detach and with retain_graph=True, the gradient of G is the sum of those of both losses."""
    G, D, noise = nets()
    losses = [lambda: D(G(noise)).exp().mean(), lambda: -D(G(noise)).mean()]
    one, two = (torch.autograd.grad(loss(), G.weight)[0] for loss in losses)
    fake = G(noise)
    D(fake).exp().mean().backward(retain_graph=True)
    (-D(fake).mean()).backward()
    torch.testing.assert_close(G.weight.grad, one + two)


def test_the_generator_step_fills_d():
    """The backward pass of the generator's loss adds to the gradients of D, until zero_grad() clears them."""
    G, D, noise = nets()
    optimizer = torch.optim.SGD(D.parameters(), lr=0.1)
    bce(D(G(noise)), torch.ones(5, 1)).backward()
    assert D[0].weight.grad.abs().sum() > 0
    optimizer.zero_grad()
    assert D[0].weight.grad is None


def test_no_grad_cuts_the_path(raises):
    """Logits of D computed under no_grad() have no graph, so backward() raises."""
    G, D, noise = nets()
    fake = G(noise)
    with torch.no_grad():
        logits = D(fake)
    with raises(RuntimeError, "element 0 of tensors does not require grad"):
        bce(logits, torch.ones(5, 1)).backward()


def test_old_logits_raise(raises):
    """backward() through logits from before opt_d.step() raises; computed again, they work. With fused=True, the gradient is wrong instead."""
    G, D, noise = nets()
    optimizer = torch.optim.SGD(D.parameters(), lr=0.1)
    fake = G(noise)
    old = D(fake)
    bce(D(fake.detach()), torch.zeros(5, 1)).backward()
    optimizer.step()
    with raises(RuntimeError, "modified by an inplace operation"):
        bce(old, torch.ones(5, 1)).backward()
    fake = G(noise)
    bce(D(fake), torch.ones(5, 1)).backward()
    assert G.weight.grad is not None

    G, D, noise = nets()
    optimizer = torch.optim.SGD(D.parameters(), lr=0.1, fused=True)
    fake = G(noise)
    loss = bce(D(fake), torch.ones(5, 1))
    right, = torch.autograd.grad(loss, G.weight, retain_graph=True)
    bce(D(fake.detach()), torch.zeros(5, 1)).backward()
    optimizer.step()
    wrong, = torch.autograd.grad(loss, G.weight)
    assert (wrong - right).abs().max() > 1e-4


def test_batchnorm_of_a_frozen_d_moves():
    """requires_grad_(False) does not stop BatchNorm: in train() mode the running mean of D moves."""
    norm = nn.BatchNorm1d(3).requires_grad_(False)
    norm(torch.ones(4, 3))
    assert torch.allclose(norm.running_mean, torch.full((3,), 0.1))
