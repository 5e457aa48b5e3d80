"""Proofs of freeze-batchnorm."""

import torch
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Sequential(nn.Flatten(), nn.LazyBatchNorm1d())
    )
    model(torch.randn(2, 3, 5, 6))  # makes the lazy layer
    return {"nn": nn, "model": model.eval()}


def test_answer(answer):
    """After model.train(), the function puts the BatchNorm layers at any depth into eval() and freezes weight and bias."""
    conv, norm, dropout, (flatten, last) = answer.model
    assert [m.training for m in (conv, norm, dropout, flatten, last)] == [True, False, True, True, False]
    assert [name for name, p in answer.model.named_parameters() if p.requires_grad] == ["0.weight", "0.bias"]
    before = {name: v.clone() for name, v in answer.model.state_dict().items()}
    answer.model(torch.randn(2, 3, 5, 6))
    assert all(torch.equal(v, before[name]) for name, v in answer.model.state_dict().items())


def test_default(default):
    """Statistics, weight, and bias of BatchNorm stay the same, while the layers before and after it train."""
    moved = {name for name, v in default.model.state_dict().items() if not torch.equal(v, default.before[name])}
    assert moved == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert default.loss < 0.5 and default.epoch == 2 and default.optimizer.defaults["lr"] == 0.1
    assert default.model[1].num_features == default.model[2].in_features == 4
    assert default.model[0].weight.shape == (4, 3) and default.model(torch.randn(5, 3)).shape == (5, 2)


def test_gradients_flow_through():
    """Gradients flow through a frozen BatchNorm to the layers before it."""
    torch.manual_seed(0)
    first, norm = nn.Linear(3, 4), nn.BatchNorm1d(4).eval().requires_grad_(False)
    norm(first(torch.randn(5, 3))).square().sum().backward()
    assert first.weight.grad.abs().min() > 0 and norm.weight.grad is None


def test_a_batch_of_one(raises):
    """A frozen BatchNorm takes a batch of one, which raises in train()."""
    norm = nn.BatchNorm1d(4)
    with raises(ValueError, "Expected more than 1 value per channel when training"):
        norm(torch.ones(1, 4))
    assert norm.eval()(torch.ones(1, 4)).shape == (1, 4)


def test_noise_and_dozens_of_steps():
    """The mean of 2 samples is 4 times as noisy as that of 32, and after 44 steps 1 % of the old running mean is left."""
    torch.manual_seed(0)
    assert 3.6 < torch.randn(4000, 2).mean(1).std() / torch.randn(4000, 32).mean(1).std() < 4.4
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(1.0)
    for _ in range(44):
        norm(torch.tensor([[-1.0], [1.0]]))
    assert 0.009 < norm.running_mean.item() < 0.01


def test_train_leaves_requires_grad_alone():
    """model.train() puts every submodule into training mode and leaves requires_grad alone."""
    model = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)), nn.Dropout())
    model[0][0].eval().requires_grad_(False)
    model.train()
    assert all(m.training for m in model.modules())
    assert not any(p.requires_grad for p in model.parameters())


def test_the_base_class():
    """_BatchNorm is the base of BatchNorm1d, 2d, 3d, and SyncBatchNorm, but not of GroupNorm, LayerNorm, or InstanceNorm2d."""
    base = nn.modules.batchnorm._BatchNorm
    for kind in nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm:
        assert issubclass(kind, base)
    for kind in nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d:
        assert not issubclass(kind, base)


def test_frozen_batchnorm_of_torchvision():
    """torchvision's FrozenBatchNorm2d has buffers and no parameters, and train() does not change its statistics."""
    from torchvision.ops import FrozenBatchNorm2d

    norm = FrozenBatchNorm2d(3).train()
    assert not list(norm.parameters()) and not isinstance(norm, nn.modules.batchnorm._BatchNorm)
    norm(torch.full((2, 3, 5, 4), 7.0))
    assert set(norm.state_dict()) == {"weight", "bias", "running_mean", "running_var"}
    assert norm.running_mean.tolist() == [0, 0, 0] and norm.running_var.tolist() == [1, 1, 1]


def test_fixed_statistics_with_a_trained_weight():
    """With eval() alone, weight and bias get gradients and the statistics stay."""
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(2).eval()
    norm(torch.randn(5, 2)).square().sum().backward()
    assert norm.weight.grad.abs().min() > 0 and norm.bias.grad.abs().min() > 0
    assert norm.running_mean.tolist() == [0, 0] and norm.running_var.tolist() == [1, 1]


def test_override(override):
    """An overridden train() keeps BatchNorm in eval() after train(), eval(), and train() of a parent."""
    model = override.model
    assert isinstance(model.eval(), override.Net) and not model.drop.training and not model.norm.training
    parent = nn.Sequential(override.Net(), nn.Linear(2, 2)).train()
    assert parent[0].drop.training and parent[1].training and not parent[0].norm.training
    assert not parent[0].train(True).norm.training and parent[0].training
    assert not any(p.requires_grad for p in model.parameters()) and model.norm.num_features == 3
    y = parent[0](torch.ones(2, 3, 5, 4))
    torch.testing.assert_close(y.unique(), torch.tensor([0.0, 2.0]), atol=1e-4, rtol=0)  # of drop at 0.5
    assert parent[0].norm.num_batches_tracked == 0


def test_wrong(wrong):
    """model.train() undoes eval() of a layer: two steps at 5 move its running mean from 0 to 0.95."""
    assert abs(wrong.model[1].running_mean[3].item() - (0.9 * 0.5 + 0.1 * 5)) < 1e-6
    assert wrong.model[1].training and wrong.x.shape == (3, 2, 2) and wrong.epoch == 1
    assert not wrong.model[1].weight.requires_grad


def test_right(right):
    """eval() after each model.train() keeps the running mean."""
    assert right.model[1].running_mean.tolist() == [0] * 4 and right.model[1].num_batches_tracked == 0
    assert right.model[0].training and not right.model[1].training and right.epoch == 1
    assert not right.model[1].weight.requires_grad and right.x.tolist() == [[[5.0] * 2] * 2] * 3


def test_each_switch_freezes_half():
    """requires_grad_(False) leaves the statistics moving, under no_grad() too; eval() leaves weight and bias training."""
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    norm = nn.BatchNorm1d(2).requires_grad_(False)
    norm(x)
    with torch.no_grad():
        norm(x)
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.38, 0.76]))
    norm = nn.BatchNorm1d(2).eval()
    optimizer = torch.optim.SGD(norm.parameters(), lr=0.1)
    norm(x).square().sum().backward()
    optimizer.step()
    assert (norm.weight != 1).all() and (norm.bias != 0).all()


def test_a_new_layer_does_not_normalize():
    """A new BatchNorm in eval() returns its input, up to eps; one with loaded statistics normalizes."""
    torch.manual_seed(0)
    x = 5 + 2 * torch.randn(64, 3)
    norm = nn.BatchNorm1d(3).eval()
    torch.testing.assert_close(norm(x), x, rtol=1e-5, atol=1e-5)
    norm.load_state_dict(norm.state_dict() | {"running_mean": x.mean(0), "running_var": x.var(0)})
    assert norm(x).mean().abs() < 1e-5 and abs(norm(x).std() - 1) < 0.02


def test_zero_gradients_still_move_the_weights():
    """After freezing, set_to_none=False lets momentum or weight decay move the weight; set_to_none=True does not."""
    for make in (
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.1),
    ):
        for to_none in False, True:
            torch.manual_seed(0)
            norm = nn.BatchNorm1d(2)
            optimizer = make(norm.parameters())
            (norm(torch.randn(5, 2)) * torch.randn(5, 2)).sum().backward()
            optimizer.step()
            norm.eval().requires_grad_(False)
            before = norm.weight.clone()
            optimizer.zero_grad(set_to_none=to_none)
            optimizer.step()
            assert torch.equal(norm.weight, before) == to_none


def test_freeze_before_ddp(in_ranks):
    """A BatchNorm frozen after DDP was built makes the second forward pass raise; frozen before, it does not."""

    def work(rank, early):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        if early:
            model[1].eval().requires_grad_(False)
        ddp = nn.parallel.DistributedDataParallel(model)
        for step in range(3):
            ddp.train()
            model[1].eval().requires_grad_(False)
            try:
                out = ddp(torch.randn(5, 3))
            except RuntimeError as error:
                return step, str(error)
            out.square().mean().backward()
        return "done"

    for step, message in in_ranks(lambda rank: work(rank, early=False)):
        assert step == 1 and "Expected to have finished reduction in the prior iteration" in message
    assert in_ranks(lambda rank: work(rank, early=True)) == ["done", "done"]
