"""Where a report goes beside its folder: the log and step summary of GitHub Actions, and a file of metrics."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reports.publish import replace
from reports.writers import github, markdown, openmetrics

Report = Mapping[str, Any]
IN_GITHUB = os.environ.get("GITHUB_ACTIONS") == "true"
_SUCCESS = re.compile(rf"^{openmetrics.LAST_SUCCESS} (\d{{1,11}}(?:\.\d+)?)$", re.MULTILINE)


def add_options(group: pytest.OptionGroup) -> None:
    """Add the options that name them."""
    group.addoption(
        "--metrics-file",
        metavar="FILE",
        help="write the results as metrics to FILE as well, such as a *.prom in node-exporter's textfile directory; "
        "when a run last succeeded is kept there",
    )
    group.addoption(
        "--github",
        action="store_true",
        default=IN_GITHUB,
        help="print annotations for GitHub Actions, and append the summary to the file that GITHUB_STEP_SUMMARY names "
        "(default: only in a run of GitHub Actions)",
    )


class Destinations:
    """The destinations of one report: a file of metrics, and for GitHub Actions the log, by `say`, and the summary."""

    def __init__(self, metrics: Path | None, say: Callable[[str], None], *, github: bool) -> None:
        self._say = say
        self._github = github
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        self._summary = Path(summary) if github and summary else None
        self._metrics = metrics

    def begin(self) -> None:
        """Let GitHub's runner obey nothing that is printed from here on: services are quoted in it."""
        if self._github:
            self._say(github.STOP)

    def last_success(self) -> str | None:
        """When a run last succeeded, as the file of metrics has it from the run before; ISO 8601, or None."""
        try:
            text = self._metrics.read_text(encoding="utf-8", errors="replace") if self._metrics else ""
        except OSError:
            return None
        found = _SUCCESS.search(text)
        return datetime.fromtimestamp(float(found[1]), UTC).isoformat(timespec="seconds") if found else None

    def deliver(self, report: Report) -> Iterator[str]:
        """Write the metrics and the step summary; yields what could not be written."""
        try:
            if self._metrics:
                replace(self._metrics, openmetrics.render(report))
        except OSError as error:
            yield f"--metrics-file {self._metrics}: not written, {error.strerror or error}"
        try:
            if self._summary:
                with self._summary.open("a", encoding="utf-8") as file:
                    file.write(markdown.render(report))
        except OSError as error:
            yield f"GITHUB_STEP_SUMMARY {self._summary}: not written, {error.strerror or error}"

    def end(self, report: Report | None) -> None:
        """Let the runner obey again, and give it the annotations."""
        if self._github:
            for line in (github.RESUME, *(github.render(report).splitlines() if report else ())):
                self._say(line)
