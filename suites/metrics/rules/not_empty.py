"""An exposition has at least one sample.

Prometheus calls the scrape of an empty body a success, so it goes unnoticed that all of the service's data is lost.
Usual causes are an empty registry, or a handler on the wrong registry. OpenMetrics, whose end is marked, expressly
allows an empty exposition; there it is another rule. Section: "Line format".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import unread


@rule(
    Good("a 1\n"),
    Bad("", "the body is empty"),
    Bad("# TYPE a gauge\n", "the exposition has no sample"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    if exposition.series_count or unread(exposition):
        return
    message = "the exposition has no sample" if exposition.text.strip() else "the body is empty"
    hint = "register the metrics in the registry that the handler at this path exposes"
    if "\\n# " in exposition.text:
        hint = "it is a single line: write line feeds between the lines, not a backslash and an `n`"
    yield Finding(message, hint=hint)
