"""Matchers on `le` and `quantile` have the numbers as Prometheus 3 stores them.

Since version 3 a scraped `le="1"` is stored as `le="1.0"`; a matcher compares text, and finds nothing any more.
"""

from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql_faults import numbers_as_text
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import faults, parsed_promql


@rule(
    Good(promql_panel('x_bucket{le="0.5"} or x_bucket{le="1.0"} or x_bucket{le=~"1|1.0"} or x_bucket{le="+Inf"}')),
    Good(promql_panel('x{quantile="0.99", code="200"}')),
    Bad(
        promql_panel('sum(rate(x_bucket{le="1"}[5m]))'),
        'query A of panel `P`: `1` in `le="1"` is no value that Prometheus 3 has scraped: it stores `1.0`',
    ),
    Bad(
        promql_panel('x{quantile=~"0.5|1"} + x_bucket{le!="2000"}'),
        'query A of panel `P`: `1` in `quantile=~"0.5|1"` is no value that Prometheus 3 has scraped: it stores `1.0`',
        'query A of panel `P`: `2000` in `le!="2000"` is no value that Prometheus 3 has scraped: it stores `2000.0`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    yield from faults(dashboard, ((place, numbers_as_text(tree)) for place, tree in parsed_promql(dashboard)))
