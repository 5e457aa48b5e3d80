"""Proofs of ewma."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn, update_bn


def given():
    model = nn.Linear(3, 2)
    steps = iter((1.0, 2.0, 4.0))

    class Stepper(torch.optim.SGD):
        def step(self):
            nn.init.constant_(model.weight, next(steps))

    loader, optimizer = [(torch.ones(4, 3), torch.ones(4, 2))] * 3, Stepper(model.parameters())
    return {"torch": torch, "model": model, "loader": loader, "criterion": nn.MSELoss(), "optimizer": optimizer}


def followed(values, **options):
    """The average of a weight that takes these values."""
    model = nn.Linear(1, 1)
    averaged = AveragedModel(model, **options)
    for value in values:
        nn.init.constant_(model.weight, value)
        averaged.update_parameters(model)
    return averaged.module.weight.item()


def test_answer(answer):
    """The first update copies the weights, each later one keeps 0.999 of the average, and model loads the result."""
    expected = 0.999 * (0.999 * 1 + 0.001 * 2) + 0.001 * 4
    torch.testing.assert_close(answer.ema.module.weight.detach(), torch.full((2, 3), expected))
    assert not answer.ema.training and answer.ema.n_averaged == 3
    answer.model.load_state_dict(answer.ema.module.state_dict())
    assert torch.equal(answer.model.weight, answer.ema.module.weight)


def test_default(default):
    """While the weights of SGD jump about, the error of their average is smaller."""
    raw, mean = ((m.weight[0] - default.best).norm() for m in (default.model, default.ema.module))
    assert mean < raw
    assert default.ema.n_averaged == 201


def test_by_hand(by_hand):
    """t.lerp_(p, 1 - decay) keeps decay of t and takes the rest from p."""
    assert by_hand.teacher.weight.tolist() == [[3 - 2 * 0.75**3] * 2]
    assert torch.equal(by_hand.teacher.bias, by_hand.model.bias)
    assert not by_hand.teacher.weight.requires_grad and by_hand.model.weight.requires_grad


def test_smooth(smooth):
    """The value of i steps ago has weight (1 - beta) * beta**i, these add up to 1 - beta**t, and dividing by it corrects."""
    weights = [0.2 * 0.8**i for i in range(4)]  # newest first
    by_hand = sum(w * x for w, x in zip(weights, reversed(smooth.losses), strict=True))
    assert abs(smooth.v - by_hand) < 1e-9 and abs(sum(weights) - (1 - 0.8**4)) < 1e-9
    assert abs(smooth.smooth - by_hand / sum(weights)) < 1e-9


def test_swa(swa):
    """update_bn sets the statistics of BatchNorm to those of one pass with the averaged weights."""
    h = swa.swa.module[0](swa.loader.flatten(0, 1)).detach()
    torch.testing.assert_close(swa.swa.module[1].running_mean, h.mean(dim=0))
    assert swa.swa.module[0].weight.tolist() == [[2.5] * 3] * 2


def test_lerp_is_the_recursion():
    """torch.lerp(v, x, 1 - beta) is beta * v + (1 - beta) * x."""
    v, x = torch.tensor([1.0, -2.0]), torch.tensor([5.0, 6.0])
    torch.testing.assert_close(torch.lerp(v, x, 1 - 0.9), 0.9 * v + 0.1 * x)


def test_how_far_it_looks_back():
    """The last 1 / (1 - beta) values have 63 to 66 % of the weight, for beta 0.9 and 0.999."""
    for beta, n in ((0.9, 10), (0.999, 1000)):
        assert abs(n - 1 / (1 - beta)) < 1e-6 and 0.63 < 1 - beta**n < 0.66


def test_adam_divides_by_the_sum_of_the_weights():
    """Adam divides its averages by 1 - beta**t, so its first step has length lr for gradients of 0.01 and of 100."""
    for gradient in (0.01, 100.0):
        w = nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.Adam([w], lr=0.5)
        w.grad = torch.full((1,), gradient)
        optimizer.step()
        assert abs(w.item() + 0.5) < 1e-5
        assert abs(optimizer.state[w]["exp_avg"].item() / (0.1 * gradient) - 1) < 1e-5


def test_without_a_function_it_is_the_mean():
    """Without multi_avg_fn or avg_fn the average is the plain mean of all snapshots; with one, the first is copied."""
    values = [1.0, 2.0, 4.0, 9.0]
    assert followed(values) == sum(values) / 4
    assert followed(values[:1], multi_avg_fn=get_ema_multi_avg_fn(0.5)) == 1
    expected = 0.5**3 * 1 + 0.5**3 * 2 + 0.5**2 * 4 + 0.5 * 9
    assert followed(values, multi_avg_fn=get_ema_multi_avg_fn(0.5)) == expected
    assert followed(values, avg_fn=get_ema_avg_fn(0.5)) == expected


def test_the_first_snapshot_counts_for_long():
    """After t more updates the first snapshot counts decay**t, which is 74 % after 300 with 0.999, and 5 % with 0.99."""
    for decay, percent in ((0.999, 74), (0.99, 5)):
        share = followed([1.0] + [0.0] * 300, multi_avg_fn=get_ema_multi_avg_fn(decay))
        assert abs(share - decay**300) < 1e-4 and round(100 * share) == percent


def test_averaging_a_mask_gives_nan():
    """With use_buffers=True, multi_avg_fn turns a buffer of -inf into NaN; without it, the buffer is copied."""
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.full((2, 2), -torch.inf).triu(1))
    for use_buffers in True, False:
        ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=use_buffers)
        for _ in range(2):
            ema.update_parameters(model)
        assert ema.module.mask.isnan().any() == use_buffers


def test_batchnorm_statistics_are_copied():
    """AveragedModel copies the buffers of BatchNorm; with use_buffers=True it averages them; update_bn recomputes them."""
    norm = nn.BatchNorm1d(1)
    models = [AveragedModel(norm, use_buffers=flag) for flag in (False, True)]
    for value in (10.0, 20.0, 60.0):
        norm.running_mean.fill_(value)
        for model in models:
            model.update_parameters(norm)
    assert [model.module.running_mean.item() for model in models] == [60, 30]
    update_bn([torch.full((2, 1), 5.0), torch.full((2, 1), 7.0)], models[0])
    assert models[0].module.running_mean.item() == 6


def test_a_loop_over_parameters_leaves_buffers():
    """A loop over parameters() leaves the running statistics of the copy as they were."""
    model, teacher = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    model.running_mean.fill_(7.0)
    with torch.no_grad():
        for t, p in zip(teacher.parameters(), model.parameters(), strict=True):
            t.lerp_(p, 0.25)
        assert teacher.running_mean.item() == 0
        for t, b in zip(teacher.buffers(), model.buffers(), strict=True):
            t.copy_(b)
    assert teacher.running_mean.item() == 7


def test_update_bn_needs_the_device(raises):
    """update_bn leaves the batches where they are, unless device= is given."""
    seen = []

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(2)

        def forward(self, x):
            seen.append(x.device.type)
            return x

    for options in {}, {"device": "meta"}:
        update_bn([torch.ones(4, 2)], AveragedModel(Net()), **options)
    assert seen == ["cpu", "meta"]


def test_resuming(raises):
    """With n_averaged restored, the next update averages; with the weights alone, it overwrites them."""
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, 1.0)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    ema.update_parameters(model)
    nn.init.constant_(model.weight, 5.0)
    for whole, expected in ((True, 0.75 * 1 + 0.25 * 5), (False, 5)):
        again = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
        if whole:
            again.load_state_dict(ema.state_dict())
        else:
            again.module.load_state_dict(ema.module.state_dict())
        again.update_parameters(model)
        assert again.module.weight.item() == expected


def test_bfloat16_does_not_move(raises):
    """With a decay of 0.999 an average of 1 never nears values of 2 in bfloat16; in float32, with avg_fn, it does."""
    model = nn.Linear(1, 1, dtype=torch.bfloat16)
    options = {"multi_avg_fn": get_ema_multi_avg_fn(0.999)}, {"avg_fn": get_ema_avg_fn(0.999)}
    many, single = (AveragedModel(model, **option).float() for option in options)
    for ema in many, single:
        nn.init.constant_(model.weight, 1.0)
        ema.update_parameters(model)
    nn.init.constant_(model.weight, 2.0)
    with raises(RuntimeError, "dtype"):
        many.update_parameters(model)
    for _ in range(8000):
        single.update_parameters(model)
    assert single.module.weight.dtype == torch.float32 and abs(single.module.weight.item() - 2) < 0.002
    for dtype, low, high in ((torch.bfloat16, 1, 1), (torch.float32, 1.999, 2)):
        v, x = torch.ones(1, dtype=dtype), torch.full((1,), 2.0, dtype=dtype)
        for _ in range(8000):
            v.lerp_(x, 1 - 0.999)
        assert low <= v.item() <= high


def test_the_copy_is_made_when_it_is_built():
    """AveragedModel copies the model when it is built, so later moves of the model do not move the average."""
    model = nn.Linear(2, 1)
    ema = AveragedModel(model)
    model.to("meta")
    assert ema.module.weight.device.type == "cpu"
    assert AveragedModel(model).module.weight.device.type == "meta"


def test_names_in_the_state_dict():
    """In the state_dict of AveragedModel each name starts with module., besides n_averaged; that of ema.module fits."""
    model = nn.Linear(2, 1)
    ema = AveragedModel(model)
    assert list(ema.state_dict()) == ["n_averaged", "module.weight", "module.bias"]
    assert list(ema.module.state_dict()) == list(model.state_dict())


def test_a_plain_mean_of_a_bool_mask_raises(raises):
    """With use_buffers=True, the plain mean of a bool buffer raises; without it, the buffer is copied."""
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.tensor([True, False]))
    for use_buffers in False, True:
        averaged = AveragedModel(model, use_buffers=use_buffers)
        averaged.update_parameters(model)
        if use_buffers:
            with raises(RuntimeError, "with two bool tensors is not supported"):
                averaged.update_parameters(model)
        else:
            averaged.update_parameters(model)
            assert averaged.module.mask.tolist() == [True, False]


def test_averaging_integers_changes_them():
    """With use_buffers=True, an average can round integer buffers down, so that position ids drift; else they are copied."""
    for use_buffers, expected in ((True, [0, 1, 2, 2]), (False, [0, 1, 2, 3])):
        model = nn.Linear(2, 2)
        model.register_buffer("position_ids", torch.arange(4))
        ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=use_buffers)
        for _ in range(3):
            ema.update_parameters(model)
        assert ema.module.position_ids.tolist() == expected
