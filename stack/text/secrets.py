"""Finds secrets in text and masks them, in time linear in the text, by the kinds in `schemas/secret-kinds.yaml`.

Nothing here returns the secret itself: `find` says where it is and of which kind, `mask` replaces it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain
from typing import NamedTuple

from stack.text.generated import is_generated
from stack.text.schema_data import schema_data
from stack.text.secret_checks import CHECKS, LINES_APART, Check

_WORD = re.compile("[a-z]{3,}")
_ID = re.compile(r"(?:[a-z]{1,6}[-_])?(?:0x)?[0-9a-fA-F-]+(?:-[A-Z]{2,4})?")
"""A hash, an id of a trace, a UUID, or one with a word before it, such as `req-`."""

_BETWEEN = f"\n{LINES_APART}\n"
"""Between lines that are searched together: no pattern goes on across it."""

_BLOCK = 1 << 16
"""Characters searched at a time: one trigger among them costs no more than a search of so many."""


_AFTER = 80
"""Characters from its trigger on that a kind with `before` may take."""


@dataclass(frozen=True)
class SecretKind:
    """One kind of secret; `schemas/secret-kinds.yaml` explains the fields."""

    name: str
    pattern: re.Pattern[str]
    triggers: tuple[str, ...] = ()
    before: int = 0
    check: Check | None = None
    secrets: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    is_token: bool = False
    """Whether a trigger is how the secret begins, where a token may begin."""

    def matches(self, text: str, lowered: str) -> Iterator[tuple[int, int]]:
        """Where secrets of this kind are in `text`; `lowered` is the same text in lower case, of the same length."""
        candidates = self._triggered(text, lowered) if self.triggers else self.pattern.finditer(text)
        for match in candidates:
            if self.triggers or self.is_secret(match):
                yield match.span(match.lastindex or 0)

    def is_secret(self, match: re.Match[str]) -> bool:
        """Whether what the pattern matched passes the check."""
        return self.check is None or self.check(match)

    def _triggered(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        for trigger in self.triggers:
            done, at = 0, lowered.find(trigger)
            while at >= 0:
                if self.before:
                    begin, end = max(done, at - self.before), at + _AFTER
                    while (match := self.pattern.search(text, begin, end)) and match.end() <= at:
                        begin = match.end()  # of another trigger
                else:
                    match = self.pattern.match(text, at)
                if match and self.is_secret(match):
                    yield match
                    done = match.end()
                elif match and match.end() - at > _AFTER:
                    done = match.end()  # looking into each long lookalike again would not be linear
                at = lowered.find(trigger, max(done, at + len(trigger)))


class Secret(NamedTuple):
    """A secret in a text: its kind and the characters `start` to `end` (exclusive) that it takes."""

    kind: str
    start: int
    end: int


@cache
def kinds() -> tuple[SecretKind, ...]:
    """All kinds, the most specific first: a secret of two kinds is named by the first."""
    data = schema_data("secret-kinds.yaml")
    definitions: dict[str, str] = {}
    for name, fragment in data["definitions"].items():
        definitions[name] = _expanded(fragment, definitions)
    return tuple(
        SecretKind(
            name=kind["name"],
            pattern=re.compile(_expanded(kind["pattern"], definitions)),
            triggers=tuple(kind.get("triggers", ())),
            before=kind.get("before", 0),
            check=CHECKS[kind["check"]] if "check" in kind else None,
            secrets=tuple(kind["secrets"]),
            harmless=tuple(kind.get("harmless", ())),
            is_token=kind["pattern"].startswith("{start}") and "before" not in kind,
        )
        for kind in data["kinds"]
    )


@cache
def _triggers() -> tuple[tuple[str, str, int], ...]:
    """The triggers to search for, each with the longest word in it, which may be all of it, and the rank of its kind.

    The empty text, found everywhere, is that of a kind without.
    """
    ranked = [(rank, kind) for rank, kind in enumerate(kinds()) if not kind.is_token]
    return tuple((trigger, _word_in(trigger), rank) for rank, kind in ranked for trigger in kind.triggers or ("",))


_WORDS = bytes(byte if chr(byte) in "_-abcdefghijklmnopqrstuvwxyz" or byte >= 0x80 else 0x20 for byte in range(256))
"""Puts a blank in place of each ASCII character that is no part of a word."""


def _word_in(trigger: str) -> str:
    return max(trigger.encode().translate(_WORDS).decode().split(), key=len, default="")


def _possible(lowered: str) -> list[int]:
    """The ranks of the kinds of which a trigger is in the text.

    Its word is looked up among the different words of the text first, of which logs have few.
    """
    words = b" ".join(set(lowered.encode("utf-8", "surrogatepass").translate(_WORDS).split()))
    different = words.decode("utf-8", "surrogatepass")
    return sorted(
        {rank for trigger, word, rank in _triggers() if word in different and (word == trigger or trigger in lowered)}
    )


@cache
def _beginnings() -> Mapping[str, tuple[tuple[str, int], ...]]:
    """How tokens begin, with the rank of their kind, by the first two letters."""
    found: dict[str, list[tuple[str, int]]] = {}
    for rank, kind in enumerate(kinds()):
        for trigger in kind.triggers if kind.is_token else ():
            found.setdefault(trigger[:2], []).append((trigger, rank))
    return {first: tuple(triggers) for first, triggers in found.items()}


@cache
def _token_starts() -> tuple[re.Pattern[str], ...]:
    """What comes before a token of 14 characters or more: the start of the text, no part of a word, or an escape.

    One search for all of them is faster than one for each of the 150 ways in which the tokens of issuers begin, and
    fastest where few characters can be the first.
    """
    begins = _any_of([trigger for triggers in _beginnings().values() for trigger, _ in triggers])
    long = "(?=[a-z0-9_.~+/=-]{14})"
    escape = rf"(?:\\{long}(?:[nrtbf]|u00[0-9a-f]{{2}})|%{long}[0-9a-f]{{2}})"
    starts = rf"\A{long}", rf"[^a-z0-9_-]{long}", escape
    return tuple(re.compile(rf"{start}(?={begins})") for start in starts)


def _any_of(texts: Iterable[str]) -> str:
    """An expression for each of the texts, letter by letter: most places are none of them by their second letter."""
    rest: dict[str, list[str]] = {}
    for text in texts:
        if not text:
            return ""
        rest.setdefault(text[0], []).append(text[1:])
    return f"(?:{'|'.join(re.escape(first) + _any_of(others) for first, others in rest.items())})"


def _tokens(text: str, lowered: str) -> Iterator[tuple[int, int, int]]:
    """The start, end and rank of kind of each token of an issuer."""
    known, beginnings = kinds(), _beginnings()
    for before in chain.from_iterable(start.finditer(lowered) for start in _token_starts()):
        at = before.end()
        for trigger, rank in beginnings[lowered[at : at + 2]]:
            if lowered.startswith(trigger, at):
                match = known[rank].pattern.match(text, at)
                if match and known[rank].is_secret(match):
                    yield (*match.span(match.lastindex or 0), rank)


def _expanded(pattern: str, definitions: Mapping[str, str]) -> str:
    for name, fragment in definitions.items():
        pattern = pattern.replace(f"{{{name}}}", fragment)
    return pattern


def find(text: str) -> list[Secret]:
    """The secrets in `text`, in order and without overlaps; where two overlap, the earlier kind names both."""
    # The one character whose lower case is longer than itself would shift all places behind it.
    lowered = text.replace("\u0130", "I").lower()
    known = kinds()
    found = [(start, end, rank) for rank in _possible(lowered) for start, end in known[rank].matches(text, lowered)]
    return _apart([*found, *_tokens(text, lowered)])


def mask(text: str) -> str:
    """`text` with each secret replaced by its kind, such as `[masked: bearer token]`; idempotent.

    What is of no known kind and looks generated is masked, too: who prints a text cannot know that it is no key.
    """
    parts, done = [], 0
    for secret in find(text):
        parts += [_without_keys(text[done : secret.start]), f"[masked: {secret.kind}]"]
        done = secret.end
    return "".join([*parts, _without_keys(text[done:])])


_LONG = re.compile(r"(?:(?<=\\[nrt])|(?<![A-Za-z0-9_+/\\-]))(?:[A-Za-z0-9_+/-]|\\/){20,}={0,2}")


def _without_keys(text: str) -> str:
    """`text` without long runs of letters and digits that look generated; hexadecimal ids and hashes stay."""
    return _LONG.sub(lambda match: _key_masked(match[0]), text)


def _key_masked(run: str) -> str:
    parts = run.split("/")
    if len(parts) > 1 and not all(_is_key(part) if len(part) > 5 else not _WORD.fullmatch(part) for part in parts):
        return "/".join(map(_key_masked, parts))  # a path; otherwise base64
    cases = sum(any(map(test, run)) for test in (str.isupper, str.islower, str.isdigit))
    return "[masked: possible key]" if cases > 1 and len(run) >= (20 if cases == 3 else 32) and _is_key(run) else run


def _is_key(text: str) -> bool:
    return is_generated(text) and not _ID.fullmatch(text)


def find_in_lines(lines: Sequence[str]) -> Iterator[tuple[int, Secret]]:
    """The secrets in many lines, each with the index of the line it begins in and its place within that line.

    Lines are searched in blocks, which costs a fraction of searching each by itself.
    """
    ends = list(accumulate(map(len, lines), initial=0))
    first = 0
    while first < len(lines):
        last = bisect_left(ends, ends[first] + _BLOCK, first + 1, len(lines))

        def start(line: int, first: int = first) -> int:
            return ends[line] - ends[first] + (line - first) * len(_BETWEEN)

        for secret in find(_BETWEEN.join(lines[first:last])):
            index = bisect_right(range(last), secret.start, first, key=start) - 1
            begin = secret.start - start(index)
            yield index, Secret(secret.kind, begin, min(secret.end - start(index), len(lines[index])))
        first = last


def _apart(found: list[tuple[int, int, int]]) -> list[Secret]:
    """Places (start, end, rank of kind) joined where they overlap, in order of place."""
    joined: list[tuple[int, int, int]] = []
    for start, end, rank in sorted(found):
        if joined and start < joined[-1][1]:
            begun, until, better = joined[-1]
            joined[-1] = (begun, max(until, end), min(better, rank))
        else:
            joined.append((start, end, rank))
    return [Secret(kinds()[rank].name, start, end) for start, end, rank in joined]
