"""`report.json`: the report itself, one verdict per line so that two runs can be compared with diff."""

import json
from collections.abc import Mapping
from typing import Any

_LISTS = ("services", "verdicts")


def render(report: Mapping[str, Any]) -> str:
    """Write the report as JSON text in UTF-8, its long lists with one element per line."""
    parts = []
    for key, value in report.items():
        if key in _LISTS and value:
            rows = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            text = f"[\n{rows}\n  ]"
        else:
            text = json.dumps(value, ensure_ascii=False)
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
