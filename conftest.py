"""Snippets are run without coverage's tracer: what they cover is torch, and it doubles their time."""

import os
from collections.abc import Generator

import pytest

VARIABLE = "COVERAGE_PROCESS_CONFIG"
"""By this variable coverage comes to child processes."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Child processes of snippets start without coverage."""
    kept = os.environ.pop(VARIABLE, None) if item.get_closest_marker("snippet") else None
    try:
        return (yield)
    finally:
        if kept is not None:
            os.environ[VARIABLE] = kept
