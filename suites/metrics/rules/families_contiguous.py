"""The lines of a metric are contiguous.

Readers handle one family at a time; one that continues later is taken for a second family of that name. Sections:
OpenMetrics "MetricFamily" in the text format; text format "Grouping and sorting".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{x="1"} 1\na{x="2"} 1\nb 1\n'),
    Bad('a{x="1"} 1\nb 1\na{x="2"} 1\n', "the lines of `a` are interrupted by `b`"),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\na 1\nh_sum 3\nh_count 2\n',
        "the lines of `h` are interrupted by `a`",
    ),
    Bad(
        'a{x="1"} 1\nb{x="1"} 1\na{x="2"} 1\nb{x="2"} 1\n# EOF\n',
        "the lines of `a` are interrupted by `b` (2 times, first at line 3)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#grouping-and-sorting",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "interleaved_families",
        "the lines of `{name}` are interrupted by `{between}`",
        "write all samples of a metric before the next one; sort by name where in doubt",
    )
