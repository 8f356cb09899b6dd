"""A unit is the last word of the metric family's name.

Prometheus refuses the scrape otherwise, and readers that ignore UNIT lines still see the unit. The suffix of the
sample (`_total`) comes after it. Sections: "Unit", "MetricFamily metadata".
"""

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
    Bad(
        "# TYPE a_seconds_total counter\n# UNIT a_seconds_total seconds\na_seconds_total 1\n# EOF\n",
        "`a_seconds_total` has the unit `seconds`, but its name does not end with `_seconds`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#unit",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_unit_suffix",
        "`{0}` has the unit `{1}`, but its name does not end with `_{1}`",
        lambda fault: _hint(*fault.subject),
    )


def _hint(family: str, unit: str) -> str:
    if family.endswith(f"_{unit}_total"):
        name = family.removesuffix("_total")
        return f"write `{name}` in the TYPE, HELP and UNIT lines; only the sample has `_total`"
    return f"rename the family to `{family}_{unit}`, or leave the UNIT line out"
