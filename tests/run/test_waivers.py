"""Breaches of the stack itself can be accepted: in `stack/waivers.yaml`, or in the target file of an attached one."""

from datetime import date
from pathlib import Path

import pytest

from stack.records.live.catalog import RunningJobs
from stack.records.live.components import ComponentState
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.rule import Rule
from suites.core.subjects import Subject
from suites.core.verdict import judge
from suites.run import settings
from suites.run.session import RunSession
from tests.runs.test_usage import Asked

READY, JOBS = rules()["components/component-ready"], rules()["components/running-jobs-are-in-catalog"]
UNDECLARED = RunningJobs.parse("{jobs: {cron: 'http://h:1/m', legacy: 'http://h:2/m'}, catalog: [], components: []}")
DECLARED = RunningJobs.parse("{jobs: {api: 'http://h:1/m'}, catalog: [api], components: []}")
LOKI, PROMETHEUS = Subject("loki", "component"), Subject("prometheus", "component")


def waiver(rule: str, subject: str, more: str = "", expires: str = "2999-12-31") -> str:
    return f'  - {{rule: {rule}, subject: {subject}, reason: r, owner: o, expires: "{expires}"{more}}}\n'


def evidence_of(run: RunSession) -> RunSession:
    """A run that has seen Loki down and two jobs that nobody declared."""
    run.store.put("loki", {ComponentState: [ComponentState("loki", "native", "3.6", None, "it is down")]}, "live")
    run.store.put("prometheus", {RunningJobs: [UNDECLARED]}, "live")
    return run


@pytest.fixture(params=["stack", "target"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSession:
    """A run that has waivers for these two, one for a dashboard or Grafana, one for an alert, one ends in 2020."""
    legacy = judge(JOBS, "prometheus", Evidence((UNDECLARED,), "live")).fingerprints[1]
    text = "waivers:\n" + (
        waiver("components/component-ready", "loki")
        + waiver("components/running-jobs-are-in-catalog", "prometheus", f", ticket: OPS-7, fingerprint: {legacy}")
        + waiver("alerts/alert-is-explained", "prometheus")
        + waiver("components/clocks-in-sync", "loki", expires="2020-01-01")
    )
    path = tmp_path / "waivers.yaml"
    if request.param == "stack":
        path.write_text(text + waiver("dashboards/panels-have-units", "services"), encoding="utf-8")
        monkeypatch.setattr(settings, "WAIVERS", path)  # `stack / path` is the path, which is absolute
        return evidence_of(RunSession(Asked()))  # type: ignore[arg-type]  # the options alone
    path.write_text(
        f"prometheus: http://h:1\n{text}{waiver('dashboards/grafana-no-weak-credentials', 'grafana')}", encoding="utf-8"
    )
    return evidence_of(RunSession(Asked(stack="attached", target=path)))  # type: ignore[arg-type]  # the options alone


def judged(run: RunSession, rule: Rule, subject: Subject) -> tuple[str, list[str]]:
    """The outcome, and which findings are accepted."""
    data = run.judged(rule, subject).as_data(subject.kind, None)
    found: list[dict[str, str]] = data["findings"]  # type: ignore[assignment]  # as the schema says
    return str(data["outcome"]), [one["message"] for one in found if "waiver" in one]


def test_components_alerts_dashboards_and_undeclared_targets_are_waived(run: RunSession) -> None:
    with pytest.raises(AttributeError):  # it gets past the waivers, and misses pytest's own options here
        run.check()
    assert judged(run, READY, LOKI) == ("waived", [])
    assert judged(run, JOBS, PROMETHEUS) == ("warn", ["job `legacy` is neither in the catalog nor a component"])
    assert {(one.rule, one.expired(date(2026, 1, 1))) for one in run.settings.waivers if one.subject == "loki"} == {
        ("components/component-ready", False),
        ("components/clocks-in-sync", True),
    }


def test_while_a_component_is_down_no_waiver_is_called_unneeded(run: RunSession) -> None:
    """Whatever is missing because Loki is down may be what the waiver is about; once it is up, the waiver has to go."""
    up = RunSession(run._config)
    for each in (run, up):
        each.store.put("prometheus", {RunningJobs: [DECLARED]}, "live")
    assert judged(run, JOBS, PROMETHEUS) == ("pass", [])
    assert judged(up, JOBS, PROMETHEUS) == ("error", [])


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("{rule: a/b, reason: r, owner: o, expires: '2999-01-01'}", "2: waivers[0].subject: is missing"),
        ("{rule: a/b, subject: x, owner: o, expires: '2999-01-01'}", "2: waivers[0].reason: is missing"),
        (
            "{rule: a/b, subject: x, reason: r, owner: o, expires: '2999-02-30'}",
            "2: waivers[0].expires: there is no day 2999-02-30",
        ),
        (
            "{rule: a/b, subject: x, reason: r, owner: o, expires: '2999-01-01', fingerprint: abc}",
            "2: waivers[0].fingerprint: 'abc' is not the fingerprint of a finding, as the report gives it",
        ),
        (
            "{rule: components/component-ready, subject: lokki, reason: r, owner: o, expires: '2999-01-01'}",
            "2: waiver for 'components/component-ready', which does not judge 'lokki'; did you mean 'loki'?",
        ),
    ],
)
@pytest.mark.parametrize("place", ["stack", "target"])
def test_a_wrong_waiver_is_refused_with_line_and_key(
    entry: str, wrong: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "waivers.yaml"
    options: dict[str, object] = {"stack": "attached", "target": path}
    text = f"waivers:\n  - {entry}\n"
    if place == "stack":
        monkeypatch.setattr(settings, "WAIVERS", path)
        options = {}
    path.write_text(text if place == "stack" else f"{text}prometheus: http://h:1\n", encoding="utf-8")
    with pytest.raises(pytest.UsageError) as refused:
        RunSession(Asked(**options)).check()  # type: ignore[arg-type]  # the options alone
    assert f":{wrong}" in str(refused.value)
