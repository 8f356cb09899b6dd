"""Labels of alerts and the matchers of Alertmanager: what a route or an inhibition certainly takes, or never takes.

Source: https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

_MATCHER = re.compile(
    r"""\s*(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<name>[^\s=!~"'{},]+))\s*(?P<sign>=~|!~|!=|=)\s*"""
    r"""(?:"(?P<text>(?:\\.|[^"\\])*)"|(?P<plain>[^",{}]*?))\s*(?:,|$)"""
)
_LISTS = frozenset({"matchers", "source_matchers", "target_matchers"})
MOST_ALTERNATIVES = 64
_LITERAL = re.compile(r"[^\\^$*+?.()|\[\]{}]*")


@dataclass(frozen=True, slots=True)
class AlertLabels:
    """The labels of an alert: None where the value is not known; `closed` where it has no others."""

    values: Mapping[str, str | None] = field(default_factory=dict)
    closed: bool = False

    def lacks(self, name: str) -> bool:
        """Whether the alert certainly has no label of a name."""
        return self.closed and name not in self.values


@dataclass(frozen=True, slots=True)
class LabelMatcher:
    """One matcher; a missing label counts as an empty text, and regular expressions match the whole of a value."""

    name: str
    sign: str
    value: str

    def __str__(self) -> str:
        """The matcher as Alertmanager shows it."""
        return f'{self.name}{self.sign}"{self.value}"'

    def takes(self, text: str) -> bool | None:
        """Whether a value matches; None where the expression is not one that can be read here."""
        if self.sign in ("=", "!="):
            return (text == self.value) == (self.sign == "=")
        try:
            return (re.fullmatch(self.value, text) is not None) == (self.sign == "=~")
        except (re.error, RecursionError):
            return None

    def matches(self, labels: AlertLabels) -> bool | None:
        """Whether an alert with these labels matches; None where that cannot be told."""
        if self.name in labels.values:
            value = labels.values[self.name]
            if value is not None:
                return self.takes(value)
            return True if self.anything or str(self).endswith('=~".+"') else None
        if labels.closed:
            return self.takes("")
        return True if self.anything else None

    @property
    def anything(self) -> bool:
        """Whether every value matches, also none."""
        return (self.sign, self.value) == ("=~", ".*")

    @property
    def values(self) -> tuple[str, ...] | None:
        """The only values that match, where these are few: those of `=`, and the alternatives of `=~`."""
        if self.sign == "=":
            return (self.value,)
        if self.sign != "=~":
            return None
        parts = self.value.removeprefix("(").removesuffix(")").split("|")
        return tuple(parts) if all(_LITERAL.fullmatch(part) for part in parts) else None


def parse_matchers(text: str) -> tuple[LabelMatcher, ...]:
    """Read what one entry of `matchers` holds: one matcher, or several between braces.

    Raises:
        ValueError: it is no matcher.

    """
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    found, at = [], 0
    while at < len(inner):
        match = _MATCHER.match(inner, at)
        if match is None or match.end() == at:
            raise ValueError(f'`{text}` is no matcher, such as `severity="critical"`')
        value = match["text"] if match["text"] is not None else match["plain"].strip()
        quoted = match["text"] is not None
        name = match["name"] or match["quoted"]
        found.append(LabelMatcher(name, match["sign"], re.sub(r"\\(.)", _unescaped, value) if quoted else value))
        at = match.end()
    if not found and text.strip() not in ("", "{}"):
        raise ValueError(f"`{text}` is no matcher")
    return tuple(found)


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", '"': '"', "\\": "\\"}.get(match[1], match[0])


def all_match(matchers: Iterable[LabelMatcher], labels: AlertLabels) -> bool | None:
    """Whether an alert matches all of them; None where that cannot be told."""
    found = [matcher.matches(labels) for matcher in matchers]
    if False in found:
        return False
    return None if None in found else True


def contradiction(matchers: Iterable[LabelMatcher]) -> str:
    """The name of a label whose matchers no value fulfils, empty where there is none that can be told."""
    by_name: dict[str, list[LabelMatcher]] = {}
    for matcher in matchers:
        by_name.setdefault(matcher.name, []).append(matcher)
    for name, several in by_name.items():
        few = next((matcher.values for matcher in several if matcher.values is not None), None)
        if few is not None and all(any(one.takes(value) is False for one in several) for value in few):
            return name
    return ""


def cases(matchers: Sequence[LabelMatcher]) -> list[AlertLabels]:
    """The alerts that match, as far as matchers with few values tell them apart; their other labels are not known.

    Empty where there are too many to tell.
    """
    kept: dict[str, list[str]] = {}
    for matcher in matchers:
        if matcher.values is not None:
            kept[matcher.name] = [
                value
                for value in matcher.values
                if not any(one.name == matcher.name and one.takes(value) is False for one in matchers)
            ]
    if prod(map(len, kept.values())) > MOST_ALTERNATIVES:
        return []
    return [AlertLabels(dict(zip(kept, chosen, strict=True))) for chosen in product(*kept.values())]


def covered(matchers: tuple[LabelMatcher, ...], earlier: tuple[tuple[LabelMatcher, ...], ...]) -> tuple[int, ...]:
    """Which of the earlier matchers together take every alert that these match, by index; empty where some are left."""
    taking: dict[int, None] = {}
    for labels in cases(matchers):
        taker = next((at for at, other in enumerate(earlier) if _implied(other, labels, matchers)), None)
        if taker is None:
            return ()
        taking[taker] = None
    return tuple(taking)


def _implied(other: tuple[LabelMatcher, ...], labels: AlertLabels, matchers: tuple[LabelMatcher, ...]) -> bool:
    return all(one in matchers or one.matches(labels) is True for one in other)


def with_plain_matchers(data: Any) -> Any:
    """Alertmanager's configuration with its matchers as Alertmanager shows them: one by one, without braces, quoted."""
    if isinstance(data, list):
        return [with_plain_matchers(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: _plain(value) if key in _LISTS else with_plain_matchers(value) for key, value in data.items()}


def _plain(listed: Any) -> Any:
    try:
        return sorted(str(one) for text in listed for one in parse_matchers(str(text)))
    except (TypeError, ValueError):
        return listed
