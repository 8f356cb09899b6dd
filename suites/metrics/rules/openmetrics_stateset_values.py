"""A state is 1 or 0.

It is a boolean. An exposition does not say whether the states are an enumeration, of which exactly one must be 1, so
that is not judged. Sections: "StateSet", "Booleans".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE a stateset\na{a="on"} 1\na{a="off"} 0\n# EOF\n'),
    Bad('# TYPE a stateset\na{a="on"} 2\n# EOF\n', 'state `a{a="on"}` is 2'),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#stateset-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_stateset_value",
        "state `{series}` is {value}",
        "expose 1 for the states that apply and 0 for the others",
    )
