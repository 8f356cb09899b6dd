"""The JMESPath that log pipelines use: paths of names, and `||` between paths. The rest of the language is refused.

Source: https://jmespath.org/specification.html (identifiers, sub-expressions, or-expressions)
"""

import json
import re
from collections.abc import Callable
from typing import Any

from stack.embedded.refusal import NotSimulated

_NAME = r'(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)+")'
_PATH = re.compile(rf"\s*{_NAME}(?:\s*\.\s*{_NAME})*\s*")
_NAMES = re.compile(_NAME)

Search = Callable[[dict[str, Any]], Any]


def compile_path(expression: str, where: str) -> Search:
    """Compile `expression`; raises `NotSimulated` where it is more than paths joined by `||`."""
    alternatives, at = [], 0
    while True:
        match = _PATH.match(expression, at)
        if match is None:
            raise NotSimulated(f"{where}: the JMESPath expression `{expression}`")
        alternatives.append(_keys(match.group()))
        at = match.end()
        if at == len(expression):
            return lambda data: _first(alternatives, data)
        if not expression.startswith("||", at):
            raise NotSimulated(f"{where}: the JMESPath expression `{expression}`")
        at += 2


def _keys(path: str) -> list[str]:
    return [json.loads(name) if name.startswith('"') else name for name in _NAMES.findall(path)]


def _first(alternatives: list[list[str]], data: dict[str, Any]) -> Any:
    """Return the first value that counts as true; the last one whatever it is."""
    found: Any = None
    for keys in alternatives:
        found = data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if not (found is None or found is False or found in ("", [], {})):
            return found
    return found
