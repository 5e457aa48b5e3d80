"""Text to terms, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.stopwords import MODULES
from kb.search.terms import content_runs, pinyin_terms, text_terms, words
from kb.search.units import units
from kb.text.fold import fold

CHINESE = st.text(alphabet=[chr(code) for code in range(0x4E00, 0x4E40)], min_size=1, max_size=12)
NAME = st.from_regex(r"[a-zA-Z]{1,8}([._][a-zA-Z0-9]{1,6}){0,3}", fullmatch=True)


def terms_of(query):
    return {term for unit in units(query) for option in unit.options for term in option.terms}


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
    for unit in units(query):
        assert any(terms >= set(option.terms) for option in unit.options), (unit, terms)


def test_a_dotted_name_is_kept_whole_and_split():
    whole = "torch.nn.functional.one_hot"
    assert set(text_terms(whole)) == {whole, "torch", "nn", "function", "one_hot", "one", "hot"}


@pytest.mark.parametrize(
    ("question", "telling"),
    [
        ("how do I use amp", ["amp"]),
        ("how to", ["how", "to"]),
        ("Could you please tell me what model.eval does?", ["model.eval"]),
        ("请问怎么清空显存呢", ["清空显存"]),
        ("为什么要 zero_grad？", ["zero_grad"]),
        ("大佬们，loss 变成 nan 怎么办", ["们", "loss", "变成", "nan"]),
        ("怎么办", ["怎么办"]),
        ("I don't understand it", ["not", "understand"]),
        ("why can’t I pickle it", ["not", "pickle"]),
        ("it's what the tensor's grad won't say", ["tensor", "grad", "not", "say"]),
        ("got 's' for 'd'", ["got", "s", "d"]),
    ],
)
def test_questions_lose_their_small_words_unless_nothing_else_is_there(question, telling):
    assert [run.text for run in content_runs(question)] == telling


def test_traditional_characters_become_simplified():
    assert fold("學習率預熱與梯度裁剪") == "学习率预热与梯度裁剪"
    assert set(text_terms("損失函數")) == set(text_terms("损失函数"))


def test_names_have_their_pinyin_in_full_and_as_initials():
    assert pinyin_terms("混合精度 (amp)") == {"~hunhejingdu", "~hhjd"}
    assert pinyin_terms("重复") == {"~chongfu", "~cf"}
    assert pinyin_terms("amp") == pinyin_terms("层") == set()


@pytest.mark.parametrize("query", ["", "(", '"', "!!! ???", "（）。，", "   ", "🙂"])
def test_punctuation_holds_no_words(query):
    assert units(query) == []


@given(CHINESE, CHINESE, CHINESE)
def test_any_stretch_of_a_chinese_text_finds_it(before, middle, after):
    assert terms_of(middle) <= set(text_terms(before + middle + after))


@given(NAME)
def test_a_name_finds_itself_in_any_case(name):
    whole = units(name)[0].options[0].terms[0]
    assert terms_of(name) == set(text_terms(name)) - (MODULES - {whole})
    assert whole in text_terms(f"see {name} there")


@given(st.text(max_size=200))
def test_no_text_makes_the_analyzer_raise(text):
    terms = text_terms(text)
    assert all(term and " " not in term for term in terms)
    assert all(option.terms for unit in units(text) for option in unit.options)
    assert list(words(text)) == list(words(fold(text)))
