"""Proofs of weight-init."""

import math
import warnings

import torch
from torch import nn
from torch.nn.utils import prune


def given():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 80, 5), nn.BatchNorm2d(80), nn.Flatten(), nn.Linear(320, 90, bias=False)
    return {"nn": nn, "model": nn.Sequential(*layers)}


def test_answer(answer):
    """Kaiming draws weights with a standard deviation of sqrt(2 / fan_in), and zeros_ clears the biases."""
    conv, norm, _, linear = answer.model
    assert abs(conv.weight.std() / math.sqrt(2 / (3 * 5 * 5)) - 1) < 0.03
    assert abs(linear.weight.std() / math.sqrt(2 / 320) - 1) < 0.03
    assert conv.weight.abs().max() > 2.5 * conv.weight.std()  # normal, not uniform
    assert not conv.bias.any() and norm.weight.eq(1).all()


def test_default(default):
    """The fan_in of a convolution is its input channels times the size of the kernel."""
    conv, linear = default.model[0], default.model[4]
    assert abs(conv.weight.std() / math.sqrt(2 / conv.weight[0].numel()) - 1) < 0.05
    assert abs(linear.weight.std() / math.sqrt(2 / linear.in_features) - 1) < 0.05
    assert conv.bias is None and not linear.bias.any() and default.model[1].weight.eq(1).all()
    assert default.model(torch.zeros(2, 3, 4, 4)).shape == (2, 10)


def test_defaults(defaults):
    """By default, weights and biases of Linear and Conv2d are uniform within 1 / sqrt(fan_in)."""
    assert defaults.linear.weight.shape == (400, 50) and defaults.conv.weight.shape == (90, 8, 3, 3)
    torch.manual_seed(0)
    for layer, fan_in in [(nn.Linear(50, 900), 50), (nn.Conv2d(8, 900, 3), 8 * 3 * 3)]:
        bound = fan_in**-0.5
        for p in (layer.weight, layer.bias):
            assert 0.99 * bound < p.abs().max() <= bound
            assert abs(p.std() / (bound / math.sqrt(3)) - 1) < 0.05 and abs(p.mean()) < 0.05 * bound
    assert abs(nn.Embedding(1000, 50).weight.std() - 1) < 0.01


def test_xavier():
    """Xavier's standard deviation is gain * sqrt(2 / (fan_in + fan_out))."""
    torch.manual_seed(0)
    for gain in (1.0, 5 / 3):
        w = nn.init.xavier_normal_(torch.empty(300, 500), gain=gain)
        assert abs(w.std() / (gain * math.sqrt(2 / 800)) - 1) < 0.01


def test_uniform_variants():
    """The uniform variants have the same standard deviation, and a bound sqrt(3) times as large."""
    torch.manual_seed(0)
    xavier = nn.init.xavier_uniform_(torch.empty(300, 500))
    kaiming = nn.init.kaiming_uniform_(torch.empty(300, 500), nonlinearity="relu")
    for w, std in [(xavier, math.sqrt(2 / 800)), (kaiming, math.sqrt(2 / 500))]:
        assert abs(w.std() / std - 1) < 0.01
        assert 0.999 * std * math.sqrt(3) < w.abs().max() <= std * math.sqrt(3)


def test_relu_halves():
    """ReLU keeps half of the mean square, which is why Kaiming has a 2, and GELU keeps 0.43 of it, SiLU 0.36."""
    torch.manual_seed(0)
    z = torch.randn(300_000)
    assert abs(z.relu().square().mean() - 0.5) < 0.005
    assert abs(nn.functional.gelu(z).square().mean() - 0.43) < 0.01
    silu = nn.functional.silu(torch.randn(1_000_000, dtype=torch.float64))
    assert 0.35 < silu.square().mean() < 0.36


def test_the_gain_of_relu_for_others():
    """The gain of ReLU is 8% too small for GELU and 16% too small for SiLU."""
    z = torch.linspace(-8, 8, 20001, dtype=torch.float64)
    density = (-z.square() / 2).exp()
    for f, percent in (nn.functional.gelu, 8), (nn.functional.silu, 16):
        mean_square = (f(z).square() * density).sum() / density.sum()
        assert round(100 * (1 - nn.init.calculate_gain("relu") * mean_square.sqrt().item())) == percent


def test_modes():
    """fan_in keeps the size of the activations, and fan_out that of the gradients."""
    kept = {}
    for mode in ("fan_in", "fan_out"):
        torch.manual_seed(0)
        x = torch.randn(200, 300, requires_grad=True)
        w = nn.init.kaiming_normal_(torch.empty(900, 300), mode=mode, nonlinearity="relu")
        out = torch.relu(x @ w.T)
        gradient = torch.randn(200, 900)
        out.backward(gradient)
        forward = out.square().mean() / x.square().mean()
        backward = x.grad.square().mean() / gradient.square().mean()
        kept[mode] = round(forward.item(), 1), round(backward.item(), 1)
    assert kept == {"fan_in": (1.0, 3.0), "fan_out": (0.3, 1.0)}


def test_gain():
    """calculate_gain is 5/3 for tanh and sqrt(2) for ReLU, and raises for what it does not know."""
    assert nn.init.calculate_gain("tanh") == 5 / 3 and nn.init.calculate_gain("relu") == math.sqrt(2)
    known = ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    assert all(nn.init.calculate_gain(name) > 0 for name in known)


def test_unknown_gains(raises):
    """calculate_gain knows convolutions, also transposed ones, and neither gelu, silu, nor elu."""
    convolutions = [f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)]
    for name in ("linear", *convolutions, "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert nn.init.calculate_gain(name) > 0
    for name in ("gelu", "silu", "elu"):
        with raises(ValueError, f"Unsupported nonlinearity {name}"):
            nn.init.calculate_gain(name)


def test_gain_of_tanh():
    """Through 20 tanh layers, Xavier keeps more of the signal with the gain of tanh than without it."""
    left = {}
    for gain in (1, 5 / 3):
        torch.manual_seed(0)
        x = torch.randn(256, 128)
        for _ in range(20):
            x = torch.tanh(x @ nn.init.xavier_normal_(torch.empty(128, 128), gain=gain).T)
        left[gain] = x.square().mean().sqrt()
    assert left[1] < 0.2 and left[5 / 3] > 0.6


def test_depth(depth):
    """After 20 ReLU layers, the samples hardly differ with the default weights, and still do with Kaiming."""
    assert depth.default < 1e-7 and 1e-5 < depth.xavier < 1e-3 and 0.1 < depth.kaiming < 1
    assert abs(depth.kaiming / depth.xavier / 2**10 - 1) < 0.5  # Xavier halves the mean square in each layer


def test_plot(plot):
    """With Kaiming the inputs of ReLU keep their spread through 12 layers, with Xavier they shrink."""
    import matplotlib.pyplot as plt

    assert plt.imread("init.png").shape[:2] == (400, 1000)
    titles = [axis.get_title() for row in plot.rows for axis in row]
    assert titles == [f"{name}, layer {n}" for name in plot.inits for n in (3, 6, 9, 12)]
    assert plot.name == "xavier" and plot.z.std() < 0.05 and plot.depth == 12


def test_batchnorm_cancels_the_scale():
    """In training, a BatchNorm behind a layer cancels the scale of its weights; in eval mode it does not."""
    torch.manual_seed(0)
    layer, norm, x = nn.Linear(4, 6), nn.BatchNorm1d(6), torch.randn(50, 4)
    out = norm(layer(x))
    with torch.no_grad():
        layer.weight.mul_(8)
        layer.bias.mul_(8)
    torch.testing.assert_close(norm(layer(x)), out, rtol=0, atol=1e-3)
    norm = nn.BatchNorm1d(6).eval()
    assert norm(layer(x)).std() > 3 * out.std()


def test_zero_adds_nothing():
    """A residual branch whose last normalization has weight zero adds nothing."""
    torch.manual_seed(0)
    branch = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3))
    x = torch.randn(2, 3, 5, 5)
    assert not torch.equal(x + branch(x), x)
    nn.init.zeros_(branch[-1].weight)
    assert torch.equal(x + branch(x), x)


def test_apply_order():
    """model.apply visits children before parents, and the model itself last."""
    inner = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    model, seen = nn.Sequential(inner, nn.Tanh()), []
    model.apply(seen.append)
    assert seen == [inner[0], inner[1], inner, model[1], model]


def test_weight_norm_hides_the_weight(default):
    """After parametrizations.weight_norm, initializing module.weight changes nothing; before, it does."""
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))
    before = layer.weight.clone()
    layer.apply(default.init_weights)
    assert torch.equal(layer.weight, before)
    layer = nn.Linear(3, 4).apply(default.init_weights)
    before = layer.weight.clone()
    torch.testing.assert_close(nn.utils.parametrizations.weight_norm(layer).weight, before)


def test_older_weight_norm_and_pruning(default):
    """Under the older weight_norm and under pruning, the next call overwrites what an initialization wrote."""
    for wrap in nn.utils.weight_norm, lambda layer: prune.l1_unstructured(layer, "weight", amount=3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # weight_norm is deprecated
            layer = wrap(nn.Linear(3, 4))
        x = torch.ones(1, 3)
        before = layer(x) - layer.bias
        layer.apply(default.init_weights)
        torch.testing.assert_close(layer(x) - layer.bias, before)


def test_lazy_layers_need_a_forward(default, raises):
    """The weight of a lazy layer cannot be initialized before the first forward pass."""
    model = nn.Sequential(nn.LazyLinear(4))
    with raises(RuntimeError, "uninitialized parameter"):
        model.apply(default.init_weights)
    model(torch.zeros(2, 3))
    model.apply(default.init_weights)
    assert not model[0].bias.any()


def test_right(right, raises):
    """Xavier and Kaiming raise for a bias and for the weight of a normalization layer."""
    for init in (nn.init.xavier_uniform_, nn.init.kaiming_normal_):
        for p in (right.model[0].bias, right.model[1].weight):
            with raises(ValueError, "fewer than 2 dimensions"):
                init(p)
    assert 0.6 < right.model[0].weight.abs().max() <= math.sqrt(6 / 12)


def test_apply_overwrites_loaded_weights(default):
    """model.apply(init_weights) after load_state_dict overwrites the loaded weights."""
    model = nn.Sequential(nn.Linear(3, 4))
    loaded = {"0.weight": torch.full((4, 3), 7.0), "0.bias": torch.full((4,), 8.0)}
    model.load_state_dict(loaded)
    assert model[0].weight.eq(7).all()
    model.apply(default.init_weights)
    assert not model[0].weight.eq(7).any() and not model[0].bias.any()


def test_isinstance_misses_parameters(default):
    """Linear and Conv2d alone miss Conv1d, LSTM, in_proj_weight of attention, and parameters of your own."""

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.token = nn.Parameter(torch.empty(1, 4))

    model = nn.ModuleList([nn.LSTM(3, 4), nn.MultiheadAttention(4, 2), Own(), nn.Linear(4, 2), nn.Conv1d(2, 3, 5)])
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(9.0)
    model.apply(default.init_weights)
    missed = [name for name, p in model.named_parameters() if p.eq(9).all()]
    lstm = ["0.weight_ih_l0", "0.weight_hh_l0", "0.bias_ih_l0", "0.bias_hh_l0"]
    assert missed == [*lstm, "1.in_proj_weight", "1.in_proj_bias", "2.token", "4.weight", "4.bias"]


def test_class_names_match_too_much(raises):
    """Matching "Conv" in the class name also calls the function for a ConvBlock, which has no weight."""

    class ConvBlock(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

    def by_name(module):
        if "Conv" in type(module).__name__:
            nn.init.kaiming_normal_(module.weight)

    with raises(AttributeError, "'ConvBlock' object has no attribute 'weight'"):
        ConvBlock().apply(by_name)


def test_constant_weights_stay_equal():
    """With constant weights and biases, hidden units of an MLP stay equal; Dropout or random biases separate them."""
    torch.manual_seed(0)
    x, y = torch.randn(20, 3), torch.randn(20, 1)
    for constant, p in [("all", 0.0), ("all", 0.5), ("weight", 0.0), ("nothing", 0.0)]:
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(p), nn.Linear(4, 1))
        for name, parameter in model.named_parameters():
            if constant == "all" or name.endswith(constant):
                nn.init.constant_(parameter, 0.5)
        for _ in range(20):
            parameters = list(model.parameters())
            gradients = torch.autograd.grad((model(x) - y).square().mean(), parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.sub_(gradient, alpha=0.1)
        units = model[0].weight
        assert torch.allclose(units, units[:1].expand(4, 3)) == (constant == "all" and p == 0)
        assert not torch.allclose(units, torch.full((4, 3), 0.5))
