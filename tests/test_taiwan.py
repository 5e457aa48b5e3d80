"""Questions in the words of Taiwan: traditional characters, and other words for the same things."""

import pytest

from kb.search.synonyms import load
from kb.text import taiwan
from kb.text.fold import fold

SAME = {
    "記憶體": "内存",
    "顯示記憶體": "显存",
    "資料集": "数据集",
    "顯示卡": "显卡",
    "迴圈": "循环",
    "函式": "函数",
    "執行緒": "线程",
    "批次": "批量",
    "程式碼": "代码",
    "陣列": "数组",
    "檔案": "文件",
    "變數": "变量",
    "字串": "字符串",
    "解析度": "分辨率",
    "最佳化器": "优化器",
    "預設": "默认",
}


@pytest.mark.parametrize("word", SAME)
def test_a_word_of_taiwan_means_what_the_mainland_calls_it(word):
    synonyms = load()
    assert SAME[word] in synonyms[fold(word)]
    assert fold(word) in synonyms[SAME[word]]


def test_a_word_has_the_synonyms_of_its_meaning():
    assert "cuda memory" in load()[fold("顯示記憶體")]
    assert "function" not in load()[fold("執行緒")]


def test_no_word_means_itself_or_is_ordinary_on_the_mainland():
    meanings = taiwan.meanings()
    assert len(meanings) > 100
    assert all(word != meaning for word, meaning in meanings.items())
    assert not {"文件", "序列", "通道", "启用", "程序", "复制"} & set(meanings)


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("GPU 記憶體不足", "cuda-oom"),
        ("怎麼切分資料集", "random-split"),
        ("自訂損失函式", "custom-loss"),
        ("執行緒數量設定", "cpu-threads"),
        ("讀取 hdf5 檔案", "hdf5"),
    ],
)
def test_questions_in_the_words_of_taiwan_find_their_entry(builtin, query, id):
    assert id in [hit.id for hit in builtin.search(query, limit=3)]
