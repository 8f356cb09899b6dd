"""The pytest plugin: takes verdicts as tests finish, writes the report when the session ends, prints failures first.

Loaded by the root conftest with `pytest_plugins = ["reports.plugin"]`. The attribute `obs_run_info` of pytest's config
is the path of run.json, the option `--fail-on` says what closes the gate; both may be missing. Under pytest-xdist only
the controller collects and writes.
"""

from __future__ import annotations

import shlex
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

from reports.baseline import Baseline, BaselineError, load_baseline
from reports.collect import Collector
from reports.model import RunInfo, SuiteInfo, build, evaluated
from reports.publish import Published, publish
from reports.runinfo import load_run
from reports.writers import WRITERS, terminal

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_NAME = "conformance-report"
WHOLE = ("suites", "tests", "")
"""Last parts of a path that leaves no suite out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --report-dir and --baseline."""
    group = parser.getgroup("conformance", "conformance report")
    group.addoption(
        "--report-dir", metavar="DIR", default="reports/out", help="where the report goes (default: %(default)s)"
    )
    group.addoption(
        "--baseline", metavar="FILE", help="an earlier report.json: say what is new, fixed or still failing since"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's state, except on xdist's workers and when tests are only listed."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    baseline = config.getoption("--baseline")
    try:
        earlier = load_baseline(Path(baseline)) if baseline else None
    except BaselineError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(ReportPlugin(config, earlier), _NAME)


def _version(root: Path) -> str:
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


class ReportPlugin:
    """The state of one session."""

    def __init__(self, config: pytest.Config, baseline: Baseline | None) -> None:
        self.fail_on = str(config.getoption("fail_on", "must"))
        self.config = config
        self.baseline = baseline
        self.collector = Collector(self.fail_on)
        self.begun = time.monotonic()
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.report: dict[str, Any] | None = None
        self.published = Published((), ())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a test's verdicts, and its crash if it gave none."""
        self.collector.add(report, report.when or "???", report.user_properties)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be imported has no verdicts; say so instead of losing it."""
        if report.failed:
            self.collector.add(report, "collect", ())

    def _partial(self, session: pytest.Session) -> list[str]:
        """Why this run did not judge everything, if so."""
        options, notes = self.config.option, []
        chosen = [("-k", options.keyword), ("-m", options.markexpr)]
        named = getattr(options, "service", None) or ()
        chosen += [("--service", ", ".join(map(str, named))), ("--lf", getattr(options, "lf", None))]
        chosen += [("--deselect", bool(getattr(options, "deselect", None)))]
        chosen += [("--ignore", bool(getattr(options, "ignore", None) or getattr(options, "ignore_glob", None)))]
        paths = [str(argument).rstrip("/") for argument in self.config.args]
        below = [
            path for path in paths if PurePath(path).name not in WHOLE and Path(path).resolve() != self.config.rootpath
        ]
        chosen += [("of " + ", ".join(below)[:200], bool(below))]
        given = [f"{flag} {value}" if isinstance(value, str) else flag for flag, value in chosen if value]
        if given:
            notes.append(f"Only a selection was judged ({', '.join(given)}).")
        stopped = session.shouldfail or session.shouldstop
        if stopped or session.exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            why = stopped if isinstance(stopped, str) else "interrupted"
            notes.append(f"The run stopped early ({why}): what comes after is missing here.")
        return notes

    def _suite(self, *, complete: bool) -> SuiteInfo:
        command = shlex.join(["pytest", *self.config.invocation_params.args])
        return SuiteInfo(version=_version(self.config.rootpath), command=command, rerun=command, complete=complete)

    def _run(self) -> tuple[RunInfo, bool]:
        path = getattr(self.config, "obs_run_info", None)
        run = load_run(Path(path) if path else None)
        # run.json is written when the evidence is in; judging goes on after that
        seconds = max(round(time.monotonic() - self.begun, 2), run.data.get("duration_s", 0))
        told = {"started": self.started, **run.data, "duration_s": seconds}
        return RunInfo(told, run.problems), bool(path and Path(path).exists())

    def pytest_sessionstart(self) -> None:
        """Remove an earlier run's report: were this run killed, the old one would pass for its own."""
        if any("suites" in PurePath(str(argument).partition("::")[0]).parts for argument in self.config.args):
            for name in WRITERS:
                (self._folder / name).unlink(missing_ok=True)

    @property
    def _folder(self) -> Path:
        return self.config.rootpath / str(self.config.getoption("--report-dir"))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write every format, if this session judged anything; a format that fails fails the run."""
        run, told = self._run()
        if not (self.collector.real or told):
            return
        notes = self._partial(session)
        suite = self._suite(complete=not notes)
        verdicts = self.collector.verdicts()
        self.report = build(verdicts, run, suite, fail_on=self.fail_on, notes=notes, baseline=self.baseline)
        self.published = publish(self.report, self._folder)
        if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            if self.published.problems:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            elif not evaluated(self.report["gate"]["counts"]):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the report: failures first, where the rest is to be found last."""
        if self.report is None:
            return
        # a run that warnings fail lists them, however brief it is asked to be
        brief = self.config.get_verbosity() < 0 and self.fail_on == "must"
        # pytest's own width; piped output gets 80 columns, as pytest does
        width = terminalreporter._tw.fullwidth  # pytest has no public name for it
        for line in terminal.lines(self.report, width, brief=brief):
            if line.rule:
                terminalreporter.write_sep(line.rule, line.text, **line.markup)
            else:
                terminalreporter.write_line(line.text, **line.markup)
        for problem in self.published.problems:
            terminalreporter.write_line(f"REPORT INCOMPLETE {problem}", red=True, bold=True)
        for path in self.published.written:
            if path.name == "index.html":
                terminalreporter.write_line(f"report: {_shown(path)}", bold=True)


def _shown(path: Path) -> str:
    """The path as the user would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
