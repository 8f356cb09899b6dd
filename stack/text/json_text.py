"""JSON from elsewhere as plain data, never so deep that who walks it runs out of stack."""

import json
from typing import Any

from stack.text.yaml_text import ConfigError

MAX_DEPTH = 100
"""More levels than this are no configuration."""


def read_json(text: str | bytes) -> Any:
    """Read the JSON in `text`; raises ConfigError for what is none, and for what is nested too deeply."""
    try:
        data = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as broken:  # also a number of more than 4300 digits, or bytes that are no text
        raise ConfigError(f"not JSON: {broken}") from None
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _within(value)]
        if not level:
            return data
    raise _too_deep()


def _within(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _too_deep() -> ConfigError:
    return ConfigError(f"nested more than {MAX_DEPTH} levels deep")
