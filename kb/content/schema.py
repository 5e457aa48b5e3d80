"""The JSON Schema of an entry file, for editors: `just docs` writes it to `entries/entry.schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from kb.content.entry import Content


def schema() -> dict[str, Any]:
    """The schema, generated from `Content`; every field carries its description."""
    made = msgspec.json.schema(Content)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def text() -> str:
    """The schema as it stands in `entries/entry.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
