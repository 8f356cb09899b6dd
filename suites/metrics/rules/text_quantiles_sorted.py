"""Quantiles are sorted in increasing order.

The text format requires it; OpenMetrics allows any order. Section: "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0.5"} 1\ns{quantile="0.9"} 2\n'),
    Bad(
        '# TYPE s summary\ns{quantile="0.9"} 2\ns{quantile="0.5"} 1\n',
        'quantile `s{quantile="0.5"}` comes after a larger one',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#histograms-and-summaries",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition, "unsorted_quantiles", "quantile `{series}` comes after a larger one", "sort quantiles as numbers"
    )
