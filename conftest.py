"""Snippets are run without coverage's tracer: what they cover is torch, and it doubles their time."""

import os

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Child processes of snippets start without coverage, which comes to them by this variable."""
    if item.get_closest_marker("snippet"):
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
