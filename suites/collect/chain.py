"""What becomes of a service's metrics and logs: from what it exposes and writes to the receivers of its alerts.

Built from the records of a run; a stage of which there is no record is not known, which is not the same as empty.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from sys import intern
from typing import Any

from promql_parser import VectorSelector

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.labels import LabelMatcher
from stack.records.alerts.rules import AlertRule
from stack.records.alerts.running import AlertRouting
from stack.records.dashboards.answers import PanelData
from stack.records.exposition.exposition import MetricFamily
from stack.records.logs.delivery import Delivery
from stack.records.queries import logql, promql
from suites.core.evidence import Evidence, EvidenceStore

BY_PROMETHEUS = frozenset({"up", "scrape_samples_post_metric_relabeling"})
"""Series that Prometheus adds for every target."""
NEEDED = frozenset({PanelData, AlertRule, AlertRouting, AlertmanagerConfig})
"""What is known of the stack's panels, alerts and receivers."""
EXPRESSIONS = 16_384
"""How many are kept as they were read: each is compared with every service."""
Stage = dict[str, Any]


@dataclass(frozen=True)
class Telemetry:
    """What a service exposes and writes, as far as its chain needs it: of hundreds, the evidence is not read again.

    `families` and `lines` count its metric families and log lines, None where these are not known. `names` are those of
    its series, `streams` the label sets of its log in the store, `labels` those by which its lines are selected.
    """

    families: int | None = None
    names: frozenset[str] = frozenset()
    lines: int | None = None
    streams: int = 0
    labels: tuple[Mapping[str, str], ...] = ()


def telemetry(store: EvidenceStore, service: str) -> Telemetry:
    """What the evidence says of it."""
    families, deliveries = store.get(MetricFamily, service), store.get(Delivery, service)
    found = Telemetry()
    if isinstance(families, Evidence):
        # Services have many names in common, and each keeps a text of its own otherwise.
        names = (intern(name) for family in families.records for name in {sample[0] for sample in family.samples})
        found = replace(found, families=len(families.records), names=BY_PROMETHEUS.union(names))
    if isinstance(deliveries, Evidence):
        streams = {labels for one in deliveries.records for labels in one.streams}
        labels = tuple(map(dict, streams)) or tuple(dict(one.expected) for one in deliveries.records)
        lines = sum(len(one.lines) for one in deliveries.records)
        found = replace(found, lines=lines, streams=len(streams), labels=labels)
    return found


def chain(of: Telemetry, store: EvidenceStore, measures: Mapping[str, object]) -> dict[str, list[Stage]]:
    """The stages of the service's metrics and of its logs, each with a count, None where it is not known."""
    panels, rules, routes = store.all(PanelData), store.all(AlertRule), store.all(AlertRouting)
    silent = {name for config in store.all(AlertmanagerConfig) or () for name in config.silent}
    if routes is not None:
        routes = [replace(one, actual=tuple(name for name in one.actual if name not in silent)) for one in routes]
    found = {}
    if of.families is not None:
        stored = measures.get("stored_series")
        found["metrics"] = [
            _stage("exposed", of.families, "metric families"),
            _stage("stored", stored if isinstance(stored, int) else None, "series in Prometheus"),
            *_uses(panels, rules, routes, lambda expr: _reads(expr, of.names)),
        ]
    if of.lines is not None:
        found["logs"] = [
            _stage("written", of.lines, "log lines"),
            _stage("stored", of.streams, "streams in Loki"),
            *_uses(panels, rules, routes, lambda expr: _selects(expr, of.labels)),
        ]
    return found


def _stage(name: str, count: int | None, detail: str) -> Stage:
    return {"name": name, "count": count, "detail": detail}


def _uses(
    panels: Iterable[PanelData] | None,
    rules: Iterable[AlertRule] | None,
    routes: Iterable[AlertRouting] | None,
    uses: Callable[[str], bool],
) -> Iterator[Stage]:
    drawn = None if panels is None else {one.panel for one in panels if one.values and uses(one.expr)}
    yield _stage("panels", None if drawn is None else len(drawn), "with its data")
    alerts = None if rules is None else {one.name for one in rules if not one.record and uses(one.expr)}
    yield _stage("alerts", None if alerts is None else len(alerts), "on its data")
    receivers = None
    if alerts is not None and routes is not None:
        receivers = {name for one in routes if one.alert in alerts for name in one.actual}
    detail = ", ".join(sorted(receivers or ())) or "of its alerts"
    yield _stage("receivers", None if receivers is None else len(receivers), detail)


def _reads(expr: str, names: frozenset[str]) -> bool:
    named, unnamed = _metrics(expr)
    return not named.isdisjoint(names) or any(promql.takes(one, name) for one in unnamed for name in names)


@lru_cache(maxsize=EXPRESSIONS)
def _metrics(expr: str) -> tuple[frozenset[str], tuple[VectorSelector, ...]]:
    """The metrics that an expression names, and its selectors that name none."""
    found = list(promql.selectors(promql.parse(expr).tree))
    named = frozenset(filter(None, map(promql.metric, found)))
    return named, tuple(one for one in found if not promql.metric(one))


def _selects(expr: str, streams: Sequence[Mapping[str, str]]) -> bool:
    return any(
        all(one.takes(labels.get(one.name, "")) is not False for one in kept)
        for kept in _log_selectors(expr)
        for labels in streams
    )


@lru_cache(maxsize=EXPRESSIONS)
def _log_selectors(expr: str) -> tuple[tuple[LabelMatcher, ...], ...]:
    """The selectors of an expression that is LogQL, whatever the level: that is up to what happens."""
    # Some LogQL is PromQL as well, but nobody asks Prometheus for series of whatever name.
    if _metrics(expr)[0]:
        return ()
    return tuple(
        tuple(LabelMatcher(one.name, one.sign, one.value) for one in selector if one.name != "level")
        for selector in logql.parse(expr).selectors
    )
