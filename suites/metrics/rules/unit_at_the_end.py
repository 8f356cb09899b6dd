"""The unit is the last word of the metric name, except for `_total`.

Readers and graphing tools expect the unit there: `http_request_duration_seconds`, `process_cpu_seconds_total`.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, untyped, where
from suites.metrics.helpers.units import BASE_UNITS

SUFFIXES = ("total", "info", "ratio", "created", "max", "bucket", "sum", "count")
"""Words that come after the unit: `max` in Micrometer, the last three where a histogram has lost its type."""

MISPLACED = frozenset({*BASE_UNITS, "total"})


@rule(
    Good("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1\n"),
    Good("job_bytes_per_second 1\n"),
    Bad("http_seconds_request 1\n", "`http_seconds_request` has its unit `seconds` in the middle of the name"),
    Good("wait_seconds_bucket 1\n"),
    Good("# TYPE payload_size_bytes_max gauge\npayload_size_bytes_max 3\n"),
    Bad("app_total_cpu_seconds 1\n", "`app_total_cpu_seconds` has `total` in the middle of the name"),
    only=lambda family: not MISPLACED.isdisjoint(family.exposed_name.split("_")[1:-1]),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    words = name.split("_")
    if "per" in words or of_library(family):  # `A_per_B` has a unit on both sides
        return
    body, tail = list(words), list[str]()
    while body and (body[-1] in BASE_UNITS or body[-1] in SUFFIXES):
        tail.insert(0, body.pop())
    for word in body[1:]:
        if word in BASE_UNITS and not any(end in BASE_UNITS for end in tail):
            better = "_".join([*(part for part in body if part != word), word, *tail])
            yield Finding(
                f"`{name}` has its unit `{word}` in the middle of the name", where(family), f"rename it `{better}`"
            )
            return
    # A gauge may mean a `total` amount; `counter-total-suffix` judges counters.
    if "total" in body[1:] and "total" not in tail and tail and untyped(family):
        better = "_".join([part for part in body if part != "total"] + [*tail, "total"])
        yield Finding(
            f"`{name}` has `total` in the middle of the name", where(family), f"rename it `{better}` if it is a counter"
        )
