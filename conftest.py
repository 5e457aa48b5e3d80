"""Snippets, and processes that are killed and damaged, are run without coverage's tracer: what they cover is
torch, or is covered by other tests, and the tracer doubles their time."""

import os
from collections.abc import Generator

import pytest

VARIABLE = "COVERAGE_PROCESS_CONFIG"
"""By this variable coverage comes to child processes."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Child processes of snippets and of tests with faults start without coverage."""
    untraced = item.get_closest_marker("snippet") or "faults" in item.path.parts
    kept = os.environ.pop(VARIABLE, None) if untraced else None
    try:
        return (yield)
    finally:
        if kept is not None:
            os.environ[VARIABLE] = kept
