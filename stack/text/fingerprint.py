"""Names a finding so that the same one is known again on another day, and two different ones are told apart.

It is made of the subject, the names in the message and its words; not of the rule, which may be renamed. Numbers,
times, durations, addresses, ids, line numbers and examples ("first `x`") change from run to run and are left out, and
so is what changes with them: "line 3 has" and "2 of 9 lines, first line 3, have" are one finding. Findings that differ
only in those are numbered, so that a second one gets a name of its own.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from stack.text.secrets import mask

_SHAPE = re.compile(r"[0-9a-f]{16}(-[0-9]+)?")
_LONGEST = 1000
_EXAMPLE = re.compile(
    r",? ?\b(first|such as|the last one|the nearest has)( at)?( line [\d,]+| (level )?`[^`]*`)+"
    r"|,? and [\d,]+ more\b[^,;:]*"
    r"|,? ?\(?\b(in )?[\d,]+ of [\d,]+ (times|scrapes|tries)\b\)?"
    r"|\((also )?([\d,]+ (times|lines)\b|line \d)[^)]*\)"
    r"|,? [\d,]+ times\b"
)
"""What stands for many: one of them, and how many there are."""
_UNITS = (
    r"ns|us|µs|ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?|y|years?"
    r"|[kKMGT]i?B|B|bytes?|%|bits?|characters?"
)
_ID = re.compile(
    r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"  # UUID
    r"|(?<=-)[0-9a-f]{8,10}-[0-9a-z]{5}\b"  # what Kubernetes appends to a pod's name
    r"|\b(0x)?(?=[0-9a-fA-F]*[0-9])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{8,}\b"
    r"|\b(?=(?:[A-Za-z]*[0-9]){4})[0-9A-Za-z]{16,}\b"
)
_NUMBER = re.compile(
    r"\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?\b"
    r"|(?<=[A-Za-z]-)\d{4,}\b"
    rf"|(?<![\w.])(?<![A-Za-z]-)[-+]?v?\d[\d.,:_]*([eE][-+]?\d+)?(\s?({_UNITS})(?![A-Za-z_]))?(?!\w)"
    rf"|(?<![\w.])(\d[\d.]*({_UNITS}))+(?!\w)"
)
_WORD = re.compile(r"[^\W\d_]\w*")
_UNSTEADY = frozenset(
    "a an the of in on at to by and or is are was were be has have had do does it its they their this these that those "  # noqa: SIM905  # a list of 40 lines otherwise
    "one all some each every only first last more".split()
)
"""Words that come and go with a number."""


def fingerprints(subject: str, findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """The fingerprint of each finding of one verdict, in their order: 16 hexadecimal digits, `-2` for a second alike.

    A finding is plain data as in `schemas/finding.schema.json`; of it count `message` and, in `where`, the file and,
    where the message names nothing, the series or panel.
    """
    seen: Counter[str] = Counter()
    named = []
    for finding in findings:
        text = "\n".join((subject, *_identity(finding)))
        digits = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        seen[digits] += 1
        named.append(digits if seen[digits] == 1 else f"{digits}-{seen[digits]}")
    return named


def is_fingerprint(value: object) -> bool:
    """Whether this has the shape of a fingerprint."""
    return isinstance(value, str) and _SHAPE.fullmatch(value) is not None


def _identity(finding: Mapping[str, Any]) -> list[str]:
    where = finding.get("where") or {}
    message = _EXAMPLE.sub(" ", mask(str(finding["message"])[:_LONGEST]))
    names = [steady(name) for name in re.findall(r"`([^`]*)`", message)]
    if not names:
        names = [steady(str(where[key])[:_LONGEST]) for key in ("series", "panel") if where.get(key)]
    words = {word.lower() for word in _WORD.findall(steady(re.sub(r"`[^`]*`", " ", message)))} - _UNSTEADY
    file = str(where.get("file") or "").replace("\\", "/")
    place = "/".join(file.split("/")[-2:]) if file.startswith("/") else file
    return [place, *names, " ".join(sorted(map(_stem, words)))]


def steady(text: str) -> str:
    """Replace ids, times, numbers with their units, and ports; digits that are part of a word stay."""
    return _NUMBER.sub("#", _ID.sub("#", text))


def _stem(word: str) -> str:
    """Without the ending that changes with a number; words shorter than four letters have none."""
    return re.sub(r"e?s?$", "", word) if len(word) > 3 else word
