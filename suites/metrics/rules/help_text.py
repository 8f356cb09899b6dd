"""Every metric has a help text.

The help text is what a reader sees in the query editor and in the metric browser; without it only the author knows
what the number means.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import exposed_name, where


@rule(
    Good("# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter\nhttp_requests_total 1\n"),
    Bad("# TYPE http_requests_total counter\nhttp_requests_total 1\n", "`http_requests_total` has no help text"),
    Bad(
        "# HELP http_requests_total \n# TYPE http_requests_total counter\nhttp_requests_total 1\n",
        "`http_requests_total` has an empty help text",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#help-strings",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    """Judge one family; a HELP line that is malformed is told by `metadata-syntax`."""
    malformed = family.help is None and family.help_line
    if not malformed and not (family.help or "").strip():
        name = exposed_name(family)
        lack = "no" if family.help is None else "an empty"
        yield Finding(
            f"`{name}` has {lack} help text",
            where(family),
            f"say in one sentence what `{name}` counts or measures, where the metric is defined",
        )
