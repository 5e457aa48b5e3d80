"""Proofs of not-implemented-for."""

import math

import torch
import torch.nn.functional as F


def given():
    return {
        "torch": torch,
        "F": F,
        "scores": torch.tensor([1, 2, 4]),
        "hits": torch.tensor([True, False, True, True]),
        "w": torch.tensor([[3.0, 0.0], [4.0, 5.0]], dtype=torch.float16),
        "x": torch.tensor([0.5, -1.0, 2.0]),
        "mask": torch.tensor([True, True, False]),
        "before": torch.tensor([True, False, False]),
    }


def softmax(values):
    total = sum(math.exp(v) for v in values)
    return [math.exp(v) / total for v in values]


def test_answer(answer):
    """float() before softmax, mean, and svd gives the result; & of masks is and, ^ is different."""
    torch.testing.assert_close(answer.probs, torch.tensor(softmax([1, 2, 4])))
    assert answer.rate == 3 / 4
    torch.testing.assert_close(answer.u @ answer.s.diag() @ answer.vh, answer.w.float())
    assert answer.both.tolist() == [True, False, False] and answer.changed.tolist() == [False, True, False]


def test_default(default):
    """The singular values of a matrix multiply to its determinant, here 15."""
    torch.testing.assert_close(default.probs, torch.tensor(softmax([1, 2, 4])))
    assert default.w.tolist() == [[3, 0], [4, 5]] and default.s.dtype == torch.bfloat16
    assert abs(default.s[0] * default.s[1] - 3 * 5) < 0.2
    assert default.x.tolist() == [0.5, -1, 2]


def test_right(right):
    """softmax of the converted integers is exp(x) / sum(exp(x))."""
    torch.testing.assert_close(right.probs, torch.tensor(softmax([1, 2, 4])))


def test_right_mean(right_mean):
    """The mean of 1, 0, 1, 1 is 0.75, also with dtype=."""
    assert right_mean.hits.tolist() == [1, 0, 1, 1]
    assert right_mean.hits.float().mean() == 3 / 4 == right_mean.hits.mean(dtype=torch.float32)


def test_integers(raises):
    """softmax, mse_loss, and normal_ are not implemented for integers."""
    x = torch.tensor([1, 2, 3])
    for call in (lambda: F.softmax(x, dim=0), lambda: F.mse_loss(x, x), lambda: x.clone().normal_()):
        with raises(RuntimeError, "not implemented for 'Long'"):
            call()
    with raises(RuntimeError, "not implemented for 'Int'"):
        F.softmax(x.int(), dim=0)
    with raises(RuntimeError, "not implemented for 'Byte'"):
        F.softmax(x.byte(), dim=0)


def test_bool(raises):
    """A matrix product of bool tensors is not implemented, and works with int() and float()."""
    m = torch.tensor([[True, False], [True, True]])
    with raises(RuntimeError, "not implemented for 'Bool'"):
        m @ m
    assert (m.int() @ m.int()).tolist() == (m.float() @ m.float()).tolist() == [[1, 0], [2, 1]]


def test_half(raises):
    """svd is not implemented for Half and BFloat16 on the CPU; matrix products, softmax, and convolutions are."""
    for dtype, name in (torch.float16, "Half"), (torch.bfloat16, "BFloat16"):
        x = torch.ones(2, 2, dtype=dtype)
        with raises(RuntimeError, f"not implemented for '{name}'"):
            torch.linalg.svd(x)
        assert (x @ x).tolist() == [[2, 2], [2, 2]] and F.softmax(x, dim=0).dtype == dtype
        assert F.conv2d(x[None, None], x[None, None]).item() == 4


def test_float(raises):
    """&, |, and bincount are not implemented for Float; all take integers, & and | also bool, bincount not."""
    x = torch.tensor([1.0, 2.0])
    for call in (lambda: x & x, lambda: x | x, lambda: torch.bincount(x)):
        with raises(RuntimeError, "not implemented for 'Float'"):
            call()
    assert torch.bincount(x.long()).tolist() == [0, 1, 1] and (x.long() & 2).tolist() == [0, 2]
    with raises(RuntimeError, "not implemented for 'Bool'"):
        torch.bincount(x > 1)
    assert ((x > 1) | (x < 0)).tolist() == [False, True]


def test_mean_std_and_norm(raises):
    """mean, std, and the norm refuse integers and bool with messages of their own."""
    for dtype in torch.int64, torch.bool:
        x = torch.ones(3, dtype=dtype)
        for call, text in (
            (x.mean, "mean(): could not infer output dtype"),
            (x.std, "std and var only support floating point and complex dtypes"),
            (lambda: F.normalize(x, dim=0), "linalg.vector_norm: Expected a floating point or complex tensor as input"),
        ):
            with raises(RuntimeError, text):
                call()


def test_labels_must_be_integers(raises):
    """cross_entropy(target, logits) raises for Long; in the right order it takes int64 labels and rejects float ones."""
    logits, target = torch.zeros(2, 3), torch.tensor([0, 2])
    with raises(RuntimeError, ""):
        F.cross_entropy(target, logits)
    with raises(RuntimeError, "not implemented for 'Long'"):
        F.cross_entropy(target[None], torch.tensor([1]))
    assert math.isclose(F.cross_entropy(logits, target).item(), math.log(3), rel_tol=1e-6)
    new = torch.__version__ >= (2, 12)
    with raises(RuntimeError, "expected target dtype to be Long or Byte, but got Float" if new else "expected scalar type Long but found Float"):
        F.cross_entropy(logits, target.float())
    with raises(IndexError, "tensors used as indices must be long, int, byte or bool tensors"):
        logits[target.float()]


def test_parentheses(raises):
    """x > 0 & y with a float y raises, and with a mask it compares x with 0 & mask, which is 0."""
    x, mask = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([True, True, False])
    with raises(RuntimeError, "not implemented for 'Float'"):
        x > 0 & x
    assert (x > 0 & mask).tolist() == (x > 0).tolist() == [True, False, True]
    assert ((x > 0) & mask).tolist() == [True, False, False]


def test_long_cuts_the_graph(raises):
    """softmax and cross_entropy raise after long(), which also cuts the graph of the scores."""
    scores = torch.tensor([1.5, 2.5], requires_grad=True)
    assert not scores.long().requires_grad and F.softmax(scores, dim=0).requires_grad
    with raises(RuntimeError, "not implemented for 'Long'"):
        F.softmax(scores.long(), dim=0)
    with raises(RuntimeError, "not implemented for 'Long'"):
        F.cross_entropy(scores[None].long(), torch.tensor([1]))


def test_masks(raises):
    """Two masks have no difference and no negative: ^ marks where they differ, & ~ what is missing, ~ inverts."""
    a, b = torch.tensor([True, True, False]), torch.tensor([True, False, True])
    with raises(RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not supported"):
        a - b
    with raises(RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported"):
        -a
    with raises(RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported"):
        1 - a
    assert (~a).tolist() == (1 - a.float()).bool().tolist() == [False, False, True]
    assert (a ^ b).tolist() == [False, True, True] and (a & ~b).tolist() == [False, True, False]


def test_other_messages(raises):
    """The inverse and the Fourier transform refuse half precision on the CPU, and work in float32."""
    x = torch.eye(2, dtype=torch.float16)
    with raises(RuntimeError, "linalg.inv: Low precision dtypes not supported. Got Half"):
        torch.linalg.inv(x)
    with raises(RuntimeError, "Unsupported dtype Half"):
        torch.fft.fft(x)
    assert torch.linalg.inv(x.float()).tolist() == [[1, 0], [0, 1]]
    assert torch.fft.fft(x.float())[0].tolist() == [1, 1]


def test_losses_with_bool_targets(raises):
    """A bool target raises a message about subtraction in binary_cross_entropy_with_logits and l1_loss; float() helps."""
    pred, target = torch.tensor([0.5, -1.0]), torch.tensor([True, False])
    with raises(RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not supported"):
        F.binary_cross_entropy_with_logits(pred, target)
    with raises(RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported"):
        F.l1_loss(pred, target)
    assert F.binary_cross_entropy_with_logits(pred, target.float()) > 0 and F.l1_loss(pred, target.float()) == 0.75


def test_cdist(raises):
    """cdist refuses integers and works after float()."""
    a, b = torch.tensor([[0, 0], [3, 4]]), torch.tensor([[0, 0]])
    with raises(RuntimeError, "cdist only supports floating-point dtypes, X1 got: Long"):
        torch.cdist(a, b)
    assert torch.cdist(a.float(), b.float()).tolist() == [[0.0], [5.0]]


def test_negative_powers_of_integers(raises):
    """An integer base and a negative exponent raise; as a tensor, the exponent turns fractions into 0."""
    x = torch.tensor([2, 4])
    with raises(RuntimeError, "Integers to negative integer powers are not allowed"):
        x**-1
    assert (x.float() ** -1).tolist() == [0.5, 0.25]
    assert (x ** torch.tensor(-1)).tolist() == [0, 0]


def test_inverting_a_mask_of_floats(raises):
    """A tensor of zeros and ones in floating point is not inverted by ~, but as a mask."""
    mask = torch.tensor([1.0, 0.0])
    with raises(TypeError, "only implemented on integer and Boolean-type tensors"):
        ~mask
    assert (~mask.bool()).tolist() == mask.logical_not().tolist() == [False, True]
