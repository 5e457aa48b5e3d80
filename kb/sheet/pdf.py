"""A sheet as a PDF: the printed page, laid out by a Chromium of this machine, or else by WeasyPrint."""

from __future__ import annotations

import os
import shutil
import subprocess

from kb.errors import KbError
from kb.scratch import throwaway
from kb.sheet.content import Sheet
from kb.sheet.packages import needs
from kb.sheet.page import printed

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
"""What Chromium is called where it is installed."""

OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing can be reached, whatever the browser would like
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)

TIMEOUT = 600
"""Seconds for a browser; the cards of all entries take a small part of that."""


def pdf(sheet: Sheet) -> bytes:
    """The PDF. Raises MissingExtra, and KbError if neither way of making one works here."""
    page = printed(sheet)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    return (_by_browser(browser, page) if browser else b"") or _by_weasyprint(page)


def _by_browser(browser: str, page: bytes) -> bytes:
    """The PDF that a browser makes; empty if it makes none, as one that may not read the folder."""
    with throwaway() as folder:
        source, made = folder / "sheet.html", folder / "sheet.pdf"
        source.write_bytes(page)
        options = [*OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={made}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium refuses to start as root with it
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        try:
            subprocess.run([browser, *options, source.as_uri()], **quiet, timeout=TIMEOUT)  # type: ignore[call-overload]
            return made.read_bytes()
        except OSError:
            return b""
        except subprocess.TimeoutExpired as error:
            raise KbError(f"the PDF took longer than {TIMEOUT} s; choose fewer entries") from error


def _by_weasyprint(page: bytes) -> bytes:
    try:
        with needs():
            import weasyprint
    except OSError as error:  # it is there, but not the libraries of the system that it needs
        reason = str(error).splitlines()[0]
        raise KbError(f"a PDF needs Chromium, or Pango for WeasyPrint ({reason}); install one") from error
    inside = weasyprint.URLFetcher(allowed_protocols=("data",))  # of the page itself, nothing else
    made: bytes = weasyprint.HTML(string=page.decode(), url_fetcher=inside).write_pdf()
    return made
