"""Puts the values of a dashboard's variables into its queries, as Grafana's browser side does.

The built-in variables of time (`$__interval`, `$__rate_interval`, `$__range`, …) are left as they are: Grafana's
server replaces those, and `suites/dashboards/helpers/intervals.py` does where there is no Grafana.

Source: https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/variable-syntax/
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from stack.records.dashboards.panel import Variable

ALL = "$__all"
"""What a dashboard saves as the value of a variable whose choice is All."""

REFERENCE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:^}]+)?(?::([^}]+))?\}")
"""A variable in a text: `$name`, `[[name:format]]`, `${name.field:format}`."""

_SPECIAL = re.compile(r"[$^*{}\[\]'+?.()|]")


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen values of one variable; `verbatim` where they are inserted unescaped, as an `allValue` is."""

    variable: Variable
    values: tuple[str, ...]
    verbatim: bool = False


def choose(variable: Variable, found: Sequence[str]) -> Choice:
    """What a dashboard chooses when it is opened: what was saved if it is still there, else the first value."""
    if variable.include_all and (ALL in variable.current or not variable.current):
        if variable.all_value:
            return Choice(variable, (variable.all_value,), verbatim=True)
        return Choice(variable, tuple(found))
    saved = tuple(value for value in variable.current if value in found)
    return Choice(variable, saved or tuple(found[:1]))


def name_of(match: re.Match[str]) -> str:
    """The name of the variable that `REFERENCE` found."""
    return match[1] or match[2] or match[4]


def referenced(text: str) -> set[str]:
    """The names of all variables that a text mentions."""
    return {name_of(match) for match in REFERENCE.finditer(text)}


def interpolate(text: str, choices: Mapping[str, Choice], datasource_type: str) -> str:
    """`text` with every known variable replaced; others, the built-in ones among them, stay."""

    def put(match: re.Match[str]) -> str:
        choice = choices.get(name_of(match))
        if choice is None:
            return match.group()
        return _formatted(choice, match[3] or match[5] or "", datasource_type)

    return REFERENCE.sub(put, text)


def _formatted(choice: Choice, how: str, datasource_type: str) -> str:
    if choice.verbatim:
        return choice.values[0]
    if not how:
        return _in_query(choice, datasource_type)
    values = choice.values
    match how.partition(":")[0]:
        case "raw" | "csv" | "text":
            return ",".join(values)
        case "pipe":
            return "|".join(values)
        case "regex":
            escaped = [re.sub(r"[\\^$*+?.()|[\]{}/]", r"\\\g<0>", value) for value in values]
            return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        case "json":
            return json.dumps(list(values) if len(values) != 1 else values[0])
        case "doublequote":
            return ",".join(f'"{value.replace(chr(34), chr(92) + chr(34))}"' for value in values)
        case "singlequote":
            return ",".join(f"'{value.replace(chr(39), chr(92) + chr(39))}'" for value in values)
        case "percentencode":
            return quote(",".join(values), safe="")
        case _:  # Grafana falls back to glob for a format that it does not know
            return values[0] if len(values) == 1 else f"{{{','.join(values)}}}"


def _in_query(choice: Choice, datasource_type: str) -> str:
    """The default inside a query: text, or a regular expression for a variable of several values."""
    variable, values = choice.variable, choice.values
    if not (variable.multi or variable.include_all):
        return (values[0] if values else "").replace("\\", "\\\\").replace("'", "\\\\'")
    # The text is put into a quoted string of the query, so a backslash that escapes is doubled.
    escaped = [_SPECIAL.sub(r"\\\\\g<0>", value.replace("\\", "\\\\\\\\")) for value in values]
    joined = "|".join(escaped)
    return f"({joined})" if datasource_type == "prometheus" and len(escaped) > 1 else joined
