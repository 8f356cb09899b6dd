"""Required metrics have the declared type.

Whether `rate()`, `histogram_quantile()` or the plain value is right depends on it.
"""

from collections.abc import Iterator

from stack.records.scrape.contract import MetricContract
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.contracts import exposed
from suites.metrics.helpers.families import where

CONTRACT = "required: [{name: a_jobs, type: gauge}]\n---\n"
SAME = {"untyped": "unknown"}
TEXT_FORMAT = {"info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram"}
"""What the text format exposes for a type that only OpenMetrics has."""


@rule(
    Good(CONTRACT + "# TYPE a_jobs gauge\na_jobs 1\n"),
    Good("required: [{name: a_build_info, type: info}]\n---\n# TYPE a_build_info gauge\na_build_info 1\n"),
    Bad(CONTRACT + "# TYPE a_jobs counter\na_jobs 1\n", "required metric `a_jobs` is a counter instead of a gauge"),
    Unjudged(
        CONTRACT + "b_jobs 1\n",
        NotApplicable("required metric `a_jobs` has no series, see `metrics/required-metrics-present`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/metric_types/",
)
def check(contract: MetricContract) -> Iterator[Finding]:
    typed = [required for required in contract.contract.required if required.type]
    if not typed:
        raise NotApplicable("the service declares no types")
    for required, family in exposed(contract, typed):
        wanted = SAME.get(required.type or "", required.type or "")
        if family.type not in (wanted, TEXT_FORMAT.get(wanted)) and not _is_gauge_info(family.type, wanted):
            yield Finding(
                f"required metric `{required.name}` is a {family.type} instead of a {wanted}",
                where(family),
                "change the metric's type where it is defined, or `metrics.required` if the contract is wrong",
            )


def _is_gauge_info(exposed: str, wanted: str) -> bool:
    """Client libraries that know the info type expose in OpenMetrics as info what is a gauge in the text format."""
    return exposed in TEXT_FORMAT and TEXT_FORMAT[exposed] == wanted
