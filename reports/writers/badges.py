"""`badges/<service>.svg`: score and gate of each service, and of the stack itself, as an image for its README."""

import re
from collections.abc import Mapping
from itertools import chain, count
from typing import Any

from markupsafe import escape

from reports.text import clip, one_line
from reports.views import SHARED, fails_gate

_COLOURS = {"pass": "#1a7f37", "fail": "#c4001d", "none": "#59636e"}
"""White on each of them has a contrast of at least 4.5."""
_LABEL = "conformance"
_CHAR = 6.6
"""Pixels that a character of 11 px takes at most on average; `textLength` makes the text that wide in any font."""


def _badge(name: str, words: str, colour: str) -> str:
    left, right = (round(len(part) * _CHAR) + 12 for part in (_LABEL, words))
    title = escape(f"{clip(one_line(name), 80)}: conformance {words}")
    parts = "".join(
        f'<text x="{x + width / 2:g}" y="14" textLength="{width - 12}">{escape(text)}</text>'
        for x, width, text in ((0, left, _LABEL), (left, right, words))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f'<title>{title}</title><rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{parts}</g>'
        "</svg>\n"
    )


def _file(name: str, taken: Mapping[str, str]) -> str:
    """A file's name for a service: its own name, where that is one."""
    stem = re.sub(r"[^a-z0-9_.-]+", "-", name.lower())[:60].strip("-.") or "service"
    return next(each for each in chain([stem], (f"{stem}-{number}" for number in count(2))) if each not in taken)


def render(report: Mapping[str, Any]) -> Mapping[str, str]:
    """Draw one badge for each service; by the name of its file, without suffix."""
    fail_on, drawn = report["gate"]["fail_on"], dict[str, str]()
    owners = [(service["name"], service) for service in report["services"]]
    if any(report["stack"]["counts"].values()):
        owners.append((SHARED, report["stack"]))
    for name, owner in owners:
        if fails_gate(owner, fail_on):
            state, words = "fail", "failing" if owner["score"] is None else f"failing, {owner['score']} of 100"
        elif owner["score"] is None:
            state, words = "none", "not judged"
        else:
            state, words = "pass", f"{owner['score']} of 100"
        drawn[_file(name, drawn)] = _badge(name, words, _COLOURS[state])
    return drawn
