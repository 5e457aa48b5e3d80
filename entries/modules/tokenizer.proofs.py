"""Proofs of tokenizer."""


def test_default(default):
    """From sentences to padded ids and back."""
    assert default.decoded == ["the cat sat", "the <unk>"]
    assert (
        default.counts.total() == sum(len(default.tokenize(text)) for text in default.train) == 12
    )


def test_chinese(chinese):
    """Chinese by character."""
    assert "".join(chinese.tokens) == "用gpu训练resnet50很快"
    assert [t for t in chinese.tokens if t.isascii()] == ["gpu", "resnet50"]
