"""Every required metric is exposed, with series.

Alerts and dashboards are built on these names: a renamed or forgotten metric makes them silently empty. Judged after
the provoked traffic, when each should have appeared.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from stack.records.scrape.contract import MetricContract
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.metrics.helpers.families import where

CONTRACT = "required: [{name: a_jobs_total, type: counter}]\n---\n"


@rule(
    Good(CONTRACT + "# TYPE a_jobs_total counter\na_jobs_total 1\n"),
    Good(CONTRACT + "# TYPE a_jobs counter\na_jobs_total 1\n# EOF\n"),
    Bad(CONTRACT + "# TYPE a_job_total counter\na_job_total 1\n", "required metric `a_jobs_total` is not exposed"),
    Bad(CONTRACT + "# TYPE a_jobs_total counter\n", "required metric `a_jobs_total` is declared but has no series"),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics",
)
def check(contract: MetricContract) -> Iterator[Finding]:
    if not contract.contract.required:
        raise NotApplicable("the service requires no metrics")
    names = [family.exposed_name for family in contract.exposition.families]
    for required in contract.contract.required:
        family = contract.family(required.name)
        if family is None:
            near = get_close_matches(required.name, names, 1)
            hint = f"did you mean `{near[0]}`?" if near else "expose it, or take it out of `metrics.required`"
            file, _, line = required.where.rpartition(":")
            place = Where(file=file, line=int(line)) if file and line.isdigit() else Where()
            yield Finding(f"required metric `{required.name}` is not exposed", place, hint)
        elif not family.samples:
            yield Finding(
                f"required metric `{required.name}` is declared but has no series",
                where(family),
                "initialise it, with every known label value, when the service starts, so that it begins at 0",
            )
