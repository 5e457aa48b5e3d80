"""`ptnote why` with the name of a file, and what is only a guess."""

from tests.cli.helpers import one_line

LOG = """\
epoch 1
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    model(x)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)
"""


def test_a_file_is_read(ptnote, tmp_path):
    (tmp_path / "train.log").write_text(LOG)
    done = ptnote("why", "train.log", "-L", "en")
    assert done.code == 0
    one_line(done, "reading the file train.log")
    assert "linear-shape" in done.out
    assert "epoch 1" not in done.out
    done = ptnote("why", "train.log", "-L", "zh")
    one_line(done, "读取文件 train.log")
    (tmp_path / "empty.log").write_text("")
    done = ptnote("why", "empty.log")
    assert done.code == 2
    assert "no error to explain" in done.err


def test_a_folder_and_a_name_that_is_none_are_messages(ptnote, tmp_path):
    (tmp_path / "runs").mkdir()
    for name in ("runs", "nosuch.log", "x" * 5000):
        assert "reading" not in ptnote("why", name).err


def test_a_guess_exits_with_1(ptnote):
    assert ptnote("why", "hello", "world").code == 1
    assert ptnote("why", "hello", "world", "--json").code == 1
