"""A unit is the last word of the metric family's name.

Prometheus refuses the scrape otherwise, and readers that ignore UNIT lines still see the unit. The suffix of the
sample (`_total`) comes after it. Sections: "Unit", "MetricFamily metadata".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n# EOF\n"),
    Good("# TYPE a gauge\n# UNIT a \na 1\n# EOF\n"),
    Bad(
        "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
        "`a` has the unit `seconds`, but its name does not end with `_seconds`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#unit",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_unit_suffix",
        "`{0}` has the unit `{1}`, but its name does not end with `_{1}`",
        lambda fault: f"rename the family to `{fault.subject[0]}_{fault.subject[1]}`, or leave the UNIT line out",
    )
