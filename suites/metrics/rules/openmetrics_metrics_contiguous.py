"""The samples of a metric, and of each of its points, are contiguous.

A reader may finish a metric when the next label set begins. Sections: "Metric", "MetricPoint" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE a counter\na_total{b="1"} 1\na_created{b="1"} 1\na_total{b="2"} 1\na_created{b="2"} 1\n# EOF\n'),
    Bad(
        '# TYPE a counter\na_total{b="1"} 1\na_total{b="2"} 1\na_created{b="1"} 1\na_created{b="2"} 1\n# EOF\n',
        'the samples of a metric of `a` are not contiguous: `a_created{b="1"}` comes too late'
        " (2 times, first at line 4)",
    ),
    Bad(
        "# TYPE a summary\na_count 0 123\na_count 0 456\na_sum 0 123\na_sum 0 456\n# EOF\n",
        "the samples of a metric of `a` are not contiguous: `a_sum` comes too late (2 times, first at line 4)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metric-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "interleaved_metrics",
        "the samples of a metric of `{0}` are not contiguous: `{series}` comes too late",
        "write all samples of one label set, timestamp by timestamp, before the next",
    )
