"""A unit is the last word of the metric family's name.

Prometheus refuses the scrape otherwise, and readers that ignore UNIT lines still see the unit. The suffix of the
sample (`_total`) comes after it. Sections: "Unit", "MetricFamily metadata".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings
from suites.metrics.helpers.units import ABBREVIATIONS


@rule(
    Good("# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n# EOF\n"),
    Bad(
        "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
        "`a` has the unit `seconds`, but its name does not end with `_seconds`",
    ),
    Bad(
        "# TYPE a_seconds_total counter\n# UNIT a_seconds_total seconds\na_seconds_total 1\n# EOF\n",
        "`a_seconds_total` has the unit `seconds`, but its name does not end with `_seconds`",
    ),
    Unjudged("# TYPE a gauge\n# UNIT a \na 1\n# EOF\n", NotApplicable("no metric has a unit")),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#unit",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_unit_suffix",
        "`{0}` has the unit `{1}`, but its name does not end with `_{1}`",
        _hint,
    )


def _hint(fault: Fault) -> str:
    family, unit = fault.subject
    words = [word for word in family.split("_") if word not in {unit, "total"}]
    if len(words) > 1 and words[-1] in ABBREVIATIONS:
        words.pop()
    name = "_".join([*words, unit])
    if family == f"{name}_total":
        return f"write `{name}` in the TYPE, HELP and UNIT lines; only the sample has `_total`"
    sample = f", with the sample `{name}_total`" if fault.detail["type"] == "counter" else ""
    return f"rename the family to `{name}`{sample}, or leave the UNIT line out"
