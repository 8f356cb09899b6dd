"""A metric name does not contain its type.

`queue_length_gauge` repeats the TYPE line, and is wrong once the type changes. A family without a type is not judged.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.families import untyped, where


@rule(
    Good("# TYPE queue_length gauge\nqueue_length 1\n"),
    Good("# TYPE fuel_gauges gauge\nfuel_gauges 1\n"),
    Bad("# TYPE queue_length_gauge gauge\nqueue_length_gauge 1\n", "`queue_length_gauge` contains its type, `gauge`"),
    Bad("# TYPE a_counter_total counter\na_counter_total 1\n", "`a_counter_total` contains its type, `counter`"),
    Unjudged("queue_length_untyped 1\n", NotApplicable("the metric declares no type")),
    only=lambda family: untyped(family) or family.type in family.exposed_name.lower(),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    if untyped(family):
        raise NotApplicable("the metric declares no type")
    name = family.exposed_name
    # `_info` is the suffix that the info type demands, not a repetition of it.
    if family.type != "info" and f"_{family.type}_" in f"{name.lower()}_":
        words = [word for word in name.split("_") if word.lower() != family.type]
        yield Finding(f"`{name}` contains its type, `{family.type}`", where(family), f"rename it `{'_'.join(words)}`")
