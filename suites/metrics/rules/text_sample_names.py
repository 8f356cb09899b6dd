"""Samples are named as their TYPE line says.

The text format writes a counter's full name into its TYPE line, `_total` included, and only histograms and summaries
have samples of other names. Otherwise type and help text belong to a metric that does not exist, and the samples are
untyped. Judged where the announced metric has no sample of its own. Section: "Comments, help text, and type
information".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_total counter\na_total 1\n"),
    Good("# TYPE s summary\ns_sum 1\ns_count 1\n"),
    Good("# TYPE a gauge\na 1\na_total 1\n"),
    Bad("# TYPE a counter\na_total 1\n", "counter `a` is followed by the sample `a_total`"),
    Bad('# TYPE h gauge\nh_bucket{le="+Inf"} 1\nh_sum 1\n', "gauge `h` is followed by the sample `h_bucket`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    """Samples are named as their TYPE line says."""
    return findings(
        exposition,
        "text-sample-names",
        lambda seen: f"{seen.what[1]} `{seen.what[0]}` is followed by the sample `{seen.what[2]}`",
        hint=lambda seen: (
            f"write `# TYPE {seen.what[2]} {seen.what[1]}`: only OpenMetrics leaves the suffix out"
            if seen.what[1] == "counter"
            else f"name the samples after `{seen.what[0]}`, or correct the type in the TYPE line"
        ),
    )
