"""A run that is ended early by a signal leaves nothing, reports what it judged and says so, whatever it was doing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.eventually import eventually
from suites.run.run_folder import PREFIX
from tests.support.conformance_run import Started, started
from tests.support.slow_judging import GIVEN

SELECTED = ("--catalog=fixtures/broken", "--service=healthy", "--service=hangs", "-p", "tests.support.slow_judging")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def the_run_began(run: Started) -> None:
    def folders() -> list[str]:
        return [name for name in run.leftovers() if name.startswith(PREFIX)]

    eventually(folders, bool, 60, 0.01, 0.01, describe="the run has its folder")


def the_stack_starts(run: Started) -> None:
    run.wait_for("starting the stack and")


def a_service_runs(run: Started) -> None:
    eventually(
        run.survivors,
        lambda there: any("fixtures.broken._miniature" in command for command in there.values()),
        60,
        describe="a service runs",
    )


def judging_began(run: Started) -> None:
    run.wait_for(GIVEN)


MOMENTS = (the_run_began, the_stack_starts, a_service_runs, judging_began)
CASES = [
    *((how, moment, ()) for how in SIGNALS for moment in MOMENTS),
    (signal.SIGINT, a_service_runs, ("-n2",)),
    (signal.SIGTERM, the_stack_starts, ("-n2",)),
    (signal.SIGTERM, judging_began, ("-n2",)),
    (signal.SIGHUP, a_service_runs, ("-n2",)),
]


def send(run: Started, how: signal.Signals) -> None:
    """Send a signal as it is sent in practice: by a terminal to the whole group, by a CI system to the process."""
    if how is signal.SIGINT:
        os.killpg(run.process.pid, how)
    else:
        run.process.send_signal(how)


@pytest.mark.parametrize(("how", "moment", "workers"), CASES)
def test_a_signal_ends_the_run_in_good_order(
    how: signal.Signals, moment: Callable[[Started], None], workers: tuple[str, ...], tmp_path: Path
) -> None:
    with started(tmp_path, *SELECTED, *workers) as run:
        moment(run)
        send(run, how)
        ended = run.finish()
        assert ended.code == pytest.ExitCode.INTERRUPTED, ended.output[-3000:]
        assert "INTERNALERROR" not in ended.output
        assert "Traceback" not in ended.output
        eventually(run.survivors, lambda left: not left, 30, describe="no process is left")
        assert not run.leftovers()
    suite = ended.report["suite"]
    assert not suite["complete"]
    assert f"interrupted by {how.name}" in suite["scope"]
    assert bool(ended.report["verdicts"]) is (moment is judging_began)


def test_further_signals_do_not_cut_off_the_cleaning_up(tmp_path: Path) -> None:
    with started(tmp_path, *SELECTED) as run:
        a_service_runs(run)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGTERM)
        assert run.finish().code == pytest.ExitCode.INTERRUPTED
        assert not run.survivors()
        assert not run.leftovers()


def test_a_killed_run_leaves_no_process_and_the_next_run_removes_its_folder(tmp_path: Path) -> None:
    with started(tmp_path / "killed", *SELECTED) as run:
        a_service_runs(run)
        run.process.kill()
        run.finish()
        eventually(run.survivors, lambda left: not left, 60, describe="no process is left")
        assert run.leftovers()
    with started(tmp_path / "next", "--co", "-q", env={"TMPDIR": str(run.home / "tmp")}) as following:
        assert following.finish().code == pytest.ExitCode.OK
    assert not run.leftovers()
