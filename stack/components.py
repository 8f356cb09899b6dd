"""The one table of the stack's components: a new component is one row here, and a recipe if it can run locally.

Data only: `stack.servers.find` finds the programs, `stack.backends` runs them. The versions are also in the compose
file and, of what `make servers` builds, in `stack/servers/*/go.mod`; `tests/stack/test_components.py` compares them.
"""

from datetime import date

from stack.component_info import BUILT, DOWNLOADED, Checker, ComponentInfo, EndOfLife, GoBuild

PROMETHEUS_VERSION, ALERTMANAGER_VERSION, NODE_EXPORTER_VERSION = "3.13.5", "0.34.2", "1.12.1"


def _prometheus(binary: str, without: str = "") -> GoBuild:
    module = "github.com/prometheus/prometheus"
    # Prometheus 3.x.y is published to Go as v0.3xx.y: the module path has no /v3.
    major, minor, patch = PROMETHEUS_VERSION.split(".")
    published = f"v0.{major}{int(minor):02d}.{patch}"
    return GoBuild(
        binary, "prometheus", module, f"{module}/cmd/{binary}", PROMETHEUS_VERSION, published, without=without
    )


def _alertmanager(binary: str, placeholder: str = "", without: str = "") -> GoBuild:
    module, version = "github.com/prometheus/alertmanager", ALERTMANAGER_VERSION
    package = f"{module}/cmd/{binary}"
    return GoBuild(binary, "alertmanager", module, package, version, f"v{version}", placeholder, without)


_NODE_EXPORTER = "github.com/prometheus/node_exporter"
_GRAFANA_CHECK = ("-config.file={file}", "-config.expand-env=true")
_RECIPES = "stack.backends.local.recipes"

# Prometheus keeps a release six weeks and an LTS release one year, Grafana a minor release nine months and the last one
# of a major fifteen.
_PROMETHEUS_CYCLE = ("https://prometheus.io/docs/introduction/release-cycle/", "the newest release of Prometheus 3")
_GRAFANA_CYCLE = (
    "https://grafana.com/docs/grafana/latest/upgrade-guide/when-to-upgrade/",
    "the newest release of Grafana",
)
_PROMTAIL_END = EndOfLife(
    "",
    date(2026, 3, 2),
    "https://grafana.com/docs/loki/latest/send-data/promtail/",
    "Grafana Alloy: docker-compose.alloy.yml",
)

_COMPONENTS = (
    ComponentInfo(
        "prometheus",
        binaries=("prometheus",),
        get=BUILT,
        build=_prometheus("prometheus", without="its web interface"),
        image="prom/prometheus",
        tag=f"v{PROMETHEUS_VERSION}",
        port=9090,
        ready_path="/-/ready",
        private_path="/api/v1/status/buildinfo",
        version_json=("/api/v1/status/buildinfo", "data", "version"),
        config_file="prometheus/prometheus.yml",
        config_readable=True,
        checker=Checker("promtool", ("check", "config", "{file}")),  # reads the rule files as well
        recipe=f"{_RECIPES}:prometheus",
        queried=True,
        published="PROMETHEUS_PORT",
        ends=(
            EndOfLife("2.37", date(2023, 7, 31), *_PROMETHEUS_CYCLE),
            EndOfLife("2.45", date(2024, 7, 31), *_PROMETHEUS_CYCLE),
            EndOfLife("2.53", date(2025, 7, 31), *_PROMETHEUS_CYCLE),
            EndOfLife("2", date(2025, 7, 31), *_PROMETHEUS_CYCLE),
            EndOfLife("3.5", date(2026, 7, 31), *_PROMETHEUS_CYCLE),
        ),
    ),
    ComponentInfo(
        "loki",
        binaries=("loki",),
        get=DOWNLOADED,
        version_args=("-version",),
        image="grafana/loki",
        tag="3.6.15",
        port=3100,
        ready_path="/ready",
        private_path="/loki/api/v1/labels",
        version_json=("/loki/api/v1/status/buildinfo", "version"),
        config_file="loki/loki-config.yaml",
        config_readable=True,
        checker=Checker("loki", (*_GRAFANA_CHECK, "-verify-config")),
        recipe=f"{_RECIPES}:loki",
        stand_in=True,
        queried=True,
    ),
    ComponentInfo(
        "promtail",
        binaries=("promtail",),
        get=DOWNLOADED,
        version_args=("-version",),
        image="grafana/promtail",
        tag="3.6.15",
        port=9080,
        ready_path="/ready",
        version_metric="promtail_build_info",
        config_file="promtail/promtail-config.yaml",
        checker=Checker("promtail", (*_GRAFANA_CHECK, "-check-syntax")),
        recipe=f"{_RECIPES}:promtail",
        stand_in=True,
        ends=(_PROMTAIL_END,),
    ),
    ComponentInfo(
        "alloy",
        binaries=("alloy",),
        get=DOWNLOADED,
        image="grafana/alloy",
        tag="v1.21.2",
        port=12345,
        ready_path="/-/ready",
        version_metric="alloy_build_info",
        config_file="alloy/config.alloy",
        checker=Checker("alloy", ("fmt", "{file}")),
        recipe=f"{_RECIPES}:alloy",
        instead_of="promtail",
    ),
    ComponentInfo(
        "alertmanager",
        binaries=("alertmanager", "prometheus-alertmanager"),
        get=BUILT,
        build=_alertmanager("alertmanager", "ui/app/dist/index.html.gz", "its web interface"),
        image="prom/alertmanager",
        tag=f"v{ALERTMANAGER_VERSION}",
        port=9093,
        ready_path="/-/ready",
        private_path="/api/v2/status",
        version_json=("/api/v2/status", "versionInfo", "version"),
        config_file="alertmanager/alertmanager.yml",
        config_readable=True,
        checker=Checker("amtool", ("check-config", "{file}")),
        recipe=f"{_RECIPES}:alertmanager",
        queried=True,
    ),
    ComponentInfo(
        "node-exporter",
        binaries=("node_exporter", "prometheus-node-exporter"),
        get=BUILT,
        build=GoBuild(
            "node_exporter",
            "node-exporter",
            _NODE_EXPORTER,
            _NODE_EXPORTER,
            NODE_EXPORTER_VERSION,
            f"v{NODE_EXPORTER_VERSION}",
        ),
        image="prom/node-exporter",
        tag=f"v{NODE_EXPORTER_VERSION}",
        port=9100,
        ready_path="/",
        version_metric="node_exporter_build_info",
        recipe=f"{_RECIPES}:node_exporter",
    ),
    ComponentInfo(
        "redis",
        binaries=("redis-server",),
        image="redis",
        tag="8.10.2",
        port=6379,
        recipe=f"{_RECIPES}:redis",
        scraped=False,  # redis-exporter has its metrics
        user="default",
    ),
    ComponentInfo(
        "redis-exporter",
        binaries=("redis_exporter", "prometheus-redis-exporter"),
        image="oliver006/redis_exporter",
        tag="v1.89.0-alpine",
        port=9121,
        ready_path="/",
        version_metric="redis_exporter_build_info",
        recipe=f"{_RECIPES}:redis_exporter",
    ),
    ComponentInfo(
        "gateway",
        binaries=("nginx",),
        version_args=("-v",),
        image="nginx",
        tag="1.31.6",
        port=4080,
        ready_path="/healthz",
        recipe="stack.backends.local.gateway:gateway",
        queried=True,
        scraped=False,
        published="GATEWAY_PORT",
        user="conformance",
    ),
    ComponentInfo(
        "docker-proxy",
        binaries=("haproxy",),
        version_args=("-v",),
        image="haproxy",
        tag="3.2.21-alpine",
        port=8404,  # its health; the Docker API is on 2375, for agent and console alone
        ready_path="/healthz",
        config_file="docker-proxy/haproxy.cfg",
        checker=Checker("haproxy", ("-c", "-f", "{file}")),
        scraped=False,
    ),
    ComponentInfo(
        "console",
        binaries=(),
        module="stack.console",
        image="observability-conformance/console",
        tag="0.1.0",
        port=4081,
        ready_path="/healthz",
        private_path="/api/v1/monitoring",
        version_metric="console_build_info",
        recipe="stack.backends.local.console:console",
        required=False,
        user="conformance",
    ),
    ComponentInfo(
        "grafana",
        binaries=("grafana", "grafana-server"),  # one program since Grafana 13
        get=DOWNLOADED,
        version_args=("-v",),
        image="grafana/grafana",
        tag="13.1.1",
        port=3000,
        ready_path="/api/health",
        private_path="/api/search",
        sub_path="/grafana",
        version_json=("/api/health", "version"),
        # Grafana is set up by the environment of its service; the folders of dashboards and datasources lie beside it.
        config_file="docker-compose.yml",
        recipe="stack.backends.local.grafana:grafana",
        required=False,
        queried=True,
        published="GRAFANA_PORT",
        user="conformance",
        ends=(
            EndOfLife("11", date(2026, 6, 25), *_GRAFANA_CYCLE),
            EndOfLife("12.0", date(2026, 2, 5), *_GRAFANA_CYCLE),
            EndOfLife("12.1", date(2026, 4, 22), *_GRAFANA_CYCLE),
            EndOfLife("12.2", date(2026, 6, 23), *_GRAFANA_CYCLE),
        ),
    ),
)
_TOOLS = (
    ComponentInfo("promtool", binaries=("promtool",), get=BUILT, build=_prometheus("promtool")),
    ComponentInfo("amtool", binaries=("amtool",), get=BUILT, build=_alertmanager("amtool")),
    ComponentInfo("haproxy", binaries=("haproxy",), version_args=("-v",)),
    ComponentInfo("chromium", binaries=("chromium", "chromium-browser", "google-chrome")),
)

COMPONENTS: dict[str, ComponentInfo] = {row.name: row for row in _COMPONENTS}
"""Every component of the stack, by name."""

TOOLS: dict[str, ComponentInfo] = {row.name: row for row in _TOOLS}
"""Programs that rules, tests and benchmarks use beside the stack."""

AGENTS: tuple[str, ...] = ("promtail", *(row.name for row in _COMPONENTS if row.instead_of == "promtail"))
"""The log agents that a stack can have, one at a time; the first is the usual one."""

SYSTEM = "monitoring"
"""The label `system` of the components' own metrics."""


def instance_of(service: str) -> str:
    """Return the label `instance` of a compose service's first container, in metrics and in logs."""
    return f"{service}-1"


USUAL: tuple[str, ...] = tuple(row.name for row in _COMPONENTS if not row.instead_of)
"""The components of a stack whose plan names none."""

BUILDS: dict[str, GoBuild] = {row.build.binary: row.build for row in (*_TOOLS, *_COMPONENTS) if row.build}
"""What `make servers` builds, by program."""
