"""A label name occurs once in a label set.

Prometheus refuses the scrape: it cannot know which of the two values is meant. Section: OpenMetrics "LabelSet"; in the
text format a label set is a set as well.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('a{b="1",c="2"} 1\n'),
    Bad(
        'a{b="1",b="2"} 1\na{b="3",b="4"} 1\n', "label `b` occurs twice in one sample of `a` (2 times, first at line 1)"
    ),
    Bad(
        '# TYPE h histogram\nh_bucket{le="1",le="+Inf"} 1\nh_bucket{le="+Inf"} 1\nh_count 1\n',
        "label `le` occurs twice in one sample of `h`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#labelset",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "duplicate_label_name",
        "label `{1}` occurs twice in one sample of `{0}`",
        "give each label one value; check labels that are added to every metric against those the metric has",
    )
