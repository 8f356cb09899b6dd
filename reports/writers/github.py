"""Annotations of a GitHub Actions run: workflow commands on standard output, beside the lines that they are about.

No service can give a command of its own: what it wrote has its line ends and percent signs encoded, and the rest of the
output is between `stop` and `resume`.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from reports.headline import headline
from reports.text import clip, one_line, plural
from reports.views import group

Report = Mapping[str, Any]
_KINDS = {"fail": "error", "error": "error", "warn": "warning"}
_MAX = 10
"""GitHub displays ten annotations of a kind for each step, and silently drops the others."""
TOKEN = secrets.token_hex(16)
"""Ends the part in which the runner obeys no command; nothing that is printed before can know it."""
STOP, RESUME = f"::stop-commands::{TOKEN}", f"::{TOKEN}::"


def data(text: object, limit: int = 800) -> str:
    """Text as the message of a workflow command."""
    flat = clip(str(text), limit)
    return flat.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: object) -> str:
    """Text as a property of a workflow command, which also colons and commas would end."""
    return data(one_line(str(text)), 200).replace(":", "%3A").replace(",", "%2C")


def _annotation(kind: str, title: str, message: str, at: Mapping[str, Any] | None = None) -> str:
    properties = {"title": title, **({"file": at["file"], "line": at["line"]} if at else {})}
    return f"::{kind} {','.join(f'{key}={value(part)}' for key, part in properties.items())}::{data(message)}"


def render(report: Report) -> str:
    """Write one command per line: the failures, the widest first, then the warnings; what is left out is counted."""
    lines = []
    for kind in ("error", "warning"):
        outcomes = [outcome for outcome, own in _KINDS.items() if own == kind]
        groups = group(report["verdicts"], *outcomes)
        shown = groups if len(groups) <= _MAX else groups[: _MAX - 1]
        for found in shown:
            first = found.first
            finding = found.findings[0] if found.findings else {}
            names = ", ".join(found.subjects[:3])
            names += f" and {len(found.subjects) - 3} more" if len(found.subjects) > 3 else ""
            parts = [finding.get("message") or first["reason"] or first["title"], finding.get("hint")]
            parts += [f"and {plural(found.more, 'more finding')}"] if found.more else []
            message = "\n".join(str(part) for part in parts if part)
            lines.append(_annotation(kind, f"{first['rule']} on {names}", message, finding.get("location")))
        if len(groups) > len(shown):
            rest = plural(len(groups) - len(shown), "more failure" if kind == "error" else "more warning")
            lines.append(_annotation(kind, rest, f"{headline(report).sentence}: see the report."))
    return "".join(f"{line}\n" for line in lines)
