"""Stream selectors with one line filter: `{service="x", level=~"warn|error"} |= "text"` or `|~`, a part of LogQL.

Source: https://grafana.com/docs/loki/latest/query/log_queries/
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stack.embedded.go_regex import compile_go
from stack.embedded.refusal import ConfigError, NotSimulated

_QUOTED = r'("(?:[^"\\]|\\.)*")'
_MATCHER = re.compile(rf"\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*{_QUOTED}\s*")
_LONG_ESCAPE = re.compile(r"(\\\\)|\\U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})")
_FILTER = re.compile(rf"\s*(\|[=~])\s*{_QUOTED}")

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector: tests on labels, and one on the line."""

    matchers: tuple[tuple[str, Test], ...]
    line: Test

    def selects(self, labels: Mapping[str, str], line: str) -> bool:
        """Whether a line of a stream is selected; a label that is not there counts as empty."""
        return self.selects_stream(labels) and self.line(line)

    def selects_stream(self, labels: Mapping[str, str]) -> bool:
        """Whether a stream is selected, whatever its lines."""
        return all(test(labels.get(name, "")) for name, test in self.matchers)


def parse_selector(text: str, where: str) -> Selector:
    """Compile `text`; raises `ConfigError` on what is no selector, `NotSimulated` on what else follows it."""
    at, matchers = 1, []
    while match := _MATCHER.match(text, at):
        matchers.append((match[1], _label_test(match[2], _unquoted(match[3], where), where)))
        at = match.end()
        if not text.startswith(",", at):
            break
        at += 1
    if not text.startswith("{") or not text.startswith("}", at) or not matchers:
        raise ConfigError(f'{where}: `{text}` is not a selector such as {{service="x"}}')
    found = _FILTER.match(text, at + 1)
    rest = text[found.end() if found else at + 1 :].strip()
    if rest:
        raise NotSimulated(f"{where}: `{rest}` in a query")
    return Selector(
        tuple(matchers), _line_test(found[1], _unquoted(found[2], where), where) if found else lambda _: True
    )


def _unquoted(text: str, where: str) -> str:
    """Read a string of Go: its escapes are those of JSON, and eight digits for any character."""
    plain = _LONG_ESCAPE.sub(lambda found: found[1] or json.dumps(chr(int(found[2], 16)))[1:-1], text)
    try:
        return str(json.loads(plain))
    except ValueError:
        raise ConfigError(f"{where}: {text} is not a string") from None


def _label_test(operator: str, value: str, where: str) -> Test:
    if operator.startswith("!"):
        raise NotSimulated(f"{where}: `{operator}` in a query")
    if operator == "=":
        return lambda found: found == value
    pattern = compile_go(value, where, re.DOTALL)
    return lambda found: pattern.fullmatch(found) is not None


def _line_test(operator: str, value: str, where: str) -> Test:
    if operator == "|=":
        return lambda line: value in line
    pattern = compile_go(value, where)
    return lambda line: pattern.search(line) is not None
