"""Reads from the stack's Prometheus what the components' own metrics say is wrong with them."""

import asyncio
from collections.abc import Iterable, Mapping

from stack.clients.prometheus import InstantSample, PrometheusClient, PrometheusError
from stack.components import COMPONENTS
from stack.records.live.own_metrics import OwnMetrics, OwnSample
from suites.components.collect.prometheus import Found
from suites.components.helpers.own_metrics import SIGNALS, Signal
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack

SECRETS = "alertmanager/secrets"
"""The folder of the addresses that notifications are sent to, which the site that deploys the stack fills."""
BUILDS = {COMPONENTS[name].build_info: name for name in OwnMetrics.judged_components}
"""The components by the metric that states their build."""
RECENT = "15m"
"""How old the last value of a gauge may be: jobs are scraped every few minutes at least."""


async def own_metrics(stack: InspectedStack, window_s: float) -> Found:
    """Ask for the metrics of every component; never raises for what Prometheus does."""
    owners = OwnMetrics.judged_components
    url = stack.endpoint("prometheus")
    if isinstance(url, NotEvaluated):
        return {name: {OwnMetrics: url} for name in owners}
    prometheus, names = PrometheusClient(url, stack.http), [name for name in SIGNALS if name not in _expected(stack)]
    builds = f'group by (__name__, job, instance) (last_over_time({{__name__=~"{"|".join(BUILDS)}"}}[1d]))'
    listed = _listed(names, f"{window_s:.0f}s")
    recent = _listed([name for name in names if SIGNALS[name].gauge], RECENT)
    try:
        told = _told(await prometheus.query(builds))
        exposed = _by_owner(await prometheus.query(listed), told)
        fresh = _by_owner(await prometheus.query(recent), told)
        there = [name for name in names if any(name in metrics for metrics in exposed.values())]
        answers = await asyncio.gather(*(prometheus.query(_query(name, SIGNALS[name], window_s)) for name in there))
    except PrometheusError as silent:
        return {
            name: {OwnMetrics: unanswered(f"Prometheus does not answer: {silent}", "prometheus", silent)}
            for name in owners
        }
    samples = [one for name, rows in zip(there, answers, strict=True) for one in _samples(name, rows)]
    found: Found = {}
    for owner in owners:
        mine = tuple(one for one in samples if _owner(one.metric, dict(one.labels), told) == owner)
        known = exposed.get(owner, frozenset())
        lost = frozenset(name for name in known - fresh.get(owner, frozenset()) if SIGNALS[name].gauge)
        none = NotEvaluated(f"Prometheus has no metrics of {owner} on its own faults", applies=False)
        found[owner] = {OwnMetrics: [OwnMetrics(owner, known - lost, mine, window_s, lost)] if known else none}
    return found


def _told(rows: Iterable[InstantSample]) -> dict[tuple[str, str], str]:
    """Which component a target is, by job and instance, where it exposes the build of one."""
    return {(one.labels.get("job", ""), one.labels.get("instance", "")): BUILDS[one.labels["__name__"]] for one in rows}


def _expected(stack: InspectedStack) -> set[str]:
    """The faults that a stack has as it is shipped, without receivers: how many depends on how long the run takes."""
    manager = stack.stack.components.get("alertmanager")
    if manager is None or manager.provenance == "attached" or stack.config_dir is None:
        return set()
    given = any(not path.name.startswith(".") for path in (stack.config_dir / SECRETS).glob("*"))
    return set() if given else {"alertmanager_notifications_failed_total"}


def _query(name: str, signal: Signal, window_s: float) -> str:
    """What shows a fault: a gauge that is not as it should be, a counter that gained within the window.

    A counter that was not there before the window gained its whole value.
    """
    by, window = ", ".join(("job", "instance", *signal.by)), f"{window_s:.0f}s"
    if signal.gauge:
        last = f"last_over_time({name}[{RECENT}])"
        return f"max by ({by}) (({f'time() - {last}' if signal.age else last}) {signal.faulty})"
    gained = f"increase({name}[{window}]) > 0 or ({name} > 0 unless {name} offset {window})"
    return f"sum by ({by}) ({gained})"


def _listed(names: Iterable[str], window: str) -> str:
    """Which of the metrics each target has."""
    return f'group by (__name__, job, instance) (last_over_time({{__name__=~"{"|".join(names)}"}}[{window}]))'


def _by_owner(rows: Iterable[InstantSample], told: Mapping[tuple[str, str], str]) -> dict[str, frozenset[str]]:
    """The metrics of each component."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        metric = row.labels["__name__"]
        owner = _owner(metric, row.labels, told)
        found[owner] = found.get(owner, frozenset()) | {metric}
    return found


def _owner(metric: str, labels: Mapping[str, str], told: Mapping[tuple[str, str], str]) -> str:
    """Whose fault a series shows. Loki, for one, has a write-ahead log of Prometheus, with its metrics."""
    return told.get((labels.get("job", ""), labels.get("instance", ""))) or _named(metric)


def _named(name: str) -> str:
    """Which component a metric is called after: it begins with the name, but for those of Alloy's components."""
    if name.startswith("loki_write_"):
        return "alloy"
    return next(one for one in OwnMetrics.judged_components if name.startswith(f"{one.removesuffix('-exporter')}_"))


def _samples(name: str, rows: Iterable[InstantSample]) -> list[OwnSample]:
    return [OwnSample(name, tuple(sorted((k, v) for k, v in row.labels.items() if v)), row.value) for row in rows]
