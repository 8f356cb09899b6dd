r"""Untrusted text made safe to print: no control or bidirectional characters, no secrets, no endless strings.

The report is cleaned once, in `model.build`, so every format starts from harmless text; each writer then
escapes for its own syntax. Removed characters leave a visible escape: `\x1b` in an excerpt is evidence.
"""

import re
from functools import lru_cache
from typing import Any

from stack.text.secrets import mask

# C0 without tab and newline, DEL and C1; then the marks of Unicode's bidirectional algorithm (UAX #9), zero-width
# characters and separators that only hide text; then what XML 1.0 section 2.2 forbids.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff\ufffe\uffff]"
)
_LIMITS = {"message": 1500, "excerpt": 2000, "hint": 1000, "reason": 1500, "why": 1200, "description": 1000}
_LIMIT = 400
_CACHED_LENGTH = 4096


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def visible(text: str) -> str:
    """Show control, bidirectional and zero-width characters as escapes; CR before LF just goes."""
    return _CONTROL.sub(_visible, text.replace("\r\n", "\n"))


def _cut(text: str, limit: int, total: int) -> str:
    """Cut so that the result, with the note on what was left out, is at most `limit` long (hence idempotent)."""
    kept = max(limit - 32, 0)
    return f"{text[:kept]}… ({total - kept:,} more characters)"


def clip(text: str, limit: int) -> str:
    """Shorten to `limit` characters, at least 32, noting how much was left out."""
    return text if len(text) <= limit else _cut(text, limit, len(text))


@lru_cache(maxsize=16384)
def _clean_short(text: str, limit: int) -> str:
    return clip(mask(visible(text)), limit)


def clean(text: str, limit: int = _LIMIT) -> str:
    """Make one untrusted string safe: cut early (a megabyte costs nothing), then mask, then shorten."""
    if len(text) <= _CACHED_LENGTH:
        return _clean_short(text, limit)
    return _cut(mask(visible(text[: 8 * limit])), limit, len(text))


def clean_tree(value: Any, key: str = "") -> Any:
    """Clean every string in nested dictionaries and lists; keys too, since label names are untrusted."""
    if isinstance(value, str):
        return clean(value, _LIMITS.get(key, _LIMIT))
    if isinstance(value, dict):
        return {clean(str(name), 120): clean_tree(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_tree(item, key) for item in value]
    return value


def one_line(text: str) -> str:
    """Collapse newlines and runs of blanks, for places that take one line."""
    return " ".join(text.split())


def plural(count: int, noun: str, many: str = "") -> str:
    """Count with its noun: `1 service`, `3 services`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
