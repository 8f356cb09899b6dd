"""A stateset's samples name their state in a label called like the family.

It is the only thing that says which state a sample is of. Section: "StateSet" in the text format.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import OpenMetricsExposition
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
    """A stateset's samples name their state in a label called like the family."""
    return findings(
        exposition,
        "openmetrics-stateset-label",
        lambda seen: f"stateset `{seen.what[0]}` has a sample without the label `{seen.what[0]}`",
        hint=lambda seen: f'write `{seen.what[0]}{{{seen.what[0]}="the state"}}`',
        series=True,
    )
