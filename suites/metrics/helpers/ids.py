"""Label values that look like ids: each new one is a new time series."""

import re
from functools import lru_cache
from ipaddress import ip_address

UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE
)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*\.[a-z]{2,24}(?!\w)", re.IGNORECASE)
JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
ADDRESS_LIKE = re.compile(r"[0-9a-f]{0,4}[.:\[][0-9a-f.:\]]{2,50}", re.IGNORECASE)
LONG_HEX = re.compile(r"(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])(?:0x)?[0-9a-f]{16,}", re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d.*)?|1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?")
NUMBER = re.compile(r"\d{6,}")
PATH_WITH_NUMBER = re.compile(r"(?:https?://[^/]+)?/(?:[^?#]*/)?(?<!/api/)(?<!/rest/)\d+(?:[/?#].*)?")

FILE_LABELS = frozenset({"mountpoint", "device", "file", "filename", "cgroup", "rule_group", "directory", "dir"})
"""Labels of paths in a file system, which may well have numbers in them (`/run/user/1000`)."""

AMOUNTS = re.compile(
    r"(?:^|_)(?:sizes?|(?:kilo|mega|giga)?(?:bytes|bits|hertz)|limit|bound|bucket|range|threshold|quantile|level|max|min|"
    r"capacity|count|mtu|speed|port|code|status|(?:\w*_)?version|frequency|freq|hz|rate|resolution|interval|"
    r"duration|window|seconds|[mun]s|asn?|vlan|mark|mode|priority|weight|offset|length)$",
    re.IGNORECASE,
)
"""Labels whose values are amounts, codes and versions: numbers, however long, that are few."""
THINGS = re.compile(
    r"(?:^|_)(?:node|peer|server|member|broker|cluster|shard|replica|host|hostname|backend|upstream|target|endpoint|"
    r"instance|listener|disk|volume|device|gpu|interface|table|database|pool)(?:_(?:id|uuid|ip|addr|address))?$",
    re.IGNORECASE,
)
"""Labels that name a part of the installation, of which there are a few, by whatever address or id it goes."""
OF_THINGS = frozenset({"UUIDs", "IP addresses", "long hexadecimal numbers", "long numbers"})
"""What parts of an installation are named by, as users and requests are."""

LONGEST = 512
"""Longer values are cut before they are checked."""


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
        ("times", TIME.fullmatch(value) and not _is_round(value)),
        ("IP addresses", ADDRESS_LIKE.fullmatch(value) and _is_address(value)),
        ("long hexadecimal numbers", LONG_HEX.fullmatch(value)),
        ("long numbers", NUMBER.fullmatch(value) and not _is_round(value)),
        ("paths with numbers", "/" in value and PATH_WITH_NUMBER.fullmatch(value)),
    ):
        if found:
            return kind
    return None


def _is_round(value: str) -> bool:
    """A size or a limit, such as 1000000, 1048576 and 65536 - 1, rather than an id."""
    if not value.isdecimal():
        return False
    number = int(value)
    return number % 1000 == 0 or any((number + by) % 1024 == 0 for by in (-1, 0, 1))


def _is_address(value: str) -> bool:
    """An address of another host, with or without a port; loopback and unspecified ones are the host's own."""
    host = value[1:].partition("]")[0] if value[0] == "[" else value
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


def may_be(kind: str, label: str) -> bool:
    """Values of this label that look like `kind` may be ids, of which there is no limit."""
    if label.startswith(("annotation_", "label_")):
        return False  # what Kubernetes' objects are annotated with
    if kind == "paths with numbers":
        return label not in FILE_LABELS
    if kind in ("long numbers", "times", "IP addresses") and AMOUNTS.search(label):
        return kind == "IP addresses" and "version" not in label.lower()
    return kind not in OF_THINGS or not THINGS.search(label)
