"""Every metric has a help text.

The query editor and the metric browser show the help text; without it only the author knows what the number means.
Federation has no help texts.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import federated, of_library, where


@rule(
    Good("# HELP http_requests_total Requests answered.\n# TYPE http_requests_total counter\nhttp_requests_total 1\n"),
    Good("# TYPE go_memstats_alloc_bytes_total counter\ngo_memstats_alloc_bytes_total 1\n"),
    Bad("# TYPE http_requests_total counter\nhttp_requests_total 1\n", "`http_requests_total` has no help text"),
    Bad(
        "# HELP http_requests_total \n# TYPE http_requests_total counter\nhttp_requests_total 1\n",
        "`http_requests_total` has an empty help text",
    ),
    only=lambda family: not (family.help or "").strip(),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#help-strings",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    # `metadata-syntax` reports a malformed HELP line.
    malformed = family.help is None and family.help_line
    if not (malformed or of_library(family) or federated(family) or (family.help or "").strip()):
        name = family.exposed_name
        lack = "no" if family.help is None else "an empty"
        yield Finding(
            f"`{name}` has {lack} help text",
            where(family),
            f"describe in one sentence what `{name}` counts or measures, where the metric is defined",
        )
