"""Proofs of key-rename."""


def test_default(default):
    """DenseNet's old names, norm.1 to norm1."""
    assert len(default.new) == len(default.old)  # no two keys fell together
    layer = default.model["denselayer1"]
    loaded = [*layer.norm1.state_dict().values(), layer.conv1.weight]
    firsts = [round(t.flatten()[0].item(), 4) for t in loaded]
    assert firsts == [0.1, 0.2, 0.3, 0.4, 9, 0.6]


def test_wrong(wrong):
    """Wrong: str.replace hits the middle too."""
    assert [t.tolist() for t in wrong.renamed.values()] == [[0, 0], [1, 1, 1]]
    assert list(wrong.renamed) == ["fc.weight", "subbias"]


def test_right(right):
    """Right: removeprefix."""
    assert [t.tolist() for t in right.renamed.values()] == [[0, 0], [1, 1, 1]]
    assert list(right.renamed) == ["fc.weight", "submodule.bias"]
