"""The service exposes its version in a `…_build_info` metric.

The first question of every incident is what was deployed when; with the version as a label of one info metric a graph
answers it.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, of_library, where

MISSING = "no metric `…_build_info` exposes the version of the service"
VERSION = re.compile(r"(?:^|_|(?<=[a-z]))version$", re.IGNORECASE)


@rule(
    Good('app_build_info{version="1.2.3"} 1\n'),
    Good('# TYPE app_build info\napp_build_info{version="1.2.3"} 1\n# EOF\n'),
    Good('kubernetes_build_info{gitVersion="v1.31.0"} 1\n'),
    Good('dnsdist_info{version="1.7.3"} 1\n'),
    Good('etcd_server_version{server_version="3.5.1"} 1\n'),
    Bad('go_info{version="go1.26"} 1\nnodejs_version_info{version="v20"} 1\napp_jobs 1\n', MISSING),
    Bad("app_jobs 1\n", MISSING),
    Bad('app_build_info{branch="main"} 1\n', "`app_build_info` has no label `version` with a value"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    hint = 'expose a gauge of value 1: `myapp_build_info{version="1.2.3",revision="…"} 1`'
    facts = [f for f in families_of(exposition) if f.type == "info" or f.exposed_name.endswith(("_info", "_version"))]
    facts = [family for family in facts if not of_library(family)]
    if any(
        set(values) - {""}
        for family in facts
        for label, values in exposition.label_values[family.name].items()
        if VERSION.search(label)
    ):
        return
    found = [family for family in facts if family.exposed_name.endswith("_build_info")]
    if not found:
        yield Finding(MISSING, hint=hint)
    else:
        message = f"`{found[0].exposed_name}` has no label `version` with a value"
        yield Finding(message, where(found[0]), hint)
