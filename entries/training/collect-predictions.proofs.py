"""Proofs of collect-predictions."""

import os
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def net(outputs=4):
    return nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Dropout(), nn.Linear(6, outputs))


def given():
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(11, 3), torch.arange(11))
    loader = DataLoader(data, batch_size=4, shuffle=True)
    return {"torch": torch, "model": net().bfloat16(), "loader": Bf16(loader), "device": "cpu", "data": data}


class Bf16:
    """The batches of a loader with inputs in bf16."""

    def __init__(self, loader):
        self.loader = loader

    def __iter__(self):
        return ((x.bfloat16(), y) for x, y in self.loader)


def test_answer(answer):
    """Outputs and labels of one shuffled pass are aligned, and bf16 outputs arrive as float32."""
    x, y = answer.data.tensors
    assert answer.labels.tolist() != y.tolist() and sorted(answer.labels.tolist()) == y.tolist()
    whole = answer.model(x[answer.labels].bfloat16()).float()
    torch.testing.assert_close(answer.logits, whole, rtol=0.02, atol=0.02)
    assert answer.logits.dtype == torch.float32 and answer.logits.shape == (11, 4)
    assert answer.preds.tolist() == [row.index(max(row)) for row in answer.logits.tolist()]
    assert not answer.logits.is_inference() and not answer.logits.requires_grad
    answer.logits.numpy()


def test_default(default):
    """The outputs of the batches are those of the whole set in one batch, in the order of the dataset."""
    whole = default.model(default.x.to(default.device)).float().cpu()
    torch.testing.assert_close(default.logits, whole.detach(), rtol=1e-4, atol=1e-5)
    assert default.labels.tolist() == [i % 3 for i in range(23)]
    assert default.preds.tolist() == [row.index(max(row)) for row in whole.tolist()]


def test_file_names(file_names):
    """Without shuffling, row i of the predictions belongs to sample i."""
    whole = file_names.model(file_names.images)
    assert file_names.preds.tolist() == [row.index(max(row)) for row in whole.tolist()]


def test_right(right):
    """cat joins batches of different sizes along the samples."""
    assert torch.equal(right.joined, right.scores)


def test_two_passes_differ():
    """A loader with shuffle=True gives the samples in another order in each pass."""
    loader = DataLoader(torch.arange(50), batch_size=7, shuffle=True)
    first, second = torch.cat(list(loader)), torch.cat(list(loader))
    assert not torch.equal(first, second) and torch.equal(first.sort().values, second.sort().values)


def test_outputs_hold_their_graph():
    """With gradients on, an output keeps its graph after cpu(); under inference_mode or no_grad it has none."""
    model, x = net(), torch.ones(2, 3)
    assert model(x).cpu().grad_fn is not None
    for mode in torch.inference_mode, torch.no_grad:
        with mode():
            assert model(x).cpu().grad_fn is None


def test_worker_tensors_hold_files():
    """On Linux, each tensor of a worker process that is kept holds one open file; its clone holds none."""
    if sys.platform != "linux" or torch.multiprocessing.get_sharing_strategy() != "file_descriptor":
        return

    def opened(keep):
        before = len(os.listdir("/proc/self/fd"))
        kept = [keep(y) for (y,) in DataLoader(TensorDataset(torch.arange(120)), batch_size=2, num_workers=1)]
        assert len(kept) == 60
        return len(os.listdir("/proc/self/fd")) - before

    opened(torch.clone)  # what the first worker opens for good
    assert 50 < opened(lambda y: y) < 70 and opened(torch.clone) < 10


def test_samples_left_out_or_repeated():
    """drop_last leaves out the last, smaller batch; DistributedSampler repeats samples until the shards are equal."""
    data = torch.arange(7)
    assert torch.cat(list(DataLoader(data, batch_size=3, drop_last=True))).tolist() == list(range(6))
    shards = [list(DistributedSampler(data, num_replicas=2, rank=rank, shuffle=False)) for rank in range(2)]
    assert shards == [[0, 2, 4, 6], [1, 3, 5, 0]]


def test_order_with_workers():
    """With shuffle=False the batches arrive in order with several workers as well."""
    loader = DataLoader(torch.arange(20), batch_size=3, num_workers=2)
    assert torch.cat([batch.clone() for batch in loader]).tolist() == list(range(20))


def test_train_mode_changes_predictions():
    """In train() mode, Dropout and BatchNorm change the outputs of the same input; in eval() mode they repeat."""
    torch.manual_seed(0)
    model, x = net(), torch.randn(8, 3)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_inference_tensors(raises):
    """A tensor made under inference_mode cannot be saved for backward; their cat made outside of it can."""
    with torch.inference_mode():
        parts = [torch.ones(2, 3), torch.ones(1, 3)]
    head = nn.Linear(3, 2)
    with raises(RuntimeError, "Inference tensors cannot be saved for backward"):
        head(parts[0])
    head(torch.cat(parts)).sum().backward()
    assert head.weight.grad.tolist() == [[3.0] * 3] * 2


def test_bf16_has_no_numpy(raises):
    """numpy() does not take bf16."""
    with raises(TypeError, "BFloat16"):
        torch.ones(2, dtype=torch.bfloat16).numpy()


def test_one_logit():
    """argmax(dim=1) of a single logit per sample is always 0; logits > 0 is where the sigmoid exceeds one half."""
    logits = torch.tensor([[-2.0], [3.0], [0.5]])
    assert logits.argmax(dim=1).tolist() == [0, 0, 0]
    assert torch.equal(logits > 0, logits.sigmoid() > 0.5) and (logits > 0).tolist() == [[False], [True], [True]]
