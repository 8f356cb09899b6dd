"""`pytest suites/` behaves as a pytest user expects: selection, stopping, workers, exit codes.

The catalog is the miniatures'; `healthy` breaks nothing, `answers-500` one rule.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS
from fixtures.broken._miniature.loopback_server import serving
from tests.support.conformance_run import Finished, finished

HEALTHY = ("--catalog=fixtures/broken", "--service=healthy")
STARTS = "starting the stack and"
JUNIT = "pytest.xml"


def outcomes(run: Finished) -> set[tuple[str, str, str]]:
    return {(verdict["rule"], verdict["subject"], verdict["outcome"]) for verdict in run.report["verdicts"]}


def summary(run: Finished) -> str:
    """Pytest's last line without the time."""
    return next(line for line in reversed(run.output.splitlines()) if " passed" in line).partition(" in ")[0]


def cases(run: Finished) -> list[ET.Element]:
    """The tests in pytest's own JUnit file."""
    return list(ET.parse(run.run.home / JUNIT).iter("testcase"))  # noqa: S314  # pytest wrote it


def junit(run: Finished) -> set[tuple[str | None, str | None, tuple[str, ...]]]:
    """What that file says of each test, without the time."""
    return {
        (case.get("classname"), case.get("name"), tuple(part.tag for part in case if part.tag != "properties"))
        for case in cases(run)
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two services, judged by one process."""
    home = tmp_path_factory.mktemp("alone")
    return finished(home, *HEALTHY, "--service=answers-500", f"--junitxml={home / JUNIT}")


def test_a_breach_is_exit_code_1(alone: Finished) -> None:
    assert alone.code == pytest.ExitCode.TESTS_FAILED
    assert set(alone.verdicts("answers-500", "fail")) == {"metrics/endpoint-status-ok"}
    assert alone.output.count(STARTS) == 1


def test_no_breach_is_exit_code_0(tmp_path: Path) -> None:
    run = finished(tmp_path, *HEALTHY)
    assert run.code == pytest.ExitCode.OK, run.output[-3000:]
    assert {verdict["outcome"] for verdict in run.report["verdicts"]}.isdisjoint({"fail", "error"})


def test_service_judges_that_service_alone(alone: Finished) -> None:
    services = {verdict["service"] for verdict in alone.report["verdicts"] if verdict["service"]}
    assert services == {"healthy", "answers-500"}
    assert [service["name"] for service in alone.report["services"]] == ["answers-500", "healthy"]


def test_workers_share_one_collection_and_give_the_same_verdicts(alone: Finished, tmp_path: Path) -> None:
    """The services count their own starts: a second one would take another port and show in the log."""
    run = finished(tmp_path, *HEALTHY, "--service=answers-500", "-n2")
    assert run.code == alone.code, run.output[-3000:]
    assert outcomes(run) == outcomes(alone)
    assert not run.run.leftovers()


def test_a_plugin_that_listens_to_the_phases_of_tests_gets_all_and_changes_nothing(
    alone: Finished, tmp_path: Path
) -> None:
    """Without one, verdicts are judged without pytest's machinery; with one, each is a test like any other."""
    listener = ("-p", "tests.support.listens_to_phases")
    run = finished(tmp_path, *HEALTHY, "--service=answers-500", f"--junitxml={tmp_path / JUNIT}", *listener)
    assert run.code == alone.code, run.output[-3000:]
    number = len(run.report["verdicts"])
    phases = dict.fromkeys(("setup", "fixture", "teardown", "fixture ended"), number)
    assert f"phases: {phases}" in run.output
    assert outcomes(run) == outcomes(alone)
    assert summary(run) == summary(alone)
    assert junit(run) == junit(alone)
    assert len(junit(run)) == number


def test_pytests_own_junit_file_says_how_long_verdicts_took(alone: Finished) -> None:
    """Judging takes place in the setup."""
    took = {case.get("name"): float(case.get("time", 0)) for case in cases(alone)}
    slowest = max(alone.report["verdicts"], key=lambda verdict: float(verdict["duration_s"]))
    name = f"test_{slowest['area']}[{slowest['subject']}-{slowest['rule'].partition('/')[2]}]"
    assert took[name] >= slowest["duration_s"] - 0.001


def test_one_worker_collects_while_the_others_wait(tmp_path: Path) -> None:
    """Counted at the services: each is started once however many workers there are."""
    folder = tmp_path / "catalog" / "counted"
    folder.mkdir(parents=True)
    starts = tmp_path / "starts"
    (folder / "run.py").write_text(
        "import http.server, sys\n"
        f"open({str(starts)!r}, 'a').write('x')\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)"
        ".serve_forever()\n"
    )
    (folder / "service.yaml").write_text(
        "name: counted\nsystem: shop\nowner: {team: Shop, contact: shop@example.com}\n"
        'start: {local: {argv: ["{python}", "{dir}/run.py", "{port}"]}}\n'
        "ready: {path: /}\nmetrics: {path: /}\n"
    )
    run = finished(tmp_path / "home", f"--catalog={folder.parent}", "-n2", "-k", "counted")
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    assert starts.read_text() == "x"


def test_k_collects_only_what_the_selected_tests_need(tmp_path: Path) -> None:
    run = finished(tmp_path, "--catalog=fixtures/broken", "-k", "healthy and endpoint-reachable")
    assert run.code == pytest.ExitCode.OK, run.output[-3000:]
    assert outcomes(run) == {("metrics/endpoint-reachable", "healthy", "pass")}
    assert f"{STARTS} 1 services" in run.output


def test_nothing_selected_starts_nothing(tmp_path: Path) -> None:
    run = finished(tmp_path, *HEALTHY, "-k", "no-such-rule")
    assert run.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert STARTS not in run.output


def test_collect_only_starts_nothing_and_lists_rule_and_subject(tmp_path: Path) -> None:
    run = finished(tmp_path, *HEALTHY, "--co", "-q")
    assert run.code == pytest.ExitCode.OK
    assert "test_metrics.py::test_metrics[healthy-endpoint-reachable]" in run.output
    assert STARTS not in run.output
    assert not run.folder.exists()
    assert not run.run.leftovers()


def test_x_stops_at_the_first_breach_and_the_report_says_so(tmp_path: Path) -> None:
    run = finished(tmp_path, "--catalog=fixtures/broken", "--service=answers-500", "-x")
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert run.report["gate"]["counts"]["fail"] == 1
    assert any("stopped early" in note for note in run.report["notes"])
    assert run.report["suite"]["complete"] is False


def test_fail_on_warning_fails_what_was_not_evaluated(tmp_path: Path) -> None:
    run = finished(tmp_path, *HEALTHY, "--fail-on=warning", "-k", "healthy and target-up")
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    assert "Warnings and gaps fail this run (--fail-on warning)" in run.output
    assert run.report["gate"]["passed"] is False


def test_a_url_that_nobody_answers_is_a_breach_not_an_error(tmp_path: Path) -> None:
    run = finished(tmp_path, "--service-url=shop=http://127.0.0.1:9/metrics")
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    failed = run.verdicts("shop", "fail")
    assert set(failed) == {"metrics/endpoint-reachable"}
    (finding,) = failed["metrics/endpoint-reachable"]["findings"]
    assert finding["message"] == "the metrics endpoint cannot be reached: connection refused at 127.0.0.1:9"
    assert not run.verdicts("shop", "error")


def test_a_url_is_judged_without_a_catalog(tmp_path: Path) -> None:
    with serving(BEHAVIOURS) as server:
        run = finished(
            tmp_path, f"--service-url=shop={server.url('good')}", f"--service-url=bad={server.url('falling')}"
        )
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    assert [service["name"] for service in run.report["services"]] == ["bad", "shop"]
    assert set(run.verdicts("shop", "fail", "error")) == set()
    assert len(run.verdicts("shop", "pass")) > 60
    assert set(run.verdicts("bad", "fail")) == {"metrics/counters-never-fall"}


def test_waivers_in_a_run(tmp_path: Path) -> None:
    """One that holds, one that has expired and one that is not needed: each concerns its own rule alone."""
    waivers = {
        "metrics/build-info-exposed": "2999-12-31",
        "metrics/counters-never-fall": "2020-01-01",
        "metrics/parsable": "2999-12-31",
    }
    folder = tmp_path / "catalog" / "shop"
    folder.mkdir(parents=True)
    with serving(BEHAVIOURS) as server:
        (folder / "service.yaml").write_text(
            "name: shop\nsystem: shop\nowner: {team: Shop, contact: shop@example.com}\n"
            f'start: {{attached: {{url: "http://127.0.0.1:{server.port}"}}}}\nmetrics: {{path: /falling}}\nwaivers:\n'
            + "".join(
                f'  - {{rule: {rule}, reason: it is old, owner: shop, expires: "{day}"}}\n'
                for rule, day in waivers.items()
            )
        )
        run = finished(tmp_path / "home", f"--catalog={folder.parent}", "-k", "shop")
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.output[-3000:]
    assert set(run.verdicts("shop", "waived")) == {"metrics/build-info-exposed"}
    reasons = {rule: verdict["reason"] for rule, verdict in run.verdicts("shop", "error").items()}
    assert reasons.keys() == {"metrics/counters-never-fall", "metrics/parsable"}
    assert reasons["metrics/counters-never-fall"].startswith("the waiver expired on 2020-01-01 (")
    assert reasons["metrics/parsable"].startswith("the waiver is no longer needed: remove it from ")
    assert not run.verdicts("shop", "fail")
    assert len(run.verdicts("shop", "pass")) > 60
