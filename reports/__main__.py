"""`python -m reports`: every format again from a report.json (`render`), or from those of all shards (`merge`)."""

import argparse
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.destinations import IN_GITHUB, Destinations
from reports.earlier import ReportError, read_report
from reports.exit_code import BROKE, CLEAN, INTERRUPTED, USAGE
from reports.history import record
from reports.merge import MergeError, merge
from reports.model import clean_report
from reports.publish import Published, publish
from reports.writers import terminal


def _render(source: Path, out: Path) -> int:
    try:
        report = clean_report(read_report(source))  # the file may come from anywhere
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 1 if _published(report, out).problems else 0


def _merge(given: argparse.Namespace, command: str) -> int:
    """Merge, and end as the whole run would have (docs/gate.md)."""
    try:
        report, code = merge([(path, clean_report(read_report(path))) for path in given.reports], command)
    except (ReportError, MergeError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    destinations = Destinations(given.metrics_file, print, github=given.github)
    destinations.begin()
    if given.history and code != INTERRUPTED:
        problem = record(given.history, report)
        report["notes"] += [f"--history {problem}"] if problem else []
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report["last_success"] = now if code == CLEAN and report["suite"]["complete"] else destinations.last_success()
    undelivered = [*destinations.deliver(report)]
    for problem in undelivered:
        sys.stderr.write(f"{problem}\n")
    complete = not _published(report, given.report_dir).problems and not undelivered
    destinations.end(report)
    return code if code == INTERRUPTED or complete else BROKE


def _published(report: dict[str, Any], out: Path) -> Published:
    published = publish(report, out)
    sys.stdout.write(terminal.render(report))
    for path in published.written:
        sys.stdout.write(f"wrote {path}\n")
    for problem in published.problems:
        sys.stderr.write(f"{problem}\n")
    return published


def main(argv: list[str] | None = None) -> int:
    """Run the command line; `render` ends with 0 done, 1 a format could not be written, 2 the input is no report."""
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="make every format again from a report.json")
    render.add_argument("report", type=Path, help="a report.json of an earlier run")
    render.add_argument("--out", type=Path, required=True, help="directory to write into")
    merging = commands.add_parser("merge", help="make the report of a run from the reports of all its shards")
    merging.add_argument("reports", type=Path, nargs="+", help="the report.json of each shard")
    merging.add_argument("--report-dir", type=Path, required=True, help="directory to write into")
    merging.add_argument("--history", type=Path, help="a file to keep the last runs in")
    merging.add_argument("--metrics-file", type=Path, help="write the results as metrics to this file as well")
    merging.add_argument(
        "--github", action="store_true", default=IN_GITHUB, help="print annotations for GitHub Actions"
    )
    words = sys.argv[1:] if argv is None else argv
    given = parser.parse_args(words)
    if given.command == "render":
        return _render(given.report, given.out)
    return _merge(given, shlex.join(["python", "-m", "reports", *words]))


if __name__ == "__main__":
    sys.exit(main())
