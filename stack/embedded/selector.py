"""Stream selectors with line filters: `{service="x", level=~"warn|error"} |= "text"`, as in LogQL.

Source: https://grafana.com/docs/loki/latest/query/log_queries/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stack.embedded.go_regex import compile_go, fully_anchored
from stack.embedded.refusal import ConfigError, NotSimulated

_QUOTED = r'(?:"(?:[^"\\]|\\.)*"|`[^`]*`)'
_MATCHER = re.compile(rf"\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*({_QUOTED})\s*")
_FILTER = re.compile(rf"\s*(\|=|!=|\|~|!~)\s*({_QUOTED})")

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector: tests on labels, then tests on the line."""

    matchers: tuple[tuple[str, Test], ...]
    filters: tuple[Test, ...]

    def selects(self, labels: Mapping[str, str], line: str) -> bool:
        """Whether a line of a stream is selected; a label that is not there counts as empty."""
        return self.selects_stream(labels) and all(test(line) for test in self.filters)

    def selects_stream(self, labels: Mapping[str, str]) -> bool:
        """Whether a stream is selected, whatever its lines."""
        return all(test(labels.get(name, "")) for name, test in self.matchers)


def parse_selector(text: str, where: str) -> Selector:
    """Compile `text`; raises `ConfigError` on wrong syntax, `NotSimulated` on stages such as `| json`."""
    rest = text.strip()
    if not rest.startswith("{"):
        raise ConfigError(f'{where}: `{text}` is not a selector such as {{service="x"}}')
    at, matchers = 1, []
    while match := _MATCHER.match(rest, at):
        name, operator, value = match[1], match[2], _unquote(match[3])
        matchers.append((name, _label_test(operator, value, where)))
        at = match.end()
        if not rest.startswith(",", at):
            break
        at += 1
    if not rest.startswith("}", at) or not matchers:
        raise ConfigError(f'{where}: `{text}` is not a selector such as {{service="x"}}')
    at, filters = at + 1, []
    while match := _FILTER.match(rest, at):
        filters.append(_line_test(match[1], _unquote(match[2]), where))
        at = match.end()
    if rest[at:].strip():
        raise NotSimulated(f"{where}: `{rest[at:].strip()}` in a query")
    return Selector(tuple(matchers), tuple(filters))


def _unquote(quoted: str) -> str:
    if quoted[0] == "`":
        return quoted[1:-1]
    try:
        return str(json.loads(quoted))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def _label_test(operator: str, value: str, where: str) -> Test:
    if operator in {"=", "!="}:
        wanted = operator == "="
        return lambda found: (found == value) is wanted
    pattern, wanted = fully_anchored(value, where), operator == "=~"
    return lambda found: (pattern.match(found) is not None) is wanted


def _line_test(operator: str, value: str, where: str) -> Test:
    if operator in {"|=", "!="}:
        wanted = operator == "|="
        return lambda line: (value in line) is wanted
    pattern, wanted = compile_go(value, where), operator == "|~"
    return lambda line: (pattern.search(line) is not None) is wanted
