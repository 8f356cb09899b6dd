"""The service exposes its version in a `…_build_info` metric.

The first question of every incident is what was deployed when; with the version as a label of one info metric a graph
answers it.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, where


@rule(
    Good('app_build_info{version="1.2.3"} 1\n'),
    Good('# TYPE app_build info\napp_build_info{version="1.2.3"} 1\n# EOF\n'),
    Bad("app_jobs 1\n", "no metric `…_build_info` exposes the version of the service"),
    Bad('app_build_info{branch="main"} 1\n', "`app_build_info` has no label `version` with a value"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    hint = 'expose a gauge of value 1: `myapp_build_info{version="1.2.3",revision="…"} 1`'
    found = [f for f in families_of(exposition) if f.exposed_name.endswith("_build_info") and f.name != "go_build_info"]
    if not found:
        yield Finding("no metric `…_build_info` exposes the version of the service", hint=hint)
    elif not any(set(exposition.label_values[family.name].get("version", {})) - {""} for family in found):
        message = f"`{found[0].exposed_name}` has no label `version` with a value"
        yield Finding(message, where(found[0]), hint)
