"""Proofs of model-graph."""


def test_default(default):
    """The layers in order, and the graph behind a loss, in plain torch."""
    assert default.reached == {
        name for name, p in default.model.named_parameters() if p.grad is not None
    }
    assert len(default.reached) == 4


def test_dot(dot):
    """Write the backward graph as DOT, with the parameters named."""
    assert dot.edges == dot.nodes  # a tree has one less; the weight's second use adds one
