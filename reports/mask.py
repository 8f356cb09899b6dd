"""Secrets out of everything that a service said before it is written anywhere.

Patterns are linear in the length of the text and idempotent: masking a masked text changes nothing. A few
leading characters stay, so that the owner can recognise which credential leaked. Over-masking is accepted,
under-masking is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

MASKED = "(masked)"

_KEY = r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|auth[_-]?key"
_CARD = re.compile(r"(?<![\w.])[2-689]\d(?:[ -]?\d){11,17}(?![\w]|\.\d)")
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _keep(count: int) -> Callable[[re.Match[str]], str]:
    """Keep the first `count` characters of the match."""
    return lambda match: f"{match[0][:count]}…{MASKED}"


def _bare(match: re.Match[str]) -> str:
    """Mask an unquoted value; prose such as `token: expected` is no credential and has no digit."""
    prose = "pass" not in match["key"].lower() and ":" in match["sep"]
    if prose and not any(char.isdigit() for char in match["value"]):
        return match[0]
    return f"{match['key']}{match['sep']}{MASKED}"


def _card(match: re.Match[str]) -> str:
    """Mask what passes the Luhn check (ISO/IEC 7812-1), keep the last four digits."""
    digits = [int(char) for char in match[0] if char.isdigit()]
    odd, even = digits[-1::-2], digits[-2::-2]
    if (sum(odd) + sum(_LUHN_DOUBLED[digit] for digit in even)) % 10:
        return match[0]
    return f"{MASKED}…{''.join(map(str, digits[-4:]))}"


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}-----|\Z)"),
        lambda _: f"-----PRIVATE KEY {MASKED}-----",
    ),
    (re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*){0,4}"), _keep(4)),
    (
        re.compile(r"\b(?P<key>bearer|basic)(?P<sep>\s{1,3})(?P<value>[\w.~+/-]{8,}=*)", re.IGNORECASE),
        lambda m: f"{m['key']}{m['sep']}{m['value'][:4]}…{MASKED}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}"), _keep(4)),
    (re.compile(r"\bAIza[\w-]{30,}"), _keep(4)),
    (re.compile(r"\bya29\.[\w.-]{10,}"), _keep(5)),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,})"), _keep(4)),
    (re.compile(r"\b(?:xox[abeprs]-[\w-]{10,}|sk_live_\w{10,}|sk-[\w-]{20,})"), _keep(4)),
    (
        re.compile(r"(?P<user>://[^\s/:@\"'<>]{0,200}):(?!\(masked\))(?P<value>[^\s/@\"'<>]{1,500})@"),
        lambda m: f"{m['user']}:{MASKED}@",
    ),
    (  # a quoted value, also inside a JSON string whose quotes are escaped
        re.compile(
            rf"(?P<key>(?:{_KEY})s?\\{{0,3}}[\"']?)(?P<sep>\s{{0,3}}(?:=>|[=:])\s{{0,3}})(?P<quote>\\{{0,3}}[\"'])"
            r"(?!\(masked\))(?P<value>(?:[^\"'\\\n]|\\[^\"'\n])*(?:\\{1,3}[\"'](?!\s*[,}\]:]|\s*$)[^\"'\\\n]*)*)",
            re.IGNORECASE,
        ),
        lambda m: f"{m['key']}{m['sep']}{m['quote']}{MASKED}",
    ),
    (
        re.compile(
            rf"(?P<key>\b[\w.-]{{0,24}}?(?:{_KEY})[\"']?)(?P<sep>\s?[=:]\s?)(?!\(masked\))(?P<value>[^\s\"'`,;&<>(){{}}\[\]\\]+)",
            re.IGNORECASE,
        ),
        _bare,
    ),
    (_CARD, _card),
)

# One cheap look that lets most texts through untouched: a digit run of a card, or a word of a pattern above.
_SUSPECT = re.compile(
    r"eyJ|PRIVATE KEY|bearer|basic\s|A[KSBC][IC]A|AIza|ya29|gh[pousr]_|_pat_|glpat|xox|sk[-_]|://[^/\s]*@|"
    rf"{_KEY}|\d\d(?:[ -]?\d){{11}}",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def mask(text: str) -> str:
    """Replace every recognised secret in `text` by its first (cards: last) few characters and `(masked)`."""
    if not _SUSPECT.search(text):
        return text
    for pattern, replace in _PATTERNS:
        text = pattern.sub(replace, text)
    return text
