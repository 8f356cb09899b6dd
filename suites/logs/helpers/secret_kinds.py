"""The kinds of secrets that logs must not hold: for each its trigger, its pattern and what tells it from a lookalike.

A pattern is only tried where one of its triggers occurs, so that clean text costs a substring search per trigger.
Every pattern is linear: what repeats is bounded or begins only where no such character stands before it.
They match the text of a line as it is written, so a line feed within a JSON string is a backslash and an n.

Sources: https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude, and each issuer's
page on the form of its tokens.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern

from suites.logs.helpers.cards import CARD_LIKE, is_card


def _any(_match: Match[str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SecretKind:
    """One kind of secret. Group 1 of `pattern` is the secret, or all of the match where it has no group.

    `triggers` are in lower case and one of them stands in lower-cased text that holds the secret; none: always tried.
    """

    name: str
    triggers: tuple[str, ...]
    pattern: Pattern[str]
    genuine: Callable[[Match[str]], bool] = _any


_PLACEHOLDER = re.compile(
    r"[*x.•#-]+|[<\[({%$].*|redacted|masked|hidden|filtered|removed|secret|password|null|none|nil|true|false|empty|"
    r"missing|required|invalid|incorrect|wrong|expired|changed|ok|unset|set|yes|no",
    re.IGNORECASE,
)


def _spelled_out(match: Match[str]) -> bool:
    """Whether a value is there itself, not a mask, a template's placeholder or a word about it."""
    return _PLACEHOLDER.fullmatch(match[1].strip("\\\"' ")) is None


def _token_like(match: Match[str]) -> bool:
    """Whether a value looks made by a machine: prose after `Bearer` has no digits."""
    return _spelled_out(match) and any(sign.isdigit() for sign in match[1])


def _basic(match: Match[str]) -> bool:
    """Whether the value decodes to `user:password` (RFC 7617)."""
    try:
        decoded = base64.b64decode(match[1] + "=" * (-len(match[1]) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in decoded and decoded.isprintable()


# A token begins where no character of it stands before; a JSON escape such as \n may stand before it.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_END = r"(?![A-Za-z0-9_-])"
_QUOTE = r'(?:\\?["\'])?'


def _token(body: str) -> Pattern[str]:
    return re.compile(_START + body + _END)


KINDS: tuple[SecretKind, ...] = (
    SecretKind(
        "private key",
        ("private key",),
        re.compile(r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\\\s:,-]{0,16384}"),
    ),
    SecretKind(
        "JSON Web Token",
        ("eyj", "ewog", "ew0k", "eya"),
        _token(r"(?:eyJ|ewog|ew0K|eyA)[A-Za-z0-9_-]{6,}\.e[yw][A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{8,}"),
    ),
    SecretKind("AWS access key", ("akia", "asia"), _token(r"(?:AKIA|ASIA)[A-Z2-7]{16}")),
    SecretKind(
        "AWS secret key",
        ("aws",),
        re.compile(r"(?i:aws_?secret(?:_?access)?_?key)[\"'\\ \t:=]{1,8}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    ),
    SecretKind("Google API key", ("aiza",), _token(r"AIza[0-9A-Za-z_-]{35}")),
    SecretKind("Google OAuth token", ("ya29.",), _token(r"ya29\.[0-9A-Za-z_-]{20,}")),
    SecretKind("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _token(r"gh[pousr]_[A-Za-z0-9]{36,255}")),
    SecretKind("GitHub token", ("github_pat_",), _token(r"github_pat_[A-Za-z0-9_]{22,255}")),
    SecretKind("GitLab token", ("glpat-",), _token(r"glpat-[A-Za-z0-9_-]{20,}")),
    SecretKind("Slack token", ("xox",), _token(r"xox[abeoprs]-[A-Za-z0-9-]{10,}")),
    SecretKind(
        "Slack webhook",
        ("hooks.slack.com",),
        re.compile(r"hooks\.slack\.com\\?/(?:services|workflows)\\?/([A-Za-z0-9_/\\]{20,200})"),
    ),
    SecretKind("Stripe key", ("k_live_",), _token(r"[rs]k_live_[0-9A-Za-z]{16,247}")),
    SecretKind("Azure storage key", ("accountkey",), re.compile(r"(?i:accountkey)=([A-Za-z0-9+/]{86}==)")),
    SecretKind("Grafana token", ("glsa_", "glc_"), _token(r"(?:glsa|glc)_[A-Za-z0-9_+/=-]{32,512}")),
    SecretKind(
        "bearer token",
        ("bearer",),
        re.compile(r"(?i:\bbearer)[ \t:=]{1,4}([A-Za-z0-9._~+/-]{16,8192}={0,2})"),
        _token_like,
    ),
    SecretKind(
        "basic credentials", ("basic ",), re.compile(r"(?i:\bbasic) {1,4}([A-Za-z0-9+/]{4,1024}={0,2})"), _basic
    ),
    SecretKind(
        "password in a URL",
        ("://", ":\\/\\/"),
        re.compile(r":(?:\\?/){2}[^\s/:@\"'\\<>]{0,128}:([^\s/@\"'\\]{1,256})@[A-Za-z0-9\[]"),
        _spelled_out,
    ),
    SecretKind(
        "password",
        ("passw", "passphrase", "pwd"),
        re.compile(
            r"(?i:password|passwd|passphrase|pwd)"
            rf"(?:{_QUOTE}\s{{0,2}}=\s{{0,2}}{_QUOTE}|:(?!\s){_QUOTE}|\\?[\"']\s{{0,2}}:\s{{0,2}}\\?[\"'])"
            r"([^\s\"'&,;}\\][^\"'&,;}\\\s]{2,255})"
        ),
        _spelled_out,
    ),
    SecretKind(
        "credential",
        ("secret", "apikey", "api_key", "api-key", "token", "authorization", "access_key", "cookie"),
        re.compile(
            r"(?i:client_secret|secret_key|api[_-]?key|(?:access|auth|refresh|session|id|api)_?token|authorization|"
            r"access_key|set-cookie|[\"']token|[\"']secret|[\"']cookie)"
            r"\\?[\"'][ \t]{0,2}:[ \t]{0,2}\\?[\"'](?:(?i:bearer|basic) )?([^\"'\\\s]{12,8192})"
        ),
        _token_like,
    ),
    SecretKind(
        "credential",
        ("secret", "apikey", "api_key", "api-key", "token", "access_key", "session"),
        re.compile(
            r"(?:(?i:client_secret|secret_key|api[_-]?key|(?:access|auth|refresh|session|id|api)_?token|access_key)"
            r"|(?<![A-Za-z0-9_-])(?i:token|session(?:_?id)?))"
            r"=([A-Za-z0-9._~+/%-]{16,8192}={0,2})"
        ),
        _token_like,
    ),
    SecretKind(
        "credential",
        ("x-api-key", "x-auth-token"),
        re.compile(r"(?i:x-api-key|x-auth-token): {0,2}([A-Za-z0-9._~+/-]{16,8192}={0,2})"),
        _token_like,
    ),
    SecretKind("card number", (), CARD_LIKE, is_card),
)
"""All kinds, the most telling first: a secret of two kinds is named by the first."""
