"""Samples are named as their TYPE line requires.

The text format writes a counter's full name into its TYPE line, `_total` included, and only histograms and summaries
have samples of other names. Otherwise type and help text belong to a metric that does not exist, and the samples are
untyped. Judged where the declared metric has no samples. Section: "Comments, help text, and type information".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
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
    return findings(
        exposition,
        "sample_name_not_of_type",
        "{1} `{0}` is followed by the sample `{2}`",
        lambda fault: (
            f"write `# TYPE {fault.subject[2]} {fault.subject[1]}`: only OpenMetrics leaves the suffix out"
            if fault.subject[1] == "counter"
            else f"name the samples after `{fault.subject[0]}`, or correct the type in the TYPE line"
        ),
    )
