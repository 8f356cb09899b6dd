"""Each series is exposed once.

Prometheus keeps one of the two samples and drops the other, with nothing but a warning in its own log. OpenMetrics
allows several points of a metric when their timestamps differ. Sections: OpenMetrics "MetricFamily"; text format
"Grouping and sorting".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{b="1",c="2"} 1\na{b="2",c="1"} 1\n'),
    Good("# TYPE a gauge\na 1 1\na 2 2\n# EOF\n"),
    Bad('a{b="1",c="2"} 1\na{c="2",b="1"} 2\n', 'series `a{c="2",b="1"}` is exposed more than once'),
    Good("# TYPE s summary\ns_sum 2\ns_count 3\n# TYPE s_count gauge\ns_count{q='x'} 3\n".replace("'", '"')),
    Bad(
        "# TYPE s summary\ns_sum 2\ns_count 3\n# TYPE s_count gauge\ns_count 3\n",
        "series `s_count` is exposed more than once",
    ),
    Bad("a 1\na 1\n# EOF\n", "series `a` is exposed more than once"),
    Bad(
        (
            '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="1.0"} 1\n'
            'h_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\nh_count 2\n'
        ),
        'series `h_bucket{le="1.0"}` is exposed more than once (2 times, first at line 3)',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#grouping-and-sorting",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "duplicate_series",
        "series `{series}` is exposed more than once",
        "add the label that distinguishes the two, or register the collector once",
    )
