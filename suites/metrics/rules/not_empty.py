"""An exposition has at least one sample.

Both formats allow an empty exposition, and Prometheus calls its scrape a success, so it goes unnoticed that the
service is not monitored. Usual causes are an empty registry, or a handler on the wrong registry. Sections: OpenMetrics
"MetricSet"; text format "Line format".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("a 1\n"),
    Bad("", "the body is empty"),
    Bad("# EOF\n", "the exposition has no sample"),
    Bad("# TYPE a gauge\n", "the exposition has no sample"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    # `parsable` reports what is not an exposition.
    if exposition.series_count or exposition.faults.get("unparsable"):
        return
    message = "the exposition has no sample" if exposition.text.strip() else "the body is empty"
    yield Finding(message, hint="register the metrics in the registry that the handler at this path exposes")
