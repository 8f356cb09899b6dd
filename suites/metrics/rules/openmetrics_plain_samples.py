"""Samples of gauges, statesets and unknowns are named as their family.

A suffix belongs to the types that have it, so `a_total` after `# TYPE a gauge` founds another family and `a` stays
empty. Judged where the announced family has no sample of its own. Sections: "Gauge", "StateSet", "Unknown".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# EOF\n"),
    Good("# TYPE a gauge\na 1\nb_total 1\n# EOF\n"),
    Bad("# TYPE a gauge\na_total 1\n# EOF\n", "gauge `a` is followed by the sample `a_total`"),
    Bad('# TYPE a stateset\na_info{a="x"} 1\n# EOF\n', "stateset `a` is followed by the sample `a_info`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#gauge-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    """Samples of gauges, statesets and unknowns are named as their family."""
    return findings(
        exposition,
        "openmetrics-plain-samples",
        lambda seen: f"{seen.what[1]} `{seen.what[0]}` is followed by the sample `{seen.what[2]}`",
        hint=lambda seen: f"name the sample `{seen.what[0]}`, or correct the TYPE line",
    )
