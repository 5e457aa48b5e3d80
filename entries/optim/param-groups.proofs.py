"""Proofs of param-groups."""


def test_default(default):
    """Backbone and head, with and without decay."""
    assert sum(len(g["params"]) for g in default.optimizer.param_groups) == 6  # none left out


def test_layer_wise(layer_wise):
    """Layer-wise learning-rate decay: the nearer to the input, the smaller the rate."""
    assert layer_wise.counts == [3 * 5 + 5, 5 * 4 + 4, 4 * 2 + 2]


def test_wrong(wrong):
    """Wrong: the bias is in no group."""
    assert wrong.moved == {"weight": -2.4, "bias": 0.0}


def test_right(right):
    """Right: a second group takes the rest."""
    assert right.moved == {"weight": -2.4, "bias": -1.6}
