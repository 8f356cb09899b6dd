"""The shapes of specialised loggers: which fields a line owes and of which JSON type each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suites.logs.helpers.validate import kind_of

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
"""The types a shape may name, alone or joined with `|`; `?` at the end lets the field be absent."""

_ABSENT = object()


def breaches(value: Mapping[str, Any], shape: Mapping[str, str]) -> Iterator[str]:
    """How a line breaks the shape of its logger, each breach as text such as "field `rows` is missing"."""
    for name, wanted in shape.items():
        found = value.get(name, _ABSENT)
        if found is _ABSENT:
            if not wanted.endswith("?"):
                yield f"field `{name}` is missing"
            continue
        types = wanted.removesuffix("?").split("|")
        kind = kind_of(found)
        if kind not in types and not (kind == "integer" and "number" in types):
            yield f"field `{name}` is {_named(kind)}, not {' or '.join(_named(known) for known in types)}"


def _named(kind: str) -> str:
    return kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
