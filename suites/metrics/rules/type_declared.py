"""Every metric declares its type.

Without a TYPE line a reader has to guess from the name whether `rate()` is right, and editors offer no help.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where


@rule(
    Good("# TYPE queue_jobs gauge\nqueue_jobs 1\n"),
    Good("# TYPE queue_jobs untyped\nqueue_jobs 1\n"),
    Good("# HELP queue_jobs Jobs that wait.\n"),
    Good("go_memstats_alloc_bytes_total 1\n"),
    Bad("queue_jobs 1\n", "`queue_jobs` has no TYPE line"),
    only=lambda family: not family.type_line and family.samples and not of_library(family),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#types",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    hint = f"declare what it is before its first sample: `# TYPE {family.name} gauge`, or counter, histogram, summary"
    yield Finding(f"`{family.exposed_name}` has no TYPE line", where(family), hint)
