"""An exemplar is ` # {labels} value`, at most one per sample.

The braces are written even where there are no labels. Sections: "Exemplars" in the text format, "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a counter\na_total 1 # {} 1 1520879607.789\n# EOF\n"),
    Bad(
        "# TYPE a counter\na_total 1 # 1\n# EOF\n",
        "the exemplar of a sample of `a_total` is malformed: it has no label set, not even `{}`",
    ),
    Bad(
        '# TYPE a counter\na_total 1 # {a="b"}\n# EOF\n',
        "the exemplar of a sample of `a_total` is malformed: it has no value after one space",
    ),
    Bad(
        '# TYPE a counter\na_total 1 # {a="b"} 1 # {a="c"} 1\n# EOF\n',
        "the exemplar of a sample of `a_total` is malformed: text follows it",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "malformed_exemplar",
        "the exemplar of a sample of `{0}` is malformed: {1}",
        'write ` # {trace_id="…"} value timestamp` once, after the value',
    )
