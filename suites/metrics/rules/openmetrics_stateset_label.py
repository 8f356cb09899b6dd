"""A stateset's samples name their state in a label named like the family.

No other label says which state a sample belongs to. Section: "StateSet" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE a stateset\na{a="on"} 1\na{a="off"} 0\n# EOF\n'),
    Bad('# TYPE a stateset\na{state="on"} 1\n# EOF\n', "stateset `a` has a sample without the label `a`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#stateset-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "missing_stateset_label",
        "stateset `{0}` has a sample without the label `{0}`",
        lambda fault: f'write `{fault.subject[0]}{{{fault.subject[0]}="the state"}}`',
    )
