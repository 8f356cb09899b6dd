"""Quantiles stand in increasing order.

The text format asks for it; OpenMetrics allows any order. Section: "Histograms and summaries".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import TextExposition
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
    """Quantiles stand in increasing order."""
    return findings(
        exposition,
        "text-quantiles-sorted",
        lambda seen: f"quantile `{seen.detail[0]}` comes after a larger one",
        hint="sort quantiles as numbers",
        series=True,
    )
