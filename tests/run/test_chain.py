"""What becomes of a service's metrics and logs, from the records of a run, and what the report draws of it."""

from pathlib import Path

import pytest

from reports.charts import waterfall
from reports.page import stages_of
from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.rules import AlertRule
from stack.records.alerts.running import AlertRouting
from stack.records.alerts.trial import AlertTrial, Delivered, OtherAlert
from stack.records.dashboards.answers import PanelData
from stack.records.exposition.exposition import MetricFamily
from stack.records.logs.delivery import Delivery
from suites.alerts.collect.running import timeline
from suites.collect.chain import Telemetry, chain, telemetry
from suites.core.evidence import EvidenceStore

FAMILY = MetricFamily.parse('# TYPE http_requests_total counter\nhttp_requests_total{code="200"} 1\n')
DELIVERY = Delivery.parse('expected: {service: storage, level: info}\nemitted: [\'{"level": "info"}\']\nstreams: 2\n')
RULES = [
    AlertRule("Errors", 'rate(http_requests_total{code="500"}[5m]) > 1'),
    AlertRule("Other", "queue_length > 5"),
    AlertRule("Burst", 'sum(count_over_time({service=~".+", level="error"}[5m])) > 5', language="logql"),
]
PANELS = [
    PanelData("Requests", expr="sum(rate(http_requests_total[5m]))", values=3),
    PanelData("Whatever it is called", expr='sum({__name__=~"http_.+_total"})', values=1),
    PanelData("Nothing of that name", expr='sum({__name__=~"grpc_.+_total"})', values=1),
    PanelData("Empty", expr="http_requests_total", values=0),
    PanelData("Lines", expr='{service="storage"}', values=3),
    PanelData("Lines of another", expr='{service="tokens"}', values=3),
]


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    found = EvidenceStore(tmp_path)
    found.put("storage", {MetricFamily: [FAMILY], Delivery: [DELIVERY]}, "live")
    found.put("board", {PanelData: PANELS}, "live")
    found.put("prometheus", {AlertRule: RULES}, "static")
    routes = [AlertRouting(rule.name, ("team",), ("team", "nobody")) for rule in RULES[:2]]
    config = AlertmanagerConfig.parse("{route: {receiver: nobody}, receivers: [{name: nobody}]}")
    found.put("alertmanager", {AlertRouting: routes, AlertmanagerConfig: [config]}, "live")
    return found


def test_every_stage_counts_what_is_of_the_service(store: EvidenceStore) -> None:
    found = chain(telemetry(store, "storage"), store, {"stored_series": 7})
    assert [(one["name"], one["count"]) for one in found["metrics"]] == [
        *(("exposed", 1), ("stored", 7), ("panels", 2), ("alerts", 1), ("receivers", 1))
    ]
    assert [(one["name"], one["count"]) for one in found["logs"]][2:] == [
        ("panels", 1),
        ("alerts", 1),
        ("receivers", 0),
    ]
    assert [state for _, state in stages_of(found["logs"])][-1] == "broken"


def test_what_was_not_collected_is_not_known(store: EvidenceStore) -> None:
    nothing = EvidenceStore(store.folder)
    assert telemetry(nothing, "storage") == Telemetry()
    assert chain(Telemetry(), nothing, {}) == {}
    bare = EvidenceStore(store.folder)
    bare.put("storage", {MetricFamily: [FAMILY]}, "live")
    stages = list(stages_of(chain(telemetry(bare, "storage"), bare, {})["metrics"]))
    assert [state for _, state in stages] == ["whole", "unknown", "unknown", "unknown", "unknown"]


def test_a_chain_breaks_at_its_first_empty_stage() -> None:
    stages = [{"name": "a", "count": count, "detail": ""} for count in (3, 0, 2, None)]
    assert [state for _, state in stages_of(stages)] == ["whole", "broken", "after", "unknown"]


def test_a_trial_is_drawn_with_what_came_and_what_did_not() -> None:
    trial = AlertTrial(
        *("Down", "it was stopped", "storage"),
        steps=(("pending", 1.0), ("firing", 2.0), ("routed", 2.5)),
        routed=("team/slack", "team/email"),
        deliveries=(Delivered("team", "slack", 3.0),),
        others=(OtherAlert("Slow", 2.7), OtherAlert("Odd")),
    )
    drawn = timeline(trial)
    events = ("pending", 1.0), ("firing", 2.0), ("routed", 2.5), ("Slow inhibited", 2.7), ("slack to team", 3.0)
    assert drawn.events == events
    assert drawn.missing == ("resolved", "email to team", "Odd inhibited")
    picture = waterfall([("<a>", 1.0)], ["never"], "a & b")
    assert "&lt;a&gt;" in picture
    assert "a &amp; b" in picture
    assert "did not come" in picture
