"""Runs the test of a verdict by itself, without what pytest does around a test of any kind.

A platform of 500 services has 90,000 verdicts, and each is judged in less time than pytest takes to resolve fixtures,
to capture output and to collect log records in three phases. Where somebody listens to the phases, such as another
plugin or the debugger, the whole run goes pytest's own way.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest

from suites.core.verdict import Verdict

Phase = Literal["setup", "call", "teardown"]
PHASES: tuple[Phase, ...] = ("setup", "call", "teardown")
LISTENING = (
    *(f"pytest_runtest_{phase}" for phase in PHASES),
    *("pytest_runtest_makereport", "pytest_pyfunc_call", "pytest_fixture_setup", "pytest_fixture_post_finalizer"),
    "pytest_exception_interact",
)
"""Hooks that are not called for each verdict."""
NEEDLESS = frozenset({"_pytest", "suites", "reports", "xdist", "_hypothesis_pytestplugin"})
"""Packages whose plugins have nothing to do there for a verdict: capture, log records, fixtures, other tests."""
OPTIONS = ("usepdb", "trace", "setupshow", "setuponly", "setupplan")
FIXTURES = frozenset({"judgement", "pytestconfig", "request"})
LEFTOVERS = ("unraisableexception", "threadexception")
"""pytest's plugins that report an exception in a destructor or a thread: by the next test, whichever it is."""


class QuickProtocol:
    """What stands in for pytest's protocol where every test of a session is that of a verdict."""

    def __init__(self, session: pytest.Session, judged: Callable[[Any, Any], Verdict]) -> None:
        config = session.config
        self._config = config
        self._judged = judged
        others = [each for name, each in config.pluginmanager.list_name_plugin() if each and name not in LEFTOVERS]
        self._leftovers = config.pluginmanager.subset_hook_caller("pytest_runtest_teardown", others)
        # A phase without anything to tell is told to those who write it down.
        self._all_phases = bool(getattr(config.option, "xmlpath", None)) or _foreign(
            config, ["pytest_runtest_logreport"]
        )
        self._places: dict[object, tuple[str, int | None]] = {}

    def run(self, item: Any, nextitem: object) -> None:
        """Judge, and report the phases as pytest does."""
        hook, found, passing = item.ihook, list[Verdict](), None
        steps: dict[Phase, Callable[[], object]] = {
            "setup": lambda: found.append(self._judged(item, item.callspec.params["judgement"])),
            "call": lambda: item.obj(judgement=found[0], pytestconfig=self._config),
            "teardown": lambda: self._leftovers(item=item, nextitem=nextitem),
        }
        location = self._location(item)
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=location)
        for phase in PHASES:
            if phase == "call" and not found:
                continue
            call: Any = pytest.CallInfo.from_call(steps[phase], phase, (pytest.exit.Exception, KeyboardInterrupt))
            if call.excinfo is not None:
                report = hook.pytest_runtest_makereport(item=item, call=call)
            elif phase == "call" or self._all_phases:
                report = passing = _passed(item, phase, call, passing)
            else:
                continue
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=location)

    def _location(self, item: Any) -> tuple[str, int | None, str]:
        """Where the item's function is: of its thousands of items pytest would look for each."""
        if (place := self._places.get(item.obj)) is None:
            place = self._places[item.obj] = item.location[:2]
        location = vars(item)["location"] = (*place, item.name)
        return location


def _passed(
    item: pytest.Item, phase: Phase, call: pytest.CallInfo[None], earlier: pytest.TestReport | None
) -> pytest.TestReport:
    """The report of a phase without anything to tell, made from that of an earlier one where there is one."""
    if earlier is None:
        return pytest.TestReport.from_item_and_call(item, call)
    report = copy.copy(earlier)
    report.when, report.duration, report.start, report.stop = phase, call.duration, call.start, call.stop
    report.user_properties, report.sections = list(item.user_properties), []
    return report


def suffices(session: pytest.Session) -> bool:
    """Whether nobody asks for more than a verdict of each test of this session."""
    config = session.config
    return (
        not any(getattr(config.option, name, None) for name in OPTIONS)
        and not _foreign(config, LISTENING)
        and all(_is_verdict(getattr(item, "fixturenames", ())) for item in session.items)
    )


def _is_verdict(fixtures: Iterable[str]) -> bool:
    return "judgement" in fixtures and FIXTURES.issuperset(fixtures)


def _foreign(config: pytest.Config, hooks: Iterable[str]) -> bool:
    impls = (impl for name in hooks for impl in getattr(config.hook, name).get_hookimpls())
    return any(impl.function.__module__.partition(".")[0] not in NEEDLESS for impl in impls)
