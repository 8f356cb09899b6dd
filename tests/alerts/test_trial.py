"""The alert trial on real servers: the shipped files, and each of its rules seen red on broken ones."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stack.components import AGENTS
from stack.records.alerts.trial import AlertTrial
from stack.text.durations import seconds
from stack.text.plain_yaml import plain_yaml
from suites.alerts.collect import running
from suites.alerts.collect.trial import trial
from suites.alerts.collect.trial_setup import ALERTMANAGER, Receivers, TrialImpossibleError, overlaid
from suites.alerts.collect.trial_steps import LOGS, SILENT
from suites.core.area import RunContext
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, EvidenceStore
from suites.core.verdict import judge
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
QUIET = "a service that serves requests logged nothing any more"
VAGUE, ITS = "Subject: Alert", f"the service `{LOGS}` nor its summary"
COMPONENTS = ("prometheus", "alertmanager", "loki", "promtail")


def carried_out(tmp_path: Path, stack: Path, step_s: float) -> dict[str, AlertTrial]:
    need(*COMPONENTS)
    found = asyncio.run(trial(COMPONENTS, tmp_path / "work", stack, lambda _: None, step_s))
    assert [one.service for one in found["loki"]] == [LOGS, SILENT]
    return {one.service: one for listed in found.values() for one in listed}


def broken(trials: dict[str, AlertTrial]) -> dict[str, list[str]]:
    """The messages of each broken rule on the trials."""
    rules = [rule for rule in in_area("alerts") if rule.record is AlertTrial]
    verdicts = {rule.id.partition("/")[2]: judge(rule, "", Evidence(tuple(trials.values()), "live")) for rule in rules}
    return {name: [one.message for one in seen.findings] for name, seen in verdicts.items() if seen.findings}


def changed(tmp_path: Path, *changes: tuple[str, str, str]) -> Path:
    """A copy of the shipped files in which texts are replaced."""
    folder = tmp_path / "stack"
    for name in ("prometheus", "alertmanager", "loki", "promtail"):
        shutil.copytree(STACK / name, folder / name)
    for file, old, new in changes:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, "the shipped file has changed: the copy is not broken any more"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.native
def test_shipped_alerts_come_and_go(tmp_path: Path) -> None:
    trials = carried_out(tmp_path, STACK, 20)
    assert broken(trials) == {}
    assert {one.alert: one.routed for one in trials.values()} == {
        "ErrorBudgetBurnsFast": ("services-on-call/slack", "services-on-call/email"),
        "TargetDown": ("services-on-call/slack", "services-on-call/email"),
        "DeadMansSwitch": ("dead-mans-switch/webhook",),
        "LogErrorBurst": ("team/slack", "team/email"),
        "ServiceWithoutLogs": ("team/slack", "team/email"),
    }
    for service in ("trial-stops", LOGS, SILENT):
        assert [step for step, _ in trials[service].steps] == ["pending", "firing", "routed", "delivered", "resolved"]
    mails = [one.text for one in trials[LOGS].deliveries if one.integration == "email"]
    assert mails[0].startswith(f"To: team@localhost\nSubject: FIRING LogErrorBurst {LOGS}\n")
    assert "docs/runbooks/LogErrorBurst.md" in mails[0]
    (slow,) = trials["trial-errors"].others
    assert (slow.alert, slow.inhibited_s is not None, slow.sent_to) == ("ErrorBudgetBurnsSlowly", True, ())


@pytest.mark.native
def test_a_broken_chain_is_found_at_every_link(tmp_path: Path) -> None:
    stack = changed(
        tmp_path,
        ("prometheus/rules/services.yml", "expr: up == 0", 'expr: up{job="gone"} == 0'),
        (ALERTMANAGER, '[alertname=~"ErrorBudgetBurnsSlowly|LogErrorBurst"]', "[alertname=LogErrorBurst]"),
        ("loki/rules/fake/services.yml", '{service=~".+"}[15m]', '{service=~".+"}[6h]'),
        (ALERTMANAGER, "to: services-on-call@localhost}", "to: '{{ .Nothing.At.All }}'}"),
        (ALERTMANAGER, "send_resolved: true", "send_resolved: false"),
        (ALERTMANAGER, "text: *text", "text: something is wrong"),
        (
            ALERTMANAGER,
            "Subject: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }} {{ .CommonLabels.service }}'",
            VAGUE,
        ),
    )
    found = broken(carried_out(tmp_path, stack, 6))
    # Whether the other alert has been sent by then, too, depends on the moment.
    assert [one.partition(", and was")[0] for one in found.pop("trial-one-message-per-fault")] == [
        "`ErrorBudgetBurnsSlowly` is not inhibited while `ErrorBudgetBurnsFast` fires on the same service and metric"
    ]
    assert found == {
        "trial-alert-fires": [
            "the service was stopped, and `TargetDown` did not even become pending within 6 s",
            f"{QUIET}: its last line is 6:01:00 old, and `ServiceWithoutLogs` did not even become pending within 6 s",
        ],
        "trial-alert-is-delivered": [
            "`ErrorBudgetBurnsFast` is routed to `services-on-call`, whose email got no message about it within 6 s",
            f"the message of `LogErrorBurst` to the email of `team` has neither its name nor {ITS}",
        ],
        "trial-alert-resolves": [
            "the fault is over, and `team` got no message within 6 s that `LogErrorBurst` is resolved"
        ],
    }


def differences(shipped: Any, other: Any, key: str = "") -> list[tuple[str, Any, Any]]:
    if isinstance(shipped, dict) and isinstance(other, dict):
        keys = [*shipped, *(name for name in other if name not in shipped)]
        return [one for name in keys for one in differences(shipped.get(name), other.get(name), str(name))]
    if isinstance(shipped, list) and isinstance(other, list) and len(shipped) == len(other):
        return [one for pair in zip(shipped, other, strict=True) for one in differences(*pair, key)]
    return [] if shipped == other else [(key, shipped, other)]


def test_the_overlay_shortens_times_and_replaces_addresses_and_nothing_else(tmp_path: Path) -> None:
    overlaid(STACK, tmp_path / "o", Receivers(http_port=1, smtp_port=2))
    kinds = set()
    for path in sorted((tmp_path / "o").rglob("*.y*ml")):
        name = path.relative_to(tmp_path / "o")
        if path.read_bytes() == (STACK / name).read_bytes():
            continue
        shipped, other = (plain_yaml((folder / name).read_text("utf-8")) for folder in (STACK, tmp_path / "o"))
        if name.as_posix() == ALERTMANAGER:
            del shipped["receivers"], shipped["global"], other["receivers"], other["global"]
        for key, before, after in differences(shipped, other):
            assert (seconds(after) or 0) < (seconds(before) or 60), name
            kinds.add(key)
    assert kinds == {"for", "group_wait", "group_interval", "evaluation_interval"}


@pytest.mark.parametrize(
    ("asked", "found", "taken"),
    [
        ("alloy", {"promtail", "alloy"}, "alloy"),
        ("promtail", {"promtail", "alloy"}, "promtail"),
        ("promtail", {"alloy"}, "alloy"),
    ],
)
def test_the_trial_takes_the_agent_that_was_asked_for(
    asked: str, found: set[str], taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    async def instead(components: Sequence[str], *_: object) -> dict[str, list[AlertTrial]]:
        started.extend(components)
        return {"alertmanager": [], "loki": []}

    monkeypatch.setattr(running, "find_binary", lambda name: name not in AGENTS or name in found)
    monkeypatch.setattr(running, "trial", instead)
    run = SimpleNamespace(
        attached=False,
        no_retention_trial="",
        agent=asked,
        records={AlertTrial},
        work_dir=tmp_path,
        shipped=STACK,
        say=print,
        store=EvidenceStore(tmp_path),
        timelines=[],
    )
    asyncio.run(running.AlertsCollector(cast("RunContext", run)).beside())
    assert started == ["prometheus", "alertmanager", "loki", taken]


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        (ALERTMANAGER, "receivers: []", "alertmanager/alertmanager.yml has no route"),
        (ALERTMANAGER, "route: [", "alertmanager/alertmanager.yml is no YAML: "),
        ("prometheus/rules/services.yml", "groups: [", "prometheus/rules/services.yml is no YAML: "),
    ],
)
def test_files_of_which_no_trial_can_be_made(tmp_path: Path, file: str, text: str, reason: str) -> None:
    stack = changed(tmp_path)
    (stack / file).write_text(text, encoding="utf-8")
    with pytest.raises(TrialImpossibleError, match=reason):
        overlaid(stack, tmp_path / "o", Receivers())
