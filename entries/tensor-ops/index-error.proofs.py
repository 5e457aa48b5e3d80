"""Proofs of index-error."""

import warnings

import torch
import torch.nn.functional as F


def given():
    return {"x": torch.tensor([5.0, 7.0, 9.0]), "labels": torch.tensor([1, 3, 2]), "loss": torch.tensor(0.25)}


def test_answer(answer, raises):
    """x[-1] is the last element, labels that count from 1 need -1, and a loss needs item() instead of [0]."""
    assert answer.last == 9 and answer.picked.tolist() == [5, 9, 7] and answer.value == 0.25
    for wrong in (lambda: answer.x[len(answer.x)], lambda: answer.x[answer.labels]):
        with raises(IndexError, "index 3 is out of bounds for dimension 0 with size 3"):
            wrong()
    with raises(IndexError, "invalid index of a 0-dim tensor"):
        answer.loss[0]


def test_default(default, raises):
    """A dim of size n takes indices from -n to n - 1; an int index removes the dim, a slice keeps it."""
    x = default.x
    assert [x[i].item() for i in range(-3, 3)] == [5, 7, 9, 5, 7, 9]
    for i in (-4, 3, -100):
        for index in (i, torch.tensor(i), torch.tensor([i])):
            with raises(IndexError, f"index {i} is out of bounds for dimension 0 with size 3"):
                x[index]
    matrix = torch.zeros(3, 4)
    assert matrix[0].shape == (4,) and matrix[0:1].shape == (1, 4)


def test_too_many_indices(raises):
    """A tensor takes at most as many indices as it has dims; None and ... do not count."""
    x = torch.zeros(2, 3)
    for index in ((0, 0, 0), (slice(None), 0, slice(None))):
        with raises(IndexError, "too many indices for tensor of dimension 2"):
            x[index]
    assert x[None, 0, ..., None, 2].shape == (1, 1)


def test_the_dimension_of_an_index_tensor(raises):
    """For index tensors the message counts the dims that tensors index: x[:, index] says dimension 0; an int says 1."""
    x = torch.zeros(2, 3, 4)
    for index in (slice(None), torch.tensor([3])), (slice(None), [3]), (0, torch.tensor([3])):
        with raises(IndexError, "index 3 is out of bounds for dimension 0 with size 3"):
            x[index]
    with raises(IndexError, "index 4 is out of bounds for dimension 1 with size 4"):
        x[torch.tensor([0]), :, torch.tensor([4])]
    with raises(IndexError, "index 3 is out of bounds for dimension 1 with size 3"):
        x[:, 3]


def test_a_dataset_that_promises_too_many(raises):
    """A Dataset whose __len__ is larger than its data raises this message in a DataLoader."""

    class Data(torch.utils.data.Dataset):
        x = torch.arange(3)

        def __len__(self):
            return 5

        def __getitem__(self, i):
            return self.x[i]

    with raises(IndexError, "index 3 is out of bounds for dimension 0 with size 3"):
        list(torch.utils.data.DataLoader(Data()))


def test_an_empty_list_has_one_dim(raises):
    """torch.tensor([]) has shape (0,), so boxes[:, 0] raises for an image without boxes; reshape(-1, 4) mends it."""
    boxes = torch.tensor([])
    with raises(IndexError, "too many indices for tensor of dimension 1"):
        boxes[:, 0]
    assert boxes.shape == (0,) and boxes.reshape(-1, 4)[:, 0].shape == (0,)


def test_masks_count_their_dims(raises):
    """A mask (N, 1) on a tensor (N,) has too many indices."""
    x = torch.zeros(3)
    with raises(IndexError, "too many indices for tensor of dimension 1"):
        x[torch.tensor([[True], [False], [True]])]
    assert x[torch.tensor([True, False, True])].shape == (2,)


def test_find(find):
    """The entries below -n or from n on are the bad ones."""
    n, labels = 3, [0, 3, 1, -7]
    assert find.labels[find.bad].tolist() == [v for v in labels if not -n <= v < n]
    assert find.bad.nonzero().flatten().tolist() == [i for i, v in enumerate(labels) if not -n <= v < n]
    assert find.x[find.labels[~find.bad]].shape == (2, 4)


def test_right(right):
    """Labels that count from 1 are valid after subtracting 1."""
    assert torch.equal(right.weights[right.labels - 1], torch.tensor([0.5, 0.2, 0.3]))


def test_right_dims(right_dims):
    """squeeze() also removes a batch dim of size 1; squeeze(-1) removes the last only."""
    x = torch.tensor([[[2.0], [4.0], [6.0]]])
    assert x.squeeze().shape == (3,) and x.squeeze(-1).shape == (1, 3)
    assert right_dims.out.tolist() == [[2, 4, 6]]


def test_slices_do_not_raise(raises):
    """A slice out of bounds is empty, and the mean of an empty tensor is NaN; narrow raises instead."""
    x = torch.tensor([5.0, 7.0, 9.0])
    assert x[5:9].numel() == 0 and x[5:9].mean().isnan() and x[-99:99].tolist() == [5, 7, 9]
    with raises(RuntimeError, "exceeds dimension size"):
        x.narrow(0, 1, 3)


def test_minus_one_is_valid():
    """An index of -1 picks the last element."""
    weights = torch.tensor([0.5, 0.3, 0.25])
    assert weights[torch.tensor([0, -1])].tolist() == [0.5, 0.25]


def test_clamping_hides_it():
    """Labels that count from 1 pick the wrong class, and clamp makes the last one valid as well."""
    names, labels = torch.tensor([10, 20, 30]), torch.tensor([1, 2, 3])
    assert names[labels.clamp(max=2)].tolist() == [20, 30, 30]
    assert names[labels - 1].tolist() == [10, 20, 30]


def test_gather_takes_no_negative_index(raises):
    """gather and scatter_ accept 0 to n - 1 only, and raise a RuntimeError with the same words."""
    x = torch.zeros(2, 3)
    for i in (-1, 3):
        with raises(RuntimeError, f"index {i} is out of bounds for dimension 1 with size 3"):
            x.gather(1, torch.tensor([[i]]))
        with raises(RuntimeError, f"index {i} is out of bounds for dimension 1 with size 3"):
            x.scatter_(1, torch.tensor([[i]]), 1.0)
    assert x.gather(1, torch.tensor([[0, 2]])).shape == (1, 2)


def test_right_gather(right_gather):
    """clamp(min=0) makes an ignored label valid for gather, and a mask removes what it picked."""
    assert right_gather.picked.tolist()[0] == right_gather.log_p.tolist()[0][0]
    assert torch.where(right_gather.y < 0, 0.0, right_gather.picked).tolist() == [-0.5, 0]


def test_other_words(raises):
    """An embedding says "index out of range in self", and a loss "Target 3 is out of bounds"."""
    with raises(IndexError, "index out of range in self"):
        F.embedding(torch.tensor([3]), torch.zeros(3, 2))
    with raises(IndexError, "Target 3 is out of bounds"):
        F.cross_entropy(torch.zeros(1, 3), torch.tensor([3]))


def test_index_copy(raises):
    """index_copy takes no negative index."""
    x = torch.zeros(3)
    with raises(IndexError, "index -1 is out of bounds for dimension 0 with size 3"):
        x.index_copy(0, torch.tensor([-1]), torch.ones(1))
    assert x.index_copy(0, torch.tensor([2]), torch.ones(1)).tolist() == [0, 0, 1]


def test_empty(raises):
    """An empty tensor has no valid index: an int and an index tensor raise in different words."""
    x = torch.zeros(0, 3)
    with raises(IndexError, "index 0 is out of bounds for dimension 0 with size 0"):
        x[0]
    with raises(IndexError, "index is out of bounds for dimension with size 0"):
        x[torch.tensor([0])]


def test_a_loss_without_reduction_has_dims():
    """A mean or a sum has no dims; with reduction="none", a loss has those of the batch, and loss[0] works."""
    x, y = torch.zeros(3), torch.tensor([1.0, 2.0, 3.0])
    assert F.mse_loss(x, y).ndim == F.mse_loss(x, y, reduction="sum").ndim == 0
    assert F.mse_loss(x, y, reduction="none")[0] == 1


def test_no_dims(raises):
    """A tensor without dims can be neither indexed by 0 nor sliced; item() and unsqueeze(0) work."""
    loss = torch.tensor(0.5)
    with raises(IndexError, "invalid index of a 0-dim tensor"):
        loss.data[0]
    with raises(IndexError, "slice() cannot be applied to a 0-dim tensor"):
        loss[:1]
    assert loss.item() == 0.5 and loss.unsqueeze(0)[:1].tolist() == [0.5]


def test_select(raises):
    """select and unbind count from 0 as well."""
    x = torch.zeros(2, 3)
    with raises(IndexError, "select(): index 2 out of range for tensor of size [2, 3] at dimension 0"):
        x.select(0, 2)
    assert x.select(0, 1).shape == (3,)


def test_a_string_as_an_index(raises):
    """batch["image"] on a tensor of up to four dims raises "too many indices": each letter counts; a dict has the key."""
    known = torch.__version__ < (2, 14)  # a warning announces a change
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for size in (4,), (4, 3), (4, 3, 2), (4, 3, 2, 2):
            with raises((IndexError, TypeError), f"too many indices for tensor of dimension {len(size)}" if known else "…"):
                torch.zeros(size)["image"]
    batch = torch.utils.data.default_collate([{"image": torch.ones(3)}] * 2)
    assert batch["image"].shape == (2, 3)
