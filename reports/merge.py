"""One report of all shards of a run: the same as that of the whole run, or an error that says why there is none."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reports.exit_code import BROKE, CLEAN, INTERRUPTED, exit_code
from reports.model import gate, ordered, stack_part
from reports.text import plural

APART_H = 12.0
"""Shards of one run begin within so many hours: what is older was left by another night."""
DIFFERENT = {
    "commit": "they were made by different versions of the suite",
    "options": "they were given different options",
    "target": "their target files differ",
    "catalog": "their catalogs differ",
    "baseline": "their baselines differ",
    "services": "they know different services",
    "ci_run": "they belong to different runs of the CI server",
}
"""What must be the same in all shards, and what it means where it is not."""
_SHARD = re.compile(r" --shard[ =]\S+")
Report = Mapping[str, Any]


class MergeError(ValueError):
    """The reports are not all shards of one run; the message names the files."""


def merge(reports: Sequence[tuple[Path, Report]], command: str) -> tuple[dict[str, Any], int]:
    """Return the report of the run that these are all shards of, and its exit code; `command` is what was typed.

    Raises:
        MergeError: a shard is missing or there twice, or they are not of one run.

    """
    _check(reports)
    shards = [report for _, report in sorted(reports, key=lambda item: int(item[1]["suite"]["shard"]["number"]))]
    first = shards[0]
    verdicts = ordered(verdict for shard in shards for verdict in shard["verdicts"])
    begun, ended = zip(*map(_times, shards), strict=True)
    merged: dict[str, Any] = {
        **first,
        "suite": _suite(shards, command),
        "started": min(begun).isoformat(timespec="seconds"),
        "duration_s": round((max(ended) - min(begun)).total_seconds(), 2),
        "collection_s": max((shard["collection_s"] or 0 for shard in shards), default=None),
        "gate": gate(verdicts, first["gate"]["fail_on"]),
        "last_success": None,
        "stack": stack_part(first["stack"]["backend"], _components(shards), verdicts),
        "services": sorted(_services(shards), key=lambda service: str(service["name"])),
        "verdicts": verdicts,
        "pictures": [one for shard in shards for one in shard.get("pictures") or ()],
        "timelines": [one for shard in shards for one in shard.get("timelines") or ()],
        "notes": [*dict.fromkeys(note for shard in shards for note in shard["notes"])],
        "baseline": _baseline(shards),
        "history": None,
    }
    ends = {shard["gate"].get("exit_code") for shard in shards}
    status = next((code for code in (INTERRUPTED, BROKE) if code in ends), CLEAN)
    merged["gate"]["exit_code"] = code = exit_code(merged, status)
    return merged, code


def _check(reports: Sequence[tuple[Path, Report]]) -> None:
    by_number: dict[int, Path] = {}
    known, first = reports[0]
    for path, report in reports:
        shard = report["suite"].get("shard")
        if not shard:
            raise MergeError(f"{path}: is not the report of a shard (--shard)")
        of = (first["suite"]["shard"] or {}).get("of")
        if shard["of"] != of:
            raise MergeError(f"{path} is one of {shard['of']} shards, {known} one of {of}")
        if other := by_number.get(shard["number"]):
            raise MergeError(f"shard {shard['number']}/{of} is there twice: {other} and {path}")
        by_number[shard["number"]] = path
        if why := _differs(report, first):
            raise MergeError(f"{known} and {path} are not shards of one run: {why}")
    of = first["suite"]["shard"]["of"]
    if missing := [f"{number}/{of}" for number in range(1, of + 1) if number not in by_number]:
        raise MergeError(f"{plural(len(missing), 'shard')} missing: {', '.join(missing)}")
    twice = Counter(name for _, report in reports for name in report["suite"]["shard"]["services"])
    if doubled := sorted(name for name, times in twice.items() if times > 1):
        raise MergeError(f"more than one shard judged {', '.join(doubled)}")


def _differs(report: Report, first: Report) -> str:
    """Why these are not shards of one run, empty where they may be."""
    mine, theirs = report["suite"]["shard"]["same"], first["suite"]["shard"]["same"]
    for name, why in DIFFERENT.items():
        if mine.get(name) != theirs.get(name):
            return f"{why} ({theirs.get(name) or 'none'} and {mine.get(name) or 'none'})"
    if report["stack"]["backend"] != first["stack"]["backend"]:
        return f"their stacks ran in different ways ({first['stack']['backend']} and {report['stack']['backend']})"
    (begun, _), (theirs_begun, _) = _times(report), _times(first)
    if abs(begun - theirs_begun) > timedelta(hours=APART_H):
        return f"they began more than {APART_H:g} hours apart ({theirs_begun.isoformat()} and {begun.isoformat()})"
    return ""


def _times(report: Report) -> tuple[datetime, datetime]:
    begun = datetime.fromisoformat(report["started"])
    return begun, begun + timedelta(seconds=report["duration_s"])


def _suite(shards: Sequence[Report], command: str) -> dict[str, Any]:
    """Whole where all shards are: what is left of their limits is that of the run."""
    suite = shards[0]["suite"]
    scope = [
        *dict.fromkeys(one for shard in shards for one in shard["suite"]["scope"] if not one.startswith("--shard "))
    ]
    rerun = _SHARD.sub("", suite["rerun"])
    return {**suite, "command": command, "rerun": rerun, "complete": not scope, "scope": scope, "shard": None}


def _components(shards: Sequence[Report]) -> list[dict[str, Any]]:
    """Those of the first shard, which judges them, and what only others had."""
    found: dict[str, dict[str, Any]] = {}
    for shard in shards:
        for component in shard["stack"]["components"]:
            found.setdefault(component["name"], component)
    return [*found.values()]


def _services(shards: Sequence[Report]) -> Iterable[dict[str, Any]]:
    """Each as its own shard has it, with what the first knows of its panels and alerts: it asked for them."""
    stack = {service["name"]: service for service in shards[0]["services"]}
    for shard in shards:
        own = set(shard["suite"]["shard"]["services"])
        for service in shard["services"]:
            if service["name"] in own:
                measures = _measures(
                    service.get("measures") or {}, stack.get(service["name"], {}).get("measures") or {}
                )
                yield {**service, "measures": measures}


def _measures(own: Mapping[str, Any], stack: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**{key: value for key, value in stack.items() if key not in own}, **own}
    if "chain" in own and "chain" in stack:
        merged["chain"] = {
            kind: [
                next((other for other in stack["chain"].get(kind, ()) if other["name"] == stage["name"]), stage)
                if stage["count"] is None
                else stage
                for stage in stages
            ]
            for kind, stages in own["chain"].items()
        }
    return merged


def _baseline(shards: Sequence[Report]) -> dict[str, Any] | None:
    """What changed: the sum over the shards; what is gone is gone from all of them."""
    parts = [shard["baseline"] for shard in shards if shard["baseline"]]
    if len(parts) < len(shards):
        return None
    counts = {change: sum(part["counts"][change] for part in parts) for change in parts[0]["counts"]}
    gone = [one for one in parts[0]["gone"] if all(one in part["gone"] for part in parts)]
    return {**parts[0], "counts": counts, "gone": gone}
