"""`ptnote doctor`."""

import json

import pytest

pytestmark = pytest.mark.needs_torch


def test_the_doctor_tells_versions_devices_packages_and_folders(ptnote):
    done = ptnote("doctor")
    for words in ("torch", "cpu:", "matplotlib", "built-in: ", "index", "Whoosh-Reloaded 2.7.5"):
        assert words in done.out
    report = json.loads(ptnote("doctor", "--json").out)
    assert report["machine"]["torch"].startswith("2.")
