"""The pytest plugin: takes verdicts as tests finish, writes the report when the session ends, prints failures first.

Loaded by the root conftest with `pytest_plugins = ["reports.plugin"]`. The attribute `obs_run_info` of pytest's config
is the path of run.json, `obs_interrupted` says what ended the run early, `obs_shard` which part of a run it is, the
option `--fail-on` is what closes the gate; all may be missing. Under pytest-xdist only the controller collects and
writes.
"""

from __future__ import annotations

import os
import shlex
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

from reports.baseline import Baseline, load_baseline
from reports.collect import Collector
from reports.destinations import Destinations, add_options
from reports.earlier import ReportError
from reports.exit_code import CLEAN, INTERRUPTED, USAGE, exit_code
from reports.history import RUNS, record
from reports.locations import locate
from reports.model import RunInfo, SuiteInfo, build
from reports.publish import Published, publish, remove
from reports.runinfo import load_run
from reports.writers import WRITERS, terminal

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_NAME = "conformance-report"
_WHOLE = ("suites", "tests", "")
"""Last parts of a path that leaves no suite out."""
_LIMITING = {
    "--catalog": "catalog",
    "--shard": "shard",
    "-k": "keyword",
    "-m": "markexpr",
    "--no-retention-trial": "no_retention_trial",
    "--lf": "lf",
    "--deselect": "deselect",
    "--ignore": "ignore",
    "--ignore-glob": "ignore_glob",
}
"""Options that leave something out, with their names in pytest's config."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the report."""
    group = parser.getgroup("conformance", "conformance report")
    group.addoption("--report-dir", metavar="DIR", help="where the report goes (default: reports/out in the checkout)")
    group.addoption(
        "--baseline", metavar="FILE", help="an earlier report.json: report what is new, fixed or still failing since"
    )
    group.addoption(
        "--history",
        metavar="FILE",
        help=f"a file to keep the last {RUNS} runs in: the report draws their trend and names what flaps",
    )
    add_options(group)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin's state, except on xdist's workers and when tests are only listed."""
    if config.option.collectonly:
        return
    baseline = config.getoption("--baseline")
    if not baseline and getattr(config.option, "fail_on", None) == "new":
        raise pytest.UsageError("--fail-on new needs --baseline FILE, a report.json that says what is known")
    try:
        earlier = load_baseline(Path(baseline)) if baseline else None
    except ReportError as error:
        raise pytest.UsageError(f"--baseline {error}") from error
    # how the suites know a breach that the baseline has, without importing this package
    config.obs_known = earlier.knows if earlier else None  # type: ignore[attr-defined]
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ReportPlugin(config, earlier), _NAME)


def _version(root: Path) -> str:
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def selected_services(config: pytest.Config) -> tuple[list[str], list[str]]:
    """The services named by --service, and those named by --service-url."""
    urls = getattr(config.option, "service_url", None) or ()
    return [*(getattr(config.option, "service", None) or ())], [url.partition("=")[0] for url in urls]


def limits(config: pytest.Config) -> list[str]:
    """The options and paths that keep a run from judging everything, as they were typed."""
    named, from_urls = selected_services(config)
    found = [f"--service {name}" for name in named] + [f"--service-url {name}" for name in from_urls]
    for option, name in _LIMITING.items():
        if value := getattr(config.option, name, None):
            found.append(option if isinstance(value, bool | list) else f"{option} {value}")
    return found + [path for path in map(str, config.args) if not _is_whole(config, path)]


def _is_whole(config: pytest.Config, argument: str) -> bool:
    path = PurePath(argument)
    return path.name in _WHOLE or (config.invocation_params.dir / path).resolve() == config.rootpath


def _command(config: pytest.Config) -> str:
    """What was typed, after the folder that its paths are relative to where that is not the checkout."""
    program, given = "pytest", [str(argument) for argument in config.invocation_params.args]
    suites, launcher = str(config.rootpath / "suites"), os.environ.get("CONFORMANCE_COMMAND")  # .ci/conformance
    if launcher and suites in given:
        program, given = launcher, given[given.index(suites) + 1 :]
    typed = shlex.join([program, *given])
    here = config.invocation_params.dir
    return typed if here == config.rootpath else f"cd {shlex.quote(str(here))} && {typed}"


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
        named = config.getoption("--metrics-file")
        self.destinations = Destinations(
            config.invocation_params.dir / named if named else None,
            lambda line: config.get_terminal_writer().line(line),
            github=config.getoption("--github"),
        )

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a test's verdicts, and its crash if it gave none."""
        self.collector.add(report, report.when or "???", report.user_properties)
        if not report.failed and not report.sections:
            self._trim(report)

    def _trim(self, report: pytest.TestReport) -> None:
        """Let go of what pytest keeps of each phase for a summary that has no use for it: of 90,000 tests 1 GB."""
        report.user_properties = []
        if not report.passed:
            return
        report.keywords = {}
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        others = reporter.stats.get("") if reporter and report.when != "call" else None
        if others and others[-1] is report:
            others.pop()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be imported has no verdicts; report that instead of losing it."""
        if report.failed:
            self.collector.add(report, "collect", ())

    def _scope(self, session: pytest.Session) -> tuple[list[str], list[str]]:
        """What limited this run, as it was typed, and the notes on it; both empty where it judged everything."""
        stopped = getattr(self.config, "obs_interrupted", "") or session.shouldfail or session.shouldstop
        if not stopped and session.exitstatus not in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            return limits(self.config), []
        reason = stopped if isinstance(stopped, str) else "interrupted"
        return [*limits(self.config), reason], [f"The run stopped early ({reason}): what comes after is missing here."]

    def _locate(self, verdicts: list[dict[str, Any]]) -> None:
        """Find the files that own the findings: paths are relative to where pytest was called, or to this checkout."""
        here = self.config.invocation_params.dir
        target = getattr(self.config.option, "target", None)
        folders = [here, *([here / target.parent] if target else []), self.config.rootpath]
        top = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or here
        locate(verdicts, folders, Path(top).resolve())

    def _suite(self, scope: list[str]) -> SuiteInfo:
        command = _command(self.config)
        named, from_urls = selected_services(self.config)
        return SuiteInfo(
            version=_version(self.config.rootpath),
            command=command,
            rerun=command,
            scope=tuple(scope),
            selected_services=(*named, *from_urls),
            shard=getattr(self.config, "obs_shard", None),
        )

    def _run(self) -> tuple[RunInfo, bool]:
        path = getattr(self.config, "obs_run_info", None)
        run = load_run(Path(path) if path else None)
        # run.json is written when the evidence is in; judging goes on after that
        seconds = max(round(time.monotonic() - self.begun, 2), run.data.get("duration_s", 0))
        return RunInfo({"started": self.started, **run.data, "duration_s": seconds}, run.problems), bool(
            path and Path(path).exists()
        )

    def pytest_sessionstart(self) -> None:
        """Remove an earlier run's report: were this run killed, the old one would pass for its own."""
        if self._judges:
            for name in WRITERS:
                remove(self._folder, name)
        self.destinations.begin()

    def pytest_unconfigure(self) -> None:
        """Print what must come after everything else."""
        self.destinations.end(self.report)

    @property
    def _judges(self) -> bool:
        """Whether this is a conformance run."""
        return any("suites" in PurePath(str(argument).partition("::")[0]).parts for argument in self.config.args)

    @property
    def _folder(self) -> Path:
        named = self.config.getoption("--report-dir")
        return self.config.invocation_params.dir / named if named else self.config.rootpath / "reports/out"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write every format, if this session judged anything; a format that fails fails the run."""
        run, described = self._run()
        interrupted = getattr(self.config, "obs_interrupted", "") and self._judges
        if not (self.collector.real or described or interrupted):
            return
        scope, notes = self._scope(session)
        suite = self._suite(scope)
        self.report = build(
            self.collector.taken(), run, suite, fail_on=self.fail_on, notes=notes, baseline=self.baseline
        )
        self._locate(self.report["verdicts"])
        status = int(session.exitstatus)
        code = self.report["gate"]["exit_code"] = exit_code(self.report, status)
        history = self.config.getoption("--history")
        if history and code not in (INTERRUPTED, USAGE):
            problem = record(self.config.invocation_params.dir / history, self.report)
            self.report["notes"] += [f"--history {problem}"] if problem else []
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        self.report["last_success"] = ended if code == CLEAN and not notes else self.destinations.last_success()
        self.published = publish(self.report, self._folder)
        if self.published.problems:  # then the run has not succeeded
            self.report["last_success"] = self.destinations.last_success()
            self.report["gate"]["exit_code"] = exit_code(self.report, status, incomplete=True)
        self.published = replace(
            self.published, problems=(*self.published.problems, *self.destinations.deliver(self.report))
        )
        session.exitstatus = exit_code(self.report, status, incomplete=bool(self.published.problems))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print the report: failures first, where the rest is to be found last."""
        if self.report is None:
            return
        # a run that warnings fail lists them even with -q
        brief = self.config.get_verbosity() < 0 and self.fail_on == "must"
        # pytest's own width; piped output gets 80 columns, as pytest does
        width = terminalreporter._tw.fullwidth  # pytest has no public name for it
        for line in terminal.lines(self.report, width, brief=brief):
            if line.rule:
                terminalreporter.write_sep(line.rule, line.text or None, **line.markup)
            else:
                terminalreporter.write_line(line.text, **line.markup)
        for problem in self.published.problems:
            terminalreporter.write_line(f"REPORT INCOMPLETE {problem}", red=True, bold=True)
        for path in self.published.written:
            if path.name == "index.html":
                terminalreporter.write_line(f"report: {_relative(path)}", bold=True)


def _relative(path: Path) -> str:
    """The path as the user would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
