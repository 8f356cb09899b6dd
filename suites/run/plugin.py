"""The pytest side of a conformance run: options, parameters, one collection, one verdict per test."""

import gc
import os
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from stack.backends.attached.first_target import UnknownServerError, first_target
from stack.backends.attached.target_file import TargetFileError
from suites.core.rule import Level, Rule
from suites.core.subjects import Subject
from suites.core.verdict import Verdict
from suites.run import options
from suites.run.interruption import end_workers, interruption, name_worker, worker_ended
from suites.run.outcome import Nonconformance, RuleBrokeError, headline, plain
from suites.run.progress import progress_printer, relayed
from suites.run.quick import QuickProtocol, suffices
from suites.run.run_folder import FOLDER
from suites.run.session import RunSession
from suites.run.settings import ROOT

PARAMETER = "judgement"
RUN = pytest.StashKey[RunSession]()
QUICK = pytest.StashKey[QuickProtocol]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the conformance options."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Print a first target file where one is asked for, and end."""
    servers = config.getoption("--write-target")
    if not servers:
        return None
    base, trusted = config.invocation_params.dir, config.getoption("--ca-file")
    try:
        with TemporaryDirectory() as folder:
            options.trust(config, [base / trusted] if trusted else [], Path(folder))
            made = first_target(servers, base, os.environ)
    except (UnknownServerError, TargetFileError) as unusable:
        raise pytest.UsageError(f"--write-target: {unusable}") from None
    print(made.text, end="")  # noqa: T201  # the command's output
    if made.notice:
        print(made.notice, file=sys.stderr)  # noqa: T201  # the output usually goes to a file, and this to the terminal
    return 0


def pytest_configure(config: pytest.Config) -> None:
    """Make the run, and tell the reports where its description will be."""
    options.use_servers(config)
    interruption.install()
    run = RunSession(config)
    config.stash[RUN] = run
    if hasattr(config, "workerinput"):
        name_worker(run.folder.path)
    config.obs_run_info = run.folder.path / "run.json"  # type: ignore[attr-defined]  # how reports finds it, see reports/plugin.py


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run folder, in the process that made it."""
    run = config.stash.get(RUN, None)
    if run is not None:
        worker_ended(run.folder.path)
        run.folder.remove()
    interruption.restore()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the run folder to an xdist worker."""
    node.workerinput[FOLDER] = str(node.config.stash[RUN].folder.path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Say at once what cannot be run as asked: one message and exit code 4, before a test is made of it."""
    interruption.begin()
    config = session.config
    if any(_holds_suites(config.invocation_params.dir / argument.partition("::")[0]) for argument in config.args):
        config.stash[RUN].check()
        config.obs_shard = config.stash[RUN].shard()  # type: ignore[attr-defined]  # how reports finds it, see reports/plugin.py


def _holds_suites(path: Path) -> bool:
    here, suites = path.resolve(), ROOT / "suites"
    return here.is_relative_to(suites) or suites.is_relative_to(here)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `judgement` one parameter per rule and subject of its area."""
    if PARAMETER not in metafunc.fixturenames:
        return
    area = Path(metafunc.module.__file__).parent.name
    run = metafunc.config.stash[RUN]
    metafunc.parametrize(
        PARAMETER,
        [
            pytest.param(
                (rule, subject),
                id=f"{subject.name}-{rule.id.partition('/')[2]}",
                marks=pytest.mark.must if rule.level is Level.MUST else pytest.mark.should,
            )
            for rule, subject in run.judgements(area)
        ],
        indirect=True,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the test of an area that has nothing to judge in this run: pytest would show it as skipped."""
    items[:] = [item for item in items if isinstance(_parameters(item).get(PARAMETER, ()), tuple)]


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Collect the evidence that the selected tests need before the first of them runs."""
    run = session.config.stash[RUN]
    judged = [_parameters(item).get(PARAMETER) for item in getattr(session, "items", [])]
    pairs = [(pair[0], pair[1].name) for pair in judged if pair is not None]
    wanted = set(pairs)
    run.to_judge.update(subject for _, subject in pairs)
    if wanted and not session.config.option.collectonly and not session.testsfailed:
        run.collect_once(wanted, progress_printer(session.config, run.folder.path))
    if wanted and suffices(session):
        session.config.stash[QUICK] = QuickProtocol(session, _judged)
    with relayed(session.config, run.folder.path):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run the test of a verdict without what it has no use for."""
    quick = item.config.stash.get(QUICK, None)
    if quick is None:
        return None
    quick.run(item, nextitem)
    return True


@pytest.fixture
def judgement(request: pytest.FixtureRequest) -> Verdict:
    """The verdict of one rule on one subject; an error of the suite itself is raised here, in the setup."""
    return _judged(request.node, request.param)


def _judged(item: pytest.Item, pair: tuple[Rule, Subject]) -> Verdict:
    rule, subject = pair
    interruption.check()
    verdict = item.config.stash[RUN].judged(rule, subject)
    data = {**verdict.as_data(subject.kind, subject.service), "configuration": subject.configuration}
    item.user_properties.append(("verdict", data))
    if verdict.outcome == "fail" and (known := getattr(item.config, "obs_known", None)):
        verdict = replace(verdict, known=known(data))
    if verdict.outcome == "error":
        raise RuleBrokeError(plain(f"{headline(verdict)}\n  {verdict.reason}"))
    return verdict


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the workers of an interrupted run; print no failure twice: where each is a verdict, the report lists them."""
    config = session.config
    interruption.over()
    config.obs_interrupted = interruption.reason  # type: ignore[attr-defined]  # how reports finds it, see reports/plugin.py
    if interruption.reason and not hasattr(config, "workerinput"):
        end_workers(config.stash[RUN].folder.path)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    failed = reporter.stats.get("failed", []) + reporter.stats.get("error", []) if reporter else []
    if failed and all(any(name == "verdict" for name, _ in getattr(one, "user_properties", ())) for one in failed):
        session.config.option.tbstyle = "no"
    # Of 90,000 tests there are hundreds of megabytes, which the reports can use; what stays stays until the end, and
    # need not be walked by the collections that pytest ends with.
    if QUICK in session.config.stash:
        session.items = []
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001  # the hook passes it by name
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a breach as its own words, without a traceback through the suite."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, Nonconformance | RuleBrokeError):
        report.longrepr = str(call.excinfo.value)
    return report
