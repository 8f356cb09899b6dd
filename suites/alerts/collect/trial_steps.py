"""Follows an alert on its way: pending, firing, routed, inhibited, delivered, resolved, each with its time."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from stack.backends.base import RunningStack
from stack.clients.alertmanager import AlertmanagerClient
from stack.clients.prometheus import PrometheusClient
from stack.eventually import eventually_or_last
from stack.records.alerts.rules import AlertRule
from stack.records.alerts.trial import AlertTrial, Delivered, OtherAlert
from stack.text.durations import seconds
from suites.alerts.collect.trial_setup import OVERLAY, Message, Receivers

LOG_LINES, NO_LINES = "log lines", "missing log lines"
"""What shows a fault where no metric does."""
WINDOW = re.compile(r"\[(\w+)\]")
FIVE = timedelta(minutes=5)
ABSENCE = re.compile(r"\b(unless|absent_over_time)\b")
"""What an expression on missing log lines has."""

ERRORS, STOPS, LOGS, SILENT = SERVICES = "trial-errors", "trial-stops", "trial-logs", "trial-silent"


class Watched:
    """What is looked at during the trial: alerts in Prometheus and Loki, in Alertmanager, and messages that arrive."""

    def __init__(
        self,
        stack: RunningStack,
        http: httpx.AsyncClient,
        receivers: Receivers,
        rules: list[AlertRule],
        step_s: float,
        begun: float,
    ) -> None:
        self.receivers, self.rules, self.step_s, self.begun = receivers, rules, step_s, begun
        self.prometheus = PrometheusClient(stack.endpoint("prometheus") or "", http)
        self.loki = PrometheusClient(f"{stack.endpoint('loki')}/prometheus", http)
        self.alertmanager = AlertmanagerClient(stack.endpoint("alertmanager") or "", http)
        self.versions = ", ".join(f"{one.name} {one.version}" for one in stack.components.values())

    def alerts_on(self, shown_by: str) -> list[str]:
        """The alerts that notify and are on a metric, or of Loki's those on log lines or on missing ones, by name."""
        return [rule.name for rule in self.rules_on(shown_by) if rule.labels.get("severity") != "none"]

    def rules_on(self, shown_by: str) -> list[AlertRule]:
        """The alert rules on what shows a fault."""
        if shown_by in (LOG_LINES, NO_LINES):
            of_loki = [rule for rule in self.rules if rule.language == "logql"]
            return [rule for rule in of_loki if bool(ABSENCE.search(rule.expr)) is (shown_by == NO_LINES)]
        reads = re.compile(rf"(?<![\w:.]){shown_by}(?![\w:])")
        return [rule for rule in self.rules if reads.search(rule.expr)]

    def window(self, shown_by: str) -> timedelta:
        """The shortest window of the first alert on log lines or on missing ones."""
        first = next((rule.expr for rule in self.rules_on(shown_by)), "")
        return min((timedelta(seconds=found) for one in WINDOW.findall(first) if (found := seconds(one))), default=FIVE)

    async def firing(self, service: str, *, logs: bool) -> dict[str, tuple[str, str]]:
        """State and summary of the alerts on a service, by name."""
        answer = await (self.loki if logs else self.prometheus).data("alerts")
        return {
            str(one["labels"].get("alertname")): (str(one.get("state")), str(one["annotations"].get("summary") or ""))
            for one in answer.get("alerts") or ()
            if _about(one["labels"], service)
        }

    async def in_alertmanager(self, service: str) -> list[Mapping[str, Any]]:
        """The alerts on a service in Alertmanager, with receivers and state."""
        found = await self.alertmanager.alerts()
        return [one for one in found if _about(one["labels"], service)]

    def integrations(self, receivers: Sequence[str]) -> list[str]:
        """The integrations of receivers, as `receiver/integration`."""
        known = self.receivers.integrations
        return [f"{name}/{kind}" for name in receivers for kind in known.get(name, ())]

    def messages(self, alert: str, service: str, since: float, *, resolved: bool) -> list[Message]:
        """The messages since then that are about an alert on a service, as firing or as resolved."""
        others = {rule.name for rule in self.rules}
        return [
            one
            for one in list(self.receivers.messages)
            if one.at >= since
            and one.resolved == resolved
            # A template may leave out the alert or the service; then no other one may be named.
            and (alert in one.text or not any(other in one.text for other in others))
            and (service in one.text or not any(other in one.text for other in SERVICES))
        ]


def _about(labels: Mapping[str, str], service: str) -> bool:
    return not service or service in (labels.get("service"), labels.get("job"))


@dataclass
class Steps:
    """One alert on its way, from the moment of its fault."""

    watched: Watched
    service: str
    shown_by: str
    fault: str
    begun: float = field(default_factory=time.monotonic)
    alert: str = ""
    steps: dict[str, float] = field(default_factory=dict)
    summary: str = ""
    routed: list[str] = field(default_factory=list)
    deliveries: dict[str, Message] = field(default_factory=dict)
    inhibited: dict[str, float] = field(default_factory=dict)
    firing: set[str] = field(default_factory=set)
    over: bool = False

    async def until_delivered(self) -> None:
        """Wait until it is pending, fires, is routed and has been delivered; stop at the first that does not come."""
        candidates = self.watched.alerts_on(self.shown_by) if self.shown_by else [self.alert]
        self.alert = candidates[0] if candidates else ""
        if not self.alert:
            return
        fires = partial(self._fires, candidates)
        if await self._wait(fires, "fires") and await self._wait(self._is_routed, "is routed"):
            await self._wait(self._is_delivered, "is delivered")
            # One that came in the same evaluation may be with Alertmanager a moment later.
            await self._see_others()

    async def _wait(self, probe: Callable[[], Any], what: str) -> bool:
        return bool(await eventually_or_last(probe, bool, self.watched.step_s, f"{self.alert} {what}"))

    async def _fires(self, candidates: Sequence[str]) -> bool:
        found = await self.watched.firing(self.service, logs=self.shown_by in (LOG_LINES, NO_LINES))
        seen = [name for name in candidates if name in found]
        if seen and "firing" not in self.steps:
            self.alert = next((name for name in seen if found[name][0] == "firing"), seen[0])
            self._saw("pending")
        state, summary = found.get(self.alert, ("", ""))
        self.summary = summary or self.summary
        if state == "firing":
            self._saw("firing")
        return state == "firing"

    async def _is_routed(self) -> bool:
        for one in await self._see_others():
            if one["labels"].get("alertname") == self.alert:
                self._saw("routed")
                self.routed = self.watched.integrations([str(to["name"]) for to in one["receivers"]])
        return "routed" in self.steps

    async def _is_delivered(self) -> bool:
        await self._see_others()
        self.deliveries = {**{one.place: one for one in self._messages(self.begun)}, **self.deliveries}
        if not self.routed or set(self.routed) - set(self.deliveries):
            return False
        self.steps["delivered"] = max(one.at for one in self.deliveries.values()) - self.begun
        return True

    def _messages(self, since: float, *, resolved: bool = False) -> list[Message]:
        """The messages about the alert since then at the receivers that it is routed to, the latest first."""
        found = self.watched.messages(self.alert, self.service, since, resolved=resolved)
        return [one for one in reversed(found) if one.place in self.routed]

    async def _see_others(self) -> list[Mapping[str, Any]]:
        """Note which other alerts on the service fire, and which of them are inhibited; returns all in Alertmanager."""
        found = await self.watched.in_alertmanager(self.service)
        for one in found:
            name = str(one["labels"].get("alertname"))
            if name != self.alert and self.shown_by and name in self.watched.alerts_on(self.shown_by):
                self.firing.add(name)
                if one["status"]["inhibitedBy"]:
                    self.inhibited.setdefault(name, time.monotonic() - self.begun)
        return found

    async def until_resolved(self) -> None:
        """Wait for the message that it is over, if one came that it is there."""
        self.over, since = True, time.monotonic()

        async def resolved() -> bool:
            found = self._messages(since, resolved=True)
            if found:
                self.steps["resolved"] = found[-1].at - self.begun
            return bool(found)

        if "delivered" in self.steps:
            await self._wait(resolved, "is resolved")

    def _saw(self, step: str) -> None:
        self.steps.setdefault(step, time.monotonic() - self.begun)

    def _sent(self, other: str) -> tuple[str, ...]:
        found = self.watched.messages(other, self.service, self.begun, resolved=False)
        return tuple(dict.fromkeys(one.receiver for one in found if other in one.text))

    def record(self) -> AlertTrial:
        """What came of it."""
        others = [
            OtherAlert(name, round(at, 2) if (at := self.inhibited.get(name)) is not None else None, self._sent(name))
            for name in sorted(self.firing)
        ]
        return AlertTrial(
            alert=self.alert,
            fault=self.fault,
            service=self.service,
            shown_by=self.shown_by,
            steps=tuple((step, round(at, 2)) for step, at in self.steps.items()),
            routed=tuple(self.routed),
            deliveries=tuple(
                Delivered(one.receiver, one.integration, round(one.at - self.begun, 2), one.text)
                for one in self.deliveries.values()
            ),
            others=tuple(others),
            summary=self.summary,
            waited_s=self.watched.step_s,
            over=self.over,
            overlay=OVERLAY,
            versions=self.watched.versions,
        )
