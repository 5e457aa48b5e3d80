"""PDFs, by the browser and without one."""

import shutil
import subprocess

import pytest

from kb.sheet import pdf as pdfs
from kb.sheet.choose import chosen
from kb.sheet.content import Sheet

pytest.importorskip("jinja2")


@pytest.fixture
def sheet(builtin) -> Sheet:
    return Sheet(groups=chosen(builtin, ["one-hot", "cross-entropy"]), languages=("en", "zh"))


def words(content: bytes, folder) -> str:
    """The text of a PDF, where poppler is there to read it."""
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext")
    path = folder / "sheet.pdf"
    path.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_browser_prints_the_page(sheet, tmp_path):
    if not any(map(shutil.which, pdfs.BROWSERS)):
        pytest.skip("no Chromium")
    made = pdfs.pdf(sheet)
    assert made.startswith(b"%PDF-")
    assert b"Skia/PDF" in made
    text = words(made, tmp_path)
    assert "One-hot encoding" in text
    assert "独热编码" in text
    assert "1/1" in text.replace(" ", "")


@pytest.mark.parametrize("browser", ["", "#!/bin/sh\nexit 1\n"])
def test_without_a_browser_that_works_weasyprint_does_it(sheet, tmp_path, monkeypatch, browser):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    broken = tmp_path / "chromium"
    broken.write_text(browser)
    broken.chmod(0o755)
    monkeypatch.setattr(pdfs, "BROWSERS", (str(broken),) if browser else ())
    made = pdfs.pdf(sheet)
    assert made.startswith(b"%PDF-")
    assert b"Skia" not in made
    text = words(made, tmp_path)
    assert "One-hot encoding" in text
    assert "独热编码" in text


def test_weasyprint_fetches_nothing(evil_sheet, monkeypatch):
    pytest.importorskip("weasyprint", exc_type=ImportError)
    asked = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda _, url, **__: asked.append(url))
    monkeypatch.setattr(pdfs, "BROWSERS", ())
    monkeypatch.setattr(
        pdfs,
        "printed",
        lambda _: b'<img src="https://elsewhere.invalid/x.png"><img src="file:///etc/passwd">x',
    )
    assert pdfs.pdf(evil_sheet).startswith(b"%PDF-")
    assert asked == []
