"""A bucket's bound is a number.

What is no number cannot be compared, so the bucket is lost to every quantile; NaN is no bound either. Sections:
OpenMetrics "Histogram"; text format "Histograms and summaries".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
    Bad(
        '# TYPE h histogram\nh_bucket{le="small"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
        "histogram `h` has the bound `small`, which is no number",
    ),
    Bad(
        '# TYPE h histogram\nh_bucket{le="NaN"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n# EOF\n',
        "histogram `h` has the bound `NaN`, which is no number",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """A bucket's bound is a number."""
    return findings(
        exposition,
        "le-number",
        lambda seen: f"histogram `{seen.what[0]}` has the bound `{seen.what[1]}`, which is no number",
        hint="write bounds as numbers",
        series=True,
    )
