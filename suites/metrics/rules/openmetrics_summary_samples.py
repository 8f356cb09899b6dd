"""A summary's samples are its quantiles, `_count`, `_sum` and `_created`.

A sample with another suffix founds another family and the summary stays empty. Judged where the summary has no sample
of its own. Section: "Summary" in the text format.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a summary\na_count 1\na_sum 1\n# EOF\n"),
    Bad("# TYPE a summary\na_total 1\n# EOF\n", "summary `a` is followed by the sample `a_total`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    """A summary's samples are its quantiles, `_count`, `_sum` and `_created`."""
    return findings(
        exposition,
        "openmetrics-summary-samples",
        lambda seen: f"summary `{seen.what[0]}` is followed by the sample `{seen.what[2]}`",
        hint="name the samples by the type, or correct the TYPE line",
    )
