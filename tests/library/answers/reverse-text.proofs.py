"""Proofs of reverse-text."""


def given():
    return {"text": "abc"}


def test_answer(answer):
    """The slice starts with the last character."""
    assert answer.backwards == "cba"


def test_reversed_is_an_iterator(default):
    """reversed() of a text gives an iterator."""
    found = reversed(default.text)
    assert iter(found) is found
    assert "".join(found) == default.backwards


def test_texts_have_no_reverse(raises):
    """A text has no method reverse."""
    with raises(AttributeError, "no attribute 'reverse'"):
        "abc".reverse()
