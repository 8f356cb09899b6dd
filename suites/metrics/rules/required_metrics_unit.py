"""Required metrics have the declared unit.

The UNIT line of OpenMetrics names the unit, and in every format the end of the metric's name.
"""

from collections.abc import Iterator

from stack.records.scrape.contract import MetricContract
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.contracts import exposed
from suites.metrics.helpers.families import where


@rule(
    Good("required: [{name: a_wait_seconds, unit: seconds}]\n---\n# TYPE a_wait_seconds gauge\na_wait_seconds 1\n"),
    Bad(
        "required: [{name: a_wait, unit: seconds}]\n---\n# TYPE a_wait gauge\na_wait 1\n",
        "required metric `a_wait` does not end in its unit, `seconds`",
    ),
    Bad(
        "required: [{name: a_seconds, unit: seconds}]\n---\n"
        "# TYPE a_seconds gauge\n# UNIT a_seconds bytes\na_seconds 1\n# EOF\n",
        "required metric `a_seconds` has the unit `bytes` instead of `seconds`",
    ),
    Unjudged(
        "required: [{name: a_wait_seconds, unit: seconds}]\n---\nb 1\n",
        NotApplicable("required metric `a_wait_seconds` has no series, see `metrics/required-metrics-present`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(contract: MetricContract) -> Iterator[Finding]:
    measured = [required for required in contract.contract.required if required.unit]
    if not measured:
        raise NotApplicable("the service declares no units")
    for required, family in exposed(contract, measured):
        if family.unit and family.unit != required.unit:
            message = f"required metric `{required.name}` has the unit `{family.unit}` instead of `{required.unit}`"
            yield Finding(message, where(family), "convert the values and rename the metric, or correct the contract")
        elif not required.name.removesuffix("_total").endswith(f"_{required.unit}"):
            message = f"required metric `{required.name}` does not end in its unit, `{required.unit}`"
            yield Finding(message, where(family), f"end its name in `_{required.unit}` (before `_total`)")
