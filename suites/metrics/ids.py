"""Label values that look like ids: one of very many, each new one a new time series."""

from __future__ import annotations

import re
from functools import lru_cache

UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*\.[a-z]{2,24}(?!\w)", re.IGNORECASE)
JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?::\d{1,5})?")
IPV6 = re.compile(
    r"\[?(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4}|(?::[0-9a-f]{1,4}){1,6})\]?(?::\d{1,5})?", re.IGNORECASE
)
LONG_HEX = re.compile(r"(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])(?:0x)?[0-9a-f]{16,}", re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d.*)?|1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?")
NUMBER = re.compile(r"\d{6,}")
PATH_WITH_NUMBER = re.compile(r"(?:https?://[^/]+)?/(?:[^?#]*/)?\d+(?:[/?#].*)?")

OWN_ADDRESSES = ("127.", "0.0.0.0", "[::", "::")  # noqa: S104  # recognised as a label value, not listened on
"""Loopback and unspecified addresses: a few, and the host's own."""

FILE_LABELS = frozenset({"mountpoint", "device", "file", "filename", "cgroup", "rule_group", "directory", "dir"})
"""Labels of paths in a file system, which may well have numbers in them (`/run/user/1000`)."""

LONGEST = 512
"""Longer values are cut before they are looked at."""


@lru_cache(maxsize=20_000)  # metrics of one service share many label values
def kind_of_id(value: str) -> str | None:
    """What the value looks like, in the plural (`UUIDs`), or None."""
    if len(value) < 4:
        return "paths with numbers" if len(value) > 1 and value[0] == "/" and value[1:].isdigit() else None
    value = value[:LONGEST]
    for kind, found in (
        ("JSON web tokens", JWT.search(value)),
        ("UUIDs", UUID.search(value)),
        ("e-mail addresses", "@" in value and EMAIL.search(value)),
        ("times", TIME.fullmatch(value)),
        ("IP addresses", not value.startswith(OWN_ADDRESSES) and (IPV4.fullmatch(value) or IPV6.fullmatch(value))),
        ("long hexadecimal numbers", LONG_HEX.fullmatch(value)),
        ("long numbers", NUMBER.fullmatch(value)),
        ("paths with numbers", "/" in value and PATH_WITH_NUMBER.fullmatch(value)),
    ):
        if found:
            return kind
    return None


def may_hold_paths(label: str) -> bool:
    """Paths in this label may be request paths, of which there are endlessly many."""
    return label not in FILE_LABELS
