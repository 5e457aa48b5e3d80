"""Proofs of dtype-mismatch."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    return {
        "torch": torch,
        "features": np.array([[0.5, -1.0]]),
        "image": torch.tensor([[255, 51]], dtype=torch.uint8),
        "model": nn.Linear(2, 3).double(),
        "criterion": nn.CrossEntropyLoss(),
        "y": torch.tensor([1]),
    }


def test_answer(answer):
    """to(next(model.parameters()).dtype) gives the dtype of the model; autocast takes a float64 model and input as well."""
    assert answer.x.dtype == torch.float64 == answer.model.weight.dtype
    torch.testing.assert_close(answer.x, torch.tensor([[1.0, 0.2]]).double())
    assert answer.loss.shape == ()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert nn.Linear(2, 3)(torch.ones(1, 2)).dtype == torch.bfloat16


def test_default(default):
    """The floats of NumPy are float64, the weights of a layer float32."""
    assert default.x.tolist() == default.features.tolist() == [[0.5, -1], [2, 4], [1, 3]] and default.x.dtype == torch.float32
    assert torch.from_numpy(default.features).dtype == torch.float64


def test_right(right):
    """The values of float64 features survive in float32."""
    assert right.x.tolist() == right.features.tolist() == [[0.5, -1], [2, 4], [1, 3]] and right.x.dtype == torch.float32


def test_right_conv(right_conv):
    """A white uint8 image becomes 1.0."""
    assert right_conv.x.dtype == torch.float32 and right_conv.x.eq(1).all()
    assert right_conv.x.shape == (1, 3, 4, 5)


def test_right_autocast(right_autocast):
    """Under autocast, each linear layer returns bfloat16 and accepts it."""
    assert right_autocast.features.dtype == right_autocast.logits.dtype == torch.bfloat16
    assert right_autocast.logits.shape == (5, 2) and right_autocast.features.shape == (5, 3)
    assert right_autocast.encoder.weight.dtype == torch.float32


def test_right_put(right_put):
    """The converted values stand where the mask is true."""
    assert right_put.x.tolist() == [0.5, 0, 0.25] and right_put.x.dtype == torch.bfloat16


def test_arithmetic_promotes():
    """Arithmetic, cat, and where of float32 and float64 give float64."""
    a, b = torch.ones(2), torch.ones(2, dtype=torch.float64)
    for made in a + b, a - b, a * b, a / b, torch.cat([a, b]), torch.where(a > 0, a, b):
        assert made.dtype == torch.float64
    assert (torch.ones(2) + torch.ones(2, dtype=torch.int64)).dtype == torch.float32


def test_products_do_not_promote(raises):
    """Matrix products, linear layers, convolutions, and RNNs raise for float64, float16, bfloat16, and int64 input."""
    for dtype in torch.float64, torch.float16, torch.bfloat16, torch.int64:
        x, image, sequence = (torch.ones(*size, dtype=dtype) for size in ((2, 4), (2, 4, 3, 3), (2, 3, 4)))
        with raises(RuntimeError, "mat1 and mat2 must have the same dtype"):
            nn.Linear(4, 2)(x)
        with raises(RuntimeError, "expected m1 and m2 to have the same dtype"):
            x @ torch.ones(4, 2)
        with raises(RuntimeError, "expected m1 and m2 to have the same dtype"):
            nn.Linear(4, 2, bias=False)(x)
        with raises(RuntimeError, "Input type (…) and bias type (float) should be the same"):
            nn.Conv2d(4, 2, 1)(image)
        with raises(RuntimeError, "expected scalar type …but found Float"):
            torch.bmm(sequence, torch.ones(2, 4, 3))
        with raises(ValueError, "RNN input dtype (…) does not match weight dtype (torch.float32)" if torch.__version__ >= (2, 11) else "input must have the type torch.float32, got type"):
            nn.LSTM(4, 2)(sequence)


def test_normalization(raises):
    """On the CPU, BatchNorm, LayerNorm, and GroupNorm accept half precision with float32 weights, and reject float64 and int64."""
    layers = nn.BatchNorm2d(4), nn.LayerNorm((4, 3, 3)), nn.GroupNorm(2, 4)
    for layer in layers:
        for dtype in torch.float16, torch.bfloat16:
            assert layer(torch.ones(2, 4, 3, 3, dtype=dtype)).dtype == dtype
        with raises(RuntimeError, "mixed dtype (CPU): all inputs must share same datatype"):
            layer(torch.ones(2, 4, 3, 3, dtype=torch.float64))
        for dtype in torch.int64, torch.uint8:
            with raises(RuntimeError, ""):
                layer(torch.ones(2, 4, 3, 3, dtype=dtype))


def test_half_models_reject_float_input(raises):
    """A model after half() rejects float32 input."""
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype, but got Float and Half"):
        nn.Linear(4, 2).half()(torch.ones(1, 4))


def test_double_takes_twice_the_memory():
    """model.double() takes float64 input, at twice the memory."""
    layer = nn.Linear(4, 2)
    before = layer.weight.nbytes
    layer.double()
    assert layer(torch.ones(1, 4, dtype=torch.float64)).dtype == torch.float64
    assert layer.weight.nbytes == 2 * before


def test_labels_stay_integers(raises):
    """cross_entropy takes int64 class labels, uint8 ones in the shape (N,) but not (N, H, W), and rejects float and int32 ones."""
    logits = torch.zeros(2, 3)
    for dtype in torch.int64, torch.uint8:
        assert F.cross_entropy(logits, torch.tensor([0, 2], dtype=dtype)) > 0
    with raises(RuntimeError, "expected scalar type Long but found Byte"):
        F.cross_entropy(torch.zeros(2, 3, 4, 5), torch.zeros(2, 4, 5, dtype=torch.uint8))
    said = "expected target dtype to be Long or Byte, but got" if torch.__version__ >= (2, 12) else "expected scalar type Long but found"
    with raises(RuntimeError, f"{said} Int"):
        F.cross_entropy(logits, torch.tensor([0, 2], dtype=torch.int32))
    with raises(RuntimeError, f"{said} Float"):
        F.cross_entropy(logits, torch.tensor([0.0, 2.0]))


def test_a_double_target_is_promoted():
    """mse_loss with a float64 target computes in float64 without an error."""
    assert F.mse_loss(torch.zeros(2), torch.ones(2, dtype=torch.float64)).dtype == torch.float64


def test_other_messages(raises):
    """Attention, dot, index_add_, scatter_, mv, lerp, and binary_cross_entropy want one dtype as well."""
    x, d = torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)
    rows = torch.tensor([0])
    for call, text in (
        (lambda: F.scaled_dot_product_attention(x, d, d), "Expected query, key, and value to have the same dtype"),
        (lambda: x[0] @ d[0], "dot : expected both vectors to have same dtype, but found Float and Double"),
        (lambda: x.clone().index_add_(0, rows, d[:1]), "index_add_(): self (Float) and source (Double)"),
        (lambda: x.clone().scatter_(0, rows[None], d[:1]), "scatter(): Expected self.dtype to be equal to src.dtype"),
        (lambda: x @ d[0], "addmv input tensors must have the same dtype, but got" if torch.__version__ >= (2, 12) else "expected scalar type Float but found Double"),
        (lambda: torch.lerp(x, d, 0.5), "expected dtype float for `end` but got dtype double"),
        (lambda: F.binary_cross_entropy(x, d), "Found dtype Double but expected Float"),
    ):
        with raises(RuntimeError, text):
            call()
    assert torch.equal(x.clone().index_add_(0, rows, d[:1].to(x.dtype)), torch.tensor([[2.0, 2.0], [1.0, 1.0]]))


def test_float8_must_be_converted_first(raises):
    """float8 tensors do not mix with other types; converted to bfloat16 they do."""
    small = torch.tensor([1.5, 2.0]).to(torch.float8_e4m3fn)
    with raises(RuntimeError, "Promotion for Float8 Types is not supported"):
        small + torch.ones(2)
    assert (small.to(torch.bfloat16) + torch.ones(2)).tolist() == [2.5, 3.0]


def test_autocast_leaves_float64_alone(raises):
    """Under autocast, a linear layer with float32 weights still rejects float64 and int64 input; .float() helps."""
    layer = nn.Linear(2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for dtype, name in (torch.float64, "Double"), (torch.int64, "Long"):
            x = torch.ones(1, 2, dtype=dtype)
            with raises(RuntimeError, f"mat1 and mat2 must have the same dtype, but got {name} and BFloat16"):
                layer(x)
            assert layer(x.float()).dtype == torch.bfloat16


def test_normalization_with_other_weights(raises):
    """On the CPU, LayerNorm with half-precision or float64 weights takes only input of their dtype."""
    for dtype in torch.float16, torch.bfloat16, torch.float64:
        layer, x = nn.LayerNorm(2).to(dtype), torch.ones(3, 2)
        with raises(RuntimeError, "mixed dtype (CPU): expect parameter to have scalar type of Float"):
            layer(x)
        assert layer(x.to(layer.weight.dtype)).dtype == dtype


def test_a_hidden_state_of_another_dtype(raises):
    """A float64 hidden state given to a float32 GRU raises the message of a linear layer."""
    gru, x, h = nn.GRU(3, 2), torch.ones(4, 1, 3), torch.zeros(1, 1, 2, dtype=torch.float64)
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype, but got Double and Float"):
        gru(x, h)
    assert gru(x, h.to(gru.weight_hh_l0.dtype))[0].shape == (4, 1, 2)


def test_the_weight_of_a_loss(raises):
    """A float64 weight of cross_entropy raises the message of a product, and works as float32."""
    logits, y, weight = torch.zeros(2, 3), torch.tensor([0, 2]), torch.ones(3, dtype=torch.float64)
    with raises(RuntimeError, "expected scalar type Float but found Double"):
        F.cross_entropy(logits, y, weight=weight)
    assert F.cross_entropy(logits, y, weight=weight.float()).dtype == torch.float32
