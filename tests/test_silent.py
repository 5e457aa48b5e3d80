"""Errors that are none of PyTorch's business: `ptnote why` has nothing certain to say about them."""

from pathlib import Path

ERRORS = Path(__file__).with_name("errors_of_others.txt").read_text("utf-8").strip("\n").split("\n---\n")

KNOWN = {
    "Unable to allocate 7.45 GiB for an array",  # NumPy's, met where data is loaded; cpu-oom says what to do
    "libGL.so.1: cannot open shared object file",  # OpenCV's, met in containers; missing-library names the package
    "(-215:Assertion failed) !_src.empty() in function 'cvtColor'",  # OpenCV's: an image that could not be read
}
"""Messages of libraries that people use beside PyTorch, which entries explain rightly."""


def test_errors_of_other_programs_are_not_claimed(builtin):
    assert len(ERRORS) >= 150
    told = {text: builtin.why(text, certain=True) for text in ERRORS}
    claimed = {text: found.entry.id for text, found in told.items() if found and found.entry}
    rightly = {text for text in claimed for known in KNOWN if known in text}
    assert {text: id for text, id in claimed.items() if text not in rightly} == {}
    assert len(rightly) == len(KNOWN)
