"""`python -m reports render report.json --out DIR`: make every format again from a report.json."""

import argparse
import sys
from pathlib import Path

from reports.earlier import ReportError, read_report
from reports.model import clean_report
from reports.publish import publish
from reports.writers import terminal


def _render(source: Path, out: Path) -> int:
    try:
        report = clean_report(read_report(source))  # the file may come from anywhere
    except ReportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    published = publish(report, out)
    sys.stdout.write(terminal.render(report))
    for path in published.written:
        sys.stdout.write(f"wrote {path}\n")
    for problem in published.problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if published.problems else 0


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 done, 1 a format could not be written, 2 the input is no report."""
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="make every format again from a report.json")
    render.add_argument("report", type=Path, help="a report.json of an earlier run")
    render.add_argument("--out", type=Path, required=True, help="directory to write into")
    given = parser.parse_args(argv)
    return _render(given.report, given.out)


if __name__ == "__main__":
    sys.exit(main())
