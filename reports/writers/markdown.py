"""`summary.md`: the verdict as a pull-request comment: short, worst first, details folded.

GitHub refuses comments above 65,536 characters; this stays below 60,000 by leaving out whole entries, counted.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from reports.headline import headline
from reports.text import clip, one_line, plural
from reports.verdicts import OUTCOMES
from reports.views import SHARED, Group, ending, gaps, group, place, provenance, score_text, worst_first

Report = Mapping[str, Any]
LIMIT = 60_000
_MAX_SERVICES, _MAX_GROUPS, _MAX_GAPS = 12, 6, 5
_SIGNS = {"fail": "❌", "error": "💥", "warn": "⚠️", "not-evaluated": "➖", "waived": "🔕", "pass": "✅"}
_SPECIAL = re.compile(r"&(?:amp|lt|gt);|[\\`*_\[\]#!|~$]|^[-+=:]|^\d+(?=[.)])")


def escape(text: object) -> str:
    """Untrusted text as one harmless line: no markup, HTML, table cell end, mention or reference.

    Words between backticks become `<code>`, which a pipe or a further backtick cannot leave.
    """
    flat = clip(one_line(str(text)), 300)
    parts = flat.split("`")
    if len(parts) % 2 == 0:  # an unpaired backtick is just a character
        parts = [flat]
    return "".join(f"<code>{_plain(part)}</code>" if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    flat = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = _SPECIAL.sub(lambda m: m[0] if m[0][0] == "&" else f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", flat)
    # Entities keep GitHub from making addresses of text; a joiner keeps it from notifying people and linking issues.
    flat = flat.replace("://", "&#58;//").replace("www.", "www&#46;")
    return flat.replace("@", "@\u2060").replace("\\#", "\\#\u2060")


def _link(source: str | None) -> str:
    """The sources of rules are addresses and become links; anything else stays text."""
    if source and re.fullmatch(r"https?://[\w./#?=&%~+:,@-]+", source):
        return f"[source](<{source}>)"
    return escape(source or "")


def _fenced(text: str) -> str:
    """Text in a code block that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clip(text, 1000)}\n{fence}"


def _services(report: Report) -> list[str]:
    lines = ["| service | score | fail | warn | not evaluated | owner |", "|---|--:|--:|--:|--:|---|"]
    ordered = worst_first(report)
    rows = [*ordered[:_MAX_SERVICES]]
    if any(report["stack"]["counts"].values()):
        rows.append({"name": SHARED, "owner": None, **report["stack"]})
    for row in rows:
        counts = row["counts"]
        sign = next((_SIGNS[outcome] for outcome in OUTCOMES if counts[outcome]), _SIGNS["not-evaluated"])
        broken = counts["fail"] + counts["error"]
        cells = (
            f"{sign} {escape(row['name'])}",
            score_text(row["score"]),
            broken,
            counts["warn"],
            counts["not-evaluated"],
        )
        lines.append(f"| {' | '.join(map(str, cells))} | {escape((row['owner'] or '').partition(' <')[0])} |")
    if len(ordered) > _MAX_SERVICES:
        lines.append(f"\n…and {plural(len(ordered) - _MAX_SERVICES, 'service')} more, all with a better score.")
    return lines


def _entry(found: Group) -> str:
    """One folded failure: rule and subjects in the line to click, the evidence and the hint inside."""
    first = found.first
    names = ", ".join(found.subjects[:4]) + (f" and {len(found.subjects) - 4} more" if len(found.subjects) > 4 else "")
    change = f" · {first['change']}" if first.get("change") else ""
    simulated = " · simulated" if first["evidence"] == "simulated" else ""
    body = [f"{escape(first['title'])} {_link(first['source'])}"]
    for finding in found.findings[:2]:
        where = finding.get("where") or {}
        at = f" ({escape(place(where))})" if place(where) else ""
        body.append(f"- {escape(finding['message'])}{at}")
        if finding.get("hint"):
            body.append(f"  - **fix:** {escape(finding['hint'])}")
        if where.get("excerpt"):
            body.append(_fenced(str(where["excerpt"])))
    hidden = first["findings_total"] - len(found.findings[:2])
    body += [f"- …and {plural(hidden, 'more finding', 'more findings')}"] if hidden > 0 else []
    body += [escape(first["reason"])] if first["reason"] else []
    head = f"{_SIGNS[first['outcome']]} <b>{escape_html(first['rule'])}</b> {first['level']} · {escape_html(names)}"
    text = "\n".join(body)
    return f"<details><summary>{head}{change}{simulated}</summary>\n\n{text}\n</details>"


def escape_html(text: str) -> str:
    """Untrusted text inside an HTML element, where Markdown is not read but mentions are."""
    flat = clip(one_line(text), 300).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return flat.replace("@", "@\u2060").replace("`", "&#96;").replace("#", "#\u2060")


def _failures(report: Report, room: int) -> list[str]:
    """As many failures as fit into `room` characters, and how many did not."""
    groups = group(report["verdicts"], "fail", "error")
    lines: list[str] = []
    for found in groups[:_MAX_GROUPS]:
        entry = _entry(found)
        if len(entry) > room:
            break
        room -= len(entry)
        lines.append(entry)
    if len(groups) > len(lines):
        lines.append(f"\n…and {plural(len(groups) - len(lines), 'more failure')}: see `index.html`.")
    return lines


def _rest(report: Report) -> list[str]:
    """Warnings, gaps and provenance, one line each."""
    lines = []
    warned = Counter(verdict["rule"] for verdict in report["verdicts"] if verdict["outcome"] == "warn")
    if warned:
        names = ", ".join(f"{escape(rule)} ({number})" for rule, number in warned.most_common(12))
        lines.append(f"\n**Warnings:** {names}{' …' if len(warned) > 12 else ''}")
    missing = gaps(report["verdicts"])
    if missing:
        lines.append("\n**Not evaluated:**")
        lines += [f"- {plural(gap.count, 'check')}: {escape(gap.reason)}" for gap in missing[:_MAX_GAPS]]
        lines += [f"- …and {len(missing) - _MAX_GAPS} more reasons"] if len(missing) > _MAX_GAPS else []
    parts = [f"{escape(item['name'])} {escape(provenance(item))}" for item in report["stack"]["components"]]
    backend = escape(report["stack"]["backend"] or "unknown")
    lines.append(f"\n**Evidence from** (backend {backend}): {'; '.join(parts) or 'no run information'}.")
    lines += [f"\n> {escape(note)}" for note in report["notes"][:6]]
    lines += [f"\n> Waiver: {escape(text)}" for text in ending(report)[:6]]
    return lines


def _baseline(report: Report) -> list[str]:
    compared = report["baseline"]
    if not compared:
        return []
    counts = compared["counts"]
    words = [f"{counts[key]} {name}" for key, name in (("new", "new"), ("fixed", "fixed"), ("still", "still failing"))]
    words += [f"{counts['unproven']} no longer proven"] if counts["unproven"] else []
    words += [f"{len(compared['gone'])} no longer judged"] if compared["gone"] else []
    flapping = len((report.get("history") or {}).get("flapping") or ())
    words += [f"{flapping} flapping"] if flapping else []
    return [f"\n**Since {escape(compared['started'])}:** {', '.join(words)}.\n"]


def _score(report: Report) -> str:
    formula = report.get("score_formula")
    return f"\n<details><summary>How a score is computed</summary>\n\n{escape(formula)}\n</details>" if formula else ""


def render(report: Report) -> str:
    """Write the summary, below `LIMIT` characters."""
    first = headline(report)
    sign = {"pass": "✅", "fail": "❌", "error": "💥", "none": "➖"}[first.state]
    head = [
        f"## {sign} {escape(first.sentence)}",
        "",
        escape(f"{first.counts} {first.reasons}"),
        *_baseline(report),
        "",
        *_services(report),
        "",
    ]
    tail = _rest(report)
    room = LIMIT - len("\n".join([*head, *tail])) - 1000
    lines = [*head, *_failures(report, room), *tail, "\n**Again:**", _fenced(report["suite"]["rerun"]), _score(report)]
    return clip("\n".join(lines), LIMIT - 100) + "\n"
