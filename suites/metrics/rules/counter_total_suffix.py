"""Counters, and only counters, end in `_total`.

The suffix tells a reader that the number only grows and needs `rate()`; a gauge that carries it invites a `rate()`
that makes no sense. A family without a type is not judged.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from stack.records.exposition.model import Format
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.families import of_library, untyped, where


@rule(
    Good("# TYPE http_requests_total counter\nhttp_requests_total 1\n"),
    Good("# TYPE http_requests counter\nhttp_requests_total 1\n# EOF\n"),
    Good("# TYPE nodejs_active_handles_total gauge\nnodejs_active_handles_total 1\n"),
    Bad("# TYPE http_requests counter\nhttp_requests 1\n", "counter `http_requests` has no `_total` suffix"),
    Bad(
        "# TYPE queue_jobs_total gauge\nqueue_jobs_total 1\n",
        "gauge `queue_jobs_total` has a `_total` suffix, which is for counters",
    ),
    Unjudged(
        "# TYPE http_requests_total untyped\nhttp_requests_total 1\n", NotApplicable("the metric declares no type")
    ),
    only=lambda family: untyped(family) or (family.type == "counter") is not family.exposed_name.endswith("_total"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    if untyped(family):
        raise NotApplicable("the metric declares no type")
    name, kind = family.exposed_name, family.type
    has_suffix = name.endswith("_total")
    if of_library(family) or not family.samples:
        return
    if kind == "counter" and not has_suffix and family.format is Format.TEXT:
        better = f"{name}_".replace("_total_", "_") + "total"
        yield Finding(f"counter `{name}` has no `_total` suffix", where(family), f"rename it `{better}`")
    elif kind != "counter" and has_suffix:
        yield Finding(
            f"{kind} `{name}` has a `_total` suffix, which is for counters",
            where(family),
            f"rename it `{name.removesuffix('_total')}`, or make it a counter if it only ever grows",
        )
