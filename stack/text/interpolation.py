"""Variables in configuration files: `${VAR:-default}` in the dialects of Docker Compose, and of Loki and Promtail.

Source: https://docs.docker.com/reference/compose-file/interpolation/ and
https://grafana.com/docs/loki/latest/configure/#use-environment-variables-in-the-configuration
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stack.text.yaml_text import ConfigError

_START = re.compile(r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*))")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")
_ENV = re.compile(r"\$\$|\\[/\\]|\$\{(?P<name>\w+)(?::?[-=](?P<default>[^}]*))?\}|(?P<other>\$\{[^}]*\}?)")


class UnknownSubstitutionError(ConfigError):
    """An operation of a shell that is not known here, such as `${VAR%x}`."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a text: its default (None: none given) and whether it must be set (`:?`)."""

    name: str
    default: str | None
    required: bool


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """`text` with every variable replaced by its value, else its default, else nothing, as Docker Compose does it."""
    return _expand(text, environment or {})[0]


def variables(text: str) -> tuple[Variable, ...]:
    """The variables of `text` in order of their appearance, those inside defaults included."""
    return _expand(text, {})[1]


def expand_env(text: str, environment: Mapping[str, str] | None = None) -> str:
    r"""`text` with variables replaced as Loki and Promtail do it under `-config.expand-env=true`.

    They expand the whole file, comments included, before they read it as YAML; `$NAME` without braces stays, `$$` is
    one dollar sign, `\\` one backslash. An empty variable is as an unset one: the default applies.

    Raises:
        UnknownSubstitutionError: for other operations of a shell.

    """

    def value(match: re.Match[str]) -> str:
        if match["other"]:
            raise UnknownSubstitutionError(f"the substitution `{match['other']}`")
        if match["name"] is None:
            return match.group()[1:]
        return (environment or {}).get(match["name"], "") or match["default"] or ""

    return _ENV.sub(value, text)


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
                # An unclosed brace is text; the reader of the file reports it.
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
