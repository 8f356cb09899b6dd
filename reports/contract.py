"""The JSON Schemas of the report, and what of a document breaks them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from reports.text import clip

_SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
_BASE = "json-schema:///"


def _load(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((_SCHEMAS / name).read_text(encoding="utf-8"))
    return schema


@cache
def _validator(part: str) -> jsonschema_rs.Draft202012Validator:
    names = ("finding.schema.json", "report.schema.json")
    registry = jsonschema_rs.Registry([(_BASE + name, _load(name)) for name in names])
    return jsonschema_rs.Draft202012Validator({"$ref": f"{_BASE}report.schema.json{part}"}, registry=registry)


def problems_of(document: Any, part: str = "", limit: int = 10) -> list[str]:
    """Say where `document` breaks the report's schema, at most `limit` times; empty means valid.

    `part` names a definition instead of the whole report: `#/$defs/run` for run.json.
    """
    found: list[str] = []
    for error in _validator(part).iter_errors(document):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
        found.append(f"${place}: {clip(error.message, 200)}")
        if len(found) >= limit:
            break
    return found
