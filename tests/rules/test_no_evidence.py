"""No evidence, no verdict: on a record that holds nothing, no rule passes but those of `CONFORMANT`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.rules import AlertRule, RuleFile
from stack.records.alerts.running import AlertmanagerDiscovery, AlertmanagerLink, AlertRouting, LoadedRules, Silences
from stack.records.alerts.setup import AlertmanagerSetup, Ruler, RuleTests
from stack.records.alerts.trial import AlertTrial
from stack.records.config.compose import ComposeService
from stack.records.config.effective import ConfigCheck, EffectiveConfig
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.release import PinnedRelease, RunningRelease
from stack.records.config.scrape_jobs import ScrapeJobs
from stack.records.console.access import (
    Asked,
    ConsoleAccess,
    ConsoleContract,
    ConsoleListings,
    ConsoleQueries,
    ConsoleScope,
    Shown,
)
from stack.records.console.audit import Act, ConsoleAudit, ConsoleChain
from stack.records.console.commands import ConsoleCommands, Unasked
from stack.records.console.docker_filter import DockerFilter, DockerRequest
from stack.records.console.lines import ConsoleExports, ConsoleTails
from stack.records.console.requests import (
    ConsoleAddresses,
    ConsoleBounds,
    ConsoleErrors,
    ConsoleForgeries,
    ConsoleHeaders,
    ConsoleReads,
)
from stack.records.console.sessions import (
    ConsoleSecrets,
    ConsoleSession,
    ConsoleSignIns,
    ConsoleTerminal,
    ConsoleTls,
    ConsoleUrls,
    Refusal,
)
from stack.records.dashboards.answers import PanelData, VariableData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.datasource import GrafanaDatasources
from stack.records.dashboards.grafana import GrafanaAccess, GrafanaFiles, ServedDashboard
from stack.records.dashboards.rendering import RenderedDashboard
from stack.records.dashboards.shown import ShownMetrics
from stack.records.exposition.exposition import Exposition, MetricFamily, OpenMetricsExposition, TextExposition
from stack.records.live.catalog import CatalogStreams, OtherTargets, RunningJobs
from stack.records.live.components import ClockSkew, ComponentState, ComponentTargets, Listeners
from stack.records.live.discovery import DeclaredServices, DiscoveredServices
from stack.records.live.gateway_trial import GatewayTail, GatewayTrial
from stack.records.live.own_metrics import OwnMetrics
from stack.records.live.service_start import ServiceStart
from stack.records.logs.delivery import Delivery
from stack.records.logs.shared_labels import SharedLabels
from stack.records.logs.stored import StoredActivity
from stack.records.logs.stream import LogStream
from stack.records.retention.running import CompactorRuns, RetentionObservation
from stack.records.retention.trial import RetentionTrial
from stack.records.scrape.budget import USUAL, Budget, BudgetedScrape
from stack.records.scrape.contract import Contract, MetricContract
from stack.records.scrape.negotiation import Negotiation
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import ConcurrentScrapes, ErrorKind, Scrape
from stack.records.scrape.target import ScrapeTarget
from stack.records.scrape.traffic import ProvokedTraffic
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import judge

HTML = b"<html><body>502 Bad Gateway</body></html>"


def without_answer(kind: ErrorKind) -> Scrape:
    return Scrape("http://127.0.0.1:9/metrics", accept="*/*", accept_encoding="gzip", error_kind=kind, error="none")


UNANSWERED = [without_answer(kind) for kind in ("connect", "tls", "http", "timeout", "cut", "gzip")]
BODIES = [(body, sent) for body in (b"", b"\n", b"# EOF\n", HTML) for sent in (None, "text/plain")]
EXPOSITIONS = [Exposition.read(*body) for body in BODIES]
EMPTY: Mapping[type, Sequence[Any]] = {
    AlertRule: [],
    AlertmanagerConfig: [AlertmanagerConfig("alertmanager.yml")],
    AlertmanagerSetup: [AlertmanagerSetup()],
    RuleFile: [RuleFile("rules.yml")],
    RuleTests: [RuleTests("tests.yml")],
    Ruler: [Ruler()],
    AlertTrial: [AlertTrial("TargetDown", "the service was stopped", "victim")],
    AlertmanagerDiscovery: [AlertmanagerDiscovery(())],
    AlertRouting: [AlertRouting("TargetDown", ("on-call",), ())],
    LoadedRules: [LoadedRules((), ())],
    ComposeService: [ComposeService.parse("services: {loki: {}}")],
    ConfigCheck: [],
    EffectiveConfig: [EffectiveConfig("loki", ())],
    LokiConfig: [LokiConfig.parse("")],
    PrometheusConfig: [PrometheusConfig.parse("")],
    PinnedRelease: [],
    RunningRelease: [],
    ScrapeJobs: [ScrapeJobs((), ())],
    ConsoleAccess: [ConsoleAccess(())],
    ConsoleAddresses: [ConsoleAddresses("203.0.113.9", ())],
    ConsoleAudit: [ConsoleAudit(()), ConsoleAudit((Act("a sign-in", "authn_login_success", audited=False),))],
    ConsoleBounds: [ConsoleBounds()],
    ConsoleChain: [ConsoleChain(0, claimed=True)],
    ConsoleCommands: [ConsoleCommands(()), ConsoleCommands((), (Unasked("curl", "no Loki"),))],
    DockerFilter: [DockerFilter(200, ()), DockerFilter(0, (DockerRequest("a", "GET /a", 403),))],
    ConsoleContract: [ConsoleContract(())],
    ConsoleErrors: [ConsoleErrors(())],
    ConsoleExports: [ConsoleExports(())],
    ConsoleForgeries: [ConsoleForgeries()],
    ConsoleHeaders: [ConsoleHeaders(())],
    ConsoleListings: [ConsoleListings((), ())],
    ConsoleQueries: [ConsoleQueries((), ()), ConsoleQueries(("a",), (Shown("GET /l", (), 404, "contains", "x"),))],
    ConsoleReads: [ConsoleReads(0)],
    ConsoleScope: [
        ConsoleScope(()),
        ConsoleScope(tuple(Asked("GET /l", "limited", 404, about) for about in ("own", "other", "absent"))),
    ],
    ConsoleSecrets: [ConsoleSecrets(0)],
    ConsoleSession: [ConsoleSession(""), ConsoleSession("", signed_in=401)],
    ConsoleSignIns: [
        ConsoleSignIns(Refusal(0), Refusal(0)),
        *(ConsoleSignIns(Refusal(status), Refusal(status)) for status in (429, 502)),
    ],
    ConsoleTerminal: [ConsoleTerminal(opened=False)],
    ConsoleTls: [ConsoleTls(401), ConsoleTls(502)],
    ConsoleTails: [ConsoleTails(()), ConsoleTails((), (0.1,))],
    ConsoleUrls: [ConsoleUrls(())],
    PanelData: [PanelData("Requests")],
    VariableData: [VariableData("job")],
    Dashboard: [Dashboard.parse("{}")],
    GrafanaDatasources: [GrafanaDatasources((), (), "")],
    GrafanaAccess: [GrafanaAccess("http://g")],
    GrafanaFiles: [GrafanaFiles()],
    RenderedDashboard: [RenderedDashboard(1440)],
    ShownMetrics: [ShownMetrics("api"), ShownMetrics("api", ("a",)), ShownMetrics("api", (), ("a",))],
    ServedDashboard: [ServedDashboard("a", "b", "c")],
    Exposition: EXPOSITIONS,
    TextExposition: [TextExposition.read(*body) for body in BODIES],
    OpenMetricsExposition: [OpenMetricsExposition.read(*body) for body in BODIES],
    MetricFamily: [MetricFamily.parse("# TYPE a gauge\n"), MetricFamily.parse("# TYPE a gauge\n# EOF\n")],
    CatalogStreams: [CatalogStreams((), ())],
    OtherTargets: [OtherTargets(())],
    SharedLabels: [SharedLabels(), SharedLabels(({"job": "a"},)), SharedLabels((), ({"level": "info"},))],
    StoredActivity: [StoredActivity("{}", 3600.0)],
    AlertmanagerLink: [AlertmanagerLink("http://am:9093/api/v2/alerts", AlertmanagerLink.UNSEEN)],
    Silences: [Silences(())],
    OwnMetrics: [OwnMetrics("loki", frozenset(), ())],
    RunningJobs: [RunningJobs((), ())],
    DeclaredServices: [DeclaredServices((), (), ("consul",))],
    DiscoveredServices: [DiscoveredServices("docker", ())],
    ClockSkew: [],
    ComponentState: [],
    ComponentTargets: [ComponentTargets("loki", ())],
    Listeners: [Listeners("gateway", ())],
    GatewayTail: [],
    GatewayTrial: [GatewayTrial("http://g", (), health=0)],
    Delivery: [Delivery("api", {"service": "api"}, (), ())],
    LogStream: [LogStream((), "api"), LogStream((), "api", missing="no such file")],
    CompactorRuns: [CompactorRuns(100.0, 100.0, 900.0, None)],
    RetentionObservation: [RetentionObservation("loki", 0.0)],
    RetentionTrial: [RetentionTrial("loki", "lines", "chunk files", "168h", (), "loki-config.yaml")],
    BudgetedScrape: [BudgetedScrape(each, 0.0, budget) for each in EXPOSITIONS for budget in (Budget(), USUAL)],
    MetricContract: [MetricContract(Contract(), each, each) for each in EXPOSITIONS],
    Negotiation: [Negotiation(()), Negotiation(tuple(UNANSWERED))],
    ScrapePair: [ScrapePair(each, each, 1.0, 100, 1e9) for each in EXPOSITIONS],
    ConcurrentScrapes: [ConcurrentScrapes((), ())],
    Scrape: UNANSWERED,
    ScrapeTarget: [ScrapeTarget("api", ())],
    ServiceStart: [],
    ProvokedTraffic: [ProvokedTraffic(())],
}
"""The emptiest records that a collector may produce, by type; none where a record cannot be empty."""

NO_MOUNT = "a service of the compose file that mounts nothing mounts no socket and nothing writable"
NAMED = "a metric that has no series yet has its name and its metadata, and only these are judged"
DEFAULT_IS_SAFE = "the server's own default conforms"

CONFORMANT = {
    "alerts/not-everything-silenced": "an Alertmanager without silences mutes nothing",
    "components/prometheus-is-read-only": DEFAULT_IS_SAFE,
    "components/prometheus-scrape-interval": DEFAULT_IS_SAFE,
    "compose/docker-socket": NO_MOUNT,
    "compose/host-namespaces": "Docker gives a service namespaces of its own",
    "compose/mounts-read-only": NO_MOUNT,
    "compose/no-default-credentials": "a service without environment and command has no credentials there",
    "compose/not-privileged": "Docker gives a service no privileges of its own accord",
    "compose/published-ports": "a service that publishes no port publishes none too many",
    "dashboards/panel-queries-succeed": "an empty result is an answer; `panels-have-data` judges it",
    "dashboards/variable-queries-succeed": "an empty result is an answer; `variables-have-values` judges it",
    "metrics/base-units": NAMED,
    "metrics/counter-total-suffix": NAMED,
    "metrics/no-colons": NAMED,
    "metrics/no-precomputed-statistics": NAMED,
    "metrics/ratio-not-percent": NAMED,
    "metrics/reserved-prefixes": NAMED,
    "metrics/timestamps-not-time-since": NAMED,
    "metrics/type-declared": NAMED,
    "metrics/type-in-name": NAMED,
    "metrics/unit-abbreviations": NAMED,
    "metrics/unit-at-the-end": NAMED,
    "retention/loki-no-obsolete-retention-settings": "a file without settings has no obsolete ones",
    "retention/loki-overrides-within-seven-days": "a file without overrides keeps no stream longer",
    "retention/loki-rejects-old-samples": DEFAULT_IS_SAFE,
}
"""Rules that pass on an empty record, each with the reason why emptiness is what it asks for."""


@pytest.mark.parametrize("name", rules())
def test_no_rule_passes_on_nothing(name: str) -> None:
    rule = rules()[name]
    records = EMPTY[rule.record]
    verdicts = [judge(rule, "subject", Evidence((record,), "live")) for record in records]
    assert not [verdict.reason for verdict in verdicts if verdict.outcome == "error"]
    passed = [record for record, verdict in zip(records, verdicts, strict=True) if verdict.outcome == "pass"]
    assert bool(passed) is (name in CONFORMANT), passed[:1]
