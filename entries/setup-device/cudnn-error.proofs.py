"""Proofs of cudnn-error."""

import inspect

import torch
import torch.nn.functional as F
from torch import nn


def given():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, (2, 3)), nn.Flatten(), nn.Linear(4 * 4 * 5, 6))
    seen = []
    model[0].register_forward_hook(lambda *args: seen.append(torch.backends.cudnn.enabled))
    return {
        "torch": torch,
        "model": model,
        "criterion": nn.CrossEntropyLoss(),
        "x": torch.randn(2, 3, 5, 7),
        "y": torch.tensor([5, 2]),
        "device": "cpu",
        "seen": seen,
    }


def by_hand(model, x):
    """A convolution of stride 1 as a product with its windows, then flatten and the linear layer."""
    conv, linear = model[0].cpu(), model[2].cpu()
    windows = F.unfold(x, conv.kernel_size)  # (N, C * k, L)
    maps = conv.weight.flatten(1) @ windows + conv.bias[:, None]
    return maps.flatten(1) @ linear.weight.T + linear.bias


def test_answer(answer):
    """cudnn.flags(enabled=False) turns cuDNN off inside the block only, and the result is the same."""
    assert answer.seen == [True, False] and torch.backends.cudnn.enabled
    expected = by_hand(answer.model, answer.x)
    torch.testing.assert_close(answer.out.cpu(), expected)
    log_p = expected.log_softmax(dim=1)
    torch.testing.assert_close(answer.loss, -(log_p[0, 5] + log_p[1, 2]) / 2)
    assert answer.model[0].weight.grad.abs().sum() > 0


def test_default(default):
    """A layer run with cuDNN turned off gives what the CPU gives."""
    expected = by_hand(default.model, default.x)
    torch.testing.assert_close(default.logits, expected)
    torch.testing.assert_close(default.out.cpu(), expected)
    assert default.logits.shape == (2, 5) and default.model[0].weight.shape == (4, 3, 3, 3)
    log_p = expected.log_softmax(dim=1)
    torch.testing.assert_close(default.loss, -(log_p[0, 4] + log_p[1, 1]) / 2)
    assert default.model[2].weight.grad.abs().sum() > 0
    assert torch.backends.cudnn.enabled


def test_check_ids(check_ids):
    """Comparing ids with num_embeddings finds those that the lookup would refuse."""
    assert check_ids.table.num_embeddings == 6
    assert check_ids.tokens.tolist() == [[0, 4], [6, 2]]
    assert check_ids.bad.tolist() == [[False, False], [True, False]]
    with torch.no_grad():
        assert check_ids.table(check_ids.tokens[~check_ids.bad]).shape == (3, 3)
    ids = torch.arange(-2, 9)
    wrong = ids[(ids < 0) | (ids >= check_ids.table.num_embeddings)]
    assert wrong.tolist() == [-2, -1, 6, 7, 8]


def test_the_cpu_raises_at_once(raises):
    """On the CPU, a label or an index out of range raises in the line that uses it."""
    with raises(IndexError, "Target 7 is out of bounds"):
        F.cross_entropy(torch.zeros(1, 3), torch.tensor([7]))
    with raises(IndexError, "index out of range in self"):
        F.embedding(torch.tensor([7]), torch.zeros(5, 3))
    with raises(RuntimeError, "index 5 is out of bounds for dimension 1 with size 3"):
        torch.zeros(1, 3).gather(1, torch.tensor([[5]]))


def test_enabled_is_global():
    """torch.backends.cudnn.enabled = False turns cuDNN off until it is set again."""
    x, weight = torch.randn(1, 2, 5, 6), torch.randn(3, 2, 2, 2)
    before = F.conv2d(x, weight)
    torch.backends.cudnn.enabled = False
    try:
        assert not torch._C._get_cudnn_enabled()
        torch.testing.assert_close(F.conv2d(x, weight), before)
    finally:
        torch.backends.cudnn.enabled = True
    assert torch._C._get_cudnn_enabled()


def test_version():
    """cudnn.is_available() tells whether PyTorch has cuDNN, and version() gives its number, or None without it."""
    if torch.backends.cudnn.is_available():
        assert torch.backends.cudnn.version() > 1000
    else:
        assert torch.backends.cudnn.version() is None


def test_mem_get_info():
    """torch.cuda.mem_get_info returns the free and the total bytes of a GPU."""
    assert "free and total GPU memory" in " ".join(inspect.getdoc(torch.cuda.mem_get_info).split())
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        assert 0 < free <= total


def test_ld_library_path_is_suspected():
    """Where PyTorch meets another cuDNN than its own, it blames LD_LIBRARY_PATH if that names cuda or cudnn."""
    source = inspect.getsource(torch.backends.cudnn)
    assert "cuDNN version incompatibility" in source and '"LD_LIBRARY_PATH" in os.environ' in source
