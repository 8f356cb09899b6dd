"""A counter's samples end in `_total` and `_created`.

The TYPE line names the family without `_total`, the sample has it; a sample of another name does not belong to the
counter. Section: "Counter" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a counter\na_total 1\na_created 1520430000.123\n# EOF\n"),
    Bad("# TYPE a counter\na 1\n# EOF\n", "counter `a` has the sample `a`, not `a_total`"),
    Bad(
        "# TYPE a_total counter\na_total 1\n# EOF\n", "counter `a_total` has the sample `a_total`, not `a_total_total`"
    ),
    Bad(
        "# TYPE a_total counter\n# UNIT a_total total\na_total 1\n# EOF\n",
        "counter `a_total` has the sample `a_total`, not `a_total_total`",
    ),
    Bad("# TYPE a counter\na_count 1\n# EOF\n", "counter `a` has the sample `a_count`, not `a_total`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#counter-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_counter_sample_name",
        "counter `{0}` has the sample `{2}`, not `{0}_total`",
        "write `# TYPE name counter` and `name_total 1`; only the text format has `_total` in the TYPE line",
    )
