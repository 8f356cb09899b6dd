"""A summary's samples are its quantiles, `_count`, `_sum` and `_created`.

A sample with another suffix begins another family and the summary stays empty. Judged where the summary has no
samples. Section: "Summary" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
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
    return findings(
        exposition,
        "bad_summary_sample_name",
        "summary `{0}` is followed by the sample `{2}`",
        "name the samples as the type requires, or correct the TYPE line",
    )
