"""`${VAR:-default}` as Docker Compose, Loki and Promtail expand it, without an environment: defaults only.

Source: https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_START = re.compile(r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*))")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a text: its default (None: none given) and whether it must be set (`:?`)."""

    name: str
    default: str | None
    required: bool


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """`text` with every variable replaced by its value, else its default, else nothing."""
    return _expand(text, environment or {})[0]


def variables(text: str) -> tuple[Variable, ...]:
    """The variables of `text` in order of their appearance, those inside defaults included."""
    return _expand(text, {})[1]


def _expand(text: str, environment: Mapping[str, str]) -> tuple[str, tuple[Variable, ...]]:
    out: list[str] = []
    found: list[Variable] = []
    at = 0
    while match := _START.search(text, at):
        out.append(text[at : match.start()])
        at = match.end()
        if match["escaped"]:
            out.append("$")
        elif match["plain"]:
            found.append(Variable(match["plain"], None, required=False))
            out.append(environment.get(match["plain"], ""))
        else:
            end = _closing(text, at)
            if end is None:
                # An unclosed brace is text; what reads the file says so in its own words.
                out.append(match.group())
                continue
            value, inner = _braced(match["name"], text[at:end], environment)
            out.append(value)
            found += inner
            at = end + 1
    return "".join(out) + text[at:], tuple(found)


def _braced(name: str, rest: str, environment: Mapping[str, str]) -> tuple[str, tuple[Variable, ...]]:
    operator = next((sign for sign in _OPERATORS if rest.startswith(sign)), "")
    word, inner = _expand(rest[len(operator) :], environment)
    value = environment.get(name)
    present = value is not None and (value != "" or not operator.startswith(":"))
    kind = operator[-1:]
    default = word if kind == "-" else None
    this = Variable(name, default, required=kind == "?")
    if kind == "+":
        return (word if present else ""), (this, *inner)
    if present:
        return value or "", (this, *inner)
    return default or "", (this, *(inner if kind == "-" else ()))


def _closing(text: str, at: int) -> int | None:
    depth = 1
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None
