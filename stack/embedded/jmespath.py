"""The JMESPath that log pipelines use: paths of names and indices, texts in quotes, `&&` and `||` between them.

The rest of the language is refused.

Source: https://jmespath.org/specification.html
"""

import json
import re
from collections.abc import Callable
from typing import Any

from stack.embedded.refusal import NotSimulated

_NAME = r'(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)+")'
_STEP = rf"{_NAME}|\[[0-9]+\]"
_TERM = re.compile(
    rf"\s*(?:'(?P<text>[^'\\]*)'|(?P<path>{_NAME}(?:\s*\.\s*{_NAME}|\[[0-9]+\])*))\s*(?P<then>\|\||&&|\Z)"
)
_STEPS = re.compile(_STEP)

Search = Callable[[dict[str, Any]], Any]
Term = str | list[str | int]
"""A text, or the steps of a path."""


def compile_path(expression: str, where: str) -> Search:
    """Compile `expression`; raises `NotSimulated` where it is more than is known here."""
    alternatives: list[list[Term]] = [[]]
    at, then = 0, "&&"
    while then:
        match = _TERM.match(expression, at)
        if match is None:
            raise NotSimulated(f"{where}: the JMESPath expression `{expression}`")
        if then == "||":
            alternatives.append([])
        alternatives[-1].append(match["text"] if match["path"] is None else _steps(match["path"]))
        at, then = match.end(), match["then"]
    return lambda data: _first(alternatives, data)


def _steps(path: str) -> list[str | int]:
    return [
        int(step[1:-1]) if step[0] == "[" else json.loads(step) if step[0] == '"' else step
        for step in _STEPS.findall(path)
    ]


def _first(alternatives: list[list[Term]], data: dict[str, Any]) -> Any:
    """Return the first value that counts as true; the last one whatever it is."""
    found: Any = None
    for terms in alternatives:
        for term in terms:
            found = term if isinstance(term, str) else _value(term, data)
            if _is_false(found):
                break
        if not _is_false(found):
            return found
    return found


def _value(steps: list[str | int], found: Any) -> Any:
    for step in steps:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, dict) else None
        else:
            found = found[step] if isinstance(found, list) and step < len(found) else None
    return found


def _is_false(found: Any) -> bool:
    return found is None or found is False or found in ("", [], {})
