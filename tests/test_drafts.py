"""Notes in Markdown, as values: what is found in them, what it is taken for, and how it is laid out."""

import re
import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("detect_secrets")
pytest.importorskip("pyflakes")

from kb import Library
from kb.content.parse import parse
from kb.drafts import prose
from kb.drafts.code import code_of
from kb.drafts.guess import free_id, slug
from kb.drafts.importing import import_notes
from kb.drafts.markdown import sections_of, title_of
from kb.drafts.note import LIMIT, Note, note_of
from kb.drafts.packages import package_of
from kb.drafts.program import Chain
from kb.drafts.reading import read
from kb.drafts.report import Verdict
from kb.drafts.secrets import secrets_in
from kb.drafts.trial import steady
from kb.drafts.writing import yaml_of
from kb.errors import BadFile
from tests.conftest import HERE

NOTES = HERE / "notes"


def note(text: str) -> Note:
    return note_of("note.md", textwrap.dedent(text).encode())


def blocks(text: str):
    return [block for section in sections_of(note(text)) for block in section.blocks]


def code(text: str, info: str = "python"):
    (block,) = blocks(f"```{info}\n{textwrap.dedent(text).strip()}\n```\n")
    return code_of(block)


# Files


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"# \xd1\xb5\xc1\xb7\n", "note.md:1: not UTF-8 but probably GBK; try: iconv -f GB18030"),
        (b"ok\n\xff\xff\xff\n", "note.md:2: not UTF-8; save the file as UTF-8"),
        (b"a\0b", "note.md is not text: it holds the byte 0"),
        ("# T\n".encode("utf-16"), "note.md is UTF-16, not UTF-8; try: iconv -f UTF-16"),
        (b"x" * (LIMIT + 1), "cannot read note.md: it has more than 2048 KiB; split it"),
    ],
    ids=["gbk", "bytes", "binary", "utf-16", "large"],
)
def test_what_is_no_text_is_refused_with_the_cure(raw, said):
    with pytest.raises(BadFile, match=re.escape(said)):
        note_of("note.md", raw)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_ends_of_lines_count(end):
    raw = end.join(["\ufeff# One", "", "```python", "print(1)", "```", "    x"]).encode()
    (section,) = [one for one in sections_of(note_of("note.md", raw)) if one.blocks]
    assert (section.title, section.line) == ("One", 1)
    assert [(block.line, block.first, block.end, block.code) for block in section.blocks] == [
        (3, 4, 5, "print(1)\n"),
        (6, 6, 6, "x\n"),
    ]


def test_what_looks_like_the_end_of_a_line_and_is_none_keeps_the_numbers():
    (block,) = blocks("a\x0bb\x0cc\x85d\u2028e\n\n```python\nx\n```\n")
    assert (block.line, block.end) == (3, 5)


def test_front_matter_gives_title_and_tags_and_is_no_text():
    read = note("---\ntitle: My notes\ntags: [amp, 3, Deep Learning]\n---\nText.\n")
    assert (read.title, read.tags) == ("My notes", ("amp", "Deep Learning"))
    (section,) = sections_of(read)
    assert (section.title, section.text) == ("My notes", "Text.")


@pytest.mark.parametrize("text", ["---\nnever closed\n", "---\n- a list\n---\n", "---\na: [\n---\n", "---"])
def test_front_matter_that_is_none_does_no_harm(text):
    assert note(text).title == ""


def test_nesting_has_a_limit_because_the_parser_leaves_out_what_lies_deeper():
    assert len(blocks("> " * 20 + "```\n" + "> " * 20 + "deep\n")) == 1
    with pytest.raises(BadFile, match=r"note.md:1: lists or quotes nested more than 60 deep"):
        blocks(">" * 100 + " x\n")


# Blocks

LINES = st.lists(
    st.sampled_from(["x = 1", "", "print(x)", "中文", "  y", "\tz", "- no list", "# no title"]), max_size=4
)
PIECES = st.one_of(
    st.tuples(st.just("heading"), st.sampled_from(["# A", "## B 中", "### `c`", "A\n===", "B\n---"])),
    st.tuples(
        st.just("text"),
        st.sampled_from(["words", "多 字", "- item", "> quote", "| a | b |", "1. one", "<b>x</b>"]),
    ),
    st.tuples(st.sampled_from(["fence", "tilde", "long", "quoted", "listed"]), LINES),
    st.tuples(
        st.just("indented"), st.lists(st.sampled_from(["x = 1", "print(2)", "中"]), min_size=1, max_size=3)
    ),
)


def lay_out(pieces, end: str) -> tuple[str, list[tuple[int, int, str]]]:
    """A document made of pieces, and the blocks it holds: first line, last line, code."""
    lines: list[str] = []
    expected = []
    marks = {"fence": "```", "tilde": "~~~", "long": "`````", "quoted": "```", "listed": "```"}
    for kind, what in pieces:
        if kind in ("heading", "text"):
            lines += [*what.split("\n"), ""]
            continue
        if kind == "indented":
            # a paragraph at the margin ends any list that the block would belong to
            lines += ["Stop.", ""]
            expected.append((len(lines) + 1, len(lines) + len(what), "\n".join(what)))
            lines += [*(f"    {line}" for line in what), ""]
            continue
        before = {"quoted": "> ", "listed": "  "}.get(kind, "")
        lines += ["Stop.", ""] + (["- item", ""] if kind == "listed" else [])
        expected.append((len(lines) + 1, len(lines) + len(what) + 2, "\n".join(what)))
        body = [f"{marks[kind]}python", *what, marks[kind]]
        lines += [*(f"{before}{line}" if line or kind == "quoted" else line for line in body), ""]
    return end.join(lines), expected


@given(st.lists(PIECES, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_every_block_of_a_document_is_there_once_with_its_lines(pieces, end):
    text, expected = lay_out(pieces, end)
    found = [block for section in sections_of(note_of("note.md", text.encode())) for block in section.blocks]
    assert [(block.line, block.end) for block in found] == [(first, last) for first, last, _ in expected]
    for block, (_, _, written) in zip(found, expected, strict=True):
        rows = [row.replace("\t", "    ").rstrip() for row in block.code.rstrip("\n").split("\n")]
        assert rows == [row.replace("\t", "    ").rstrip() for row in written.rstrip("\n").split("\n")]
        assert not block.unclosed


@given(st.text(alphabet="`~#>-*1. \tab\n=中<|\r", max_size=120))
def test_any_text_at_all_loses_no_block_and_no_line(text):
    sections = sections_of(note_of("note.md", text.encode()))
    found = [block for section in sections for block in section.blocks]
    assert [block.line for block in found] == sorted({block.line for block in found})
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for block in found:
        assert 1 <= block.line <= block.end <= len(lines)
        for number, row in enumerate(block.code.rstrip("\n").split("\n"), block.first):
            if not row.strip():
                continue
            assert row.strip() in lines[number - 1].replace("\t", "    ") or row.strip() in lines[number - 1]


@pytest.mark.parametrize(
    ("text", "unclosed"),
    [
        ("```\na\n```\n", False),
        ("```\na\n", True),
        ("````\n```\na\n````\n", False),
        ("````\n```\na\n```\n", True),
        ("```\n~~~\n", True),
        ("```", True),
        ("> ```\n> a\nout\n", True),
        ("- ```\n  a\n  ```\n", False),
        ("x\n\n    indented\n", False),
    ],
)
def test_a_fence_that_is_never_closed_is_told(text, unclosed):
    (block,) = blocks(text)
    assert block.unclosed is unclosed


def test_the_line_before_a_block_is_its_title():
    text = "# T\n\n- **Clip** the `norm`:\n\n```python\na\n```\n\n```python\nb\n```\n\n| a |\n\n```\nc\n```\n"
    assert [block.lead for block in blocks(text)] == ["Clip the norm", "", ""]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("1.3. Tensor 处理", "Tensor 处理"),
        ("2.4 微调", "微调"),
        ("一、准备", "准备"),
        ("3D convolution", "3D convolution"),
        ("[Docs](https://x.y)", "Docs"),
        ("**bold** `code`", "bold code"),
        ("2", "2"),
    ],
)
def test_headings_become_titles(heading, title):
    assert title_of(heading) == title


# Languages


@pytest.mark.parametrize(
    ("info", "text", "language"),
    [
        ("python", "x = 1", "python"),
        ("py", "broken(", "python"),
        ("{.python .number}", "x = 1", "python"),
        ("python", "nvidia-smi --gpu-reset -i 0", "shell"),
        ("python", "CUDA_VISIBLE_DEVICES = 0，1 python train.py", "shell"),
        ("python", "tensor([[1, 2],\n        [3, 4]])", "output"),
        ("python", "[{'lr': 0.1, 'params': [tensor([1.])]}]", "output"),
        ("python", "tensor([1, 2])\n$$$$\ntorch.Size([2])", "output"),
        ("python", "x, y", "python"),
        ("bash", "pip install torch", "shell"),
        ("yaml", "lr: 0.1", "yaml"),
        ("cpp", "int x;", "cpp"),
        ("", "import torch\nx = torch.ones(2)", "python"),
        ("", ">>> 1 + 1\n2", "python"),
        ("", "$ ls -l\n$ python train.py", "shell"),
        ("", "pip install torch \\\n  torchvision", "shell"),
        ("", "tensor([1, 2])\ntorch.Size([2])", "output"),
        ("", "Traceback (most recent call last):\n  File", "output"),
        ("", "1.0 2.0\n3.0 4.0", "output"),
        ("", "token\nREDACTED", "text"),
        ("", "这是一段说明文字。", "text"),
        ("", "for x in range(3)\n    print(x)", "python"),
    ],
)
def test_the_language_is_guessed(info, text, language):
    assert code(text, info).language == language


def test_a_session_is_code_with_lines_of_its_own():
    read = code(">>> x = 1\n>>> for i in range(2):\n...     print(i)\n0\n1\n>>> y", "")
    assert read.text == "x = 1\nfor i in range(2):\n    print(i)\ny\n"
    assert read.lines == (2, 3, 4, 7)


def test_a_program_may_be_indented_as_a_whole():
    (block,) = blocks("```python\n    x = 1\n    print(x)\n```\n")
    assert code_of(block).text == "x = 1\nprint(x)\n"


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("x = 1\nfor i in x\n", "expected ':'", 3),
        ("a = 0，1", "invalid character '，' (U+FF0C)", 2),
        ("if x:\n\ta\n        b", "inconsistent use of tabs and spaces in indentation", 4),
        ("x = 1\n%matplotlib inline", "a command of IPython, not of Python", 3),
        ("class torch.nn.DataParallel(module, dim=0)", "a signature, not code", 2),
        ("def add_module(self, name, module)", "a signature, not code", 2),
        ("def f(x)\n    return x", "expected ':'", 2),
        ("torch.cat(inputs, dim=0) -> Tensor", "a signature, not code", 2),
        ("x = 1\n>>> x", "a prompt, which is not part of the code", 3),
        ("def f(a, ...):\n    pass", "invalid syntax", 2),
        ("x = 1\nreturn x", "'return' outside function", 3),
        ("for x in y:\nprint(x)", "expected an indented block after 'for' statement on line 2", 3),
        ("(" * 300, None, None),
    ],
)
def test_what_does_not_parse_is_told_with_its_line(text, fault, line):
    read = code(text)
    assert read.language == "python"
    assert not read.is_program
    assert read.fault if fault is None else (read.fault, read.at) == (fault, line)


def test_names_that_a_block_defines_lacks_and_imports():
    read = code("import torch.nn as nn\nx = x + y\ndef f(a):\n    return a + g\n[k for k in z]\n")
    assert read.defines == {"x", "f"}
    assert read.imports == {"nn": "import torch.nn as nn"}
    assert set(read.lacks) == {"x", "y", "g", "z"}


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("f.interpolate(input, 2)", True),
        ("name = input('who')", False),
        ("input = 1\nf(input)", False),
        ("def f(input):\n    return input", False),
    ],
)
def test_a_tensor_called_input_is_not_pythons_function(text, lacks):
    assert ("input" in code(text).lacks) is lacks


# Programs


def chain(*texts: str, known=None) -> Chain:
    return Chain([code(text) for text in texts], known or {})


def program(*texts: str, good=None, known=None):
    made = chain(*texts, known=known)
    return made.program(len(texts) - 1, good or [True] * len(texts))


def test_a_block_comes_after_those_it_needs_and_those_that_change_what_it_needs():
    texts = ["w = [1]", "unrelated = 2", "o = list(w)", "o.append(3)", "print(o)"]
    made = program(*texts)
    assert made.uses == (0, 2, 3)
    assert made.text == "w = [1]\n\no = list(w)\n\no.append(3)\n\nprint(o)\n"
    assert [made.owners[row] for row in (0, 2, 4, 6)] == [0, 2, 3, 4]


def test_a_block_that_needs_nothing_stands_alone():
    assert program("x = 1", "print(2)").text == "print(2)\n"


def test_a_block_waits_for_one_that_does_not_run():
    assert program("x = y", "print(x)", good=[False, True]).waits == 0
    assert program("x = y", "print(2)", good=[False, True]).waits == -1


def test_a_change_that_does_not_run_is_left_out():
    made = program("x = [1]", "x.broken()", "print(x)", good=[True, False, True])
    assert (made.uses, made.waits) == ((0,), -1)


@pytest.mark.parametrize(
    ("text", "added", "lacks"),
    [
        ("nn.Linear(2, 2)", ("import torch.nn as nn",), ()),
        ("nn", (), ("nn",)),
        ("optim.SGD([], 0.1)", ("import torch.optim as optim",), ()),
        ("optim.step()", (), ("optim",)),
        ("tqdm.tqdm([])", ("import tqdm",), ()),
        ("tqdm([])", ("from tqdm import tqdm",), ()),
        ("import torch\ntorch.ones(2)", (), ()),
        ("Net()", ("from nets import Net",), ()),
    ],
)
def test_imports_that_are_taken_for_granted_are_added(text, added, lacks):
    made = program(text, known={"Net": ("from nets import Net", 7)})
    assert (made.added, made.lacks) == (added, lacks)
    assert made.borrowed == ({1: 7} if "Net" in text else {})


def test_an_import_of_an_earlier_part_is_not_added_again():
    made = program("import torch\nx = torch.ones(2)", "print(torch.sum(x))")
    assert made.added == ()


def test_a_chain_of_many_blocks_is_quick():
    made = chain("x = 0", *["x = x + 1"] * 400)
    assert made.program(400, [True] * 401).uses == tuple(range(400))


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("cv2", "opencv-python-headless"),
        ("PIL.Image", "pillow"),
        ("tqdm", "tqdm"),
        ("model", None),
        ("apex", ""),
    ],
)
def test_packages_of_modules(module, package):
    assert package_of(module) == package


# Secrets. The values are made up, and put together here so that nobody takes this file for a leak.

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
SECRETS = [
    TOKEN,
    "AKIA" + "IOSFODNN7QWERTYU",
    "password = 'hunter2" + "abc'",
    "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "wandb login 0123456789abcdef" + "0123456789abcdef01234567",
    "curl http://admin:12345" + "@192.168.0.1/x",
    "git clone https://user:pa55" + "w0rd@github.com/x/y",
    "wandb.login(key='0123456789abcdef" + "0123456789abcdef01234567')",
    "os.environ['WANDB_API_KEY'] = '1234abcd5678ef90" + "1234abcd5678ef901234abcd'",
    'api_key = "sk-' + 'abcdefghijklmnopqrstuvwxyz0123456789ABCD"',
]
HARMLESS = [
    "x = torch.load('resnet50-19c8e357.pth')",
    "![img](https://mmbiz.qpic.cn/mmbiz_png/teF4oHzZ4IRTj9icBYLjWTcTrM8QTCtPotLDYAianDupMzw2shaQ9voS/640)",
    "tokens = tokenizer('you can now install TorchText using pip!')",
    "BertTokenizer.from_pretrained('distilbert-base-uncased-finetuned-sst-2-english')",
    "ssh root@192.168.1.20 -p 22",
    "密码学是一门学问",
    "git clone https://<user>:<token>@github.com/x",
    "commit 3b18e512dba79e4c8300dd08aeb37f8e728b8dad",
    "sorted(pairs, key=lambda pair: pair[1])",
    "password = getpass.getpass()",
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_are_found_in_code_and_in_text(line):
    assert set(secrets_in(["a", line, "b"], (1, 2, 3))) == {2}
    assert set(secrets_in(["a", line, "b"], ())) == {2}


@pytest.mark.parametrize("line", ["password=hunter2", "密码：Abc12345", "口令: x9y8z7", "密码是 abc123"])
def test_a_password_in_text_needs_no_quotes(line):
    assert set(secrets_in([line], ())) == {1}


def test_a_secret_may_stand_in_the_line_after_its_name():
    assert set(secrets_in(["token", "", "ZXh3bGtq9283" + "AbQ8sk2919dkd", "git push"], ())) == {3}


def test_a_private_key_is_a_secret_to_its_last_line():
    key = [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "MIIEpAIBAAKCAQEA7bq8fP2n",
        "q83vEjRWeJASNFZ4kBI0VniQ",
        "-----END RSA PRIVATE" + " KEY-----",
    ]
    assert set(secrets_in(["a", *key, "b"], ())) == {2, 3, 4, 5}
    assert set(secrets_in(["a", *key[:3], "and so on."], ())) == {2, 3, 4}


@pytest.mark.parametrize("line", HARMLESS)
def test_what_looks_random_and_is_no_secret_is_kept(line):
    assert secrets_in(["a", line, "b"], (1, 2, 3)) == {}


def test_the_five_kinds_of_places_where_a_secret_stands_are_all_emptied():
    made = read(
        note(f"""\
        # Key {TOKEN}

        It is {TOKEN}.

        ```python
        x = "{TOKEN}"
        ```

            {TOKEN}

        ```{TOKEN}
        y
        ```

        - {TOKEN}

          ```python
          z = 1
          ```
        """)
    )
    assert TOKEN not in repr((made.sections, made.codes))
    assert len(made.secrets) == 6
    assert sum(map(made.holds_secret, [block for section in made.sections for block in section.blocks])) == 3


# Texts


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("用torch训练,很快.", "用 torch 训练，很快。"),
        ("见`x`: 是", "见 `x`：是"),
        ("`中a`里的", "`中a` 里的"),
        ("Plain English，indeed。", "Plain English,indeed."),
        ("\x1b[31m红", "\\x1b[31m 红"),
    ],
)
def test_texts_are_mended(text, made):
    assert prose.mended(text) == made


@given(st.text(alphabet="中文ab1`,.:;!? \n，。", max_size=40))
def test_a_mended_text_breaks_no_rule_about_text(text):
    from kb.check.prose import _CODE, _HALF_WIDTH, _TOUCHING

    made = prose.mended(text)
    if prose.language_of(made) == "zh":
        plain = _CODE.sub(lambda found: "`" * len(found.group()), made)
        assert not _TOUCHING.search(plain)
        assert not _HALF_WIDTH.search(plain)
    else:
        assert not re.search("[\u3000-\u303f\uff00-\uffef]", made)


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("![x](y)\n\nFirst things first. Then others.", "First things first."),
        ("**`f()`**\n\n清空所管理的网络参数的梯度。然后", "清空所管理的网络参数的梯度。"),
        ("> - quoted words that say something", "quoted words that say something"),
        ("x" * 300, "x" * 119 + "…"),
        ("| a | b |\n| - | - |", ""),
        ("", ""),
    ],
)
def test_the_first_sentence_is_the_summary(text, summary):
    assert prose.summary_of(text, prose.language_of(text)) == summary


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("检查 PyTorch 版本", "jian-cha-pytorch-ban-ben"),
        ("tensor.new_empty((2,3))", "tensor-new-empty-2-3"),
        ("Ünïcode", "unicode"),
        ("???", ""),
        ("訓練", "xun-lian"),
        ("a" * 50, "a" * 32),
        ("one two three four five six seven eight", "one-two-three-four-five-six"),
    ],
)
def test_titles_become_ids(title, id):
    assert slug(title) == id


def test_an_id_that_is_taken_gets_an_end():
    assert free_id("Mixup", "x", {"mixup", "mixup-note"}.__contains__) == "mixup-note-2"
    assert free_id("???", "my note-3", set().__contains__) == "my-note-3"
    long = free_id("a" * 40, "x", {"a" * 32}.__contains__)
    assert long == "a" * 27 + "-note"


@pytest.mark.parametrize(
    ("first", "again", "kept"),
    [
        ("a\n1.00\n", "a\n1.00\n", "a\n1.00\n"),
        ("a\n1\nb\n", "a\n2\nb\n", "a\n…\nb\n"),
        ("1\n2\n", "3\n4\n", "…\n"),
        ("1\n", "1\n2\n", "…\n"),
        ("x\n" * 50, "x\n" * 50, "x\n" * 40 + "…\n"),
    ],
)
def test_what_varies_in_an_output_is_left_out(first, again, kept):
    assert steady(first, again) == kept


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t `:#-"),
        max_size=60,
    )
)
def test_every_text_survives_being_written(text):
    made = yaml_of({"format": 2, "x": [{"code": text}]})
    assert yaml.safe_load(made) == {"format": 2, "x": [{"code": text}]}


# Drafts


def test_drafts_are_entries_and_the_report_accounts_for_every_block(tmp_path):
    library = Library.load()
    for path in sorted(NOTES.glob("*.md")):
        report = import_notes(library, [path], into=tmp_path / path.stem, run=False)
        (told,) = report.notes
        expected = [
            block for section in sections_of(note_of("x", path.read_bytes())) for block in section.blocks
        ]
        assert [(block.line, block.end) for block in told.blocks] == [(one.line, one.end) for one in expected]
        assert sum(report.totals.values()) == report.total == len(expected)
        made = Library.load(tmp_path / path.stem)
        assert made.problems == []
        assert sorted(made.heads) == sorted(draft.id for draft in told.drafts)
        for block in told.blocks:
            if block.snippet:
                assert made.pick([block.draft], block.snippet)
            elif block.draft:
                assert block.verdict is Verdict.other


def test_what_check_finds_is_what_the_report_names(tmp_path):
    report = import_notes(Library.load(), sorted(NOTES.glob("*.md")), into=tmp_path, run=False)
    told = {(p.path, p.line, p.code) for note in report.notes for d in note.drafts for p in d.problems}
    found = {(p.path, p.line, p.code) for p in Library.load(tmp_path).check() if p.code.startswith("E")}
    assert found == told
    assert {code for _, _, code in told} <= {"E112", "E113"}


def test_a_draft_is_read_as_it_was_meant(tmp_path):
    text = "# A 标题,好\n\n说明`x`文字.\n\n```python\nif True:\n\tprint('a\\tb')   \n```\n\n```sh\nls\n```\n"
    (told,) = import_notes(Library.load(), [note_of("n.md", text.encode())], into=tmp_path, run=False).notes
    (draft,) = told.drafts
    raw = (tmp_path / draft.category / f"{draft.id}.yaml").read_bytes()
    entry, problems = parse(tmp_path / draft.category / "x.yaml", raw, "extra")
    assert problems == []
    assert entry.title.zh == "A 标题，好"
    assert entry.explain.zh == "说明 `x` 文字。\n\n```shell\nls\n```\n\n摘自 `n.md` 第 1 行。\n"
    assert entry.snippets[0].code == "if True:\n\tprint('a\\tb')   \n"
    assert entry.tags == ("draft",)
