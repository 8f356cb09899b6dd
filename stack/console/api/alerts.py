"""Alerts and silences."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, model_validator

from stack.console.access.guard import Operator, Viewer, guard_of
from stack.console.access.sessions import Identity
from stack.console.api.models import Limit, Model
from stack.console.api.paging import USUAL
from stack.console.problems import Problem, not_found
from stack.console.upstream.client import Upstream

router = APIRouter(prefix="/api/v1", tags=["alerts"])
LONGEST_DAYS = 30


class Matcher(Model):
    """One condition on a label."""

    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,127}$")
    value: str = Field(max_length=500)
    operator: Literal["=", "!=", "=~", "!~"] = "="


class NewSilence(Model):
    """A silence; the author is whoever sends it."""

    matchers: list[Matcher] = Field(min_length=1, max_length=20)
    starts: datetime
    ends: datetime
    reason: str = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def _bounded(self) -> "NewSilence":
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("times need an offset")
        if not 0 < (self.ends - self.starts).total_seconds() <= LONGEST_DAYS * 86400:
            raise ValueError(f"a silence ends after it starts, and within {LONGEST_DAYS} days")
        if not any(matcher.operator == "=" and matcher.value for matcher in self.matchers):
            raise ValueError("one matcher must name a value: a silence of everything hides every alert")
        return self


class LeftOut(Model):
    """How many entries of each list lie beyond the limit of the request."""

    alerts: int
    rules: int
    silences: int


class Alerts(Model):
    """Each list has what matters most first: what is active or fires, then the newest."""

    alerts: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    rules_error: str
    silences: list[dict[str, Any]]
    left_out: LeftOut


ALERTS = ("active", "unprocessed", "suppressed")
RULES = ("firing", "pending", "inactive")
SILENCES = ("active", "pending", "expired")


def _alertmanager(request: Request) -> Upstream:
    alertmanager: Upstream = request.app.state.alertmanager
    return alertmanager


@router.get("/alerts", summary="Alerts")
async def alerts(request: Request, identity: Viewer, limit: Limit = USUAL) -> Alerts:
    """Return active alerts with their state and receivers, the rules behind them, and the silences."""
    alertmanager = _alertmanager(request)
    active = await alertmanager.json("GET", "/api/v2/alerts")
    silences = await alertmanager.json("GET", "/api/v2/silences")
    try:
        rules, rules_error = await request.app.state.prometheus.rules(), ""
    except Problem as problem:
        rules, rules_error = [], problem.detail
    found = {
        "alerts": _ordered(ALERTS, (_alert(each) for each in active if _visible(identity, each["labels"])), "starts"),
        "rules": _ordered(RULES, (_rule(rule) for rule in rules)),
        "silences": _ordered(
            SILENCES, (_silence(each) for each in silences if _in_scope(identity, each["matchers"])), "starts"
        ),
    }
    return Alerts(
        **{name: entries[:limit] for name, entries in found.items()},
        rules_error=rules_error,
        left_out=LeftOut(**{name: max(0, len(entries) - limit) for name, entries in found.items()}),
    )


@router.post("/silences", status_code=201, summary="Silence alerts")
async def silence(request: Request, identity: Operator, body: NewSilence) -> dict[str, str]:
    """Create a silence in the account's name."""
    matchers = [
        {
            "name": each.name,
            "value": each.value,
            "isEqual": each.operator in ("=", "=~"),
            "isRegex": each.operator.endswith("~"),
        }
        for each in body.matchers
    ]
    if not _in_scope(identity, matchers):
        raise Problem(403, "the silence must name a system or service of this account: service = …")
    answer = await _alertmanager(request).json(
        "POST",
        "/api/v2/silences",
        json={
            "matchers": matchers,
            "startsAt": body.starts.isoformat(),
            "endsAt": body.ends.isoformat(),
            "createdBy": identity.account,
            "comment": body.reason,
        },
    )
    guard_of(request).record(
        request,
        "silence_created",
        "success",
        actor=identity.account,
        target=answer["silenceID"],
        reason=body.reason,
        matchers=[f"{each.name}{each.operator}{each.value}" for each in body.matchers],
        ends=body.ends.isoformat(),
    )
    return {"id": answer["silenceID"]}


@router.delete("/silences/{silence_id}", status_code=204, summary="End a silence")
async def end_silence(request: Request, identity: Operator, silence_id: str) -> None:
    """End a silence."""
    alertmanager = _alertmanager(request)
    silences = await alertmanager.json("GET", "/api/v2/silences")
    found = next((each for each in silences if each["id"] == silence_id), None)
    if found is None or not _in_scope(identity, found["matchers"]):
        raise not_found()
    await alertmanager.send("DELETE", f"/api/v2/silence/{found['id']}")
    guard_of(request).record(request, "silence_ended", "success", actor=identity.account, target=silence_id)


def _ordered(states: Sequence[str], entries: Iterable[dict[str, Any]], newest: str = "") -> list[dict[str, Any]]:
    """Return entries by state, the most urgent first; those of one state by a time, or as they came."""
    found = sorted(entries, key=itemgetter(newest), reverse=True) if newest else list(entries)
    rank = {state: number for number, state in enumerate(states)}
    return sorted(found, key=lambda each: rank.get(each["state"], len(states)))


def _visible(identity: Identity, labels: dict[str, str]) -> bool:
    return identity.permission.allows(labels.get("system", ""), labels.get("service", ""))


def _in_scope(identity: Identity, matchers: list[dict[str, Any]]) -> bool:
    named = {each["name"]: each["value"] for each in matchers if each.get("isEqual", True) and not each.get("isRegex")}
    return identity.permission.everything or _visible(identity, named)


def _alert(alert: dict[str, Any]) -> dict[str, Any]:
    return {
        "fingerprint": alert["fingerprint"],
        "labels": alert["labels"],
        "annotations": alert["annotations"],
        "state": alert["status"]["state"],
        "silenced_by": alert["status"]["silencedBy"],
        "inhibited_by": alert["status"]["inhibitedBy"],
        "receivers": [receiver["name"] for receiver in alert["receivers"]],
        "starts": alert["startsAt"],
    }


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": rule["name"],
        "group": rule["group"],
        "state": rule["state"],
        "health": rule["health"],
        "severity": rule.get("labels", {}).get("severity", ""),
        "summary": rule.get("annotations", {}).get("summary", ""),
        "runbook": rule.get("annotations", {}).get("runbook_url", ""),
    }


def _silence(silence: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": silence["id"],
        "state": silence["status"]["state"],
        "matchers": [f"{each['name']}{_operator(each)}{each['value']}" for each in silence["matchers"]],
        "starts": silence["startsAt"],
        "ends": silence["endsAt"],
        "author": silence["createdBy"],
        "reason": silence["comment"],
    }


def _operator(matcher: dict[str, Any]) -> str:
    equal, regex = matcher.get("isEqual", True), matcher.get("isRegex", False)
    return ("=~" if regex else "=") if equal else ("!~" if regex else "!=")
