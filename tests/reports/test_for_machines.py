"""What programs read: SARIF, OpenMetrics, badges, GitHub's commands, each as its consumer takes it."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from reports.destinations import Destinations
from reports.locations import line_hashes, locate
from reports.model import RunInfo, build
from reports.verdicts import NOT_APPLICABLE
from reports.writers import badges, files, github, openmetrics, sarif
from stack.backends.finished_run import write_finished_run
from stack.records.exposition.exposition import Exposition, OpenMetricsExposition, TextExposition
from stack.servers.find import find_binary, why_absent
from tests.data.reports import sample
from tests.metrics.test_one_cause_one_finding import red

KINDS = ("realistic", "all-pass", "hostile")
BREACHES = ("fail", "warn", "waived")


def log_of(report: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(sarif.render(report))["runs"][0]
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_sarif_has_what_github_requires(kind: str) -> None:
    """The published schema was applied by hand, see docs/reports.md; GitHub asks for more than it does."""
    report = sample.sample(kind)
    run = log_of(report)
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert {"id", "shortDescription", "fullDescription", "help", "defaultConfiguration"} <= rule.keys()
        assert all(0 < len(rule[key]["text"]) <= 1024 for key in ("shortDescription", "fullDescription", "help"))
        assert rule.get("helpUri", "https://").startswith("https://")
    breaches = [verdict for verdict in report["verdicts"] if verdict["outcome"] in BREACHES]
    assert len(run["results"]) == sum(len(verdict["findings"]) or 1 for verdict in breaches)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[\w.~%/-]+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
        assert re.fullmatch(r"[0-9a-f]{1,16}:\d+", result["partialFingerprints"]["primaryLocationLineHash"])
        assert "](" not in result["message"]["text"]
        assert bool(result.get("suppressions")) == (result["level"] == "note")
    marks = [(each["ruleId"], each["partialFingerprints"]["primaryLocationLineHash"]) for each in run["results"]]
    assert len(marks) == len(set(marks)), "two findings would be one alert"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] == (report["gate"]["counts"]["error"] == 0)
    assert bool(invocation["toolExecutionNotifications"]) == (kind != "all-pass")
    assert invocation["commandLine"] == report["suite"]["rerun"]


def test_sarif_has_times_in_utc() -> None:
    started = RunInfo({"started": "2026-01-01T01:00:00+02:00", "duration_s": 61})
    (invocation,) = log_of(build([], started))["invocations"]
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == ("2025-12-31T23:00:00Z", "2025-12-31T23:01:01Z")


def test_sarif_of_too_many_findings_says_what_it_leaves_out() -> None:
    finding = {"message": "`a` is wrong"}
    report = build([sample.verdict(n, f"s{n}", "fail", rule="a/b", findings=[finding] * 40) for n in range(150)])
    run = log_of(report)
    assert len(run["results"]) == 5000
    first = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert first == "1,000 more findings are left out here: see report.json"


CONFIGURATION = 'name: shop\n\n# 1\nmetrics:\n  port: 1\nlogs: {format: "zap"}\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog/service.yaml").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "board.json").write_text('{"title": "x",\n "panels": [\n  {"id": 1},\n  {"id": 2}]}', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("configuration", "where", "expected"),
    [
        ("catalog/service.yaml", {}, ("catalog/service.yaml", 6)),  # what the area `logs` judges
        ("catalog/service.yaml:4", {"file": "shop.log", "line": 80}, ("catalog/service.yaml", 4)),  # a log is no file
        ("catalog/service.yaml#metrics.port", {}, ("catalog/service.yaml", 5)),
        ("catalog/service.yaml#metrics.none", {}, ("catalog/service.yaml", 4)),
        ("catalog/service.yaml", {"file": "board.json#panels[1]"}, ("board.json", 4)),
        ("", {"file": "board.json", "line": 2}, ("board.json", 2)),
        ("", {"file": "board.json", "line": "3-4"}, ("board.json", 3)),
        ("", {"file": "board.json", "line": 99}, ("board.json", 4)),
        ("", {"file": "../outside\x00.json"}, None),
        ("", {"file": "catalog"}, None),
        ("--service-url shop", {}, None),
    ],
)
def test_the_configuration_that_owns_a_finding(
    checkout: Path, configuration: str, where: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    verdict = {"area": "logs", "configuration": configuration, "findings": [{"message": "m", "where": where}]}
    locate([verdict], [checkout / "nowhere", checkout], checkout)
    found = cast("dict[str, Any]", verdict["findings"][0]).get("location")
    assert (found and (found["file"], found["line"])) == expected
    if found:
        assert found["hash"] == line_hashes((checkout / found["file"]).read_text("utf-8"))[found["line"] - 1]
        locate([verdict], [checkout], checkout / "catalog")
        assert unquote(log_location(verdict)) in (str(checkout / found["file"]), "service.yaml")


def log_location(verdict: dict[str, Any]) -> str:
    report = build([])
    report["verdicts"] = [sample.verdict(1, "shop", "fail") | {"findings": verdict["findings"]}]
    (result,) = log_of(report)["results"]
    uri: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return uri.removeprefix("file://")


def test_line_hashes_are_those_of_github() -> None:
    """Computed by github/codeql-action, src/fingerprints.ts, on the same text."""
    assert line_hashes("a: 1\r\n\r\n  b:\t2 ü😀\r\na: 1\rlast") == [
        "77c2dfe3f7c7f03a:1",
        "8cdea3a2d1b09bf4:1",
        "640d80824f65f7da:1",
        "99e3cea0a753db91:1",
        "58429ecce5a8d0db:1",
    ]
    assert line_hashes("x\n") == ["828973aa50c68d6d:1", "c129715d7a2bc9a3:1"]
    same = line_hashes("".join(f"{'x' * 100}\n" for _ in range(3)))[:3]
    assert [each.partition(":")[2] for each in same] == ["1", "2", "3"]


def fingerprints_of(checkout: Path, *messages: str) -> list[str]:
    report = build([sample.verdict(1, "shop", "fail", rule="logs/a", area="logs",
                                   configuration="catalog/service.yaml#logs",
                                   findings=[{"message": message} for message in messages])])  # fmt: skip
    locate(report["verdicts"], [checkout], checkout)
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in log_of(report)["results"]]


def test_a_fingerprint_stays_while_lines_move_and_tells_findings_of_one_line_apart(checkout: Path) -> None:
    (alone,) = fingerprints_of(checkout, "`a` is wrong")
    assert alone == line_hashes(CONFIGURATION)[5]
    both = fingerprints_of(checkout, "`a` is wrong", "`b` is wrong")
    assert len({*both, alone}) == 3
    (checkout / "catalog/service.yaml").write_text(f"# more\n{CONFIGURATION}", encoding="utf-8")
    assert fingerprints_of(checkout, "`a` is wrong") == [alone]
    assert fingerprints_of(checkout, "`a` is wrong", "`b` is wrong") == both


def test_a_file_too_big_or_not_text_is_no_location(checkout: Path) -> None:
    (checkout / "big.yml").write_bytes(b"a: 1\n" * 500_000)
    (checkout / "binary.yml").write_bytes(b"\xff\xfe\x00")
    for name in ("big.yml", "binary.yml"):
        verdict = {"area": "logs", "findings": [{"message": "m", "where": {"file": name}}]}
        locate([verdict], [checkout], checkout)
        assert "location" not in cast("dict[str, Any]", verdict["findings"][0])


@pytest.mark.parametrize("kind", [*KINDS, "many"])
@pytest.mark.parametrize("record", [OpenMetricsExposition, TextExposition], ids=["openmetrics", "text"])
def test_the_metrics_break_none_of_our_own_rules(kind: str, record: type[Exposition]) -> None:
    report = sample.sample(kind) | {"last_success": "2026-01-01T10:00:00+00:00"}
    exposition = record.parse(openmetrics.render(report))
    assert not exposition.faults
    assert red(exposition) == []
    shown = {family.name for family in exposition.families}
    assert {"conformance_verdicts", "conformance_score", openmetrics.LAST_SUCCESS} <= shown


def test_the_example_in_a_stack_that_is_judged_has_the_names_of_real_results(tmp_path: Path) -> None:
    example = (write_finished_run(tmp_path) / "conformance.prom").read_text("utf-8")
    real = openmetrics.render(sample.sample("realistic") | {"last_success": "2026-01-01T10:00:00+00:00"})
    for kind in ("HELP", "TYPE"):
        mine, theirs = (set(re.findall(rf"^# {kind} (\w+)", text, re.MULTILINE)) for text in (example, real))
        assert mine <= theirs
    labels = [{re.sub(r'"[^"]*"', "", name) for name in values(text)} for text in (example, real)]
    assert labels[0] <= labels[1]


@pytest.mark.native
def test_promtool_has_nothing_to_say_about_the_metrics() -> None:
    promtool = find_binary("promtool")
    if promtool is None:
        pytest.skip(why_absent("promtool"))
    text = openmetrics.render(sample.sample("hostile") | {"last_success": "2026-01-01T10:00:00+00:00"})
    done = subprocess.run([promtool.path, "check", "metrics"], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def values(text: str) -> dict[str, float]:
    pairs = (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
    return {name: float(number) for name, _, number in pairs}


def test_the_metrics_say_what_the_report_says() -> None:
    report = build([sample.verdict(1, "a", "fail", findings=[{"message": "m"}] * 3, findings_total=30),
                    sample.verdict(0, "a", "warn"), sample.verdict(2, "b", "not-evaluated"),
                    sample.verdict(3, "b", "not-evaluated", applies=False),
                    sample.verdict(4, None, "pass")])  # fmt: skip
    found = values(openmetrics.render(report))
    rule = sample.verdict(1, "a", "fail")["rule"]
    assert found[f'conformance_breaches{{rule="{rule}",judged="a",outcome="fail"}}'] == 30
    assert found['conformance_verdicts{judged="a",outcome="warn"}'] == 1
    assert found[f'conformance_verdicts{{judged="b",outcome="{NOT_APPLICABLE}"}}'] == 1
    assert found['conformance_score{judged="a"}'] == 0
    assert found['conformance_score{judged="The stack itself"}'] == 100
    assert 'conformance_score{judged="b"}' not in found, "not judged"
    assert (found["conformance_gate_passed"], openmetrics.LAST_SUCCESS in found) == (0, False)


def test_the_metrics_of_a_run_with_endless_breaches_are_bounded() -> None:
    report = build([sample.verdict(0, f"s{n}", "warn", rule=f"a/r{n}") for n in range(2500)])
    found = values(openmetrics.render(report))
    assert sum(name.startswith("conformance_breaches{") for name in found) == 2000
    assert found["conformance_breaches_omitted"] == 500


def destinations(folder: Path, printed: list[str] | None = None, *, github: bool = False) -> Destinations:
    return Destinations(folder / "textfile.prom", (printed if printed is not None else []).append, github=github)


def test_the_last_success_outlives_a_run_that_fails(tmp_path: Path) -> None:
    passing, failing = build([sample.verdict(1, "a", "pass")]), build([sample.verdict(1, "a", "fail")])
    assert destinations(tmp_path).last_success() is None
    assert list(destinations(tmp_path).deliver(passing | {"last_success": "2026-01-01T02:00:00+00:00"})) == []
    for _ in range(2):
        kept = destinations(tmp_path).last_success()
        assert kept == "2026-01-01T02:00:00+00:00"
        assert list(destinations(tmp_path).deliver(failing | {"last_success": kept})) == []
    file = tmp_path / "textfile.prom"
    assert values(file.read_text("utf-8"))[openmetrics.LAST_SUCCESS] == 1767232800
    assert values(file.read_text("utf-8"))["conformance_gate_passed"] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o644, "node-exporter is another user"
    assert [path.name for path in tmp_path.iterdir()] == ["textfile.prom"], "nothing half written is left"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"conformance_last_success_timestamp_seconds NaN\n", b"#" * 99])
def test_an_unreadable_file_of_metrics_means_no_known_success(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "textfile.prom").write_bytes(content)
    assert destinations(tmp_path).last_success() is None


def test_metrics_that_cannot_be_written_are_a_problem(tmp_path: Path) -> None:
    (problem,) = destinations(tmp_path / "none").deliver(build([]))
    assert problem == f"--metrics-file {tmp_path}/none/textfile.prom: not written, No such file or directory"


COMMAND = re.compile(r"::(error|warning) title=[^:,]+(,file=[^:,]+,line=\d+)?::.+")


def test_no_service_can_give_github_a_command() -> None:
    texts = ("x\n::set-env name=PATH::/evil", "a\r\n::error::b", "100%0A::stop-commands::t", "::debug::a, b: c")
    found = [{"message": text, "hint": text, "where": {}} for text in texts]
    report = build([sample.verdict(n, text, outcome, rule=f"a/{text}", findings=found)
                    for outcome in ("fail", "warn", "error") for n, text in enumerate(texts)])  # fmt: skip
    for verdict in report["verdicts"]:
        for finding in verdict["findings"]:
            finding["location"] = {"file": "a,b:c\n::d", "line": 3, "hash": "1:1"}
    lines = github.render(report).splitlines()
    assert lines
    assert all(COMMAND.fullmatch(line) for line in lines), lines
    assert not re.search(r"%(?!25|0A|0D|3A|2C)", "".join(lines))


def test_annotations_are_at_most_what_github_displays() -> None:
    report = build([sample.verdict(1, f"s{n}", kind, rule=f"a/{kind}{n}", findings=[{"message": f"`{n}`"}])
                    for n in range(12) for kind in ("fail", "warn")])  # fmt: skip
    lines = github.render(report).splitlines()
    assert [sum(line.startswith(f"::{kind} ") for line in lines) for kind in ("error", "warning")] == [10, 10]
    assert "::error title=3 more failures::" in lines[9]


def test_the_runner_obeys_nothing_between_begin_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    printed: list[str] = []
    report = build([sample.verdict(1, "a", "fail")])
    step = destinations(tmp_path, printed, github=True)
    step.begin()
    list(step.deliver(report))
    list(step.deliver(report))  # a second run in the same step adds its own
    step.end(report)
    assert re.fullmatch(r"::stop-commands::[0-9a-f]{32}", printed[0])
    assert printed[1] == f"::{printed[0].rpartition(':')[2]}::"
    assert printed[2].startswith("::error title=")
    assert (tmp_path / "summary").read_text("utf-8").count("## ") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_badges_are_images_and_nothing_else(kind: str) -> None:
    report = sample.sample(kind)
    drawn = badges.render(report)
    judged = len(report["services"]) + any(report["stack"]["counts"].values())
    assert len(drawn) == judged
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name) for name in drawn)
    for text in drawn.values():
        root = ET.fromstring(text)  # noqa: S314  # own text
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags == {"svg", "title", "rect", "g", "text"}
        assert root.attrib["aria-label"] == root[0].text


def test_badges_say_score_and_gate() -> None:
    report = build([sample.verdict(1, "a", "pass"), sample.verdict(1, "b", "fail"), sample.verdict(1, "A", "pass"),
                    *(sample.verdict(n, "c", "not-evaluated") for n in (1, 2))])  # fmt: skip
    words = {name: re.findall(r"<title>(.*?)</title>", text)[0] for name, text in badges.render(report).items()}
    assert words == {
        "a": "A: conformance 100 of 100",
        "a-2": "a: conformance 100 of 100",
        "b": "b: conformance failing, 0 of 100",
        "c": "c: conformance not judged",
    }


def test_a_badge_of_a_service_that_is_gone_does_not_stay(tmp_path: Path) -> None:
    from reports.publish import publish

    publish(build([sample.verdict(1, "a", "pass"), sample.verdict(1, "b", "pass")]), tmp_path)
    publish(build([sample.verdict(1, "b", "pass")]), tmp_path)
    assert [path.name for path in (tmp_path / "badges").iterdir()] == ["b.svg"]
    assert [*files("badges/*.svg", build([sample.verdict(1, "b", "pass")]))] == ["badges/b.svg"]
