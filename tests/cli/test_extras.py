"""What the command says when packages of an extra are missing."""

import pytest

from kb.errors import MissingExtra
from pycli import main as command


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "ptnote mcp needs more packages; install: pip install 'ptnote-pytorch[mcp]'"),
        ("zh", "ptnote mcp 还缺几个包，请先安装：pip install 'ptnote-pytorch[mcp]'"),
    ],
)
def test_a_missing_extra_is_one_line_and_exit_77(language, said, capsys, monkeypatch):
    def missing(*_, **__):
        raise MissingExtra("ptnote mcp", "mcp")

    monkeypatch.setenv("PTNOTE_LANG", language)
    monkeypatch.setattr(command.cli, "main", missing)
    with pytest.raises(SystemExit) as ended:
        command.main([])
    assert ended.value.code == 77
    assert capsys.readouterr().err == f"ptnote: {said}\n"
