"""Metrics that were renamed: exporters change the unit or the suffix of a name, and keep its stem.

Source: https://prometheus.io/docs/practices/naming/#metric-names
"""

from collections.abc import Iterable

_SUFFIXES = frozenset({
    "total", "seconds", "milliseconds", "ms", "bytes", "kilobytes", "ratio", "percent", "celsius", "count", "info",
})  # fmt: skip


def stem(name: str) -> str:
    """A name without units and suffixes, its words in the singular: `http_request` of `http_requests_total`."""
    words = name.split("_")
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return "_".join(word.removesuffix("s") for word in words)


def renamed_to(missing: str, known: Iterable[str]) -> str:
    """The known metric that a missing one is now called, as far as its stem tells; empty where there is none.

    A single word is too little to tell, and parts of histograms (`_bucket`, `_sum`) are compared as such.
    """
    wanted = stem(missing)
    if "_" not in wanted:
        return ""
    return min((name for name in known if name != missing and stem(name) == wanted), key=len, default="")
